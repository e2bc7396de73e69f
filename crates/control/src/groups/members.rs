//! Who is in one group: listing them, and letting users and groups come and go in one transaction.

use std::collections::{HashMap, HashSet};

use rolecall_model::{
    group::Group,
    ids::GroupNo,
    page::{Page, Start},
    phrase::Text,
    problem::Problems,
    text::fold,
    user::User,
};
use rolecall_store::{
    Tx, attempt, groups,
    memberships::{self, GroupInside, Membership, UserInside},
    users::{self, Key},
};

use super::edit::of_account;
use crate::{
    Change, Ctx, Error, Rule,
    authority::acts,
    error::Faults,
    list::{self, List},
    memberships as changes, say,
};

/// Who is in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// A user.
    User(UserInside),
    /// A group, with all who are in it.
    Group(GroupInside),
}

impl Member {
    fn no(&self) -> i64 {
        match self {
            Self::User(user) => user.no.0,
            Self::Group(group) => group.no.0,
        }
    }
}

/// A kind of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Users.
    User,
    /// Groups.
    Group,
}

/// A page of who is directly in a group, users and groups in one order, which is that of their creation;
/// or of one kind of them only. Only cursors lead to further pages.
///
/// Errors: [`Rule::UnknownGroup`] if the account has no such group.
pub async fn members(ctx: &Ctx, id: &str, kind: Option<Kind>, page: Page) -> Result<List<Member>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let group = of_account(&mut tx, ctx, id).await?.no;
    let (account, limit) = (ctx.account, i64::from(page.limit).saturating_add(1));
    let after = match page.start {
        Start::After(no) => no,
        Start::Offset(_) => 0,
    };
    let (mut total, mut found) = (0, Vec::new());
    if kind != Some(Kind::Group) {
        total += of_one(&memberships::count_users(&mut tx, account, &[group]).await?, group);
        found.extend(
            memberships::list_users(&mut tx, account, group, after, limit).await?.into_iter().map(Member::User),
        );
    }
    if kind != Some(Kind::User) {
        total += of_one(&memberships::count_groups(&mut tx, account, &[group]).await?, group);
        found.extend(
            memberships::list_groups(&mut tx, account, group, after, limit).await?.into_iter().map(Member::Group),
        );
    }
    // Users and groups have their numbers from one counter, so none is both.
    found.sort_unstable_by_key(Member::no);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(list::page(ctx, &list_name(id), total, page.limit, found, Member::no))
}

/// The name of [`members`] of one group in cursors: a cursor is of one group's members only.
pub fn list_name(id: &str) -> String {
    format!("members of {id}")
}

fn of_one(counts: &HashMap<GroupNo, i64>, group: GroupNo) -> i64 {
    counts.get(&group).copied().unwrap_or_default()
}

/// Somebody for a group, by what callers know them by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// A user, by id.
    UserId(String),
    /// A user, by e-mail address.
    Email(String),
    /// A group, by id.
    GroupId(String),
    /// A group, by name.
    GroupName(String),
}

/// Somebody who is to come or go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Whether they are to be in the group from now on.
    pub is_added: bool,
    /// Who.
    pub who: Who,
    /// Where it stood in what the caller sent.
    pub path: String,
}

/// The most wishes one call may have.
pub const MAX_WISHES: usize = 10_000;

/// How many members came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// How many came.
    pub n_added: usize,
    /// How many went.
    pub n_removed: usize,
}

/// Does all that `wishes` ask for, or nothing. Who is in already stays in, who is not stays out, and
/// neither leaves a trace.
///
/// Errors: [`Error::Invalid`] for more than [`MAX_WISHES`]; [`Rule::UnknownGroup`] with an empty place if
/// the account has no such group; [`Error::Refused`] with everybody who does not exist or is to come and
/// go at once, with [`Rule::GroupCycle`] if the group would come to contain itself, and with
/// [`Rule::NotPermitted`] for whom whoever asks may not give or take what comes with the group.
pub async fn change_members(ctx: &Ctx, id: &str, wishes: &[Wish]) -> Result<Changed, Error> {
    let mut problems = Problems::default();
    if wishes.len() > MAX_WISHES {
        problems.add("", say::at_most_members_a_call(MAX_WISHES));
    }
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| change_in(ctx, tx, id, wishes))
}

async fn change_in(ctx: &Ctx, tx: &mut Tx, id: &str, wishes: &[Wish]) -> Result<Changed, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_GROUPS)?;
    let group = of_account(change.tx, ctx, id).await?;
    let known = Known::read(&mut change, wishes).await?;
    let Decided { added, removed } = known.decide(wishes)?;
    let sought = |members: &[Found<'_>]| -> Vec<Membership> {
        members.iter().map(|found| Membership { group: group.no, member: found.member() }).collect()
    };
    let (to_add, to_remove) = (sought(&added), sought(&removed));
    let held = memberships::find(change.tx, ctx.account, &[to_add.as_slice(), &to_remove].concat()).await?;
    let held: HashSet<Membership> = held.into_iter().collect();
    let distinct = |sought: Vec<Membership>, is_held: bool| {
        let changed: HashSet<Membership> =
            sought.into_iter().filter(|membership| held.contains(membership) == is_held).collect();
        changed.len()
    };
    let changed = Changed { n_added: distinct(to_add, false), n_removed: distinct(to_remove, true) };
    let (users, groups) = pairs(&group, &removed);
    changes::remove_users(&mut change, &users).await?;
    changes::remove_groups(&mut change, &groups).await?;
    let (users, groups) = pairs(&group, &added);
    changes::add_users(&mut change, &users).await?;
    changes::add_groups(&mut change, &groups).await?;
    change.keep_own_powers().await?;
    change.finish().await?;
    Ok(changed)
}

/// Who came of a wish.
#[derive(Clone, Copy)]
enum Found<'k> {
    User(&'k User),
    Group(&'k Group),
}

impl Found<'_> {
    fn member(self) -> memberships::Member {
        match self {
            Self::User(user) => memberships::Member::User(user.no),
            Self::Group(group) => memberships::Member::Group(group.no),
        }
    }
}

type Pairs<'k> = (Vec<(&'k Group, &'k User)>, Vec<(&'k Group, &'k Group)>);

fn pairs<'k>(group: &'k Group, members: &[Found<'k>]) -> Pairs<'k> {
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for member in members {
        match member {
            Found::User(user) => users.push((group, *user)),
            Found::Group(inner) => groups.push((group, *inner)),
        }
    }
    (users, groups)
}

/// Whom the wishes of a call are about, read under the account's lock.
struct Known {
    users: HashMap<String, User>,
    emails: HashMap<String, String>,
    groups: HashMap<String, Group>,
    names: HashMap<String, String>,
}

/// Who is to come and who is to go.
struct Decided<'k> {
    added: Vec<Found<'k>>,
    removed: Vec<Found<'k>>,
}

impl Known {
    async fn read(change: &mut Change<'_>, wishes: &[Wish]) -> Result<Self, Error> {
        let (mut user_ids, mut emails, mut group_ids, mut names) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for wish in wishes {
            match &wish.who {
                Who::UserId(id) => user_ids.push(id.clone()),
                Who::Email(email) => emails.push(fold(email)),
                Who::GroupId(id) => group_ids.push(id.clone()),
                Who::GroupName(name) => names.push(fold(name)),
            }
        }
        for keys in [&mut user_ids, &mut emails, &mut group_ids, &mut names] {
            keys.sort_unstable();
            keys.dedup();
        }
        let account = change.account_no();
        let mut users = users::find_many(change.tx, account, Key::Id, &user_ids).await?;
        users.append(&mut users::find_many(change.tx, account, Key::Email, &emails).await?);
        let mut groups = groups::find_by_ids(change.tx, account, &group_ids).await?;
        groups.append(&mut groups::find_by_names(change.tx, account, &names).await?);
        Ok(Self {
            emails: users.iter().map(|user| (fold(&user.email), user.id.clone())).collect(),
            users: users.into_iter().map(|user| (user.id.clone(), user)).collect(),
            names: groups.iter().map(|group| (fold(&group.name), group.id.clone())).collect(),
            groups: groups.into_iter().map(|group| (group.id.clone(), group)).collect(),
        })
    }

    fn find(&self, who: &Who) -> Result<Found<'_>, (Rule, Text)> {
        let user = |id: Option<&String>| id.and_then(|id| self.users.get(id)).map(Found::User);
        let group = |id: Option<&String>| id.and_then(|id| self.groups.get(id)).map(Found::Group);
        match who {
            Who::UserId(id) => user(Some(id)).ok_or((Rule::UnknownUser, say::no_user_with_id())),
            Who::Email(email) => {
                user(self.emails.get(&fold(email))).ok_or((Rule::UnknownUser, say::no_user_with_email()))
            }
            Who::GroupId(id) => group(Some(id)).ok_or((Rule::UnknownGroup, say::no_group_with_id())),
            Who::GroupName(name) => {
                group(self.names.get(&fold(name))).ok_or((Rule::UnknownGroup, say::no_group_with_name()))
            }
        }
    }

    fn decide(&self, wishes: &[Wish]) -> Result<Decided<'_>, Error> {
        let mut faults = Faults::default();
        let (mut added, mut removed) = (Vec::new(), Vec::new());
        let mut turns: HashMap<memberships::Member, bool> = HashMap::new();
        for wish in wishes {
            match self.find(&wish.who) {
                Ok(found) => {
                    if *turns.entry(found.member()).or_insert(wish.is_added) != wish.is_added {
                        faults.add(Rule::AddAndRemove, &wish.path, say::comes_and_goes());
                    }
                    if wish.is_added { added.push(found) } else { removed.push(found) }
                }
                Err((rule, detail)) => faults.add(rule, &wish.path, detail),
            }
        }
        faults.or_ok(Decided { added, removed })
    }
}
