//! Assignments: giving roles to users and groups, and taking them away.
//!
//! [`apply`] is the use case, and [`Queue::apply`] is it for calls that arrive together. The
//! functions on a [`Change`](crate::Change) are for use cases that add or end assignments among other
//! things; they ask no rule, see [`why_not`].

mod batch;
mod change;
mod offer;
mod queue;
mod resolve;

use rolecall_model::{
    ids::UserNo,
    phrase::Text,
    problem::Problems,
    role::{Role, RoleType},
};
use rolecall_store::assignments::Holder;

pub use change::{Known, add, end, end_all_of_bot, end_all_of_group, end_all_of_role};
pub use offer::{MAX_OFFERED, Offer, bot_named, offered, role_named, takeable};
pub use queue::Queue;

pub(crate) use change::add_new;

use crate::{Ctx, Error, say};

/// One role, on a bot if it is a bot role, and who is to gain or lose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// The role's id.
    pub role_id: String,
    /// The bot's id; nothing for roles of type admin.
    pub bot_id: Option<String>,
    /// Who gains and who loses it.
    pub wishes: Vec<Wish>,
}

/// Somebody who is to gain or lose a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Whether it is gained or lost.
    pub action: Action,
    /// Who.
    pub principal: Principal,
    /// The caller's name of the list it stood in.
    pub list: &'static str,
    /// Where in that list it stood.
    pub index: usize,
}

/// What is to happen to an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It is to hold.
    Add,
    /// It is to end.
    Remove,
}

/// Who may hold a role, by what callers know them by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A user, by its id.
    UserId(String),
    /// A user, by e-mail address.
    Email(String),
    /// A user, by the organisation's id.
    OrgUserId(String),
    /// A group, by name.
    GroupName(String),
    /// A group, by its id.
    GroupId(String),
}

/// The most elements one call may have.
pub const MAX_ELEMENTS: usize = 1_000;
/// The most wishes one call may have.
pub const MAX_WISHES: usize = 100_000;

/// Does all that `elements` ask for, or nothing. What holds already is not added, what does not
/// hold is not removed, and neither leaves a trace.
///
/// Errors: [`Error::Invalid`] for a call over the limits; [`Error::Refused`] with each role, bot,
/// user or group that does not exist, and each wish that a rule forbids.
pub async fn apply(ctx: &Ctx, role_type: RoleType, elements: &[Element]) -> Result<(), Error> {
    check_size(elements)?;
    let call = batch::Call { ctx, role_type, elements };
    batch::carry_out(ctx, &[call]).await?.into_iter().collect()
}

fn check_size(elements: &[Element]) -> Result<(), Problems> {
    let mut problems = Problems::default();
    if elements.len() > MAX_ELEMENTS {
        problems.add("", say::at_most_elements_a_call(MAX_ELEMENTS));
    }
    if n_wishes(elements) > MAX_WISHES {
        problems.add("", say::at_most_holders_a_call(MAX_WISHES));
    }
    problems.or_ok(())
}

fn n_wishes(elements: &[Element]) -> usize {
    elements.iter().map(|element| element.wishes.len()).sum()
}

/// Why `holder` may not gain or lose `role`; nothing if it may.
pub fn why_not(role: &Role, holder: Holder, action: Action, owner: UserNo) -> Option<Text> {
    let is_master_admin = role.is_master_admin();
    match (action, holder) {
        _ if role.is_bot_owner() => Some(say::role_follows_bot()),
        (Action::Add, Holder::Group(_)) if is_master_admin => Some(say::master_admin_for_users()),
        (Action::Remove, Holder::User(user)) if is_master_admin && user == owner => Some(say::owner_keeps_admin()),
        _ => None,
    }
}
