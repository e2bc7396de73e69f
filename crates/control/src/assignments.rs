//! Assignments: giving roles to users and groups, and taking them away.
//!
//! [`apply`] is the use case. The functions on a [`Change`] are for use cases that add or end
//! assignments among other things; they ask no rule, see [`why_not`].

mod change;

use std::collections::HashMap;

use rolecall_model::{
    ids::{BotNo, GroupNo, UserNo},
    problem::Problems,
    role::{BOT_OWNER, MASTER_ADMIN, Role, RoleType},
    text::fold,
};
use rolecall_store::{
    assignments::{Assignment, Holder, NO_BOT},
    names::{self, Key, Name},
    roles,
};

pub use change::{Known, add, end, end_all_of_bot, end_all_of_group, end_all_of_role};

pub(crate) use change::add_new;

use crate::{Change, Ctx, Error, Rule, error::Faults};

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
    /// A user, by e-mail address.
    Email(String),
    /// A user, by the organisation's id.
    OrgUserId(String),
    /// A group, by name.
    GroupName(String),
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
    let mut attempts = ctx.attempts();
    loop {
        let mut tx = attempts.begin().await?;
        let result = match Change::begin(ctx, &mut tx).await {
            Ok(change) => apply_in(change, role_type, elements).await,
            Err(error) => Err(error),
        };
        if let Some(settled) = attempts.settle(tx, result).await {
            return settled;
        }
    }
}

fn check_size(elements: &[Element]) -> Result<(), Problems> {
    let mut problems = Problems::default();
    if elements.len() > MAX_ELEMENTS {
        problems.add("", format!("must have at most {MAX_ELEMENTS} elements; send the rest in further calls"));
    }
    if elements.iter().map(|element| element.wishes.len()).sum::<usize>() > MAX_WISHES {
        problems.add("", format!("must name at most {MAX_WISHES} users and groups; send the rest in further calls"));
    }
    problems.or_ok(())
}

async fn apply_in(mut change: Change<'_>, role_type: RoleType, elements: &[Element]) -> Result<(), Error> {
    let mut resolved = Resolved::read(&mut change, elements).await?;
    let (adds, removes) = decide(&resolved, role_type, elements, change.account.owner_no)?;
    end(&mut change, &mut resolved.known, &removes).await?;
    add(&mut change, &mut resolved.known, &adds).await?;
    change.finish().await
}

/// What the ids, addresses and names of a call stand for, read under the account's lock.
struct Resolved {
    roles: HashMap<String, Role>,
    bots: HashMap<String, Name>,
    by_email: HashMap<String, Name>,
    by_org_user_id: HashMap<String, Name>,
    by_group_name: HashMap<String, Name>,
    known: Known,
}

impl Resolved {
    async fn read(change: &mut Change<'_>, elements: &[Element]) -> Result<Self, Error> {
        let account = change.account_no();
        let (mut emails, mut org_user_ids, mut group_names) = (Vec::new(), Vec::new(), Vec::new());
        for wish in elements.iter().flat_map(|element| &element.wishes) {
            match &wish.principal {
                Principal::Email(email) => emails.push(fold(email)),
                Principal::OrgUserId(id) => org_user_ids.push(id.clone()),
                Principal::GroupName(name) => group_names.push(fold(name)),
            }
        }
        let role_ids = distinct(elements.iter().map(|element| element.role_id.clone()).collect());
        let bot_ids = distinct(elements.iter().filter_map(|element| element.bot_id.clone()).collect());
        let roles = roles::find_many(change.tx, account, &role_ids).await?;
        let mut resolved = Self {
            roles: roles.into_iter().map(|role| (role.id.clone(), role)).collect(),
            bots: names::find(change.tx, account, Key::BotId, &bot_ids).await?,
            by_email: names::find(change.tx, account, Key::Email, &distinct(emails)).await?,
            by_org_user_id: names::find(change.tx, account, Key::OrgUserId, &distinct(org_user_ids)).await?,
            by_group_name: names::find(change.tx, account, Key::GroupName, &distinct(group_names)).await?,
            known: Known::default(),
        };
        let users = resolved.by_email.values().chain(resolved.by_org_user_id.values());
        resolved.known.users.extend(users.map(|user| (UserNo(user.no), user.clone())));
        resolved.known.groups.extend(resolved.by_group_name.values().map(|group| (GroupNo(group.no), group.clone())));
        resolved.known.bots.extend(resolved.bots.values().map(|bot| (BotNo(bot.no), bot.clone())));
        Ok(resolved)
    }

    /// Who `principal` is; nobody, or what to say of it.
    fn holder(&self, principal: &Principal) -> Result<Holder, (Rule, &'static str)> {
        let user = |found: Option<&Name>| found.map(|user| Holder::User(UserNo(user.no)));
        match principal {
            Principal::Email(email) => user(self.by_email.get(&fold(email)))
                .ok_or((Rule::UnknownUser, "no user of this account has this e-mail address")),
            Principal::OrgUserId(id) => user(self.by_org_user_id.get(id))
                .ok_or((Rule::UnknownUser, "no user of this account has this organisation id")),
            Principal::GroupName(name) => self
                .by_group_name
                .get(&fold(name))
                .map(|group| Holder::Group(GroupNo(group.no)))
                .ok_or((Rule::UnknownGroup, "no group of this account has this name")),
        }
    }
}

/// Sorted, so that look-ups go through their index in its order.
fn distinct(mut values: Vec<String>) -> Vec<String> {
    values.sort_unstable();
    values.dedup();
    values
}

/// The assignments to add and those to remove.
///
/// Errors: everything that is wrong, in the order of the call.
fn decide(
    resolved: &Resolved,
    role_type: RoleType,
    elements: &[Element],
    owner: UserNo,
) -> Result<(Vec<Assignment>, Vec<Assignment>), Error> {
    let mut faults = Faults::default();
    let mut decided: HashMap<Assignment, (Action, String)> = HashMap::new();
    for (nth, element) in elements.iter().enumerate() {
        let role = role_of(resolved, role_type, nth, element, &mut faults);
        let bot = bot_of(resolved, nth, element, &mut faults);
        for wish in &element.wishes {
            let place = || format!("/{nth}/{}/{}", wish.list, wish.index);
            let holder = match resolved.holder(&wish.principal) {
                Ok(holder) => holder,
                Err((broken, detail)) => {
                    faults.add(broken, place(), detail);
                    continue;
                }
            };
            let (Some(role), Some(bot)) = (role, bot) else { continue };
            if let Some(detail) = why_not(role, holder, wish.action, owner) {
                faults.add(Rule::RoleNotAssignable, place(), detail);
                continue;
            }
            let assignment = Assignment { bot, role: role.no, holder };
            let (action, first) = decided.entry(assignment).or_insert_with(|| (wish.action, place()));
            if *action != wish.action {
                let detail = format!("is the same as {first}; one call cannot both add and remove it");
                faults.add(Rule::AddAndRemove, place(), detail);
            }
        }
    }
    faults.or_ok(())?;
    let of = |wanted: Action| {
        let decided = decided.iter().filter(move |(_, (action, _))| *action == wanted);
        decided.map(|(assignment, _)| *assignment).collect()
    };
    Ok((of(Action::Add), of(Action::Remove)))
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
            faults.add(Rule::UnknownRole, path, format!("is a role of type {}, not {role_type}", role.role_type));
            None
        }
        Some(role) if is_bot_owner(role) => {
            faults.add(Rule::RoleNotAssignable, path, FOLLOWS_THE_BOT);
            None
        }
        Some(role) => Some(role),
        None => {
            faults.add(Rule::UnknownRole, path, "no role of this account has this id");
            None
        }
    }
}

fn bot_of(resolved: &Resolved, nth: usize, element: &Element, faults: &mut Faults) -> Option<BotNo> {
    let Some(bot_id) = &element.bot_id else { return Some(NO_BOT) };
    let bot = resolved.bots.get(bot_id).map(|bot| BotNo(bot.no));
    if bot.is_none() {
        faults.add(Rule::UnknownBot, format!("/{nth}/botId"), "no bot of this account has this id");
    }
    bot
}

const FOLLOWS_THE_BOT: &str = "the role follows who owns the bot; it can be neither assigned nor removed";

fn is_bot_owner(role: &Role) -> bool {
    role.is_built_in && role.role_type == RoleType::Bot && role.name == BOT_OWNER
}

/// Why `holder` may not gain or lose `role`; nothing if it may.
pub fn why_not(role: &Role, holder: Holder, action: Action, owner: UserNo) -> Option<&'static str> {
    let is_master_admin = role.is_built_in && role.role_type == RoleType::Admin && role.name == MASTER_ADMIN;
    match (action, holder) {
        _ if is_bot_owner(role) => Some(FOLLOWS_THE_BOT),
        (Action::Add, Holder::Group(_)) if is_master_admin => {
            Some("the built-in role admin goes to users only, not to groups")
        }
        (Action::Remove, Holder::User(user)) if is_master_admin && user == owner => {
            Some("is the account's owner, who always keeps the built-in role admin")
        }
        _ => None,
    }
}
