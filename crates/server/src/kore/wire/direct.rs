//! Pages written straight from an account's image in memory into the bytes of the answer.
//!
//! The types beside this module say what an answer looks like; these functions write the same bytes
//! without making any of them, and a property test holds the two together. What roles, bots and
//! groups look like is written once and kept in the image, so that a page is mostly copied.

use std::io::Write as _;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use rolecall_control::groups::MAX_USERS_SHOWN;
use rolecall_model::{
    bot::Bot,
    group::Group,
    page::Page,
    role::{Role, RoleType},
};
use rolecall_roster::{BotRef, Fragment, GroupRef, Held, Holdings, Roster, UserRef};
use serde::Serialize;

use super::{
    bots::{BotRow, JwtApp},
    groups::NestedGroup,
    roles::RoleRow,
};

/// A JSON body that is written.
pub struct Body(Vec<u8>);

impl IntoResponse for Body {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], self.0).into_response()
    }
}

impl From<Body> for Vec<u8> {
    fn from(body: Body) -> Self {
        body.0
    }
}

/// About how many bytes a role, a bot or a user with a few roles takes, so that the room for a page
/// is mostly made at once.
const ROW_BYTES: usize = 640;

/// A page of roles: the bytes of [`RolePage`](super::roles::RolePage).
/// `cursor` makes the cursor behind the row of a number.
pub fn roles(roster: &Roster, role_type: RoleType, page: Page, cursor: impl Fn(i64) -> String) -> Body {
    let rows = roster.roles(role_type, page.start);
    let has_more = rows.clone().nth(size(page.limit)).is_some();
    let mut out = begin(page, roster.n_roles(role_type), has_more, "roles");
    let mut last = 0;
    each(&mut out, rows.take(size(page.limit)), |out, role| {
        last = role.no.0;
        out.extend_from_slice(role.fragment(Fragment::Row, |role, out| json(out, &RoleRow::from(role.clone()))));
    });
    end(out, has_more.then(|| cursor(last)))
}

/// A page of users with their roles: the bytes of [`UserPage`](super::user_roles::UserPage).
/// `cursor` makes the cursor behind the row of a number.
pub fn users(roster: &Roster, page: Page, cursor: impl Fn(i64) -> String) -> Body {
    let rows = roster.users(page.start);
    let has_more = rows.clone().nth(size(page.limit)).is_some();
    let mut out = begin(page, roster.n_users(), has_more, "users");
    let mut account_id = b",\"accountId\":".to_vec();
    json(&mut account_id, &roster.account().id);
    let mut held = Holdings::default();
    let mut last = 0;
    each(&mut out, rows.take(size(page.limit)), |out, user| {
        last = user.no().0;
        held.read(user);
        write_user(out, user, &account_id, &held);
    });
    end(out, has_more.then(|| cursor(last)))
}

fn write_user(out: &mut Vec<u8>, user: UserRef<'_>, account_id: &[u8], held: &Holdings<'_>) {
    out.extend_from_slice(b"{\"username\":");
    write_email(out, user);
    out.extend_from_slice(b",\"orgUserId\":");
    write_text(out, user, user.org_user_id());
    out.extend_from_slice(account_id);
    out.extend_from_slice(b",\"isDeveloper\":");
    write_bool(out, user.is_developer());
    out.extend_from_slice(b",\"canCreateBot\":");
    write_bool(out, user.can_create_bot());
    out.extend_from_slice(b",\"userId\":");
    write_id(out, user);
    out.extend_from_slice(b",\"btRoles\":[");
    each(out, held.on_bots(), |out, held| write_held(out, held));
    out.extend_from_slice(b"],\"adminRoles\":[");
    each(out, held.on_account(), |out, held| write_held(out, held));
    out.extend_from_slice(b"]}");
}

fn write_held(out: &mut Vec<u8>, held: Held<'_, '_>) {
    out.extend_from_slice(held.role.fragment(Fragment::Held, held_role));
    each(out, held.groups(), |out, group| out.extend_from_slice(group.fragment(Fragment::Held, held_group)));
    match held.bot {
        Some(bot) => out.extend_from_slice(bot.fragment(Fragment::Held, held_bot)),
        None => out.extend_from_slice(b"],\"direct\":"),
    }
    write_bool(out, held.is_direct);
    out.push(b'}');
}

fn held_role(role: &Role, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"roleId\":");
    json(out, &role.id);
    out.extend_from_slice(b",\"roleName\":");
    json(out, &role.name);
    out.extend_from_slice(b",\"groups\":[");
}

fn held_bot(bot: &Bot, out: &mut Vec<u8>) {
    out.extend_from_slice(b"],\"botId\":");
    json(out, &bot.id);
    out.extend_from_slice(b",\"botName\":");
    json(out, &bot.name);
    out.extend_from_slice(b",\"direct\":");
}

fn held_group(group: &Group, out: &mut Vec<u8>) {
    json(out, &group.name);
}

/// A page of groups: the bytes of [`GroupPage`](super::groups::GroupPage).
pub fn groups(roster: &Roster, page: Page) -> Body {
    let rows = roster.groups(page.start);
    let has_more = rows.clone().nth(size(page.limit)).is_some();
    let mut out = begin(page, roster.n_groups(), has_more, "groups");
    let mut org_id = b",\"orgId\":".to_vec();
    json(&mut org_id, &roster.account().org_id);
    each(&mut out, rows.take(size(page.limit)), |out, group| write_group(out, group, &org_id));
    end(out, None)
}

fn write_group(out: &mut Vec<u8>, group: GroupRef<'_>, org_id: &[u8]) {
    out.extend_from_slice(group.fragment(Fragment::Row, |group, out| {
        out.extend_from_slice(b"{\"_id\":");
        json(out, &group.id);
        out.extend_from_slice(b",\"gN\":");
        json(out, &group.name);
        out.extend_from_slice(b",\"gDesc\":");
        json(out, &group.description);
        out.extend_from_slice(b",\"groups\":[");
    }));
    each(out, group.groups(), |out, inside| {
        json(out, &NestedGroup { id: inside.id.clone(), name: inside.name.clone() });
    });
    out.extend_from_slice(b"],\"users\":[");
    each(out, group.users().take(MAX_USERS_SHOWN), |out, user| write_member(out, user, org_id));
    let n_users = group.n_users();
    number(out, "],\"userCount\":", n_users);
    if n_users > MAX_USERS_SHOWN as u64 {
        out.extend_from_slice(b",\"moreUsers\":true");
    }
    out.push(b'}');
}

fn write_member(out: &mut Vec<u8>, user: UserRef<'_>, org_id: &[u8]) {
    out.extend_from_slice(b"{\"_id\":");
    write_id(out, user);
    out.extend_from_slice(b",\"emailId\":");
    write_email(out, user);
    out.extend_from_slice(b",\"lastName\":");
    write_text(out, user, user.last_name());
    out.extend_from_slice(b",\"firstName\":");
    write_text(out, user, user.first_name());
    out.extend_from_slice(b",\"profImage\":\"no-avatar\",\"profColour\":\"\",\"activationStatus\":\"");
    out.extend_from_slice(user.status().as_str().as_bytes());
    out.extend_from_slice(b"\",\"jTitle\":\"\"");
    out.extend_from_slice(org_id);
    out.push(b'}');
}

/// A page of bots: the bytes of [`BotPage`](super::bots::BotPage).
pub fn bots(roster: &Roster, page: Page) -> Body {
    let rows = roster.bots(page.start);
    let has_more = rows.clone().nth(size(page.limit)).is_some();
    let mut out = begin(page, roster.n_bots(), has_more, "bots");
    each(&mut out, rows.take(size(page.limit)), |out, bot| write_bot(out, roster, bot));
    end(out, None)
}

fn write_bot(out: &mut Vec<u8>, roster: &Roster, bot: BotRef<'_>) {
    out.extend_from_slice(bot.fragment(Fragment::Row, |bot, out| {
        let bound = roster.apps().iter().filter(|app| app.bots.contains(&bot.id)).map(|app| JwtApp {
            client_id: app.client_id.clone(),
            jti_claim_enforced: app.enforces_jti,
            jwe_encryption_enforced: false,
            created_on: app.created_at,
        });
        // Who owns a bot cannot be removed, and the id of a user stays.
        let owner_id = roster.user(bot.owner_no).map_or_else(String::new, |owner| owner.id().to_string());
        json(out, &BotRow::new(bot.clone(), owner_id, roster.account().id.clone(), bound.collect()));
    }));
}

/// The room for a page, and all that stands before its rows.
fn begin(page: Page, total: u64, has_more: bool, rows: &str) -> Vec<u8> {
    let n_rows = size(page.limit).min(usize::try_from(total).unwrap_or(usize::MAX));
    let mut out = Vec::with_capacity(n_rows * ROW_BYTES + 256);
    number(&mut out, "{\"total\":", total);
    out.extend_from_slice(b",\"availableMore\":");
    write_bool(&mut out, has_more);
    out.extend_from_slice(b",\"");
    out.extend_from_slice(rows.as_bytes());
    out.extend_from_slice(b"\":[");
    out
}

/// All that stands behind the rows of a page.
fn end(mut out: Vec<u8>, next_cursor: Option<String>) -> Body {
    out.push(b']');
    if let Some(cursor) = next_cursor {
        out.extend_from_slice(b",\"nextCursor\":\"");
        out.extend_from_slice(cursor.as_bytes());
        out.push(b'"');
    }
    out.push(b'}');
    Body(out)
}

/// Writes `items` with commas between them.
fn each<T>(out: &mut Vec<u8>, items: impl Iterator<Item = T>, mut write: impl FnMut(&mut Vec<u8>, T)) {
    let mut is_first = true;
    for item in items {
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        write(out, item);
    }
}

fn write_id(out: &mut Vec<u8>, user: UserRef<'_>) {
    if user.is_plain() {
        out.push(b'"');
        user.id().write(out);
        out.push(b'"');
    } else {
        json(out, &user.id().to_string());
    }
}

fn write_email(out: &mut Vec<u8>, user: UserRef<'_>) {
    let email = user.email();
    if user.is_plain() {
        out.push(b'"');
        out.extend_from_slice(email.local.as_bytes());
        out.extend_from_slice(email.domain.as_bytes());
        out.push(b'"');
    } else {
        json(out, &email.to_string());
    }
}

/// One of the texts of `user`.
fn write_text(out: &mut Vec<u8>, user: UserRef<'_>, text: &str) {
    if user.is_plain() {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        json(out, text);
    }
}

fn write_bool(out: &mut Vec<u8>, value: bool) {
    out.extend_from_slice(if value { b"true" } else { b"false" });
}

fn number(out: &mut Vec<u8>, before: &str, value: u64) {
    // Writing into memory does not fail.
    let _ = write!(out, "{before}{value}");
}

fn json<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Nor does this: no type of ours refuses to be written.
    let _ = serde_json::to_writer(out, value);
}

fn size(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
