//! Passwords, and guessing them.

use rolecall_control::{
    Ctx,
    sign_in::{self, Refusal},
};
use rolecall_model::ids::AccountNo;
use rolecall_store::Meter;
use rolecall_testkit::{TestApp, each_engine};
use secrecy::ExposeSecret as _;

use super::{PASSWORD, attempt, count, find, with_password};

fn is_wrong<T>(result: &Result<T, Refusal>) -> bool {
    matches!(result, Err(Refusal::Wrong))
}

fn pause<T>(result: &Result<T, Refusal>) -> u64 {
    match result {
        Err(Refusal::TooMany { retry_after_s }) => *retry_after_s,
        _ => 0,
    }
}

/// The context of whoever a session is of.
fn of_session(app: &TestApp, session: &rolecall_control::sessions::Session) -> Ctx {
    Ctx::of_person(&app.server.core, session.person.clone(), Meter::default())
}

each_engine! {
    async fn whatever_is_wrong_gets_one_answer_after_the_same_work(app: TestApp) {
        with_password(&app, "ann@acme.example").await;
        app.users(["ben@acme.example", "eve@acme.example"]).await;
        with_password(&app, "eve@acme.example").await;
        app.db.tamper("UPDATE users SET status = 'not active' WHERE email = 'eve@acme.example'").await;
        let revision = app.revision().await;
        for (email, password) in [
            ("ann@acme.example", "something else"),
            ("ann@acme.example", ""),
            ("ann@acme.example", "x"),
            (&*format!("ann@acme.example{}", "\u{200b}x"), PASSWORD),
            ("ben@acme.example", PASSWORD),
            ("eve@acme.example", PASSWORD),
            ("nobody@acme.example", PASSWORD),
            ("", &*"long".repeat(400)),
        ] {
            let before = app.server.gate.hasher.n_hashed();
            let result = attempt(&app, email, password).await;
            assert!(is_wrong(&result), "{email}: {result:?}");
            assert_eq!(app.server.gate.hasher.n_hashed() - before, 1, "{email}");
        }
        assert_eq!(app.revision().await, revision, "failures change nothing of the account");
        let let_in = attempt(&app, " ANN@acme.example", PASSWORD).await.expect("any case and spaces around");
        let session = find(&app, &let_in.begun.token).await.expect("a session");
        assert_eq!((session.person.email.as_str(), session.methods.as_str()), ("ann@acme.example", "password"));
        assert_eq!(count(&app, "Signed In").await, 3);
    }

    async fn another_account_is_named_or_nobody_is_let_in(app: TestApp) {
        with_password(&app, "ann@acme.example").await;
        let other = app.another_tenant().await;
        assert!(is_wrong(&attempt(&app, "ann@acme.example", PASSWORD).await), "there are two accounts now");
        let (core, gate) = (&app.server.core, &app.server.gate);
        for (account, is_let_in) in [(&app.tenant.account.account_id, true), (&other.account.account_id, false)] {
            let password = PASSWORD.to_owned().into();
            let attempt = sign_in::Attempt { account: Some(account), email: "ann@acme.example", password };
            let result = sign_in::with_password(core, gate, &Meter::default(), sign_in::Visitor::default(), &attempt).await;
            assert_eq!(result.is_ok(), is_let_in);
        }
    }

    async fn after_ten_failures_a_person_waits_on_every_node(app: TestApp) {
        let mut app = app;
        with_password(&app, "ann@acme.example").await;
        with_password(&app, "ben@acme.example").await;
        for n in 0..10 {
            assert!(is_wrong(&attempt(&app, "ann@acme.example", "something else").await), "{n}");
            assert_eq!(count(&app, "Sign-In Blocked").await, usize::from(n == 9), "{n}");
        }
        app.clock.advance_ms(60_000);
        app.restart().await;
        let before = app.server.gate.hasher.n_hashed();
        for email in ["ann@acme.example", " ANN@ACME.example"] {
            assert_eq!(pause(&attempt(&app, email, PASSWORD).await), 14 * 60);
        }
        assert_eq!(app.server.gate.hasher.n_hashed(), before, "nothing is hashed meanwhile");
        assert_eq!(count(&app, "Sign-In Blocked").await, 1);
        attempt(&app, "ben@acme.example", PASSWORD).await.expect("nobody else waits");
        app.clock.advance_ms(14 * 60_000);
        attempt(&app, "ann@acme.example", PASSWORD).await.expect("the pause is over");
    }

    async fn nobody_learns_from_the_pause_who_is_there(app: TestApp) {
        for _ in 0..10 {
            assert!(is_wrong(&attempt(&app, "nobody@acme.example", PASSWORD).await));
        }
        assert_eq!(pause(&attempt(&app, "nobody@acme.example", PASSWORD).await), 15 * 60);
        assert_eq!(count(&app, "Sign-In Blocked").await, 0, "there is nobody to tell of");
    }

    async fn whoever_was_right_begins_anew(app: TestApp) {
        with_password(&app, "ann@acme.example").await;
        for _ in 0..3 {
            for _ in 0..9 {
                assert!(is_wrong(&attempt(&app, "ann@acme.example", "something else").await));
            }
            attempt(&app, "ann@acme.example", PASSWORD).await.expect("nine failures are not ten");
        }
    }

    async fn a_password_is_changed_by_who_knows_it_and_other_sessions_are_over(app: TestApp) {
        let one = with_password(&app, "ann@acme.example").await;
        let two = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        let link = sign_in::make_link_by_email(&app.operator(), "ann@acme.example").await.expect("a link");
        let session = find(&app, &two.begun.token).await.expect("a session");
        let ctx = of_session(&app, &session);
        let gate = &app.server.gate;
        let change = async |current: &str, new: &str| {
            sign_in::change_password(&ctx, gate, &session, &current.to_owned().into(), &new.to_owned().into()).await
        };
        assert!(is_wrong(&change("something else", "a new password").await));
        assert!(matches!(change(PASSWORD, "short").await, Err(Refusal::BadPassword(_))));
        assert!(find(&app, &one.begun.token).await.is_some());

        change(PASSWORD, "a new password").await.expect("it is changed");
        assert!(find(&app, &one.begun.token).await.is_none());
        assert!(find(&app, &two.begun.token).await.is_some());
        assert!(sign_in::look_up(&app.server.core, &Meter::default(), &link.token).await.expect("read").is_none());
        assert!(is_wrong(&attempt(&app, "ann@acme.example", PASSWORD).await));
        attempt(&app, "ann@acme.example", "a new password").await.expect("let in");
    }

    async fn nothing_that_lets_anybody_in_stands_in_the_database(app: TestApp) {
        let let_in = with_password(&app, "ann@acme.example").await;
        let link = sign_in::make_link_by_email(&app.operator(), "ann@acme.example").await.expect("a link");
        attempt(&app, "typed@elsewhere.example", "typed by mistake").await.expect_err("nobody");
        let dump = app.db.dump().await;
        let tokens = [let_in.begun.token.expose_secret(), link.token.expose_secret()];
        for secret in tokens.into_iter().chain([PASSWORD, "typed by mistake", "typed@elsewhere", "192.0.2.1"]) {
            assert!(!dump.contains(secret), "{secret}");
        }
        let shown = format!("{:?} {:?} {:?}", let_in.begun, link, app.server.gate);
        assert!(!tokens.into_iter().any(|token| shown.contains(token)), "{shown}");
    }

    async fn what_was_typed_takes_a_bounded_number_of_rows(app: TestApp) {
        use rolecall_store::sign_in_tries;

        for n in 0..20 {
            attempt(&app, &format!("{n}@x.example"), PASSWORD).await.expect_err("nobody");
        }
        let rows = app.db.dump().await.lines().filter(|line| line.starts_with("sign_in_tries: ")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(rows.len(), 21, "one for each, and one for the address");
        // A kind, and eighteen bits in hex: that is all there can be.
        for row in &rows {
            let key = row.trim_start_matches("sign_in_tries: ").split('|').nth(1).expect("a key");
            let number = u32::from_str_radix(&key[1..], 16).expect("hex");
            assert!(key.len() == 6 && number < 1 << 18, "{row}");
        }
        app.clock.advance_ms(16 * 60_000);
        rolecall_control::sessions::forget_old(&app.server.core, &app.server.gate.settings).await.expect("cleared");
        let mut tx = app.operator().attempts().begin().await.expect("a transaction");
        let left = sign_in_tries::forget(&mut tx, rolecall_model::time::Instant::from_ms(i64::MAX)).await;
        assert_eq!(left, Ok(0));
        assert_ne!(app.tenant.account.no, AccountNo(0), "which is who strangers without an account are counted with");
    }
}

#[tokio::test]
async fn an_address_from_which_much_fails_waits_whoever_it_says_to_be() {
    let app = TestApp::start(rolecall_testkit::Engine::Sqlite).await.expect("SQLite is always there");
    for n in 0..100 {
        assert!(is_wrong(&attempt(&app, &format!("{n}@x.example"), "").await), "{n}");
    }
    let before = app.server.gate.hasher.n_hashed();
    assert_eq!(pause(&attempt(&app, "100@x.example", "").await), 15 * 60);
    assert_eq!(app.server.gate.hasher.n_hashed(), before);
    let elsewhere = sign_in::Visitor { address: "192.0.2.2".parse().ok(), agent: "" };
    let attempt = sign_in::Attempt { account: None, email: "100@x.example", password: String::new().into() };
    let (core, gate) = (&app.server.core, &app.server.gate);
    assert!(is_wrong(&sign_in::with_password(core, gate, &Meter::default(), elsewhere, &attempt).await));
}
