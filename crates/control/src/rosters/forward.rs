//! Bringing an image forward by the change log.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use rolecall_model::{
    delta::{Delta, MAX_DELTAS, settle},
    ids::AccountNo,
    user::User,
};
use rolecall_roster::{Roster, Step};
use rolecall_store::{Error as StoreError, Meter, Tx, accounts, bots, changes, groups, roles, users};
use tokio::task::spawn_blocking;

use super::load::{bound_apps, shown};
use crate::Core;

/// How many changes are read at once.
const CHUNK: i64 = 256;
/// How many deltas are taken in without leaving the thread to others.
const FEW: usize = 500;

/// What became of an image.
pub(super) enum Forward {
    /// It is this one now.
    To(Roster),
    /// The log does not tell any more what happened since: load it again.
    Lost,
}

/// Brings `image` to the account's present revision.
pub(super) async fn forward(core: &Arc<Core>, image: &Roster) -> Result<Forward, StoreError> {
    let (account, revision) = (image.account().no, image.revision());
    let meter = Meter::default();
    // What the log tells whole never changes, and needs no transaction to agree with.
    let log = log(&mut core.db.glance(&meter).await?, account, revision).await?;
    let Some(mut step) = log else { return Ok(Forward::Lost) };
    if names_things(&step.deltas) {
        let mut tx = core.db.read(&meter).await?;
        step = match self::log(&mut tx, account, revision).await? {
            Some(step) => read_again(&mut tx, account, step).await?,
            None => return Ok(Forward::Lost),
        };
        tx.rollback().await?;
    }
    let image = image.clone();
    let next = if step.deltas.len() <= FEW {
        image.apply(&step)
    } else {
        let next = spawn_blocking(move || image.apply(&step)).await;
        next.map_err(|_| StoreError::Failed { code: "an image's step forward broke off".to_owned() })?
    };
    Ok(next.map_or(Forward::Lost, Forward::To))
}

/// What happened after `revision`, without a gap; nothing if that is not known any more.
async fn log(tx: &mut Tx, account: AccountNo, revision: i64) -> Result<Option<Step>, StoreError> {
    let mut step = Step { revision, ..Step::default() };
    loop {
        let changes = changes::since(tx, account, step.revision, CHUNK).await?;
        let is_last = i64::try_from(changes.len()).unwrap_or(i64::MAX) < CHUNK;
        for (revision, deltas) in changes {
            let (true, Some(deltas)) = (revision == step.revision + 1, deltas) else { return Ok(None) };
            step.revision = revision;
            step.deltas.extend(deltas);
        }
        if step.deltas.len() > MAX_DELTAS {
            return Ok(None);
        }
        if is_last {
            step.deltas = settle(&step.deltas);
            return Ok(Some(step));
        }
    }
}

/// Whether a delta names something without telling how it is now.
fn names_things(deltas: &[Delta]) -> bool {
    deltas.iter().any(|delta| {
        matches!(
            delta,
            Delta::Account | Delta::Apps | Delta::Role(_) | Delta::Bot(_) | Delta::Group(_) | Delta::User(_)
        )
    })
}

/// Reads what the deltas name.
async fn read_again(tx: &mut Tx, account: AccountNo, mut step: Step) -> Result<Step, StoreError> {
    let (mut role_nos, mut bot_nos, mut group_nos, mut user_nos) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for delta in &step.deltas {
        match delta {
            Delta::Account => step.account = Some(shown(&accounts::get(tx, account).await?)),
            Delta::Apps => step.apps = Some(bound_apps(tx, account).await?),
            Delta::Role(role) => role_nos.push(*role),
            Delta::Bot(bot) => bot_nos.push(*bot),
            Delta::Group(group) => group_nos.push(*group),
            Delta::User(user) => user_nos.push(*user),
            _ => {}
        }
    }
    let found = roles::find_by_nos(tx, account, &role_nos).await?;
    step.roles = each(role_nos, found, |role| role.no);
    let found = bots::find_by_nos(tx, account, &bot_nos).await?;
    step.bots = each(bot_nos, found, |bot| bot.no);
    let found = groups::find_by_nos(tx, account, &group_nos).await?;
    step.groups = each(group_nos, found, |group| group.no);
    let numbers: Vec<String> = user_nos.iter().map(|user| user.0.to_string()).collect();
    let found: Vec<User> = users::find_many(tx, account, users::Key::No, &numbers).await?;
    step.users = each(user_nos, found, |user| user.no);
    Ok(step)
}

/// Each number with what it was found to be.
fn each<N: Copy + Eq + Hash, T>(nos: Vec<N>, found: Vec<T>, no: impl Fn(&T) -> N) -> Vec<(N, Option<T>)> {
    let mut found: HashMap<N, T> = found.into_iter().map(|row| (no(&row), row)).collect();
    nos.into_iter().map(|no| (no, found.remove(&no))).collect()
}
