//! A company in which everything that anybody may name has a name that means harm.

use rolecall_control::{
    Ctx,
    apps::{self, NewApp},
    assignments::{self, Action, Element, Principal},
    bots::{self, NewBot},
    erasure::{self, NewErasure},
    files,
    groups::{self, NewGroup},
    role_import::{self, Order},
    roles::{self, NewRole},
    users::{self, Particulars, Wish},
};
use rolecall_model::{
    app::{Algorithm, Kind, Scope},
    erasure::Subject,
    role::{Permissions, RoleType},
    role_import::Mode,
};
use serde_json::json;

use crate::world::{World, user_of};

/// Names that people may give, and pages must show as they are: markup, writing from right to left with
/// brackets, formulas, an emoji of several characters, Hangul, Kana and Han.
pub(crate) const NAMES: [&str; 9] = [
    "<script>document.title = 'taken'</script>",
    "\"><img src=x onerror=\"document.title='taken'\">",
    "עברית (admin) &lt; العربية",
    "=HYPERLINK(\"https://evil.example\")",
    "+4912345",
    "-2+3",
    "@SUM(A1:A9)",
    "👩🏽‍✈️ 김민준 팀",
    "佐々木ひなた と カタカナ",
];

/// Pages of things with such names, each with the names that it must show.
pub(crate) type Shown = Vec<(String, Vec<&'static str>)>;

impl World {
    /// Makes one of everything with each of [`NAMES`]; where each is shown, first of all as the heading, and
    /// then elsewhere.
    pub(crate) async fn hostile(&self) -> (Shown, Shown) {
        let (mut headed, mut elsewhere) = (Vec::new(), Vec::new());
        for (nth, name) in NAMES.into_iter().enumerate() {
            let (own, others) = one_named(&self.ctx, nth, name).await;
            headed.extend(own.into_iter().map(|path| (path, vec![name])));
            // What a spreadsheet takes for a formula is nothing to a page: one of those will do.
            elsewhere.extend(others.into_iter().filter(|_| nth < 4).map(|path| (path, vec![name])));
        }
        let all = |path: &str| (path.to_owned(), NAMES.to_vec());
        let lists = ["groups", "bots", "roles?type=admin", "roles?type=bot", "apps", "users?q=hostile", "holds"];
        elsewhere.extend(lists.map(|list| all(&format!("/console/{list}"))));
        elsewhere.extend(self.erasure_of_all().await.iter().map(|path| all(path)));
        elsewhere.extend(self.import_of_all().await.iter().map(|path| all(path)));
        (headed, elsewhere)
    }

    /// An erasure of people with all those names, on grounds that are one of them.
    async fn erasure_of_all(&self) -> Vec<String> {
        let plain = NAMES.map(|name| Subject::Plain(name.to_owned()));
        let on_channel =
            NAMES.map(|name| Subject::Channel { channel_id: name.to_owned(), channel_user_id: name.to_owned() });
        let subjects = plain.into_iter().chain(on_channel).collect();
        let grounds = Some(NAMES[0].to_owned());
        let new = NewErasure { subjects, is_all_bots: true, grounds, ..NewErasure::default() };
        let id = erasure::request(&self.ctx, &new).await.expect("an erasure").id;
        ["", "/approve", "/cancel"].map(|act| format!("/console/erasures/{id}{act}")).to_vec()
    }

    /// Imports that change all those roles: one that is done, and the plan of another.
    async fn import_of_all(&self) -> Vec<String> {
        let mut plans = Vec::new();
        for level in ["VIEW", "FULL"] {
            let rows: Vec<_> = NAMES
                .map(
                    |name| json!({"role": name, "rDesc": format!("{level} {name}"), "permissions": {"Tasks": [level]}}),
                )
                .to_vec();
            let file_id = files::upload(&self.ctx, json!(rows).to_string().as_bytes()).await.expect("a file").id;
            let order = Order { role_type: RoleType::Bot, file_id, mode: Mode::Incremental };
            plans.push(role_import::plan_of(&self.ctx, &order).await.expect("a plan").id);
            if plans.len() == 1 {
                role_import::apply(&self.ctx, &plans[0]).await.expect("it is applied");
            }
        }
        vec!["/console/imports".to_owned(), format!("/console/imports/plans/{}", plans[1])]
    }
}

/// One of everything with this name: the pages that have it as their heading, and others.
pub(crate) async fn one_named(ctx: &Ctx, nth: usize, name: &str) -> (Vec<String>, Vec<String>) {
    let (text, email) = (name.to_owned(), format!("hostile{nth}@aurora-air.example"));
    let org_user_id = Some(format!("{nth}{name}"));
    let particulars = Particulars { first_name: Some(text.clone()), org_user_id, ..Particulars::default() };
    let wish = Wish { who: email.clone(), particulars, grants: Vec::new() };
    assert_eq!(users::create(ctx, &[wish]).await.expect("users"), []);
    let user = user_of(ctx, &email).await;
    let new = NewGroup { name: text.clone(), description: text.clone() };
    let group = groups::create(ctx, &new).await.expect("a group").id;
    let into = groups::Wish { is_added: true, who: groups::Who::Email(email.clone()), path: String::new() };
    groups::change_members(ctx, &group, &[into]).await.expect("a member");
    let new = NewBot { description: text.clone(), ..NewBot::named(name) };
    let bot = bots::create(ctx, &new).await.expect("a bot").id;
    let [admin, role] = [RoleType::Admin, RoleType::Bot].map(|role_type| NewRole {
        role_type,
        name: text.clone(),
        description: text.clone(),
        permissions: Permissions::default(),
        ref_id: None,
    });
    let admin = roles::create(ctx, &admin).await.expect("a role").id;
    let role = roles::create(ctx, &role).await.expect("a role").id;
    let gives = [Principal::GroupId(group.clone()), Principal::Email(email)].map(|principal| assignments::Wish {
        action: Action::Add,
        principal,
        list: "",
        index: 0,
    });
    let element = Element { role_id: role.clone(), bot_id: Some(bot.clone()), wishes: gives.to_vec() };
    assignments::apply(ctx, RoleType::Bot, &[element]).await.expect("it is given");
    let new = NewApp {
        name: text.clone(),
        kind: Kind::Admin,
        algorithm: Algorithm::Hs256,
        public_key: None,
        scopes: vec![Scope::RoleManagement],
        bots: Vec::new(),
        enforces_jti: false,
        expires_at: None,
    };
    let app = apps::create(ctx, &new).await.expect("an app").client_id;
    erasure::place_hold(ctx, &[Subject::Plain(text)], name).await.expect("a hold");
    let headed = vec![
        format!("/console/users/{user}"),
        format!("/console/groups/{group}"),
        format!("/console/bots/{bot}"),
        format!("/console/roles/{admin}"),
        format!("/console/roles/{role}"),
        format!("/console/apps/{app}"),
    ];
    let others = vec![
        format!("/console/groups/{group}/remove"),
        format!("/console/bots/{bot}/remove"),
        format!("/console/roles/{role}/remove"),
        format!("/console/roles/{role}/edit"),
        format!("/console/roles/{role}/then"),
        format!("/console/roles/compare?a={admin}&b={admin}"),
        format!("/console/apps/{app}/remove"),
        format!("/console/reports/bot/{bot}"),
        format!("/console/reports/person/{user}"),
    ];
    (headed, others)
}
