use std::sync::Arc;

use axum::http::{Method, StatusCode};
use rolecall_control::files;
use rolecall_model::app::{Kind, Scope};
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::json;

const MIB: usize = 1 << 20;
const DAY_MS: i64 = 24 * 3_600_000;

/// A form as the clients that were found in the wild write it, with `XX` for its boundary.
fn form(parts: &str) -> Request {
    Request::new(Method::POST, "/api/public/uploadfile")
        .header("content-type", "multipart/form-data; boundary=XX")
        .bytes(parts.replace('\n', "\r\n").into_bytes())
}

async fn sent(app: &TestApp, request: Request) -> Reply {
    app.send(request.token(&app.tenant.token)).await
}

/// Whether an import finds the file: one of an empty list of roles answers an empty list.
async fn is_there(app: &TestApp, file_id: &str) -> bool {
    let reply = app.post("/api/public/roles/import?roleType=bot", json!({"fileId": file_id})).await;
    assert!([StatusCode::OK, StatusCode::BAD_REQUEST].contains(&reply.status), "{}", reply.body);
    reply.status == StatusCode::OK
}

each_engine! {
    async fn a_file_gets_an_id_its_hash_and_a_name(app: TestApp) {
        let reply = sent(&app, Request::upload(b"[]")).await;
        insta::assert_snapshot!("upload", reply.shown());
    }

    async fn whatever_clients_put_around_the_file_is_tolerated(app: TestApp) {
        for (client, parts) in [
            (
                "fields before the file, octet-stream, no extension",
                "--XX\nContent-Disposition: form-data; name=\"fileContext\"\n\nbulkImport\n--XX\nContent-Disposition: form-data; name=\"file\"; filename=\"roles\"\nContent-Type: application/octet-stream\n\n[]\n--XX--\n",
            ),
            (
                "fields after it, a path for a type and a name with a slash",
                "--XX\nContent-Disposition: form-data; name=\"file\"; filename=\"data/AdminRolesProd\"\nContent-Type: classpath:data/AdminRolesProd\n\n[]\n--XX\nContent-Disposition: form-data; name=\"fileExtension\"\n\npng\n--XX\nContent-Disposition: form-data; name=\"fileContext\"\n\nbulkImport\n--XX--\n",
            ),
            (
                "no file name, no type, a transfer encoding",
                "--XX\nContent-Disposition: form-data; name=\"file\"\nContent-Transfer-Encoding: binary\n\n[]\n--XX--\n",
            ),
            (
                "a name in another script, single values unquoted, a preamble",
                "for old mail readers\n--XX\nContent-Disposition: form-data; filename=역할.json; name=file\nContent-Type: text/csv; charset=utf-8\n\n[]\n--XX--",
            ),
        ] {
            let reply = sent(&app, form(parts)).await;
            assert_eq!(reply.status, StatusCode::OK, "{client}: {}", reply.body);
            assert_eq!(reply.json()["hash"], "97d170e1550eee4afc0af065b78cda302a97674c", "{client}");
        }
    }

    async fn the_bytes_of_a_file_are_kept_as_they_are(app: TestApp) {
        let content: Vec<u8> = (0..=255).chain(*b"\r\n--X\r\n--").collect();
        let reply = sent(&app, Request::upload(&content)).await;
        assert_eq!(reply.json()["hash"], "c11a43e855a86241318950c4a501f457bd733a84");
    }

    async fn a_form_without_exactly_one_whole_file_is_told(app: TestApp) {
        let file = "--XX\nContent-Disposition: form-data; name=\"file\"\n\n[]\n";
        for (what, request, path) in [
            ("no file", form("--XX\nContent-Disposition: form-data; name=\"File\"\n\n[]\n--XX--\n"), "file"),
            ("two files", form(&format!("{file}{file}--XX--\n")), "file"),
            ("no end", form(file), ""),
            ("nothing", form(""), ""),
            ("JSON", Request::new(Method::POST, "/api/public/uploadfile").json(&json!({"file": "[]"})), ""),
        ] {
            let reply = sent(&app, request).await;
            assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{what}: {}", reply.body);
            assert_eq!(reply.json()["errors"][0]["path"], path, "{what}");
        }
    }

    async fn a_file_may_have_64_mib_and_no_byte_more(app: TestApp) {
        let reply = sent(&app, Request::upload(&vec![b' '; 64 * MIB])).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        for size in [64 * MIB + 1, 66 * MIB] {
            let reply = sent(&app, Request::upload(&vec![b' '; size])).await;
            assert_eq!(
                reply.shown(),
                r#"413
{"errors":[{"msg":"Payload Too Large","code":413,"detail":"The body may have at most 64 MiB."}]}"#,
            );
        }
    }

    async fn more_big_uploads_than_there_is_room_for_wait_for_each_other(app: TestApp) {
        let app = Arc::new(app);
        let uploads: Vec<_> = (0..6_u8)
            .map(|nth| {
                let app = Arc::clone(&app);
                tokio::spawn(async move { sent(&app, Request::upload(&vec![nth; 2 * MIB])).await.status })
            })
            .collect();
        for upload in uploads {
            assert_eq!(upload.await.expect("the upload ends"), StatusCode::OK);
        }
    }

    async fn a_file_of_a_builder_app_is_there_for_the_admin_app_and_for_no_other_account(app: TestApp) {
        let builder = app.app_token(Kind::Builder, &[]).await;
        let reply = app.send(Request::upload(b"[]").token(&builder)).await;
        let file_id = reply.json()["fileId"].as_str().expect("a file id").to_owned();
        assert!(is_there(&app, &file_id).await);

        let other = app.another_tenant().await;
        let import = Request::new(Method::POST, "/api/public/roles/import?roleType=bot").json(&json!({"fileId": file_id}));
        let reply = app.send(import.token(&other.token)).await;
        assert_eq!(reply.json()["errors"][0]["msg"], "Invalid file id");
    }

    async fn a_file_is_forgotten_after_thirty_days(app: TestApp) {
        let old = app.upload(b"[]").await;
        app.clock.advance_ms(DAY_MS);
        let young = app.upload(b"[]").await;
        app.clock.advance_ms(29 * DAY_MS);
        assert_eq!(files::forget_old(&app.server.core).await.expect("the database answers"), 0);
        app.clock.advance_ms(1);
        assert_eq!(files::forget_old(&app.server.core).await.expect("the database answers"), 1);
        assert!(!is_there(&app, &old).await);
        assert!(is_there(&app, &young).await);
    }

    async fn an_upload_is_audited(app: TestApp) {
        let token = app.app_token(Kind::Admin, &[Scope::AuditLogs]).await;
        app.upload(b"[]").await;
        let log = app.send(Request::new(Method::GET, "/api/public/auditlogs?size=1").token(&token)).await;
        assert_eq!(log.json()["auditlogs"][0]["Name"], "File Uploaded", "{}", log.body);
        assert_eq!(log.json()["auditlogs"][0]["Description"], "File of 2 bytes uploaded");
    }
}
