use rolecall_control::erasure;
use rolecall_model::erasure::{Outcome, Subject};
use rolecall_store::erasures::work;
use rolecall_testkit::{TestApp, each_engine};

use super::{channel, outcomes, plain, reported, requested, written};

each_engine! {
    async fn who_asked_to_be_forgotten_is_known_from_the_moment_it_was_asked(app: TestApp) {
        let ctx = app.operator();
        let first = requested(&app, &[plain("ana@x.example"), channel("whatsapp", "4711")]).await;
        let since = ctx.now();
        app.clock.advance_ms(10);
        requested(&app, &[plain("Ana@x.example"), plain("owner@acme.example")]).await;

        let asked = [plain("ben@x.example"), plain(" ANA@x.example"), channel("WhatsApp", "4711"), channel("sms", "4711"), plain("owner@acme.example")];
        let known = erasure::suppressed(&ctx, &asked).await.expect("an answer");
        let known: Vec<Option<(&str, _)>> = known.iter().map(|known| known.as_ref().map(|known| (known.erasure_id.as_str(), known.since))).collect();
        let of_first = Some((first.id.as_str(), since));
        assert_eq!(known, [None, of_first, of_first, None, None], "who was refused is not forgotten");

        let other = app.another_tenant().await;
        let theirs = rolecall_control::Ctx { account: other.account.no, ..ctx.clone() };
        assert_eq!(erasure::suppressed(&theirs, &asked).await.expect("an answer"), [const { None }; 5]);
    }

    async fn the_ledger_tells_everybody_since_a_time_in_order(app: TestApp) {
        let ctx = app.operator();
        let crowd: Vec<Subject> = (0..1_000).map(|n| plain(&format!("p{n}"))).collect();
        requested(&app, &crowd).await;
        app.clock.advance_ms(10);
        let since = ctx.now();
        let second = requested(&app, &crowd).await;
        app.clock.advance_ms(10);
        let third = requested(&app, &[plain("p0")]).await;

        assert_eq!(erasure::ledger_since(&ctx, since.plus_ms(-10)).await.expect("the ledger").len(), 2_001);
        let told = erasure::ledger_since(&ctx, since).await.expect("the ledger");
        assert_eq!(told.len(), 1_001);
        assert!(told.is_sorted_by_key(|(_, at)| *at));
        let of = |report: erasure::Report| report.subjects.into_iter().map(|subject| subject.hash).collect::<Vec<_>>();
        let mut expected = of(reported(&app, &second.id).await);
        expected.sort_unstable();
        expected.extend(of(reported(&app, &third.id).await));
        assert_eq!(told.into_iter().map(|(hash, _)| hash).collect::<Vec<_>>(), expected);
        assert_eq!(erasure::ledger_since(&ctx, since.plus_ms(11)).await.expect("the ledger"), []);
    }

    async fn identifiers_are_kept_thirty_days_after_the_end_and_hashes_longer(app: TestApp) {
        let ctx = app.operator();
        let running = requested(&app, &[plain("ana@x.example")]).await.id;
        let off = requested(&app, &[plain("ben@x.example")]).await.id;
        let done = requested(&app, &[plain("cleo@x.example")]).await.id;
        erasure::cancel(&ctx, &off).await.expect("it has not begun");
        app.clock.advance_ms(10);
        written(&app, &done, async |tx, job| {
            work::set_outcomes(tx, job, &[(0, Outcome::Erased, String::new())]).await?;
            work::end(tx, job, ctx.now()).await
        }).await;
        let known = async |id: &str| reported(&app, id).await.subjects[0].subject.clone();

        app.clock.advance_ms(erasure::KEPT_FOR_MS - 10);
        assert_eq!(erasure::forget_old(&ctx.core).await.expect("it works"), 1);
        assert_eq!((known(&off).await, known(&done).await), (None, Some(plain("cleo@x.example"))));
        app.clock.advance_ms(10);
        assert_eq!(erasure::forget_old(&ctx.core).await.expect("it works"), 1);
        assert_eq!(erasure::forget_old(&ctx.core).await.expect("it works"), 0, "once is enough");
        assert_eq!(known(&done).await, None);
        assert_eq!(outcomes(&reported(&app, &done).await), [(Outcome::Erased, "")]);
        assert_eq!(known(&running).await, Some(plain("ana@x.example")), "what has not ended needs it");
        assert!(erasure::suppressed(&ctx, &[plain("cleo@x.example")]).await.expect("an answer")[0].is_some());
    }

    async fn more_requests_than_are_forgotten_at_once_are_all_forgotten(app: TestApp) {
        let ctx = app.operator();
        for n in 0..101 {
            let id = requested(&app, &[plain(&format!("p{n}"))]).await.id;
            erasure::cancel(&ctx, &id).await.expect("it has not begun");
        }
        app.clock.advance_ms(erasure::KEPT_FOR_MS);
        assert_eq!(erasure::forget_old(&ctx.core).await.expect("it works"), 101);
    }
}
