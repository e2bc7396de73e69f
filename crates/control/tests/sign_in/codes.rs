//! The second factor: codes and recovery codes.

use rolecall_control::{
    Ctx, Rule,
    sessions::Session,
    sign_in::{self, LetIn, NewGenerator, RecoveryCodes, Refusal, Visitor},
};
use rolecall_store::Meter;
use rolecall_testkit::{TestApp, each_engine, totp};
use secrecy::{ExposeSecret as _, SecretString};

use super::{PASSWORD, attempt, count, find, is_refused, redeem, with_password};

const STEP_MS: i64 = 30_000;

fn of(app: &TestApp, session: &Session) -> Ctx {
    Ctx::of_person(&app.server.core, session.person.clone(), Meter::default())
}

async fn complete(app: &TestApp, half: &LetIn, typed: &str) -> Result<LetIn, Refusal> {
    let (core, gate, meter) = (&app.server.core, &app.server.gate, Meter::default());
    sign_in::complete(core, gate, &meter, Visitor::default(), &half.begun.token, typed).await
}

/// The code that the person's telephone shows now.
fn code(app: &TestApp, generator: &NewGenerator) -> String {
    totp(generator.secret.expose_secret(), app.operator().now())
}

/// Signs a person in and gives it a code generator.
async fn with_generator(app: &TestApp, email: &str) -> (SecretString, NewGenerator, RecoveryCodes) {
    let token = with_password(app, email).await.begun.token;
    let session = find(app, &token).await.expect("a session");
    let ctx = of(app, &session);
    let generator = sign_in::begin_generator(&ctx, &session).await.expect("a generator");
    let codes = sign_in::confirm_generator(&ctx, &session, &code(app, &generator)).await.expect("the code is right");
    app.clock.advance_ms(STEP_MS);
    (token, generator, codes)
}

each_engine! {
    async fn a_generator_counts_once_a_code_of_it_was_right(app: TestApp) {
        let one = with_password(&app, "ann@acme.example").await;
        let two = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        let session = find(&app, &two.begun.token).await.expect("a session");
        let ctx = of(&app, &session);
        let first = sign_in::begin_generator(&ctx, &session).await.expect("a generator");
        let second = sign_in::begin_generator(&ctx, &session).await.expect("another in its place");
        assert!(matches!(sign_in::confirm_generator(&ctx, &session, &code(&app, &first)).await, Err(Refusal::Wrong)));
        assert!(!attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in").wants_code());
        let begun = sign_in::begun_generator(&ctx, &session).await.expect("read").expect("it waits");
        assert_eq!(begun.secret.expose_secret(), second.secret.expose_secret());

        let codes = sign_in::confirm_generator(&ctx, &session, &code(&app, &second)).await.expect("the code is right");
        assert_eq!(codes.codes.len(), 10);
        assert!(find(&app, &one.begun.token).await.is_none(), "one that was begun without it is over");
        assert!(find(&app, &two.begun.token).await.is_some());
        assert!(is_refused(sign_in::begin_generator(&ctx, &session).await, Rule::WrongState));
        assert!(sign_in::begun_generator(&ctx, &session).await.expect("read").is_none(), "its secret is told no more");
        assert_eq!(count(&app, "Second Factor Added").await, 1);
        let dump = app.db.dump().await;
        assert!(!dump.contains(second.secret.expose_secret()));
        for code in &codes.codes {
            assert!(!dump.contains(code.expose_secret()));
        }
    }

    async fn a_password_alone_is_half_a_session_and_worth_nothing(app: TestApp) {
        let (_, generator, _) = with_generator(&app, "ann@acme.example").await;
        let revision = app.revision().await;
        let half = attempt(&app, "ann@acme.example", PASSWORD).await.expect("the password is right");
        assert!(half.wants_code());
        assert!(find(&app, &half.begun.token).await.is_none());
        assert_eq!(app.revision().await, revision);
        let whole = complete(&app, &half, &code(&app, &generator)).await.expect("the code is right");
        assert!(!whole.wants_code());
        assert_ne!(whole.begun.token.expose_secret(), half.begun.token.expose_secret());
        assert_eq!(find(&app, &whole.begun.token).await.expect("a session").methods, "password code");
        assert!(find(&app, &half.begun.token).await.is_none());
        assert!(matches!(complete(&app, &half, &code(&app, &generator)).await, Err(Refusal::Wrong)), "it was used up");
    }

    async fn a_code_counts_once(app: TestApp) {
        let (_, generator, _) = with_generator(&app, "ann@acme.example").await;
        let typed = code(&app, &generator);
        let one = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        let two = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        complete(&app, &one, &typed).await.expect("the code is right");
        assert!(matches!(complete(&app, &two, &typed).await, Err(Refusal::Wrong)));
        app.clock.advance_ms(STEP_MS);
        assert!(matches!(complete(&app, &two, &typed).await, Err(Refusal::Wrong)), "also while it is shown");
        complete(&app, &two, &code(&app, &generator)).await.expect("the next one is right");
    }

    async fn of_two_who_show_one_code_at_once_one_is_let_in(app: TestApp) {
        let (_, generator, _) = with_generator(&app, "ann@acme.example").await;
        let typed = code(&app, &generator);
        let one = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        let two = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        let (one, two) = tokio::join!(complete(&app, &one, &typed), complete(&app, &two, &typed));
        assert_eq!(u8::from(one.is_ok()) + u8::from(two.is_ok()), 1);
    }

    async fn a_recovery_code_counts_once_in_any_form(app: TestApp) {
        let (_, _, codes) = with_generator(&app, "ann@acme.example").await;
        let typed = codes.codes[3].expose_secret().to_lowercase().replace('-', " ");
        let half = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        let whole = complete(&app, &half, &typed).await.expect("it counts");
        let session = find(&app, &whole.begun.token).await.expect("a session");
        assert_eq!(session.methods, "password recovery-code");
        let half = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        assert!(matches!(complete(&app, &half, &typed).await, Err(Refusal::Wrong)));
        complete(&app, &half, codes.codes[4].expose_secret()).await.expect("another counts");

        let ctx = of(&app, &session);
        assert_eq!(sign_in::credentials(&ctx, &session).await.expect("read").n_recovery_codes, 8);
        let fresh = sign_in::renew_recovery_codes(&ctx, &session).await.expect("made");
        let half = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        assert!(matches!(complete(&app, &half, codes.codes[5].expose_secret()).await, Err(Refusal::Wrong)));
        complete(&app, &half, fresh.codes[0].expose_secret()).await.expect("a fresh one counts");
    }

    async fn after_five_wrong_codes_it_takes_a_pause_and_the_password_again(app: TestApp) {
        let (_, generator, _) = with_generator(&app, "ann@acme.example").await;
        let half = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        for _ in 0..5 {
            assert!(matches!(complete(&app, &half, "000000").await, Err(Refusal::Wrong)));
        }
        assert!(matches!(complete(&app, &half, &code(&app, &generator)).await, Err(Refusal::TooMany { .. })));
        app.clock.advance_ms(5 * 60_000);
        let half = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        assert!(matches!(complete(&app, &half, &code(&app, &generator)).await, Err(Refusal::TooMany { .. })), "still");
        app.clock.advance_ms(10 * 60_000);
        let half = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        complete(&app, &half, &code(&app, &generator)).await.expect("the pause is over");
    }

    async fn half_a_session_lasts_ten_minutes(app: TestApp) {
        let (_, generator, _) = with_generator(&app, "ann@acme.example").await;
        let half = attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in");
        app.clock.advance_ms(10 * 60_000);
        assert!(matches!(complete(&app, &half, &code(&app, &generator)).await, Err(Refusal::Wrong)));
    }

    async fn a_link_does_not_go_around_the_second_factor(app: TestApp) {
        let (_, generator, _) = with_generator(&app, "ann@acme.example").await;
        let link = sign_in::make_link_by_email(&app.operator(), "ann@acme.example").await.expect("a link");
        let half = redeem(&app, &link.token, "another password").await.expect("it counts");
        assert!(half.wants_code() && find(&app, &half.begun.token).await.is_none());
        let whole = complete(&app, &half, &code(&app, &generator)).await.expect("the code is right");
        assert_eq!(find(&app, &whole.begun.token).await.expect("a session").methods, "link code");
    }

    async fn a_generator_is_taken_away_by_its_person_or_who_may_do_no_less(app: TestApp) {
        let (ann_token, ..) = with_generator(&app, "ann@acme.example").await;
        let ann = find(&app, &ann_token).await.expect("a session");
        let (_, little) = app.admin("ben@acme.example", &["Manage Groups"]).await;
        let (_, enough) = app.admin("cleo@acme.example", &["Manage Users"]).await;
        assert!(is_refused(sign_in::take_generator_away(&little, &ann.person.id).await, Rule::NotPermitted));
        sign_in::take_generator_away(&enough, &ann.person.id).await.expect("it is gone");
        assert!(is_refused(sign_in::take_generator_away(&enough, &ann.person.id).await, Rule::WrongState));
        assert!(!attempt(&app, "ann@acme.example", PASSWORD).await.expect("let in").wants_code());

        let (owner_token, ..) = with_generator(&app, "owner@acme.example").await;
        let owner = find(&app, &owner_token).await.expect("a session");
        assert!(is_refused(sign_in::take_generator_away(&enough, &owner.person.id).await, Rule::NotPermitted));
        sign_in::take_generator_away(&of(&app, &owner), &owner.person.id).await.expect("one's own");
        assert_eq!(count(&app, "Second Factor Removed").await, 2);
    }
}
