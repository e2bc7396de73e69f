//! What every answer of the console tells a browser, without one.

use axum::http::{Method, StatusCode};
use rolecall_testkit::{Engine, Reply, Request, TestApp};

async fn start() -> TestApp {
    TestApp::start(Engine::Sqlite).await.expect("SQLite is always there")
}

fn header<'r>(reply: &'r Reply, name: &str) -> &'r str {
    reply.headers.get(name).map(|value| value.to_str().expect("ASCII")).unwrap_or_default()
}

fn post(path: &str) -> Request {
    Request::new(Method::POST, path).header("content-type", "application/x-www-form-urlencoded")
}

#[tokio::test]
async fn a_page_loads_nothing_from_elsewhere_and_stands_in_no_frame() {
    let app = start().await;
    let reply = app.send(Request::new(Method::GET, "/console/nowhere")).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND);
    let policy = header(&reply, "content-security-policy");
    assert!(policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cache-control", "no-store"),
        ("content-type", "text/html; charset=utf-8"),
    ] {
        assert_eq!(header(&reply, name), value, "{name}");
    }
    for inline in [" style=", "<style", "<script>", " onclick", "javascript:", "http://", "https://"] {
        assert!(!reply.body.contains(inline), "{inline}");
    }
}

#[tokio::test]
async fn what_a_page_loads_may_be_kept_for_ever_under_its_name_and_no_other() {
    let app = start().await;
    let page = app.send(Request::new(Method::GET, "/console/nowhere")).await.body;
    let mut found = 0;
    for path in page.split('"').filter(|text| text.starts_with("/console/assets/")) {
        let reply = app.send(Request::new(Method::GET, path)).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}");
        assert_eq!(header(&reply, "cache-control"), "public, max-age=31536000, immutable");
        assert!(header(&reply, "content-security-policy").starts_with("default-src 'none'"));
        let reply = app.send(Request::new(Method::GET, &path.replace('-', "-0"))).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(header(&reply, "cache-control"), "no-store");
        found += 1;
    }
    assert_eq!(found, 3);
}

#[tokio::test]
async fn a_reader_is_spoken_to_in_the_language_its_browser_asks_for() {
    let app = start().await;
    for (asked, tag, title) in [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko", "페이지를 찾을 수 없습니다"),
        ("ja;q=0.7,fr", "ja", "ページが見つかりません"),
        ("fr", "en", "There is nothing here"),
    ] {
        let request = Request::new(Method::GET, "/console/nowhere").header("accept-language", asked);
        let body = app.send(request).await.body;
        assert!(body.contains(&format!("<html lang=\"{tag}\"")) && body.contains(title), "{body}");
    }
}

#[tokio::test]
async fn the_cookie_of_a_choice_is_kept_from_pages_and_other_sites() {
    let app = start().await;
    let request = post("/console/preferences").header("sec-fetch-site", "same-origin");
    let reply = app.send(request.bytes(b"language=ko&theme=dark&next=/console/roles?q=1".to_vec())).await;
    assert_eq!((reply.status, header(&reply, "location")), (StatusCode::SEE_OTHER, "/console/roles?q=1"));
    let cookie = header(&reply, "set-cookie");
    assert_eq!(cookie, "__Host-rolecall-look=ko.dark; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax");
    // One choice leaves the other.
    let request = post("/console/preferences")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", "__Host-rolecall-look=ko.dark");
    let reply = app.send(request.bytes(b"theme=light&next=//evil.example/".to_vec())).await;
    assert_eq!(header(&reply, "location"), "/console");
    assert!(header(&reply, "set-cookie").starts_with("__Host-rolecall-look=ko.light;"));
}

#[tokio::test]
async fn a_form_of_another_site_or_of_no_form_is_not_read() {
    let app = start().await;
    let body = b"language=ko".to_vec();
    for (request, status) in [
        (post("/console/preferences").header("sec-fetch-site", "cross-site"), StatusCode::FORBIDDEN),
        (post("/console/preferences").header("sec-fetch-site", "same-site"), StatusCode::FORBIDDEN),
        (post("/console/preferences"), StatusCode::FORBIDDEN),
        (
            Request::new(Method::POST, "/console/preferences")
                .header("sec-fetch-site", "same-origin")
                .header("content-type", "text/plain"),
            StatusCode::BAD_REQUEST,
        ),
        (Request::new(Method::GET, "/console/preferences"), StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let reply = app.send(request.bytes(body.clone())).await;
        assert_eq!(reply.status, status, "{}", reply.body);
        assert_eq!(header(&reply, "set-cookie"), "");
        assert!(reply.body.starts_with("<!doctype html>"), "{}", reply.body);
    }
}
