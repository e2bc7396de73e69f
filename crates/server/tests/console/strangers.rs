//! What every address of the console answers to whoever is not signed in, and to forms of other sites. A
//! route that is in neither list fails here.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use rolecall_control::sign_in::{self, Visitor};
use rolecall_store::Meter;
use rolecall_testkit::{Engine, Request, TestApp};
use secrecy::ExposeSecret as _;

/// Addresses that answer without a session: they are what one signs in with, or nobody's secret.
const OPEN: &[&str] = &[
    "/console/assets/{name}",
    "/console/preferences",
    "/console/sign-in",
    "/console/second-factor",
    "/console/oidc/start",
    "/console/oidc/callback",
    "/console/passkeys/ask",
    "/console/passkeys/enter",
    "/console/set-up/{token}",
    "/console/sign-out",
];

/// Every address of the console with the methods it takes, as the program lists them.
fn routes() -> Vec<(Method, String)> {
    let text = include_str!("../../src/console/mod.rs");
    let mut routes = Vec::new();
    for route in text.split(".route(").skip(1) {
        let route = route.split(".route(").next().unwrap_or_default();
        let path = route.split('"').nth(1).expect("a path").to_owned();
        for (method, word) in [(Method::GET, "get("), (Method::POST, "post(")] {
            if route.contains(word) {
                routes.push((method, path.clone()));
            }
        }
    }
    assert!(routes.len() > 20, "{routes:?}");
    routes
}

fn request(method: &Method, path: &str) -> Request {
    let path = path.replace("{id}", "u-1").replace("{token}", "x").replace("{name}", "x");
    Request::new(method.clone(), &path).header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_where_one_signs_in() {
    let app = TestApp::start(Engine::Sqlite).await.expect("SQLite is always there");
    let mut open = BTreeSet::new();
    for (method, path) in routes() {
        let reply = app.send(request(&method, &path).header("sec-fetch-site", "same-origin")).await;
        if OPEN.contains(&path.as_str()) {
            open.insert(path);
            continue;
        }
        let to = reply.headers.get("location").map(|to| to.to_str().expect("ASCII")).unwrap_or_default();
        assert_eq!(reply.status, StatusCode::SEE_OTHER, "{method} {path}");
        assert!(to.starts_with("/console/sign-in?next=%2Fconsole"), "{method} {path}: {to}");
    }
    assert_eq!(open, OPEN.iter().map(|path| (*path).to_owned()).collect(), "what is open is told here");
}

#[tokio::test]
async fn no_form_of_another_site_is_taken_from_whoever_is_signed_in() {
    let app = TestApp::start(Engine::Sqlite).await.expect("SQLite is always there");
    let server = &app.server;
    let link = sign_in::make_link_by_email(&app.operator(), "owner@acme.example").await.expect("a link");
    let (meter, password) = (Meter::default(), "correct horse battery staple".to_owned().into());
    let let_in = sign_in::redeem(&server.core, &server.gate, &meter, Visitor::default(), &link.token, &password).await;
    let cookie = format!("__Host-rolecall={}", let_in.expect("let in").begun.token.expose_secret());
    let before = app.db.dump().await;
    for (method, path) in routes().into_iter().filter(|(method, _)| *method == Method::POST) {
        for site in ["cross-site", "same-site", "none"] {
            let request = request(&method, &path).header("cookie", &cookie).header("sec-fetch-site", site);
            let reply = app.send(request.bytes(b"name=x&language=ko".to_vec())).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} from {site}");
        }
    }
    assert_eq!(app.db.dump().await, before);
}
