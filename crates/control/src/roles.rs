//! Roles: listing and exporting them, and making, copying, changing and removing one.

mod edit;
mod removal;

use rolecall_model::{
    page::{Page, Start},
    role::{Role, RoleType},
};
use rolecall_store::roles;

use crate::{
    Ctx, Error,
    authority::acts,
    list::{self, List},
};

pub use edit::{Edit, Fixed, NewRole, copy, create, fixed, get, get_many, remove, update, version};
pub use removal::{Loser, MAX_HOLDERS, Removal, removal};

/// A page of the account's roles of one type: built-in ones first, then in order of creation.
pub async fn list(ctx: &Ctx, role_type: RoleType, page: Page) -> Result<List<Role>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let total = roles::count(&mut tx, ctx.account, role_type).await?;
    let one_more = Page { limit: page.limit.saturating_add(1), ..page };
    let items = roles::list(&mut tx, ctx.account, role_type, one_more).await?;
    Ok(list::page(ctx, role_type.as_str(), total, page.limit, items, |role| role.no.0))
}

/// All of the account's roles of one type, in the order of [`list()`].
pub async fn export(ctx: &Ctx, role_type: RoleType) -> Result<Vec<Role>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    Ok(all(&mut tx, ctx.account, role_type).await?)
}

/// How many roles are read at once.
const CHUNK: u32 = 1_000;

/// All roles of one type, within a transaction.
pub(crate) async fn all(
    tx: &mut rolecall_store::Tx,
    account: rolecall_model::ids::AccountNo,
    role_type: RoleType,
) -> Result<Vec<Role>, rolecall_store::Error> {
    let mut all: Vec<Role> = Vec::new();
    loop {
        let after = all.last().map_or(0, |role| role.no.0);
        let page = Page { limit: CHUNK, start: Start::After(after) };
        let chunk = roles::list(tx, account, role_type, page).await?;
        let is_last = chunk.len() < CHUNK as usize;
        all.extend(chunk);
        if is_last {
            return Ok(all);
        }
    }
}
