//! Writing an account down as a manifest, so that applying it to an empty account makes the same.
//!
//! Everything is read in one state of the database and handed out record by record, so memory does
//! not grow with the users. Long lists come as several records of one group or of one assignment;
//! applying them is the same, and [`merged`] puts them together again for who wants a document.

use std::{collections::HashMap, io};

use rolecall_model::{
    bot::Bot,
    group::Group,
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    manifest::{self, PROFILE_KEYS, Record},
    page::{Page, Start},
    role::{Role, RoleType},
    role_import::Entry,
    user::User,
};
use rolecall_store::{
    Error as StoreError, Tx,
    assignments::{self, Assignment, Holder},
    bots, groups, memberships,
    names::{self, Thing},
    users,
};

use crate::{Ctx, Error, authority::acts, roles};

/// How many things are read at once, and the most a list of one record holds.
const CHUNK: u32 = 1_000;

/// Takes the records as they come.
pub type Sink<'s> = &'s mut (dyn FnMut(Record) -> io::Result<()> + Send);

/// Why an account was not written down.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] Error),
    /// The records could not be written.
    #[error("the manifest cannot be written")]
    Write(#[from] io::Error),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Read(error.into())
    }
}

/// Hands out every bot, user, group, custom role and assignment of the account, in this order.
///
/// Left out is what every account has or what follows from the rest: built-in roles, and that the
/// owner of a bot holds the role of bot owners on it.
pub async fn export(ctx: &Ctx, sink: Sink<'_>) -> Result<(), Failed> {
    ctx.need_to(&acts::LOOK)?;
    let mut export = Export { tx: ctx.read().await?, account: ctx.account, sink };
    let (bots, groups) = (export.bots().await?, export.groups().await?);
    export.put_bots(&bots).await?;
    export.put_users().await?;
    export.put_groups(&groups).await?;
    let roles = export.put_roles().await?;
    let bots = bots.into_iter().map(|bot| (bot.no, bot.name)).collect();
    export.put_assignments(&bots, &roles, Holder::User(UserNo(0))).await?;
    export.put_assignments(&bots, &roles, Holder::Group(GroupNo(0))).await?;
    // Nothing was written; this only gives the connection back in order.
    export.tx.rollback().await?;
    Ok(())
}

/// The number of users the account has, by which to choose how to write it down.
pub async fn n_users(ctx: &Ctx) -> Result<i64, Error> {
    ctx.need_to(&acts::LOOK)?;
    Ok(crate::accounts::get(ctx).await?.n_users)
}

/// Puts the records of one group, and those of one assignment, together.
pub fn merged(records: Vec<Record>) -> Vec<Record> {
    let mut merged: Vec<Record> = Vec::with_capacity(records.len());
    let mut groups: HashMap<String, usize> = HashMap::new();
    let mut assignments: HashMap<(RoleType, String, Option<String>), usize> = HashMap::new();
    for record in records {
        let place = match &record {
            Record::Group(group) => *groups.entry(group.name.clone()).or_insert(merged.len()),
            Record::Assignment(assignment) => {
                let of = (assignment.role_type, assignment.role.clone(), assignment.bot.clone());
                *assignments.entry(of).or_insert(merged.len())
            }
            _ => merged.len(),
        };
        match (merged.get_mut(place), record) {
            (Some(Record::Group(first)), Record::Group(more)) => {
                first.members.extend(more.members);
                first.groups.extend(more.groups);
            }
            (Some(Record::Assignment(first)), Record::Assignment(more)) => {
                first.users.extend(more.users);
                first.groups.extend(more.groups);
            }
            (_, record) => merged.push(record),
        }
    }
    merged
}

struct Export<'s> {
    tx: Tx,
    account: AccountNo,
    sink: Sink<'s>,
}

impl Export<'_> {
    async fn bots(&mut self) -> Result<Vec<Bot>, Failed> {
        let mut all: Vec<Bot> = Vec::new();
        loop {
            let start = Start::After(all.last().map_or(0, |bot| bot.no.0));
            let page = bots::list(&mut self.tx, self.account, Page { limit: CHUNK, start }).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    async fn groups(&mut self) -> Result<Vec<Group>, Failed> {
        let mut all: Vec<Group> = Vec::new();
        loop {
            let start = Start::After(all.last().map_or(0, |group| group.no.0));
            let page = groups::list(&mut self.tx, self.account, Page { limit: CHUNK, start }).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    async fn put_bots(&mut self, bots: &[Bot]) -> Result<(), Failed> {
        let owners = self.emails(bots.iter().map(|bot| bot.owner_no)).await?;
        for bot in bots {
            (self.sink)(Record::Bot(manifest::Bot {
                name: bot.name.clone(),
                description: Some(bot.description.clone()),
                owner: owners.get(&bot.owner_no.0).cloned(),
                purpose: Some(bot.purpose.clone()),
                default_language: Some(bot.default_language.clone()),
            }))?;
        }
        Ok(())
    }

    async fn put_users(&mut self) -> Result<(), Failed> {
        let mut start = Start::After(0);
        loop {
            let page = users::list(&mut self.tx, self.account, Page { limit: CHUNK, start }, None).await?;
            let Some(last) = page.last() else { return Ok(()) };
            start = Start::After(last.no.0);
            for user in page {
                (self.sink)(Record::User(written(user)))?;
            }
        }
    }

    /// Each group with the groups in it, and then the users in groups, page by page.
    async fn put_groups(&mut self, groups: &[Group]) -> Result<(), Failed> {
        let by_no: HashMap<GroupNo, &Group> = groups.iter().map(|group| (group.no, group)).collect();
        let mut inside: HashMap<GroupNo, Vec<String>> = HashMap::new();
        for (group, member) in memberships::nested(&mut self.tx, self.account).await? {
            let name = by_no.get(&member).map(|member| member.name.clone());
            inside.entry(group).or_default().extend(name);
        }
        for group in groups {
            let mut groups = inside.remove(&group.no).unwrap_or_default();
            groups.sort_unstable();
            (self.sink)(Record::Group(manifest::Group {
                name: group.name.clone(),
                description: Some(group.description.clone()),
                members: Vec::new(),
                groups,
            }))?;
        }
        let mut after = (GroupNo(0), UserNo(0));
        loop {
            let page = memberships::users_after(&mut self.tx, self.account, after, i64::from(CHUNK)).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = *last;
            let emails = self.emails(page.iter().map(|(_, user)| *user)).await?;
            for of_group in page.chunk_by(|(one, _), (other, _)| one == other) {
                let Some(group) = of_group.first().and_then(|(group, _)| by_no.get(group)) else { continue };
                (self.sink)(Record::Group(manifest::Group {
                    name: group.name.clone(),
                    description: None,
                    members: of_group.iter().filter_map(|(_, user)| emails.get(&user.0).cloned()).collect(),
                    groups: Vec::new(),
                }))?;
            }
        }
    }

    /// The custom roles; all roles by their numbers.
    async fn put_roles(&mut self) -> Result<HashMap<RoleNo, Role>, Failed> {
        let mut by_no = HashMap::new();
        for role_type in [RoleType::Admin, RoleType::Bot] {
            for role in roles::all(&mut self.tx, self.account, role_type).await? {
                if !role.is_built_in {
                    let entry = Entry {
                        name: role.name.clone(),
                        description: Some(role.description.clone()),
                        permissions: role.permissions.clone(),
                        ref_id: Some(role.ref_id.clone()),
                    };
                    (self.sink)(Record::Role(manifest::Role { role_type, entry }))?;
                }
                by_no.insert(role.no, role);
            }
        }
        Ok(by_no)
    }

    /// What is held by users, or by groups, from the first such holder on.
    async fn put_assignments(
        &mut self,
        bots: &HashMap<BotNo, String>,
        roles: &HashMap<RoleNo, Role>,
        first: Holder,
    ) -> Result<(), Failed> {
        let mut after = Assignment { bot: BotNo(-1), role: RoleNo(0), holder: first };
        loop {
            let page = assignments::list_after(&mut self.tx, self.account, after, i64::from(CHUNK)).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = *last;
            let holders = self.holders(&page).await?;
            for held in page.chunk_by(|one, other| (one.bot, one.role) == (other.bot, other.role)) {
                let Some(role) = held.first().and_then(|assignment| roles.get(&assignment.role)) else { continue };
                if role.is_bot_owner() {
                    continue;
                }
                let bot = held.first().and_then(|assignment| bots.get(&assignment.bot)).cloned();
                let names = held.iter().filter_map(|assignment| holders.get(&assignment.holder).cloned()).collect();
                let (users, groups) = match first {
                    Holder::User(_) => (names, Vec::new()),
                    Holder::Group(_) => (Vec::new(), names),
                };
                let (role, role_type) = (role.name.clone(), role.role_type);
                (self.sink)(Record::Assignment(manifest::Assignment { role, role_type, bot, users, groups }))?;
            }
        }
    }

    /// The addresses or names of who holds these assignments.
    async fn holders(&mut self, held: &[Assignment]) -> Result<HashMap<Holder, String>, Failed> {
        let (mut users, mut groups) = (Vec::new(), Vec::new());
        for assignment in held {
            match assignment.holder {
                Holder::User(user) => users.push(user.0),
                Holder::Group(group) => groups.push(group.0),
            }
        }
        let mut holders = HashMap::with_capacity(held.len());
        for (thing, nos) in [(Thing::User, users), (Thing::Group, groups)] {
            for (no, name) in names::of(&mut self.tx, self.account, thing, &distinct(nos)).await? {
                let holder = if thing == Thing::User { Holder::User(UserNo(no)) } else { Holder::Group(GroupNo(no)) };
                holders.insert(holder, name.name);
            }
        }
        Ok(holders)
    }

    /// The addresses of users, by their numbers.
    async fn emails(&mut self, users: impl Iterator<Item = UserNo>) -> Result<HashMap<i64, String>, Failed> {
        let nos = distinct(users.map(|user| user.0).collect());
        let found = names::of(&mut self.tx, self.account, Thing::User, &nos).await?;
        Ok(found.into_iter().map(|(no, name)| (no, name.name)).collect())
    }
}

fn distinct(mut nos: Vec<i64>) -> Vec<i64> {
    nos.sort_unstable();
    nos.dedup();
    nos
}

fn written(user: User) -> manifest::User {
    let profile = PROFILE_KEYS.into_iter().filter_map(|key| Some((key, user.profile.get(key)?.as_str()?.to_owned())));
    manifest::User {
        profile: profile.collect(),
        email: user.email,
        org_user_id: (!user.org_user_id.is_empty()).then_some(user.org_user_id),
        first_name: Some(user.first_name).filter(|name| !name.is_empty()),
        last_name: Some(user.last_name).filter(|name| !name.is_empty()),
        is_developer: Some(user.is_developer),
        can_create_bot: Some(user.can_create_bot),
    }
}
