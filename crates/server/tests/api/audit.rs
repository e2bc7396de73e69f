//! `/api/v1/audit`: looking through the log, one entry with its place in the chain, and the log taken out.

use axum::http::StatusCode;
use rolecall_testkit::{Reply, TestApp, each_engine};
use serde_json::{Value, json};

use super::users::staff;

const LIST: &str = "/api/v1/audit";

fn events(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let entries = reply.json()["entries"].as_array().expect("entries").clone();
    entries.iter().map(|entry| entry["event"].as_str().expect("an event").to_owned()).collect()
}

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.headers["content-type"], "application/x-ndjson");
    reply.body.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

/// The attributes that each class requires, and those it takes, of which the export uses some: as the
/// schema files of OCSF 1.9 have them (`events/iam`, `events/base_event`, `profiles/record_integrity`).
fn check_class(event: &Value) {
    let uid = event["class_uid"].as_u64().expect("a class");
    let activity = event["activity_id"].as_u64().expect("an activity");
    let (name, target, own, activities): (_, _, &[&str], &[u64]) = match uid {
        3002 => {
            ("Authentication", "user", &["auth_factors", "is_mfa", "is_remote", "service", "session", "user"], &[1, 2])
        }
        3004 => ("Entity Management", "entity", &["entity"], &[1, 3, 4, 99]),
        3006 => (
            "Group Management",
            "group",
            &["group", "privileges", "resource", "subgroup", "user"],
            &[1, 2, 3, 4, 5, 6, 7, 8, 99],
        ),
        3007 => {
            ("User Management", "user", &["user", "updated_user", "iam_roles", "resources"], &[1, 2, 3, 8, 9, 16, 17])
        }
        3008 => ("Role Management", "iam_role", &["iam_role", "updated_role"], &[1, 2, 3]),
        _ => ("", "", &[], &[]),
    };
    assert_eq!((&event["class_name"], &event["category_uid"]), (&json!(name), &json!(3)), "{event}");
    assert_eq!(event["type_uid"], json!(uid * 100 + activity), "{event}");
    assert!(activities.contains(&activity), "{event}");
    assert!(event[target]["uid"].as_str().is_some_and(|id| !id.is_empty()), "{event}");
    let base = [
        "activity_id",
        "activity_name",
        "actor",
        "attestation_list",
        "category_name",
        "category_uid",
        "class_name",
        "class_uid",
        "message",
        "metadata",
        "severity",
        "severity_id",
        "status",
        "status_id",
        "time",
        "type_name",
        "type_uid",
        "unmapped",
    ];
    for key in event.as_object().expect("an object").keys() {
        assert!(base.contains(&key.as_str()) || own.contains(&key.as_str()), "{name} has no attribute {key}");
    }
    for key in base {
        assert!(!event[key].is_null(), "{key} of {event}");
    }
    assert_eq!(event["metadata"]["version"], "1.9.0");
    assert_eq!(event["metadata"]["profiles"], json!(["record_integrity"]));
    assert!(event["metadata"]["product"]["vendor_name"].is_string());
    assert!(event["time"].is_i64() && event["severity_id"] == 1);
    let actor = &event["actor"];
    assert!(
        actor["app_uid"].is_string() || actor["user"]["uid"].is_string() || actor["user"]["name"].is_string(),
        "{event}"
    );
}

each_engine! {
    async fn entries_are_found_by_every_filter(app: TestApp) {
        let staff = staff(&app).await;
        let app_actor = format!("app:{}", app.tenant.client_id);
        for (query, expected) in [
            ("event=Group%20Created".to_owned(), vec!["Group Created"; 3]),
            (format!("target={}&event=Group%20Created", staff.groups[1].id), vec!["Group Created"]),
            (format!("actor={app_actor}&event=User%20Modified"), vec!["User Modified"; 2]),
            ("actor=operator&event=User%20Modified".to_owned(), vec![]),
            ("text=CREW&event=Group%20Created".to_owned(), vec!["Group Created"]),
            ("text=no%20such%20thing".to_owned(), vec![]),
            (format!("target={}&from=2026-01-05T09:00:01Z", staff.users[2].id), vec!["Admin Role Assigned to Users"]),
            ("to=2026-01-05T09:00:00Z".to_owned(), vec![]),
        ] {
            assert_eq!(events(&app.get(&format!("{LIST}?{query}")).await), expected, "{query}");
        }
        let whole = events(&app.get(&format!("{LIST}?limit=1000")).await);
        let (mut all, mut path) = (Vec::new(), format!("{LIST}?limit=7"));
        loop {
            let reply = app.get(&path).await;
            all.extend(events(&reply));
            let Some(cursor) = reply.json()["nextCursor"].as_str().map(str::to_owned) else { break };
            path = format!("{LIST}?limit=7&cursor={cursor}");
        }
        assert_eq!(all, whole);
        for (query, place) in [("event=Nothing", "event"), ("from=yesterday", "from"), ("cursor=AAAA", "cursor"), ("limit=0", "limit")] {
            let reply = app.get(&format!("{LIST}?{query}")).await;
            assert_eq!((reply.status, &reply.json()["errors"][0]["pointer"]), (StatusCode::BAD_REQUEST, &json!(place)), "{query}");
        }
    }

    async fn an_entry_shows_what_was_and_whether_the_chain_holds_there(app: TestApp) {
        let staff = staff(&app).await;
        let found = app.get(&format!("{LIST}?event=User%20Modified&target={}", staff.users[0].id)).await.json();
        let path = format!("{LIST}/{}", found["entries"][0]["auditLogId"].as_str().expect("an id"));
        let told = app.get(&path).await;
        insta::assert_snapshot!("entry", told.body.replace(&app.tenant.client_id, "<app>"));
        let number = told.json()["chain"]["number"].as_i64().expect("a number");
        for id in ["1", "000000000000000000000000", &found["entries"][0]["auditLogId"].as_str().expect("an id").replace('1', "2")] {
            assert_eq!(app.get(&format!("{LIST}/{id}")).await.status, StatusCode::NOT_FOUND, "{id}");
        }

        // A hand in the database is seen, at the entry itself and at the one before.
        app.db.tamper(&format!("UPDATE audit_entries SET description = 'Nothing happened' WHERE seq = {number}")).await;
        assert_eq!(app.get(&path).await.json()["chain"]["holds"], false);
        let native = lines(&app.get(&format!("{LIST}/export?format=native")).await);
        let id_of = |number: i64| {
            let entry = native.iter().find(|entry| entry["number"] == number).expect("an entry");
            entry["auditLogId"].as_str().expect("an id").to_owned()
        };
        let holds = async |number| app.get(&format!("{LIST}/{}", id_of(number))).await.json()["chain"]["holds"].clone();
        assert_eq!(holds(number - 1).await, false);
        assert_eq!(holds(1).await, true);
        let last = native.last().expect("the last")["number"].as_i64().expect("a number");
        assert_eq!(holds(last).await, true);
        app.db.tamper("UPDATE accounts SET audit_hash = 'x'").await;
        assert_eq!(holds(last).await, false);
    }

    async fn the_log_is_taken_out_in_the_classes_of_the_framework(app: TestApp) {
        let staff = staff(&app).await;
        let person = app.sign_in("ben@acme.example").await;
        assert_eq!(app.form_as(&person, "/console/sign-out", &[]).await.status, StatusCode::SEE_OTHER);
        let removed = json!({"deleteEmailIds": ["ann@acme.example"]});
        assert_eq!(app.delete("/api/public/users", removed).await.status, StatusCode::OK);
        let native = lines(&app.get(&format!("{LIST}/export?format=native")).await);
        let ocsf = lines(&app.get(&format!("{LIST}/export")).await);
        assert_eq!(ocsf.len(), native.len());
        assert!(native.len() > 20, "only {} entries", native.len());
        let mut before = Value::from("");
        for (event, entry) in ocsf.iter().zip(&native) {
            check_class(event);
            assert_eq!(&event["unmapped"], entry);
            assert_eq!(entry["previousHash"], before, "the chain is whole");
            before = entry["hash"].clone();
            let attestation = &event["attestation_list"][0];
            assert_eq!(attestation["fingerprint"]["value"], before);
            assert_eq!(attestation["fingerprint"]["algorithm_id"], 3);
            let previous = &attestation["prev_event"]["fingerprint"]["value"];
            assert_eq!(previous.as_str().unwrap_or_default(), entry["previousHash"].as_str().expect("a hash"));
        }
        let one_of_each: Vec<String> = ["User Created", "User Modified", "Bot Role Assigned", "Role Assigned to Groups", "Groups Added to Group", "Role Created", "Password Set", "Signed In", "Signed Out"]
            .iter()
            .filter_map(|name| ocsf.iter().find(|event| event["metadata"]["event_code"] == *name))
            .map(|event| {
                let mut event = event.clone();
                event.as_object_mut().expect("an object").remove("unmapped");
                format!("{event:#}").replace(&app.tenant.client_id, "<app>")
            })
            .collect();
        insta::assert_snapshot!("ocsf", one_of_each.join("\n"));
        for (from, expected) in [("09:00:00.001Z", vec!["Admin Role Assigned to Users"]), ("09:00:01.001Z", vec![])] {
            let query = format!("format=native&target={}&from=2026-01-05T{from}", staff.users[2].id);
            let some = lines(&app.get(&format!("{LIST}/export?{query}")).await);
            assert_eq!(some.iter().map(|entry| &entry["event"]).collect::<Vec<_>>(), expected, "{from}");
        }
        assert_eq!(app.get(&format!("{LIST}/export?format=xml")).await.status, StatusCode::BAD_REQUEST);
    }
}
