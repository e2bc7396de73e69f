//! The changes themselves: what is new is added, what holds is ended, and each that really changed
//! gets its audit entry.

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    audit::Event,
    delta::Delta,
    ids::{BotNo, GroupNo, RoleNo, UserNo},
};
use rolecall_store::{
    Error as StoreError,
    assignments::{self, Assignment, Holder, NO_BOT, Of},
    holdings,
    names::{self, Name, Thing},
};
use serde_json::{Map, Value};

use super::Action;
use crate::{Change, Error, Record};

/// The names of what assignments are between, for their audit entries. What a caller has looked up
/// already it can put in; the rest is read when it is needed.
#[derive(Debug, Default)]
pub struct Known {
    /// Users.
    pub users: HashMap<UserNo, Name>,
    /// Groups.
    pub groups: HashMap<GroupNo, Name>,
    /// Roles.
    pub roles: HashMap<RoleNo, Name>,
    /// Bots.
    pub bots: HashMap<BotNo, Name>,
}

impl Known {
    async fn learn(&mut self, change: &mut Change<'_>, assignments: &[Assignment]) -> Result<(), StoreError> {
        let (mut users, mut groups) = (HashSet::new(), HashSet::new());
        for assignment in assignments {
            match assignment.holder {
                Holder::User(user) => users.insert(user.0),
                Holder::Group(group) => groups.insert(group.0),
            };
        }
        let roles = assignments.iter().map(|assignment| assignment.role.0).collect();
        let bots = assignments.iter().map(|assignment| assignment.bot).filter(|bot| *bot != NO_BOT);
        let bots = bots.map(|bot| bot.0).collect();
        learn(change, &mut self.users, Thing::User, users, UserNo).await?;
        learn(change, &mut self.groups, Thing::Group, groups, GroupNo).await?;
        learn(change, &mut self.roles, Thing::Role, roles, RoleNo).await?;
        learn(change, &mut self.bots, Thing::Bot, bots, BotNo).await
    }
}

async fn learn<N: Copy + Eq + std::hash::Hash>(
    change: &mut Change<'_>,
    known: &mut HashMap<N, Name>,
    thing: Thing,
    nos: HashSet<i64>,
    number: fn(i64) -> N,
) -> Result<(), StoreError> {
    let mut unknown: Vec<i64> = nos.into_iter().filter(|no| !known.contains_key(&number(*no))).collect();
    unknown.sort_unstable();
    let account = change.account_no();
    let found = names::of(change.tx, account, thing, &unknown).await?;
    known.extend(found.into_iter().map(|(no, name)| (number(no), name)));
    Ok(())
}

/// How many assignments are changed at once.
const CHUNK: usize = 1_024;

/// Adds those of `assignments` that do not hold yet.
pub async fn add(change: &mut Change<'_>, known: &mut Known, assignments: &[Assignment]) -> Result<(), Error> {
    add_new(change, known, assignments).await.map(drop)
}

/// Adds those of `assignments` that do not hold yet, and tells which those are.
pub(crate) async fn add_new(
    change: &mut Change<'_>,
    known: &mut Known,
    assignments: &[Assignment],
) -> Result<Vec<Assignment>, Error> {
    let account = change.account_no();
    let mut added = Vec::new();
    let mut sorted = assignments.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    for chunk in sorted.chunks(CHUNK) {
        let held: HashSet<Assignment> = assignments::find(change.tx, account, chunk).await?.into_iter().collect();
        let new: Vec<Assignment> = chunk.iter().filter(|assignment| !held.contains(assignment)).copied().collect();
        change.may_assign(&new, Action::Add).await?;
        known.learn(change, &new).await?;
        let rows = record(change, known, &new, Turn::Begins).await?;
        assignments::insert(change.tx, account, change.at, &rows).await?;
        change.note(new.iter().map(|assignment| delta(assignment, Turn::Begins)));
        added.extend(new);
    }
    Ok(added)
}

/// Ends those of `assignments` that hold.
pub async fn end(change: &mut Change<'_>, known: &mut Known, assignments: &[Assignment]) -> Result<(), Error> {
    let account = change.account_no();
    let mut sorted = assignments.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    for chunk in sorted.chunks(CHUNK) {
        let mut held = assignments::find(change.tx, account, chunk).await?;
        held.sort_unstable();
        change.may_assign(&held, Action::Remove).await?;
        known.learn(change, &held).await?;
        let rows = record(change, known, &held, Turn::Ends).await?;
        assignments::end(change.tx, account, change.at, &rows).await?;
        change.note(held.iter().map(|assignment| delta(assignment, Turn::Ends)));
    }
    Ok(())
}

/// Ends all that `group` holds.
pub async fn end_all_of_group(change: &mut Change<'_>, group: GroupNo) -> Result<(), Error> {
    let account = change.account_no();
    let held = holdings::roles_of_groups(change.tx, account, &[group], None).await?;
    end(change, &mut Known::default(), &held).await
}

/// Ends all assignments of `role`.
pub async fn end_all_of_role(change: &mut Change<'_>, role: RoleNo) -> Result<(), Error> {
    end_all_of(change, Of::Role(role)).await
}

/// Ends all assignments on `bot`.
pub async fn end_all_of_bot(change: &mut Change<'_>, bot: BotNo) -> Result<(), Error> {
    end_all_of(change, Of::Bot(bot)).await
}

async fn end_all_of(change: &mut Change<'_>, of: Of) -> Result<(), Error> {
    let account = change.account_no();
    loop {
        let held = assignments::list(change.tx, account, of, i64::try_from(CHUNK).unwrap_or(i64::MAX)).await?;
        if held.is_empty() {
            return Ok(());
        }
        end(change, &mut Known::default(), &held).await?;
    }
}

/// What happens to an assignment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// It begins to hold.
    Begins,
    /// It ends.
    Ends,
}

/// What images in memory have to know of it.
pub(super) fn delta(assignment: &Assignment, turn: Turn) -> Delta {
    let Assignment { bot, role, holder } = *assignment;
    match (holder, turn) {
        (Holder::User(user), Turn::Begins) => Delta::UserAssigned { bot, role, user },
        (Holder::User(user), Turn::Ends) => Delta::UserUnassigned { bot, role, user },
        (Holder::Group(group), Turn::Begins) => Delta::GroupAssigned { bot, role, group },
        (Holder::Group(group), Turn::Ends) => Delta::GroupUnassigned { bot, role, group },
    }
}

/// Notes the audit entry of each assignment, between things that are all `known`; each with the
/// entry's number.
pub(super) async fn record(
    change: &mut Change<'_>,
    known: &Known,
    assignments: &[Assignment],
    turn: Turn,
) -> Result<Vec<(Assignment, i64)>, Error> {
    let mut rows = Vec::with_capacity(assignments.len());
    for assignment in assignments {
        let seq = change.record(entry(known, assignment, turn)?);
        rows.push((*assignment, seq));
    }
    change.flush_if_full().await?;
    Ok(rows)
}

fn entry(known: &Known, assignment: &Assignment, turn: Turn) -> Result<Record, StoreError> {
    // The tables hold no number that nothing has, so this is a fault of this program or of a hand
    // that wrote into them.
    let dangling = || StoreError::Failed { code: "an assignment of nothing".to_owned() };
    let role = known.roles.get(&assignment.role).ok_or_else(dangling)?;
    let bot = match assignment.bot {
        NO_BOT => None,
        bot => Some(known.bots.get(&bot).ok_or_else(dangling)?),
    };
    let (holder, holder_key, whom) = match assignment.holder {
        Holder::User(user) => (known.users.get(&user).ok_or_else(dangling)?, "userId", ""),
        Holder::Group(group) => (known.groups.get(&group).ok_or_else(dangling)?, "groupId", "group "),
    };
    let event = match (turn, assignment.holder, bot) {
        (Turn::Begins, Holder::Group(_), _) => Event::RoleAssignedToGroups,
        (Turn::Ends, Holder::Group(_), _) => Event::RoleDeletedForGroups,
        (Turn::Begins, Holder::User(_), Some(_)) => Event::BotRoleAssigned,
        (Turn::Ends, Holder::User(_), Some(_)) => Event::BotRoleDeleted,
        (Turn::Begins, Holder::User(_), None) => Event::AdminRoleAssignedToUsers,
        (Turn::Ends, Holder::User(_), None) => Event::AdminRoleDeletedForUsers,
    };
    let what = match bot {
        Some(bot) => format!("Bot role {} on {}", role.name, bot.name),
        None => format!("Admin role {}", role.name),
    };
    let mut fact = Map::new();
    fact.insert("roleId".to_owned(), role.id.clone().into());
    if let Some(bot) = bot {
        fact.insert("botId".to_owned(), bot.id.clone().into());
    }
    fact.insert(holder_key.to_owned(), holder.id.clone().into());
    let (verb, before, after) = match turn {
        Turn::Begins => ("assigned to", Value::Null, Value::Object(fact)),
        Turn::Ends => ("deleted for", Value::Object(fact), Value::Null),
    };
    let ids = [Some(&holder.id), Some(&role.id), bot.map(|bot| &bot.id)];
    Ok(Record {
        event,
        target: ids.into_iter().flatten().cloned().collect::<Vec<_>>().join(" "),
        description: format!("{what} {verb} {whom}{}", holder.name),
        before,
        after,
    })
}
