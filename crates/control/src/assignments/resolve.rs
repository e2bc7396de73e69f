//! What a call's ids, addresses and names stand for, and which assignments it comes to.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
};

use rolecall_model::{
    authority::Powers,
    ids::{BotNo, GroupNo, UserNo},
    phrase::Text,
    problem::Problems,
    role::{Role, RoleType},
    text::fold,
};
use rolecall_store::{
    assignments::{Assignment, Holder, NO_BOT},
    names::{self, Key, Name},
    roles,
};

use super::{Action, Element, Known, Principal, Wish, why_not};
use crate::{Change, Error, Rule, authority::why_not_permitted, error::Faults, say};

/// What the ids, addresses and names of calls stand for, read under the account's lock.
pub(super) struct Resolved {
    roles: HashMap<String, Role>,
    bots: HashMap<String, BotNo>,
    by_email: HashMap<String, UserNo>,
    by_org_user_id: HashMap<String, UserNo>,
    by_group_name: HashMap<String, GroupNo>,
    by_user_id: HashMap<String, UserNo>,
    by_group_id: HashMap<String, GroupNo>,
    /// What all of these are called.
    pub(super) known: Known,
}

impl Resolved {
    /// Looks up all that `elements` name.
    pub(super) async fn read<'e>(
        change: &mut Change<'_>,
        elements: impl Iterator<Item = &'e Element>,
    ) -> Result<Self, Error> {
        let account = change.account_no();
        let (mut role_ids, mut bot_ids) = (Vec::new(), Vec::new());
        let (mut emails, mut org_user_ids, mut group_names) = (Vec::new(), Vec::new(), Vec::new());
        let (mut user_ids, mut group_ids) = (Vec::new(), Vec::new());
        for element in elements {
            role_ids.push(element.role_id.clone());
            bot_ids.extend(element.bot_id.clone());
            for wish in &element.wishes {
                match &wish.principal {
                    Principal::Email(email) => emails.push(fold(email)),
                    Principal::OrgUserId(id) => org_user_ids.push(id.clone()),
                    Principal::GroupName(name) => group_names.push(fold(name)),
                    Principal::UserId(id) => user_ids.push(id.clone()),
                    Principal::GroupId(id) => group_ids.push(id.clone()),
                }
            }
        }
        let roles = roles::find_many(change.tx, account, &distinct(role_ids)).await?;
        let bots = names::find(change.tx, account, Key::BotId, &distinct(bot_ids)).await?;
        let by_email = names::find(change.tx, account, Key::Email, &distinct(emails)).await?;
        let by_org_user_id = names::find(change.tx, account, Key::OrgUserId, &distinct(org_user_ids)).await?;
        let by_group_name = names::find(change.tx, account, Key::GroupName, &distinct(group_names)).await?;
        let by_user_id = names::find(change.tx, account, Key::UserId, &distinct(user_ids)).await?;
        let by_group_id = names::find(change.tx, account, Key::GroupId, &distinct(group_ids)).await?;
        let mut known = Known::default();
        known.roles.extend(roles.iter().map(|role| (role.no, called(role))));
        Ok(Self {
            roles: roles.into_iter().map(|role| (role.id.clone(), role)).collect(),
            bots: numbers(bots, BotNo, &mut known.bots),
            by_email: numbers(by_email, UserNo, &mut known.users),
            by_org_user_id: numbers(by_org_user_id, UserNo, &mut known.users),
            by_group_name: numbers(by_group_name, GroupNo, &mut known.groups),
            by_user_id: numbers(by_user_id, UserNo, &mut known.users),
            by_group_id: numbers(by_group_id, GroupNo, &mut known.groups),
            known,
        })
    }

    /// Refuses roles that whoever has `powers` may neither give nor take. Those nobody knows are for
    /// [`decide`] to tell.
    pub(super) fn permitted(&self, powers: &Powers, elements: &[Element]) -> Result<(), Error> {
        let mut faults = Faults::default();
        for (nth, element) in elements.iter().enumerate() {
            let why_not = self.roles.get(&element.role_id).and_then(|role| why_not_permitted(powers, role));
            if let Some(detail) = why_not {
                faults.add(Rule::NotPermitted, format!("/{nth}/roleId"), detail);
            }
        }
        faults.or_ok(())
    }

    /// Who `principal` is; or what to say of nobody.
    fn holder(&self, principal: &Principal) -> Result<Holder, (Rule, Text)> {
        let user = |found: Option<&UserNo>| found.map(|user| Holder::User(*user));
        let group = |found: Option<&GroupNo>| found.map(|group| Holder::Group(*group));
        match principal {
            Principal::Email(email) => {
                user(self.by_email.get(&fold(email))).ok_or((Rule::UnknownUser, say::no_user_with_email()))
            }
            Principal::OrgUserId(id) => {
                user(self.by_org_user_id.get(id)).ok_or((Rule::UnknownUser, say::no_user_with_org_id()))
            }
            Principal::GroupName(name) => {
                group(self.by_group_name.get(&fold(name))).ok_or((Rule::UnknownGroup, say::no_group_with_name()))
            }
            Principal::UserId(id) => user(self.by_user_id.get(id)).ok_or((Rule::UnknownUser, say::no_user_with_id())),
            Principal::GroupId(id) => {
                group(self.by_group_id.get(id)).ok_or((Rule::UnknownGroup, say::no_group_with_id()))
            }
        }
    }
}

fn called(role: &Role) -> Name {
    Name { no: role.no.0, id: role.id.clone(), name: role.name.clone(), created_at: role.created_at, removed_at: None }
}

/// The numbers of what was `found`, by what it was found by; what it is called goes to `known`.
fn numbers<N: Copy + Eq + Hash>(
    found: HashMap<String, Name>,
    number: fn(i64) -> N,
    known: &mut HashMap<N, Name>,
) -> HashMap<String, N> {
    let mut numbers = HashMap::with_capacity(found.len());
    for (value, name) in found {
        let no = number(name.no);
        numbers.insert(value, no);
        known.insert(no, name);
    }
    numbers
}

/// Sorted, so that look-ups go through their index in its order.
fn distinct(mut values: Vec<String>) -> Vec<String> {
    values.sort_unstable();
    values.dedup();
    values
}

/// What a call comes to: assignments, each once, in the order of the tables' keys.
#[derive(Debug)]
pub(super) struct Decided {
    /// Those that are to hold.
    pub(super) adds: Vec<Assignment>,
    /// Those that are to end.
    pub(super) removes: Vec<Assignment>,
}

/// What a call comes to.
///
/// Errors: everything that is wrong, in the order of the call; [`Error::Invalid`] for roles on bots that are held
/// on the account, and for those on none that are held on bots.
pub(super) fn decide(
    resolved: &Resolved,
    role_type: RoleType,
    elements: &[Element],
    owner: UserNo,
) -> Result<Decided, Error> {
    on_what_they_are_for(role_type, elements)?;
    let mut faults = Faults::default();
    let n_wishes = elements.iter().map(|element| element.wishes.len()).sum();
    let mut first_wishes: HashMap<Assignment, (usize, &Wish)> = HashMap::with_capacity(n_wishes);
    for (nth, element) in elements.iter().enumerate() {
        let role = role_of(resolved, role_type, nth, element, &mut faults);
        let bot = bot_of(resolved, nth, element, &mut faults);
        for wish in &element.wishes {
            let holder = match resolved.holder(&wish.principal) {
                Ok(holder) => holder,
                Err((broken, detail)) => {
                    faults.add(broken, place(nth, wish), detail);
                    continue;
                }
            };
            let (Some(role), Some(bot)) = (role, bot) else { continue };
            if let Some(detail) = why_not(role, holder, wish.action, owner) {
                faults.add(Rule::RoleNotAssignable, place(nth, wish), detail);
                continue;
            }
            match first_wishes.entry(Assignment { bot, role: role.no, holder }) {
                Entry::Vacant(entry) => {
                    entry.insert((nth, wish));
                }
                Entry::Occupied(entry) => {
                    let (first_nth, first) = *entry.get();
                    if first.action != wish.action {
                        let first = place(first_nth, first);
                        let detail = say::same_added_and_removed(first);
                        faults.add(Rule::AddAndRemove, place(nth, wish), detail);
                    }
                }
            }
        }
    }
    faults.or_ok(())?;
    let mut decided = Decided { adds: Vec::new(), removes: Vec::new() };
    for (assignment, (_, wish)) in first_wishes {
        match wish.action {
            Action::Add => decided.adds.push(assignment),
            Action::Remove => decided.removes.push(assignment),
        }
    }
    decided.adds.sort_unstable();
    decided.removes.sort_unstable();
    Ok(decided)
}

fn on_what_they_are_for(role_type: RoleType, elements: &[Element]) -> Result<(), Problems> {
    let mut problems = Problems::default();
    for (nth, element) in elements.iter().enumerate() {
        match (role_type, &element.bot_id) {
            (RoleType::Bot, None) => problems.add(format!("/{nth}/botId"), say::required_for_bot_roles()),
            (RoleType::Admin, Some(_)) => problems.add(format!("/{nth}/botId"), say::not_for_account_roles()),
            (RoleType::Bot, Some(_)) | (RoleType::Admin, None) => {}
        }
    }
    problems.or_ok(())
}

/// Where in its call a wish of the `nth` element stands.
fn place(nth: usize, wish: &Wish) -> String {
    format!("/{nth}/{}/{}", wish.list, wish.index)
}

fn role_of<'r>(
    resolved: &'r Resolved,
    role_type: RoleType,
    nth: usize,
    element: &Element,
    faults: &mut Faults,
) -> Option<&'r Role> {
    let path = format!("/{nth}/roleId");
    match resolved.roles.get(&element.role_id) {
        Some(role) if role.role_type != role_type => {
            faults.add(Rule::UnknownRole, path, say::role_of_other_type(role.role_type, role_type));
            None
        }
        Some(role) if role.is_bot_owner() => {
            faults.add(Rule::RoleNotAssignable, path, say::role_follows_bot());
            None
        }
        Some(role) => Some(role),
        None => {
            faults.add(Rule::UnknownRole, path, say::no_role_with_id());
            None
        }
    }
}

fn bot_of(resolved: &Resolved, nth: usize, element: &Element, faults: &mut Faults) -> Option<BotNo> {
    let Some(bot_id) = &element.bot_id else { return Some(NO_BOT) };
    let bot = resolved.bots.get(bot_id).copied();
    if bot.is_none() {
        faults.add(Rule::UnknownBot, format!("/{nth}/botId"), say::no_bot_with_id());
    }
    bot
}
