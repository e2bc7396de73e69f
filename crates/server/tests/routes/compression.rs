//! Answers in gzip, for who takes it.

use std::io::Read as _;

use axum::http::{Method, StatusCode};
use rolecall_testkit::{Reply, Request, TestApp, each_engine};
use serde_json::{Value, json};

const ROLES: &str = "/api/public/roles?roleType=bot";

async fn asked(app: &TestApp, path: &str, takes: &str) -> Reply {
    app.send(Request::new(Method::GET, path).token(&app.tenant.token).header("accept-encoding", takes)).await
}

fn unzipped(reply: &Reply) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(&reply.bytes[..]).read_to_string(&mut text).expect("gzip");
    text
}

each_engine! {
    async fn a_list_of_some_size_is_sent_in_gzip_to_who_takes_it(app: TestApp) {
        let plain = app.get(ROLES).await;
        assert!(plain.body.len() > 1_100, "{}", plain.body);
        assert!(!plain.headers.contains_key("content-encoding"));
        assert_eq!(plain.headers["vary"], "accept-encoding");
        let small = asked(&app, ROLES, "deflate, gzip;q=0.8").await;
        assert_eq!(small.status, StatusCode::OK);
        assert_eq!(small.headers["content-encoding"], "gzip");
        assert_eq!(small.headers["vary"], "accept-encoding");
        assert_eq!(small.headers["etag"], plain.headers["etag"]);
        assert!(small.bytes.len() < plain.bytes.len() / 2, "{}", small.bytes.len());
        assert_eq!(unzipped(&small), plain.body);
    }

    async fn a_long_list_is_the_same_in_gzip(app: TestApp) {
        for half in 0..2 {
            let users = (0..500).map(|n| {
                let email = format!("{}.{half}.{n}@acme.example", "somebody".repeat(7));
                json!({"userInfo": {"emailId": email, "firstName": "Some", "lastName": "Body"}})
            });
            let reply = app.post("/api/public/users", json!({"users": users.collect::<Vec<Value>>()})).await;
            assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        }
        let path = "/api/public/alluserroles?limit=1000";
        let plain = app.get(path).await;
        assert!(plain.bytes.len() > 256 << 10, "{}", plain.bytes.len());
        assert_eq!(unzipped(&asked(&app, path, "gzip").await), plain.body);
    }

    async fn what_is_small_or_no_json_or_not_wanted_is_sent_as_it_is(app: TestApp) {
        for (path, takes) in
            [("/api/public/groups", "gzip"), ("/docs/", "gzip"), ("/metrics", "gzip"), (ROLES, "br"), (ROLES, "gzip;q=0")]
        {
            let reply = asked(&app, path, takes).await;
            assert_eq!(reply.status, StatusCode::OK, "{path}");
            assert!(!reply.headers.contains_key("content-encoding"), "{path} {takes}");
        }
    }
}
