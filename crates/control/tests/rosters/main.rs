//! Images of accounts in memory: never older than the question, and never another answer than the
//! store's.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod budget;
mod fresh;
mod histories;
mod shown;

use std::sync::Arc;

use rolecall_control::{Core, Random, rosters::Rosters, seal::SealingKey};
use rolecall_roster::Roster;
use rolecall_store::Db;
use rolecall_testkit::TestApp;

/// Room for any image a test makes. Units: bytes.
const ENOUGH: u64 = 64 << 20;

/// Images with the one of the account loaded.
async fn loaded(app: &TestApp) -> Arc<Rosters> {
    let rosters = Arc::new(Rosters::new(ENOUGH));
    rosters.load(&app.server.core, app.tenant.account.no).await;
    assert_eq!(rosters.reading().n_loads, 1);
    rosters
}

async fn fresh(rosters: &Arc<Rosters>, app: &TestApp) -> Option<Roster> {
    rosters.fresh(&app.server.core, app.tenant.account.no).await
}

/// The same database as another process sees it.
async fn another_process(app: &TestApp) -> Arc<Core> {
    Arc::new(Core {
        db: Db::open(&app.db.url).await.expect("the database opens once more"),
        clock: Arc::clone(&app.clock) as _,
        random: Random::from_seed([9; 32]),
        sealing_key: SealingKey::generate([8; 32]),
    })
}
