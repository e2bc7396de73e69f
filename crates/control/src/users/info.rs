//! What is known of users.

use std::collections::HashSet;

use rolecall_model::{
    ids::UserNo,
    user::{Status, User},
};
use rolecall_store::names::Name;

use super::{Found, Key};
use crate::{
    Ctx, Error,
    authority::acts,
    holdings::{self, Roles},
};

/// What is known of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The user.
    pub user: User,
    /// The roles it holds, directly and by way of groups.
    pub roles: Roles,
    /// The groups it is in itself.
    pub groups: Vec<Name>,
}

/// What is known of the users whom `keys` lead to, in that order, each once; a key that leads to
/// nobody comes back by itself. With a `status`, users with another one are left out.
pub async fn info(ctx: &Ctx, keys: &[Key], status: Option<Status>) -> Result<Vec<Result<Info, Key>>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let mut found = Found::read(&mut tx, ctx.account, keys.iter()).await?;
    found.users.retain(|_, user| status.is_none_or(|status| user.status == status));
    let mut nos: Vec<UserNo> = found.users.keys().copied().collect();
    nos.sort_unstable();
    let mut roles = holdings::of_users(&mut tx, ctx.account, &nos, None).await?;
    let mut groups = holdings::groups_of_users(&mut tx, ctx.account, &nos).await?;
    let mut told = HashSet::new();
    let mut infos = Vec::with_capacity(keys.len());
    for key in keys {
        if let Some(no) = found.no(key) {
            infos.extend(found.users.remove(&no).map(|user| {
                let (roles, groups) = (roles.remove(&no).unwrap_or_default(), groups.remove(&no).unwrap_or_default());
                Ok(Info { user, roles, groups })
            }));
        } else if told.insert(key) {
            infos.push(Err(key.clone()));
        }
    }
    Ok(infos)
}
