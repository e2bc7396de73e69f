//! What a person decides about itself.

use axum::http::StatusCode;
use rolecall_testkit::{PASSWORD, TestApp, each_engine};

each_engine! {
    async fn a_person_changes_its_password(app: TestApp) {
        let one = app.sign_in("owner@acme.example").await;
        let two = app.sign_in("owner@acme.example").await;
        let change = |password: &'static str, new: &'static str, again: &'static str| {
            let two = two.clone();
            let app = &app;
            async move {
                let fields = [("password", password), ("new", new), ("again", again)];
                app.form_as(&two, "/console/account/password", &fields).await
            }
        };
        for (password, new, again, status) in [
            ("something else", "a new password", "a new password", StatusCode::UNAUTHORIZED),
            (PASSWORD, "a new password", "another", StatusCode::UNPROCESSABLE_ENTITY),
            (PASSWORD, "zz-77", "zz-77", StatusCode::UNPROCESSABLE_ENTITY),
        ] {
            let reply = change(password, new, again).await;
            assert_eq!(reply.status, status);
            assert!(reply.body.contains(r#"role="alert""#) && !reply.body.contains(new), "{}", reply.body);
        }
        assert_eq!(change(PASSWORD, "a new password", "a new password").await.status, StatusCode::SEE_OTHER);
        assert_eq!(app.get_as(&two, "/console/account").await.status, StatusCode::OK);
        assert_eq!(app.get_as(&one, "/console/account").await.status, StatusCode::SEE_OTHER, "other sessions are over");
    }

    async fn a_person_ends_its_other_sessions(app: TestApp) {
        let one = app.sign_in("owner@acme.example").await;
        let two = app.sign_in("owner@acme.example").await;
        let three = app.sign_in("owner@acme.example").await;
        let page = app.get_as(&three, "/console/account").await.body;
        assert_eq!(page.matches(r#"name="session""#).count(), 2);
        assert_eq!(app.form_as(&three, "/console/account/sessions/end", &[]).await.status, StatusCode::SEE_OTHER);
        for over in [&one, &two] {
            assert_eq!(app.get_as(over, "/console/account").await.status, StatusCode::SEE_OTHER);
        }
        assert_eq!(app.get_as(&three, "/console/account").await.status, StatusCode::OK);
    }

    async fn nothing_a_browser_calls_itself_comes_out_as_html(app: TestApp) {
        use axum::http::Method;
        use rolecall_testkit::Request;

        let ann = app.sign_in("owner@acme.example").await;
        let fields = format!("email=owner%40acme.example&password={}", PASSWORD.replace(' ', "+"));
        let sent = Request::new(Method::POST, "/console/sign-in")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("user-agent", "<script>alert(1)</script>")
            .bytes(fields.into_bytes());
        assert_eq!(app.send(sent).await.status, StatusCode::SEE_OTHER);
        let page = app.get_as(&ann, "/console/account").await.body;
        assert!(!page.contains("<script>alert") && page.contains("&#60;script&#62;alert"), "{page}");
    }
}
