//! What goes wrong in the middle: stores that fail, workers that die, rows that will not go, rows that
//! come while nobody looks.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use rolecall_erasure::stores::Failure;
use rolecall_model::erasure::State;
use rolecall_testkit::{Engine, Kind as ForeignKind, Wire};

use crate::{
    each_world, most_worlds,
    world::{Call, Kind, ROWS_EACH, Trouble, World, failure, outcomes, try_run},
};

/// Calls of a store beyond which an erasure of one person has surely ended.
const MAX_CALLS: usize = 60;

most_worlds! {
    async fn whatever_call_fails_the_request_goes_on_and_ends_well(world: World) {
        let bots = world.bots().await;
        for number in 1..MAX_CALLS {
            let name = format!("user{number}");
            world.people(&[&name, "bystander"], &bots).await;
            let id = world.ask(&[&format!("{name}@chat.example")]).await;
            let has_failed = Arc::new(AtomicBool::new(false));
            let failed = Arc::clone(&has_failed);
            let engine = world.another("troubled", Arc::new(move |call: Call| {
                let fails = call.number == number;
                failed.fetch_or(fails, Ordering::SeqCst);
                Box::pin(async move { fails.then(|| failure(Failure::Unreachable)) })
            }));
            while engine.work_one().await.expect("our own side is well") {}
            assert_eq!(world.state(&id).await == State::Done, !has_failed.load(Ordering::SeqCst), "call {number}");
            let report = world.work_through(&id).await;
            assert_eq!(outcomes(&report)[&format!("{name}@chat.example")], "erased", "call {number}");
            let counts = &report.subjects[0].stores[0];
            assert_eq!((counts.found, counts.erased + counts.masked), (ROWS_EACH, ROWS_EACH), "call {number}: {counts:?}");
            assert_eq!((world.rows_of(&name).await, world.rows_of("bystander").await), (0, ROWS_EACH), "call {number}");
            world.chat.run("DELETE FROM message; DELETE FROM session; DELETE FROM channel_identity; DELETE FROM bot_user; DELETE FROM event;").await;
            if !has_failed.load(Ordering::SeqCst) {
                return;
            }
        }
        panic!("an erasure of one person takes more than {MAX_CALLS} calls");
    }

    async fn whenever_a_worker_dies_another_ends_its_work(world: World) {
        let bots = world.bots().await;
        for number in 1..MAX_CALLS {
            let name = format!("user{number}");
            world.people(&[&name, "bystander"], &bots).await;
            let id = world.ask(&[&format!("{name}@chat.example")]).await;
            // It stops at that call for good, holding its lease, as a process does that was killed.
            let dead = Arc::new(tokio::sync::Notify::new());
            let has_died = Arc::clone(&dead);
            let engine = world.another("mortal", Arc::new(move |call: Call| {
                let has_died = Arc::clone(&has_died);
                Box::pin(async move {
                    if call.number == number {
                        has_died.notify_one();
                        std::future::pending::<()>().await;
                    }
                    None
                })
            }));
            let is_dead = tokio::select! {
                () = dead.notified() => true,
                () = async { while engine.work_one().await.expect("our own side is well") {} } => false,
            };
            drop(engine);
            let n_erased = world.chat.count("SELECT COUNT(*) FROM bot_user").await;
            assert!(n_erased > 0, "the bystander is there");
            let report = world.work_through(&id).await;
            assert_eq!(outcomes(&report)[&format!("{name}@chat.example")], "erased", "call {number}");
            let counts = &report.subjects[0].stores[0];
            assert_eq!((counts.found, counts.erased + counts.masked), (ROWS_EACH, ROWS_EACH), "call {number}: {counts:?}");
            assert_eq!((world.rows_of(&name).await, world.rows_of("bystander").await), (0, ROWS_EACH), "call {number}");
            world.chat.run("DELETE FROM message; DELETE FROM session; DELETE FROM channel_identity; DELETE FROM bot_user; DELETE FROM event;").await;
            if !is_dead {
                return;
            }
        }
        panic!("an erasure of one person takes more than {MAX_CALLS} calls");
    }
}

each_world! {
    async fn a_store_that_never_comes_back_is_told_of_in_the_end(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        world.set_map(&world.data_map("retry_for: 1h")).await;
        let id = world.ask(&["ana@chat.example"]).await;
        let engine = world.another("cut off", Arc::new(|_| Box::pin(async { Some(failure(Failure::Unreachable)) })));
        let mut n_attempts = 0;
        while world.state(&id).await != State::Done {
            assert!(engine.work_one().await.expect("our own side is well"), "it is due");
            n_attempts += 1;
            let report = world.report(&id).await;
            if report.state != State::Done {
                assert_eq!(report.stores[0].cause, "unreachable");
                let next = report.stores[0].next_attempt_at.expect("it is tried again");
                assert!(next > rolecall_control::Clock::now(&*world.app.clock));
                assert!(!engine.work_one().await.expect("our own side is well"), "it waits");
                world.app.clock.set(next);
            }
        }
        assert!((8..30).contains(&n_attempts), "pauses grow: {n_attempts} attempts in an hour");
        let report = world.report(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "failed: unreachable");
        assert_eq!(world.rows_of("ana").await, ROWS_EACH);
    }

    async fn rows_that_come_after_the_plan_are_found_by_the_second_look(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        let id = world.ask(&["ana@chat.example"]).await;
        let has_come = AtomicBool::new(false);
        let insert = "INSERT INTO message VALUES ('late', 'a-ana', 'ana', 'secret of ana. late'); INSERT INTO event VALUES ('late', 'ana', 'x', 'secret of ana. late');";
        let chat = Arc::clone(&world.chat);
        let engine = world.another("one", Arc::new(move |call: Call| {
            let comes = call.kind == Kind::Erase && !has_come.swap(true, Ordering::SeqCst);
            let chat = Arc::clone(&chat);
            Box::pin(async move {
                if comes {
                    chat.run(insert).await;
                }
                None
            })
        }));
        while engine.work_one().await.expect("the work is done") {}
        let report = world.work_through(&id).await;
        // The late message kept its session, and that its user: both went in the second round.
        assert_eq!(outcomes(&report)["ana@chat.example"], "erased", "{report:?}");
        let counts = &report.subjects[0].stores[0];
        assert_eq!((counts.found, counts.erased, counts.masked), (ROWS_EACH + 2, ROWS_EACH - 5 + 1, 6), "{counts:?}");
        assert_eq!((counts.quarantined, counts.refound), (0, 0));
        assert!(report.quarantine.is_empty());
        assert_eq!(world.rows_of("ana").await, 0);
    }

    async fn who_is_written_again_and_again_is_only_partly_erased(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        let id = world.ask(&["ana@chat.example"]).await;
        let n = AtomicUsize::new(0);
        let chat = Arc::clone(&world.chat);
        let engine = world.another("one", Arc::new(move |call: Call| {
            let n = n.fetch_add(1, Ordering::SeqCst);
            let chat = Arc::clone(&chat);
            Box::pin(async move {
                if call.kind == Kind::Commit {
                    chat.run(&format!("INSERT INTO event VALUES ('late {n}', 'ana', 'x', 'secret of ana. late')")).await;
                }
                None
            })
        }));
        while engine.work_one().await.expect("the work is done") {}
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "partial: found_again", "{report:?}");
        assert_eq!(report.subjects[0].stores[0].refound, 1);
    }

    async fn a_row_that_will_not_go_is_told_and_the_rest_goes(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        world.chat.run(&guard(&world, "a-ana-1")).await;
        let id = world.ask(&["ana@chat.example", "ben@chat.example"]).await;
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "partial: quarantined");
        assert_eq!(outcomes(&report)["ben@chat.example"], "erased");
        // The message, the session it is in, and the user that is of.
        let quarantined: Vec<(&str, i64)> = report.quarantine.iter().map(|rows| (rows.collection.as_str(), rows.n_rows)).collect();
        assert_eq!(quarantined, [("chat.bot_user", 1), ("chat.message", 1), ("chat.session", 1)]);
        let counts = &report.subjects[0].stores[0];
        assert_eq!((counts.found, counts.quarantined, counts.refound), (ROWS_EACH, 3, 3), "{counts:?}");
        assert_eq!((world.rows_of("ana").await, world.rows_of("ben").await), (3, 0));
    }

    async fn a_live_writer_and_an_erasure_get_along(world: World) {
        let bots = world.bots().await;
        let names: Vec<String> = (0..40).map(|n| format!("user{n}")).collect();
        world.people(&names.iter().map(String::as_str).collect::<Vec<_>>(), &bots).await;
        let who: Vec<String> = names.iter().map(|name| format!("{name}@chat.example")).collect();
        let id = world.ask(&who.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let is_over = Arc::new(AtomicBool::new(false));
        let chat = Arc::clone(&world.chat);
        let writer = {
            let is_over = Arc::clone(&is_over);
            // Takes rows in an order of its own, many in one transaction, and writes what it likes.
            tokio::spawn(async move {
                while !is_over.load(Ordering::SeqCst) {
                    for n in (0..40).rev() {
                        try_run(&chat, &format!("UPDATE bot_user SET full_name = 'x' WHERE id = 'user{n}'")).await;
                        try_run(&chat, &format!("UPDATE message SET body = body WHERE session_id = 'a-user{n}'")).await;
                    }
                }
            })
        };
        let report = world.work_through(&id).await;
        is_over.store(true, Ordering::SeqCst);
        writer.await.expect("it does not panic");
        assert!(report.subjects.iter().all(|subject| subject.outcome.as_str() == "erased"), "{report:?}");
    }

    async fn what_the_database_quotes_in_its_errors_stays_there(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        world.chat.run(&guard(&world, "a-ana-1")).await;
        let id = world.ask(&["ana@chat.example"]).await;
        let report = world.work_through(&id).await;
        let told = format!("{:?} {:?} {:?}", report.quarantine, report.stores, report.subjects[0].stores);
        assert!(!told.contains("secret"), "{told}");
        let dump = world.app.db.dump().await;
        for mark in ["secret of", "The name of", "a-ana-1", "whatsapp-id"] {
            assert!(!dump.contains(mark), "{mark} is in our database");
        }
    }
}

/// A trigger that lets one message not go, and quotes it.
fn guard(world: &World, message: &str) -> String {
    match world.chat.kind {
        ForeignKind::Sqlite => format!(
            "CREATE TRIGGER guard BEFORE DELETE ON message WHEN OLD.id = '{message}' BEGIN SELECT RAISE(ABORT, 'secret of ana. kept'); END;"
        ),
        ForeignKind::Postgres => format!(
            "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'kept: %', OLD.body; END $$;
             CREATE TRIGGER guard BEFORE DELETE ON message FOR EACH ROW WHEN (OLD.id = '{message}') EXECUTE FUNCTION guard();"
        ),
        ForeignKind::Mysql => format!(
            "CREATE TRIGGER guard BEFORE DELETE ON message FOR EACH ROW
             IF OLD.id = '{message}' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'secret of ana. kept'; END IF;"
        ),
    }
}

/// Cuts `wire` at the first call of the kind `at`.
fn cut_once(wire: &Arc<Wire>, at: Kind) -> Trouble {
    let (wire, is_cut) = (Arc::clone(wire), AtomicBool::new(false));
    Arc::new(move |call: Call| {
        let cuts = call.kind == at && !is_cut.swap(true, Ordering::SeqCst);
        let wire = Arc::clone(&wire);
        Box::pin(async move {
            if cuts {
                wire.cut().await;
            }
            None
        })
    })
}

/// A store behind a wire that is cut just before, or just after, the rows go; and mended later.
async fn survives_a_cut(world: World, at: Kind) {
    let bots = world.bots().await;
    world.people(&["ana", "ben"], &bots).await;
    let wire = Arc::new(Wire::to(&world.chat.url).await);
    world.set_map(&world.data_map("").replace(&world.chat.url, &wire.url)).await;
    let id = world.ask(&["ana@chat.example"]).await;
    let engine = world.another("cut off", cut_once(&wire, at));
    while engine.work_one().await.expect("our own side is well") {}
    assert_ne!(world.state(&id).await, State::Done, "the store is away");
    wire.mend();
    let report = world.work_through(&id).await;
    assert_eq!(outcomes(&report)["ana@chat.example"], "erased");
    let counts = &report.subjects[0].stores[0];
    assert_eq!((counts.found, counts.erased + counts.masked), (ROWS_EACH, ROWS_EACH), "{counts:?}");
    assert_eq!((world.rows_of("ana").await, world.rows_of("ben").await), (0, ROWS_EACH));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_store_may_go_away_in_the_middle() {
    for at in [Kind::Find, Kind::Erase] {
        if let Some(world) = World::start(Engine::Sqlite, ForeignKind::Postgres).await {
            survives_a_cut(world, at).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mysql_store_may_go_away_in_the_middle() {
    for at in [Kind::Find, Kind::Erase] {
        if let Some(world) = World::start(Engine::Sqlite, ForeignKind::Mysql).await {
            survives_a_cut(world, at).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_own_database_may_go_away_in_the_middle() {
    for at in [Kind::Catalog, Kind::Find, Kind::Erase, Kind::Commit] {
        let Some(world) = World::start(Engine::Postgres, ForeignKind::Sqlite).await else { return };
        let bots = world.bots().await;
        world.people(&["ana", "ben"], &bots).await;
        let id = world.ask(&["ana@chat.example"]).await;
        let wire = Arc::new(Wire::to(&world.app.db.url).await);
        let cut_off = world.elsewhere(&wire.url, "cut off", cut_once(&wire, at)).await;
        // Who cannot ask whether the request is still theirs before they commit takes it for lost.
        let stopped = cut_off.work_one().await;
        assert!(stopped.is_err() || at == Kind::Erase, "{at:?}: its database is away");
        assert_ne!(world.state(&id).await, State::Done);
        wire.mend();
        // The same worker goes on once its lease has run out.
        world.app.clock.advance_ms(60_000);
        assert!(cut_off.work_one().await.expect("its database is back"), "{at:?}: there is something to do");
        let report = world.work_through(&id).await;
        assert_eq!(outcomes(&report)["ana@chat.example"], "erased", "{at:?}");
        let counts = &report.subjects[0].stores[0];
        assert_eq!((counts.found, counts.erased + counts.masked), (ROWS_EACH, ROWS_EACH), "{at:?}: {counts:?}");
        assert_eq!((world.rows_of("ana").await, world.rows_of("ben").await), (0, ROWS_EACH), "{at:?}");
    }
}
