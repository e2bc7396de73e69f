//! Changing users.

use std::collections::{BTreeSet, HashMap};

use rolecall_model::{delta::Delta, ids::UserNo, user::User};
use rolecall_store::{Tx, attempt, users};

use super::{
    Failure, Found, Key, Wish, fault,
    grants::{Ledger, Resolved, Things},
    particulars::{may_set_access, record_update, taken},
};
use crate::{
    Change, Ctx, Error, Fault, Rule,
    authority::{acts, needs},
    say,
};

/// Changes users, and the groups and roles they have. Answers the wishes that were not done.
pub async fn update(ctx: &Ctx, wishes: &[Wish<Key>]) -> Result<Vec<Failure>, Error> {
    attempt!(ctx.attempts(), |tx| update_in(ctx, tx, wishes))
}

async fn update_in(ctx: &Ctx, tx: &mut Tx, wishes: &[Wish<Key>]) -> Result<Vec<Failure>, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_USERS_OR_GRANTS)?;
    let account = change.account_no();
    let things = Things::read(&mut change, wishes).await?;
    let before = Found::read(change.tx, account, wishes.iter().map(|wish| &wish.who)).await?;
    let new_ids = wishes.iter().filter_map(|wish| wish.particulars.org_user_id.clone()).filter(|id| !id.is_empty());
    let new_ids: Vec<Key> = new_ids.map(Key::OrgUserId).collect();
    let holders = Found::read(change.tx, account, new_ids.iter()).await?.by_org_user_id;

    let nos: Vec<UserNo> = before.users.keys().copied().collect();
    let beyond = change.beyond(&nos).await?;
    let mut after = After { users: before.users.clone(), holders, beyond };
    let (mut ledger, mut failures) = (Ledger::default(), Vec::new());
    for (index, wish) in wishes.iter().enumerate() {
        match decide(wish, before.no(&wish.who), &mut after, &things, &change) {
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
    /// Who may more than whoever asks.
    beyond: BTreeSet<UserNo>,
}

/// Whom the wish is about and what it gains and loses; writes the rest into `after`.
fn decide(
    wish: &Wish<Key>,
    no: Option<UserNo>,
    after: &mut After,
    things: &Things,
    change: &Change<'_>,
) -> Result<(UserNo, Resolved), Fault> {
    let Some((no, user)) = no.and_then(|no| Some((no, after.users.get(&no)?))) else {
        let (path, detail) = match wish.who {
            Key::Email(_) => ("/userInfo/emailId", say::no_user_with_email()),
            Key::OrgUserId(_) => ("/userInfo/orgUserId", say::no_user_with_org_id()),
        };
        return Err(fault(Rule::UnknownUser, path, detail));
    };
    let before = user.clone();
    let mut user = user.clone();
    wish.particulars.write_to(&mut user, things)?;
    let resolved = things.resolve(change, &wish.grants, Some(no))?;
    if let Some(id) = &wish.particulars.org_user_id {
        if !id.is_empty() && *after.holders.entry(id.clone()).or_insert(no) != no {
            return Err(taken());
        }
        user.org_user_id.clone_from(id);
    }
    permitted(change, after, &before, &user)?;
    after.users.insert(no, user);
    Ok((no, resolved))
}

/// Refuses what makes `after` out of a user, unless whoever asks may do that.
fn permitted(change: &Change<'_>, all: &After, before: &User, after: &User) -> Result<(), Fault> {
    if before == after {
        return Ok(());
    }
    if all.beyond.contains(&before.no) {
        return Err(fault(Rule::NotPermitted, "/userInfo", say::beyond_user()));
    }
    may_set_access(change, before, after)?;
    let as_before = User {
        is_developer: before.is_developer,
        can_create_bot: before.can_create_bot,
        has_data_access: before.has_data_access,
        bot_tasks: before.bot_tasks.clone(),
        ..after.clone()
    };
    let any_of = acts::CHANGE_USERS.any_of;
    if as_before == *before || change.powers().has_any(any_of) {
        Ok(())
    } else {
        Err(fault(Rule::NotPermitted, "/userInfo", needs(any_of)))
    }
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
