//! Ways to more than one was given, each tried through every door that has it: the forms of the console, our
//! own API, and the vendor's. The table in `paths.rs` is all of it.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod at_once;
mod paths;
mod world;

use std::path::Path;

use axum::http::StatusCode;
use rolecall_testkit::{TestApp, each_engine};

use paths::{Door, PATHS};
use world::World;

/// Where a test is said to stand, there it stands.
fn is_there(file: &str, test: &str) -> bool {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(place).unwrap_or_default().contains(&format!("fn {test}("))
}

each_engine! {
    async fn no_path_leads_through_any_door_to_more_than_one_was_given(app: TestApp) {
        let world = World::of(app).await;
        let mut leaks = Vec::new();
        for path in PATHS {
            for (name, door) in [("console", path.console), ("our API", path.ours), ("vendor's API", path.vendors)] {
                let what = format!("{}: {name}", path.title);
                match door {
                    Door::Refused(calls) => {
                        assert!(!calls.is_empty(), "{what}");
                        let before = world.picture().await;
                        for call in calls {
                            for reply in world.tried(call).await {
                                if !World::is_not_permitted(call, &reply) {
                                    leaks.push(format!("{what}: {call:?}: {}", World::told(&reply)));
                                }
                            }
                        }
                        assert_eq!(world.picture().await, before, "{what}");
                    }
                    Door::Harmless(calls) => {
                        assert!(!calls.is_empty(), "{what}");
                        let before = world.powers().await;
                        for call in calls {
                            let reply = world.done_by_who_may_all(call).await;
                            if reply.status == StatusCode::NOT_FOUND || reply.status.is_server_error() {
                                leaks.push(format!("{what}: {call:?}: {}", World::told(&reply)));
                            }
                        }
                        assert_eq!(world.powers().await, before, "{what}");
                        world.has_one_built_in_admin().await;
                    }
                    Door::Shown(file, test) => assert!(is_there(file, test), "{what}: {file}: {test}"),
                    Door::Absent(why) => assert!(why.len() > 20, "{what}: say why"),
                }
            }
        }
        assert_eq!(leaks, [""; 0]);
    }
}
