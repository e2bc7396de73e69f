//! Holds and erasures, from the request to the receipt.

use rolecall_control::erasure::{self, NewErasure};
use rolecall_model::erasure::Subject;

use crate::walk::Walk;

const GUEST: &str = "nora.berg@guest.example";

pub(super) async fn walk(walk: &mut Walk) {
    let store = walk.world.chat().await;
    hold_and_release(walk).await;
    request_and_call_off(walk).await;

    // The store is away when work on it begins.
    let place = ask(walk, None).await;
    let away = store.with_extension("away");
    std::fs::rename(&store, &away).expect("it is ours");
    walk.world.work().await;
    std::fs::rename(&away, &store).expect("it is ours");
    walk.open(&place).await;
    walk.press("Try again now", &[]).await;

    // Other rows are there than the plan has.
    let place = ask(walk, Some("0".repeat(64))).await;
    walk.world.work().await;
    walk.open(&place).await;
    walk.follow("Look at the plan and approve").await;
    walk.sees(GUEST).await;
    walk.press("Approve and erase", &[]).await;
    walk.world.work().await;
    walk.open(&place).await;
    let (name, receipt) = walk.keep("Download the receipt").await;
    assert_eq!((name, receipt.split('.').count()), (format!("{}.jws", id_of(&place)), 3));

    walk.open("/console/erasures").await;
    walk.press("Show", &[("state", "cancelled")]).await;
    walk.sees("1 erasure").await;
    walk.misses(id_of(&place)).await;
}

async fn hold_and_release(walk: &mut Walk) {
    walk.open("/console/holds").await;
    walk.press("Place the hold", &[("people", GUEST), ("reason", "A case at court")]).await;
    walk.sees("The hold is placed.").await;
    walk.press("Release the hold", &[]).await;
    walk.sees("A case at court").await;
    walk.misses("Release…").await;
}

async fn request_and_call_off(walk: &mut Walk) {
    walk.open("/console/erasures").await;
    walk.follow("Request an erasure").await;
    let fields = [("people", GUEST), ("scope", "all"), ("grounds", "Consent withdrawn")];
    walk.press("Show what would go", &fields).await;
    walk.sees("chat.message").await;
    walk.press("Request this erasure", &[]).await;
    walk.sees("Consent withdrawn").await;
    walk.follow("Call off").await;
    walk.press("Call it off", &[]).await;
    walk.sees("called off").await;
}

/// Asks for the guest's erasure, by a program; its page.
async fn ask(walk: &Walk, plan_hash: Option<String>) -> String {
    let subjects = vec![Subject::Plain(GUEST.to_owned())];
    let new = NewErasure { subjects, is_all_bots: true, plan_hash, ..NewErasure::default() };
    let id = erasure::request(&walk.world.ctx, &new).await.expect("an erasure").id;
    format!("/console/erasures/{id}")
}

fn id_of(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or_default()
}
