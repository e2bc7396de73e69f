//! Groups and roles that users gain or lose along with other changes.

use std::collections::{BTreeMap, HashMap};

use rolecall_model::{
    group::Group,
    ids::{BotNo, GroupNo, RoleNo, UserNo},
    phrase::Text,
    role::{Role, RoleType},
    user::User,
};
use rolecall_store::{
    assignments::{Assignment, Holder, NO_BOT},
    groups,
    names::{self, Name},
    roles,
};

use super::{Wish, distinct, fault};
use crate::{
    Change, Error, Fault, Rule,
    assignments::{self, Action, Known},
    authority::{self, acts},
    memberships, say,
};

/// A group or role that a user is to gain or lose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Which.
    pub what: What,
    /// Whether it is gained or lost.
    pub action: Action,
    /// The caller's name of the list it stood in.
    pub list: &'static str,
    /// Where in that list it stood.
    pub index: usize,
}

/// What a user can gain or lose, by ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A group.
    Group(String),
    /// A role, on a bot if it is a bot role.
    Role {
        /// The role.
        role_id: String,
        /// The bot.
        bot_id: Option<String>,
    },
}

impl Grant {
    fn path(&self) -> String {
        format!("/{}/{}", self.list, self.index)
    }
}

/// What the ids of a call stand for, read under the account's lock.
pub(super) struct Things {
    pub(super) bots: HashMap<String, Name>,
    groups: HashMap<String, Group>,
    roles: HashMap<String, Role>,
    /// The groups nobody may be put into by whoever asks, and why; and out of.
    closed: [HashMap<GroupNo, Text>; 2],
}

/// A group or role by its numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Group(GroupNo),
    Role(BotNo, RoleNo),
}

/// What one user gains and loses.
pub(super) type Resolved = Vec<(ResolvedThing, Action)>;

/// See [`Resolved`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ResolvedThing(Thing);

impl Things {
    pub(super) async fn read<W>(change: &mut Change<'_>, wishes: &[Wish<W>]) -> Result<Self, Error> {
        let (mut group_ids, mut role_ids, mut bot_ids) = (Vec::new(), Vec::new(), Vec::new());
        for wish in wishes {
            for grant in &wish.grants {
                match &grant.what {
                    What::Group(id) => group_ids.push(id.clone()),
                    What::Role { role_id, bot_id } => {
                        role_ids.push(role_id.clone());
                        bot_ids.extend(bot_id.clone());
                    }
                }
            }
            bot_ids.extend(wish.particulars.tasks.iter().flatten().map(|task| task.bot_id.clone()));
        }
        let account = change.account_no();
        let groups = groups::find_by_ids(change.tx, account, &distinct(group_ids)).await?;
        let roles = roles::find_many(change.tx, account, &distinct(role_ids)).await?;
        let nos = groups.iter().map(|group| group.no);
        let closed =
            [change.why_not_join(nos.clone(), Action::Add).await?, change.why_not_join(nos, Action::Remove).await?];
        Ok(Self {
            closed,
            bots: names::find(change.tx, account, names::Key::BotId, &distinct(bot_ids)).await?,
            groups: groups.into_iter().map(|group| (group.id.clone(), group)).collect(),
            roles: roles.into_iter().map(|role| (role.id.clone(), role)).collect(),
        })
    }

    /// What `grants` stand for. `user` is nobody for one that is being made.
    ///
    /// Errors: the first that leads nowhere or that a rule forbids, or that goes beyond what `change` may.
    pub(super) fn resolve(
        &self,
        change: &Change<'_>,
        grants: &[Grant],
        user: Option<UserNo>,
    ) -> Result<Resolved, Fault> {
        let owner = change.account.owner_no;
        let mut resolved: Resolved = Vec::with_capacity(grants.len());
        for grant in grants {
            let thing = ResolvedThing(match &grant.what {
                What::Group(id) => Thing::Group(self.group(change, id, grant)?),
                What::Role { role_id, bot_id } => {
                    let (bot, role) = self.role(role_id, bot_id.as_deref(), grant)?;
                    // Nobody has number 0: one that is being made is not the owner.
                    let holder = Holder::User(user.unwrap_or(UserNo(0)));
                    if let Some(why) = assignments::why_not(role, holder, grant.action, owner) {
                        return Err(fault(Rule::RoleNotAssignable, grant.path(), why));
                    }
                    if let Some(why) = authority::why_not_permitted(change.powers(), role) {
                        return Err(fault(Rule::NotPermitted, grant.path(), why));
                    }
                    Thing::Role(bot, role.no)
                }
            });
            if resolved.iter().any(|(other, action)| *other == thing && *action != grant.action) {
                return Err(fault(Rule::AddAndRemove, grant.path(), say::added_and_removed()));
            }
            resolved.push((thing, grant.action));
        }
        Ok(resolved)
    }

    fn group(&self, change: &Change<'_>, id: &str, grant: &Grant) -> Result<GroupNo, Fault> {
        let unknown = || fault(Rule::UnknownGroup, grant.path(), say::no_group_with_id());
        let group = self.groups.get(id).map(|group| group.no).ok_or_else(unknown)?;
        let [into, out_of] = &self.closed;
        let closed = if grant.action == Action::Add { into } else { out_of };
        let any_of = acts::MANAGE_GROUPS.any_of;
        let why_not = match closed.get(&group) {
            _ if !change.powers().has_any(any_of) => authority::needs(any_of),
            Some(why_not) => why_not.clone(),
            None => return Ok(group),
        };
        Err(fault(Rule::NotPermitted, grant.path(), why_not))
    }

    fn role(&self, role_id: &str, bot_id: Option<&str>, grant: &Grant) -> Result<(BotNo, &Role), Fault> {
        let not_role = |detail| fault(Rule::UnknownRole, format!("{}/roleId", grant.path()), detail);
        let not_bot = |detail| fault(Rule::UnknownBot, format!("{}/botId", grant.path()), detail);
        let role = self.roles.get(role_id).ok_or_else(|| not_role(say::no_role_with_id()))?;
        match (role.role_type, bot_id) {
            (RoleType::Admin, None) => Ok((NO_BOT, role)),
            (RoleType::Admin, Some(_)) => Err(not_role(say::admin_role_on_a_bot())),
            (RoleType::Bot, None) => Err(not_bot(say::bot_role_needs_bot())),
            (RoleType::Bot, Some(id)) => {
                let bot = self.bots.get(id).ok_or_else(|| not_bot(say::no_bot_with_id()))?;
                Ok((BotNo(bot.no), role))
            }
        }
    }
}

/// What the users of a call gain and lose in the end: where two wishes are about one user, the
/// later one counts.
#[derive(Default)]
pub(super) struct Ledger {
    groups: BTreeMap<(GroupNo, UserNo), Action>,
    roles: BTreeMap<(BotNo, RoleNo, UserNo), Action>,
}

impl Ledger {
    pub(super) fn note(&mut self, user: UserNo, resolved: &Resolved) {
        for (ResolvedThing(thing), action) in resolved {
            match thing {
                Thing::Group(group) => self.groups.insert((*group, user), *action),
                Thing::Role(bot, role) => self.roles.insert((*bot, *role, user), *action),
            };
        }
    }

    /// Does what was noted. `users` has everybody it was noted of.
    pub(super) async fn apply(
        self,
        change: &mut Change<'_>,
        things: &Things,
        users: &HashMap<UserNo, User>,
    ) -> Result<(), Error> {
        let groups: HashMap<GroupNo, &Group> = things.groups.values().map(|group| (group.no, group)).collect();
        let pairs = |wanted: Action| -> Vec<(&Group, &User)> {
            let of_action = self.groups.iter().filter(|(_, action)| **action == wanted);
            of_action.filter_map(|((group, user), _)| Some((*groups.get(group)?, users.get(user)?))).collect()
        };
        memberships::remove_users(change, &pairs(Action::Remove)).await?;
        memberships::add_users(change, &pairs(Action::Add)).await?;

        let of = |wanted: Action| -> Vec<Assignment> {
            let of_action = self.roles.iter().filter(|(_, action)| **action == wanted);
            let assignments = of_action.map(|((bot, role, user), _)| Assignment {
                bot: *bot,
                role: *role,
                holder: Holder::User(*user),
            });
            assignments.collect()
        };
        let mut known = Known::default();
        assignments::end(change, &mut known, &of(Action::Remove)).await?;
        assignments::add(change, &mut known, &of(Action::Add)).await
    }
}
