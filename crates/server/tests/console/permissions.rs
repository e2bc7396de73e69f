//! For each admin permission there is: whoever holds that one alone sees a page exactly where it is theirs to see,
//! and a button exactly where what it sends is let through. An address of the console that is in none of the tables
//! here fails.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{Method, StatusCode};
use rolecall_control::{
    Ctx,
    apps::{self, NewApp},
    assignments::Principal,
    audit,
    authority::{Act, acts},
    erasure, files,
    role_import::{self, Order},
    roles::{self, Edit, NewRole},
    version::Expected,
};
use rolecall_model::{
    app::{Algorithm, Kind},
    authority::AdminPermission,
    page::Page,
    role::{Level, Permissions, RoleType},
    role_import::Mode,
};
use rolecall_testkit::{Engine, Reply, Request, TestApp};

use crate::{office::Office, strangers};

const GIVE_ADMIN: &str = "list=\"admin-roles\"";
const GIVE_BOT: &str = "list=\"bot-roles\"";
const TAKE_ADMIN: &str = "name=\"type\" value=\"admin\"><input type=\"hidden\" name=\"role_id\"";
const TAKE_BOT: &str = "name=\"type\" value=\"bot\"><input type=\"hidden\" name=\"role_id\"";

/// Who may help others to sign in, or out, of which the page shows to each what is theirs.
const HELP: Act = Act {
    title: "Help users to sign in",
    any_of: &[AdminPermission::Invite, AdminPermission::ManageUsers, AdminPermission::ManageUserSettings],
};

/// The pages, and what whoever sees one may do; nothing where it takes no permission.
const PAGES: &[(&str, Option<&Act>)] = &[
    ("/console", None),
    ("/console/progress", None),
    ("/console/account", None),
    ("/console/confirm", None),
    ("/console/users", Some(&acts::LOOK)),
    ("/console/users/<user>", Some(&acts::LOOK)),
    ("/console/users/<user>/sign-in", Some(&HELP)),
    ("/console/groups", Some(&acts::LOOK)),
    ("/console/groups/<group>", Some(&acts::LOOK)),
    ("/console/groups/<group>/remove", Some(&acts::MANAGE_GROUPS)),
    ("/console/bots", Some(&acts::LOOK)),
    ("/console/bots/<bot>", Some(&acts::LOOK)),
    ("/console/bots/<bot>/remove", Some(&acts::MANAGE_BOTS)),
    ("/console/roles", Some(&acts::LOOK)),
    ("/console/roles?type=admin", Some(&acts::LOOK)),
    ("/console/roles/new?type=bot", Some(&acts::EDIT_BOT_ROLES)),
    ("/console/roles/new?type=admin", Some(&acts::EDIT_ADMIN_ROLES)),
    ("/console/roles/compare?a=<bot role>&b=<bot role>", Some(&acts::LOOK)),
    ("/console/roles/<bot role>", Some(&acts::LOOK)),
    ("/console/roles/<admin role>", Some(&acts::LOOK)),
    ("/console/roles/<bot role>/then", Some(&acts::READ_AUDIT)),
    ("/console/roles/<bot role>/edit", Some(&acts::EDIT_BOT_ROLES)),
    ("/console/roles/<admin role>/edit", Some(&acts::EDIT_ADMIN_ROLES)),
    ("/console/roles/<bot role>/remove", Some(&acts::EDIT_BOT_ROLES)),
    ("/console/roles/<admin role>/remove", Some(&acts::EDIT_ADMIN_ROLES)),
    ("/console/reports", Some(&acts::LOOK)),
    ("/console/reports/bot/<bot>", Some(&acts::LOOK)),
    ("/console/reports/bot/<bot>/csv", Some(&acts::LOOK)),
    ("/console/reports/person/<user>", Some(&acts::LOOK)),
    ("/console/reports/person/<user>/csv", Some(&acts::LOOK)),
    ("/console/imports", Some(&acts::LOOK)),
    ("/console/imports/export?type=bot", Some(&acts::LOOK)),
    ("/console/imports/plans/<plan>", Some(&acts::EDIT_BOT_ROLES)),
    ("/console/erasures", Some(&acts::WATCH_ERASURES)),
    ("/console/erasures/new", Some(&acts::ERASE)),
    ("/console/erasures/<erasure to approve>", Some(&acts::WATCH_ERASURES)),
    ("/console/erasures/<erasure to approve>/approve", Some(&acts::WATCH_ERASURES)),
    ("/console/erasures/<erasure to retry>", Some(&acts::WATCH_ERASURES)),
    ("/console/erasures/<erasure that ended>/progress", Some(&acts::WATCH_ERASURES)),
    ("/console/erasures/<erasure to cancel>/cancel", Some(&acts::WATCH_ERASURES)),
    ("/console/erasures/<erasure to cancel>/receipt", Some(&acts::WATCH_ERASURES)),
    ("/console/holds", Some(&acts::WATCH_ERASURES)),
    ("/console/audit", Some(&acts::READ_AUDIT)),
    ("/console/audit/<entry>", Some(&acts::READ_AUDIT)),
    ("/console/apps", Some(&acts::MANAGE_APPS)),
    ("/console/apps/<app>", Some(&acts::MANAGE_APPS)),
    ("/console/apps/<app>/remove", Some(&acts::MANAGE_APPS)),
];

/// A page, what stands on it where there is a button, and what the button sends where.
const BUTTONS: &[(&str, &str, &str, &str)] = &[
    ("/console/groups", "action=\"/console/groups\">", "/console/groups", "name=<new>"),
    ("/console/groups/<group>", "name=\"add\"", "/console/groups/<group>/members", "add=<email>"),
    ("/console/groups/<group>", "name=\"version\"", "/console/groups/<group>", "name=Crew&version=old"),
    ("/console/groups/<group>", "/remove\"", "/console/groups/<group>/remove", "version=old"),
    ("/console/users/<user>", GIVE_ADMIN, "/console/users/<user>/roles", "type=admin&role=Clerk&do=give"),
    ("/console/users/<user>", TAKE_ADMIN, "/console/users/<user>/roles", "type=admin&role=Clerk&do=take"),
    ("/console/users/<user>", GIVE_BOT, "/console/users/<user>/roles", "type=bot&role=Reader&bot=<bot name>&do=give"),
    ("/console/bots/<bot>", GIVE_BOT, "/console/bots/<bot>/roles", "type=bot&role=Reader&who=<email>&do=give"),
    ("/console/bots/<bot>", TAKE_BOT, "/console/bots/<bot>/roles", "type=bot&role=Reader&user_id=<user>&do=take"),
    ("/console/groups/<group>", GIVE_ADMIN, "/console/groups/<group>/roles", "type=admin&role=Clerk&do=give"),
    ("/console/groups/<group>", TAKE_ADMIN, "/console/groups/<group>/roles", "type=admin&role=Clerk&do=take"),
    (
        "/console/groups/<group>",
        GIVE_BOT,
        "/console/groups/<group>/roles",
        "type=bot&role=Reader&bot=<bot name>&do=give",
    ),
    (
        "/console/groups/<group>",
        TAKE_BOT,
        "/console/groups/<group>/roles",
        "type=bot&role=Reader&bot=<bot name>&do=take",
    ),
    ("/console/users/<user>/sign-in", "/sign-in-link\"", "/console/users/<user>/sign-in-link", ""),
    ("/console/users/<user>/sign-in", "id=\"sessions\"", "/console/users/<user>/sessions/end", ""),
    ("/console/bots", "name=\"owner\"", "/console/bots", "name=<new>"),
    ("/console/bots/<bot>", "name=\"version\"", "/console/bots/<bot>", "name=Desk&version=old"),
    ("/console/bots/<bot>", "/remove\"", "/console/bots/<bot>/remove", "version=old"),
    ("/console/erasures", "/console/erasures/new", "/console/erasures/preview", "people=a@else.example&scope=all"),
    ("/console/erasures", "/console/erasures/new", "/console/erasures", "people=a@else.example&scope=all"),
    (
        "/console/erasures/<erasure to approve>",
        "/approve\"",
        "/console/erasures/<erasure to approve>/approve",
        "plan=old",
    ),
    (
        "/console/erasures/<erasure to approve>/approve",
        "name=\"plan\"",
        "/console/erasures/<erasure to approve>/approve",
        "plan=old",
    ),
    ("/console/erasures/<erasure to retry>", "/retry\"", "/console/erasures/<erasure to retry>/retry", ""),
    (
        "/console/erasures/<erasure to cancel>/cancel",
        "class=\"danger\"",
        "/console/erasures/<erasure to cancel>/cancel",
        "",
    ),
    ("/console/holds", "name=\"reason\"", "/console/holds", "people=a@else.example&reason=<new>"),
    ("/console/holds", "/<hold>/release\"", "/console/holds/<hold>/release", ""),
    ("/console/imports", "value=\"bot\"", "/console/imports", "<bot roles in a file>"),
    ("/console/imports", "value=\"admin\"", "/console/imports", "<admin roles in a file>"),
    ("/console/imports", "/<import>/undo\"", "/console/imports/<import>/undo", ""),
    ("/console/imports/plans/<plan>", "class=\"danger\"", "/console/imports/plans/<plan>", ""),
    ("/console/roles?type=bot", "/console/roles/new?type=bot", "/console/roles", "type=bot&name=<new>"),
    ("/console/roles?type=admin", "/console/roles/new?type=admin", "/console/roles", "type=admin&name=<new>"),
    ("/console/roles/<bot role>", "/edit\"", "/console/roles/<bot role>", "name=Reader&version=old"),
    ("/console/roles/<bot role>", "/copy\"", "/console/roles/<bot role>/copy", "name=<new>"),
    ("/console/roles/<bot role>", "/remove\"", "/console/roles/<bot role>/remove", "version=old"),
    ("/console/roles/<admin role>", "/edit\"", "/console/roles/<admin role>", "name=Clerk&version=old"),
    ("/console/roles/<admin role>", "/copy\"", "/console/roles/<admin role>/copy", "name=<new>"),
    ("/console/roles/<admin role>", "/remove\"", "/console/roles/<admin role>/remove", "version=old"),
    ("/console/apps", "action=\"/console/apps\"", "/console/apps", "name=<new>&kind=admin&algorithm=HS256"),
    ("/console/apps/<app>", "name=\"version\"", "/console/apps/<app>", "name=Sync&version=old"),
    ("/console/apps/<app>", "/switch\"", "/console/apps/<app>/switch", "to=on"),
    ("/console/apps/<app>", "/rotate\"", "/console/apps/<app>/rotate", "overlap=0"),
    ("/console/apps/<app>", "/remove\"", "/console/apps/<app>/remove", "version=old"),
];

/// Addresses that forms about oneself are sent to: whoever is signed in may do that, and nobody does it to others.
const OWN: &[&str] = &[
    "/console/confirm",
    "/console/passkeys",
    "/console/passkeys/ask-again",
    "/console/passkeys/confirm",
    "/console/passkeys/new",
    "/console/account/passkeys/remove",
    "/console/account/password",
    "/console/account/generator",
    "/console/account/generator/confirm",
    "/console/account/generator/remove",
    "/console/account/recovery-codes",
    "/console/account/sessions/end",
];

/// Addresses whose button takes more than a permission to be there, and where that is tried.
const ELSEWHERE: &[(&str, &str)] = &[("/console/users/{id}/generator/remove", "people.rs, a lost code generator")];

/// The route that a path of the tables is one of.
fn route(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let steps = path.split('/').map(|step| if step.starts_with('<') { "{id}" } else { step });
    steps.collect::<Vec<_>>().join("/")
}

#[test]
fn every_address_of_the_console_says_who_may() {
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    known.extend(PAGES.iter().map(|(path, _)| ("GET".to_owned(), route(path))));
    known.extend(BUTTONS.iter().map(|(.., path, _)| ("POST".to_owned(), route(path))));
    known.extend(OWN.iter().map(|path| ("POST".to_owned(), (*path).to_owned())));
    known.extend(ELSEWHERE.iter().map(|(path, _)| ("POST".to_owned(), (*path).to_owned())));
    let all = strangers::routes().into_iter().filter(|(_, path)| !strangers::OPEN.contains(&path.as_str()));
    let all: BTreeSet<(String, String)> = all.map(|(method, path)| (method.to_string(), path)).collect();
    assert_eq!(known, all, "add the new address to the pages or the buttons, or to those about oneself");
    for (page, ..) in BUTTONS {
        assert!(PAGES.iter().any(|(path, _)| route(path) == route(page)), "{page} is a page");
    }
}

/// The company with one of everything, and somebody who signed in and holds one role.
struct World {
    office: Office,
    role: String,
    ids: Vec<(&'static str, String)>,
}

/// People to erase.
const GUESTS: [&str; 3] = ["nora.berg@guest.example", "b@guest.example", "c@guest.example"];

impl World {
    async fn start() -> Self {
        let app = TestApp::start(Engine::Sqlite).await.expect("SQLite is always there");
        let mut office = Office::of(app).await;
        // From here on the account that the app's own helpers work on is the company's.
        std::mem::swap(&mut office.app.tenant, &mut office.tenant);
        let (app, ctx) = (&office.app, &office.app.operator());
        let two = ["somebody@aurora-air.example", "somebody.else@aurora-air.example"];
        let [user, other] = app.users(two).await.try_into().expect("two");
        let make = async |role_type, name: &str| {
            let (name, permissions) = (name.to_owned(), Permissions::default());
            let new = NewRole { role_type, name, description: String::new(), permissions, ref_id: None };
            roles::create(ctx, &new).await.expect("the name is free")
        };
        let role = make(RoleType::Admin, "What somebody may").await;
        app.assign(&role, Principal::Email(user.email.clone())).await;
        let (bot_role, admin_role) = (make(RoleType::Bot, "Reader").await.id, make(RoleType::Admin, "Clerk").await.id);
        let [to_approve, to_retry, to_cancel, ended] = erasures(&office).await;
        let placed = office.send("/console/holds", &[("people", "held@guest.example"), ("reason", "A case")]).await;
        assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.body);
        let hold = erasure::list_holds(ctx, Page::first(1)).await.expect("holds").items.remove(0).id;
        let (import, plan) = imports(ctx).await;
        let ids = vec![
            ("<user>", other.id),
            ("<email>", other.email),
            ("<bot name>", "Desk+of+the+test".to_owned()),
            ("<group>", app.group("Crew of the test", &[&user]).await.id),
            ("<bot>", app.bot("Desk of the test").await.id),
            ("<bot role>", bot_role),
            ("<admin role>", admin_role),
            ("<erasure to approve>", to_approve),
            ("<erasure to retry>", to_retry),
            ("<erasure to cancel>", to_cancel),
            ("<erasure that ended>", ended),
            ("<hold>", hold),
            ("<import>", import),
            ("<plan>", plan),
            ("<app>", new_app(ctx).await),
            ("<entry>", newest_entry(ctx).await),
            ("<bot roles in a file>", upload("bot")),
            ("<admin roles in a file>", upload("admin")),
        ];
        office.person = office.app.sign_in(&user.email).await;
        Self { office, role: role.id, ids }
    }

    /// Lets somebody do what this permission allows, and nothing else.
    async fn allow(&self, permission: AdminPermission) {
        let permissions = Some(Permissions::of([(permission.name(), Level::Yes)]));
        let edit = Edit { name: None, description: None, permissions };
        roles::update(&self.office.app.operator(), &self.role, &Expected::Any, &edit).await.expect("it changes");
    }

    fn filled(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Reply {
        let body = self.filled(body);
        let kind = if body.starts_with("--XX") {
            "multipart/form-data; boundary=XX"
        } else {
            "application/x-www-form-urlencoded"
        };
        let request = Request::new(method, &self.filled(path)).person(&self.office.person);
        self.office.app.send(request.header("content-type", kind).bytes(body.into_bytes())).await
    }
}

/// An erasure that waits for an approval, one that waits for a store, one that has not begun, and one that was
/// called off; their ids.
async fn erasures(office: &Office) -> [String; 4] {
    let plan = "0".repeat(64);
    let ask = async |who: &str| {
        let fields = [("people", who), ("scope", "all"), ("plan", plan.as_str()), ("not_before", "")];
        let reply = office.send("/console/erasures", &fields).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
        reply.location().rsplit('/').next().expect("an id").to_owned()
    };
    let folder = office.app.db.dir.path();
    let (there, away) = (folder.join("chat.db"), folder.join("away.db"));
    std::fs::rename(&there, &away).expect("a file can be moved");
    let to_retry = ask(GUESTS[1]).await;
    office.work().await;
    std::fs::rename(&away, &there).expect("a file can be moved back");
    let to_approve = ask(GUESTS[0]).await;
    office.work().await;
    let ended = ask(GUESTS[2]).await;
    assert_eq!(office.send(&format!("/console/erasures/{ended}/cancel"), &[]).await.status, StatusCode::SEE_OTHER);
    [to_approve, to_retry, ask(GUESTS[2]).await, ended]
}

/// An import that was applied, and the plan of one that was not; their ids.
async fn imports(ctx: &Ctx) -> (String, String) {
    let order = async |name: &str| {
        let file = format!(r#"[{{"role":"{name}","permissions":{{"Tasks":["VIEW"]}}}}]"#);
        let file_id = files::upload(ctx, file.as_bytes()).await.expect("a file").id;
        Order { role_type: RoleType::Bot, file_id, mode: Mode::Incremental }
    };
    let done = role_import::import(ctx, &order("Imported").await).await.expect("imported");
    let planned = role_import::plan_of(ctx, &order("Planned").await).await.expect("planned");
    (done.import_id.expect("an id"), planned.id)
}

async fn new_app(ctx: &Ctx) -> String {
    let new = NewApp {
        name: "Sync".to_owned(),
        kind: Kind::Admin,
        algorithm: Algorithm::Hs256,
        public_key: None,
        scopes: Vec::new(),
        bots: Vec::new(),
        enforces_jti: false,
        expires_at: None,
    };
    apps::create(ctx, &new).await.expect("an app").client_id
}

async fn newest_entry(ctx: &Ctx) -> String {
    let newest = audit::search(ctx, &audit::Filter::default(), Page::first(1)).await.expect("entries");
    newest.entries.first().expect("there is one").0.clone()
}

/// A form with a file, as a browser sends it.
fn upload(role_type: &str) -> String {
    let part =
        |name: &str, value: &str| format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.json\"\r\n\r\n[]\r\n--XX--\r\n";
    [&part("type", role_type), &part("mode", "add"), file].concat()
}

#[tokio::test]
async fn a_button_is_there_exactly_where_what_it_sends_is_let_through() {
    let world = World::start().await;
    let (mut allowed, mut refused) = (BTreeSet::new(), BTreeSet::new());
    // What a page keeps up by would go on for ever.
    world.office.app.server.streams.stop();
    for permission in AdminPermission::ALL {
        world.allow(permission).await;
        let mut shown = BTreeMap::new();
        for (path, act) in PAGES {
            let reply = world.send(Method::GET, path, "").await;
            let may = act.is_none_or(|act| act.any_of.contains(&permission));
            assert_eq!(reply.status != StatusCode::FORBIDDEN, may, "{permission:?}: {path} answers {}", reply.status);
            assert!(reply.status != StatusCode::NOT_FOUND || path.ends_with("receipt"), "{path}: {}", reply.body);
            shown.insert(*path, reply);
        }
        for (nth, (page, mark, path, body)) in BUTTONS.iter().enumerate() {
            // What was done since may have brought a button, or taken one.
            let before = shown.get(page).filter(|reply| reply.status == StatusCode::FORBIDDEN);
            let shown = match before {
                Some(reply) => reply,
                None => &world.send(Method::GET, page, "").await,
            };
            let is_there = shown.status == StatusCode::OK && shown.body.contains(&world.filled(mark));
            let body = body.replace("<new>", &format!("New {} {nth}", permission.name()).replace(' ', "+"));
            let done = world.send(Method::POST, path, &body).await;
            let is_let_through = done.status != StatusCode::FORBIDDEN;
            // Whoever may do it and does not see the page would have no way to it.
            assert_eq!(
                is_there, is_let_through,
                "{permission:?}: {page}: {mark} is there: {is_there}; {path} answers {}",
                done.status
            );
            if is_let_through {
                allowed.insert(nth)
            } else {
                refused.insert(nth)
            };
        }
    }
    let all: BTreeSet<usize> = (0..BUTTONS.len()).collect();
    assert_eq!((&allowed, &refused), (&all, &all), "each is for somebody, and for nobody else");
}

#[tokio::test]
async fn what_another_account_has_does_not_exist() {
    let mut world = World::start().await;
    let app = &world.office.app;
    world.office.person = app.sign_in_to(&world.office.tenant, "owner@acme.example").await;
    let before = app.db.dump().await;
    let pages = PAGES.iter().map(|(path, _)| (Method::GET, *path, ""));
    let forms = BUTTONS.iter().map(|(.., path, body)| (Method::POST, *path, *body));
    // The same for ids that nobody has: another last digit.
    let nobodys = |id: &str| {
        let last = if id.ends_with('0') { "1" } else { "0" };
        format!("{}{last}", &id[..id.len() - 1])
    };
    for (method, path, body) in pages.chain(forms).filter(|(_, path, _)| path.contains('<')) {
        let theirs = world.send(method.clone(), path, body).await;
        let (mut absent, mut shown) = (path.to_owned(), theirs.body);
        for (name, id) in world.ids.iter().filter(|(name, _)| path.contains(name)) {
            absent = absent.replace(name, &nobodys(id));
            shown = shown.replace(id.as_str(), &nobodys(id));
        }
        let reply = world.send(method.clone(), &absent, body).await;
        assert_eq!((theirs.status, shown), (reply.status, reply.body), "{method} {path}");
        // What a form lacks may be told before anything is looked up.
        let is_told_before = method == Method::POST && theirs.status == StatusCode::UNPROCESSABLE_ENTITY;
        assert!(theirs.status == StatusCode::NOT_FOUND || is_told_before, "{method} {path}: {}", theirs.status);
    }
    assert_eq!(world.office.app.db.dump().await, before);
}
