//! What people call things stands on pages as they wrote it, and does nothing.

use serde_json::json;

use crate::world::{NAMES, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn markup_formulas_and_directions_in_names_are_text() {
    let Some(world) = World::signed_in().await else { return };
    let paths = world.hostile().await;
    let lists = ["/console/users?q=hostile", "/console/groups", "/console/bots", "/console/roles?type=admin"];
    for path in paths.iter().map(String::as_str).chain(lists) {
        world.go(path).await;
        let seen = world
            .browser
            .run(
                "return [document.title !== 'taken', document.querySelectorAll('main script, main img').length,
                    document.querySelectorAll('main bdi').length > 0]",
            )
            .await;
        assert_eq!(seen, json!([true, 0, true]), "{path}");
    }
    for (name, paths) in NAMES.iter().zip(paths.chunks(5)) {
        for path in paths {
            world.go(path).await;
            let shown = world.browser.run("return document.querySelector('h1').textContent").await;
            assert_eq!(shown, json!(name), "{path}");
        }
    }
    world.go(&paths[14]).await;
    assert_eq!(world.faults("a role named in Arabic and Hebrew").await, [""; 0]);
    world.browser.end().await;
}
