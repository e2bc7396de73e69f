use rolecall_control::{
    Error, Rule,
    erasure::{self, NewErasure},
};
use rolecall_model::{
    audit::Event,
    erasure::{Outcome, State},
    time::Instant,
};
use rolecall_testkit::{TestApp, each_engine};

use super::{about, job, outcomes, plain, refused_for, reported, requested, written};
use rolecall_store::erasures::work::{self, Chunk, Part, ResultRow};

/// Puts the request into a state, as its worker would.
async fn put_into(app: &TestApp, id: &str, state: State, cause: &str) {
    let ended = if state.is_final() { "1" } else { "NULL" };
    let state = state.as_str();
    let set = format!(
        "UPDATE erasures SET state = '{state}', cause = '{cause}', ended_at_ms = {ended} WHERE erasure_id = '{id}'"
    );
    app.db.tamper(&set).await;
}

/// Does something about the request; what came of it in a line.
async fn told(app: &TestApp, id: &str, act: &str) -> String {
    let ctx = app.operator();
    let result = match act {
        "cancel" => erasure::cancel(&ctx, id).await,
        "approve" => erasure::approve(&ctx, id).await,
        _ => erasure::retry(&ctx, id).await,
    };
    match result {
        Ok(()) => format!("{act}: done, now {}", reported(app, id).await.state.as_str()),
        Err(Error::Refused(faults)) => format!("{act}: {:?}, {}", faults[0].rule, faults[0].detail),
        Err(error) => panic!("{error}"),
    }
}

/// A part that failed and waits for its next attempt.
fn put_off(app: &TestApp, state: State) -> Part {
    let next_attempt_at = app.operator().now().plus_ms(60_000);
    Part { state, cause: "unreachable".to_owned(), attempts: 3, next_attempt_at, ..Part::new("chat") }
}

fn found(n_erased: i64) -> ResultRow {
    ResultRow {
        ordinal: 0,
        store: "chat".to_owned(),
        outcome: Outcome::Pending,
        cause: String::new(),
        n_found: 2,
        n_erased,
        n_masked: 0,
        n_quarantined: 0,
        n_refound: 0,
    }
}

each_engine! {
    async fn in_every_state_each_act_is_done_or_says_what_can_be(app: TestApp) {
        let mut lines = Vec::new();
        let plain_states = State::ALL.iter().map(|state| (*state, ""));
        for (state, cause) in plain_states.chain([(State::Planned, "plan_changed")]) {
            lines.push(format!("{} {cause}", state.as_str()));
            for (act, is_put_off) in [("cancel", false), ("approve", false), ("retry", false), ("retry", true)] {
                let id = requested(&app, &[plain("ana@x.example")]).await.id;
                put_into(&app, &id, state, cause).await;
                if is_put_off {
                    let part = put_off(&app, state);
                    written(&app, &id, async |tx, job| work::save_part(tx, job, &part).await).await;
                }
                let after = app.entries().await.len();
                let line = told(&app, &id, act).await;
                lines.push(format!("  {}{line}", if is_put_off { "put off, " } else { "" }));
                let n_entries = app.entries().await.len() - after;
                assert_eq!(n_entries, usize::from(line.contains(": done")), "{line} left {n_entries} entries");
            }
        }
        insta::assert_snapshot!("acts_by_state", lines.join("\n"));
    }

    async fn what_was_called_off_is_as_if_nobody_had_asked(app: TestApp) {
        let ctx = app.operator();
        let other = requested(&app, &[plain("ben@x.example")]).await;
        let new = NewErasure {
            callback_url: Some("https://x.example/done".to_owned()),
            ..about(&[plain("ana@x.example"), plain("ben@x.example"), plain("owner@acme.example")])
        };
        let accepted = erasure::request(&ctx, &new).await.expect("it is accepted");
        let chunk = |no, is_to_do| {
            let collection = "message".to_owned();
            (Chunk { no, collection, is_scoped: true, is_walked: true, is_to_do, n_keys: 5, n_done: 2 }, "sealed".to_owned())
        };
        written(&app, &accepted.id, async |tx, job| {
            work::set_state(tx, job, State::Resolving, "", ctx.now()).await?;
            work::insert_chunks(tx, job, "chat", &[chunk(1, true), chunk(2, true), chunk(3, false)]).await
        }).await;
        let progress = reported(&app, &accepted.id).await.progress;
        assert_eq!((progress[0].store.as_str(), progress[0].total, progress[0].done), ("chat", 10, 4));
        let worker = job(&app, &accepted.id).await;

        app.clock.advance_ms(10);
        erasure::cancel(&ctx, &accepted.id).await.expect("nothing was erased");

        let report = reported(&app, &accepted.id).await;
        assert_eq!((report.state, report.ended_at, report.next_attempt_at), (State::Cancelled, Some(ctx.now()), None));
        assert_eq!(outcomes(&report), [(Outcome::Failed, "cancelled"), (Outcome::Failed, "cancelled"), (Outcome::Refused, "account_owner")]);
        assert_eq!(report.subjects[0].subject, Some(plain("ana@x.example")), "whoever asked can still be told");
        assert!(report.progress.is_empty(), "the work list is gone");
        assert_eq!(refused_for(erasure::receipt(&ctx, &accepted.id).await), Some(Rule::NoReceipt));
        let known = erasure::suppressed(&ctx, &[plain("ana@x.example"), plain("ben@x.example")]).await.expect("an answer");
        assert_eq!(known[0], None);
        assert_eq!(known[1].as_ref().map(|known| known.erasure_id.as_str()), Some(other.id.as_str()), "another request's entry stays");

        let mut tx = ctx.core.db.attempts(&rolecall_store::Meter::default()).begin().await.expect("a transaction");
        assert_eq!(work::hold(&mut tx, &worker, ctx.now()).await, Ok(false), "its worker writes nothing more");
        let due = rolecall_store::erasures::callbacks::due(&mut tx, ctx.now(), 10).await.expect("call-backs");
        let at = ctx.now();
        let body = format!(r#"{{"requestId":"{}","state":"cancelled","cause":"","at":"{at}"}}"#, accepted.id);
        assert_eq!(due.iter().map(|callback| callback.body.as_str()).collect::<Vec<_>>(), [body]);
        let url = rolecall_store::erasures::Sealed::CallbackUrl(&accepted.id).open_text(&ctx.core, &due[0].url).expect("it opens");
        assert_eq!(secrecy::ExposeSecret::expose_secret(&url), "https://x.example/done");
    }

    async fn a_request_that_erases_in_one_store_cannot_be_called_off_while_another_waits(app: TestApp) {
        let ctx = app.operator();
        for (part, n_erased) in [(State::Erasing, 0), (State::Settling, 0), (State::Done, 1)] {
            let id = requested(&app, &[plain("ana@x.example"), plain("ben@x.example")]).await.id;
            written(&app, &id, async |tx, job| {
                work::save_part(tx, job, &Part { state: part, ..Part::new("archive") }).await?;
                work::save_part(tx, job, &put_off(&app, State::Resolving)).await?;
                work::add_results(tx, job, &[found(n_erased)]).await?;
                work::set_state(tx, job, State::Resolving, "", ctx.now()).await
            }).await;
            assert_eq!(
                told(&app, &id, "cancel").await,
                "cancel: WrongState, the erasure is in the state resolving and cannot be called off: what it has begun to erase it erases to the end"
            );
            assert!(erasure::suppressed(&ctx, &[plain("ana@x.example")]).await.expect("an answer")[0].is_some());
        }
    }

    async fn whoever_is_left_under_a_hold_is_called_off_and_the_others_keep_what_was_done(app: TestApp) {
        let ctx = app.operator();
        let new = NewErasure {
            callback_url: Some("https://x.example/done".to_owned()),
            ..about(&[plain("ana@x.example"), plain("ben@x.example")])
        };
        let id = erasure::request(&ctx, &new).await.expect("it is accepted").id;
        written(&app, &id, async |tx, job| {
            work::save_part(tx, job, &Part { state: State::Done, ..Part::new("chat") }).await?;
            work::add_results(tx, job, &[found(2)]).await?;
            work::set_outcomes(tx, job, &[(0, Outcome::Erased, String::new()), (1, Outcome::Held, String::new())]).await?;
            work::set_state(tx, job, State::Held, "", ctx.now()).await?;
            work::let_go(tx, job, 0, Instant::from_ms(i64::MAX)).await
        }).await;
        let worker = job(&app, &id).await;
        app.clock.advance_ms(10);
        erasure::cancel(&ctx, &id).await.expect("nobody else is left");

        let report = reported(&app, &id).await;
        assert_eq!(outcomes(&report), [(Outcome::Erased, ""), (Outcome::Failed, "cancelled")]);
        assert_eq!((report.state, report.next_attempt_at), (State::Held, Some(ctx.now())), "a worker ends it at once");
        assert_eq!(job(&app, &id).await.fence, worker.fence + 1, "whoever just took it knows too little");
        let known = erasure::suppressed(&ctx, &[plain("ana@x.example"), plain("ben@x.example")]).await.expect("an answer");
        assert_eq!(known.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false]);
        let mut tx = ctx.read().await.expect("a transaction");
        let due = rolecall_store::erasures::callbacks::due(&mut tx, ctx.now(), 10).await.expect("call-backs");
        assert_eq!(due, [], "it has not ended yet");
    }

    async fn approving_is_of_the_plan_there_is_and_makes_it_due(app: TestApp) {
        let ctx = app.operator();
        let new = NewErasure { plan_hash: Some("the old plan".to_owned()), ..about(&[plain("ana@x.example")]) };
        let id = erasure::request(&ctx, &new).await.expect("it is accepted").id;
        written(&app, &id, async |tx, job| {
            work::set_plan(tx, job, "the new plan").await?;
            work::set_state(tx, job, State::Planned, "plan_changed", ctx.now()).await?;
            work::let_go(tx, job, 0, Instant::from_ms(i64::MAX)).await
        }).await;
        assert_eq!(reported(&app, &id).await.next_attempt_at, None, "it waits for a person");
        let before = job(&app, &id).await;

        app.clock.advance_ms(10);
        erasure::approve(&ctx, &id).await.expect("it waits for that");
        let report = reported(&app, &id).await;
        assert_eq!((report.state, report.cause.as_str(), report.next_attempt_at), (State::Planned, "", Some(ctx.now())));
        let after = job(&app, &id).await;
        assert_eq!((after.is_approved, after.wanted_plan.as_str()), (true, "the new plan"));
        assert_eq!(after.fence, before.fence + 1, "whoever still had it decided on what is no longer so");
        let entry = app.entries().await.pop().expect("an entry");
        assert_eq!((entry.event.as_str(), entry.target.as_str()), (Event::ErasureApproved.name(), id.as_str()));
        assert_eq!(entry.before, r#"{"state":"planned","planHash":"the new plan"}"#);
    }

    async fn a_part_that_was_put_off_is_due_when_it_is_retried(app: TestApp) {
        let ctx = app.operator();
        let id = requested(&app, &[plain("ana@x.example")]).await.id;
        let done = Part { state: State::Done, next_attempt_at: Instant::from_ms(7), ..Part::new("archive") };
        let waiting = put_off(&app, State::Erasing);
        written(&app, &id, async |tx, job| {
            work::save_part(tx, job, &done).await?;
            work::save_part(tx, job, &waiting).await?;
            work::set_state(tx, job, State::Erasing, "", ctx.now()).await?;
            work::let_go(tx, job, 3, waiting.next_attempt_at).await
        }).await;
        let report = reported(&app, &id).await;
        let told: Vec<_> = report.stores.iter().map(|part| (part.store.as_str(), part.next_attempt_at)).collect();
        assert_eq!(told, [("archive", None), ("chat", Some(waiting.next_attempt_at))]);

        app.clock.advance_ms(10);
        erasure::retry(&ctx, &id).await.expect("a part waits");
        let report = reported(&app, &id).await;
        assert_eq!((report.next_attempt_at, report.stores[1].next_attempt_at), (Some(ctx.now()), Some(ctx.now())));
        let job = job(&app, &id).await;
        let mut tx = ctx.read().await.expect("a transaction");
        assert_eq!(work::parts(&mut tx, &job).await.expect("parts")[0], done, "what is done stays as it is");
        drop(tx);
        assert_eq!(refused_for(erasure::retry(&ctx, &id).await), Some(Rule::WrongState), "it is due already");
    }

    async fn a_request_that_only_rests_cannot_be_hurried(app: TestApp) {
        let not_before = Some(app.operator().now().plus_ms(60_000));
        let new = NewErasure { not_before, ..about(&[plain("ana@x.example")]) };
        let id = erasure::request(&app.operator(), &new).await.expect("it is accepted").id;
        assert_eq!(refused_for(erasure::retry(&app.operator(), &id).await), Some(Rule::WrongState));
        assert_eq!(reported(&app, &id).await.next_attempt_at, not_before);
    }
}
