//! What of giving and taking roles is offered to whoever asks, and what somebody means who types names.
//! A change decides anew; this is for what is shown.

use std::collections::BTreeSet;

use rolecall_model::{
    page::Page,
    role::{Role, RoleType},
    text::fold,
};
use rolecall_store::{bots, roles};

use crate::{
    Ctx, Error, Rule,
    authority::{acts, why_not_permitted},
    say,
};

/// How many roles are looked at for what is offered.
pub const MAX_OFFERED: u32 = 200;

/// The roles that somebody may give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Those of the account's first [`MAX_OFFERED`] roles.
    pub roles: Vec<Role>,
    /// Whether the account has roles that were not looked at.
    pub has_more: bool,
}

impl Offer {
    /// Whether there is nothing to give.
    pub fn is_nothing(&self) -> bool {
        self.roles.is_empty() && !self.has_more
    }
}

/// The roles of one type that whoever asks may give to users, or to groups.
pub async fn offered(ctx: &Ctx, role_type: RoleType, is_for_group: bool) -> Result<Offer, Error> {
    let act = match role_type {
        RoleType::Admin => &acts::ASSIGN_ANY_ADMIN_ROLE,
        RoleType::Bot => &acts::ASSIGN_BOT_ROLES,
    };
    if !ctx.may_do(act) {
        return Ok(Offer::default());
    }
    let mut tx = ctx.read().await?;
    let mut found = roles::list(&mut tx, ctx.account, role_type, Page::first(MAX_OFFERED + 1)).await?;
    let has_more = found.len() > MAX_OFFERED as usize;
    found.truncate(MAX_OFFERED as usize);
    found.retain(|role| {
        let is_closed = role.is_bot_owner() || (is_for_group && role.is_master_admin());
        !is_closed && why_not_permitted(ctx.authority.powers(), role).is_none()
    });
    Ok(Offer { roles: found, has_more })
}

/// Those of the roles with ids `role_ids` that whoever asks may take from somebody, who may be the
/// account's owner.
pub async fn takeable(ctx: &Ctx, role_ids: &[String], is_owner: bool) -> Result<BTreeSet<String>, Error> {
    if role_ids.is_empty() || !ctx.may_do(&acts::EDIT_ROLES) {
        return Ok(BTreeSet::new());
    }
    let mut tx = ctx.read().await?;
    let mut found = roles::find_many(&mut tx, ctx.account, role_ids).await?;
    found.retain(|role| {
        let is_kept = role.is_bot_owner() || (is_owner && role.is_master_admin());
        !is_kept && why_not_permitted(ctx.authority.powers(), role).is_none()
    });
    Ok(found.into_iter().map(|role| role.id).collect())
}

/// The id of the role of that type with this name.
///
/// Errors: [`Rule::UnknownRole`].
pub async fn role_named(ctx: &Ctx, role_type: RoleType, name: &str) -> Result<String, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    if let Some(no) = roles::find_by_name(&mut tx, ctx.account, role_type, &fold(name)).await?
        && let Some(role) = roles::find_by_nos(&mut tx, ctx.account, &[no]).await?.pop()
    {
        return Ok(role.id);
    }
    Err(Error::refused(Rule::UnknownRole, "role", say::no_role_with_name(role_type)))
}

/// The id of the bot with this name.
///
/// Errors: [`Rule::UnknownBot`].
pub async fn bot_named(ctx: &Ctx, name: &str) -> Result<String, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let found = bots::find_by_names(&mut tx, ctx.account, &[fold(name)]).await?.pop();
    found.map(|bot| bot.id).ok_or_else(|| Error::refused(Rule::UnknownBot, "bot", say::no_bot_with_name()))
}
