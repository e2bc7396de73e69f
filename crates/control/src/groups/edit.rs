//! One group: looking at it, changing what it is called, and removing it with all that went by it.

use rolecall_model::{audit::Event, delta::Delta, group::Group, problem::Problems, text};
use rolecall_store::{
    Tx, attempt, groups, holdings, memberships,
    users::{self, Key},
};
use serde_json::Value;

use super::{check, shown};
use crate::{
    Change, Ctx, Error, Record, Rule,
    assignments::{self, Action},
    authority::acts,
    memberships as changes, say,
    version::{Expected, Version},
};

/// What is to be changed of a group; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Its name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// The group with id `id`.
///
/// Errors: [`Rule::UnknownGroup`] if the account has none.
pub async fn get(ctx: &Ctx, id: &str) -> Result<Group, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    of_account(&mut tx, ctx, id).await
}

/// The version of a group, for whoever is about to change it.
pub fn version(group: &Group) -> Version {
    Version::of(&shown(group))
}

/// Changes a group. What is so already stays so, and leaves no trace.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one, [`Rule::UnknownGroup`] if the account has no
/// such group, [`Rule::Stale`] if it is not what its editor takes it to be, [`Rule::Taken`] for a name
/// that is taken.
pub async fn update(ctx: &Ctx, id: &str, expected: &Expected, edit: &Edit) -> Result<Group, Error> {
    let mut problems = Problems::default();
    check(edit.name.as_deref(), edit.description.as_deref(), &mut problems);
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| update_in(ctx, tx, id, expected, edit))
}

async fn update_in(ctx: &Ctx, tx: &mut Tx, id: &str, expected: &Expected, edit: &Edit) -> Result<Group, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_GROUPS)?;
    let before = of_account(change.tx, ctx, id).await?;
    expected.check(&shown(&before))?;
    let after = Group {
        name: edit.name.clone().unwrap_or_else(|| before.name.clone()),
        description: edit.description.clone().unwrap_or_else(|| before.description.clone()),
        ..before.clone()
    };
    if text::fold(&after.name) != text::fold(&before.name) {
        super::check_free(&mut change, &after.name).await?;
    }
    save(&mut change, &before, &after).await?;
    change.finish().await?;
    Ok(after)
}

/// Writes what changed of a group within a change, if anything did.
pub(crate) async fn save(change: &mut Change<'_>, before: &Group, after: &Group) -> Result<(), Error> {
    if before == after {
        return Ok(());
    }
    if before.name != after.name {
        // Calls and manifests know groups by name: who could not join this one takes its name from it as
        // little, to make another one of that name.
        change.may_join([after.no], Action::Remove).await?;
    }
    let account = change.account_no();
    groups::update(change.tx, account, after).await?;
    change.note([Delta::Group(after.no)]);
    let renamed = if before.name == after.name { String::new() } else { format!(", now {}", after.name) };
    change.record(Record {
        event: Event::GroupUpdated,
        target: after.id.clone(),
        description: format!("Group {} updated{renamed}", before.name),
        before: shown(before),
        after: shown(after),
    });
    change.flush_if_full().await
}

/// Removes a group: nobody is in it any more, it is in no group, and it holds no role.
///
/// Errors: [`Rule::UnknownGroup`] if the account has no such group, [`Rule::Stale`] if it is not what its
/// editor takes it to be, [`Rule::NotPermitted`] for one that gives its members what whoever asks does not
/// hold.
pub async fn remove(ctx: &Ctx, id: &str, expected: &Expected) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| remove_in(ctx, tx, id, expected))
}

async fn remove_in(ctx: &Ctx, tx: &mut Tx, id: &str, expected: &Expected) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_GROUPS)?;
    let group = of_account(change.tx, ctx, id).await?;
    expected.check(&shown(&group))?;
    end_memberships(&mut change, &group).await?;
    assignments::end_all_of_group(&mut change, group.no).await?;
    change.record(Record {
        event: Event::GroupDeleted,
        target: group.id.clone(),
        description: format!("Group {} deleted", group.name),
        before: shown(&group),
        after: Value::Null,
    });
    let at = change.at;
    groups::remove(change.tx, ctx.account, at, &[group.no]).await?;
    change.note([Delta::Group(group.no)]);
    change.keep_own_powers().await?;
    change.finish().await
}

/// How many members are taken out of a group at once.
const CHUNK: i64 = 1_024;

/// Ends all memberships of a group: who is in it, and what it is in.
async fn end_memberships(change: &mut Change<'_>, group: &Group) -> Result<(), Error> {
    let account = change.account_no();
    loop {
        let inside = memberships::list_users(change.tx, account, group.no, 0, CHUNK).await?;
        if inside.is_empty() {
            break;
        }
        let nos: Vec<String> = inside.iter().map(|user| user.no.0.to_string()).collect();
        let users = users::find_many(change.tx, account, Key::No, &nos).await?;
        let pairs: Vec<_> = users.iter().map(|user| (group, user)).collect();
        changes::remove_users(change, &pairs).await?;
    }
    let inside = memberships::groups_inside(change.tx, account, &[group.no]).await?;
    let inside: Vec<_> = inside.into_iter().map(|inside| inside.no).collect();
    let inside = groups::find_by_nos(change.tx, account, &inside).await?;
    let pairs: Vec<_> = inside.iter().map(|inside| (group, inside)).collect();
    changes::remove_groups(change, &pairs).await?;
    let around = memberships::directly_around(change.tx, account, group.no).await?;
    let around = groups::find_by_nos(change.tx, account, &around).await?;
    let pairs: Vec<_> = around.iter().map(|around| (around, group)).collect();
    changes::remove_groups(change, &pairs).await
}

/// A group that another one is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Around {
    /// The group.
    pub group: Group,
    /// Whether the other one is in it itself, and not only by way of others.
    pub is_direct: bool,
}

/// The groups that the group with id `id` is in, however many lie between; in order of creation.
///
/// Errors: [`Rule::UnknownGroup`] if the account has no such group.
pub async fn around(ctx: &Ctx, id: &str) -> Result<Vec<Around>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let group = of_account(&mut tx, ctx, id).await?;
    let direct = memberships::directly_around(&mut tx, ctx.account, group.no).await?;
    let pairs = holdings::groups_around(&mut tx, ctx.account, &[group.no], None).await?;
    let all: Vec<_> = pairs.into_iter().map(|(_, outer)| outer).collect();
    let mut groups = groups::find_by_nos(&mut tx, ctx.account, &all).await?;
    groups.sort_unstable_by_key(|group| group.no);
    let around = groups.into_iter().map(|group| Around { is_direct: direct.contains(&group.no), group });
    Ok(around.collect())
}

/// The account's group with id `id`.
pub(super) async fn of_account(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<Group, Error> {
    let found = groups::find_by_ids(tx, ctx.account, &[id.to_owned()]).await?.pop();
    found.ok_or_else(|| Error::refused(Rule::UnknownGroup, "", say::no_such_group()))
}
