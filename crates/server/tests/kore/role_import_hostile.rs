//! Files that mean harm, and imports that are cut off: whatever comes, all of it or nothing.

use std::{collections::BTreeMap, future::Future, sync::Arc, task::Poll};

use axum::http::StatusCode;
use rolecall_control::doctor;
use rolecall_testkit::{TestApp, each_engine};
use serde_json::{Value, json};

use super::role_import::{ADMIN_ROLES, ANSWER_OF_AN_IMPORT, BOT_ROLES, each, export, import, roles, state};

const MIB: usize = 1 << 20;

/// Imports a file that must be refused, and checks that nothing became of it; the errors.
async fn refused(app: &TestApp, query: &str, content: &[u8]) -> Value {
    let file_id = app.upload(content).await;
    let before = state(app).await;
    let path = format!("/api/public/roles/import?roleType={query}");
    let shown = String::from_utf8_lossy(&content[..content.len().min(80)]).into_owned();
    let reply = app.post(&path, json!({"fileId": file_id})).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{shown}: {}", reply.body);
    assert_eq!(reply.json()["errors"][0]["msg"], "Invalid file content", "{shown}");
    assert_eq!(reply.json()["errors"][0]["code"], 400, "{shown}");
    assert_eq!(state(app).await, before, "{shown}");
    reply.json()["errors"].clone()
}

/// Waits for `work` until it has waited `n` times for something, then drops it as a server does
/// that is killed, or whose client is gone. What it came to, if it was done before.
async fn cut_off_after<T>(n: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = Box::pin(work);
    let mut n_waits = 0;
    std::future::poll_fn(move |cx| match work.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending if n_waits == n => Poll::Ready(None),
        Poll::Pending => {
            n_waits += 1;
            Poll::Pending
        }
    })
    .await
}

/// What each custom role grants.
fn granted(roles: &Value) -> BTreeMap<String, Value> {
    let roles = roles.as_array().expect("roles").iter().filter(|role| role["role"] != "admin");
    roles.map(|role| (role["role"].to_string(), role["permissions"].clone())).collect()
}

each_engine! {
    async fn what_is_not_a_file_of_roles_is_refused(app: TestApp) {
        import(&app, "bot", BOT_ROLES).await;
        let mut utf16 = vec![0xff, 0xfe];
        utf16.extend("[]".encode_utf16().flat_map(u16::to_le_bytes));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let deep_inside = format!("[{{\"role\":\"a\",\"permissions\":{{}},\"x\":{deep}}}]");
        let many = format!("[{}]", vec![r#"{"role":"a","permissions":{}}"#; 20_001].join(","));
        for content in [
            &b""[..],
            b"roles",
            b"null",
            b"{}",
            b"{\"roles\":{}}",
            b"[] []",
            b"[\"\xff\"]",
            &utf16,
            b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
            b"PK\x03\x04../../etc/passwd",
            b"<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><x>&e;</x>",
            b"http://169.254.169.254/latest/meta-data",
            deep.as_bytes(),
            deep_inside.as_bytes(),
            many.as_bytes(),
            br#"[{"role":"a","role":"b","permissions":{}}]"#,
            br#"[{"role":"a","permissions":{"Tasks":["NO"],"Tasks":["FULL"]}}]"#,
            br#"[{"role":"a\u0000b","permissions":{}}]"#,
            br#"[{"role":"a\ud800","permissions":{}}]"#,
            br#"[{"role":"a","permissions":{},"__v":1e999}]"#,
            br#"[{"role":"a","permissions":{"Tasks":["ROOT"]}}]"#,
            br#"[{"role":"a","permissions":{"Tasks":["FULL","NO"]}}]"#,
            br#"[{"role":"a","permissions":{"Tasks":"FULL"}}]"#,
            br#"[{"role":"a"}]"#,
            br#"[{"permissions":{}}]"#,
            br#"[{"role":"a\r\nb","permissions":{}}]"#,
            "[{\"role\":\"a\u{202e}b\",\"permissions\":{}}]".as_bytes(),
            br#"[{"role":"a","permissions":{},"roleType":"admin"}]"#,
            br#"{"total":60,"availableMore":true,"roles":[]}"#,
        ] {
            refused(&app, "bot&fullImport=true", content).await;
        }
    }

    async fn every_element_is_checked_and_none_is_applied_if_one_is_bad(app: TestApp) {
        import(&app, "bot", BOT_ROLES).await;
        let file = json!([
            {"role": "Good", "permissions": {"Tasks": ["FULL"]}},
            {"role": "BT2", "permissions": {"Tasks": ["NO"]}},
            {"role": "good ", "permissions": {}},
            {"role": "Bad", "permissions": {"Channels": ["FULL"]}},
        ]);
        let errors = refused(&app, "bot&fullImport=true", file.to_string().as_bytes()).await;
        assert_eq!(each(&errors, "path"), ["/3/permissions/Channels", "/2/role"]);
        assert_eq!(errors[0]["detail"], r#"must be ["YES"] or ["NO"]"#);
        assert_eq!(errors[1]["detail"], "is the name of /0 too");
    }

    async fn no_twin_of_a_built_in_role_and_no_change_of_one_comes_in(app: TestApp) {
        for twin in ["ADMIN", " admin", "ad\u{200b}min", "ａｄｍｉｎ", "admin\u{00a0}"] {
            let file = json!([{"role": "a", "permissions": {}}, {"role": twin, "permissions": {"Invite": "YES"}}]);
            let errors = refused(&app, "admin", file.to_string().as_bytes()).await;
            assert_eq!(errors[0]["path"], "/1/role", "{twin:?}");
        }
        let before = state(&app).await;
        for (role_type, file) in [
            ("admin", json!([{"role": "admin", "permissions": {"Invite": "NO"}, "isASystemRole": false}])),
            ("bot", json!([{"role": "Renamed", "refId": "5bca33e75513765737ef9cae", "permissions": {}}])),
        ] {
            let reply = import(&app, &format!("{role_type}&fullImport=true"), file.to_string()).await;
            assert_eq!(reply.shown(), "200\n[]");
        }
        let after = state(&app).await;
        assert_eq!((after.admin_roles, after.bot_roles), (before.admin_roles, before.bot_roles));
    }

    async fn ids_owners_and_assignments_in_a_file_are_no_orders(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let admin = app.get("/api/public/roles?roleType=admin").await.json()["roles"][0]["_id"].clone();
        let file = json!([{
            "role": "Trojan", "permissions": {"Invite": "YES", "__proto__": "YES"}, "__proto__": {"isASystemRole": true},
            "_id": admin, "orgId": "o-other", "createdBy": "u-me", "createdDate": "1970-01-01T00:00:00.000Z",
            "modifiedBy": "u-me", "isASystemRole": true, "isDefault": true, "rStatus": "published", "category": "bot",
            "_product": "Other", "__v": 7, "audit": ["x"],
            "mapping": {"users": ["ann@acme.example"], "groups": ["x"], "bots": ["x"]},
            "_userAndGroups": [{"emailId": "ann@acme.example"}], "users": ["ann@acme.example"],
        }]);
        let made = import(&app, "admin", file.to_string()).await.json();
        let made = &made[0];
        assert_ne!(made["_id"], admin);
        assert_eq!(made["orgId"], app.tenant.account.org_id);
        for by in ["createdBy", "modifiedBy"] {
            assert_eq!(made[by], app.tenant.account.owner_id);
        }
        assert_eq!(made["createdDate"], "2026-01-05T09:00:00.000Z");
        assert_eq!(made["mapping"], json!({"users": [], "groups": [], "bots": []}));
        for (key, value) in [("isASystemRole", json!(false)), ("isDefault", json!(false)), ("rStatus", json!("unpublished")),
            ("category", json!("admin")), ("_product", json!("Bots")), ("__v", json!(0)), ("audit", json!([])), ("_userAndGroups", json!([]))] {
            assert_eq!(made[key], value, "{key}");
        }
        assert_eq!(made["permissions"], json!({"Invite": "YES", "__proto__": "YES"}));
        let users = app.get("/api/public/alluserroles").await.json();
        assert_eq!(users["users"][1]["adminRoles"], json!([]));
    }

    async fn a_huge_file_is_refused_before_it_is_in_memory_many_times_over(app: TestApp) {
        let mut content = b"[".to_vec();
        while content.len() < 64 * MIB - 64 {
            content.extend_from_slice(br#"{"role":"a","permissions":{}},"#);
        }
        content.extend_from_slice(b"{}]");
        let errors = refused(&app, "bot", &content).await;
        assert!(errors[0]["detail"].as_str().is_some_and(|told| told.contains("more than 1000000 values")), "{errors}");
    }

    async fn imports_at_once_leave_what_one_of_them_wants(app: TestApp) {
        let first = roles(&[("A", "r1"), ("B", "r2"), ("C", "r3")]);
        let second = roles(&[("B", "r1"), ("A", "r2"), ("D", "r4")]);
        let app = Arc::new(app);
        let mut imports = Vec::new();
        for file in [&first, &second, &first, &second, &first, &second] {
            let file_id = app.upload(file.as_bytes()).await;
            let app = Arc::clone(&app);
            imports.push(tokio::spawn(async move {
                app.post("/api/public/roles/import?roleType=bot&fullImport=true", json!({"fileId": file_id})).await.status
            }));
        }
        for import in imports {
            assert_eq!(import.await.expect("the import ends"), StatusCode::OK);
        }
        let left: Value = export(&app, "bot").await.as_array().expect("roles").iter().skip(3).cloned().collect();
        let findings = doctor::check(&app.server.core).await;
        assert!(findings.iter().all(|finding| finding.is_ok), "{findings:?}");
        let mut left: Vec<_> = each(&left, "role").into_iter().zip(each(&left, "refId")).collect();
        left.sort();
        let wanted = |list: [(&str, &str); 3]| list.map(|(name, ref_id)| (name.to_owned(), ref_id.to_owned())).to_vec();
        assert!(
            left == wanted([("A", "r1"), ("B", "r2"), ("C", "r3")]) || left == wanted([("A", "r2"), ("B", "r1"), ("D", "r4")]),
            "{left:?}"
        );
    }

    async fn an_import_that_is_cut_off_anywhere_did_all_of_it_or_nothing(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let ids = each(&import(&app, "admin", ADMIN_ROLES).await.json(), "_id");
        let body = json!([{"roleId": ids[0], "addUsers": ["ann@acme.example"]}]);
        assert_eq!(app.post("/api/public/adminroles/assignments", body).await.status, StatusCode::OK);
        let path = "/api/public/roles/import?roleType=admin&fullImport=true";
        let files = [ANSWER_OF_AN_IMPORT, ADMIN_ROLES];
        let wanted = files.map(|file| granted(&serde_json::from_str(file).expect("JSON")));
        let mut file_ids = Vec::new();
        for file in files {
            file_ids.push(app.upload(file.as_bytes()).await);
        }
        let mut n_cut_off = 0;
        for n_waits in 0..24 {
            let body = json!({"fileId": file_ids[n_waits % 2]});
            let reply = cut_off_after(n_waits, app.post(path, body)).await;
            n_cut_off += usize::from(reply.is_none());
            let left = granted(&export(&app, "admin").await);
            assert!(wanted.contains(&left), "after {n_waits} waits: {left:?}");
        }
        assert!(n_cut_off > 0, "nothing was cut off");
        for (file_id, wanted) in file_ids.iter().zip(&wanted) {
            let reply = app.post(path, json!({"fileId": file_id})).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
            assert_eq!(granted(&export(&app, "admin").await), *wanted);
        }
        let findings = doctor::check(&app.server.core).await;
        assert!(findings.iter().all(|finding| finding.is_ok), "{findings:?}");
    }
}
