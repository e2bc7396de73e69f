//! For each admin permission there is: whoever holds that one alone sees a button exactly where what it
//! sends is let through.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use rolecall_control::{
    roles::{self, Edit, NewRole},
    sign_in::{self, Visitor},
    version::Expected,
};
use rolecall_model::{
    authority::AdminPermission,
    role::{Level, Permissions, RoleType},
};
use rolecall_store::Meter;
use rolecall_testkit::{Engine, Reply, Request, TestApp};
use secrecy::ExposeSecret as _;
use serde_json::json;

/// A page, what stands on it where there is a button, and what the button sends where.
const BUTTONS: &[(&str, &str, &str, &str)] = &[
    ("/console/groups", "action=\"/console/groups\">", "/console/groups", "name=<new>"),
    ("/console/groups/<group>", "name=\"add\"", "/console/groups/<group>/members", "add=owner@acme.example"),
    ("/console/groups/<group>", "name=\"version\"", "/console/groups/<group>", "name=Crew&version=old"),
    ("/console/groups/<group>", "/remove\"", "/console/groups/<group>/remove", "version=old"),
    ("/console/users/<user>", GIVE_ADMIN, "/console/users/<user>/roles", "type=admin&role=Clerk&do=give"),
    ("/console/users/<user>", TAKE_ADMIN, "/console/users/<user>/roles", "type=admin&role=Clerk&do=take"),
    ("/console/users/<user>", GIVE_BOT, "/console/users/<user>/roles", "type=bot&role=Reader&bot=Desk&do=give"),
    ("/console/bots/<bot>", GIVE_BOT, "/console/bots/<bot>/roles", "type=bot&role=Reader&who=b@acme.example&do=give"),
    ("/console/bots/<bot>", TAKE_BOT, "/console/bots/<bot>/roles", "type=bot&role=Reader&user_id=<user>&do=take"),
    ("/console/groups/<group>", GIVE_ADMIN, "/console/groups/<group>/roles", "type=admin&role=Clerk&do=give"),
    ("/console/groups/<group>", TAKE_ADMIN, "/console/groups/<group>/roles", "type=admin&role=Clerk&do=take"),
    ("/console/groups/<group>", GIVE_BOT, "/console/groups/<group>/roles", "type=bot&role=Reader&bot=Desk&do=give"),
    ("/console/groups/<group>", TAKE_BOT, "/console/groups/<group>/roles", "type=bot&role=Reader&bot=Desk&do=take"),
    ("/console/users/<user>/sign-in", "/sign-in-link\"", "/console/users/<user>/sign-in-link", ""),
    ("/console/users/<user>/sign-in", "id=\"sessions\"", "/console/users/<user>/sessions/end", ""),
    ("/console/bots", "name=\"owner\"", "/console/bots", "name=<new>"),
    ("/console/bots/<bot>", "name=\"version\"", "/console/bots/<bot>", "name=Desk&version=old"),
    ("/console/bots/<bot>", "/remove\"", "/console/bots/<bot>/remove", "version=old"),
    ("/console/erasures", "/console/erasures/new", "/console/erasures/preview", "people=a@else.example&scope=all"),
    ("/console/holds", "name=\"reason\"", "/console/holds", "people=a@else.example&reason=<new>"),
    ("/console/roles?type=bot", "/console/roles/new?type=bot", "/console/roles", "type=bot&name=<new>"),
    ("/console/roles?type=admin", "/console/roles/new?type=admin", "/console/roles", "type=admin&name=<new>"),
    ("/console/roles/<bot role>", "/edit\"", "/console/roles/<bot role>", "name=Reader&version=old"),
    ("/console/roles/<bot role>", "/copy\"", "/console/roles/<bot role>/copy", "name=<new>"),
    ("/console/roles/<bot role>", "/remove\"", "/console/roles/<bot role>/remove", "version=old"),
    ("/console/roles/<admin role>", "/edit\"", "/console/roles/<admin role>", "name=Clerk&version=old"),
    ("/console/roles/<admin role>", "/copy\"", "/console/roles/<admin role>/copy", "name=<new>"),
    ("/console/roles/<admin role>", "/remove\"", "/console/roles/<admin role>/remove", "version=old"),
];

const GIVE_ADMIN: &str = "list=\"admin-roles\"";
const GIVE_BOT: &str = "list=\"bot-roles\"";
const TAKE_ADMIN: &str = "name=\"type\" value=\"admin\"><input type=\"hidden\" name=\"role_id\"";
const TAKE_BOT: &str = "name=\"type\" value=\"bot\"><input type=\"hidden\" name=\"role_id\"";

/// An account with one of everything, and somebody who signed in and holds one role.
struct World {
    app: TestApp,
    cookie: String,
    role: String,
    ids: Vec<(&'static str, String)>,
}

impl World {
    async fn start() -> Self {
        let app = TestApp::start(Engine::Sqlite).await.expect("SQLite is always there");
        let ctx = app.operator();
        let [user, other] = app.users(["somebody@acme.example", "b@acme.example"]).await.try_into().expect("two");
        let make = async |role_type, name: &str| {
            let (name, permissions) = (name.to_owned(), Permissions::default());
            let new = NewRole { role_type, name, description: String::new(), permissions, ref_id: None };
            roles::create(&ctx, &new).await.expect("the name is free").id
        };
        let role = make(RoleType::Admin, "What somebody may").await;
        let given = json!([{"roleId": role, "addUsers": ["somebody@acme.example"]}]);
        assert_eq!(app.post("/api/public/adminroles/assignments", given).await.status, StatusCode::OK);
        let ids = vec![
            ("<user>", other.id),
            ("<group>", app.group("Crew", &[&user]).await.id),
            ("<bot>", app.bot("Desk").await.id),
            ("<bot role>", make(RoleType::Bot, "Reader").await),
            ("<admin role>", make(RoleType::Admin, "Clerk").await),
        ];
        let (server, meter) = (&app.server, Meter::default());
        let link = sign_in::make_link(&ctx, &user.id).await.expect("a link");
        let password = "correct horse battery staple".to_owned().into();
        let let_in = sign_in::redeem(&server.core, &server.gate, &meter, Visitor::default(), &link.token, &password);
        let cookie = format!("__Host-rolecall={}", let_in.await.expect("let in").begun.token.expose_secret());
        Self { app, cookie, role, ids }
    }

    /// Lets somebody do what this permission allows, and nothing else.
    async fn allow(&self, permission: AdminPermission) {
        let permissions = Some(Permissions::of([(permission.name(), Level::Yes)]));
        let edit = Edit { name: None, description: None, permissions };
        roles::update(&self.app.operator(), &self.role, &Expected::Any, &edit).await.expect("it changes");
    }

    fn filled(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> Reply {
        let request = Request::new(method, &self.filled(path))
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.app.send(request.bytes(self.filled(body).into_bytes())).await
    }
}

#[tokio::test]
async fn a_button_is_there_exactly_where_what_it_sends_is_let_through() {
    let world = World::start().await;
    let (mut allowed, mut refused) = (BTreeSet::new(), BTreeSet::new());
    for permission in AdminPermission::ALL {
        world.allow(permission).await;
        for (nth, (page, mark, path, body)) in BUTTONS.iter().enumerate() {
            let shown = world.send(Method::GET, page, "").await;
            assert!([StatusCode::OK, StatusCode::FORBIDDEN].contains(&shown.status), "{permission:?}: {page}");
            let is_there = shown.status == StatusCode::OK && shown.body.contains(mark);
            let body = body.replace("<new>", &format!("New {} {nth}", permission.name()).replace(' ', "+"));
            let done = world.send(Method::POST, path, &body).await;
            let is_let_through = done.status != StatusCode::FORBIDDEN;
            // Whoever may see nothing of a page sees no button on it, whatever else it may do.
            let is_right = is_there == is_let_through || shown.status == StatusCode::FORBIDDEN;
            assert!(is_right, "{permission:?}: {page}: {mark} is there: {is_there}; {path} answers {}", done.status);
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
