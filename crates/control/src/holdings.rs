//! Who holds what: users with their roles, held directly and by way of groups.

mod gather;
mod history;
mod search;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    page::Page,
    problem::{Problem, Problems},
    time::Instant,
    user::User,
};
use rolecall_store::{
    Error as StoreError, Tx, accounts,
    assignments::{Holder, NO_BOT},
    holdings,
    names::{self, Name, Thing},
    users,
};

use crate::{
    Ctx, Error,
    authority::acts,
    list::{self, List},
    say,
};

pub use gather::{Named, Why};
pub use history::{Event, HISTORY, History, Moment, history};
pub use search::{Filter, Found, Holding, MAX_LIMIT, SEARCH, Span, UserHoldings, of_group, of_user, search};

/// The name of [`list()`] in cursors.
pub const LIST: &str = "holdings";

/// A page of users with what they hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holdings {
    /// The account's id.
    pub account_id: String,
    /// The users.
    pub users: List<(User, Roles)>,
}

/// The roles of one user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    /// Those that act on the account, in order of their creation.
    pub on_account: Vec<Held>,
    /// Those that act on a bot, each with it; by bot, then by role, in order of their creation.
    pub on_bots: Vec<(Name, Held)>,
}

/// A role that a user holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The role.
    pub role: Name,
    /// Whether the user holds it without any group.
    pub is_direct: bool,
    /// The names of the groups that hold it and that the user is in, or in a group inside; sorted.
    pub groups: Vec<String>,
}

/// A page of the account's users with what they hold, in order of creation: now, or as it was at
/// the end of the millisecond `at`. Names are those of today.
///
/// Errors: [`Error::Invalid`] for an `at` that has not come yet.
pub async fn list(ctx: &Ctx, page: Page, at: Option<Instant>) -> Result<Holdings, Error> {
    ctx.need_to(&acts::LOOK)?;
    if at.is_some_and(|at| at > ctx.now()) {
        return Err(Problems::from(Problem::new("at", say::not_in_the_future())).into());
    }
    let mut tx = ctx.read().await?;
    let account = accounts::get(&mut tx, ctx.account).await?;
    let total = match at {
        None => account.n_users,
        Some(at) => users::count_at(&mut tx, ctx.account, at).await?,
    };
    let one_more = Page { limit: page.limit.saturating_add(1), ..page };
    let found = users::list(&mut tx, ctx.account, one_more, at).await?;
    let users = list::page(ctx, LIST, total, page.limit, found, |user| user.no.0);
    let nos: Vec<UserNo> = users.items.iter().map(|user| user.no).collect();
    let mut roles = of_users(&mut tx, ctx.account, &nos, at).await?;
    let items = users.items.into_iter().map(|user| {
        let roles = roles.remove(&user.no).unwrap_or_default();
        (user, roles)
    });
    let users = List { total: users.total, items: items.collect(), next_cursor: users.next_cursor };
    Ok(Holdings { account_id: account.id, users })
}

/// The roles of each of `users` that holds any: now, or as it was `at` then.
pub async fn of_users(
    tx: &mut Tx,
    account: AccountNo,
    users: &[UserNo],
    at: Option<Instant>,
) -> Result<HashMap<UserNo, Roles>, StoreError> {
    let mut held: BTreeMap<(UserNo, BotNo, RoleNo), Ways> = BTreeMap::new();
    for assignment in holdings::roles_of_users(tx, account, users, at).await? {
        if let Holder::User(user) = assignment.holder {
            held.entry((user, assignment.bot, assignment.role)).or_default().is_direct = true;
        }
    }
    let by_group = Memberships::read(tx, account, users, at).await?;
    let mut held_by_groups: HashMap<GroupNo, Vec<(BotNo, RoleNo)>> = HashMap::new();
    let groups: Vec<GroupNo> = by_group.names.keys().copied().collect();
    for assignment in holdings::roles_of_groups(tx, account, &groups, at).await? {
        if let Holder::Group(group) = assignment.holder {
            held_by_groups.entry(group).or_default().push((assignment.bot, assignment.role));
        }
    }
    for (user, groups) in &by_group.of_users {
        for group in groups {
            for (bot, role) in held_by_groups.get(group).into_iter().flatten() {
                held.entry((*user, *bot, *role)).or_default().groups.insert(*group);
            }
        }
    }
    let roles = there(tx, account, Thing::Role, held.keys().map(|(_, _, role)| role.0), at).await?;
    let bots = there(tx, account, Thing::Bot, held.keys().map(|(_, bot, _)| bot.0), at).await?;
    let mut of_users: HashMap<UserNo, Roles> = HashMap::new();
    for ((user, bot, role), ways) in held {
        let Some(role) = roles.get(&role.0).cloned() else { continue };
        let groups = ways.groups.iter().filter_map(|group| by_group.names.get(group));
        let mut groups: Vec<String> = groups.map(|group| group.name.clone()).collect();
        groups.sort_unstable();
        let row = Held { role, is_direct: ways.is_direct, groups };
        if bot == NO_BOT {
            of_users.entry(user).or_default().on_account.push(row);
        } else if let Some(bot) = bots.get(&bot.0) {
            of_users.entry(user).or_default().on_bots.push((bot.clone(), row));
        }
    }
    Ok(of_users)
}

/// How a user came to hold a role.
#[derive(Default)]
struct Ways {
    is_direct: bool,
    groups: BTreeSet<GroupNo>,
}

/// The groups that users are in, or in a group inside.
struct Memberships {
    of_users: HashMap<UserNo, BTreeSet<GroupNo>>,
    names: HashMap<GroupNo, Name>,
}

impl Memberships {
    async fn read(tx: &mut Tx, account: AccountNo, users: &[UserNo], at: Option<Instant>) -> Result<Self, StoreError> {
        let direct = holdings::groups_of_users(tx, account, users, at).await?;
        let groups: BTreeSet<GroupNo> = direct.iter().map(|(_, group)| *group).collect();
        let groups: Vec<GroupNo> = groups.into_iter().collect();
        let mut around: HashMap<GroupNo, Vec<GroupNo>> = HashMap::new();
        for (inner, outer) in holdings::groups_around(tx, account, &groups, at).await? {
            around.entry(inner).or_default().push(outer);
        }
        let mut of_users: HashMap<UserNo, BTreeSet<GroupNo>> = HashMap::new();
        for (user, group) in direct {
            let groups = of_users.entry(user).or_default();
            groups.insert(group);
            groups.extend(around.get(&group).into_iter().flatten());
        }
        let all = of_users.values().flatten().map(|group| group.0);
        let names = there(tx, account, Thing::Group, all, at).await?;
        Ok(Self { of_users, names: names.into_iter().map(|(no, name)| (GroupNo(no), name)).collect() })
    }
}

/// The groups that each of `users` is in itself, by name.
pub async fn groups_of_users(
    tx: &mut Tx,
    account: AccountNo,
    users: &[UserNo],
) -> Result<HashMap<UserNo, Vec<Name>>, StoreError> {
    let memberships = holdings::groups_of_users(tx, account, users, None).await?;
    let names = there(tx, account, Thing::Group, memberships.iter().map(|(_, group)| group.0), None).await?;
    let mut of_users: HashMap<UserNo, Vec<Name>> = HashMap::new();
    for (user, group) in memberships {
        of_users.entry(user).or_default().extend(names.get(&group.0).cloned());
    }
    for groups in of_users.values_mut() {
        groups.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    }
    Ok(of_users)
}

/// The names of those things that are there now, or were there `at` then.
async fn there(
    tx: &mut Tx,
    account: AccountNo,
    thing: Thing,
    nos: impl Iterator<Item = i64>,
    at: Option<Instant>,
) -> Result<HashMap<i64, Name>, StoreError> {
    let nos: HashSet<i64> = nos.collect();
    let mut nos: Vec<i64> = nos.into_iter().collect();
    nos.sort_unstable();
    let mut names = names::of(tx, account, thing, &nos).await?;
    names.retain(|_, name| name.is_there(at));
    Ok(names)
}
