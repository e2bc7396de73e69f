//! What every address of the console answers to whoever is not signed in, and to forms of other sites. A
//! route that is in neither list fails here.

use std::collections::BTreeSet;

use axum::http::{Method, StatusCode};
use rolecall_control::sign_in::{self, Visitor};
use rolecall_store::Meter;
use rolecall_testkit::{Engine, Reply, Request, TestApp};
use secrecy::ExposeSecret as _;

/// Addresses that answer without a session: they are what one signs in with, or nobody's secret.
pub(crate) const OPEN: &[&str] = &[
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
pub(crate) fn routes() -> Vec<(Method, String)> {
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

/// How pages of other sites may have a browser send something: every kind of form, and more.
const KINDS: [(&str, &str); 4] = [
    ("application/x-www-form-urlencoded", "name=x&language=ko"),
    ("multipart/form-data; boundary=XX", UPLOAD),
    ("text/plain", "name=x"),
    ("application/json", "{\"name\":\"x\"}"),
];

const UPLOAD: &str = "--XX\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nbot\r\n--XX\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nadd\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.json\"\r\n\r\n[]\r\n--XX--\r\n";

/// What browsers say of a page that is not one of this server, or what says nothing.
const ELSEWHERE: [(&str, &str); 7] = [
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
    ("sec-fetch-site", "none"),
    ("origin", "https://evil.example"),
    ("origin", "https://here.evil.example"),
    ("origin", "null"),
    ("x-requested-with", "XMLHttpRequest"),
];

fn filled(path: &str) -> String {
    path.replace("{id}", "u-1").replace("{token}", "x").replace("{name}", "x")
}

fn request(method: &Method, path: &str) -> Request {
    Request::new(method.clone(), &filled(path)).header("content-type", "application/x-www-form-urlencoded")
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
        // Each kind of form, and each thing a browser may say, without each with each.
        for ((name, value), (kind, body)) in ELSEWHERE.into_iter().zip(KINDS.into_iter().cycle()) {
            let request = Request::new(method.clone(), &filled(&path)).header("cookie", &cookie);
            let request = request.header("host", "here").header("content-type", kind).header(name, value);
            let reply = app.send(request.bytes(body.as_bytes().to_vec())).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} as {kind} with {name}: {value}");
        }
    }
    assert_eq!(app.db.dump().await, before);
}

/// Addresses that may give a browser another session, or take its own.
const DOORS: &[&str] = &[
    "/console/sign-in",
    "/console/second-factor",
    "/console/set-up/{token}",
    "/console/confirm",
    "/console/oidc/callback",
    "/console/passkeys/enter",
    "/console/passkeys/confirm",
    "/console/sign-out",
];

/// What is wrong with an answer of the console at `path`, wherever it is and whatever it says.
fn faults(path: &str, reply: &Reply) -> Vec<String> {
    let text = |name: &str| reply.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut faults = Vec::new();
    let mut need = |is: bool, what: &str| {
        if !is {
            faults.push(what.to_owned());
        }
    };
    let policy = text("content-security-policy");
    need(policy.starts_with("default-src 'none';"), "its policy lets something pass");
    need(policy.contains("frame-ancestors 'none'"), "it may stand in a frame");
    need(policy.contains("form-action 'self'") && policy.contains("base-uri 'none'"), "its forms may lead elsewhere");
    need(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "its policy is lax");
    need(text("x-frame-options") == "DENY", "an old browser may frame it");
    need(text("x-content-type-options") == "nosniff", "its kind may be guessed");
    need(text("referrer-policy") == "same-origin", "it tells others of itself");
    for cookie in reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
        need(cookie.starts_with("__Host-rolecall"), "a cookie may be another host's");
        for attribute in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
            need(cookie.contains(attribute), attribute);
        }
        need(!cookie.contains("Domain") && !cookie.contains("planted"), "a cookie is one that was brought along");
        need(!cookie.starts_with("__Host-rolecall=") || DOORS.contains(&path), "it gives a session");
    }
    let location = text("location");
    let is_inside = location == "/console" || location.starts_with("/console/") || location.starts_with("/console?");
    need(location.is_empty() || is_inside, "it leads elsewhere");
    need(!location.contains('\\') && !location.contains("%5C"), "it may lead elsewhere");
    if text("content-type").starts_with("text/html") {
        for inline in [" style=", "<style", "<script>", " onclick", " onload", "javascript:", "http://", "https://evil"]
        {
            need(!reply.body.contains(inline), inline);
        }
    }
    faults
}

#[tokio::test]
async fn every_answer_keeps_to_this_site_whoever_asks_and_wherever_they_want_to_go() {
    let app = TestApp::start(Engine::Sqlite).await.expect("SQLite is always there");
    let person = app.sign_in("owner@acme.example").await;
    // What a page keeps up by would go on for ever.
    app.server.streams.stop();
    let mut all = routes();
    // Whoever signs out is a stranger from then on.
    all.sort_by_key(|(_, path)| path == "/console/sign-out");
    for (method, path) in all {
        for cookie in ["__Host-rolecall=plantedplantedplantedplantedplantedplantedpla", person.cookie.as_str()] {
            for next in
                ["//evil.example", "https://evil.example/", "/\\evil.example", "%2F%2Fevil.example", "/console/../.."]
            {
                let target = url::form_urlencoded::Serializer::new(String::new());
                let query = { target }.append_pair("next", next).append_pair("type", "bot").finish();
                let path_and_query = if method == Method::GET { format!("{path}?{query}") } else { path.clone() };
                let request = request(&method, &path_and_query).header("cookie", cookie);
                let request = request.header("sec-fetch-site", "same-origin").header("referer", next);
                let body = format!("{query}&name=x&email=owner%40acme.example&password=x&account=");
                let reply = app.send(request.bytes(body.into_bytes())).await;
                assert!(!reply.status.is_server_error(), "{method} {path}: {}", reply.body);
                assert_eq!(faults(&path, &reply), [""; 0], "{method} {path} by {cookie} to {next}: {}", reply.status);
            }
        }
    }
}
