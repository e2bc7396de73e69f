//! Memberships: putting users and groups into groups and taking them out, many at a time, within
//! a change.
//!
//! Each group that really changes gets one audit entry, which lists who came or went.

use std::collections::HashSet;

use rolecall_model::{
    audit::Event,
    delta::Delta,
    group::{self, Group},
    ids::GroupNo,
    user::User,
};
use rolecall_store::memberships::{self, Member, Membership};
use serde_json::{Value, json};

use crate::{Change, Error, Record, Rule, assignments::Action, say};

/// Puts users into groups. Who is in a group already stays in it.
pub async fn add_users(change: &mut Change<'_>, pairs: &[(&Group, &User)]) -> Result<(), Error> {
    add_new_users(change, pairs).await.map(drop)
}

/// Puts users into groups, and tells which memberships are new.
pub(crate) async fn add_new_users(
    change: &mut Change<'_>,
    pairs: &[(&Group, &User)],
) -> Result<Vec<Membership>, Error> {
    let pairs = pairs.iter().map(|(group, user)| Pair::of_user(group, user)).collect();
    add(change, Event::UsersAddedToGroup, pairs).await
}

/// Takes users out of groups. Who is not in a group stays out of it.
pub async fn remove_users(change: &mut Change<'_>, pairs: &[(&Group, &User)]) -> Result<(), Error> {
    let pairs = pairs.iter().map(|(group, user)| Pair::of_user(group, user)).collect();
    remove(change, Event::UsersRemovedFromGroup, pairs).await
}

/// Puts groups (the second of each pair) into groups. What is in a group already stays in it.
///
/// Errors: [`Rule::GroupCycle`] if a group would come to contain itself.
pub async fn add_groups(change: &mut Change<'_>, pairs: &[(&Group, &Group)]) -> Result<(), Error> {
    add_new_groups(change, pairs).await.map(drop)
}

/// As [`add_groups`], and tells which memberships are new.
pub(crate) async fn add_new_groups(
    change: &mut Change<'_>,
    pairs: &[(&Group, &Group)],
) -> Result<Vec<Membership>, Error> {
    let account = change.account_no();
    let nested = memberships::nested(change.tx, account).await?;
    let added: Vec<(GroupNo, GroupNo)> = pairs.iter().map(|(group, member)| (group.no, member.no)).collect();
    if let Some((group, member)) = group::closes_a_circle(&nested, &added).and_then(|index| pairs.get(index)) {
        let detail = say::group_cycle(&group.name, &member.name);
        return Err(Error::refused(Rule::GroupCycle, "", detail));
    }
    let pairs = pairs.iter().map(|(group, member)| Pair::of_group(group, member)).collect();
    add(change, Event::GroupsAddedToGroup, pairs).await
}

/// Takes groups (the second of each pair) out of groups. What is not in a group stays out of it.
pub async fn remove_groups(change: &mut Change<'_>, pairs: &[(&Group, &Group)]) -> Result<(), Error> {
    let pairs = pairs.iter().map(|(group, member)| Pair::of_group(group, member)).collect();
    remove(change, Event::GroupsRemovedFromGroup, pairs).await
}

/// A group and somebody for it.
struct Pair<'a> {
    membership: Membership,
    group: &'a Group,
    member_id: &'a str,
}

impl<'a> Pair<'a> {
    fn of_user(group: &'a Group, user: &'a User) -> Self {
        let membership = Membership { group: group.no, member: Member::User(user.no) };
        Self { membership, group, member_id: &user.id }
    }

    fn of_group(group: &'a Group, member: &'a Group) -> Self {
        let membership = Membership { group: group.no, member: Member::Group(member.no) };
        Self { membership, group, member_id: &member.id }
    }
}

async fn add(change: &mut Change<'_>, event: Event, pairs: Vec<Pair<'_>>) -> Result<Vec<Membership>, Error> {
    let holding = holding(change, &pairs).await?;
    let pairs: Vec<Pair<'_>> = pairs.into_iter().filter(|pair| !holding.contains(&pair.membership)).collect();
    change.may_join(pairs.iter().map(|pair| pair.membership.group), Action::Add).await?;
    let began = recorded(change, event, pairs);
    let (account, at) = (change.account_no(), change.at);
    memberships::insert(change.tx, account, at, &began).await?;
    change.note(began.iter().map(|(Membership { group, member }, _)| match *member {
        Member::User(user) => Delta::Joined { group: *group, user },
        Member::Group(member) => Delta::Nested { group: *group, member },
    }));
    change.flush_if_full().await?;
    Ok(began.into_iter().map(|(membership, _)| membership).collect())
}

async fn remove(change: &mut Change<'_>, event: Event, pairs: Vec<Pair<'_>>) -> Result<(), Error> {
    let holding = holding(change, &pairs).await?;
    let pairs: Vec<Pair<'_>> = pairs.into_iter().filter(|pair| holding.contains(&pair.membership)).collect();
    change.may_join(pairs.iter().map(|pair| pair.membership.group), Action::Remove).await?;
    let ended = recorded(change, event, pairs);
    let (account, at) = (change.account_no(), change.at);
    memberships::end(change.tx, account, at, &ended).await?;
    change.note(ended.iter().map(|(Membership { group, member }, _)| match *member {
        Member::User(user) => Delta::Left { group: *group, user },
        Member::Group(member) => Delta::Unnested { group: *group, member },
    }));
    change.flush_if_full().await
}

/// Which of the pairs hold now.
async fn holding(change: &mut Change<'_>, pairs: &[Pair<'_>]) -> Result<HashSet<Membership>, Error> {
    let sought: Vec<Membership> = pairs.iter().map(|pair| pair.membership).collect();
    let account = change.account_no();
    Ok(memberships::find(change.tx, account, &sought).await?.into_iter().collect())
}

/// Notes one entry for each group; the memberships, each once, with the number of their entry.
fn recorded(change: &mut Change<'_>, event: Event, mut pairs: Vec<Pair<'_>>) -> Vec<(Membership, i64)> {
    pairs.sort_by_key(|pair| pair.membership);
    pairs.dedup_by_key(|pair| pair.membership);
    let mut rows = Vec::with_capacity(pairs.len());
    for of_group in pairs.chunk_by(|a, b| a.membership.group == b.membership.group) {
        let Some(Pair { group, .. }) = of_group.first() else { continue };
        let ids: Vec<&str> = of_group.iter().map(|pair| pair.member_id).collect();
        let (did, before, after) = match event {
            Event::UsersAddedToGroup => ("Users added to", Value::Null, users(group, &ids)),
            Event::UsersRemovedFromGroup => ("Users removed from", users(group, &ids), Value::Null),
            Event::GroupsAddedToGroup => ("Groups added to", Value::Null, groups(group, &ids)),
            _ => ("Groups removed from", groups(group, &ids), Value::Null),
        };
        let description = format!("{did} group {}: {}", group.name, ids.len());
        let seq = change.record(Record { event, target: group.id.clone(), description, before, after });
        rows.extend(of_group.iter().map(|pair| (pair.membership, seq)));
    }
    rows
}

fn users(group: &Group, ids: &[&str]) -> Value {
    json!({"groupId": group.id, "users": ids})
}

fn groups(group: &Group, ids: &[&str]) -> Value {
    json!({"groupId": group.id, "groups": ids})
}
