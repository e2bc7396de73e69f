//! What users may do in the builder.

use rolecall_model::{delta::Delta, user::User};
use rolecall_store::{Tx, attempt, users};

use super::{Found, Key, particulars::record_update};
use crate::{Change, Ctx, Error, Rule, authority::acts, error::Faults, say};

/// What users may do in the builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Whether they may enter it.
    pub is_developer: bool,
    /// Whether they may create bots; only developers may.
    pub can_create_bot: bool,
    /// Whether they may create data tables and views; `None` leaves it as it is.
    pub has_data_access: Option<bool>,
}

/// Lets all of these users do what `access` says, or changes nothing. Each comes with its place in
/// the call.
///
/// Errors: [`Rule::CreatorMustDevelop`], [`Rule::NobodyGiven`], and [`Rule::UnknownEmail`] at each
/// place that leads to nobody.
pub async fn set_access(ctx: &Ctx, keys: &[(Key, String)], access: Access) -> Result<(), Error> {
    if access.can_create_bot && !access.is_developer {
        let detail = say::needs_developer();
        return Err(Error::refused(Rule::CreatorMustDevelop, "/canCreateBot", detail));
    }
    if keys.is_empty() {
        return Err(Error::refused(Rule::NobodyGiven, "/emailIds", say::must_name_somebody()));
    }
    attempt!(ctx.attempts(), |tx| set_access_in(ctx, tx, keys, access))
}

async fn set_access_in(ctx: &Ctx, tx: &mut Tx, keys: &[(Key, String)], access: Access) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::SET_ACCESS)?;
    let account = change.account_no();
    let found = Found::read(change.tx, account, keys.iter().map(|(key, _)| key)).await?;
    let mut faults = Faults::default();
    for (key, path) in keys.iter().filter(|(key, _)| found.user(key).is_none()) {
        let detail = match key {
            Key::Email(_) => say::no_user_with_email(),
            Key::OrgUserId(_) => say::no_user_with_org_id(),
        };
        faults.add(Rule::UnknownEmail, path.clone(), detail);
    }
    faults.or_ok(())?;
    let mut users: Vec<User> = found.users.into_values().collect();
    users.sort_unstable_by_key(|user| user.no);
    change.may_touch(&users.iter().map(|user| user.no).collect::<Vec<_>>()).await?;
    let mut changed = Vec::new();
    for user in users {
        let after = User {
            is_developer: access.is_developer,
            can_create_bot: access.can_create_bot,
            has_data_access: access.has_data_access.unwrap_or(user.has_data_access),
            ..user.clone()
        };
        if after != user {
            record_update(&mut change, &user, &after);
            change.flush_if_full().await?;
            changed.push(after);
        }
    }
    let revision = change.account.revision;
    users::update(change.tx, account, revision, &changed).await?;
    change.note(changed.iter().map(|user| Delta::User(user.no)));
    change.finish().await
}
