//! Removing users.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rolecall_model::{
    audit::Event,
    delta::Delta,
    group::Group,
    ids::{GroupNo, UserNo},
    user::User,
};
use rolecall_store::{Tx, attempt, bots, groups, holdings, users};
use serde_json::Value;

use super::{Found, Key, particulars::shown};
use crate::{
    Change, Ctx, Error, Record,
    assignments::{self, Known},
    authority::acts,
    memberships, sign_in,
};

/// What became of a call that removes users.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// How many are gone now, or were before.
    pub n_gone: usize,
    /// Who may not be removed: the account's owner, and whoever owns a bot.
    pub refused: Vec<User>,
}

/// Removes users: all they hold and are in ends, which the history keeps, and their addresses are
/// free again. Who is not there counts as removed.
pub async fn remove(ctx: &Ctx, keys: &[Key]) -> Result<Removed, Error> {
    attempt!(ctx.attempts(), |tx| remove_in(ctx, tx, keys))
}

async fn remove_in(ctx: &Ctx, tx: &mut Tx, keys: &[Key]) -> Result<Removed, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::REMOVE_USERS)?;
    let account = change.account_no();
    let found = Found::read(change.tx, account, keys.iter()).await?;
    let n_unknown = keys.iter().filter(|key| found.no(key).is_none()).count();
    let users: BTreeMap<UserNo, User> = found.users.into_iter().collect();
    let nos: Vec<UserNo> = users.keys().copied().collect();
    let bot_owners = bots::owners_among(change.tx, account, &nos).await?;
    let owner = change.account.owner_no;
    let (refused, leaving): (Vec<User>, Vec<User>) =
        users.into_values().partition(|user| user.no == owner || bot_owners.contains(&user.no));
    change.may_touch(&leaving.iter().map(|user| user.no).collect::<Vec<_>>()).await?;
    end_all(&mut change, &leaving).await?;
    for user in &leaving {
        change.record(Record {
            event: Event::UserDeleted,
            target: user.id.clone(),
            description: format!("User {} deleted", user.email),
            before: Value::Object(shown(user)),
            after: Value::Null,
        });
        change.flush_if_full().await?;
    }
    change.account.n_users -= i64::try_from(leaving.len()).unwrap_or_default();
    let (at, revision) = (change.at, change.account.revision);
    let leaving: Vec<UserNo> = leaving.iter().map(|user| user.no).collect();
    users::remove(change.tx, account, revision, &leaving, at).await?;
    sign_in::forget_people(&mut change, &leaving).await?;
    change.note(leaving.iter().copied().map(Delta::User));
    change.finish().await?;
    Ok(Removed { n_gone: leaving.len() + n_unknown, refused })
}

/// Ends all that `users` hold directly and takes them out of all groups.
async fn end_all(change: &mut Change<'_>, users: &[User]) -> Result<(), Error> {
    let account = change.account_no();
    let nos: Vec<UserNo> = users.iter().map(|user| user.no).collect();
    let held = holdings::roles_of_users(change.tx, account, &nos, None).await?;
    assignments::end(change, &mut Known::default(), &held).await?;

    let inside = holdings::groups_of_users(change.tx, account, &nos, None).await?;
    let groups: BTreeSet<GroupNo> = inside.iter().map(|(_, group)| *group).collect();
    let groups: Vec<GroupNo> = groups.into_iter().collect();
    let groups = groups::find_by_nos(change.tx, account, &groups).await?;
    let groups: HashMap<GroupNo, Group> = groups.into_iter().map(|group| (group.no, group)).collect();
    let users: HashMap<UserNo, &User> = users.iter().map(|user| (user.no, user)).collect();
    let pairs = inside.iter().filter_map(|(user, group)| Some((groups.get(group)?, *users.get(user)?)));
    memberships::remove_users(change, &pairs.collect::<Vec<_>>()).await
}
