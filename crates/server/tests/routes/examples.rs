//! The examples in the OpenAPI document are real answers: each call here is made on the sample
//! company, and what it answers must be what `examples.json` says, to the byte. After a change,
//! `ROLECALL_RECORD=1` writes the file anew; look at what changed.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::Method;
use rolecall_erasure::{
    engine::{Engine, Options, Secrets},
    stores::Rules,
};
use rolecall_server::{
    Server,
    auth::limits::{Limits, Profile},
    demo::{self, Company},
    public_url::PublicUrl,
};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::{Value, json};

/// A call to record: its route, what it shows, where the fact comes from, path and body. `<role x>`,
/// `<bot x>`, `<group x>` and `<file>` stand for ids of the company.
#[derive(PartialEq)]
pub(super) struct Call(
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) &'static str,
);

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

/// The calls of our own API, after those of the vendor's. `<erasure>` and `<hold>` are what was made last;
/// [`WORK`] and [`IN_VAIN`] are no calls.
const API_CALLS: &[Call] = &[
    Call("POST /api/v1/erasures", "Asked for", "erasure", "/api/v1/erasures", ONE),
    Call("GET /api/v1/erasures/{id}", "Just begun", "erasure", "/api/v1/erasures/<erasure>", ""),
    Call("GET /api/v1/erasures/{id}/receipt", "Not yet", "erasure", "/api/v1/erasures/<erasure>/receipt", ""),
    Call("POST /api/v1/erasures/{id}/retry", "Nothing to retry", "erasure", "/api/v1/erasures/<erasure>/retry", ""),
    IN_VAIN,
    Call("GET /api/v1/erasures/{id}", "A store is away", "erasure", "/api/v1/erasures/<erasure>", ""),
    Call("POST /api/v1/erasures/{id}/retry", "Due at once", "erasure", "/api/v1/erasures/<erasure>/retry", ""),
    Call(
        "POST /api/v1/erasures/preview",
        "Somebody, somebody of the account, and nobody",
        "erasure",
        "/api/v1/erasures/preview",
        r#"{"userIds":["nora.berg@guest.example",{"channel_id":"line","channel_user_id":"U4af4980629"},"haruto.tanaka@aurora-air.example","nobody@guest.example"],"RemoveDataFromAllBots":true}"#,
    ),
    Call(
        "POST /api/v1/erasures/preview",
        "Of one bot",
        "erasure",
        "/api/v1/erasures/preview",
        r#"{"userIds":["nora.berg@guest.example"],"botIds":["<bot Baggage Tracer>"]}"#,
    ),
    Call(
        "POST /api/v1/erasures/preview",
        "Of which bots?",
        "erasure",
        "/api/v1/erasures/preview",
        r#"{"userIds":["nora.berg@guest.example"]}"#,
    ),
    WORK,
    Call("GET /api/v1/erasures/{id}", "Ended", "erasure", "/api/v1/erasures/<erasure>", ""),
    Call("GET /api/v1/erasures/{id}/receipt", "Signed", "erasure", "/api/v1/erasures/<erasure>/receipt", ""),
    Call("POST /api/v1/erasures/{id}/cancel", "Too late", "erasure", "/api/v1/erasures/<erasure>/cancel", ""),
    Call(
        "POST /api/v1/erasures",
        "By a plan that is none any more",
        "erasure",
        "/api/v1/erasures",
        r#"{"userIds":["kaori.mori@guest.example"],"RemoveDataFromAllBots":true,"planHash":"0000000000000000000000000000000000000000000000000000000000000000","grounds":"Consent withdrawn"}"#,
    ),
    WORK,
    Call("POST /api/v1/erasures/{id}/approve", "The plan it has", "erasure", "/api/v1/erasures/<erasure>/approve", ""),
    Call("POST /api/v1/erasures/{id}/approve", "Approved already", "erasure", "/api/v1/erasures/<erasure>/approve", ""),
    Call("POST /api/v1/erasures/{id}/cancel", "Called off", "erasure", "/api/v1/erasures/<erasure>/cancel", ""),
    Call(
        "POST /api/v1/erasures",
        "What cannot be accepted",
        "erasure",
        "/api/v1/erasures",
        r#"{"userIds":["",7],"botIds":[],"planhash":"?","callbackUrl":"https://hooks.example/erased"}"#,
    ),
    Call(
        "POST /api/v1/erasures",
        "An unknown bot",
        "erasure",
        "/api/v1/erasures",
        r#"{"userIds":["nora.berg@guest.example"],"botIds":["st-00000000-0000-5000-8000-000000000000"]}"#,
    ),
    Call("GET /api/v1/erasures", "The newest", "erasure", "/api/v1/erasures?limit=1", ""),
    Call("GET /api/v1/erasures", "No state", "erasure", "/api/v1/erasures?state=finished", ""),
    Call("GET /api/v1/erasures/{id}", "An unknown one", "erasure", "/api/v1/erasures/eud-1", ""),
    Call(
        "POST /api/v1/holds",
        "A case at court",
        "erasure",
        "/api/v1/holds",
        r#"{"userIds":["pedro.alonso@guest.example"],"reason":"Case 17 at the court of Oslo"}"#,
    ),
    Call("GET /api/v1/holds", "One", "erasure", "/api/v1/holds", ""),
    Call("DELETE /api/v1/holds/{id}", "Released", "erasure", "/api/v1/holds/<hold>", ""),
    Call("DELETE /api/v1/holds/{id}", "Released already", "erasure", "/api/v1/holds/<hold>", ""),
    Call("GET /api/v1/sessions", "The owner, who is not signed in", "access D3", "/api/v1/sessions?userId=<owner>", ""),
    Call(
        "GET /api/v1/sessions",
        "Nobody of the account",
        "access D3",
        "/api/v1/sessions?userId=u-00000000-0000-5000-8000-000000000000",
        "",
    ),
    Call("DELETE /api/v1/sessions/{id}", "No such session", "access D3", "/api/v1/sessions/ses-0", ""),
    Call(
        "POST /api/v1/suppressions/check",
        "Who was erased",
        "erasure",
        "/api/v1/suppressions/check",
        r#"{"userIds":["Nora.Berg@guest.example","ida.lindqvist@guest.example"]}"#,
    ),
    Call(
        "POST /api/v1/apps",
        "Registered",
        "apps",
        "/api/v1/apps",
        r#"{"name":"Nightly sync","scopes":["user_management:user_management"],"expiresAt":"2027-01-01"}"#,
    ),
    Call("POST /api/v1/apps", "A scope nobody knows", "apps", "/api/v1/apps", r#"{"name":"Sync","scopes":["users"]}"#),
    Call("GET /api/v1/apps", "All", "apps", "/api/v1/apps", ""),
    Call("GET /api/v1/apps/{id}", "One", "apps", "/api/v1/apps/<app>", ""),
    Call("PATCH /api/v1/apps/{id}", "Another name", "apps", "/api/v1/apps/<app>", r#"{"name":"Hourly sync"}"#),
    Call(
        "POST /api/v1/apps/{id}/rotate",
        "A new secret",
        "apps",
        "/api/v1/apps/<app>/rotate",
        r#"{"overlapSeconds":3600}"#,
    ),
    Call("POST /api/v1/apps/{id}/disable", "Off", "apps", "/api/v1/apps/<app>/disable", "{}"),
    Call("POST /api/v1/apps/{id}/enable", "On", "apps", "/api/v1/apps/<app>/enable", "{}"),
    Call("DELETE /api/v1/apps/{id}", "Removed", "apps", "/api/v1/apps/<app>", ""),
    Call(
        "POST /api/v1/files",
        "Roles to import",
        "role imports",
        "/api/v1/files",
        r#"[{"role":"Night Crew","rDesc":"Looks after bots at night","permissions":{"Tasks":["VIEW"]},"refId":"night-crew"}]"#,
    ),
    Call(
        "POST /api/v1/role-imports/plans",
        "What it would change",
        "role imports",
        "/api/v1/role-imports/plans",
        r#"{"roleType":"bot","fileId":"<stored file>"}"#,
    ),
    Call(
        "GET /api/v1/role-imports/plans/{id}",
        "Looked at again",
        "role imports",
        "/api/v1/role-imports/plans/<plan>",
        "",
    ),
    Call(
        "POST /api/v1/role-imports/plans/{id}/apply",
        "Done",
        "role imports",
        "/api/v1/role-imports/plans/<plan>/apply",
        "{}",
    ),
    Call(
        "POST /api/v1/role-imports/plans/{id}/apply",
        "The account has moved on",
        "role imports",
        "/api/v1/role-imports/plans/<plan>/apply",
        "{}",
    ),
    Call("GET /api/v1/role-imports", "The newest", "role imports", "/api/v1/role-imports?limit=1", ""),
    Call("GET /api/v1/role-imports/{id}", "One, whole", "role imports", "/api/v1/role-imports/<import>", ""),
    Call("POST /api/v1/role-imports/{id}/undo", "Undone", "role imports", "/api/v1/role-imports/<import>/undo", "{}"),
    Call(
        "GET /api/v1/assignments",
        "Who holds what on a bot, and why",
        "assignments",
        "/api/v1/assignments?bot=<bot Baggage Tracer>&limit=2",
        "",
    ),
    Call(
        "GET /api/v1/assignments",
        "Who may publish it",
        "assignments",
        "/api/v1/assignments?bot=<bot Baggage Tracer>&permission=Publish%20bot&limit=1",
        "",
    ),
    Call("GET /api/v1/assignments", "Of an unknown role", "assignments", "/api/v1/assignments?role=1", ""),
    Call(
        "POST /api/v1/assignments",
        "A group gets a role on a bot",
        "assignments",
        "/api/v1/assignments",
        r#"{"roleType":"bot","add":[{"roleId":"<role Bot Tester>","botId":"<bot Baggage Tracer>","groupId":"<group Care Oslo>"}]}"#,
    ),
    Call(
        "POST /api/v1/assignments",
        "Somebody unknown, and nothing is done",
        "assignments",
        "/api/v1/assignments",
        r#"{"roleType":"bot","add":[{"roleId":"<role Bot Tester>","botId":"<bot Baggage Tracer>","email":"nobody@aurora-air.example"}]}"#,
    ),
    Call("GET /api/v1/audit", "What was given", "audit", "/api/v1/audit?event=Bot%20Role%20Assigned&limit=2", ""),
    Call("GET /api/v1/audit", "An unknown event", "audit", "/api/v1/audit?event=Role%20Made", ""),
    Call("GET /api/v1/audit/{id}", "One, whole", "audit", "/api/v1/audit/<entry>", ""),
    Call("GET /api/v1/audit/{id}", "An unknown one", "audit", "/api/v1/audit/1", ""),
    Call(
        "GET /api/v1/audit/export",
        "For a SIEM",
        "audit",
        "/api/v1/audit/export?event=Group%20Created&text=care%20oslo",
        "",
    ),
    Call("GET /api/v1/users", "By what was typed so far", "users", "/api/v1/users?q=haru", ""),
    Call("GET /api/v1/users", "The first two", "users", "/api/v1/users?limit=2", ""),
    Call("GET /api/v1/users/{id}", "One", "users", "/api/v1/users/<user haruto.tanaka@aurora-air.example>", ""),
    Call("GET /api/v1/users/{id}", "An unknown one", "users", "/api/v1/users/u-1", ""),
    Call(
        "GET /api/v1/users/{id}/roles",
        "What one holds, and why",
        "users",
        "/api/v1/users/<user haruto.tanaka@aurora-air.example>/roles",
        "",
    ),
    Call(
        "GET /api/v1/users/{id}/roles",
        "At a time that has not come",
        "users",
        "/api/v1/users/<user haruto.tanaka@aurora-air.example>/roles?at=2126-01-01",
        "",
    ),
    Call(
        "GET /api/v1/users/{id}/history",
        "What happened last",
        "users",
        "/api/v1/users/<user haruto.tanaka@aurora-air.example>/history?limit=2",
        "",
    ),
    Call("GET /api/v1/groups/{id}/roles", "What a group gives", "users", "/api/v1/groups/<group Care Oslo>/roles", ""),
    Call(
        "POST /access/v1/evaluation",
        "May they?",
        "authzen",
        "/access/v1/evaluation",
        r#"{"subject":{"type":"user","id":"haruto.tanaka@aurora-air.example"},"action":{"name":"Tasks","properties":{"level":"FULL"}},"resource":{"type":"bot","id":"<bot Baggage Tracer>"}}"#,
    ),
    Call(
        "POST /access/v1/evaluation",
        "What it lacks",
        "authzen",
        "/access/v1/evaluation",
        r#"{"subject":{"type":"user"},"action":{"name":"Tasks"}}"#,
    ),
    Call(
        "POST /access/v1/evaluations",
        "Several, one of which cannot be read",
        "authzen",
        "/access/v1/evaluations",
        r#"{"subject":{"type":"user","id":"haruto.tanaka@aurora-air.example"},"resource":{"type":"bot","id":"<bot Baggage Tracer>"},"evaluations":[{"action":{"name":"Publish bot"}},{"action":{"name":"Knowledge Graph","properties":{"level":"FULL"}}},{"action":{}}]}"#,
    ),
    Call(
        "POST /access/v1/search/subject",
        "Who may",
        "authzen",
        "/access/v1/search/subject",
        r#"{"subject":{"type":"user"},"action":{"name":"Publish bot"},"resource":{"type":"bot","id":"<bot Baggage Tracer>"},"page":{"limit":1}}"#,
    ),
    Call(
        "POST /access/v1/search/resource",
        "Where they may",
        "authzen",
        "/access/v1/search/resource",
        r#"{"subject":{"type":"user","id":"haruto.tanaka@aurora-air.example"},"action":{"name":"Publish bot"},"resource":{"type":"bot"}}"#,
    ),
    Call(
        "POST /access/v1/search/action",
        "What they may",
        "authzen",
        "/access/v1/search/action",
        r#"{"subject":{"type":"user","id":"haruto.tanaka@aurora-air.example"},"resource":{"type":"bot","id":"<bot Baggage Tracer>"},"page":{"limit":4}}"#,
    ),
    Call(
        "POST /access/v1/search/action",
        "A token of another search",
        "authzen",
        "/access/v1/search/action",
        r#"{"subject":{"type":"user","id":"ingrid.solberg@aurora-air.example"},"resource":{"type":"bot","id":"<bot Baggage Tracer>"},"page":{"token":"bm90aGluZw"}}"#,
    ),
    Call("GET /.well-known/authzen-configuration", "Where to ask", "authzen", "/.well-known/authzen-configuration", ""),
    Call("GET /.well-known/jwks.json", "One key", "erasure", "/.well-known/jwks.json", ""),
];

const ONE: &str = r#"{"userIds":["nora.berg@guest.example","haruto.tanaka@aurora-air.example"],"RemoveDataFromAllBots":true,"grounds":"Consent withdrawn"}"#;

/// Workers do what is due.
const WORK: Call = Call("WORK", "", "", "", "");

/// Workers try, and the store is away.
const IN_VAIN: Call = Call("WORK IN VAIN", "", "", "", "");

each_engine! {
    async fn every_example_is_a_real_answer(app: TestApp) {
        let mut app = app;
        let company = demo::company(&app.server.core).await.expect("the company can be made");
        let mut made = Made::default();
        let mut recorded = Vec::new();
        for call in CALLS {
            recorded.push(record(&app, &company, &mut made, call).await);
        }
        let upload = app.send(Request::upload(demo::ROLES.as_bytes()).token(&company.token)).await;
        recorded.push(json!({
            "route": UPLOAD, "about": "A file of roles", "source": "wire 7.16",
            "path": "/api/public/uploadfile", "body": null, "status": upload.status.as_u16(), "answer": upload.json(),
        }));
        let is_away = with_chat(&mut app, &company).await;
        for call in API_CALLS.iter().chain(crate::edited::CALLS) {
            is_away.store(*call == IN_VAIN, Ordering::SeqCst);
            if [WORK, IN_VAIN].contains(call) {
                while app.server.engine.work_one().await.expect("the work is done") {}
            } else {
                recorded.push(record(&app, &company, &mut made, call).await);
            }
        }
        let text = format!("{}\n", serde_json::to_string_pretty(&recorded).expect("JSON"));
        if is_recording() {
            std::fs::write(file(), &text).expect("the file is written");
        }
        let kept = std::fs::read_to_string(file()).expect("the file is there");
        assert_eq!(text, kept, "an answer changed; record the examples anew and look at what changed");
    }
}

/// What was made last, by the names in paths.
#[derive(Default)]
struct Made {
    erasure: String,
    hold: String,
    app: String,
    file: String,
    plan: String,
    import: String,
}

async fn record(app: &TestApp, company: &Company, made: &mut Made, call: &Call) -> Value {
    let Call(route, about, source, path, body) = call;
    let (path, body) = (fill_in(app, company, path).await, fill_in(app, company, body).await);
    let path = path.replace("<erasure>", &made.erasure).replace("<hold>", &made.hold);
    let path = path.replace("<app>", &made.app).replace("<plan>", &made.plan).replace("<import>", &made.import);
    let body = body.replace("<stored file>", &made.file);
    let path = path.replace("<owner>", &company.account.owner_id);
    let (method, _) = route.split_once(' ').expect("a method and a path");
    let mut request = Request::new(method.parse().expect("a method"), &path).token(&company.token);
    if ["PATCH", "DELETE"].contains(&method) {
        request = request.header("if-match", "*");
    }
    let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_str(&body).expect("a JSON body") };
    if !body.is_null() {
        request = request.json(&body);
    }
    let reply = app.send(request).await;
    let is_json = reply
        .headers
        .get("content-type")
        .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.ends_with("json") && !kind.ends_with("ndjson")));
    let answer = if is_json { reply.json() } else { Value::from(reply.body.clone()) };
    if is_json {
        assert_eq!(answer.to_string(), reply.body, "{route}: the answer is not compact JSON");
    }
    let is_first = made.erasure.is_empty() || !route.contains("/api/public/");
    if let Some(id) = answer["requestId"].as_str().filter(|_| is_first) {
        id.clone_into(&mut made.erasure);
    }
    let is_ours = route.contains("/api/v1/");
    for (key, kept) in [
        ("holdId", &mut made.hold),
        ("clientId", &mut made.app),
        ("fileId", &mut made.file),
        ("planId", &mut made.plan),
        ("importId", &mut made.import),
    ] {
        if let Some(id) = answer[key].as_str().filter(|_| is_ours) {
            id.clone_into(kept);
        }
    }
    json!({
        "route": route, "about": about, "source": source,
        "path": path, "body": body, "status": reply.status.as_u16(), "answer": answer,
    })
}

/// Gives the company its chat. The map calls it by a name, for its folder is another one each time; while
/// what is answered is true, nothing has that name.
async fn with_chat(app: &mut TestApp, company: &Company) -> Arc<AtomicBool> {
    let file = app.db.dir.path().join("chat.db");
    demo::chat(company, &file, Some("env:CHAT_URL")).await.expect("the chat can be made");
    let is_away = Arc::new(AtomicBool::new(false));
    let away = Arc::clone(&is_away);
    let url = format!("sqlite://{}", file.display());
    let secrets: Secrets = Arc::new(move |_| {
        if away.load(Ordering::SeqCst) {
            Err("the variable CHAT_URL is not set".to_owned())
        } else {
            Ok(url.clone().into())
        }
    });
    let core = Arc::clone(&app.server.core);
    let engine = Engine::new(Arc::clone(&core), Options::new(Rules::default(), secrets, "examples"));
    let public_url = PublicUrl::parse("https://rolecall.example").ok();
    app.server =
        Arc::new(Server { engine: Arc::new(engine), public_url, ..Server::new(core, Limits::new(Profile::Off)) });
    is_away
}

#[test]
fn every_call_of_the_document_has_an_example() {
    let document = serde_json::to_value(rolecall_server::routes::document()).expect("the document is JSON");
    for route in super::routes().iter().filter(|route| route.contains(" /api/") || route.contains(" /access/")) {
        let (method, path) = route.split_once(' ').expect("a method and a path");
        let answers = document["paths"][path][method.to_lowercase()]["responses"].as_object().expect("answers");
        let (_, success) = answers.iter().find(|(status, _)| status.starts_with('2')).expect("a success");
        let contents = success["content"].as_object().map(|contents| contents.values().collect::<Vec<_>>());
        for content in contents.unwrap_or_default() {
            let examples = content["examples"].as_object();
            assert!(examples.is_some_and(|examples| !examples.is_empty()), "{route} shows no answer");
        }
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
    if text.contains("<entry>") {
        let id = get("/api/v1/audit?event=Role%20Created").await["entries"][0]["auditLogId"].clone();
        text = text.replace("<entry>", id.as_str().expect("an id"));
    }
    if text.contains("<user ") {
        for row in get("/api/v1/users?limit=1000").await["users"].as_array().expect("a list") {
            let (email, id) = (row["email"].as_str().expect("an address"), row["userId"].as_str().expect("an id"));
            text = text.replace(&format!("<user {email}>"), id);
        }
    }
    if text.contains("<file>") {
        let upload = Request::upload(demo::ROLES.as_bytes()).token(&company.token);
        let reply = app.send(upload).await.json();
        text = text.replace("<file>", reply["fileId"].as_str().expect("a file id"));
    }
    text
}
