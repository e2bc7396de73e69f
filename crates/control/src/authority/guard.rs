//! What keeps people from handing out more than they have.
//!
//! A [`Change`] knows the powers of whom it is made for, as they are under the account's lock. Whatever
//! hands permissions out, or takes them away, asks here first; what writes assignments, memberships and
//! roles does so by itself, so that no use case can forget it.

use std::collections::{BTreeSet, HashMap};

use rolecall_model::{
    app::Scope,
    authority::{AdminPermission, Lost, Powers},
    ids::{GroupNo, RoleNo, UserNo},
    phrase::{Arg, Text},
    role::{Permissions, Role, RoleType},
};
use rolecall_store::{assignments::Assignment, roles};

use super::{Act, acts, check, needs, not_permitted};
use crate::{Change, Error, Rule, assignments::Action, error::Faults, say};

impl Change<'_> {
    /// How far the authority reaches that this is done on.
    pub fn powers(&self) -> &Powers {
        &self.powers
    }

    /// Refuses unless it reaches as far as `permission`.
    pub fn need(&self, permission: AdminPermission) -> Result<(), Error> {
        check(&self.powers, &[permission])
    }

    /// Refuses unless one of the permissions is there that allow `act`.
    pub fn need_to(&self, act: &Act) -> Result<(), Error> {
        check(&self.powers, act.any_of)
    }

    /// Refuses to hand out admin permissions that whoever asks does not hold.
    pub fn may_grant(&self, permissions: &Permissions) -> Result<(), Error> {
        match self.powers.lacking(permissions) {
            None => Ok(()),
            Some(name) => Err(not_permitted(beyond(name))),
        }
    }

    /// Refuses to make `after` out of the role `before`, if whoever asks does not hold what differs.
    ///
    /// A role that goes beyond them keeps its name and its refId, too: manifests and imports from
    /// elsewhere know roles by these, and would give another role what they mean for this one.
    pub fn may_edit(&self, before: &Role, after: &Role) -> Result<(), Error> {
        if before.role_type == RoleType::Bot {
            return Ok(());
        }
        let (old, new) = (&before.permissions, &after.permissions);
        let is_another = before.name != after.name || before.ref_id != after.ref_id;
        let lacking = if is_another { self.powers.lacking(old).map(str::to_owned) } else { None };
        match lacking.or_else(|| self.powers.lacking_between(old, new)) {
            None => Ok(()),
            Some(name) => Err(not_permitted(beyond(&name))),
        }
    }

    /// Refuses unless everything may be done, as the operator may and whoever holds the built-in admin
    /// role.
    pub fn need_everything(&self) -> Result<(), Error> {
        if self.powers == Powers::All { Ok(()) } else { Err(not_permitted(say::needs_master_admin())) }
    }

    /// Refuses to put the secret of an app with `scopes` into the hands of somebody who may not do all
    /// that the app could bring about.
    pub fn may_give_scopes(&self, scopes: &[Scope]) -> Result<(), Error> {
        let mut faults = Faults::default();
        for scope in scopes.iter().filter(|scope| !self.powers.cover(&Powers::of_scope(**scope))) {
            let detail = match Powers::of_scope(*scope) {
                Powers::All => say::scope_takes_everything(*scope),
                Powers::Some(names) => {
                    let names: Vec<String> = names.into_iter().collect();
                    say::scope_takes_more(*scope, names.join(", "))
                }
            };
            faults.add(Rule::NotPermitted, "scopes", detail);
        }
        faults.or_ok(())
    }

    /// Refuses to let assignments begin that whoever asks may not give; or to end, in the course of
    /// something else, those that go beyond what they hold themselves.
    pub(crate) async fn may_assign(&mut self, assignments: &[Assignment], action: Action) -> Result<(), Error> {
        if self.powers == Powers::All {
            return Ok(());
        }
        let nos: BTreeSet<RoleNo> = assignments.iter().map(|assignment| assignment.role).collect();
        let account = self.account_no();
        for role in roles::find_by_nos(self.tx, account, &nos.into_iter().collect::<Vec<_>>()).await? {
            let why_not = match action {
                Action::Add => why_not_permitted(&self.powers, &role),
                Action::Remove => why_beyond(&self.powers, &role),
            };
            if let Some(why_not) = why_not {
                return Err(not_permitted(say::role_but(&role.name, why_not)));
            }
        }
        Ok(())
    }

    /// Refuses to let anybody come into one of `groups`, or go out of it, who would gain or lose what
    /// whoever asks does not hold.
    pub(crate) async fn may_join(
        &mut self,
        groups: impl IntoIterator<Item = GroupNo>,
        action: Action,
    ) -> Result<(), Error> {
        match self.why_not_join(groups, action).await?.into_values().next() {
            None => Ok(()),
            Some(why_not) => Err(not_permitted(why_not)),
        }
    }

    /// Those of `groups` that nobody may be put into, or taken out of, on this authority, and why. What
    /// is in a group holds what the group holds, and what the groups around it hold.
    pub(crate) async fn why_not_join(
        &mut self,
        groups: impl IntoIterator<Item = GroupNo>,
        action: Action,
    ) -> Result<HashMap<GroupNo, Text>, Error> {
        if self.powers == Powers::All {
            return Ok(HashMap::new());
        }
        let account = self.account_no();
        let by_group = super::of_groups(self.tx, account, groups.into_iter().collect()).await?;
        let nos: BTreeSet<RoleNo> = by_group.values().flatten().map(|(_, role)| *role).collect();
        let roles = roles::find_by_nos(self.tx, account, &nos.into_iter().collect::<Vec<_>>()).await?;
        let bot_roles = acts::ASSIGN_BOT_ROLES.any_of;
        let why_not = |role: &Role| {
            let why_not = match (role.role_type, action) {
                (RoleType::Bot, Action::Add) if !self.powers.has_any(bot_roles) => Some(needs(bot_roles)),
                _ => why_beyond(&self.powers, role),
            };
            why_not.map(|why_not| say::comes_with_role(&role.name, why_not))
        };
        let why_not: HashMap<RoleNo, Text> = roles.iter().filter_map(|role| Some((role.no, why_not(role)?))).collect();
        let first = |held: BTreeSet<_>| held.into_iter().find_map(|(_, role)| why_not.get(&role).cloned());
        Ok(by_group.into_iter().filter_map(|(group, held)| Some((group, first(held)?))).collect())
    }

    /// Those of `users` who may more than whoever asks does: whoever could change them, or sign in as one
    /// of them, would come to that.
    pub(crate) async fn beyond(&mut self, users: &[UserNo]) -> Result<BTreeSet<UserNo>, Error> {
        if self.powers == Powers::All {
            return Ok(BTreeSet::new());
        }
        let account = self.account_no();
        let theirs = super::of_users(self.tx, account, users).await?;
        Ok(theirs.into_iter().filter(|(_, powers)| !self.powers.cover(powers)).map(|(user, _)| user).collect())
    }

    /// Refuses if one of `users` may more than whoever asks does: before anything that changes a user, or
    /// lets somebody sign in as one.
    pub async fn may_touch(&mut self, users: &[UserNo]) -> Result<(), Error> {
        if self.beyond(users).await?.is_empty() { Ok(()) } else { Err(not_permitted(say::beyond_user())) }
    }

    /// Refuses what was written so far if the person who asks has lost permissions by it: who shuts
    /// themselves out in passing did not mean to.
    pub(crate) async fn keep_own_powers(&mut self) -> Result<(), Error> {
        let account = self.account_no();
        let now = self.authority.powers_now(self.tx, account).await?;
        match why_lost(&now.lost_since(&self.powers)) {
            None => Ok(()),
            Some(why) => Err(not_permitted(why)),
        }
    }
}

/// What is to be said to who would lose this; nothing if it is nothing.
pub fn why_lost(lost: &Lost) -> Option<Text> {
    let what = match lost {
        Lost::Nothing => return None,
        Lost::Everything => Arg::from(say::word_master_admin()),
        Lost::Names(names) => Arg::from(names.join(", ")),
    };
    Some(say::would_take_from_you(what))
}

/// Why who has `powers` may neither give `role` to anybody nor take it from anybody; nothing if they may.
///
/// Giving takes the permission to give, and all that the role grants. Taking takes the same: else who
/// has little could strip who has more.
pub fn why_not_permitted(powers: &Powers, role: &Role) -> Option<Text> {
    let act = match role.role_type {
        // It goes with the bot, and is told as a role that nobody gives or takes.
        RoleType::Bot if role.is_bot_owner() => return None,
        RoleType::Bot => &acts::ASSIGN_BOT_ROLES,
        RoleType::Admin if role.is_built_in => &acts::ASSIGN_MASTER_ADMIN,
        RoleType::Admin => &acts::ASSIGN_ADMIN_ROLES,
    };
    if powers.has_any(act.any_of) { why_beyond(powers, role) } else { Some(needs(act.any_of)) }
}

/// Why `role` goes beyond `powers`; nothing if it does not. What a bot role grants is no authority on
/// the account, and is within everybody's.
pub(super) fn why_beyond(powers: &Powers, role: &Role) -> Option<Text> {
    if role.role_type == RoleType::Bot {
        return None;
    }
    if role.is_master_admin() && !powers.cover(&Powers::All) {
        return Some(say::is_master_admin());
    }
    powers.lacking(&role.permissions).map(beyond)
}

/// What is to be said to who would hand out the permission `name` without having it.
fn beyond(name: &str) -> Text {
    say::beyond_permission(name)
}
