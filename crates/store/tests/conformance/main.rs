//! What the store does, the same on every engine.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]

mod assignments;
mod bots;
mod changes;
mod erasures;
mod groups;
mod holdings;
mod idempotency;
mod image;
mod marks;
mod memberships;
mod names;
mod reach;
mod receipts;
mod roles;
mod users;

use rolecall_model::{
    bot::Bot,
    ids::{AccountNo, BotNo, UserNo},
    time::Instant,
};
use rolecall_store::Meter;
use rolecall_testkit::TestDb;
use sqlx::{AnyConnection, Connection as _, Row as _};

/// All numbers of a table, row by row.
async fn rows(db: &TestDb, sql: &'static str) -> Vec<Vec<i64>> {
    let mut connection = AnyConnection::connect(&db.url).await.expect("the database answers");
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("the rows");
    rows.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect()
}

/// Runs a statement that no function of the store has.
async fn run(db: &TestDb, sql: &'static str) {
    let mut connection = AnyConnection::connect(&db.url).await.expect("the database answers");
    sqlx::query(sql).execute(&mut connection).await.expect("it runs");
}

/// Makes bots with these numbers.
async fn bots(db: &TestDb, account: AccountNo, nos: &[i64]) {
    let bots = nos.iter().map(|no| Bot {
        no: BotNo(*no),
        id: format!("st-{no}"),
        name: format!("Bot {no}"),
        description: String::new(),
        purpose: "customer".to_owned(),
        default_language: "en".to_owned(),
        status: "configured".to_owned(),
        owner_no: UserNo(1),
        created_at: Instant::from_ms(1),
    });
    let mut tx = db.db.attempts(&Meter::default()).begin().await.expect("a transaction");
    rolecall_store::bots::insert(&mut tx, account, &bots.collect::<Vec<_>>()).await.expect("they are new");
    tx.commit().await.expect("they are kept");
}
