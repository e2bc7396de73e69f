//! What a role permitted at two times, side by side, as the audit log has it.

use askama::Template;
use rolecall_control::{Ctx, Error, audit};
use rolecall_model::{
    audit::Event,
    page::{Page, Start},
    problem::Problems,
    role::{Permissions, Role},
    time::Instant,
};
use serde_json::Value;

use super::{
    ConsoleError, Html, Reader, Section, Shell,
    query::{self, Id, Query},
    roles::{Cell, find, grid},
};
use crate::auth::{Caller, ReadAudit};

/// How many changes of one role are gone through at once, and how often. What lies further back is said not
/// to be known.
const CHANGES: u32 = 200;
const LOOKS: u32 = 5;

/// What is known of a role at a time.
enum Then {
    /// What it permitted.
    Known(Role),
    /// It was not there.
    Absent,
    /// Too much happened since.
    TooFar,
}

#[derive(Template)]
#[template(path = "console/role_then.html")]
struct Compare {
    shell: Shell,
    role: Role,
    times: [Option<Instant>; 2],
    fields: [String; 2],
    thens: [Then; 2],
    cells: Vec<Cell>,
}

/// The role at two times; at no time given it is as it is now.
pub(super) async fn compare(
    reader: Reader,
    caller: Caller<ReadAudit, ConsoleError>,
    Id(id): Id,
    query: Query,
) -> Result<Html<impl Template>, ConsoleError> {
    let ctx = &caller.ctx;
    let role = find(ctx, &id).await?;
    let times = [query.at("a")?, query.at("b")?];
    let thens = [then(ctx, &role, times[0]).await?, then(ctx, &role, times[1]).await?];
    let cells = match &thens {
        [Then::Known(one), Then::Known(other)] => grid(role.role_type, &[one, other]),
        _ => Vec::new(),
    };
    let fields = times.map(query::as_field);
    Ok(Html(Compare { shell: Shell::of(&reader, &caller, Section::Roles), role, times, fields, thens, cells }))
}

/// The role as it was: what the first change after that time replaced.
async fn then(ctx: &Ctx, role: &Role, at: Option<Instant>) -> Result<Then, Error> {
    let Some(at) = at else { return Ok(Then::Known(role.clone())) };
    if at < role.created_at {
        return Ok(Then::Absent);
    }
    let filter = audit::Filter {
        event: Some(Event::RolePermissionsUpdated),
        target: Some(role.id.clone()),
        from: Some(at.plus_ms(1)),
        ..audit::Filter::default()
    };
    let mut start = Start::Offset(0);
    let mut first = None;
    for _ in 0..LOOKS {
        let found = audit::search(ctx, &filter, Page { limit: CHANGES, start }).await?;
        first = found.entries.into_iter().next_back().map(|(_, entry)| entry).or(first);
        let Some(cursor) = found.next_cursor else {
            let before = first.and_then(|entry| permissions(role, &entry.before));
            return Ok(Then::Known(Role {
                permissions: before.unwrap_or_else(|| role.permissions.clone()),
                ..role.clone()
            }));
        };
        start = Start::After(rolecall_control::list::open_cursor(ctx, audit::SEARCH, &cursor).map_err(Problems::from)?);
    }
    Ok(Then::TooFar)
}

/// What an entry says that the role permitted.
fn permissions(role: &Role, facts: &str) -> Option<Permissions> {
    let facts: Value = serde_json::from_str(facts).ok()?;
    let mut problems = Problems::default();
    let permissions = Permissions::parse(role.role_type, facts.get("permissions")?, "", &mut problems);
    problems.into_vec().is_empty().then_some(permissions)
}
