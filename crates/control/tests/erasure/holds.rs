use rolecall_control::{Error, Rule, erasure};
use rolecall_model::{
    erasure::{Outcome, State, Subject},
    page::Page,
    time::Instant,
};
use rolecall_store::erasures::work;
use rolecall_testkit::{TestApp, each_engine};

use super::{channel, job, plain, refused_for, reported, requested, written};

/// The places in the request of those under a hold.
async fn held(app: &TestApp, id: &str) -> Vec<i64> {
    let job = job(app, id).await;
    let mut tx = app.operator().read().await.expect("a transaction");
    let mut held = work::held(&mut tx, &job).await.expect("an answer");
    held.sort_unstable();
    held
}

each_engine! {
    async fn a_hold_is_on_people_however_they_are_written_until_it_is_released(app: TestApp) {
        let ctx = app.operator();
        let id = requested(&app, &[plain("ana@x.example"), plain("ben@x.example"), channel("whatsapp", "4711")]).await.id;
        let subjects = [plain("ANA@x.example"), channel("WhatsApp", "4711"), plain("ana@x.example")];
        let hold = erasure::place_hold(&ctx, &subjects, " litigation 12/26 ").await.expect("it is placed");
        assert!(hold.id.starts_with("hld-") && hold.underway.is_empty());
        assert_eq!(held(&app, &id).await, [0, 2]);

        let list = erasure::list_holds(&ctx, Page::first(10)).await.expect("a list");
        let listed = &list.items[0];
        assert_eq!((list.total, &listed.id, listed.reason.as_str(), listed.n_subjects), (1, &hold.id, "litigation 12/26", 2));
        assert_eq!((listed.placed_by.as_str(), listed.released_at), ("operator", None));

        app.clock.advance_ms(10);
        erasure::release_hold(&ctx, &hold.id).await.expect("it is in force");
        assert_eq!(held(&app, &id).await, [] as [i64; 0]);
        let list = erasure::list_holds(&ctx, Page::first(10)).await.expect("a list");
        assert_eq!((list.items[0].released_at, list.items[0].n_subjects), (Some(ctx.now()), 0));
        assert_eq!(refused_for(erasure::release_hold(&ctx, &hold.id).await), Some(Rule::UnknownHold), "once is enough");
    }

    async fn what_waited_for_a_hold_is_due_when_it_is_released_and_nothing_else_is(app: TestApp) {
        let ctx = app.operator();
        let ana = requested(&app, &[plain("ana@x.example"), plain("ben@x.example")]).await.id;
        let cleo = requested(&app, &[plain("cleo@x.example")]).await.id;
        let never = Instant::from_ms(i64::MAX);
        let hold = erasure::place_hold(&ctx, &[plain("ana@x.example")], "litigation").await.expect("it is placed");
        let other = erasure::place_hold(&ctx, &[plain("cleo@x.example")], "litigation").await.expect("it is placed");
        for id in [&ana, &cleo] {
            written(&app, id, async |tx, job| {
                work::set_outcomes(tx, job, &[(0, Outcome::Held, String::new())]).await?;
                work::set_state(tx, job, State::Held, "", ctx.now()).await?;
                work::let_go(tx, job, 0, never).await
            }).await;
        }
        app.clock.advance_ms(10);
        erasure::release_hold(&ctx, &hold.id).await.expect("it is in force");
        assert_eq!(reported(&app, &ana).await.next_attempt_at, Some(ctx.now()));
        assert_eq!(reported(&app, &cleo).await.next_attempt_at, None, "another hold is still on it");
        erasure::release_hold(&ctx, &other.id).await.expect("it is in force");
        assert_eq!(reported(&app, &cleo).await.next_attempt_at, Some(ctx.now()));
    }

    async fn whoever_places_a_hold_too_late_is_told(app: TestApp) {
        let ctx = app.operator();
        let ids = [requested(&app, &[plain("ana@x.example")]).await.id, requested(&app, &[plain("ana@x.example")]).await.id];
        let refused = requested(&app, &[plain("owner@acme.example"), plain("eve@x.example")]).await.id;
        for (id, state) in [(&ids[0], State::Planned), (&ids[1], State::Settling), (&refused, State::Erasing)] {
            written(&app, id, async |tx, job| work::set_state(tx, job, state, "", ctx.now()).await).await;
        }
        let both = [plain("ana@x.example"), plain("owner@acme.example")];
        let hold = erasure::place_hold(&ctx, &both, "litigation").await.expect("it is placed");
        assert_eq!(hold.underway, [ids[1].clone()]);
    }

    async fn a_hold_names_somebody_and_says_why(app: TestApp) {
        let ctx = app.operator();
        let somebody = [plain("ana@x.example")];
        let crowd: Vec<Subject> = (0..1_001).map(|n| plain(&format!("p{n}"))).collect();
        let long = "é".repeat(501);
        for (subjects, reason, path) in [
            (&somebody[..], "", "/reason"),
            (&somebody[..], "  ", "/reason"),
            (&somebody[..], &long, "/reason"),
            (&somebody[..], "a\0b", "/reason"),
            (&[], "litigation", "/userIds"),
            (&crowd[..], "litigation", "/userIds"),
        ] {
            let Err(Error::Invalid(problems)) = erasure::place_hold(&ctx, subjects, reason).await else { panic!("{path}") };
            assert_eq!(problems.into_vec()[0].path, path);
        }
        assert!(erasure::place_hold(&ctx, &somebody, &"é".repeat(500)).await.is_ok());
    }

    async fn a_hold_of_another_account_is_one_of_nobody(app: TestApp) {
        let other = app.another_tenant().await;
        let theirs = rolecall_control::Ctx { account: other.account.no, ..app.operator() };
        let own = erasure::place_hold(&app.operator(), &[plain("ana@x.example")], "litigation").await.expect("it is placed");
        for id in [own.id.as_str(), "hld-1", "", "a\0b"] {
            assert_eq!(refused_for(erasure::release_hold(&theirs, id).await), Some(Rule::UnknownHold));
        }
        assert_eq!(erasure::list_holds(&theirs, Page::first(10)).await.expect("a list").total, 0);
    }
}
