//! The same answers from the account's image in memory, without a statement.

use rolecall_model::ids::{BotNo, UserNo};
use rolecall_roster::{Roster, Target as Place, UserRef};

use super::{Kind, Page, Permission, Question, Slice, Target, Who};
use crate::Ctx;

/// Answers one question.
pub(super) fn decide(roster: &Roster, Question { who, permission, target }: &Question) -> bool {
    let (Some(user), Some(place)) = (user(roster, who), place(roster, target)) else { return false };
    has(roster, user, place, permission)
}

/// The users who have `permission` on `target`.
pub(super) fn users(
    ctx: &Ctx,
    roster: &Roster,
    permission: &Permission,
    target: &Target,
    page: &Page,
) -> Slice<String> {
    let Some(place) = place(roster, target) else { return Slice::empty() };
    let after = UserNo(page.after_no());
    let found = roster.users_who_may(place, &permission.name, permission.level, Some(after));
    let found: Vec<UserRef<'_>> = found.take(page.limit() + 1).collect();
    Slice::cut(ctx, page, found, |user| user.no().0.to_be_bytes().to_vec(), |user| user.id().to_string())
}

/// The things of `kind` on which `who` has `permission`.
pub(super) fn targets(
    ctx: &Ctx,
    roster: &Roster,
    who: &Who,
    permission: &Permission,
    kind: Kind,
    page: &Page,
) -> Slice<String> {
    let Some(user) = user(roster, who) else { return Slice::empty() };
    if kind == Kind::Account {
        let is_there = page.after_no() == 0 && has(roster, user, Place::Account, permission);
        return Slice { items: is_there.then(|| roster.account().id.clone()).into_iter().collect(), next_token: None };
    }
    let after = BotNo(page.after_no());
    let found = roster.bots_for(user, &permission.name, permission.level, Some(after));
    let found: Vec<_> = found.take(page.limit() + 1).collect();
    Slice::cut(ctx, page, found, |bot| bot.no.0.to_be_bytes().to_vec(), |bot| bot.id.clone())
}

/// The permissions that `who` has on `target`.
pub(super) fn permissions(ctx: &Ctx, roster: &Roster, who: &Who, target: &Target, page: &Page) -> Slice<Permission> {
    let (Some(user), Some(place)) = (user(roster, who), place(roster, target)) else { return Slice::empty() };
    let found = roster.permissions(user, place, Some(page.after_name()));
    let found: Vec<_> = found.into_iter().take(page.limit() + 1).collect();
    let item = |(name, level): (&str, _)| Permission { name: name.to_owned(), level };
    Slice::cut(ctx, page, found, |(name, _)| name.as_bytes().to_vec(), item)
}

fn user<'r>(roster: &'r Roster, who: &Who) -> Option<UserRef<'r>> {
    match who {
        Who::Id(id) => roster.user_by_id(id),
        Who::Email(email) => roster.user_by_email(email),
    }
}

fn place(roster: &Roster, target: &Target) -> Option<Place> {
    match target {
        Target::Account(id) => (roster.account().id == *id).then_some(Place::Account),
        Target::Bot(id) => roster.bot_by_id(id).map(|bot| Place::Bot(bot.no)),
    }
}

fn has(roster: &Roster, user: UserRef<'_>, place: Place, permission: &Permission) -> bool {
    roster.level(user, place, &permission.name).covers(permission.level)
}
