use axum::http::{Method, StatusCode};
use rolecall_control::accounts;
use rolecall_testkit::{Reply, Request, Tenant, TestApp, each_engine};
use serde_json::{Value, json};

pub(crate) const ANSWER_OF_AN_IMPORT: &str = include_str!("fixtures/answer_of_an_import.json");
pub(crate) const ANSWER_OF_A_LISTING: &str = include_str!("fixtures/answer_of_a_listing.json");
pub(crate) const ADMIN_ROLES: &str = include_str!("fixtures/admin_roles.json");
pub(crate) const BOT_ROLES: &str = include_str!("fixtures/bot_roles.json");

/// Uploads `content` and imports it; `query` begins with the type.
pub(crate) async fn import(app: &TestApp, query: &str, content: impl AsRef<[u8]>) -> Reply {
    import_into(app, &app.tenant, query, content).await
}

/// The same into any account.
pub(crate) async fn import_into(app: &TestApp, tenant: &Tenant, query: &str, content: impl AsRef<[u8]>) -> Reply {
    let uploaded = app.send(Request::upload(content.as_ref()).token(&tenant.token)).await.json();
    let request = Request::new(Method::POST, &format!("/api/public/roles/import?roleType={query}"));
    app.send(request.token(&tenant.token).json(&json!({"fileId": uploaded["fileId"]}))).await
}

/// The export of all roles of a type.
pub(crate) async fn export(app: &TestApp, role_type: &str) -> Value {
    export_of(app, &app.tenant, role_type).await
}

async fn export_of(app: &TestApp, tenant: &Tenant, role_type: &str) -> Value {
    let request = Request::new(Method::GET, &format!("/api/public/roles/export?roleType={role_type}"));
    let reply = app.send(request.token(&tenant.token)).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    reply.json()
}

/// All that an import could change: the roles of both types, the assignments, the revision, how
/// many audit entries there are.
#[derive(Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) admin_roles: Value,
    pub(crate) bot_roles: Value,
    assignments: Value,
    revision: i64,
    n_audited: i64,
}

pub(crate) async fn state(app: &TestApp) -> State {
    let account = accounts::get(&app.operator()).await.expect("the account is there");
    State {
        admin_roles: export(app, "admin").await,
        bot_roles: export(app, "bot").await,
        assignments: app.get("/api/public/alluserroles").await.json()["users"].clone(),
        revision: account.revision,
        n_audited: account.audit_seq,
    }
}

/// A file of bot roles, each by name and refId.
pub(crate) fn roles(list: &[(&str, &str)]) -> String {
    let role =
        |(name, ref_id): &(&str, &str)| json!({"role": name, "refId": ref_id, "permissions": {"Tasks": ["FULL"]}});
    Value::Array(list.iter().map(role).collect()).to_string()
}

/// The value of `key` of each element.
pub(crate) fn each(list: &Value, key: &str) -> Vec<String> {
    let list = list.as_array().expect("a list").iter();
    list.map(|one| one[key].as_str().expect("a text").to_owned()).collect()
}

each_engine! {
    async fn what_another_environment_answered_is_imported(app: TestApp) {
        let reply = import(&app, "admin&fullImport=true", ANSWER_OF_AN_IMPORT).await;
        insta::assert_snapshot!("import_of_an_answer", reply.shown());
        let ids = each(&reply.json(), "_id");
        let number = |id: &str| u128::from_str_radix(id, 16).expect("hex");
        assert_eq!(number(&ids[1]), number(&ids[0]) + 1, "what is made together has consecutive ids");
    }

    async fn what_a_listing_answered_is_imported_without_its_built_in_role(app: TestApp) {
        let reply = import(&app, "admin&fullImport=true", ANSWER_OF_A_LISTING).await;
        assert_eq!(each(&reply.json(), "role"), ["sample admin"], "{}", reply.body);
        let listed = app.get("/api/public/roles?roleType=admin").await.json();
        assert_eq!(each(&listed["roles"], "role"), ["admin", "sample admin"]);
        assert_eq!(listed["roles"][1]["permissions"]["Invite"], "YES");
        assert_eq!(listed["roles"][1]["permissions"]["Directory Sync"], "NO");
    }

    async fn custom_roles_are_answered_in_the_order_of_the_file_and_listed_after_the_built_in_ones(app: TestApp) {
        let admin = import(&app, "admin&fullImport=true", ADMIN_ROLES).await.json();
        assert_eq!(each(&admin, "role"), ["Custom1", "CustomAdmin1"]);
        assert_eq!(admin[1]["rDesc"], "Testing Admin Role");
        let listed = app.get("/api/public/roles?roleType=admin").await.json();
        assert_eq!(each(&listed["roles"], "_id")[1..], each(&admin, "_id"));

        let bot = import(&app, "bot&fullImport=true", BOT_ROLES).await.json();
        assert_eq!(each(&bot, "role"), ["BotTen1", "BT2"]);
        assert_eq!(each(&bot, "category"), ["bot", "bot"]);
        assert_eq!(bot[1]["permissions"], json!({"Tasks": ["VIEW"], "Storyboard": ["FULL"], "Some later invention": ["YES"]}));
    }

    async fn an_export_imported_into_another_account_is_the_same_there(app: TestApp) {
        let other = app.another_tenant().await;
        for (role_type, file) in [("admin", ADMIN_ROLES), ("bot", BOT_ROLES)] {
            import(&app, &format!("{role_type}&fullImport=true"), file).await;
            let mut here = export(&app, role_type).await;
            let reply = import_into(&app, &other, &format!("{role_type}&fullImport=true"), here.to_string()).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
            let mut there = export_of(&app, &other, role_type).await;
            for role in here.as_array_mut().expect("roles").iter_mut().chain(there.as_array_mut().expect("roles")) {
                role["_id"].take();
            }
            assert_eq!(here.to_string(), there.to_string());
        }
    }

    async fn a_second_import_changes_nothing_and_answers_the_same(app: TestApp) {
        for (query, file) in [("admin&fullImport=true", ADMIN_ROLES), ("bot", BOT_ROLES)] {
            let first = import(&app, query, file).await;
            assert!(first.headers.contains_key("x-import-id"));
            let file_id = app.upload(file.as_bytes()).await;
            let before = state(&app).await;
            app.clock.advance_ms(60_000);
            let second = app.post(&format!("/api/public/roles/import?roleType={query}"), json!({"fileId": file_id})).await;
            assert_eq!(second.shown(), first.shown());
            assert!(!second.headers.contains_key("x-import-id"), "there is nothing to revert");
            assert_eq!(state(&app).await, before);
        }
    }

    async fn roles_keep_their_ids_when_they_take_each_others_names(app: TestApp) {
        let file = roles(&[("Alpha", "r1"), ("Beta", "r2"), ("Gamma", "r3")]);
        let ids = each(&import(&app, "bot", file).await.json(), "_id");
        let renamed = roles(&[("beta", "r1"), ("GAMMA", "r2"), ("Alpha", "r3"), ("Delta", "r4")]);
        let reply = import(&app, "bot", renamed).await;
        assert_eq!(each(&reply.json(), "_id")[..3], ids[..], "{}", reply.body);
        assert_eq!(each(&export(&app, "bot").await, "role")[3..], ["beta", "GAMMA", "Alpha", "Delta"]);

        // A role may also take the name of one that the full truth lacks.
        let reply = import(&app, "bot&fullImport=true", roles(&[("Delta", "r1")])).await;
        assert_eq!(each(&reply.json(), "_id"), ids[..1], "{}", reply.body);
        assert_eq!(each(&export(&app, "bot").await, "role")[3..], ["Delta"]);
    }

    async fn a_role_without_a_ref_id_is_matched_by_its_name_and_otherwise_gets_one(app: TestApp) {
        let made = import(&app, "bot", json!([{"role": "Night shift", "permissions": {}}]).to_string()).await.json();
        assert_eq!(made[0]["refId"].as_str().map(str::len), Some(36));
        let again = json!([{"role": "NIGHT  SHIFT", "permissions": {"Tasks": ["VIEW"]}, "rDesc": "2200 to 0600"}]).to_string();
        let updated = import(&app, "bot", again).await.json();
        for key in ["_id", "refId", "createdDate"] {
            assert_eq!(updated[0][key], made[0][key], "{key}");
        }
        assert_eq!(updated[0]["role"], "NIGHT  SHIFT");
    }

    async fn a_full_import_deletes_what_the_file_lacks_with_its_assignments(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let ids = each(&import(&app, "admin", ADMIN_ROLES).await.json(), "_id");
        for id in &ids {
            let body = json!([{"roleId": id, "addUsers": ["ann@acme.example"]}]);
            assert_eq!(app.post("/api/public/adminroles/assignments", body).await.status, StatusCode::OK);
        }
        let held = |users: &Value| each(&users["users"][1]["adminRoles"], "roleName");
        let users = app.get("/api/public/alluserroles").await.json();
        assert_eq!(held(&users), ["Custom1", "CustomAdmin1"]);

        let n_audited = app.entries().await.len();
        let file = json!([{"role": "CustomAdmin1", "permissions": {"Invite": "YES"}}]).to_string();
        let reply = import(&app, "admin&fullImport=true", file).await;
        assert_eq!(each(&reply.json(), "_id"), ids[1..], "{}", reply.body);
        assert_eq!(held(&app.get("/api/public/alluserroles").await.json()), ["CustomAdmin1"]);
        let entries = app.entries().await;
        let noted: Vec<_> = entries.iter().skip(n_audited).map(|entry| entry.description.as_str()).collect();
        assert_eq!(noted, [
            "File of 56 bytes uploaded",
            "Admin role Custom1 deleted for ann@acme.example",
            "Admin role Custom1 deleted",
            "Permissions of Admin role CustomAdmin1 updated",
            "Roles of type admin imported: 0 created, 1 updated, 1 deleted",
        ]);
    }

    async fn an_incremental_import_leaves_what_the_file_lacks_and_the_other_type_alone(app: TestApp) {
        import(&app, "admin", ADMIN_ROLES).await;
        import(&app, "bot", BOT_ROLES).await;
        let before = state(&app).await;
        import(&app, "admin&fullImport=False", "[]").await;
        assert_eq!(state(&app).await.admin_roles, before.admin_roles);
        import(&app, "admin&fullImport=True", "[]").await;
        let after = state(&app).await;
        assert_eq!(each(&after.admin_roles, "role"), ["admin"]);
        assert_eq!(after.bot_roles, before.bot_roles);
    }

    async fn a_dry_run_tells_the_plan_and_changes_nothing(app: TestApp) {
        let people = app.users(["ann@acme.example", "ben@acme.example"]).await;
        app.group("Night shift", &[&people[1]]).await;
        let bots = [app.bot("Travel").await, app.bot("Bank").await];
        let ids = each(&import(&app, "bot", BOT_ROLES).await.json(), "_id");
        for bot in &bots {
            let to = json!([
                {"roleId": ids[0], "botId": bot.id, "addUsers": ["ann@acme.example"], "addGroups": ["Night shift"]},
                {"roleId": ids[1], "botId": bot.id, "addUsers": ["ben@acme.example"]},
            ]);
            assert_eq!(app.post("/api/public/btroles/assignments", to).await.status, StatusCode::OK);
        }
        let file = json!([
            {"role": "Bot Owner", "permissions": {}},
            {"role": "Renamed", "refId": "0f0b9c52-6f0c-5d6e-8a41-4b2f60a1c001", "permissions": {"Tasks": ["NO"], "Bot Analytics": ["YES"], "Channels": ["YES"]}},
            {"role": "Fresh", "permissions": {"Storyboard": ["VIEW"]}},
        ]).to_string();
        let file_id = app.upload(file.as_bytes()).await;
        let before = state(&app).await;
        let body = json!({"fileId": file_id});
        let planned = app.post("/api/public/roles/import?roleType=bot&fullImport=true&dryRun=true", body.clone()).await;
        insta::assert_snapshot!("dry_run", planned.shown());
        assert_eq!(state(&app).await, before);

        let applied = app.post("/api/public/roles/import?roleType=bot&fullImport=true", body.clone()).await;
        let plan = planned.json();
        assert_eq!(each(&applied.json(), "role"), each(&plan["roles"], "role")[..2]);
        assert_eq!(applied.json()[0]["_id"], plan["roles"][0]["_id"]);
        let planned = app.post("/api/public/roles/import?roleType=bot&fullImport=true&dryRun=true", body).await.json();
        assert_eq!(each(&planned["roles"], "action"), ["unchanged", "unchanged"]);
        assert_eq!(planned["changes"], 0);
    }

    async fn a_plan_has_no_key_that_clients_search_answers_for(app: TestApp) {
        import(&app, "bot", BOT_ROLES).await;
        let reply = import(&app, "bot&fullImport=true&dryRun=true", roles(&[("BotTen1", "r1"), ("New", "r2")])).await;
        assert_eq!(each(&reply.json()["roles"], "action"), ["update", "create", "delete"]);
        for key in ["status", "reason", "msg", "code", "emailId", "errors"] {
            assert!(!reply.body.contains(&format!("\"{key}\"")), "{key}: {}", reply.body);
        }
    }

    async fn a_file_that_is_not_there_is_told_in_the_vendors_words(app: TestApp) {
        let other = app.another_tenant().await;
        let foreign = app.send(Request::upload(b"[]").token(&other.token)).await.json();
        let own = app.upload(b"[]").await;
        let foreign = foreign["fileId"].as_str().expect("a file id").to_owned();
        for file_id in ["12345678945", "5bf132388c4f4e433d46783b", "' OR 1=1 --", &foreign, &own.to_uppercase(), &own[1..]] {
            for query in ["", "&fullImport=true", "&dryRun=true"] {
                let path = format!("/api/public/roles/import?roleType=bot{query}");
                let reply = app.post(&path, json!({"fileId": file_id})).await;
                assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{file_id}: {}", reply.body);
                assert_eq!(reply.json()["errors"][0]["msg"], "Invalid file id", "{file_id}");
                assert_eq!(reply.json()["errors"][0]["code"], 400, "{file_id}");
            }
        }
    }

    async fn a_call_of_the_wrong_form_is_told(app: TestApp) {
        let file_id = app.upload(b"[]").await;
        for (query, body, path) in [
            ("?roleType=bot", json!({}), "/fileId"),
            ("?roleType=bot", json!({"fileId": 12_345_678_945_u64}), "/fileId"),
            ("?roleType=bot", json!([file_id]), ""),
            ("", json!({"fileId": file_id}), "roleType"),
            ("?roleType=Bot", json!({"fileId": file_id}), "roleType"),
            ("?roleType=bot&roleType=admin", json!({"fileId": file_id}), "roleType"),
            ("?roleType=bot&fullImport=1", json!({"fileId": file_id}), "fullImport"),
            ("?roleType=bot&dryRun=yes", json!({"fileId": file_id}), "dryRun"),
        ] {
            let reply = app.post(&format!("/api/public/roles/import{query}"), body).await;
            assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{query}: {}", reply.body);
            assert_eq!(reply.json()["errors"][0]["path"], path, "{query}");
        }
    }
}
