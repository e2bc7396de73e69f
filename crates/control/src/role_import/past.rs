//! Imports that were made, and their reversals.

use rolecall_model::{
    problem::Problems,
    role::{Permissions, RoleType},
    time::Instant,
};
use rolecall_store::role_imports::{self, Import};

use super::effects::{Kept, Undo, unreadable};
use crate::{Ctx, Error, authority::acts, list};

/// The name of [`list()`] in cursors.
pub const LIST: &str = "role imports";

/// An import that changed something, or the reversal of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// Its id.
    pub id: String,
    /// The type of the roles it changed.
    pub role_type: RoleType,
    /// When it was applied.
    pub at: Instant,
    /// By whom, as the audit log has it.
    pub by: String,
    /// When it was reverted, if it was.
    pub reverted_at: Option<Instant>,
    /// The roles that came, or came back.
    pub made: Vec<PastRole>,
    /// The roles that changed: as they were, and as they became.
    pub updated: Vec<(PastRole, PastRole)>,
    /// The roles that went.
    pub removed: Vec<PastRole>,
}

/// A role as it was at an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRole {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it was for.
    pub description: String,
    /// The key that is the same in every environment.
    pub ref_id: String,
    /// What it granted.
    pub permissions: Permissions,
}

/// A page of imports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The imports, the newest first.
    pub items: Vec<Past>,
    /// Where the next page begins, while there is one.
    pub next_cursor: Option<String>,
}

/// A page of the account's imports, the newest first. `after` is what the cursor of the page before says.
pub async fn list(ctx: &Ctx, limit: u32, after: Option<[i64; 3]>) -> Result<Listed, Error> {
    ctx.need_to(&acts::EDIT_ROLES)?;
    let before = after.map(|[first, second, third]| format!("{first:08x}{second:08x}{third:08x}"));
    let mut tx = ctx.read().await?;
    let mut found = role_imports::list(&mut tx, ctx.account, before.as_deref(), i64::from(limit) + 1).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| has_more).map(|import| parts(&import.id));
    let items = found.into_iter().map(Past::read).collect::<Result<_, _>>()?;
    Ok(Listed { items, next_cursor: last.map(|parts| list::cursor_of_three(ctx, LIST, parts)) })
}

/// The 24 hex digits of an id as three numbers.
fn parts(id: &str) -> [i64; 3] {
    let part = |nth: usize| {
        let digits = id.get(nth * 8..(nth + 1) * 8).unwrap_or_default();
        i64::from_str_radix(digits, 16).unwrap_or_default()
    };
    [part(0), part(1), part(2)]
}

/// The account's import with id `id`.
pub async fn find(ctx: &Ctx, id: &str) -> Result<Option<Past>, Error> {
    ctx.need_to(&acts::EDIT_ROLES)?;
    let mut tx = ctx.read().await?;
    let found = role_imports::find(&mut tx, ctx.account, id).await?;
    found.map(Past::read).transpose()
}

impl Past {
    fn read(import: Import) -> Result<Self, Error> {
        let role_type = import.role_type;
        let undo: Undo = serde_json::from_str(&import.undo).map_err(|_| unreadable())?;
        let role = |kept: Kept| {
            let mut problems = Problems::default();
            let permissions = Permissions::parse(role_type, &kept.permissions, "", &mut problems);
            let permissions = problems.or_ok(permissions).map_err(|_| unreadable())?;
            Ok::<_, Error>(PastRole {
                id: kept.role_id,
                name: kept.role,
                description: kept.r_desc,
                ref_id: kept.ref_id,
                permissions,
            })
        };
        let roles = |kept: Vec<Kept>| kept.into_iter().map(role).collect::<Result<Vec<_>, _>>();
        let pair = |(before, after)| Ok::<_, Error>((role(before)?, role(after)?));
        Ok(Self {
            made: roles(undo.made)?,
            updated: undo.updated.into_iter().map(pair).collect::<Result<_, _>>()?,
            removed: roles(undo.removed)?,
            id: import.id,
            role_type,
            at: import.created_at,
            by: import.created_by,
            reverted_at: import.reverted_at,
        })
    }
}
