//! The searches: who may, where somebody may, what somebody may.
//!
//! Whatever a search finds, [`super::decide`] permits, and the other way round.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rolecall_model::{
    ids::{BotNo, GroupNo, RoleNo, UserNo},
    role::{Level, Permissions},
};
use rolecall_store::{
    Error as StoreError, Tx, accounts,
    assignments::NO_BOT,
    holders::{self, By},
    memberships,
    names::{self, Thing},
    roles,
};

use super::{Held, Page, Permission, Target, Who, find_places, find_users, image};
use crate::{Ctx, Error, authority::acts};

/// What a search found of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice<T> {
    /// The results.
    pub items: Vec<T>,
    /// The token of the next page, while there is one.
    pub next_token: Option<String>,
}

impl<T> Slice<T> {
    /// Nothing.
    pub fn empty() -> Self {
        Self { items: Vec::new(), next_token: None }
    }

    /// The first results of `found`, which has one more than the page may have if there is another page.
    /// `key` is how the search knows a result.
    pub(super) fn cut<F>(
        ctx: &Ctx,
        page: &Page,
        mut found: Vec<F>,
        key: impl Fn(&F) -> Vec<u8>,
        item: impl FnMut(F) -> T,
    ) -> Self {
        let has_more = found.len() > page.limit();
        found.truncate(page.limit());
        let next_token = found.last().filter(|_| has_more).map(|last| page.token(ctx, &key(last)));
        Self { items: found.into_iter().map(item).collect(), next_token }
    }
}

/// What kind of thing a permission is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The account.
    Account,
    /// Bots.
    Bot,
}

/// The ids of the users who have `permission` on `target`, in order of their creation.
pub async fn users(ctx: &Ctx, permission: &Permission, target: &Target, page: &Page) -> Result<Slice<String>, Error> {
    ctx.need_to(&acts::LOOK)?;
    if let Some(roster) = &ctx.roster {
        return Ok(image::users(ctx, roster, permission, target, page));
    }
    let mut tx = ctx.read().await?;
    let places = find_places(&mut tx, ctx, HashSet::from([target])).await?;
    let Some(place) = places.get(target) else { return Ok(Slice::empty()) };
    let roles = granting(&mut tx, ctx, *place, permission).await?;
    let groups = groups_with(&mut tx, ctx, *place, &roles).await?;
    let (after, limit) = (UserNo(page.after_no()), page.limit() + 1);
    let mut found = Vec::new();
    for by in [By::Roles(*place, &roles), By::Groups(&groups)] {
        holders::first_users(&mut tx, ctx.account, by, after, limit, &mut found).await?;
    }
    let key = |(no, _): &(UserNo, String)| no.0.to_be_bytes().to_vec();
    Ok(Slice::cut(ctx, page, found, key, |(_, id)| id))
}

/// The roles that somebody holds there and that grant `permission`.
async fn granting(tx: &mut Tx, ctx: &Ctx, place: BotNo, permission: &Permission) -> Result<Vec<RoleNo>, StoreError> {
    let nos: BTreeSet<RoleNo> = holders::roles_on(tx, ctx.account, place).await?.into_iter().collect();
    let roles = roles::find_by_nos(tx, ctx.account, &nos.into_iter().collect::<Vec<_>>()).await?;
    let granting = roles.into_iter().filter(|role| role.permissions.level(&permission.name).covers(permission.level));
    let mut granting: Vec<RoleNo> = granting.map(|role| role.no).collect();
    granting.sort_unstable();
    Ok(granting)
}

/// The groups that hold one of `roles` there, and all groups inside them.
async fn groups_with(tx: &mut Tx, ctx: &Ctx, place: BotNo, roles: &[RoleNo]) -> Result<Vec<GroupNo>, StoreError> {
    let holding: BTreeSet<GroupNo> = holders::groups_with(tx, ctx.account, place, roles).await?.into_iter().collect();
    if holding.is_empty() {
        return Ok(Vec::new());
    }
    let nos: Vec<i64> = holding.iter().map(|group| group.0).collect();
    let there = names::of(tx, ctx.account, Thing::Group, &nos).await?;
    let is_there = |group: &GroupNo| there.get(&group.0).is_some_and(|name| name.is_there(None));
    let mut inside: HashMap<GroupNo, Vec<GroupNo>> = HashMap::new();
    for (group, member) in memberships::nested(tx, ctx.account).await? {
        inside.entry(group).or_default().push(member);
    }
    let mut all: BTreeSet<GroupNo> = holding.into_iter().filter(is_there).collect();
    let mut open: Vec<GroupNo> = all.iter().copied().collect();
    while let Some(group) = open.pop() {
        open.extend(inside.get(&group).into_iter().flatten().filter(|member| all.insert(**member)));
    }
    Ok(all.into_iter().collect())
}

/// The ids of the things of `kind` on which `who` has `permission`, in order of their creation.
pub async fn targets(
    ctx: &Ctx,
    who: &Who,
    permission: &Permission,
    kind: Kind,
    page: &Page,
) -> Result<Slice<String>, Error> {
    ctx.need_to(&acts::LOOK)?;
    if let Some(roster) = &ctx.roster {
        return Ok(image::targets(ctx, roster, who, permission, kind, page));
    }
    let mut tx = ctx.read().await?;
    let Some((user, held)) = held_by(&mut tx, ctx, who).await? else { return Ok(Slice::empty()) };
    let is_granted = |place| held.roles(user, place).any(|role| role.level(&permission.name).covers(permission.level));
    if kind == Kind::Account {
        let is_there = page.after_no() == 0 && is_granted(NO_BOT);
        let items = if is_there { vec![accounts::get(&mut tx, ctx.account).await?.id] } else { Vec::new() };
        return Ok(Slice { items, next_token: None });
    }
    let bots: BTreeSet<BotNo> = held.roles.keys().map(|(_, bot)| *bot).filter(|bot| *bot != NO_BOT).collect();
    let after = BotNo(page.after_no());
    let granted = bots.into_iter().filter(|bot| *bot > after && is_granted(*bot)).take(page.limit() + 1);
    let granted: Vec<i64> = granted.map(|bot| bot.0).collect();
    let mut ids = names::of(&mut tx, ctx.account, Thing::Bot, &granted).await?;
    let key = |no: &i64| no.to_be_bytes().to_vec();
    Ok(Slice::cut(ctx, page, granted, key, |no| ids.remove(&no).map(|name| name.id).unwrap_or_default()))
}

/// The permissions that `who` has on `target`, each with how much of it, in order of their names.
pub async fn permissions(ctx: &Ctx, who: &Who, target: &Target, page: &Page) -> Result<Slice<Permission>, Error> {
    ctx.need_to(&acts::LOOK)?;
    if let Some(roster) = &ctx.roster {
        return Ok(image::permissions(ctx, roster, who, target, page));
    }
    let mut tx = ctx.read().await?;
    let places = find_places(&mut tx, ctx, HashSet::from([target])).await?;
    let Some(place) = places.get(target) else { return Ok(Slice::empty()) };
    let Some((user, held)) = held_by(&mut tx, ctx, who).await? else { return Ok(Slice::empty()) };
    let mut granted: BTreeMap<&str, Level> = BTreeMap::new();
    for (name, level) in held.roles(user, *place).flat_map(Permissions::iter) {
        if level != Level::No && name > page.after_name() {
            let most = granted.entry(name).or_insert(level);
            if !most.covers(level) {
                *most = level;
            }
        }
    }
    let found: Vec<(&str, Level)> = granted.into_iter().take(page.limit() + 1).collect();
    let key = |(name, _): &(&str, Level)| name.as_bytes().to_vec();
    Ok(Slice::cut(ctx, page, found, key, |(name, level)| Permission { name: name.to_owned(), level }))
}

/// The user and what it holds.
async fn held_by(tx: &mut Tx, ctx: &Ctx, who: &Who) -> Result<Option<(UserNo, Held)>, StoreError> {
    let found = find_users(tx, ctx, HashSet::from([who])).await?;
    let Some(user) = found.get(who) else { return Ok(None) };
    Ok(Some((*user, Held::read(tx, ctx, &[*user]).await?)))
}
