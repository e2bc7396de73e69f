//! What the pages of imports and exports do, by their forms alone.

use axum::http::{Method, StatusCode};
use rolecall_server::demo;
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

use crate::office::{AUDITOR, NOBODY, Office};

/// Uploads a file as a browser does.
async fn upload(office: &Office, content: &str, role_type: &str, mode: &str) -> Reply {
    let part =
        |name: &str, value: &str| format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let file = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"roles.json\"\r\nContent-Type: application/json\r\n\r\n{content}\r\n--XX--\r\n"
    );
    let body = [part("type", role_type), part("mode", mode), file].concat();
    let request = Request::new(Method::POST, "/console/imports")
        .header("content-type", "multipart/form-data; boundary=XX")
        .person(&office.person)
        .bytes(body.into_bytes());
    office.app.send(request).await
}

/// Uploads the sample file; the page of its plan.
async fn plan(office: &Office, mode: &str) -> String {
    let reply = upload(office, demo::ROLES, "bot", mode).await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{}", reply.body);
    office.page(reply.location()).await
}

/// Where the form of a plan is sent.
fn place(page: &str) -> &str {
    let after = page.split_once("action=\"/console/imports/plans/").expect("there is a form").1;
    after.split_once('"').expect("it ends").0
}

/// Sends the form of a plan.
async fn apply(office: &Office, page: &str) -> Reply {
    office.send(&format!("/console/imports/plans/{}", place(page)), &[]).await
}

/// The roles that an export has now.
async fn exported(office: &Office) -> Value {
    let reply = office.get("/console/imports/export?type=bot").await;
    assert_eq!(reply.headers["content-disposition"], "attachment; filename=\"bot-roles.json\"");
    reply.json()
}

each_engine! {
    async fn an_import_is_shown_applied_as_it_was_shown_and_undone(app: TestApp) {
        let office = Office::of(app).await;
        let before = exported(&office).await;
        let page = plan(&office, "add").await;
        for text in ["Night Desk", "Conversation Designer", ">gains it<", "amelie.laurent@aurora-air.example"]
        {
            assert!(page.contains(text), "{text} in {page}");
        }
        assert_eq!(exported(&office).await, before, "nothing is done yet");

        let reply = apply(&office, &page).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console/imports?done=applied"));
        assert!(exported(&office).await.to_string().contains("Night Desk"));
        let done = office.page(reply.location()).await;
        assert!(done.contains("The import is applied."), "{done}");
        assert!(plan(&office, "add").await.contains("Nothing would change."));

        let undo = done.split("action=\"").find_map(|rest| rest.split_once("/undo\"")).expect("a form").0.to_owned();
        let reply = office.send(&format!("{undo}/undo"), &[]).await;
        assert_eq!(reply.location(), "/console/imports?done=undone", "{}", reply.body);
        assert!(!exported(&office).await.to_string().contains("Night Desk"));
        let twice = office.send(&format!("{undo}/undo"), &[]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
    }

    async fn a_plan_that_is_another_one_by_now_is_not_applied(app: TestApp) {
        let office = Office::of(app).await;
        let (page, other) = (plan(&office, "replace").await, plan(&office, "add").await);
        assert!(page.contains(">loses it<") && page.contains("Care Supervisor") && !other.contains("Care Supervisor"), "what the file lacks would go");
        assert_eq!(apply(&office, &other).await.status, StatusCode::SEE_OTHER);
        let before = exported(&office).await;
        let reply = apply(&office, &page).await;
        assert_eq!(reply.status, StatusCode::CONFLICT, "{}", reply.body);
        assert_eq!(exported(&office).await, before);
        let again = plan(&office, "replace").await;
        assert_eq!(apply(&office, &again).await.status, StatusCode::SEE_OTHER);
        assert!(!exported(&office).await.to_string().contains("Care Supervisor"));
    }

    async fn what_is_no_file_of_roles_is_told_and_nothing_is_done(app: TestApp) {
        let office = Office::of(app).await;
        let before = office.page("/console/imports").await.matches("/undo\"").count();
        for content in ["", "{", "[]x", "[{\"role\": 7}]"] {
            let reply = upload(&office, content, "bot", "add").await;
            let status = if reply.status == StatusCode::SEE_OTHER {
                office.get(reply.location()).await.status
            } else {
                reply.status
            };
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{content}");
        }
        for (role_type, mode) in [("owner", "add"), ("bot", "half")] {
            assert_eq!(upload(&office, "[]", role_type, mode).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let name =
            json!([{"role": "<script>alert(1)</script>", "rDesc": "", "permissions": {}, "refId": "x-1"}]).to_string();
        let reply = upload(&office, &name, "bot", "add").await;
        let page = office.page(reply.location()).await;
        assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;alert"), "{page}");
        for sent in [
            Request::new(Method::POST, "/console/imports"),
            Request::new(Method::POST, "/console/imports").header("content-type", "text/plain"),
        ] {
            assert_eq!(office.app.send(sent.person(&office.person)).await.status, StatusCode::BAD_REQUEST);
        }
        assert_eq!(office.page("/console/imports").await.matches("/undo\"").count(), before);
    }

    async fn who_may_only_look_is_offered_the_export_alone(app: TestApp) {
        let mut office = Office::of(app).await;
        let page = plan(&office, "add").await;
        let done = apply(&office, &page).await.location().to_owned();
        let done = office.page(&done).await;
        let undo = done.split("action=\"").find_map(|rest| rest.split_once("/undo\"")).expect("a form").0.to_owned();

        office.hand_over(AUDITOR).await;
        let seen = office.page("/console/imports").await;
        assert!(seen.contains("/imports/export?type=bot"), "{seen}");
        for button in ["type=\"file\"", "/undo", "class=\"danger\""] {
            assert!(!seen.contains(button), "{button} in {seen}");
        }
        exported(&office).await;
        assert_eq!(upload(&office, "[]", "bot", "add").await.status, StatusCode::FORBIDDEN);
        assert_eq!(apply(&office, &page).await.status, StatusCode::FORBIDDEN);
        assert_eq!(office.send(&format!("{undo}/undo"), &[]).await.status, StatusCode::FORBIDDEN);
        let path = format!("/console/imports/plans/{}", place(&page));
        assert_eq!(office.get(&path).await.status, StatusCode::FORBIDDEN);

        office.hand_over(NOBODY).await;
        for path in ["/console/imports", "/console/imports/export?type=bot"] {
            assert_eq!(office.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }

    async fn another_accounts_import_and_file_do_not_exist(app: TestApp) {
        let mut office = Office::of(app).await;
        let page = plan(&office, "add").await;
        let done = apply(&office, &page).await.location().to_owned();
        let done = office.page(&done).await;
        let undo = done.split("action=\"").find_map(|rest| rest.split_once("/undo\"")).expect("a form").0.to_owned();
        office.person = office.app.sign_in("owner@acme.example").await;
        assert_eq!(office.send(&format!("{undo}/undo"), &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(apply(&office, &page).await.status, StatusCode::NOT_FOUND);
        assert!(office.page("/console/imports").await.contains("Nothing was imported yet."));
    }
}
