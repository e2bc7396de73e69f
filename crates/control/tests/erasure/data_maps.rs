use rolecall_control::{
    Ctx, Error, Rule,
    erasure::{self, NewDataMap, NewErasure, place_hash},
};
use rolecall_model::audit::Event;
use rolecall_testkit::{TestApp, each_engine};
use secrecy::ExposeSecret as _;

use super::{about, plain, reported, requested};

/// Sets a map with stores at these places.
async fn set(ctx: &Ctx, text: &str, places: &[&str]) -> Result<i64, Error> {
    let place_hashes = places.iter().map(|place| place_hash(&ctx.core, place)).collect();
    let hash = format!("hash of {}", text.len());
    let new = NewDataMap { text, hash: &hash, deadline_ms: 5_000, grace_ms: 1_000, place_hashes };
    erasure::set_data_map(ctx, new).await
}

/// Where another account's store stands in the way.
fn taken(result: Result<i64, Error>) -> Vec<(Rule, String)> {
    let Err(Error::Refused(faults)) = result else { panic!("{result:?}") };
    faults.into_iter().map(|fault| (fault.rule, fault.path)).collect()
}

each_engine! {
    async fn the_newest_map_is_in_force_and_the_same_again_changes_nothing(app: TestApp) {
        let ctx = app.operator();
        assert!(erasure::current_data_map(&ctx).await.expect("an answer").is_none());
        let first = set(&ctx, "stores: {}", &["a"]).await.expect("it is set");
        app.clock.advance_ms(10);
        let second = set(&ctx, "stores: {a: secret}", &["a"]).await.expect("it is set");
        assert!(second > first);
        let map = erasure::current_data_map(&ctx).await.expect("an answer").expect("a map");
        assert_eq!((map.no, map.hash.as_str(), map.text.expose_secret(), map.set_at), (second, "hash of 19", "stores: {a: secret}", ctx.now()));

        let (revision, n_entries) = (app.revision().await, app.entries().await.len());
        app.clock.advance_ms(10);
        assert_eq!(set(&ctx, "stores: {a: secret}", &["a"]).await.expect("it is set"), second);
        assert_eq!((app.revision().await, app.entries().await.len()), (revision, n_entries));
        let entry = app.entries().await.pop().expect("an entry");
        assert_eq!(entry.event, Event::DataMapSet.name());
        assert_eq!((entry.before.as_str(), entry.after.as_str()), (r#"{"hash":"hash of 10"}"#, r#"{"hash":"hash of 19"}"#));
    }

    async fn a_request_rests_and_is_due_as_its_map_says(app: TestApp) {
        let ctx = app.operator();
        set(&ctx, "stores: {}", &[]).await.expect("it is set");
        let rests = requested(&app, &[plain("ana@x.example")]).await;
        let report = reported(&app, &rests.id).await;
        assert_eq!((report.not_before, report.deadline), (ctx.now().plus_ms(1_000), ctx.now().plus_ms(5_000)));
        for (given_ms, not_before_ms) in [(500, 1_000), (2_000, 2_000), (5_000, 5_000)] {
            let new = NewErasure { not_before: Some(ctx.now().plus_ms(given_ms)), ..about(&[plain("ana@x.example")]) };
            let id = erasure::request(&ctx, &new).await.expect("it is accepted").id;
            assert_eq!(reported(&app, &id).await.not_before, ctx.now().plus_ms(not_before_ms));
        }
        let late = NewErasure { not_before: Some(ctx.now().plus_ms(5_001)), ..about(&[plain("ana@x.example")]) };
        assert!(matches!(erasure::request(&ctx, &late).await, Err(Error::Invalid(_))));
    }

    async fn a_store_is_one_accounts_until_it_is_given_up(app: TestApp) {
        let ours = app.operator();
        let other = app.another_tenant().await;
        let theirs = Ctx { account: other.account.no, ..ours.clone() };
        set(&ours, "1", &["a", "b"]).await.expect("they are free");
        assert_eq!(taken(set(&theirs, "1", &["c", "b", "a"]).await), [(Rule::StoreTaken, "/stores/1".to_owned()), (Rule::StoreTaken, "/stores/2".to_owned())]);
        assert!(erasure::current_data_map(&theirs).await.expect("an answer").is_none(), "nothing was set");
        set(&ours, "22", &["c"]).await.expect("what was refused was not claimed, and c is free");
        set(&theirs, "22", &["a", "b"]).await.expect("they were given up");
        assert_eq!(taken(set(&ours, "1", &["a"]).await).len(), 1);
    }

    async fn a_store_that_an_open_request_may_work_on_is_kept(app: TestApp) {
        let ours = app.operator();
        let other = app.another_tenant().await;
        let theirs = Ctx { account: other.account.no, ..ours.clone() };
        set(&ours, "1", &["a"]).await.expect("it is free");
        let id = requested(&app, &[plain("ana@x.example")]).await.id;
        set(&ours, "22", &["b"]).await.expect("it is free");
        assert_eq!(taken(set(&theirs, "1", &["a"]).await).len(), 1);

        erasure::cancel(&ours, &id).await.expect("it has not begun");
        let n_entries = app.entries().await.len();
        set(&ours, "22", &["b"]).await.expect("it is the same");
        assert_eq!(app.entries().await.len(), n_entries + 1, "that a store was given up is noted");
        set(&theirs, "1", &["a"]).await.expect("it was given up");
    }

    async fn where_a_store_is_cannot_be_told_from_its_hash_without_the_key(app: TestApp) {
        let core = &app.operator().core;
        let hash = place_hash(core, "postgres://db/chat");
        assert_eq!((hash.len(), &hash), (64, &place_hash(core, "postgres://db/chat")));
        assert_ne!(hash, place_hash(core, "postgres://db/chat2"));
        assert!(!hash.contains("chat"));
    }
}
