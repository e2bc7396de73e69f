//! The life of a request as it should be.

use rolecall_control::erasure;
use rolecall_erasure::receipt;
use rolecall_model::erasure::{State, Subject};

use crate::{
    each_world,
    world::{ROWS_EACH, outcomes},
};

each_world! {
    async fn who_asks_to_be_forgotten_is_gone_and_nobody_else_is(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben", "cleo"], &bots).await;
        assert_eq!(world.rows_of("ana").await, ROWS_EACH);
        let id = world.ask(&["ana@chat.example", "nobody@chat.example"]).await;
        world.work().await;
        let report = world.report(&id).await;
        assert_eq!(report.state, State::Done);
        assert_eq!(
            outcomes(&report).into_iter().collect::<Vec<_>>(),
            [("ana@chat.example".to_owned(), "erased".to_owned()), ("nobody@chat.example".to_owned(), "not_found".to_owned())]
        );
        let counts = &report.subjects[0].stores[0];
        assert_eq!((counts.found, counts.erased, counts.masked), (ROWS_EACH, ROWS_EACH - 5, 5), "{counts:?}");
        assert_eq!((counts.quarantined, counts.refound), (0, 0));
        assert_eq!(world.rows_of("ana").await, 0);
        assert_eq!((world.rows_of("ben").await, world.rows_of("cleo").await), (ROWS_EACH, ROWS_EACH));
        // The masked rows stay, without what was in them.
        assert_eq!(world.chat.count("SELECT COUNT(*) FROM event").await, 15);
        assert_eq!(world.chat.count("SELECT COUNT(*) FROM event WHERE props IS NULL").await, 5);
    }

    async fn every_identifier_leads_to_the_same_person(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben", "cleo", "dora", "eve"], &bots).await;
        let id = world.ask_for(&["ana", "BEN@chat.example", "web-id-cleo"], |new| {
            new.subjects.push(Subject::Channel { channel_id: "whatsapp".to_owned(), channel_user_id: "whatsapp-id-dora".to_owned() });
            // Right id, wrong channel.
            new.subjects.push(Subject::Channel { channel_id: "web".to_owned(), channel_user_id: "whatsapp-id-eve".to_owned() });
        }).await;
        let report = world.work_through(&id).await;
        for name in ["ana", "ben"] {
            assert_eq!(world.rows_of(name).await, 0, "{name}: {report:?}");
        }
        // An id on a channel leads to the identity; the map of this chat has no way up from there.
        for name in ["cleo", "dora"] {
            assert_eq!(world.rows_of(name).await, ROWS_EACH - 1, "{name}: {report:?}");
        }
        assert_eq!(world.rows_of("eve").await, ROWS_EACH);
        assert_eq!(report.subjects.iter().map(|subject| subject.outcome.as_str()).collect::<Vec<_>>(), ["erased", "erased", "erased", "erased", "not_found"]);
    }

    async fn a_request_for_one_bot_leaves_the_others_alone(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        let id = world.ask_for(&["ana@chat.example"], |new| {
            new.is_all_bots = false;
            new.bot_ids = vec![bots.a.clone()];
        }).await;
        let report = world.work_through(&id).await;
        // One session, its four messages, three events. The person and the identities are no bot's.
        assert_eq!(world.rows_of("ana").await, ROWS_EACH - 8, "{report:?}");
        assert_eq!(world.chat.count(&format!("SELECT COUNT(*) FROM session WHERE bot_id = '{}'", bots.b)).await, 2);
        assert_eq!(world.rows_of("ben").await, ROWS_EACH);
        assert_eq!(outcomes(&report)["ana@chat.example"], "partial: not_bot_scoped");
        let counts = &report.subjects[0].stores[0];
        assert_eq!((counts.found, counts.erased, counts.masked), (8, 5, 3));
    }

    async fn a_plan_is_carried_out_only_while_it_is_true(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        let subjects = [Subject::Plain("ana@chat.example".to_owned())];
        let ctx = world.app.operator();
        let preview = world.engine.preview(ctx.account, &subjects, None).await.expect("a preview");
        let rows: u64 = preview.subjects[0].stores[0].collections.iter().map(|collection| collection.rows).sum();
        assert_eq!(i64::try_from(rows), Ok(ROWS_EACH), "{preview:?}");
        assert_eq!(world.rows_of("ana").await, ROWS_EACH, "a preview changes nothing");

        let bound = |plan: &str| Some(plan.to_owned());
        let id = world.ask_for(&["ana@chat.example"], |new| new.plan_hash = bound(&preview.plan_hash)).await;
        world.people(&["zoe"], &bots).await;
        world.chat.run("INSERT INTO event VALUES ('late', 'ana', 'x', 'secret of ana. late')").await;
        world.work().await;
        let report = world.report(&id).await;
        assert_eq!((report.state, report.cause.as_str()), (State::Planned, "plan_changed"));
        assert_eq!(world.rows_of("ana").await, ROWS_EACH + 1, "nothing was erased");
        erasure::approve(&ctx, &id).await.expect("it can be approved");
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "erased");
        assert_eq!(world.rows_of("ana").await, 0);

        // One that is still true needs nobody.
        let subjects = [Subject::Plain("ben@chat.example".to_owned())];
        let preview = world.engine.preview(ctx.account, &subjects, None).await.expect("a preview");
        let id = world.ask_for(&["ben@chat.example"], |new| new.plan_hash = bound(&preview.plan_hash)).await;
        world.work().await;
        let report = world.report(&id).await;
        assert_eq!((report.state, report.plan_hash), (State::Done, Some(preview.plan_hash)));
    }

    async fn a_plan_that_somebody_has_to_approve_waits(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        world.set_map(&world.data_map("approval: true")).await;
        let id = world.ask(&["ana@chat.example"]).await;
        world.work().await;
        assert_eq!(world.state(&id).await, State::AwaitingApproval);
        assert_eq!(world.rows_of("ana").await, ROWS_EACH);
        erasure::approve(&world.app.operator(), &id).await.expect("it waits for that");
        world.work().await;
        assert_eq!(world.state(&id).await, State::Done);
        assert_eq!(world.rows_of("ana").await, 0);
    }

    async fn a_request_can_be_called_off_until_something_is_erased(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        world.set_map(&world.data_map("grace: 1d")).await;
        let id = world.ask(&["ana@chat.example"]).await;
        world.work().await;
        assert_eq!(world.state(&id).await, State::Pending, "it rests");
        erasure::cancel(&world.app.operator(), &id).await.expect("nothing was erased yet");
        world.app.clock.advance_ms(2 * 86_400_000);
        world.work().await;
        assert_eq!(world.state(&id).await, State::Cancelled);
        assert_eq!(world.rows_of("ana").await, ROWS_EACH);
        let id = world.ask(&["ana@chat.example"]).await;
        world.app.clock.advance_ms(2 * 86_400_000);
        world.work().await;
        assert_eq!(world.state(&id).await, State::Done);
        assert!(erasure::cancel(&world.app.operator(), &id).await.is_err(), "it is too late");
    }

    async fn a_hold_parks_one_person_and_lets_go_by_itself(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        let ctx = world.app.operator();
        let ana = [Subject::Plain("ANA@chat.example".to_owned())];
        let hold = erasure::place_hold(&ctx, &ana, "a dispute").await.expect("a hold");
        let id = world.ask(&["ana@chat.example", "ben@chat.example"]).await;
        world.work().await;
        let report = world.report(&id).await;
        assert_eq!(report.state, State::Held);
        assert_eq!(outcomes(&report)["ana@chat.example"], "held");
        assert_eq!(outcomes(&report)["ben@chat.example"], "erased");
        assert_eq!((world.rows_of("ana").await, world.rows_of("ben").await), (ROWS_EACH, 0));
        world.app.clock.advance_ms(30 * 86_400_000);
        world.work().await;
        assert_eq!(world.state(&id).await, State::Held, "time does not end a hold");
        erasure::release_hold(&ctx, &hold.id).await.expect("it is there");
        world.work().await;
        let report = world.report(&id).await;
        assert_eq!(report.state, State::Done);
        assert_eq!(outcomes(&report)["ana@chat.example"], "erased");
        assert_eq!(report.subjects[1].stores[0].erased, ROWS_EACH - 5, "what was counted stays counted");
        assert_eq!(world.rows_of("ana").await, 0);
    }

    async fn who_is_held_can_be_called_off_when_the_others_are_done(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        let ctx = world.app.operator();
        let ana = [Subject::Plain("ana@chat.example".to_owned())];
        erasure::place_hold(&ctx, &ana, "a dispute").await.expect("a hold");
        let id = world.ask(&["ana@chat.example", "ben@chat.example"]).await;
        world.work().await;
        erasure::cancel(&ctx, &id).await.expect("nothing of hers was erased");
        world.work().await;
        let report = world.report(&id).await;
        assert_eq!(report.state, State::Done);
        assert_eq!(outcomes(&report)["ana@chat.example"], "failed: cancelled");
        assert_eq!(outcomes(&report)["ben@chat.example"], "erased");
        assert!(report.has_receipt);
        assert_eq!((world.rows_of("ana").await, world.rows_of("ben").await), (ROWS_EACH, 0));
        let ben = Subject::Plain("ben@chat.example".to_owned());
        let known = erasure::suppressed(&ctx, &[ana[0].clone(), ben]).await.expect("the ledger");
        assert_eq!(known.iter().map(Option::is_some).collect::<Vec<_>>(), [false, true]);
    }

    async fn receipts_follow_one_another_and_name_nobody(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        let ctx = world.app.operator();
        let keys = receipt::jwks(&ctx.core).await.expect("keys");
        let keys = receipt::PublicKeys::parse(&keys.to_string()).expect("a key set");
        let mut chain = Vec::new();
        for who in ["ana@chat.example", "ben@chat.example", "ana@chat.example"] {
            let id = world.ask(&[who]).await;
            world.work().await;
            let jws = erasure::receipt(&ctx, &id).await.expect("a receipt");
            chain.push(receipt::verify(&jws, &keys).expect("it is ours"));
        }
        receipt::verify_chain(&chain).expect("none is missing");
        let [first, .., last] = chain.as_slice() else { panic!("three receipts") };
        assert_eq!((first.receipt.number, last.receipt.number), (1, 3));
        assert_eq!(first.receipt.subjects[0].subject, last.receipt.subjects[0].subject, "one person, one hash");
        assert_eq!(last.receipt.subjects[0].outcome.as_str(), "not_found");
        let store = &first.receipt.subjects[0].stores[0];
        assert_eq!((store.found, store.erased, store.masked), (ROWS_EACH, ROWS_EACH - 5, 5));
        assert_eq!(store.rescan.as_ref().map(|rescan| rescan.found), Some(0));
        assert!(store.backups_expire_by.is_some());
        let told = serde_json::to_string(&first.receipt).expect("JSON");
        assert!(!told.contains("ana"), "{told}");
    }

    async fn a_canary_is_found_before_and_not_after(world: World) {
        let ctx = world.app.operator();
        let canary = world.engine.plant(ctx.account).await.expect("it is planted");
        assert_eq!(canary.stores[0].failures, []);
        assert_eq!(canary.stores[0].collections.len(), 5);
        let rows = async || {
            let preview = world.engine.preview(ctx.account, std::slice::from_ref(&canary.subject), None).await.expect("a preview");
            preview.subjects[0].stores.iter().flat_map(|store| &store.collections).map(|collection| collection.rows).sum::<u64>()
        };
        assert_eq!(rows().await, 5);
        let id = world.ask_for(&[], |new| new.subjects.push(canary.subject.clone())).await;
        world.work().await;
        assert_eq!(world.state(&id).await, State::Done);
        assert_eq!(rows().await, 0);
    }

    async fn who_comes_back_with_a_backup_is_found_by_the_ledger(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        let ctx = world.app.operator();
        let before = rolecall_control::Clock::now(&*world.app.clock);
        let id = world.ask_for(&["ana@chat.example"], |new| {
            new.subjects.push(Subject::Channel { channel_id: "web".to_owned(), channel_user_id: "web-id-ben".to_owned() });
        }).await;
        world.work().await;
        assert_eq!(world.state(&id).await, State::Done);
        world.chat.run("DELETE FROM event").await;
        world.people(&["ana"], &bots).await;
        world.chat.run("INSERT INTO channel_identity VALUES ('web-ben', 'ben', 'web', 'web-id-ben')").await;
        let known = erasure::ledger_since(&ctx, before).await.expect("the ledger");
        let hashes = known.into_iter().map(|(hash, _)| hash).collect();
        let again = world.engine.find_again(ctx.account, &hashes).await.expect("the stores answer");
        let mut names: Vec<String> = again.iter().map(|subject| subject.to_value().to_string()).collect();
        names.sort();
        assert_eq!(names, ["\"ana@chat.example\"", r#"{"channel_id":"web","channel_user_id":"web-id-ben"}"#]);
    }
}
