//! What the pages of apps do, by their forms alone.

use axum::http::{Method, StatusCode};
use rolecall_testkit::{Request, TestApp, each_engine};

use crate::office::{AUDITOR, Office, field};

/// What stands in the element with an id.
fn text<'p>(page: &'p str, id: &str) -> &'p str {
    let after = page.split_once(&format!("id=\"{id}\">")).expect("there is such an element").1;
    after.split_once('<').expect("it ends").0
}

/// Makes an app that reads roles; the page that shows its secret.
async fn made(office: &Office) -> String {
    let fields = [
        ("name", "Nightly <b>sync</b>"),
        ("scope", "role_management:role_management"),
        ("kind", "admin"),
        ("algorithm", "HS256"),
    ];
    let reply = office.send("/console/apps", &fields).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.headers["cache-control"], "no-store");
    reply.body
}

/// What a call is answered with the token of the line on a page.
async fn call(office: &Office, page: &str) -> StatusCode {
    let line = text(page, "curl").replace("&#39;", "'");
    let token = line.split_once("auth: ").and_then(|(_, rest)| rest.split_once('\'')).expect("a token").0.to_owned();
    let request = Request::new(Method::GET, "/api/public/roles?roleType=bot").token(&token);
    office.app.send(request).await.status
}

each_engine! {
    async fn an_app_is_made_its_secret_shown_once_and_the_line_beside_it_works(app: TestApp) {
        let office = Office::of(app).await;
        let page = made(&office).await;
        assert_eq!(call(&office, &page).await, StatusCode::OK);
        let (id, secret) = (text(&page, "app-id"), text(&page, "secret"));
        let path = format!("/console/apps/{id}");
        for shown in ["/console/apps", &path] {
            let shown = office.page(shown).await;
            assert!(shown.contains("Nightly &#60;b&#62;sync") && !shown.contains(secret), "{shown}");
        }
    }

    async fn addresses_on_pages_are_those_that_the_browser_knows_and_no_others(app: TestApp) {
        let office = Office::of(app).await;
        let user = office.page("/console/users?q=mateo").await;
        let user = user.split("href=\"/console/users/").nth(1).and_then(|rest| rest.split_once('"')).expect("one").0;
        let link = format!("/console/users/{user}/sign-in-link");
        let app = [("name", "Sync"), ("scope", "role_management:role_management"), ("kind", "admin"), ("algorithm", "HS256")];
        for (path, fields, place) in [(link.as_str(), &[][..], "/console/set-up/"), ("/console/apps", &app[..], "/api/public/roles")] {
            let sent = Request::form(path, fields).header("origin", "https://desk.example").header("host", "evil.example");
            let page = office.app.send(sent.person(&office.person)).await.body;
            assert!(page.contains(&format!("https://desk.example{place}")) && !page.contains("evil.example"), "{page}");
        }
    }

    async fn an_app_is_changed_switched_off_and_on_given_a_secret_and_removed(app: TestApp) {
        let office = Office::of(app).await;
        let first = made(&office).await;
        let path = format!("/console/apps/{}", text(&first, "app-id"));
        let version = field(&office.page(&path).await, "version").to_owned();
        let edit = [("name", "Sync"), ("scope", "role_management:role_management"), ("version", version.as_str())];
        assert_eq!(office.send(&path, &edit).await.status, StatusCode::SEE_OTHER);
        assert_eq!(office.send(&path, &edit).await.status, StatusCode::CONFLICT, "somebody else was quicker");

        assert_eq!(office.send(&format!("{path}/switch"), &[("to", "off")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(call(&office, &first).await, StatusCode::UNAUTHORIZED);
        assert_eq!(office.send(&format!("{path}/switch"), &[("to", "on")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(call(&office, &first).await, StatusCode::OK);

        let second = office.send(&format!("{path}/rotate"), &[("overlap", "0")]).await;
        assert_eq!(second.status, StatusCode::OK, "{}", second.body);
        assert_eq!(call(&office, &first).await, StatusCode::UNAUTHORIZED);
        assert_eq!(call(&office, &second.body).await, StatusCode::OK);
        let odd = office.send(&format!("{path}/rotate"), &[("overlap", "5")]).await;
        assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);

        let shown = office.page(&format!("{path}/remove")).await;
        assert!(shown.contains("Remove for good"));
        let reply = office.send(&format!("{path}/remove"), &[("version", field(&shown, "version"))]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console/apps"));
        assert_eq!(office.get(&path).await.status, StatusCode::NOT_FOUND);
        assert_eq!(call(&office, &second.body).await, StatusCode::UNAUTHORIZED);
    }

    async fn apps_are_for_who_may_manage_them_and_of_their_account(app: TestApp) {
        let mut office = Office::of(app).await;
        let path = format!("/console/apps/{}", text(&made(&office).await, "app-id"));
        office.hand_over(AUDITOR).await;
        for page in ["/console/apps", &path, &format!("{path}/remove")] {
            assert_eq!(office.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
        }
        office.person = office.app.sign_in("owner@acme.example").await;
        assert_eq!(office.get(&path).await.status, StatusCode::NOT_FOUND);
        for (end, fields) in [("", [("name", "x")]), ("/switch", [("to", "off")]), ("/rotate", [("overlap", "0")]), ("/remove", [("version", "x")])] {
            assert_eq!(office.send(&format!("{path}{end}"), &fields).await.status, StatusCode::NOT_FOUND, "{end}");
        }
    }

    async fn who_manages_apps_alone_is_offered_no_scope_and_gives_none(app: TestApp) {
        let mut office = Office::of(app).await;
        let path = format!("/console/apps/{}", text(&made(&office).await, "app-id"));
        let (clerk, _) = office.app.admin("clerk@acme.example", &["API Scopes"]).await;
        office.person = office.app.sign_in(&clerk.email).await;
        let page = office.page("/console/apps").await;
        assert!(!page.contains("name=\"scope\"") && page.contains("more than your own roles allow"), "{page}");
        let fields = [("name", "Mine"), ("scope", "delete:delete_user_data"), ("kind", "admin"), ("algorithm", "HS256")];
        assert_eq!(office.send("/console/apps", &fields).await.status, StatusCode::FORBIDDEN);
        assert_eq!(office.get(&path).await.status, StatusCode::NOT_FOUND, "it is another account's");
    }
}
