//! Who holds what, and why: by user, by role, by bot, by group, by what the role permits.

use std::collections::{BTreeSet, HashMap, HashSet};

use rolecall_model::{
    ids::{BotNo, GroupNo, RoleNo, UserNo},
    page::{Page, Start},
    problem::{Problem, Problems},
    role::{Level, RoleType},
    time::Instant,
    user::UserRow,
};
use rolecall_roster::{Roster, Target, UserRef};
use rolecall_store::{
    Error as StoreError, Tx,
    assignments::NO_BOT,
    names::{self, Name, Thing},
    reach::{self, When},
    roles, users as stored,
};

use super::gather::{Fact, Gathered, Held, Named, Why};
use crate::{Ctx, Error, Rule, access::Permission, authority::acts, list, say, users::Row};

/// The name of [`search()`] in cursors.
pub const SEARCH: &str = "assignments";
/// The most rows a page may have.
pub const MAX_LIMIT: u32 = 1_000;
/// How many users a page looks at without an image before it answers with what it has found so far.
const MAX_LOOKED_AT: usize = 10_000;

impl From<Name> for Named {
    fn from(name: Name) -> Self {
        Self { id: name.id, name: name.name }
    }
}

/// Which rows are asked for; all that is said must be so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of the user with this id.
    pub user: Option<String>,
    /// Of the role with this id.
    pub role: Option<String>,
    /// Of roles of this type.
    pub role_type: Option<RoleType>,
    /// On the bot with this id.
    pub bot: Option<String>,
    /// By way of the group with this id, whether it holds the role or lies between.
    pub group: Option<String>,
    /// Of roles that grant this. What roles granted in the past is not kept, so this is of now.
    pub permission: Option<Permission>,
}

/// A role that somebody holds, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// The role.
    pub role: Named,
    /// The bot it acts on; none if it acts on the account.
    pub bot: Option<Named>,
    /// How it came to be held.
    pub why: Why,
}

/// A page of what a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Who holds what; by user, bot and role in order of their creation.
    pub rows: Vec<(Row, Holding)>,
    /// Where the next page begins. While there is one there may be more, even if this page is not full.
    pub next_cursor: Option<String>,
}

/// Which rows: so many, behind a row by the numbers of its user, bot and role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The most rows.
    pub limit: u32,
    /// The row before the first.
    pub after: [i64; 3],
}

/// All that one user holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserHoldings {
    /// The user.
    pub user: Row,
    /// What it holds, by bot and role in order of their creation.
    pub holdings: Vec<Holding>,
}

/// All that the user with id `id` holds and why: now, or as it was at the end of the millisecond `at`,
/// under the names of today.
///
/// Errors: [`Error::Invalid`] for an `at` that has not come yet.
pub async fn of_user(ctx: &Ctx, id: &str, at: Option<Instant>) -> Result<Option<UserHoldings>, Error> {
    check(ctx, at)?;
    if let (Some(roster), None) = (&ctx.roster, at) {
        let Some(user) = roster.user_by_id(id) else { return Ok(None) };
        let gathered = Gathered::from_image([user], None);
        return Ok(Some(UserHoldings {
            user: user.into(),
            holdings: holdings(&gathered, gathered.of_user(user.no())),
        }));
    }
    let mut tx = ctx.read().await?;
    let Some(no) = find(&mut tx, ctx, Thing::User, id, at).await? else { return Ok(None) };
    let gathered = Gathered::from_store(&mut tx, ctx.account, &[UserNo(no)], None, at).await?;
    let mut rows = rows_of(&mut tx, ctx, &[UserNo(no)]).await?;
    let Some(user) = rows.remove(&UserNo(no)) else { return Ok(None) };
    Ok(Some(UserHoldings { user, holdings: holdings(&gathered, gathered.of_user(UserNo(no))) }))
}

/// All that the group with id `id` gives to whoever is in it, and why; otherwise as [`of_user`].
pub async fn of_group(ctx: &Ctx, id: &str, at: Option<Instant>) -> Result<Option<Vec<Holding>>, Error> {
    check(ctx, at)?;
    if let (Some(roster), None) = (&ctx.roster, at) {
        let Some(group) = roster.group_by_id(id) else { return Ok(None) };
        let gathered = Gathered::from_image([], Some(group));
        return Ok(Some(holdings(&gathered, gathered.of_group(group.no))));
    }
    let mut tx = ctx.read().await?;
    let Some(no) = find(&mut tx, ctx, Thing::Group, id, at).await? else { return Ok(None) };
    let gathered = Gathered::from_store(&mut tx, ctx.account, &[], Some(GroupNo(no)), at).await?;
    Ok(Some(holdings(&gathered, gathered.of_group(GroupNo(no)))))
}

fn holdings(gathered: &Gathered, held: Held) -> Vec<Holding> {
    let holding = |(fact, ways)| {
        let (role, bot) = gathered.names(fact)?;
        Some(Holding { role, bot, why: gathered.why(&ways) })
    };
    held.into_iter().filter_map(holding).collect()
}

/// Whether `ctx` may look, and `at` has come.
fn check(ctx: &Ctx, at: Option<Instant>) -> Result<(), Error> {
    ctx.need_to(&acts::LOOK)?;
    if at.is_some_and(|at| at > ctx.now()) {
        return Err(Problems::from(Problem::new("at", say::not_in_the_future())).into());
    }
    Ok(())
}

/// The number of the thing with id `id`, if it is or was there.
async fn find(tx: &mut Tx, ctx: &Ctx, thing: Thing, id: &str, at: Option<Instant>) -> Result<Option<i64>, StoreError> {
    let found = names::find_ever(tx, ctx.account, thing, &[id.to_owned()]).await?.remove(id);
    Ok(found.filter(|name| name.is_there(at)).map(|name| name.no))
}

async fn rows_of(tx: &mut Tx, ctx: &Ctx, users: &[UserNo]) -> Result<HashMap<UserNo, Row>, StoreError> {
    let nos: Vec<String> = users.iter().map(|user| user.0.to_string()).collect();
    let users = stored::find_many(tx, ctx.account, stored::Key::EverNo, &nos).await?;
    Ok(users.iter().map(|user| (user.no, UserRow::from(user).into())).collect())
}

/// What a filter comes to, by numbers.
#[derive(Debug, Default)]
struct Wanted {
    user: Option<UserNo>,
    group: Option<GroupNo>,
    /// A bot, or the account.
    place: Option<BotNo>,
    role_type: Option<RoleType>,
    roles: Option<HashSet<RoleNo>>,
}

impl Wanted {
    fn wants(&self, (bot, role): Fact) -> bool {
        self.place.is_none_or(|place| place == bot)
            && self.roles.as_ref().is_none_or(|roles| roles.contains(&role))
            && self.role_type.is_none_or(|role_type| (role_type == RoleType::Admin) == (bot == NO_BOT))
    }

    /// Whether roles or a place are named, so that those who hold such can be searched for.
    fn is_about_roles(&self) -> bool {
        self.place.is_some() || self.roles.is_some()
    }

    fn limit_roles(&mut self, roles: impl IntoIterator<Item = RoleNo>) {
        let roles: HashSet<RoleNo> = roles.into_iter().collect();
        self.roles = Some(match self.roles.take() {
            Some(before) => before.intersection(&roles).copied().collect(),
            None => roles,
        });
    }

    fn limit_place(&mut self, filter: &Filter) {
        self.role_type = filter.role_type;
        if self.place.is_none() && filter.role_type == Some(RoleType::Admin) {
            self.place = Some(NO_BOT);
        }
    }
}

/// Who holds what and why, of what `filter` asks for: now, or as it was at the end of the millisecond `at`,
/// under the names of today.
///
/// Errors: [`Error::Invalid`] for an `at` that has not come yet, or beside a permission;
/// [`Error::Refused`] for an id that nothing of the account has, with the name of the filter.
pub async fn search(ctx: &Ctx, filter: &Filter, at: Option<Instant>, span: Span) -> Result<Found, Error> {
    check(ctx, at)?;
    if at.is_some() && filter.permission.is_some() {
        let detail = say::permission_not_of_the_past();
        return Err(Problems::from(Problem::new("permission", detail)).into());
    }
    if let (Some(roster), None) = (&ctx.roster, at) {
        return in_image(ctx, roster, filter, span);
    }
    let mut tx = ctx.read().await?;
    in_store(ctx, &mut tx, filter, at, span).await
}

fn unknown(thing: Thing) -> Error {
    let (rule, path, detail) = match thing {
        Thing::User => (Rule::UnknownUser, "user", say::no_user_with_id()),
        Thing::Role => (Rule::UnknownRole, "role", say::no_role_with_id()),
        Thing::Bot => (Rule::UnknownBot, "bot", say::no_bot_with_id()),
        Thing::Group => (Rule::UnknownGroup, "group", say::no_group_with_id()),
    };
    Error::refused(rule, path, detail)
}

/// A page in the making.
struct Rows {
    span: Span,
    /// Each with the numbers of its user, bot and role; one more than the page may have.
    found: Vec<([i64; 3], Row, Holding)>,
}

impl Rows {
    fn limit(&self) -> usize {
        usize::try_from(self.span.limit).unwrap_or(usize::MAX)
    }

    fn is_full(&self) -> bool {
        self.found.len() > self.limit()
    }

    /// Adds what is wanted of what `user` holds.
    fn add(&mut self, gathered: &Gathered, wanted: &Wanted, user: UserNo, row: impl Fn() -> Option<Row>) {
        for (fact, ways) in gathered.of_user(user) {
            let nos = [user.0, fact.0.0, fact.1.0];
            let is_by_group = wanted.group.is_none_or(|group| ways.lead_through(group));
            if self.is_full() || nos <= self.span.after || !wanted.wants(fact) || !is_by_group {
                continue;
            }
            if let (Some((role, bot)), Some(row)) = (gathered.names(fact), row()) {
                self.found.push((nos, row, Holding { role, bot, why: gathered.why(&ways) }));
            }
        }
    }

    /// The page. `looked_to` is the user up to whom it was looked, if not all were looked at.
    fn cut(mut self, ctx: &Ctx, looked_to: Option<UserNo>) -> Found {
        let next = if self.is_full() {
            self.found.truncate(self.limit());
            self.found.last().map(|(nos, ..)| *nos)
        } else {
            looked_to.map(|user| [user.0, i64::MAX, i64::MAX])
        };
        let rows = self.found.into_iter().map(|(_, row, holding)| (row, holding)).collect();
        Found { rows, next_cursor: next.map(|nos| list::cursor_of_three(ctx, SEARCH, nos)) }
    }
}

fn in_image(ctx: &Ctx, roster: &Roster, filter: &Filter, span: Span) -> Result<Found, Error> {
    let mut wanted = Wanted::default();
    if let Some(id) = &filter.user {
        let user = roster.user_by_id(id).ok_or_else(|| unknown(Thing::User))?;
        wanted.user = Some(user.no());
    }
    if let Some(id) = &filter.role {
        let role = roster.role_by_id(id).ok_or_else(|| unknown(Thing::Role))?;
        wanted.limit_roles([role.no]);
    }
    if let Some(id) = &filter.bot {
        let bot = roster.bot_by_id(id).ok_or_else(|| unknown(Thing::Bot))?;
        wanted.place = Some(bot.no);
    }
    if let Some(id) = &filter.group {
        let group = roster.group_by_id(id).ok_or_else(|| unknown(Thing::Group))?;
        wanted.group = Some(group.no);
    }
    if let Some(permission) = &filter.permission {
        let all = [RoleType::Admin, RoleType::Bot].into_iter().flat_map(|of| roster.roles(of, Start::Offset(0)));
        let grants = |level: Level| level != Level::No && level.covers(permission.level);
        wanted.limit_roles(all.filter(|role| grants(role.permissions.level(&permission.name))).map(|role| role.no));
    }
    wanted.limit_place(filter);

    let after = span.after[0] - 1;
    let after_no = (after > 0).then_some(UserNo(after));
    let mut users: Box<dyn Iterator<Item = UserRef<'_>>> = if let Some(user) = wanted.user {
        Box::new(roster.user(user).into_iter().filter(move |user| user.no().0 > after))
    } else if let Some(group) = wanted.group {
        Box::new(roster.users_inside(group, after_no))
    } else if wanted.is_about_roles() {
        let target = wanted.place.map(|place| if place == NO_BOT { Target::Account } else { Target::Bot(place) });
        let roles = wanted.roles.clone();
        Box::new(roster.holders(
            target,
            move |role| roles.as_ref().is_none_or(|roles| roles.contains(&role.no)),
            after_no,
        ))
    } else {
        Box::new(roster.users(Start::After(after)))
    };
    let mut rows = Rows { span, found: Vec::new() };
    while !rows.is_full() {
        let next: Vec<UserRef<'_>> = users.by_ref().take(rows.limit() + 1).collect();
        if next.is_empty() {
            break;
        }
        let gathered = Gathered::from_image(next.iter().copied(), None);
        for user in next {
            rows.add(&gathered, &wanted, user.no(), || Some(user.into()));
        }
    }
    Ok(rows.cut(ctx, None))
}

async fn in_store(ctx: &Ctx, tx: &mut Tx, filter: &Filter, at: Option<Instant>, span: Span) -> Result<Found, Error> {
    let mut wanted = Wanted::default();
    for (thing, id) in [
        (Thing::User, &filter.user),
        (Thing::Role, &filter.role),
        (Thing::Bot, &filter.bot),
        (Thing::Group, &filter.group),
    ] {
        let Some(id) = id else { continue };
        let no = find(tx, ctx, thing, id, at).await?.ok_or_else(|| unknown(thing))?;
        match thing {
            Thing::User => wanted.user = Some(UserNo(no)),
            Thing::Role => wanted.limit_roles([RoleNo(no)]),
            Thing::Bot => wanted.place = Some(BotNo(no)),
            Thing::Group => wanted.group = Some(GroupNo(no)),
        }
    }
    if let Some(permission) = &filter.permission {
        let all = names::all_roles(tx, ctx.account).await?;
        let all = roles::find_by_nos(tx, ctx.account, &all).await?;
        let grants = |level: Level| level != Level::No && level.covers(permission.level);
        wanted.limit_roles(
            all.iter().filter(|role| grants(role.permissions.level(&permission.name))).map(|role| role.no),
        );
    }
    wanted.limit_place(filter);

    let candidates = Candidates::find(tx, ctx, &wanted, at).await?;
    let mut rows = Rows { span, found: Vec::new() };
    let mut after = (span.after[0] - 1).max(0);
    let mut n_looked_at = 0;
    let looked_to = loop {
        let limit = rows.limit() + 1;
        let next = candidates.after(tx, ctx, after, limit, at).await?;
        let gathered = Gathered::from_store(tx, ctx.account, &next, None, at).await?;
        let shown = rows_of(tx, ctx, &next).await?;
        for user in &next {
            rows.add(&gathered, &wanted, *user, || shown.get(user).cloned());
        }
        n_looked_at += next.len();
        match next.last() {
            Some(last) if next.len() == limit && !rows.is_full() => {
                if n_looked_at >= MAX_LOOKED_AT {
                    break Some(*last);
                }
                after = last.0;
            }
            _ => break None,
        }
    };
    Ok(rows.cut(ctx, looked_to))
}

/// Those among whom everybody is who may have what is wanted.
enum Candidates {
    One(UserNo),
    Inside(Vec<GroupNo>, When),
    /// Whoever holds such a role on such a bot, or is in such a group.
    Holding {
        on: Vec<Fact>,
        groups: Vec<GroupNo>,
        when: When,
    },
    All,
}

impl Candidates {
    async fn find(tx: &mut Tx, ctx: &Ctx, wanted: &Wanted, at: Option<Instant>) -> Result<Self, StoreError> {
        if let Some(user) = wanted.user {
            return Ok(Self::One(user));
        }
        let account = ctx.account;
        let when = When::find(tx, account, at).await?;
        if let Some(group) = wanted.group {
            return Ok(Self::Inside(inside(tx, ctx, [group], when).await?, when));
        }
        if !wanted.is_about_roles() {
            return Ok(Self::All);
        }
        let places = match wanted.place {
            Some(place) => vec![place],
            None => std::iter::once(NO_BOT).chain(names::all_bots(tx, account).await?).collect(),
        };
        let mut roles: Vec<RoleNo> = match &wanted.roles {
            Some(roles) => roles.iter().copied().collect(),
            None => names::all_roles(tx, account).await?,
        };
        roles.sort_unstable();
        let on: Vec<Fact> = places.iter().flat_map(|place| roles.iter().map(|role| (*place, *role))).collect();
        let holders = reach::groups_with(tx, account, &on, when).await?;
        let groups = inside(tx, ctx, holders, when).await?;
        Ok(Self::Holding { on, groups, when })
    }

    /// The first `limit` of them behind the user with number `after`.
    async fn after(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        after: i64,
        limit: usize,
        at: Option<Instant>,
    ) -> Result<Vec<UserNo>, StoreError> {
        let span = reach::Span { after, limit: i64::try_from(limit).unwrap_or(i64::MAX) };
        match self {
            Self::One(user) => Ok(Some(*user).filter(|user| user.0 > after).into_iter().collect()),
            Self::Inside(groups, when) => reach::users_in(tx, ctx.account, groups, *when, span).await,
            Self::Holding { on, groups, when } => {
                let mut users = reach::users_with(tx, ctx.account, on, *when, span).await?;
                users.extend(reach::users_in(tx, ctx.account, groups, *when, span).await?);
                users.sort_unstable();
                users.dedup();
                users.truncate(limit);
                Ok(users)
            }
            Self::All => {
                let page = Page { limit: u32::try_from(limit).unwrap_or(u32::MAX), start: Start::After(after) };
                Ok(stored::list(tx, ctx.account, page, at).await?.iter().map(|user| user.no).collect())
            }
        }
    }
}

/// `groups` and all groups inside them.
async fn inside(
    tx: &mut Tx,
    ctx: &Ctx,
    groups: impl IntoIterator<Item = GroupNo>,
    when: When,
) -> Result<Vec<GroupNo>, StoreError> {
    let mut all: BTreeSet<GroupNo> = groups.into_iter().collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let mut members: HashMap<GroupNo, Vec<GroupNo>> = HashMap::new();
    for (group, member) in reach::nested(tx, ctx.account, when).await? {
        members.entry(group).or_default().push(member);
    }
    let mut open: Vec<GroupNo> = all.iter().copied().collect();
    while let Some(group) = open.pop() {
        open.extend(members.get(&group).into_iter().flatten().filter(|member| all.insert(**member)));
    }
    Ok(all.into_iter().collect())
}
