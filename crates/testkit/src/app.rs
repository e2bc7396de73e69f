//! A whole server in the test's own process, asked through its outermost layer.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    ServiceExt as _,
    body::Body,
    http::{HeaderMap, Method, Request as HttpRequest, StatusCode},
    response::Response,
};
use http_body_util::BodyExt as _;
use rolecall_control::{
    Core, Ctx, Random, SetClock,
    accounts::{self, Created},
    apps::{self, NewApp},
    seal::SealingKey,
};
use rolecall_model::{
    app::{Algorithm, Kind, Scope},
    audit::Actor,
    time::Instant,
};
use rolecall_server::{
    Server,
    auth::{
        key::sign_with_secret,
        limits::{Limits, Profile},
    },
    routes,
};
use rolecall_store::{Db, Engine, Meter};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::{ServiceExt as _, util::BoxCloneSyncService};

use crate::TestDb;

/// An account with an app that may do everything.
pub struct Tenant {
    /// The account and its owner.
    pub account: Created,
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: SecretString,
    /// A token of the app, without `exp`.
    pub token: String,
}

/// A server on a fresh database, with one account.
pub struct TestApp {
    /// The server.
    pub server: Arc<Server>,
    /// Its clock, set to 2026-01-05T09:00:00Z.
    pub clock: Arc<SetClock>,
    /// Its database.
    pub db: TestDb,
    /// The account requests go to unless they say otherwise.
    pub tenant: Tenant,
    /// Who has set a password already, by account and address.
    pub(crate) passwords: Mutex<BTreeSet<String>>,
    /// What answers for `server`, once it was asked: all the routes take longer to make than most answers.
    service: Mutex<Option<(Arc<Server>, Service)>>,
}

type Service = BoxCloneSyncService<HttpRequest<Body>, Response, Infallible>;

/// The day tests happen on.
const TODAY_MS: i64 = 1_767_603_600_000;

impl TestApp {
    /// A server on a fresh database; none if the engine is not there and need not be.
    pub async fn start(engine: Engine) -> Option<Self> {
        let db = TestDb::start(engine).await?;
        let clock = Arc::new(SetClock::at(Instant::from_ms(TODAY_MS)));
        let core = Arc::new(Core {
            db: db.db.clone(),
            clock: Arc::clone(&clock) as _,
            random: Random::from_seed([7; 32]),
            sealing_key: SealingKey::generate([8; 32]),
        });
        let tenant = tenant(&core, "Acme", "owner@acme.example").await;
        let server = Arc::new(Server::new(core, Limits::new(Profile::Off)));
        Some(Self { server, clock, db, tenant, passwords: Mutex::default(), service: Mutex::default() })
    }

    /// Lets the server answer on a port, for as long as the test runs; its address.
    pub async fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("an address");
        self.serve(listener);
        address
    }

    /// The same on a port that is taken already.
    pub fn serve(&self, listener: TcpListener) {
        let service = routes::service(Arc::clone(&self.server));
        tokio::spawn(async move { axum::serve(listener, service.into_make_service()).await });
    }

    /// Another server on the same database, as another node or the same one after a restart, that
    /// limits accounts by `profile`.
    pub async fn another_node(&mut self, profile: Profile) {
        let core = Arc::new(Core {
            db: Db::open(&self.db.url).await.expect("the database opens once more"),
            clock: Arc::clone(&self.clock) as _,
            random: Random::from_seed([9; 32]),
            sealing_key: SealingKey::generate([8; 32]),
        });
        self.server = Arc::new(Server::new(core, Limits::new(profile)));
    }

    /// The server once more, on the same database.
    pub async fn restart(&mut self) {
        self.another_node(Profile::Off).await;
    }

    /// One more account on the same server.
    pub async fn another_tenant(&self) -> Tenant {
        tenant(&self.server.core, "Other", "owner@other.example").await
    }

    /// What time it is, as queries take it.
    pub fn clock_text(&self) -> String {
        self.server.core.clock.now().to_string()
    }

    /// The context of the operator's work on the account.
    pub fn operator(&self) -> Ctx {
        self.operator_of(&self.tenant)
    }

    /// The context of the operator's work on an account.
    pub fn operator_of(&self, tenant: &Tenant) -> Ctx {
        Ctx::new(&self.server.core, tenant.account.no, Actor::Operator, Meter::default())
    }

    /// Registers one more app and makes a token of it.
    pub async fn app_token(&self, kind: Kind, scopes: &[Scope]) -> String {
        let (id, secret) = new_app(&self.operator(), kind, scopes).await;
        signed(&id, &secret)
    }

    /// GET `path` with the account's token.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::new(Method::GET, path).token(&self.tenant.token)).await
    }

    /// POST `body` to `path` with the account's token.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Request::new(Method::POST, path).token(&self.tenant.token).json(&body)).await
    }

    /// PUT `body` to `path` with the account's token.
    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Request::new(Method::PUT, path).token(&self.tenant.token).json(&body)).await
    }

    /// DELETE `path` with `body` and the account's token.
    pub async fn delete(&self, path: &str, body: Value) -> Reply {
        self.send(Request::new(Method::DELETE, path).token(&self.tenant.token).json(&body)).await
    }

    /// Uploads `content` as a file with the account's token; the file's id.
    pub async fn upload(&self, content: &[u8]) -> String {
        let reply = self.send(Request::upload(content).token(&self.tenant.token)).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        reply.json()["fileId"].as_str().expect("a file id").to_owned()
    }

    /// Sends any request.
    pub async fn send(&self, request: Request) -> Reply {
        let response = self.answer(request).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.expect("the body ends").to_bytes();
        let bytes = bytes.to_vec();
        let body = match headers.get("content-encoding") {
            Some(_) => String::new(),
            None => String::from_utf8(bytes.clone()).expect("the body is UTF-8"),
        };
        Reply { status, headers, bytes, body }
    }

    /// Sends any request; the answer as it begins.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let service = {
            let mut kept = self.service.lock().expect("nobody panicked with it");
            match &*kept {
                Some((server, service)) if Arc::ptr_eq(server, &self.server) => service.clone(),
                _ => {
                    let service = Service::new(routes::service(Arc::clone(&self.server)));
                    kept.insert((Arc::clone(&self.server), service)).1.clone()
                }
            }
        };
        service.oneshot(request.0).await.expect("the service answers")
    }
}

/// A request in the making.
pub struct Request(pub(crate) HttpRequest<Body>);

impl Request {
    /// A request without token or body.
    pub fn new(method: Method, path: &str) -> Self {
        Self(HttpRequest::builder().method(method).uri(path).body(Body::empty()).expect("a request"))
    }

    /// The upload of one file, as `curl -F` sends it.
    pub fn upload(content: &[u8]) -> Self {
        let mut body = b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"roles.json\"\r\nContent-Type: application/json\r\n\r\n".to_vec();
        body.extend_from_slice(content);
        body.extend_from_slice(
            b"\r\n--XX\r\nContent-Disposition: form-data; name=\"fileContext\"\r\n\r\nbulkImport\r\n--XX--\r\n",
        );
        Self::new(Method::POST, "/api/public/uploadfile")
            .header("content-type", "multipart/form-data; boundary=XX")
            .bytes(body)
    }

    /// With the header `auth`.
    #[must_use]
    pub fn token(self, token: &str) -> Self {
        self.header("auth", token)
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().append(name, value.parse().expect("a header value"));
        self
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").bytes(body.to_string().into_bytes())
    }

    /// With a body.
    #[must_use]
    pub fn bytes(mut self, body: Vec<u8>) -> Self {
        *self.0.body_mut() = Body::from(body);
        self
    }
}

/// An answer.
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The bytes of its body.
    pub bytes: Vec<u8>,
    /// Its body as text; empty where its bytes are compressed.
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    /// Status and body in one text, for snapshots of exact bytes.
    pub fn shown(&self) -> String {
        format!("{}\n{}", self.status.as_u16(), self.body)
    }
}

async fn tenant(core: &Arc<Core>, name: &str, owner: &str) -> Tenant {
    let account = accounts::create(core, name, owner).await.expect("an account can be made");
    let ctx = Ctx::new(core, account.no, Actor::Operator, Meter::default());
    let (client_id, client_secret) = new_app(&ctx, Kind::Admin, &Scope::ALL).await;
    let token = signed(&client_id, &client_secret);
    Tenant { account, client_id, client_secret, token }
}

async fn new_app(ctx: &Ctx, kind: Kind, scopes: &[Scope]) -> (String, SecretString) {
    let new = NewApp {
        name: "Test app".to_owned(),
        kind,
        algorithm: Algorithm::Hs256,
        public_key: None,
        scopes: scopes.to_vec(),
        bots: Vec::new(),
        enforces_jti: false,
        expires_at: None,
    };
    let made = apps::create(ctx, &new).await.expect("an app can be registered");
    (made.client_id, made.client_secret.expect("HS256 has a secret"))
}

fn signed(client_id: &str, secret: &SecretString) -> String {
    let claims = json!({"sub": "1234567890", "appId": client_id});
    sign_with_secret(Algorithm::Hs256, secret.expose_secret().as_bytes(), &claims).expect("HS256 signs")
}
