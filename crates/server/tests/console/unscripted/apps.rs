//! Client apps.

use crate::walk::Walk;

pub(super) async fn walk(walk: &mut Walk) {
    walk.open("/console/apps").await;
    let fields = [("name", "Nightly"), ("scope", "role_management:role_management"), ("kind", "admin")];
    walk.press("Make the app", &fields).await;
    let secret = walk.text_of("#secret").await;
    walk.follow("To the app").await;
    walk.misses(&secret).await;

    walk.press("Save", &[("name", "Nightly sync"), ("expires_at", "2031-01-31T09:30")]).await;
    assert_eq!(walk.text_of("h1").await, "Nightly sync");
    walk.press("Switch off", &[]).await;
    walk.press("Switch on", &[]).await;
    walk.sees("Switch off").await;
    walk.press("Make a new secret", &[("overlap", "1")]).await;
    assert_ne!(walk.text_of("#secret").await, secret);
    walk.follow("To the app").await;
    walk.sees("The secret before counts until").await;

    walk.follow("Remove…").await;
    walk.press("Remove for good", &[]).await;
    walk.is_at("/console/apps").await;
    walk.misses("Nightly").await;
}
