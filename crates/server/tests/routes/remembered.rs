//! Tokens that were verified before: looked up no more, and never believed longer than they should be,
//! whichever process changed what.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use rolecall_control::{
    Ctx,
    apps::{self, Action, NewApp},
};
use rolecall_model::{
    app::{Algorithm, Kind, Scope},
    audit::Actor,
    time::Instant,
};
use rolecall_server::{
    Server,
    auth::{key::sign_with_secret, limits::Profile},
};
use rolecall_store::Meter;
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

const ROLES: &str = "/api/public/roles?roleType=bot";
/// 2026-01-05T09:00:00Z, when tests happen, in seconds.
const NOW_S: i64 = 1_767_603_600;

/// Two servers on one database, each with what it remembers.
struct Two {
    app: TestApp,
    here: Arc<Server>,
    there: Arc<Server>,
}

impl Two {
    async fn start(mut app: TestApp) -> Self {
        let here = Arc::clone(&app.server);
        app.another_node(Profile::Off).await;
        let there = std::mem::replace(&mut app.server, Arc::clone(&here));
        Self { app, here, there }
    }

    /// The operator, at the other server.
    fn operator_there(&self) -> Ctx {
        Ctx::new(&self.there.core, self.app.tenant.account.no, Actor::Operator, Meter::default())
    }

    async fn new_app(&self, expires_at: Option<Instant>) -> (String, SecretString) {
        let new = NewApp {
            name: "Remembered".to_owned(),
            kind: Kind::Admin,
            algorithm: Algorithm::Hs256,
            public_key: None,
            scopes: Scope::ALL.to_vec(),
            bots: Vec::new(),
            enforces_jti: false,
            expires_at,
        };
        let made = apps::create(&self.operator_there(), &new).await.expect("an app can be registered");
        (made.client_id, made.client_secret.expect("HS256 has a secret"))
    }

    async fn asked(&self, token: &str) -> Reply {
        self.app.send(Request::new(Method::GET, ROLES).token(token)).await
    }

    async fn status(&self, token: &str) -> StatusCode {
        self.asked(token).await.status
    }

    /// How many statements were made for lists of roles here so far.
    async fn n_statements(&self) -> f64 {
        let metrics = self.app.send(Request::new(Method::GET, "/metrics")).await.body;
        let line = metrics.lines().find(|line| {
            line.starts_with("rolecall_database_statements_total") && line.contains("route=\"/api/public/roles\"")
        });
        line.and_then(|line| line.rsplit_once(' ')?.1.parse().ok()).expect("the number of statements")
    }

    /// Asks with the token until that takes no statement of its own: the image of the account is there,
    /// and the token is remembered.
    async fn warm(&self, token: &str) {
        let (mut before, mut n_asked) = (Some(-1.0), 0);
        while self.n_statements_or_none().await != before {
            assert!(n_asked < 1_000, "the token was looked up again and again");
            n_asked += 1;
            before = self.n_statements_or_none().await;
            assert_eq!(self.status(token).await, StatusCode::OK);
            tokio::task::yield_now().await;
        }
    }

    async fn n_statements_or_none(&self) -> Option<f64> {
        let metrics = self.app.send(Request::new(Method::GET, "/metrics")).await.body;
        if metrics.contains("route=\"/api/public/roles\"") { Some(self.n_statements().await) } else { None }
    }
}

fn signed(secret: &SecretString, claims: &Value) -> String {
    sign_with_secret(Algorithm::Hs256, secret.expose_secret().as_bytes(), claims).expect("HS256 signs")
}

each_engine! {
    async fn a_token_seen_before_takes_no_statement(app: TestApp) {
        let two = Two::start(app).await;
        let (id, secret) = two.new_app(None).await;
        let tokens = ["a", "b"].map(|sub| signed(&secret, &json!({"appId": id, "sub": sub})));
        two.warm(&tokens[0]).await;
        let before = two.n_statements().await;
        for token in [&tokens[0], &tokens[1], &tokens[1]] {
            assert_eq!(two.status(token).await, StatusCode::OK);
        }
        assert_eq!(two.n_statements().await.to_bits(), before.to_bits());
    }

    async fn a_remembered_token_ends_with_its_app_wherever_that_was_changed(app: TestApp) {
        let two = Two::start(app).await;
        for action in [Action::Disable, Action::Delete] {
            let (id, secret) = two.new_app(None).await;
            let token = signed(&secret, &json!({"appId": id}));
            two.warm(&token).await;
            apps::act(&two.operator_there(), &id, action).await.expect("it is done");
            assert_eq!(two.status(&token).await, StatusCode::UNAUTHORIZED, "{action:?}");
            assert_eq!(two.asked(&token).await.json()["errors"][0]["msg"], "Invalid SDK credentials");
        }
    }

    async fn an_app_switched_on_again_is_believed_again(app: TestApp) {
        let two = Two::start(app).await;
        let (id, secret) = two.new_app(None).await;
        let token = signed(&secret, &json!({"appId": id}));
        two.warm(&token).await;
        apps::act(&two.operator_there(), &id, Action::Disable).await.expect("it is done");
        assert_eq!(two.status(&token).await, StatusCode::UNAUTHORIZED);
        apps::act(&two.operator_there(), &id, Action::Enable).await.expect("it is done");
        assert_eq!(two.status(&token).await, StatusCode::OK);
    }

    async fn a_remembered_token_of_an_old_secret_ends_with_the_overlap(app: TestApp) {
        let two = Two::start(app).await;
        let (id, secret) = two.new_app(None).await;
        let old = signed(&secret, &json!({"appId": id}));
        two.warm(&old).await;
        let made = apps::rotate(&two.operator_there(), &id, 60_000).await.expect("a new secret");
        let new = signed(&made.client_secret.expect("a secret"), &json!({"appId": id}));
        two.warm(&old).await;
        two.warm(&new).await;
        two.app.clock.advance_ms(59_999);
        assert_eq!((two.status(&old).await, two.status(&new).await), (StatusCode::OK, StatusCode::OK));
        two.app.clock.advance_ms(1);
        assert_eq!((two.status(&old).await, two.status(&new).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
        let made = apps::rotate(&two.operator_there(), &id, 0).await.expect("a new secret");
        let newest = signed(&made.client_secret.expect("a secret"), &json!({"appId": id}));
        assert_eq!((two.status(&new).await, two.status(&newest).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
    }

    async fn a_remembered_token_ends_when_it_expires_or_its_app_does(app: TestApp) {
        let two = Two::start(app).await;
        let (id, secret) = two.new_app(Some(Instant::from_ms((NOW_S + 100) * 1_000))).await;
        let short = signed(&secret, &json!({"appId": id, "exp": NOW_S + 10}));
        let long = signed(&secret, &json!({"appId": id}));
        two.warm(&short).await;
        two.warm(&long).await;
        two.app.clock.advance_ms(69_999);
        assert_eq!((two.status(&short).await, two.status(&long).await), (StatusCode::OK, StatusCode::OK));
        two.app.clock.advance_ms(1);
        assert_eq!(two.asked(&short).await.json()["errors"][0]["msg"], "JWT token has expired");
        two.app.clock.advance_ms(29_999);
        assert_eq!(two.status(&long).await, StatusCode::OK);
        two.app.clock.advance_ms(1);
        assert_eq!(two.status(&long).await, StatusCode::UNAUTHORIZED);
    }

    async fn a_token_that_is_nearly_a_remembered_one_is_none(app: TestApp) {
        let two = Two::start(app).await;
        let (id, secret) = two.new_app(None).await;
        let token = signed(&secret, &json!({"appId": id}));
        two.warm(&token).await;
        let (message, signature) = token.rsplit_once('.').expect("a signature");
        let other = if signature.starts_with('A') { "B" } else { "A" };
        for forged in [format!("{message}.{other}{}", &signature[1..]), format!("{message}."), format!("{token}A")] {
            assert_eq!(two.status(&forged).await, StatusCode::UNAUTHORIZED, "{forged}");
        }
        assert_eq!(two.status(&token).await, StatusCode::OK);
    }

    async fn a_token_that_counts_once_does_so_however_warm_its_app_is(app: TestApp) {
        let two = Two::start(app).await;
        let (id, secret) = two.new_app(None).await;
        two.warm(&signed(&secret, &json!({"appId": id}))).await;
        let once = signed(&secret, &json!({"appId": id, "jti": "one", "exp": NOW_S + 600}));
        assert_eq!(two.status(&once).await, StatusCode::OK);
        assert_eq!(
            two.asked(&once).await.json()["errors"][0]["msg"],
            "error verifying the jwt: possibly a replay"
        );
        assert!(Arc::ptr_eq(&two.here, &two.app.server));
    }
}
