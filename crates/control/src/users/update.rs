//! Changing users.

use std::collections::HashMap;

use rolecall_model::{delta::Delta, ids::UserNo, user::User};
use rolecall_store::{Tx, users};

use super::{
    Failure, Found, Key, Wish, fault,
    grants::{Ledger, Resolved, Things},
    particulars::{record_update, taken},
};
use crate::{Change, Ctx, Error, Fault, Rule};

/// Changes users, and the groups and roles they have. Answers the wishes that were not done.
pub async fn update(ctx: &Ctx, wishes: &[Wish<Key>]) -> Result<Vec<Failure>, Error> {
    let mut attempts = ctx.attempts();
    loop {
        let mut tx = attempts.begin().await?;
        let result = update_in(ctx, &mut tx, wishes).await;
        if let Some(settled) = attempts.settle(tx, result).await {
            return settled;
        }
    }
}

async fn update_in(ctx: &Ctx, tx: &mut Tx, wishes: &[Wish<Key>]) -> Result<Vec<Failure>, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    let account = change.account_no();
    let things = Things::read(&mut change, wishes).await?;
    let before = Found::read(change.tx, account, wishes.iter().map(|wish| &wish.who)).await?;
    let new_ids = wishes.iter().filter_map(|wish| wish.particulars.org_user_id.clone()).filter(|id| !id.is_empty());
    let new_ids: Vec<Key> = new_ids.map(Key::OrgUserId).collect();
    let holders = Found::read(change.tx, account, new_ids.iter()).await?.by_org_user_id;

    let mut after = After { users: before.users.clone(), holders };
    let (mut ledger, mut failures) = (Ledger::default(), Vec::new());
    for (index, wish) in wishes.iter().enumerate() {
        match decide(wish, before.no(&wish.who), &mut after, &things, change.account.owner_no) {
            Ok((no, resolved)) => ledger.note(no, &resolved),
            Err(fault) => failures.push(Failure { index, fault }),
        }
    }
    write(&mut change, &before.users, &after.users).await?;
    ledger.apply(&mut change, &things, &after.users).await?;
    change.finish().await?;
    Ok(failures)
}

/// The users as they will be, wish by wish.
struct After {
    users: HashMap<UserNo, User>,
    /// Who has which organisation id, or had it when the call began: all are written at once, so
    /// none can be handed on within one call.
    holders: HashMap<String, UserNo>,
}

/// Whom the wish is about and what it gains and loses; writes the rest into `after`.
fn decide(
    wish: &Wish<Key>,
    no: Option<UserNo>,
    after: &mut After,
    things: &Things,
    owner: UserNo,
) -> Result<(UserNo, Resolved), Fault> {
    let Some((no, user)) = no.and_then(|no| Some((no, after.users.get(&no)?))) else {
        let (path, detail) = match wish.who {
            Key::Email(_) => ("/userInfo/emailId", "no user of this account has this e-mail address"),
            Key::OrgUserId(_) => ("/userInfo/orgUserId", "no user of this account has this organisation id"),
        };
        return Err(fault(Rule::UnknownUser, path, detail));
    };
    let mut user = user.clone();
    wish.particulars.write_to(&mut user, things)?;
    let resolved = things.resolve(&wish.grants, Some(no), owner)?;
    if let Some(id) = &wish.particulars.org_user_id {
        if !id.is_empty() && *after.holders.entry(id.clone()).or_insert(no) != no {
            return Err(taken());
        }
        user.org_user_id.clone_from(id);
    }
    after.users.insert(no, user);
    Ok((no, resolved))
}

/// Writes the users that differ.
async fn write(
    change: &mut Change<'_>,
    before: &HashMap<UserNo, User>,
    after: &HashMap<UserNo, User>,
) -> Result<(), Error> {
    let mut changed: Vec<(&User, &User)> =
        before.iter().filter_map(|(no, user)| Some((user, after.get(no)?))).collect();
    changed.retain(|(before, after)| before != after);
    changed.sort_unstable_by_key(|(before, _)| before.no);
    for (before, after) in &changed {
        record_update(change, before, after);
        change.flush_if_full().await?;
    }
    let rows: Vec<User> = changed.iter().map(|(_, after)| (*after).clone()).collect();
    let (account, revision) = (change.account_no(), change.account.revision);
    users::update(change.tx, account, revision, &rows).await?;
    change.note(rows.iter().map(|user| Delta::User(user.no)));
    Ok(())
}
