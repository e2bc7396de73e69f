//! One-time links, and that nobody comes to more by them.

use rolecall_control::{
    Rule,
    assignments::Principal,
    sign_in::{self, Refusal},
    users,
};
use rolecall_store::Meter;
use rolecall_testkit::{TestApp, each_engine};

use super::{PASSWORD, attempt, count, find, is_refused, redeem, with_password};

const HOUR_MS: i64 = 3_600_000;

async fn counts(app: &TestApp, token: &secrecy::SecretString) -> bool {
    sign_in::look_up(&app.server.core, &Meter::default(), token).await.expect("it can be read").is_some()
}

each_engine! {
    async fn a_link_sets_a_password_and_lets_in_once(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let link = sign_in::make_link_by_email(&app.operator(), "ANN@acme.example").await.expect("a link");
        let shown = sign_in::look_up(&app.server.core, &Meter::default(), &link.token).await.expect("read").expect("it counts");
        assert_eq!((shown.email.as_str(), shown.account_name.as_str()), ("ann@acme.example", "Acme"));
        assert!(matches!(redeem(&app, &link.token, "short").await, Err(Refusal::BadPassword(_))));
        assert!(counts(&app, &link.token).await, "a bad password does not use it up");

        let let_in = redeem(&app, &link.token, PASSWORD).await.expect("it counts");
        let session = find(&app, &let_in.begun.token).await.expect("a session");
        assert_eq!((session.person.email.as_str(), session.methods.as_str()), ("ann@acme.example", "link"));
        assert!(!counts(&app, &link.token).await);
        assert!(matches!(redeem(&app, &link.token, "another password").await, Err(Refusal::Wrong)));
        attempt(&app, "ann@acme.example", PASSWORD).await.expect("the password is the first one");
        for event in ["Sign-In Link Created", "Password Set"] {
            assert_eq!(count(&app, event).await, 1, "{event}");
        }
        let entries = app.entries().await;
        let set = entries.iter().find(|entry| entry.event == "Password Set").expect("an entry");
        assert_eq!(set.actor, format!("user:{}", session.person.id), "whoever followed the link did it");
    }

    async fn of_two_who_follow_a_link_at_once_one_is_let_in(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let link = sign_in::make_link_by_email(&app.operator(), "ann@acme.example").await.expect("a link");
        let (one, two) = tokio::join!(redeem(&app, &link.token, PASSWORD), redeem(&app, &link.token, "another password"));
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
        assert_eq!(count(&app, "Password Set").await, 1);
    }

    async fn a_link_counts_for_three_days_and_until_the_next_one(app: TestApp) {
        app.users(["ann@acme.example"]).await;
        let ctx = app.operator();
        let first = sign_in::make_link_by_email(&ctx, "ann@acme.example").await.expect("a link");
        app.clock.advance_ms(72 * HOUR_MS - 1);
        assert!(counts(&app, &first.token).await);
        app.clock.advance_ms(1);
        assert!(!counts(&app, &first.token).await);
        assert!(matches!(redeem(&app, &first.token, PASSWORD).await, Err(Refusal::Wrong)));
        let second = sign_in::make_link_by_email(&ctx, "ann@acme.example").await.expect("a link");
        let third = sign_in::make_link_by_email(&ctx, "ann@acme.example").await.expect("a link");
        assert!(!counts(&app, &second.token).await && counts(&app, &third.token).await);
    }

    async fn a_link_ends_the_sessions_there_are_and_the_pause(app: TestApp) {
        let one = with_password(&app, "ann@acme.example").await;
        let link = sign_in::make_link_by_email(&app.operator(), "ann@acme.example").await.expect("a link");
        assert!(find(&app, &one.begun.token).await.is_some(), "the link alone changes nothing");
        redeem(&app, &link.token, "another password").await.expect("it counts");
        assert!(find(&app, &one.begun.token).await.is_none());
    }

    async fn whoever_leaves_takes_link_and_password_along(app: TestApp) {
        with_password(&app, "ann@acme.example").await;
        let link = sign_in::make_link_by_email(&app.operator(), "ann@acme.example").await.expect("a link");
        let gone = users::remove(&app.operator(), &["ann@acme.example".to_owned().into()]).await;
        assert_eq!(gone.expect("removed").n_gone, 1);
        assert!(!counts(&app, &link.token).await);
        app.users(["ann@acme.example"]).await;
        assert!(attempt(&app, "ann@acme.example", PASSWORD).await.is_err(), "another person with that address");
        let dump = app.db.dump().await;
        for table in ["passwords", "one_time_links", "sessions"] {
            assert!(!dump.contains(&format!("{table}: ")), "{table}");
        }
    }

    async fn a_link_counts_for_no_more_than_who_made_it_may_do(app: TestApp) {
        let (ann, ctx) = app.admin("ann@acme.example", &["Invite"]).await;
        let dan = app.users(["dan@acme.example"]).await.remove(0);
        let link = sign_in::make_link(&ctx, &dan.id).await.expect("dan may nothing yet");
        assert!(counts(&app, &link.token).await);
        // Dan is given more, and Ann, who has the link at hand, is not.
        let keys = app.admin_role("Keys", &["API Scopes"]).await;
        app.assign(&keys, Principal::Email("dan@acme.example".to_owned())).await;
        assert!(!counts(&app, &link.token).await);
        assert!(matches!(redeem(&app, &link.token, PASSWORD).await, Err(Refusal::Wrong)));
        app.assign(&keys, Principal::Email("ann@acme.example".to_owned())).await;
        assert!(counts(&app, &link.token).await, "now she might make it again");
        users::remove(&app.operator(), &[ann.email.into()]).await.expect("removed");
        assert!(!counts(&app, &link.token).await, "nobody vouches for it");
    }

    async fn nobody_makes_a_link_for_who_may_do_more(app: TestApp) {
        let (ann, ann_ctx) = app.admin("ann@acme.example", &["Manage Users"]).await;
        let (ben, ben_ctx) = app.admin("ben@acme.example", &["Invite"]).await;
        let (cleo, cleo_ctx) = app.admin("cleo@acme.example", &["Invite", "Manage Users", "API Scopes"]).await;
        let dan = app.users(["dan@acme.example"]).await.remove(0);
        let dan_ctx = app.person(&dan).await;
        for (ctx, user, may) in [
            (&ann_ctx, &dan, true),
            (&ben_ctx, &dan, true),
            (&ann_ctx, &ben, false),
            (&ben_ctx, &ann, false),
            (&ann_ctx, &cleo, false),
            (&cleo_ctx, &ann, true),
            (&cleo_ctx, &ben, true),
            (&dan_ctx, &dan, false),
            (&dan_ctx, &ann, false),
        ] {
            let made = sign_in::make_link(ctx, &user.id).await;
            assert_eq!(made.is_ok(), may, "{}", user.email);
            assert!(may || is_refused(made, Rule::NotPermitted), "{}", user.email);
        }
        for ctx in [&ann_ctx, &cleo_ctx] {
            assert!(is_refused(sign_in::make_link(ctx, &app.tenant.account.owner_id).await, Rule::NotPermitted));
        }
        assert!(is_refused(sign_in::make_link(&ann_ctx, "u-nobody").await, Rule::UnknownUser));
        let other = app.another_tenant().await;
        assert!(is_refused(sign_in::make_link(&ann_ctx, &other.account.owner_id).await, Rule::UnknownUser));
    }
}
