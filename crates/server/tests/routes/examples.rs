//! The examples in the OpenAPI document are real answers: each call here is made on the sample
//! company, and what it answers must be what `examples.json` says, to the byte. After a change,
//! `ROLECALL_RECORD=1` writes the file anew; look at what changed.

use std::path::PathBuf;

use axum::http::Method;
use rolecall_server::demo::{self, Company};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::{Value, json};

/// A call to record: its route, what it shows, where the fact comes from, path and body. `<role x>`,
/// `<bot x>`, `<group x>` and `<file>` stand for ids of the company.
struct Call(&'static str, &'static str, &'static str, &'static str, &'static str);

const CALLS: &[Call] = &[
    Call("GET /api/public/roles", "A page of bot roles", "wire 7.6", "/api/public/roles?roleType=bot&limit=2", ""),
    Call("GET /api/public/roles", "No role type", "wire 15", "/api/public/roles", ""),
    Call("GET /api/public/roles", "An altered cursor", "wire 15", "/api/public/roles?roleType=bot&cursor=AAAA", ""),
    Call("GET /api/public/roles/export", "All admin roles", "wire 7.7", "/api/public/roles/export?roleType=admin", ""),
    Call(
        "POST /api/public/roles/import",
        "What an import would change",
        "wire 15",
        "/api/public/roles/import?roleType=bot&dryRun=true",
        r#"{"fileId":"<file>"}"#,
    ),
    Call(
        "POST /api/public/roles/import",
        "An import",
        "wire 7.5, seed 002",
        "/api/public/roles/import?roleType=bot",
        r#"{"fileId":"<file>"}"#,
    ),
    Call(
        "POST /api/public/roles/import",
        "An unknown file",
        "wire 4, QA 5_02",
        "/api/public/roles/import?roleType=admin&fullImport=true",
        r#"{"fileId":"12345678945"}"#,
    ),
    Call(
        "POST /api/public/btroles/assignments",
        "A group gets a role on a bot",
        "wire 7.3, seed 001",
        "/api/public/btroles/assignments/",
        r#"[{"roleId":"<role Bot Tester>","botId":"<bot Crew Helper>","addUsers":[""],"removeUsers":[""],"addGroups":["Care Oslo"],"removeGroups":[""]}]"#,
    ),
    Call(
        "POST /api/public/btroles/assignments",
        "Somebody unknown, and nothing is applied",
        "wire 15",
        "/api/public/btroles/assignments",
        r#"[{"roleId":"<role Bot Tester>","botId":"<bot Crew Helper>","addUsers":["nobody@aurora-air.example"],"addGroups":["No Such Group"]}]"#,
    ),
    Call(
        "POST /api/public/btroles/assignments",
        "Bot Owner follows the bot",
        "wire 15",
        "/api/public/btroles/assignments",
        r#"[{"roleId":"<role Bot Owner>","botId":"<bot Crew Helper>","addUsers":["samuel.fraser@aurora-air.example"]}]"#,
    ),
    Call(
        "POST /api/public/adminroles/assignments",
        "Somebody gets an admin role",
        "wire 7.4",
        "/api/public/adminroles/assignments",
        r#"[{"roleId":"<admin role Audit Reader>","addUsers":["astrid.lund@aurora-air.example"],"removeUsers":[],"addGroups":[],"removeGroups":[]}]"#,
    ),
    Call(
        "GET /api/public/alluserroles",
        "A page of users with their roles",
        "wire 7.8, seed 004",
        "/api/public/alluserroles?limit=2&offset=9",
        "",
    ),
    Call("GET /api/public/bots", "A page of bots", "wire 7.9", "/api/public/bots?offset=0&limit=2", ""),
    Call("GET /api/public/groups", "A page of groups", "wire 7.10", "/api/public/groups?offset=0&limit=2", ""),
    Call(
        "POST /api/public/users",
        "A new user",
        "wire 7.11",
        "/api/public/users",
        r#"{"users":[{"userInfo":{"emailId":"mina.choi@aurora-air.example","firstName":"Mina","lastName":"Choi"},"groups":["<group Care Oslo>"],"sendEmail":false}]}"#,
    ),
    Call(
        "POST /api/public/users",
        "An address that is none",
        "wire 7.11, QA 5_15",
        "/api/public/users",
        r#"{"users":[{"userInfo":{"emailId":"12335"}}]}"#,
    ),
    Call(
        "PUT /api/public/users",
        "A user changed",
        "wire 7.12",
        "/api/public/users",
        r#"{"users":[{"userInfo":{"emailId":"mina.choi@aurora-air.example","dept":"Customer Care"},"groups":{"addTo":["<group Care Seoul>"],"removeFrom":["<group Care Oslo>"]}}]}"#,
    ),
    Call(
        "POST /api/public/usersInfo",
        "What a user has, and an unknown one",
        "wire 7.14, QA 5_16",
        "/api/public/usersInfo",
        r#"{"emailIds":["mina.choi@aurora-air.example","nobody@aurora-air.example"]}"#,
    ),
    Call(
        "POST /api/public/useraccess",
        "Access to the builder",
        "wire 7.15, QA 5_14",
        "/api/public/useraccess",
        r#"{"emailIds":["mina.choi@aurora-air.example"],"canCreateBot":false,"isDeveloper":true}"#,
    ),
    Call(
        "POST /api/public/useraccess",
        "Who creates bots must develop",
        "wire 4, QA 5_14",
        "/api/public/useraccess",
        r#"{"emailIds":["mina.choi@aurora-air.example"],"canCreateBot":true,"isDeveloper":false}"#,
    ),
    Call(
        "DELETE /api/public/users",
        "A user removed",
        "wire 7.13",
        "/api/public/users",
        r#"{"deleteEmailIds":["mina.choi@aurora-air.example"]}"#,
    ),
    Call(
        "DELETE /api/public/users",
        "A bot's owner stays",
        "wire 7.13",
        "/api/public/users",
        r#"{"deleteEmailIds":["haruto.tanaka@aurora-air.example"]}"#,
    ),
    Call(
        "DELETE /api/public/bot/eraseUsersData",
        "People's data on one bot",
        "wire 7.2, QA 5_20",
        "/api/public/bot/eraseUsersData",
        r#"{"userIds":["guest@passenger.example",{"channel_id":"whatsapp","channel_user_id":"4711"},"haruto.tanaka@aurora-air.example"],"botIds":["<bot Crew Helper>"],"RemoveDataFromAllBots":false}"#,
    ),
    Call(
        "DELETE /api/public/bot/eraseUsersData",
        "An unknown bot, and nobody is erased",
        "wire 15",
        "/api/public/bot/eraseUsersData",
        r#"{"userIds":["guest@passenger.example"],"botIds":["st-00000000-0000-5000-8000-000000000000"]}"#,
    ),
    Call(
        "POST /api/public/bot/eraseUsersData",
        "A person's data on all bots",
        "wire 7.2, 15",
        "/api/public/bot/eraseUsersData",
        r#"{"userIds":["u-66bb4537-6a44-5127-b6e2-c97e4e66d5b7"],"RemoveDataFromAllBots":true}"#,
    ),
    Call(
        "GET /api/public/bot/eraseUsersData/status/{reqId}",
        "An erasure that has just begun",
        "wire 7.1, seed 000",
        "/api/public/bot/eraseUsersData/status/<erasure>",
        "",
    ),
    Call(
        "GET /api/public/bot/eraseUsersData/status/{reqId}",
        "An unknown request",
        "wire 15",
        "/api/public/bot/eraseUsersData/status/eud-00000000-0000-5000-8000-000000000000",
        "",
    ),
    Call("GET /api/public/auditlogs", "The newest entries", "wire 7.17", "/api/public/auditlogs?size=3", ""),
];

/// The upload is a form and no JSON, so it is made apart.
const UPLOAD: &str = "POST /api/public/uploadfile";

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/examples.json")
}

each_engine! {
    async fn every_example_is_a_real_answer(app: TestApp) {
        let company = demo::company(&app.server.core).await.expect("the company can be made");
        let (mut recorded, mut erasure) = (Vec::new(), String::new());
        for Call(route, about, source, path, body) in CALLS {
            let (path, body) = (fill_in(&app, &company, path).await, fill_in(&app, &company, body).await);
            let path = path.replace("<erasure>", &erasure);
            let (method, _) = route.split_once(' ').expect("a method and a path");
            let mut request = Request::new(method.parse().expect("a method"), &path).token(&company.token);
            let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).expect("a JSON body") };
            if !body.is_null() {
                request = request.json(&body);
            }
            let reply = app.send(request).await;
            let answer: Value = reply.json();
            // How an erasure fares is asked of the one that was asked for first.
            if let Some(id) = answer["requestId"].as_str().filter(|_| erasure.is_empty()) {
                id.clone_into(&mut erasure);
            }
            assert_eq!(answer.to_string(), reply.body, "{route}: the answer is not compact JSON");
            recorded.push(json!({
                "route": route, "about": about, "source": source,
                "path": path, "body": body, "status": reply.status.as_u16(), "answer": answer,
            }));
        }
        let upload = app.send(Request::upload(demo::ROLES.as_bytes()).token(&company.token)).await;
        recorded.push(json!({
            "route": UPLOAD, "about": "A file of roles", "source": "wire 7.16",
            "path": "/api/public/uploadfile", "body": null, "status": upload.status.as_u16(), "answer": upload.json(),
        }));
        let text = format!("{}\n", serde_json::to_string_pretty(&recorded).expect("JSON"));
        if is_recording() {
            std::fs::write(file(), &text).expect("the file is written");
        }
        let kept = std::fs::read_to_string(file()).expect("the file is there");
        assert_eq!(text, kept, "an answer changed; record the examples anew and look at what changed");
    }
}

#[test]
fn every_call_of_the_document_has_an_example() {
    let document = serde_json::to_value(rolecall_server::routes::document()).expect("the document is JSON");
    for route in super::routes().iter().filter(|route| route.contains("/api/public/")) {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let answers = &document["paths"][path][method.to_lowercase()]["responses"]["200"];
        let examples = answers["content"]["application/json"]["examples"].as_object();
        assert!(examples.is_some_and(|examples| !examples.is_empty()), "{route} shows no answer");
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test says so in the environment")]
fn is_recording() -> bool {
    std::env::var("ROLECALL_RECORD").is_ok()
}

/// `text` with the company's ids in place of their names.
async fn fill_in(app: &TestApp, company: &Company, text: &str) -> String {
    let mut text = text.to_owned();
    let get = async |path: &str| app.send(Request::new(Method::GET, path).token(&company.token)).await.json();
    for (kind, path, list, name) in [
        ("role", "/api/public/roles?roleType=bot", "roles", "role"),
        ("admin role", "/api/public/roles?roleType=admin", "roles", "role"),
        ("bot", "/api/public/bots", "bots", "name"),
        ("group", "/api/public/groups", "groups", "gN"),
    ] {
        if text.contains(&format!("<{kind} ")) {
            for row in get(path).await[list].as_array().expect("a list") {
                let (name, id) = (row[name].as_str().expect("a name"), row["_id"].as_str().expect("an id"));
                text = text.replace(&format!("<{kind} {name}>"), id);
            }
        }
    }
    if text.contains("<file>") {
        let upload = Request::upload(demo::ROLES.as_bytes()).token(&company.token);
        let reply = app.send(upload).await.json();
        text = text.replace("<file>", reply["fileId"].as_str().expect("a file id"));
    }
    text
}
