//! Several workers, and clocks that cannot be trusted.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use rolecall_model::{erasure::State, time::Instant};

use crate::{
    each_world,
    world::{Call, Kind, ROWS_EACH, outcomes},
};

each_world! {
    async fn of_two_workers_the_one_that_lost_its_lease_writes_nothing(world: World) {
        let bots = world.bots().await;
        world.people(&["ana"], &bots).await;
        let id = world.ask(&["ana@chat.example"]).await;
        // The first worker stands still just before it erases; its lease runs out; another takes over.
        let clock = Arc::clone(&world.app.clock);
        let (gate, reached) = (Arc::new(tokio::sync::Notify::new()), Arc::new(tokio::sync::Notify::new()));
        let slow = {
            let (gate, reached) = (Arc::clone(&gate), Arc::clone(&reached));
            world.another("slow", Arc::new(move |call: Call| {
                let (gate, reached) = (Arc::clone(&gate), Arc::clone(&reached));
                Box::pin(async move {
                    if call.kind == Kind::Erase {
                        reached.notify_one();
                        gate.notified().await;
                    }
                    None
                })
            }))
        };
        let slow = tokio::spawn(async move { slow.work_one().await });
        reached.notified().await;
        clock.advance_ms(10 * 60_000);
        world.work().await;
        assert_eq!(world.state(&id).await, State::Done);
        let after = world.app.db.dump().await;
        gate.notify_one();
        slow.await.expect("it does not panic").expect("losing a lease is no failure");
        assert_eq!(world.app.db.dump().await, after, "the loser wrote something");
        assert_eq!(outcomes(&world.report(&id).await)["ana@chat.example"], "erased");
    }

    async fn many_workers_do_each_request_once(world: World) {
        let bots = world.bots().await;
        let names: Vec<String> = (0..12).map(|n| format!("user{n}")).collect();
        world.people(&names.iter().map(String::as_str).collect::<Vec<_>>(), &bots).await;
        let mut ids = Vec::new();
        for name in &names {
            ids.push(world.ask(&[&format!("{name}@chat.example")]).await);
        }
        let erased = Arc::new(Mutex::new(0_usize));
        let workers: Vec<_> = (0..4).map(|n| {
            let erased = Arc::clone(&erased);
            let engine = world.another(&format!("worker {n}"), Arc::new(move |call: Call| {
                if call.kind == Kind::Erase {
                    *erased.lock().expect("nobody panicked") += 1;
                }
                Box::pin(async { None })
            }));
            tokio::spawn(async move { while engine.work_one().await.expect("the work is done") {} })
        }).collect();
        for worker in workers {
            worker.await.expect("it does not panic");
        }
        world.work().await;
        let mut numbers = BTreeSet::new();
        for (id, name) in ids.iter().zip(&names) {
            let report = world.report(id).await;
            assert_eq!(report.state, State::Done);
            assert_eq!(report.subjects[0].stores[0].found, ROWS_EACH);
            assert_eq!(world.rows_of(name).await, 0);
            numbers.insert(report.id);
        }
        assert_eq!(numbers.len(), 12);
        assert!(*erased.lock().expect("nobody panicked") <= 12, "a request was done twice");
    }

    async fn a_clock_that_jumps_stops_nothing(world: World) {
        let bots = world.bots().await;
        world.people(&["ana", "ben", "cleo"], &bots).await;
        world.set_map(&world.data_map("").replace("settle: 0s", "settle: 5s")).await;
        let now = rolecall_control::Clock::now(&*world.app.clock);
        for (name, jump_ms) in [("ana", 20 * 365 * 86_400_000_i64), ("ben", -20 * 365 * 86_400_000), ("cleo", 0)] {
            world.app.clock.set(now);
            let id = world.ask(&[&format!("{name}@chat.example")]).await;
            // Erased, and waiting to be looked at again, by a clock that then jumps.
            world.app.clock.set(Instant::from_ms(now.as_ms() + jump_ms));
            world.work().await;
            world.app.clock.set(now);
            let report = world.work_through(&id).await;
            assert_eq!(outcomes(&report)[&format!("{name}@chat.example")], "erased");
            assert_eq!(world.rows_of(name).await, 0);
        }
    }
}
