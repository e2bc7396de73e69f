use axum::http::{Method, StatusCode};
use rolecall_testkit::{Request, TestApp, each_engine};
use serde_json::Value;

const HOUR_MS: i64 = 3_600_000;

async fn logs(app: &TestApp, query: &str) -> Value {
    let reply = app.get(&format!("/api/public/auditlogs{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.body);
    reply.json()
}

fn ids(logs: &Value) -> Vec<String> {
    let entries = logs["auditlogs"].as_array().expect("entries").iter();
    entries.map(|entry| entry["AuditLogId"].as_str().expect("an id").to_owned()).collect()
}

/// Five uploads, an hour between; the first at ten o'clock.
async fn five_hours(app: &TestApp) {
    for _ in 0..5 {
        app.clock.advance_ms(HOUR_MS);
        app.upload(b"[]").await;
    }
}

each_engine! {
    async fn entries_are_told_in_the_vendors_words_newest_first(app: TestApp) {
        app.clock.advance_ms(1_234);
        app.upload(b"[]").await;
        let reply = app.get("/api/public/auditlogs?size=50&offset=0").await;
        insta::assert_snapshot!("audit_logs", reply.shown());
    }

    async fn pages_by_number_and_by_cursor_show_each_entry_once(app: TestApp) {
        five_hours(&app).await;
        let all = logs(&app, "").await;
        let all_ids = ids(&all);
        assert_eq!(all["total"], all_ids.len());
        assert_eq!(all["moreAvailable"], false);

        let mut by_number = Vec::new();
        for offset in 0.. {
            let page = logs(&app, &format!("?size=4&offset={offset}")).await;
            assert_eq!(page["total"], all["total"]);
            by_number.extend(ids(&page));
            if page["moreAvailable"] == false {
                break;
            }
        }
        assert_eq!(by_number, all_ids);

        let mut by_cursor = ids(&logs(&app, "?size=4").await);
        loop {
            let last = by_cursor.last().expect("an entry");
            // What happens meanwhile shifts no page.
            let page = logs(&app, &format!("?size=4&fetchAfter={last}")).await;
            app.upload(b"[]").await;
            by_cursor.extend(ids(&page));
            if page["moreAvailable"] == false {
                break;
            }
        }
        assert_eq!(by_cursor, all_ids);
    }

    async fn days_and_instants_bound_the_time_and_belong_to_it(app: TestApp) {
        five_hours(&app).await;
        for (query, total) in [
            ("?fromDate=2026-01-05T10:00:00.000Z", 5),
            ("?fromDate=2026-01-05T10:00:00.001Z", 4),
            ("?fromDate=2026-01-05T10:00:00.000Z&toDate=2026-01-05T12:00:00.000Z", 3),
            ("?fromDate=2026-01-05T10:00:00.000Z&toDate=2026-01-05T11:59:59.999Z", 2),
            ("?fromDate=2026-01-05T10:00:00.000Z&toDate=2026-01-05", 5),
            ("?fromDate=2026-01-06", 0),
            ("?toDate=2026-01-04", 0),
            ("?fromDate=2026-01-06&toDate=2026-01-04", 0),
            ("?fromDate=2026-01-05T12:00:00.000Z&toDate=2026-01-05T10:00:00.000Z", 0),
        ] {
            let page = logs(&app, query).await;
            assert_eq!(page["total"], total, "{query}");
            assert_eq!(ids(&page).len(), total, "{query}");
            assert_eq!(page["moreAvailable"], false, "{query}");
        }
    }

    async fn a_page_past_the_end_is_empty(app: TestApp) {
        for offset in ["10", "9007199254740992", "99999999999999999999999"] {
            let page = logs(&app, &format!("?size=50&offset={offset}")).await;
            assert_eq!(ids(&page).len(), 0, "{offset}");
            assert_eq!(page["moreAvailable"], false, "{offset}");
        }
    }

    async fn no_page_is_longer_than_a_hundred(app: TestApp) {
        for _ in 0..100 {
            app.upload(b"[]").await;
        }
        assert_eq!(ids(&logs(&app, "?size=1000").await).len(), 100);
        assert_eq!(ids(&logs(&app, "").await).len(), 50);
    }

    async fn another_accounts_entries_and_cursors_do_not_exist_here(app: TestApp) {
        let other = app.another_tenant().await;
        let foreign = app.send(Request::new(Method::GET, "/api/public/auditlogs").token(&other.token)).await.json();
        let own = ids(&logs(&app, "").await);
        assert!(ids(&foreign).iter().all(|id| !own.contains(id)));
        for cursor in ids(&foreign) {
            let reply = app.get(&format!("/api/public/auditlogs?fetchAfter={cursor}")).await;
            assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{cursor}: {}", reply.body);
        }
    }

    async fn what_is_no_cursor_time_or_number_is_told(app: TestApp) {
        let id = ids(&logs(&app, "").await).remove(0);
        for (query, path) in [
            ("?size=0", "size"),
            ("?size=-1", "size"),
            ("?offset=-1", "offset"),
            ("?fromDate=yesterday", "fromDate"),
            ("?toDate=2026-13-01", "toDate"),
            ("?fetchAfter=7", "fetchAfter"),
            (&format!("?fetchAfter={}", id.to_uppercase()), "fetchAfter"),
            (&format!("?fetchAfter=0{}", &id[1..]), "fetchAfter"),
            (&format!("?fetchAfter={}ffffffffff", &id[..14]), "fetchAfter"),
        ] {
            let reply = app.get(&format!("/api/public/auditlogs{query}")).await;
            assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{query}: {}", reply.body);
            assert_eq!(reply.json()["errors"][0]["path"], path, "{query}");
        }
    }
}
