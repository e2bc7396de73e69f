//! What keeps people from handing out more than they have.
//!
//! A [`Change`] knows the powers of whom it is made for, as they are under the account's lock. Whatever
//! hands permissions out, or takes them away, asks here first.

use rolecall_model::{
    authority::{AdminPermission, Powers},
    role::{Permissions, Role, RoleType},
};

use super::{Act, acts, check, needs, not_permitted};
use crate::{Change, Error};

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

    /// Refuses to make `after` out of what an admin role grants, if whoever asks does not hold what
    /// differs.
    pub fn may_edit(&self, before: &Permissions, after: &Permissions) -> Result<(), Error> {
        match self.powers.lacking_between(before, after) {
            None => Ok(()),
            Some(name) => Err(not_permitted(beyond(&name))),
        }
    }
}

/// Why who has `powers` may neither give `role` to anybody nor take it from anybody; nothing if they may.
///
/// Giving takes the permission to give, and all that the role grants. Taking takes the same: else who
/// has little could strip who has more.
pub fn why_not_permitted(powers: &Powers, role: &Role) -> Option<String> {
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
pub(super) fn why_beyond(powers: &Powers, role: &Role) -> Option<String> {
    if role.role_type == RoleType::Bot {
        return None;
    }
    if role.is_master_admin() && !powers.cover(&Powers::All) {
        return Some("is the built-in role admin, which you do not hold yourself".to_owned());
    }
    powers.lacking(&role.permissions).map(beyond)
}

/// What is to be said to who would hand out the permission `name` without having it.
fn beyond(name: &str) -> String {
    format!("is about the admin permission {name}, which you do not hold yourself")
}
