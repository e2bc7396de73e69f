//! An account with somebody in it who would like to be more.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use rolecall_control::{
    assignments::Principal,
    files, memberships,
    role_import::{self, Order},
    roles,
};
use rolecall_model::{
    app::{Kind, Scope},
    audit::Event,
    authority::Powers,
    role::{MASTER_ADMIN, RoleType},
    role_import::Mode,
    text::fold,
    user::User,
};
use rolecall_testkit::{Reply, Request, SignedIn, TestApp};
use serde_json::{Value, json};

use super::paths::Call;

/// What Eve may: much, but neither `Preferences`, nor bot roles, nor the built-in role.
pub(crate) const HERS: [&str; 6] =
    ["API Scopes", "Enterprise Bots", "Invite", "Manage Custom Admin Roles", "Manage Groups", "Manage Users"];

/// Eve, who owns nothing; and what there is that would make her more.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) eve: SignedIn,
    /// Who may everything.
    owner: SignedIn,
    people: Vec<User>,
    /// Apps with every scope but one, and one that is bound to bots, by that scope.
    weak_apps: Vec<(Scope, String)>,
    /// What stands in calls for what, longest first.
    names: Vec<(&'static str, String)>,
}

impl World {
    pub(crate) async fn of(app: TestApp) -> Self {
        let (eve, _) = app.admin("eve@acme.example", &HERS).await;
        let keys = app.admin_role("Keys", &["Preferences"]).await;
        let gone = app.admin_role("Gone", &["Preferences"]).await;
        let own = app.role(RoleType::Admin, "Role of eve@acme.example").await;
        let admin = app.role(RoleType::Admin, MASTER_ADMIN).await;
        let [bob, dan] = <[User; 2]>::try_from(app.users(["bob@acme.example", "dan@acme.example"]).await).expect("two");
        let owner = app.users(["owner@acme.example"]).await.remove(0);
        // Bob holds the keys by a group; a group inside that one is empty, and Eve is in one of her own.
        let (holders, inner) = (app.group("Holders", &[&bob]).await, app.group("Inner", &[]).await);
        let (eves, around) = (app.group("Eves", &[&eve]).await, app.group("Around Eves", &[]).await);
        app.assign(&keys, Principal::GroupName("Holders".to_owned())).await;
        app.change(async |change| memberships::add_groups(change, &[(&holders, &inner), (&around, &eves)]).await).await;
        // Eve held a role until an import took it away.
        app.assign(&gone, Principal::Email(eve.email.clone())).await;
        let import = without(&app, "Gone").await;
        let bot = app.bot("Desk").await;
        let file = |roles: Value| {
            let ctx = app.operator();
            async move { files::upload(&ctx, roles.to_string().as_bytes()).await.expect("a file").id }
        };
        let form: Vec<String> = HERS
            .iter()
            .enumerate()
            .map(|(nth, name)| format!("permission={}&level-{nth}=YES", name.replace(' ', "+")))
            .collect();
        let granted: serde_json::Map<_, _> = HERS.iter().map(|name| ((*name).to_owned(), json!("YES"))).collect();
        let with = |name: &str| {
            let mut more = granted.clone();
            more.insert(name.to_owned(), json!("YES"));
            Value::Object(more).to_string()
        };
        let more = json!([{"role": "Made", "rDesc": "", "permissions": {"Preferences": "YES"}}]);
        let names = vec![
            ("<bob>", bob.id.clone()),
            ("<dan>", dan.id.clone()),
            ("<owner>", owner.id.clone()),
            ("<eve>", eve.id.clone()),
            ("<keys>", keys.id),
            ("<keys ref>", keys.ref_id),
            ("<own>", own.id),
            ("<own ref>", own.ref_id),
            ("<admin>", admin.id),
            ("<holders>", holders.id),
            ("<inner>", inner.id),
            ("<eves>", eves.id),
            ("<around>", around.id),
            ("<bot>", bot.id),
            ("<app>", app.tenant.client_id.clone()),
            ("<import>", import),
            ("<file>", file(more).await),
            ("<file of nothing>", file(json!([{"role": "Only", "permissions": {}}])).await),
            ("<hers in a form>", form.join("&")),
            ("<hers>", Value::Object(granted.clone()).to_string()),
            ("<hers and Preferences>", with("Preferences")),
        ];
        let mut weak_apps = Vec::new();
        for needed in [Scope::RoleManagement, Scope::UserManagement] {
            let others: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| *scope != needed).collect();
            weak_apps.push((needed, app.app_token(Kind::Admin, &others).await));
            weak_apps.push((needed, app.app_token(Kind::Builder, &Scope::ALL).await));
        }
        let (eve_in, owner_in) = (app.sign_in(&eve.email).await, app.sign_in(&owner.email).await);
        Self { app, eve: eve_in, owner: owner_in, people: vec![owner, eve, bob, dan], weak_apps, names }
    }

    fn filled(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// What everybody may, by address.
    pub(crate) async fn powers(&self) -> BTreeMap<String, Powers> {
        let mut powers = BTreeMap::new();
        for user in &self.people {
            let ctx = self.app.person(user).await;
            powers.insert(user.email.clone(), ctx.person().expect("a person").powers.clone());
        }
        powers
    }

    /// What everybody may, and how much happened but for files that were uploaded.
    pub(crate) async fn picture(&self) -> (BTreeMap<String, Powers>, usize) {
        let entries = self.app.entries().await;
        let n = entries.iter().filter(|entry| entry.event != Event::FileUploaded.name()).count();
        (self.powers().await, n)
    }

    /// There is one role that is the built-in one, and none that goes for it.
    pub(crate) async fn has_one_built_in_admin(&self) {
        let all = roles::export(&self.app.operator(), RoleType::Admin).await.expect("roles");
        let admins: Vec<_> = all.iter().filter(|role| fold(role.name.trim()) == MASTER_ADMIN).collect();
        assert!(matches!(admins.as_slice(), [one] if one.is_built_in), "{admins:?}");
    }

    /// Does it as who must not: Eve where people come, apps with every scope but the one it takes where apps do.
    pub(crate) async fn tried(&self, call: &Call) -> Vec<Reply> {
        let Call::Scoped(needed, ..) = call else { return vec![self.by(&self.eve, call).await] };
        let mut replies = Vec::new();
        for (_, token) in self.weak_apps.iter().filter(|(lacking, _)| lacking == needed) {
            replies.push(self.with_token(token, call).await);
        }
        replies
    }

    /// What a door answered, as short as it can be told.
    pub(crate) fn told(reply: &Reply) -> String {
        let text = reply.body.split_once("<main").map_or(reply.body.as_str(), |(_, main)| main);
        format!("{} {}", reply.status, text.chars().take(600).collect::<String>())
    }

    /// Does it as somebody to whom nothing is forbidden: the owner, or an app with all scopes.
    pub(crate) async fn done_by_who_may_all(&self, call: &Call) -> Reply {
        match call {
            Call::Scoped(..) => self.with_token(&self.app.tenant.token, call).await,
            _ => self.by(&self.owner, call).await,
        }
    }

    /// Whether an answer says that whoever asked may not, and nothing else.
    pub(crate) fn is_not_permitted(call: &Call, reply: &Reply) -> bool {
        match call {
            Call::Form(..) | Call::Upload(..) => reply.status == StatusCode::FORBIDDEN,
            Call::Json(..) | Call::Import(..) => {
                reply.status == StatusCode::FORBIDDEN && reply.json()["type"] == "/problems/not-permitted"
            }
            Call::Scoped(..) => reply.status == StatusCode::UNAUTHORIZED && reply.json()["errors"][0]["code"] == 4002,
        }
    }

    async fn by(&self, person: &SignedIn, call: &Call) -> Reply {
        match call {
            Call::Form(path, body) => self.form(person, &self.filled(path), &self.filled(body)).await,
            Call::Json(method, path, body) => self.json(person, method, &self.filled(path), &self.filled(body)).await,
            Call::Upload(mode, file) => self.upload(person, mode, &self.filled(file)).await,
            Call::Import(is_full, file) => self.import(person, *is_full, &self.filled(file)).await,
            Call::Scoped(..) => unreachable!("apps do that"),
        }
    }

    /// Sends a form; with the version that its page has now, where it takes one.
    async fn form(&self, person: &SignedIn, path: &str, body: &str) -> Reply {
        let is_role = path.starts_with("/console/roles/") && !path.ends_with("/remove");
        let page = if is_role { format!("{path}/edit") } else { path.to_owned() };
        let body = if body.contains("<version>") {
            let shown = self.app.get_as(&self.owner, &page).await;
            let version = shown.body.split_once("name=\"version\" value=\"").expect("the page has one").1;
            body.replace("<version>", version.split('"').next().unwrap_or_default())
        } else {
            body.to_owned()
        };
        let request = Request::new(Method::POST, path).header("content-type", "application/x-www-form-urlencoded");
        self.app.send(request.person(person).bytes(body.into_bytes())).await
    }

    async fn json(&self, person: &SignedIn, method: &str, path: &str, body: &str) -> Reply {
        let request = Request::new(method.parse().expect("a method"), path).person(person).header("if-match", "*");
        let body = (!body.is_empty()).then(|| serde_json::from_str::<Value>(body).expect("JSON"));
        self.app
            .send(match body {
                Some(body) => request.json(&body),
                None => request,
            })
            .await
    }

    /// Uploads a file on the console and sends the form of its plan.
    async fn upload(&self, person: &SignedIn, mode: &str, content: &str) -> Reply {
        let part = |name: &str, value: &str| {
            format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let file = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.json\"\r\n\r\n{content}\r\n--XX--\r\n"
        );
        let body = [part("type", "admin"), part("mode", mode), file].concat();
        let request = Request::new(Method::POST, "/console/imports")
            .header("content-type", "multipart/form-data; boundary=XX")
            .person(person)
            .bytes(body.into_bytes());
        let planned = self.app.send(request).await;
        if planned.status != StatusCode::SEE_OTHER {
            return planned;
        }
        self.app.form_as(person, planned.location(), &[]).await
    }

    /// Stores a file on our API, plans its import and applies the plan.
    async fn import(&self, person: &SignedIn, is_full: bool, content: &str) -> Reply {
        let stored = self.json(person, "POST", "/api/v1/files", content).await;
        if stored.status != StatusCode::CREATED {
            return stored;
        }
        let wish = json!({"roleType": "admin", "fileId": stored.json()["fileId"], "fullImport": is_full}).to_string();
        let planned = self.json(person, "POST", "/api/v1/role-imports/plans", &wish).await;
        if planned.status != StatusCode::OK {
            return planned;
        }
        let id = planned.json()["planId"].as_str().expect("an id").to_owned();
        self.json(person, "POST", &format!("/api/v1/role-imports/plans/{id}/apply"), "{}").await
    }

    async fn with_token(&self, token: &str, call: &Call) -> Reply {
        let Call::Scoped(_, method, path, body) = call else { unreachable!("people do that") };
        let method: Method = method.parse().expect("a method");
        let request = Request::new(method, &self.filled(path)).token(token);
        let body: Value = serde_json::from_str(&self.filled(body)).expect("JSON");
        self.app.send(request.json(&body)).await
    }
}

/// Takes a role away by an import of all others; the import's id.
async fn without(app: &TestApp, name: &str) -> String {
    let ctx = app.operator();
    let kept = roles::export(&ctx, RoleType::Admin).await.expect("roles").into_iter().filter(|role| role.name != name);
    let rows: Vec<Value> = kept
        .map(|role| {
            let granted = role.permissions.iter().map(|(name, level)| (name.to_owned(), json!(level.as_str())));
            let granted: serde_json::Map<_, _> = granted.collect();
            json!({"role": role.name, "rDesc": role.description, "refId": role.ref_id, "permissions": granted})
        })
        .collect();
    let file_id = files::upload(&ctx, json!(rows).to_string().as_bytes()).await.expect("a file").id;
    let order = Order { role_type: RoleType::Admin, file_id, mode: Mode::Full };
    role_import::import(&ctx, &order).await.expect("imported").import_id.expect("an id")
}
