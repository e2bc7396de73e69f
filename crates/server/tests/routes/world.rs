//! What the tests of all routes act on: two accounts with one of everything, and for each route a
//! call that works.

use rolecall_control::{
    Ctx, bots,
    erasure::{self, NewDataMap},
    groups, sign_in,
};
use rolecall_erasure::stores;
use rolecall_store::Meter;
use rolecall_testkit::{Reply, Request, Tenant, TestApp};
use serde_json::{Value, json};

/// The calls, by route: path and body with `<names>` for what belongs to an account.
pub(crate) const CALLS: &[(&str, &str, &str)] = &[
    (
        "POST /api/public/btroles/assignments",
        "/api/public/btroles/assignments",
        r#"[{"roleId":"<bot role>","botId":"<bot>","addUsers":["<email>"],"removeUsers":[""],"addGroups":["<group name>"]}]"#,
    ),
    (
        "POST /api/public/btroles/assignments",
        "/api/public/btroles/assignments",
        r#"[{"roleId":"<bot role>","botId":"<bot>","removeUsers":["<owner>"],"removeGroups":["<empty group name>"]},
            {"roleId":"<bot role>","botId":"<bot>","addOrgUserIds":["<other org user>"],"removeOrgUserIds":["<org user>"]}]"#,
    ),
    (
        "POST /api/public/adminroles/assignments",
        "/api/public/adminroles/assignments",
        r#"[{"roleId":"<admin role>","addUsers":["<email>"],"addGroups":["<group name>"]},
            {"roleId":"<admin role>","addOrgUserIds":["<other org user>"],"removeUsers":["<owner>"],"removeGroups":["<empty group name>"]}]"#,
    ),
    (
        "POST /api/public/roles/import",
        "/api/public/roles/import?roleType=admin&fullImport=false",
        r#"{"fileId":"<file>"}"#,
    ),
    ("POST /api/public/roles/import", "/api/public/roles/import?roleType=admin&dryRun=true", r#"{"fileId":"<file>"}"#),
    ("GET /api/public/roles", "/api/public/roles?roleType=bot&cursor=<role cursor>", ""),
    ("GET /api/public/alluserroles", "/api/public/alluserroles?cursor=<user cursor>", ""),
    (
        "POST /api/public/users",
        "/api/public/users",
        r#"{"users":[{"userInfo":{"emailId":"<new email>","orgUserId":"<new org user>"},"groups":["<group>"],
            "roles":[{"roleId":"<bot role>","botId":"<bot>"},{"roleId":"<admin role>"}],
            "assignBotTasks":[{"streamId":"<bot>","dialogs":[]}]}]}"#,
    ),
    (
        "PUT /api/public/users",
        "/api/public/users",
        r#"{"users":[{"userInfo":{"emailId":"<email>","firstName":"New"},"groups":{"addTo":["<group>"],"removeFrom":["<empty group>"]},
            "roles":{"addTo":[{"roleId":"<admin role>"}],"removeFrom":[{"roleId":"<bot role>","botId":"<bot>"}]}}]}"#,
    ),
    (
        "PUT /api/public/users",
        "/api/public/users",
        r#"{"users":[{"userInfo":{"orgUserId":"<org user>","lastName":"New"}}]}"#,
    ),
    ("POST /api/public/usersInfo", "/api/public/usersInfo", r#"{"emailIds":["<email>"]}"#),
    ("POST /api/public/usersInfo", "/api/public/usersInfo", r#"{"orgUserIds":["<org user>"]}"#),
    (
        "POST /api/public/useraccess",
        "/api/public/useraccess",
        r#"{"emailIds":["<email>"],"canCreateBot":false,"isDeveloper":false}"#,
    ),
    ("GET /api/public/auditlogs", "/api/public/auditlogs?fetchAfter=<audit entry>", ""),
    (
        "DELETE /api/public/bot/eraseUsersData",
        "/api/public/bot/eraseUsersData",
        r#"{"userIds":["guest@else.example","<email>","<org user>"],"botIds":["<bot>"]}"#,
    ),
    (
        "POST /api/public/bot/eraseUsersData",
        "/api/public/bot/eraseUsersData",
        r#"{"userIds":[{"channel_id":"whatsapp","channel_user_id":"4711"}],"RemoveDataFromAllBots":true}"#,
    ),
    ("GET /api/public/bot/eraseUsersData/status/{reqId}", "/api/public/bot/eraseUsersData/status/<erasure>", ""),
    (
        "POST /api/v1/erasures/preview",
        "/api/v1/erasures/preview",
        r#"{"userIds":["guest@else.example"],"botIds":["<bot>"]}"#,
    ),
    ("POST /api/v1/erasures", "/api/v1/erasures", r#"{"userIds":["guest@else.example"],"botIds":["<bot>"]}"#),
    ("GET /api/v1/erasures", "/api/v1/erasures?limit=1&cursor=<erasure cursor>", ""),
    ("GET /api/v1/erasures/{id}", "/api/v1/erasures/<erasure>", ""),
    ("GET /api/v1/erasures/{id}/receipt", "/api/v1/erasures/<ended erasure>/receipt", ""),
    ("POST /api/v1/erasures/{id}/approve", "/api/v1/erasures/<waiting erasure>/approve", ""),
    ("POST /api/v1/erasures/{id}/retry", "/api/v1/erasures/<late erasure>/retry", ""),
    ("POST /api/v1/erasures/{id}/cancel", "/api/v1/erasures/<erasure>/cancel", ""),
    ("POST /api/v1/holds", "/api/v1/holds", r#"{"userIds":["guest@else.example"],"reason":"A case at court"}"#),
    ("GET /api/v1/holds", "/api/v1/holds?limit=1&cursor=<hold cursor>", ""),
    ("DELETE /api/v1/holds/{id}", "/api/v1/holds/<hold>", ""),
    ("GET /api/v1/sessions", "/api/v1/sessions?userId=<owner id>", ""),
    ("DELETE /api/v1/sessions/{id}", "/api/v1/sessions/<session>", ""),
    ("PATCH /api/v1/account", "/api/v1/account", r#"{"name":"Renamed"}"#),
    ("GET /api/v1/bots", "/api/v1/bots?limit=1&cursor=<bot cursor>", ""),
    ("POST /api/v1/bots", "/api/v1/bots", r#"{"name":"Fresh","owner":"<owner>"}"#),
    ("POST /api/v1/bots", "/api/v1/bots", r#"{"name":"Fresher","owner":"<owner id>"}"#),
    ("GET /api/v1/bots/{id}", "/api/v1/bots/<bot>", ""),
    ("PATCH /api/v1/bots/{id}", "/api/v1/bots/<bot>", r#"{"description":"New","owner":"<owner>"}"#),
    ("DELETE /api/v1/bots/{id}", "/api/v1/bots/<spare bot>", ""),
    ("GET /api/v1/groups", "/api/v1/groups?limit=1&cursor=<group cursor>", ""),
    ("POST /api/v1/groups", "/api/v1/groups", r#"{"name":"Fresh"}"#),
    ("GET /api/v1/groups/{id}", "/api/v1/groups/<group>", ""),
    ("PATCH /api/v1/groups/{id}", "/api/v1/groups/<empty group>", r#"{"description":"New"}"#),
    ("GET /api/v1/groups/{id}/groups", "/api/v1/groups/<group>/groups", ""),
    ("GET /api/v1/groups/{id}/members", "/api/v1/groups/<team>/members", ""),
    ("GET /api/v1/groups/{id}/members", "/api/v1/groups/<team>/members?limit=1&cursor=<member cursor>", ""),
    ("POST /api/v1/groups/{id}/members", "/api/v1/groups/<team>/members", r#"{"add":[{"userId":"<owner id>"}]}"#),
    (
        "POST /api/v1/groups/{id}/members",
        "/api/v1/groups/<team>/members",
        r#"{"add":[{"emailId":"<owner>"},{"groupId":"<empty group>"}],"remove":[{"emailId":"<email>"},{"groupName":"<group name>"}]}"#,
    ),
    ("DELETE /api/v1/groups/{id}", "/api/v1/groups/<team>", ""),
    ("GET /api/v1/roles", "/api/v1/roles?roleType=bot&cursor=<role cursor>", ""),
    (
        "POST /api/v1/roles",
        "/api/v1/roles",
        r#"{"roleType":"bot","name":"Fresh","permissions":{"Tasks":"VIEW"},"refId":"fresh"}"#,
    ),
    ("GET /api/v1/roles/{id}", "/api/v1/roles/<bot role>", ""),
    ("PATCH /api/v1/roles/{id}", "/api/v1/roles/<admin role>", r#"{"description":"New"}"#),
    ("POST /api/v1/roles/{id}/copy", "/api/v1/roles/<bot role>/copy", r#"{"name":"Copied"}"#),
    ("GET /api/v1/roles/{id}/removal", "/api/v1/roles/<bot role>/removal", ""),
    ("DELETE /api/v1/roles/{id}", "/api/v1/roles/<spare role>", ""),
    ("POST /api/v1/apps", "/api/v1/apps", r#"{"name":"Fresh","scopes":[]}"#),
    ("GET /api/v1/apps/{id}", "/api/v1/apps/<app>", ""),
    ("PATCH /api/v1/apps/{id}", "/api/v1/apps/<app>", r#"{"name":"Renamed"}"#),
    ("POST /api/v1/apps/{id}/rotate", "/api/v1/apps/<app>/rotate", "{}"),
    ("POST /api/v1/apps/{id}/disable", "/api/v1/apps/<app>/disable", "{}"),
    ("POST /api/v1/apps/{id}/enable", "/api/v1/apps/<app>/enable", "{}"),
    ("DELETE /api/v1/apps/{id}", "/api/v1/apps/<app>", ""),
    ("POST /api/v1/role-imports/plans", "/api/v1/role-imports/plans", r#"{"roleType":"admin","fileId":"<file>"}"#),
    ("GET /api/v1/role-imports/plans/{id}", "/api/v1/role-imports/plans/<plan>", ""),
    ("POST /api/v1/role-imports/plans/{id}/apply", "/api/v1/role-imports/plans/<plan>/apply", "{}"),
    ("GET /api/v1/role-imports", "/api/v1/role-imports?limit=1&cursor=<import cursor>", ""),
    ("GET /api/v1/role-imports/{id}", "/api/v1/role-imports/<import>", ""),
    ("POST /api/v1/role-imports/{id}/undo", "/api/v1/role-imports/<import>/undo", "{}"),
    ("GET /api/v1/assignments", "/api/v1/assignments?user=<owner id>&limit=1&cursor=<assignment cursor>", ""),
    ("GET /api/v1/assignments", "/api/v1/assignments?role=<admin role>&roleType=admin", ""),
    ("GET /api/v1/assignments", "/api/v1/assignments?bot=<bot>&at=2026-01-05T09:00:00Z", ""),
    ("GET /api/v1/assignments", "/api/v1/assignments?group=<group>", ""),
    (
        "POST /api/v1/assignments",
        "/api/v1/assignments",
        r#"{"roleType":"bot","add":[{"roleId":"<bot role>","botId":"<bot>","userId":"<one id>"},{"roleId":"<bot role>","botId":"<bot>","groupId":"<empty group>"}],
            "remove":[{"roleId":"<bot role>","botId":"<bot>","email":"<owner>"},{"roleId":"<bot role>","botId":"<bot>","orgUserId":"<other org user>"}]}"#,
    ),
    ("GET /api/v1/audit", "/api/v1/audit?target=<bot>&limit=1&cursor=<entry cursor>", ""),
    ("GET /api/v1/audit/{id}", "/api/v1/audit/<audit entry>", ""),
    ("GET /api/v1/audit/export", "/api/v1/audit/export?target=<bot>", ""),
    ("GET /api/v1/users", "/api/v1/users?cursor=<found cursor>", ""),
    ("GET /api/v1/users/{id}", "/api/v1/users/<owner id>", ""),
    ("GET /api/v1/users/{id}/roles", "/api/v1/users/<owner id>/roles", ""),
    ("GET /api/v1/users/{id}/roles", "/api/v1/users/<owner id>/roles?at=2026-01-05T09:00:00Z", ""),
    ("GET /api/v1/users/{id}/history", "/api/v1/users/<owner id>/history?limit=1&cursor=<history cursor>", ""),
    ("GET /api/v1/groups/{id}/roles", "/api/v1/groups/<group>/roles", ""),
    (
        "POST /access/v1/evaluation",
        "/access/v1/evaluation",
        r#"{"subject":{"type":"user","id":"<owner>"},"action":{"name":"Tasks"},"resource":{"type":"bot","id":"<bot>"}}"#,
    ),
    (
        "POST /access/v1/evaluation",
        "/access/v1/evaluation",
        r#"{"subject":{"type":"user","id":"<owner id>"},"action":{"name":"Invite"},"resource":{"type":"account","id":"<account>"}}"#,
    ),
    (
        "POST /access/v1/evaluations",
        "/access/v1/evaluations",
        r#"{"subject":{"type":"user","id":"<owner>"},"action":{"name":"Tasks"},
            "evaluations":[{"resource":{"type":"bot","id":"<bot>"}},{"subject":{"type":"user","id":"<owner id>"}}]}"#,
    ),
    (
        "POST /access/v1/search/subject",
        "/access/v1/search/subject",
        r#"{"subject":{"type":"user"},"action":{"name":"Tasks"},"resource":{"type":"bot","id":"<bot>"}}"#,
    ),
    (
        "POST /access/v1/search/resource",
        "/access/v1/search/resource",
        r#"{"subject":{"type":"user","id":"<owner>"},"action":{"name":"Tasks"},"resource":{"type":"bot"}}"#,
    ),
    (
        "POST /access/v1/search/action",
        "/access/v1/search/action",
        r#"{"subject":{"type":"user","id":"<owner>"},"resource":{"type":"bot","id":"<bot>"},"page":{"token":"<action page>"}}"#,
    ),
    ("DELETE /api/public/users", "/api/public/users", r#"{"deleteEmailIds":["<email>"]}"#),
    ("DELETE /api/public/users", "/api/public/users", r#"{"orgUserIds":["<other org user>"]}"#),
];

/// Routes that take no id of anything.
pub(crate) const WITHOUT_IDS: &[&str] = &[
    "GET /api/public/bots",
    "GET /api/public/groups",
    "GET /api/public/roles/export",
    "POST /api/public/uploadfile",
    "POST /api/v1/files",
    "GET /api/v1/apps",
    "POST /api/v1/suppressions/check",
    "GET /api/v1/account",
    "GET /api/v1/permissions",
    "GET /.well-known/authzen-configuration",
    "GET /.well-known/jwks.json",
    "GET /healthz",
    "GET /metrics",
    "GET /readyz",
];

/// One of everything of an account, by the names in [`CALLS`].
pub(crate) struct World(Vec<(&'static str, String)>);

impl World {
    /// Fills the account; `name` goes into every name, so that nothing is the same in two accounts.
    pub(crate) async fn fill(app: &TestApp, tenant: &Tenant, name: &str) -> Self {
        let ctx =
            Ctx::new(&app.server.core, tenant.account.no, rolecall_model::audit::Actor::Operator, Meter::default());
        let bot = bots::create(&ctx, &bots::NewBot::named(format!("{name} bot"))).await.expect("a bot");
        let spare = bots::create(&ctx, &bots::NewBot::named(format!("{name} spare"))).await.expect("a bot");
        let mut made = Vec::new();
        for kind in ["group", "empty group", "team"] {
            let new = groups::NewGroup { name: format!("{name} {kind}"), description: String::new() };
            made.push(groups::create(&ctx, &new).await.expect("a group"));
        }
        let users = json!({"users": [
            {"userInfo": {"emailId": format!("one@{name}.example"), "orgUserId": format!("{name}-one")}, "groups": [made[0].id]},
            {"userInfo": {"emailId": format!("two@{name}.example"), "orgUserId": format!("{name}-two")}},
        ]});
        sent(app, tenant, "POST", "/api/public/users", &users).await;
        let role = json!([{"roleType": "admin", "role": format!("{name} role"), "rDesc": "", "permissions": {"Invite": "YES"},
                           "refId": format!("{name}-ref")}]);
        let upload = Request::upload(role.to_string().as_bytes()).token(&tenant.token);
        let file = text(&app.send(upload).await.json()["fileId"]);
        let import = json!({"fileId": file});
        let admin_role = sent(app, tenant, "POST", "/api/public/roles/import?roleType=admin", &import).await;
        // What an import of this file changes must not be done already when it is tried.
        let other_role = json!([{"roleType": "admin", "role": format!("{name} second"), "permissions": {}, "refId": format!("{name}-2")}]);
        let upload = Request::upload(other_role.to_string().as_bytes()).token(&tenant.token);
        let other_file = text(&app.send(upload).await.json()["fileId"]);
        map(app, &ctx, name).await;
        let erasures = erasures(app, tenant, &bot.id).await;
        let members = json!({"add": [{"emailId": format!("one@{name}.example")}, {"groupId": made[0].id}]});
        let members_of = format!("/api/v1/groups/{}/members", made[2].id);
        sent(app, tenant, "POST", &members_of, &members).await;
        let members = sent(app, tenant, "GET", &format!("{members_of}?limit=1"), &Value::Null).await;
        let spare_role = json!({"roleType": "bot", "name": format!("{name} spare"), "permissions": {"Tasks": "FULL"}});
        let spare_role = sent(app, tenant, "POST", "/api/v1/roles", &spare_role).await;
        let bots = sent(app, tenant, "GET", "/api/v1/bots?limit=1", &Value::Null).await;
        let groups = sent(app, tenant, "GET", "/api/v1/groups?limit=1", &Value::Null).await;
        let listed = sent(app, tenant, "GET", "/api/v1/erasures?limit=1", &Value::Null).await;
        let mut holds = Vec::new();
        for _ in 0..2 {
            let hold = json!({"userIds": ["guest@else.example"], "reason": "A case at court"});
            holds.push(text(&sent(app, tenant, "POST", "/api/v1/holds", &hold).await["holdId"]));
        }
        let session = session(app, &ctx, &format!("two@{name}.example")).await;
        let held = sent(app, tenant, "GET", "/api/v1/holds?limit=1", &Value::Null).await;
        let roles = sent(app, tenant, "GET", "/api/public/roles?roleType=bot&limit=1", &Value::Null).await;
        let users = sent(app, tenant, "GET", "/api/public/alluserroles?limit=1", &Value::Null).await;
        let entries = sent(app, tenant, "GET", "/api/public/auditlogs?size=1", &Value::Null).await;
        let bot_roles = sent(app, tenant, "GET", "/api/public/roles?roleType=bot", &Value::Null).await;
        let search = json!({
            "subject": {"type": "user", "id": tenant.account.owner_email}, "resource": {"type": "bot", "id": bot.id},
            "page": {"limit": 1},
        });
        let actions = sent(app, tenant, "POST", "/access/v1/search/action", &search).await;
        let search = json!({
            "subject": {"type": "user"}, "action": {"name": "Invite"},
            "resource": {"type": "account", "id": tenant.account.account_id},
        });
        let owners = sent(app, tenant, "POST", "/access/v1/search/subject", &search).await;
        let found = sent(app, tenant, "GET", "/api/v1/users?limit=1", &Value::Null).await;
        let history = format!("/api/v1/users/{}/history?limit=1", text(&owners["results"][0]["id"]));
        let history = sent(app, tenant, "GET", &history, &Value::Null).await;
        let path = format!("/api/v1/assignments?limit=1&user={}", text(&owners["results"][0]["id"]));
        let assigned = sent(app, tenant, "GET", &path, &Value::Null).await;
        let one = sent(app, tenant, "GET", &format!("/api/v1/users?q=one@{name}"), &Value::Null).await;
        let entered = sent(app, tenant, "GET", "/api/v1/audit?limit=1", &Value::Null).await;
        let imports = imports(app, tenant, name).await;
        let spare_app = json!({"name": "Spare", "scopes": []});
        let spare_app = sent(app, tenant, "POST", "/api/v1/apps", &spare_app).await;
        Self(vec![
            ("app", text(&spare_app["clientId"])),
            ("plan", imports[0].clone()),
            ("import", imports[1].clone()),
            ("import cursor", imports[2].clone()),
            ("entry cursor", text(&entered["nextCursor"])),
            ("assignment cursor", text(&assigned["nextCursor"])),
            ("one id", text(&one["users"][0]["userId"])),
            ("found cursor", text(&found["nextCursor"])),
            ("history cursor", text(&history["nextCursor"])),
            ("account", tenant.account.account_id.clone()),
            ("owner id", text(&owners["results"][0]["id"])),
            ("action page", text(&actions["page"]["next_token"])),
            ("bot role", text(&bot_roles["roles"][2]["_id"])),
            ("admin role", text(&admin_role[0]["_id"])),
            ("bot", bot.id),
            ("spare bot", spare.id),
            ("bot cursor", text(&bots["nextCursor"])),
            ("team", made[2].id.clone()),
            ("group cursor", text(&groups["nextCursor"])),
            ("member cursor", text(&members["nextCursor"])),
            ("spare role", text(&spare_role["roleId"])),
            ("email", format!("one@{name}.example")),
            ("new email", format!("new@{name}.example")),
            ("owner", tenant.account.owner_email.clone()),
            ("org user", format!("{name}-one")),
            ("other org user", format!("{name}-two")),
            ("new org user", format!("{name}-three")),
            ("group", made[0].id.clone()),
            ("group name", made[0].name.clone()),
            ("empty group", made[1].id.clone()),
            ("empty group name", made[1].name.clone()),
            ("file", other_file),
            ("erasure", erasures[0].clone()),
            ("waiting erasure", erasures[1].clone()),
            ("late erasure", erasures[2].clone()),
            ("ended erasure", erasures[3].clone()),
            ("erasure cursor", text(&listed["nextCursor"])),
            ("hold", holds.remove(0)),
            ("session", session),
            ("hold cursor", text(&held["nextCursor"])),
            ("role cursor", text(&roles["nextCursor"])),
            ("user cursor", text(&users["nextCursor"])),
            ("audit entry", text(&entries["auditlogs"][0]["AuditLogId"])),
        ])
    }

    /// The value of a name.
    pub(crate) fn value(&self, name: &str) -> &str {
        &self.0.iter().find(|(own, _)| *own == name).expect("a name of the world").1
    }

    /// A value of the same form that nothing in any account has.
    pub(crate) fn nobodys(&self, name: &str) -> String {
        let value = self.value(name);
        let (at, _) = value.char_indices().rev().find(|(_, c)| c.is_ascii_alphanumeric()).expect("a letter or digit");
        let other = if &value[at..=at] == "7" { "5" } else { "7" };
        // The first part changes as well: an id that differs only at its end could be the next one made.
        format!("{}{other}{}", &value[..at], &value[at + 1..])
            .replacen("other", "nobody", 1)
            .replacen("Other", "Nobody", 1)
    }

    /// `text` with each `<name>` as this account has it.
    pub(crate) fn fill_in(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
    }
}

/// Gives the account a store and a data map of it.
async fn map(app: &TestApp, ctx: &Ctx, name: &str) {
    let file = app.db.dir.path().join(format!("{name}-chat.db"));
    let schema = "CREATE TABLE guest (id TEXT PRIMARY KEY, bot_id TEXT)";
    stores::sample(&file, schema.to_owned()).await.expect("a store can be made");
    let text = format!(
        "stores: {{chat: {{url: \"sqlite://{}\", datasets: [chat]}}}}
dataset:
  - fides_key: chat
    collections:
      - name: guest
        fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
        fields:
          - {{name: id, fides_meta: {{primary_key: true, identity: user_id}}}}
          - {{name: bot_id, rolecall_meta: {{bot: true}}}}",
        file.display()
    );
    let new = NewDataMap { text: &text, hash: name, deadline_ms: 86_400_000, grace_ms: 0, place_hashes: Vec::new() };
    erasure::set_data_map(ctx, new).await.expect("the map is set");
}

/// Four requests: one that has just come, and three at points that only workers bring requests to.
async fn erasures(app: &TestApp, tenant: &Tenant, bot: &str) -> Vec<String> {
    let body = json!({"userIds": ["guest@else.example"], "botIds": [bot]});
    let mut ids = Vec::new();
    for _ in 0..4 {
        let made = sent(app, tenant, "POST", "/api/v1/erasures", &body).await;
        ids.push(text(&made["requestId"]));
    }
    for (id, sql) in ids.iter().skip(1).zip([
        "UPDATE erasures SET state = 'awaiting_approval' WHERE erasure_id = '<id>'",
        "UPDATE erasures SET attempts = 1, next_attempt_at_ms = next_attempt_at_ms + 1000 WHERE erasure_id = '<id>'",
        "INSERT INTO receipts (account_no, receipt_no, erasure_no, hash, jws, sealed_at_ms)
         SELECT account_no, 1, erasure_no, '', 'e30.e30.AA', 0 FROM erasures WHERE erasure_id = '<id>'",
    ]) {
        app.db.tamper(&sql.replace("<id>", id)).await;
    }
    ids
}

/// Signs a user in; the session's id.
async fn session(app: &TestApp, ctx: &Ctx, email: &str) -> String {
    let link = sign_in::make_link_by_email(ctx, email).await.expect("a link");
    let new = "correct horse battery staple".to_owned().into();
    let (server, visitor) = (&app.server, sign_in::Visitor::default());
    let let_in = sign_in::redeem(&server.core, &server.gate, &Meter::default(), visitor, &link.token, &new).await;
    let_in.expect("the link counts").begun.session.id
}

/// A plan of an import, an import, and a cursor of the list of them.
async fn imports(app: &TestApp, tenant: &Tenant, name: &str) -> [String; 3] {
    let plan = async |role: &str| {
        let roles = json!([{"role": format!("{name} {role}"), "permissions": {}, "refId": format!("{name}-{role}")}]);
        let file = sent(app, tenant, "POST", "/api/v1/files", &roles).await["fileId"].clone();
        let wish = json!({"roleType": "admin", "fileId": file});
        text(&sent(app, tenant, "POST", "/api/v1/role-imports/plans", &wish).await["planId"])
    };
    let path = format!("/api/v1/role-imports/plans/{}/apply", plan("third").await);
    let import = text(&sent(app, tenant, "POST", &path, &json!({})).await["importId"]);
    let listed = sent(app, tenant, "GET", "/api/v1/role-imports?limit=1", &Value::Null).await;
    [plan("fourth").await, import, text(&listed["nextCursor"])]
}

/// The names between angle brackets in `text`.
pub(crate) fn names(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(name, _)| name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Sends a call of the list.
pub(crate) async fn call(app: &TestApp, token: &str, route: &str, path: &str, body: &str) -> Reply {
    let (method, _) = route.split_once(' ').expect("a method and a path");
    let mut request = Request::new(method.parse().expect("a method"), path).token(token);
    if ["PATCH", "DELETE"].contains(&method) {
        request = request.header("if-match", "*");
    }
    let request = if body.is_empty() {
        request
    } else {
        request.header("content-type", "application/json").bytes(body.as_bytes().to_vec())
    };
    app.send(request).await
}

async fn sent(app: &TestApp, tenant: &Tenant, method: &str, path: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let reply = call(app, &tenant.token, &format!("{method} "), path, &body).await;
    assert!(reply.status.is_success(), "{method} {path}: {}", reply.body);
    reply.json()
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
