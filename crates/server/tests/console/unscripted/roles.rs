//! Roles: making, comparing, copying, changing and removing them.

use rolecall_control::roles;
use rolecall_model::{page::Page, role::RoleType};

use crate::walk::Walk;

pub(super) async fn walk(walk: &mut Walk) {
    walk.open("/console/roles").await;
    walk.follow("Bot roles").await;
    walk.follow("New role").await;
    walk.press("Create", &[("name", "Reader"), ("level-0", "VIEW")]).await;
    let role = walk.world.place().await;
    walk.press("Show", &[("at", "2026-01-05T08:00")]).await;
    walk.sees("Who held it on").await;
    walk.sees("the role was not there").await;

    let other = role_named(walk, "Care Supervisor").await;
    walk.press("Compare", &[("b", &other)]).await;
    walk.sees("Care Supervisor").await;
    walk.follow("Show what is the same, too").await;
    walk.sees("differs").await;

    walk.open(&role).await;
    walk.follow("Compare what it permitted at two times").await;
    walk.press("Compare", &[("a", "2026-01-05T08:00")]).await;
    walk.sees("the role was not there").await;

    walk.open(&role).await;
    walk.press("Copy", &[("name", "Second reader")]).await;
    walk.press("Save", &[("description", "Reads as well")]).await;
    walk.sees("Reads as well").await;
    walk.follow("Remove…").await;
    walk.press("Remove", &[]).await;
    walk.is_at("/console/roles").await;
    walk.sees("Reader").await;
    walk.misses("Second reader").await;
}

/// The id of the bot role with a name.
async fn role_named(walk: &Walk, name: &str) -> String {
    let found = roles::list(&walk.world.ctx, RoleType::Bot, Page::first(50)).await.expect("roles").items;
    found.into_iter().find(|role| role.name == name).expect("the role").id
}
