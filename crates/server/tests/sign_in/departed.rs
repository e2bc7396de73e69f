//! Whoever leaves is out at once, by every way in; and so is whoever may not sign in any more.

use axum::http::{Method, StatusCode};
use rolecall_control::{
    manifest_apply::{self, Options, Source},
    sign_in,
    users::{self, Key},
};
use rolecall_testkit::{Authenticator, PASSWORD, Reply, Request, SignedIn, TestApp, each_engine, totp};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::at;

const ORIGIN: &str = "https://rolecall.example";
const ANN: &str = "ann@acme.example";

/// Ann, with every way in that there is, used and unused.
struct Ann {
    app: TestApp,
    session: SignedIn,
    /// A session that wants a code.
    half: SignedIn,
    /// The secret of her code generator.
    secret: String,
    passkey: Authenticator,
    /// A link that she has not followed.
    link: String,
}

/// Sends what the script of a page sends.
async fn call(app: &TestApp, person: Option<&SignedIn>, path: &str, body: &Value) -> Reply {
    let request = Request::new(Method::POST, path).header("sec-fetch-site", "same-origin").json(body);
    app.send(match person {
        Some(person) => request.person(person),
        None => request,
    })
    .await
}

async fn type_in(app: &TestApp) -> Reply {
    let account = app.tenant.account.account_id.as_str();
    app.send(Request::form("/console/sign-in", &[("account", account), ("email", ANN), ("password", PASSWORD)])).await
}

impl Ann {
    async fn of(app: TestApp) -> Self {
        let app = at(app, ORIGIN);
        app.admin(ANN, &["Manage Groups"]).await;
        let session = app.sign_in(ANN).await;
        let mut passkey = Authenticator::new("ES256", ORIGIN);
        let asked = call(&app, Some(&session), "/console/passkeys/new", &json!({})).await;
        let made = call(&app, Some(&session), "/console/passkeys", &passkey.make(&asked.json(), "Laptop")).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.body);
        app.form_as(&session, "/console/account/generator", &[]).await;
        let page = app.get_as(&session, "/console/account").await.body;
        let secret = page.split("<code>").nth(2).and_then(|rest| rest.split("</code>").next()).expect("a secret");
        let secret = secret.replace(' ', "");
        let code = totp(&secret, app.operator().now());
        let shown = app.form_as(&session, "/console/account/generator/confirm", &[("code", &code)]).await;
        assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
        app.clock.advance_ms(30_000);
        let half = SignedIn { cookie: type_in(&app).await.cookie("__Host-rolecall").expect("half a session") };
        let link = sign_in::make_link_by_email(&app.operator(), ANN).await.expect("a link");
        let link = format!("/console/set-up/{}", link.token.expose_secret());
        Self { app, session, half, secret, passkey, link }
    }

    /// Which ways lead in now. Asking uses some of them up.
    async fn ways_in(&mut self) -> Vec<&'static str> {
        let app = &self.app;
        let mut ways = Vec::new();
        let mut try_it = |way: &'static str, is_in: bool| ways.extend(is_in.then_some(way));
        try_it(
            "the session, on the console",
            app.get_as(&self.session, "/console/groups").await.status == StatusCode::OK,
        );
        try_it("the session, on our API", app.get_as(&self.session, "/api/v1/groups").await.status == StatusCode::OK);
        let made = app.form_as(&self.session, "/console/groups", &[("name", "Made")]).await;
        try_it("the session, to change something", made.location().starts_with("/console/groups/"));
        let code = totp(&self.secret, app.operator().now());
        let whole = app.form_as(&self.half, "/console/second-factor", &[("code", &code)]).await;
        try_it("half a session and a code", whole.location() == "/console");
        try_it("the password", type_in(app).await.location().starts_with("/console/second-factor"));
        let asked = call(app, None, "/console/passkeys/ask", &json!({})).await.json();
        let answer = self.passkey.answer(&asked);
        let entered = call(app, None, "/console/passkeys/enter", &answer).await;
        try_it("the passkey", entered.status == StatusCode::OK);
        let followed = app.send(Request::form(&self.link, &[("new", PASSWORD), ("again", PASSWORD)])).await;
        try_it("the link", followed.status == StatusCode::SEE_OTHER && followed.cookie("__Host-rolecall").is_some());
        ways
    }

    /// In which tables something is left by which she could come in.
    async fn left(&self) -> Vec<String> {
        let tables = ["sessions", "one_time_links", "passwords", "second_factors", "passkeys", "provider_subjects"];
        let dump = self.app.db.dump().await;
        let left = tables.into_iter().filter(|table| dump.lines().any(|line| line.starts_with(&format!("{table}: "))));
        left.map(str::to_owned).collect()
    }
}

each_engine! {
    async fn all_ways_lead_in_while_somebody_may_sign_in(app: TestApp) {
        let mut ann = Ann::of(app).await;
        assert_eq!(ann.ways_in().await.len(), 7);
    }

    async fn whoever_is_removed_is_out_at_once_and_nothing_is_left_to_come_in_by(app: TestApp) {
        let mut ann = Ann::of(app).await;
        let gone = ann.app.delete("/api/public/users", json!({"deleteEmailIds": [ANN]})).await;
        assert_eq!(gone.status, StatusCode::OK, "{}", gone.body);
        assert_eq!(ann.ways_in().await, [""; 0]);
        assert_eq!(ann.left().await, [""; 0]);
    }

    async fn whom_a_manifest_does_not_list_any_more_is_out_at_once_too(app: TestApp) {
        let mut ann = Ann::of(app).await;
        let options = Options { prune: true, ..Options::default() };
        let nobody = Source::document(Vec::new());
        manifest_apply::apply(&ann.app.operator(), &nobody, options).await.expect("it is applied");
        assert_eq!(ann.ways_in().await, [""; 0]);
        assert_eq!(ann.left().await, [""; 0]);
    }

    // No call makes a user one who may not sign in; the vendor's data has such users, so the rule is there.
    async fn whoever_may_not_sign_in_any_more_is_out_at_once_by_every_way(app: TestApp) {
        let mut ann = Ann::of(app).await;
        ann.app.db.tamper("UPDATE users SET status = 'not active' WHERE email = 'ann@acme.example'").await;
        assert_eq!(ann.ways_in().await, [""; 0]);
        let made = ann.app.entries().await.into_iter().filter(|entry| entry.event == "Group Created").count();
        assert_eq!(made, 0);
    }

    async fn whoever_comes_again_is_not_let_in_by_what_the_other_had(app: TestApp) {
        let mut ann = Ann::of(app).await;
        users::remove(&ann.app.operator(), &[Key::Email(ANN.to_owned())]).await.expect("removed");
        ann.app.users([ANN]).await;
        assert_eq!(ann.ways_in().await, [""; 0]);
    }
}
