//! `rolecall migrate`: bringing the database to this version's schema.

use rolecall_store::migrations;
use serde_json::json;

use super::{Answer, Machine, open};
use crate::config::Config;

pub(super) async fn run(config: &Config, machine: &Machine) -> anyhow::Result<Answer> {
    let db = open::database(config).await?;
    let migrations::Done { from, to } = open::migrate(&db, machine).await?;
    db.close().await;
    let text = if from == to {
        format!("The database already has version {to}.")
    } else {
        format!("The database went from version {from} to {to}.")
    };
    Ok(Answer::new(text, json!({"from": from, "to": to})))
}
