//! The whole console without scripts: every page is there, and every button of every form is pressed at
//! least once, as a person would, and does what it says.

mod apps;
mod directory;
mod door;
mod erasing;
mod moving;
mod reading;
mod roles;

use serde_json::json;

use crate::{walk::Walk, world::World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_and_every_form_works_without_scripts() {
    let Some(world) = World::start().await else { return };
    let mut walk = Walk::through(world).await;
    door::walk(&mut walk).await;
    directory::walk(&mut walk).await;
    roles::walk(&mut walk).await;
    moving::walk(&mut walk).await;
    apps::walk(&mut walk).await;
    reading::walk(&mut walk).await;
    erasing::walk(&mut walk).await;
    for (name, path) in walk.world.pages().await {
        let wanted = if name == "not-found" { 404 } else { 200 };
        assert_eq!(walk.answered(&path).await, json!(wanted), "{path}");
    }
    // Whoever adds a form adds what it does to the part of the walk that it belongs to.
    assert_eq!(walk.not_pressed(), [""; 0], "nobody ever pressed these");
    walk.world.browser.end().await;
}
