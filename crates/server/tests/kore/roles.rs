use axum::http::{Method, StatusCode};
use rolecall_testkit::{Request, TestApp, each_engine};

each_engine! {
    async fn the_list_of_bot_roles_begins_with_the_built_in_ones(app: TestApp) {
        let reply = app.get("/api/public/roles?roleType=bot&limit=2").await;
        insta::assert_snapshot!("roles_bot_limit_2", reply.shown());
    }

    async fn the_list_of_admin_roles_has_the_master_admin(app: TestApp) {
        let reply = app.get("/api/public/roles?roleType=admin").await;
        insta::assert_snapshot!("roles_admin", reply.shown());
    }

    async fn a_cursor_goes_on_where_the_page_ended(app: TestApp) {
        let first = app.get("/api/public/roles?roleType=bot&limit=2").await.json();
        let cursor = first["nextCursor"].as_str().expect("more is to come");
        let second = app.get(&format!("/api/public/roles?roleType=bot&limit=2&cursor={cursor}")).await.json();
        assert_eq!(second["roles"][0]["role"], "Bot Tester");
        assert_eq!(second["availableMore"], false);
        assert_eq!(second.get("nextCursor"), None);
    }

    async fn a_cursor_of_another_account_is_refused(app: TestApp) {
        let first = app.get("/api/public/roles?roleType=bot&limit=2").await.json();
        let cursor = first["nextCursor"].as_str().expect("more is to come");
        let other = app.another_tenant().await;
        let path = format!("/api/public/roles?roleType=bot&cursor={cursor}");
        let reply = app.send(Request::new(Method::GET, &path).token(&other.token)).await;
        assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{}", reply.body);
    }

    async fn a_missing_or_unknown_role_type_is_told(app: TestApp) {
        for query in ["", "?roleType=", "?roleType=owner", "?roleType=admin&roleType=bot"] {
            let reply = app.get(&format!("/api/public/roles{query}")).await;
            assert_eq!(reply.status, StatusCode::PRECONDITION_FAILED, "{query}");
            assert_eq!(reply.json()["errors"][0]["path"], "roleType", "{query}");
        }
    }
}
