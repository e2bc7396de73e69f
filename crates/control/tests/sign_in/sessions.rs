//! Sessions: how long they last, who ends them, and what they are worth.

use rolecall_control::{
    Ctx, Rule,
    assignments::{self, Action, Principal},
    sessions::{self, MAX_SESSIONS, Session},
    sign_in, users,
};
use rolecall_model::{authority::AdminPermission, role::RoleType};
use rolecall_store::Meter;
use rolecall_testkit::{TestApp, assigned, each_engine};

use super::{PASSWORD, attempt, count, find, is_refused, with_password};

const MINUTE_MS: i64 = 60_000;

fn of(app: &TestApp, session: &Session) -> Ctx {
    Ctx::of_person(&app.server.core, session.person.clone(), Meter::default())
}

each_engine! {
    async fn a_session_ends_when_nobody_uses_it_for_half_an_hour(app: TestApp) {
        let token = with_password(&app, "ann@acme.example").await.begun.token;
        for _ in 0..4 {
            app.clock.advance_ms(29 * MINUTE_MS);
            assert!(find(&app, &token).await.is_some(), "its use is noted");
        }
        app.clock.advance_ms(30 * MINUTE_MS);
        assert!(find(&app, &token).await.is_none());
        app.clock.advance_ms(-10 * MINUTE_MS);
        sessions::forget_old(&app.server.core, &app.server.gate.settings).await.expect("cleared away");
        assert!(find(&app, &token).await.is_some(), "one that is not over stays");
        app.clock.advance_ms(40 * MINUTE_MS);
        sessions::forget_old(&app.server.core, &app.server.gate.settings).await.expect("cleared away");
        assert!(!app.db.dump().await.contains("sessions: "));
    }

    async fn a_session_ends_after_half_a_day_however_much_it_is_used(app: TestApp) {
        let token = with_password(&app, "ann@acme.example").await.begun.token;
        for _ in 0..35 {
            app.clock.advance_ms(20 * MINUTE_MS);
            assert!(find(&app, &token).await.is_some());
        }
        app.clock.advance_ms(20 * MINUTE_MS);
        assert!(find(&app, &token).await.is_none());
    }

    async fn no_other_text_is_a_session(app: TestApp) {
        let begun = with_password(&app, "ann@acme.example").await.begun;
        for text in ["", "x", &begun.session.id, "' OR 1=1 --"] {
            assert!(find(&app, &text.to_owned().into()).await.is_none(), "{text}");
        }
    }

    async fn what_a_person_lost_its_session_has_lost_at_the_next_request(app: TestApp) {
        let (ann, _) = app.admin("ann@acme.example", &["Manage Users"]).await;
        let token = with_password(&app, "ann@acme.example").await.begun.token;
        let before = find(&app, &token).await.expect("a session");
        assert!(before.person.powers.has(AdminPermission::ManageUsers));
        let role = app.role(RoleType::Admin, "Role of ann@acme.example").await;
        let taken = assigned(&role, None, Action::Remove, Principal::Email(ann.email.clone()));
        assignments::apply(&app.operator(), RoleType::Admin, &[taken]).await.expect("it is taken");
        let after = find(&app, &token).await.expect("a session");
        assert!(!after.person.powers.has(AdminPermission::ManageUsers));
        let late = sign_in::make_link(&of(&app, &before), &ann.id).await;
        assert!(is_refused(late, Rule::NotPermitted), "also where it was read before");
    }

    async fn who_is_removed_or_may_not_sign_in_has_no_session(app: TestApp) {
        let ann = with_password(&app, "ann@acme.example").await.begun.token;
        let ben = with_password(&app, "ben@acme.example").await.begun.token;
        users::remove(&app.operator(), &["ann@acme.example".to_owned().into()]).await.expect("removed");
        assert!(find(&app, &ann).await.is_none());
        app.db.tamper("UPDATE users SET status = 'not active' WHERE email = 'ben@acme.example'").await;
        assert!(find(&app, &ben).await.is_none());
    }

    async fn ones_own_sessions_are_listed_and_ended(app: TestApp) {
        let one = with_password(&app, "ann@acme.example").await.begun;
        app.clock.advance_ms(MINUTE_MS);
        let two = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in").begun;
        let session = find(&app, &two.token).await.expect("a session");
        let ctx = of(&app, &session);
        let settings = &app.server.gate.settings;
        let listed = sessions::list(&ctx, settings, None, Some(&session)).await.expect("a list");
        let shown: Vec<(&str, bool)> =
            listed.sessions.iter().map(|listed| (listed.session.id.as_str(), listed.is_current)).collect();
        assert_eq!(shown, [(two.session.id.as_str(), true), (one.session.id.as_str(), false)]);

        sessions::end(&ctx, &one.session.id).await.expect("ended");
        assert!(find(&app, &one.token).await.is_none());
        assert!(is_refused(sessions::end(&ctx, &one.session.id).await, Rule::UnknownSession));
        assert_eq!((count(&app, "Signed Out").await, count(&app, "Session Ended").await), (1, 0));

        let three = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in").begun;
        assert_eq!(sessions::end_all(&ctx, &session.person.id, Some(&session)).await.expect("ended"), 1);
        assert!(find(&app, &three.token).await.is_none() && find(&app, &two.token).await.is_some());
    }

    async fn the_sessions_of_others_take_a_permission(app: TestApp) {
        let ann = with_password(&app, "ann@acme.example").await.begun;
        let ann_session = find(&app, &ann.token).await.expect("a session");
        let (_, with) = app.admin("ben@acme.example", &["Manage User Settings"]).await;
        let (_, without) = app.admin("cleo@acme.example", &["Manage Groups"]).await;
        let (settings, id) = (&app.server.gate.settings, ann_session.person.id.as_str());
        assert!(is_refused(sessions::list(&without, settings, Some(id), None).await, Rule::NotPermitted));
        assert!(is_refused(sessions::end(&without, &ann.session.id).await, Rule::NotPermitted));
        assert!(is_refused(sessions::end_all(&without, id, None).await, Rule::NotPermitted));
        assert!(find(&app, &ann.token).await.is_some());

        assert_eq!(sessions::list(&with, settings, Some(id), None).await.expect("a list").sessions.len(), 1);
        assert!(is_refused(sessions::list(&with, settings, Some("u-nobody"), None).await, Rule::UnknownUser));
        sessions::end(&with, &ann.session.id).await.expect("ended");
        assert!(find(&app, &ann.token).await.is_none());
        assert_eq!(count(&app, "Session Ended").await, 1);
        let other = app.another_tenant().await;
        let theirs = app.operator_of(&other);
        let again = attempt_in(&app, "ann@acme.example").await;
        assert!(is_refused(sessions::end(&theirs, &again).await, Rule::UnknownSession), "of another account");
    }

    async fn of_many_sessions_the_oldest_go(app: TestApp) {
        let mut tokens = vec![with_password(&app, "ann@acme.example").await.begun.token];
        for _ in 0..MAX_SESSIONS {
            app.clock.advance_ms(1_000);
            tokens.push(attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in").begun.token);
        }
        assert!(find(&app, &tokens[0]).await.is_none());
        assert!(find(&app, &tokens[1]).await.is_some());
    }

    async fn showing_once_more_who_one_is_gives_a_new_token(app: TestApp) {
        let token = with_password(&app, "ann@acme.example").await.begun.token;
        let gate = &app.server.gate;
        app.clock.advance_ms(10 * MINUTE_MS);
        let session = find(&app, &token).await.expect("a session");
        assert!(!session.is_confirmed(&gate.settings, app.operator().now()));
        let ctx = of(&app, &session);
        assert!(sign_in::confirm(&ctx, gate, &session, &"something else".to_owned().into()).await.is_err());
        let renewed = sign_in::confirm(&ctx, gate, &session, &PASSWORD.to_owned().into()).await.expect("confirmed");
        assert!(find(&app, &token).await.is_none(), "whoever knew the old one knows nothing now");
        let after = find(&app, &renewed).await.expect("a session");
        assert!(after.is_confirmed(&gate.settings, app.operator().now()));
        assert_eq!((after.id.as_str(), after.ends_at), (session.id.as_str(), session.ends_at), "it lasts no longer");
        assert_eq!(after.methods, "link password");
    }
}

/// Signs in to the first of several accounts; the session's id.
async fn attempt_in(app: &TestApp, email: &str) -> String {
    let account = Some(app.tenant.account.account_id.as_str());
    let attempt = sign_in::Attempt { account, email, password: PASSWORD.to_owned().into() };
    let (core, gate, meter) = (&app.server.core, &app.server.gate, Meter::default());
    let let_in = sign_in::with_password(core, gate, &meter, sign_in::Visitor::default(), &attempt).await;
    let_in.expect("let in").begun.session.id
}
