//! The way in and out.

use axum::http::{Method, StatusCode};
use rolecall_control::sign_in;
use rolecall_testkit::{PASSWORD, Reply, Request, SignedIn, TestApp, each_engine, totp};
use secrecy::ExposeSecret as _;

const COOKIE: &str = "__Host-rolecall";

async fn link(app: &TestApp, email: &str) -> String {
    let link = sign_in::make_link_by_email(&app.operator(), email).await.expect("a link");
    format!("/console/set-up/{}", link.token.expose_secret())
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Reply {
    app.send(Request::form("/console/sign-in", &[("email", email), ("password", password)])).await
}

each_engine! {
    async fn a_link_leads_to_a_password_and_a_password_in(app: TestApp) {
        let path = link(&app, "owner@acme.example").await;
        let page = app.send(Request::new(Method::GET, &path)).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("owner@acme.example") && page.body.contains("Acme"));
        for (new, again, told) in [(PASSWORD, "something else", "not the same"), ("short", "short", "too short")] {
            let refused = app.send(Request::form(&path, &[("new", new), ("again", again)])).await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
            assert!(refused.body.contains(told), "{}", refused.body);
            assert_eq!(refused.cookie(COOKIE), None);
        }
        let done = app.send(Request::form(&path, &[("new", PASSWORD), ("again", PASSWORD)])).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/console"));
        assert!(done.cookie(COOKIE).is_some());
        for _ in 0..2 {
            let used = app.send(Request::new(Method::GET, &path)).await;
            assert_eq!(used.status, StatusCode::NOT_FOUND, "it counts once");
        }
        let used = app.send(Request::form(&path, &[("new", "another one"), ("again", "another one")])).await;
        assert_eq!(used.status, StatusCode::NOT_FOUND);

        let reply = sign_in(&app, "owner@acme.example", PASSWORD).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console"));
    }

    async fn the_cookie_is_for_this_host_over_tls_and_for_no_script(app: TestApp) {
        app.sign_in("owner@acme.example").await;
        let reply = sign_in(&app, "owner@acme.example", PASSWORD).await;
        let set: Vec<&str> = reply.headers.get_all("set-cookie").iter().map(|v| v.to_str().expect("text")).collect();
        assert_eq!(set.len(), 1, "{set:?}");
        let (pair, attributes) = set[0].split_once("; ").expect("attributes");
        assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax");
        let (_, token) = pair.split_once('=').expect("a token");
        assert_eq!(token.len(), 43, "32 bytes in base64url");
        assert_eq!(reply.headers["cache-control"], "no-store");
    }

    async fn a_session_that_somebody_brought_along_is_never_the_one_that_is_given(app: TestApp) {
        let ann = app.sign_in("owner@acme.example").await;
        let planted = SignedIn { cookie: format!("{COOKIE}=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA") };
        let fields = [("email", "owner@acme.example"), ("password", PASSWORD)];
        for before in [&planted, &ann] {
            let reply = app.form_as(before, "/console/sign-in", &fields).await;
            let given = reply.cookie(COOKIE).expect("a session");
            assert_ne!(given, before.cookie);
            assert_eq!(app.get_as(&planted, "/api/v1/sessions").await.status, StatusCode::UNAUTHORIZED);
        }
    }

    async fn whoever_cannot_be_let_in_is_told_one_thing(app: TestApp) {
        app.sign_in("owner@acme.example").await;
        app.users(["ben@acme.example"]).await;
        let mut answers = Vec::new();
        for (email, password) in [
            ("owner@acme.example", "something else"),
            ("ben@acme.example", PASSWORD),
            ("nobody@acme.example", PASSWORD),
            ("nobody@acme.example", ""),
        ] {
            let before = app.server.gate.hasher.n_hashed();
            let reply = sign_in(&app, email, password).await;
            assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
            assert_eq!(reply.cookie(COOKIE), None);
            assert_eq!(app.server.gate.hasher.n_hashed() - before, 1);
            assert!(!reply.body.contains("something else"), "a password does not come back");
            answers.push(reply.body.replace(email, "<email>"));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    }

    async fn after_ten_failures_it_takes_a_pause(app: TestApp) {
        app.sign_in("owner@acme.example").await;
        for _ in 0..10 {
            assert_eq!(sign_in(&app, "owner@acme.example", "something else").await.status, StatusCode::UNAUTHORIZED);
        }
        let reply = sign_in(&app, "owner@acme.example", PASSWORD).await;
        assert_eq!(reply.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(reply.headers["retry-after"], "900");
    }

    async fn a_form_of_another_site_signs_nobody_in_or_out(app: TestApp) {
        let ann = app.sign_in("owner@acme.example").await;
        let sent = |path: &str, site: Option<(&'static str, &str)>| {
            let fields = format!("email=owner%40acme.example&password={}", PASSWORD.replace(' ', "+"));
            let request = Request::new(Method::POST, path)
                .header("content-type", "application/x-www-form-urlencoded")
                .header("host", "rolecall.example")
                .header("cookie", &ann.cookie)
                .bytes(fields.into_bytes());
            app.send(match site {
                Some((name, value)) => request.header(name, value),
                None => request,
            })
        };
        for path in ["/console/sign-in", "/console/sign-out", "/console/confirm", "/console/account/password", "/console/account/generator", "/console/account/sessions/end"] {
            for site in [
                Some(("sec-fetch-site", "cross-site")),
                Some(("sec-fetch-site", "same-site")),
                Some(("origin", "https://evil.example")),
                Some(("origin", "null")),
                None,
            ] {
                let reply = sent(path, site).await;
                assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} {site:?}");
                assert!(reply.headers.get("set-cookie").is_none(), "{path} {site:?}");
            }
        }
        assert_eq!(app.get_as(&ann, "/api/v1/sessions").await.status, StatusCode::OK, "nothing happened");
        let own = sent("/console/sign-in", Some(("origin", "https://rolecall.example"))).await;
        assert_eq!(own.status, StatusCode::SEE_OTHER, "an old browser's form of our own");
    }

    async fn nobody_is_led_to_another_site(app: TestApp) {
        app.sign_in("owner@acme.example").await;
        for next in ["https://evil.example", "//evil.example", "/\\evil.example", "/console@evil.example", "javascript:alert(1)", "/console/\r\nset-cookie: a=b", "/api/v1/sessions"] {
            let fields = [("email", "owner@acme.example"), ("password", PASSWORD), ("next", next)];
            let reply = app.send(Request::form("/console/sign-in", &fields)).await;
            assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console"), "{next}");
            let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            let page = app.send(Request::new(Method::GET, &format!("/console/sign-in?next={query}"))).await;
            assert!(page.body.contains(r#"name="next" value="/console""#), "{next}");
        }
        let fields = [("email", "owner@acme.example"), ("password", PASSWORD), ("next", "/console/account?x=1")];
        assert_eq!(app.send(Request::form("/console/sign-in", &fields)).await.location(), "/console/account?x=1");
    }

    async fn whoever_is_not_signed_in_is_led_to_where_one_does_and_back(app: TestApp) {
        let reply = app.send(Request::new(Method::GET, "/console/account?x=1")).await;
        assert_eq!(reply.status, StatusCode::SEE_OTHER);
        assert_eq!(reply.location(), "/console/sign-in?next=%2Fconsole%2Faccount%3Fx%3D1");
        let page = app.send(Request::new(Method::GET, reply.location())).await;
        assert!(page.body.contains(r#"value="/console/account?x=1""#), "{}", page.body);
    }

    async fn signing_out_ends_the_session_and_takes_the_cookie_back(app: TestApp) {
        let ann = app.sign_in("owner@acme.example").await;
        let reply = app.form_as(&ann, "/console/sign-out", &[]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console/sign-in"));
        assert_eq!(reply.headers["set-cookie"], "__Host-rolecall=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax");
        assert_eq!(app.get_as(&ann, "/api/v1/sessions").await.status, StatusCode::UNAUTHORIZED);
        let again = app.form_as(&ann, "/console/sign-out", &[]).await;
        assert_eq!(again.status, StatusCode::SEE_OTHER, "also without one");
        let by_link = app.get_as(&ann, "/console/sign-out").await;
        assert_eq!(by_link.status, StatusCode::METHOD_NOT_ALLOWED, "a picture on a page signs nobody out");
    }

    async fn the_account_is_asked_for_where_there_are_several(app: TestApp) {
        let path = "/console/sign-in?account=5bca33e75513765737ef9cae";
        assert!(!app.send(Request::new(Method::GET, path)).await.body.contains(r#"name="account""#));
        app.sign_in("owner@acme.example").await;
        let other = app.another_tenant().await;
        let page = app.send(Request::new(Method::GET, path)).await;
        assert!(page.body.contains(r#"value="5bca33e75513765737ef9cae""#), "{}", page.body);
        for (account, status) in [
            (app.tenant.account.account_id.as_str(), StatusCode::SEE_OTHER),
            (other.account.account_id.as_str(), StatusCode::UNAUTHORIZED),
            ("", StatusCode::UNAUTHORIZED),
        ] {
            let fields = [("account", account), ("email", "owner@acme.example"), ("password", PASSWORD)];
            assert_eq!(app.send(Request::form("/console/sign-in", &fields)).await.status, status, "{account}");
        }
    }

    async fn a_second_factor_is_asked_for_between_the_password_and_the_session(app: TestApp) {
        let ann = app.sign_in("owner@acme.example").await;
        assert_eq!(app.form_as(&ann, "/console/account/generator", &[]).await.status, StatusCode::SEE_OTHER);
        let page = app.get_as(&ann, "/console/account").await.body;
        let secret = page.split("<code>").nth(2).and_then(|rest| rest.split("</code>").next()).expect("a secret");
        let secret = secret.replace(' ', "");
        assert!(page.contains("<svg class=\"qr\"") && !page.contains("style="));
        let wrong = app.form_as(&ann, "/console/account/generator/confirm", &[("code", "000000")]).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        let code = totp(&secret, app.operator().now());
        let shown = app.form_as(&ann, "/console/account/generator/confirm", &[("code", &code)]).await;
        assert_eq!((shown.status, shown.body.matches("<li><code>").count()), (StatusCode::OK, 10));
        assert!(!app.get_as(&ann, "/console/account").await.body.contains(&secret), "it is not shown again");

        app.clock.advance_ms(30_000);
        let fields = [("email", "owner@acme.example"), ("password", PASSWORD), ("next", "/console/account")];
        let half = app.send(Request::form("/console/sign-in", &fields)).await;
        assert_eq!(half.location(), "/console/second-factor?next=%2Fconsole%2Faccount");
        let half = SignedIn { cookie: half.cookie(COOKIE).expect("half a session") };
        for path in ["/console/account", "/console/confirm"] {
            let reply = app.get_as(&half, path).await;
            assert!(reply.location().starts_with("/console/sign-in"), "{path}");
        }
        assert_eq!(app.get_as(&half, "/api/v1/sessions").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.get_as(&half, "/console/second-factor").await.status, StatusCode::OK);
        let wrong = app.form_as(&half, "/console/second-factor", &[("code", &code)]).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "that one was used");
        let code = totp(&secret, app.operator().now());
        let whole = app.form_as(&half, "/console/second-factor", &[("code", &code), ("next", "/console/account")]).await;
        assert_eq!((whole.status, whole.location()), (StatusCode::SEE_OTHER, "/console/account"));
        let whole = SignedIn { cookie: whole.cookie(COOKIE).expect("a session") };
        assert_ne!(whole.cookie, half.cookie);
        assert_eq!(app.get_as(&whole, "/console/account").await.status, StatusCode::OK);
    }

    async fn what_cannot_be_undone_takes_the_password_once_more_after_a_while(app: TestApp) {
        let ann = app.sign_in("owner@acme.example").await;
        app.clock.advance_ms(10 * 60_000);
        let reply = app.form_as(&ann, "/console/account/generator", &[]).await;
        assert_eq!((reply.status, reply.location()), (StatusCode::SEE_OTHER, "/console/confirm?next=%2Fconsole"));
        let wrong = app.form_as(&ann, "/console/confirm", &[("password", "something else")]).await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        let fields = [("password", PASSWORD), ("next", "//evil.example")];
        let done = app.form_as(&ann, "/console/confirm", &fields).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/console"));
        let renewed = SignedIn { cookie: done.cookie(COOKIE).expect("a new token") };
        assert_ne!(renewed.cookie, ann.cookie);
        assert_eq!(app.get_as(&ann, "/api/v1/sessions").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.form_as(&renewed, "/console/account/generator", &[]).await.location(), "/console/account#generator");
    }
}
