//! On whose authority something is done, and how far it reaches.
//!
//! The operator at the machine may do everything. A client app may do what its scopes say, which its
//! door has checked before anything here is called. A person may do what the admin roles say that it
//! holds: directly, by way of groups, and by way of groups that hold its groups.
//!
//! What a person may is read twice. Once for the request, which decides what is shown; and once more
//! by each [`Change`](crate::Change), in its transaction, under the account's lock. So what was taken
//! away is gone at the next change, whichever node or request took it.

pub mod acts;
mod guard;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use rolecall_model::{
    authority::{AdminPermission, Powers},
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    phrase::Text,
    role::Role,
    user::Status,
};
use rolecall_store::{
    Error as StoreError, Tx,
    assignments::{Assignment, Holder, NO_BOT},
    holdings, roles, users,
};

use crate::{Error, Rule, say};

pub use acts::Act;
pub use guard::{why_lost, why_not_permitted};

/// On whose authority something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authority {
    /// The operator's, who may everything.
    Operator,
    /// A client app's; what its scopes do not allow never comes this far.
    App,
    /// A person's.
    Person(Arc<Person>),
}

/// A user who signed in, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The account it is a user of.
    pub account: AccountNo,
    /// Its number there.
    pub no: UserNo,
    /// Its id.
    pub id: String,
    /// Its e-mail address.
    pub email: String,
    /// What it might do when this was read.
    pub powers: Powers,
}

impl Person {
    /// The user with number `no`, as it is now; nobody if it is gone or may not sign in.
    pub async fn read(tx: &mut Tx, account: AccountNo, no: UserNo) -> Result<Option<Self>, StoreError> {
        let found = users::find_many(tx, account, users::Key::No, &[no.0.to_string()]).await?.pop();
        let Some(user) = found.filter(|user| user.status == Status::Active) else { return Ok(None) };
        let powers = of_users(tx, account, &[no]).await?.remove(&no).unwrap_or_default();
        Ok(Some(Self { account, no, id: user.id, email: user.email, powers }))
    }
}

impl Authority {
    /// How far it reached when it was read.
    pub(crate) fn powers(&self) -> &Powers {
        match self {
            Self::Operator | Self::App => &Powers::All,
            Self::Person(person) => &person.powers,
        }
    }

    /// How far it reaches now.
    ///
    /// Errors: [`Rule::NotPermitted`] for a person who is gone or may no longer sign in.
    pub(crate) async fn powers_now(&self, tx: &mut Tx, account: AccountNo) -> Result<Powers, Error> {
        let person = match self {
            Self::Operator | Self::App => return Ok(Powers::All),
            Self::Person(person) => person,
        };
        // Numbers begin anew in each account.
        let is_of_here = person.account == account;
        let now = if is_of_here { Person::read(tx, account, person.no).await? } else { None };
        now.map(|now| now.powers).ok_or_else(|| not_permitted(say::no_longer_a_user()))
    }
}

/// The refusal of what somebody may not do.
pub(crate) fn not_permitted(detail: Text) -> Error {
    Error::refused(Rule::NotPermitted, "", detail)
}

/// Refuses unless `powers` have one of `any_of`.
pub(crate) fn check(powers: &Powers, any_of: &[AdminPermission]) -> Result<(), Error> {
    if powers.has_any(any_of) { Ok(()) } else { Err(not_permitted(needs(any_of))) }
}

/// What is to be said to who has none of `any_of`.
pub fn needs(any_of: &[AdminPermission]) -> Text {
    let names: Vec<&str> = any_of.iter().map(|permission| permission.name()).collect();
    match names.as_slice() {
        [] => say::needs_sign_in(),
        [only] => say::needs_permission(*only),
        [others @ .., last] => say::needs_one_permission(others.join(", "), *last),
    }
}

/// What each of `users` may do on the account; who holds nothing is left out.
///
/// Five statements, however many users there are.
pub(crate) async fn of_users(
    tx: &mut Tx,
    account: AccountNo,
    users: &[UserNo],
) -> Result<HashMap<UserNo, Powers>, StoreError> {
    let held = held_by_users(tx, account, users).await?;
    Ok(held.into_iter().map(|(user, held)| (user, Powers::of_roles(&held))).collect())
}

/// The admin roles that each of `users` holds on the account, itself or by way of groups; who holds
/// none is left out.
pub(crate) async fn held_by_users(
    tx: &mut Tx,
    account: AccountNo,
    users: &[UserNo],
) -> Result<HashMap<UserNo, Vec<Role>>, StoreError> {
    let mut held: HashMap<UserNo, BTreeSet<RoleNo>> = HashMap::new();
    for Assignment { bot, role, holder } in holdings::roles_of_users(tx, account, users, None).await? {
        if let (NO_BOT, Holder::User(user)) = (bot, holder) {
            held.entry(user).or_default().insert(role);
        }
    }
    let inside = holdings::groups_of_users(tx, account, users, None).await?;
    let groups: BTreeSet<GroupNo> = inside.iter().map(|(_, group)| *group).collect();
    let of_groups = of_groups(tx, account, groups).await?;
    for (user, group) in inside {
        let on_account = of_groups.get(&group).into_iter().flatten().filter(|(bot, _)| *bot == NO_BOT);
        held.entry(user).or_default().extend(on_account.map(|(_, role)| *role));
    }
    let nos: BTreeSet<RoleNo> = held.values().flatten().copied().collect();
    let roles = roles::find_by_nos(tx, account, &nos.into_iter().collect::<Vec<_>>()).await?;
    let roles: HashMap<RoleNo, Role> = roles.into_iter().map(|role| (role.no, role)).collect();
    let held = held.into_iter().map(|(user, held)| {
        let held = held.iter().filter_map(|role| roles.get(role).cloned());
        (user, held.collect())
    });
    Ok(held.collect())
}

/// What whoever is in one of `groups` holds by that: the roles of the group, and those of all groups
/// around it, on the account and on bots.
async fn of_groups(
    tx: &mut Tx,
    account: AccountNo,
    groups: BTreeSet<GroupNo>,
) -> Result<HashMap<GroupNo, BTreeSet<(BotNo, RoleNo)>>, StoreError> {
    let groups: Vec<GroupNo> = groups.into_iter().collect();
    // Each group is around itself.
    let mut around: Vec<(GroupNo, GroupNo)> = groups.iter().map(|group| (*group, *group)).collect();
    around.extend(holdings::groups_around(tx, account, &groups, None).await?);
    let outer: BTreeSet<GroupNo> = around.iter().map(|(_, outer)| *outer).collect();
    let mut held: HashMap<GroupNo, BTreeSet<(BotNo, RoleNo)>> = HashMap::new();
    let outer: Vec<GroupNo> = outer.into_iter().collect();
    for Assignment { bot, role, holder } in holdings::roles_of_groups(tx, account, &outer, None).await? {
        if let Holder::Group(group) = holder {
            held.entry(group).or_default().insert((bot, role));
        }
    }
    let mut by_group: HashMap<GroupNo, BTreeSet<(BotNo, RoleNo)>> = HashMap::new();
    for (inner, outer) in around {
        by_group.entry(inner).or_default().extend(held.get(&outer).into_iter().flatten());
    }
    Ok(by_group)
}
