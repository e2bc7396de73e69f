//! Moving roles between environments, and showing once more who one is before that.

use rolecall_server::demo;

use crate::walk::Walk;

use super::door::CHANGED;

const LONG_MS: i64 = 11 * 60_000;

pub(super) async fn walk(walk: &mut Walk) {
    let file = walk.world.app.db.dir.path().join("roles.json");
    std::fs::write(&file, demo::ROLES).expect("a file");
    let file = file.to_str().expect("a path").to_owned();

    walk.world.app.clock.advance_ms(LONG_MS);
    walk.open("/console/imports").await;
    walk.press("Show what would change", &[("file", &file), ("type", "bot"), ("mode", "add")]).await;
    walk.is_at("/console/confirm").await;
    walk.press("Go on", &[("password", "wrong")]).await;
    walk.sees("That password did not fit.").await;
    walk.press("Go on", &[("password", CHANGED)]).await;
    walk.is_at("/console/imports/plans/").await;
    walk.sees("1 created · 1 changed").await;

    walk.press("Apply the import", &[]).await;
    walk.sees("The import is applied.").await;
    assert!(exported(walk).await.contains("Night Desk"));
    walk.press("Undo this import", &[]).await;
    walk.sees("The import is undone.").await;
    assert!(!exported(walk).await.contains("Night Desk"));
}

/// The bot roles, as the export has them.
async fn exported(walk: &mut Walk) -> String {
    let (name, text) = walk.keep("Export bot roles").await;
    assert_eq!(name, "bot-roles.json");
    text
}
