//! The few things of a manifest that everything else refers to: bots, groups and roles. They are
//! kept in memory, with those the account has already.

use std::collections::HashMap;

use rolecall_model::{
    audit::Event,
    bot::Bot,
    delta::Delta,
    group::Group,
    ids::UserNo,
    manifest,
    page::{Page, Start},
    role::{BOT_OWNER, Role, RoleType},
    role_import::{Entry, File, Mode, Step},
    text::fold,
    user::User,
};
use rolecall_store::{
    Error as StoreError,
    assignments::{Assignment, Holder, Of},
    bots, groups,
    users::{self, Key},
};

use super::{Kind, NO_USER, NOT_LISTED, Outcome, Work, distinct};
use crate::{
    Change, Error, Record,
    assignments::{self, Known},
    bots::NewBot,
    groups::NewGroup,
    role_import, roles,
};

/// What a manifest lists of bots, groups and roles, in its order.
#[derive(Default)]
pub(super) struct Listed {
    bots: Vec<(u64, manifest::Bot)>,
    bot_lines: HashMap<String, u64>,
    groups: Vec<ListedGroup>,
    group_places: HashMap<String, usize>,
    roles: Vec<(RoleType, String, Entry)>,
}

struct ListedGroup {
    line: u64,
    name: String,
    description: Option<String>,
}

impl Listed {
    pub(super) fn list_role(&mut self, line: u64, role: manifest::Role) {
        self.roles.push((role.role_type, format!("line {line}"), role.entry));
    }
}

/// The bots, groups and roles that will be there, by their folded names.
#[derive(Default)]
pub(super) struct Catalogue {
    pub(super) bots: HashMap<String, Bot>,
    pub(super) groups: HashMap<String, Group>,
    pub(super) roles: HashMap<(RoleType, String), Role>,
    /// The bots and groups that will be removed.
    pub(super) lost_bots: Vec<Bot>,
    pub(super) lost_groups: Vec<Group>,
}

/// How many bots or groups are read or made at once.
const CHUNK: u32 = 1_000;

impl Work<'_> {
    pub(super) fn list_bot(&mut self, listed: &mut Listed, line: u64, bot: manifest::Bot) {
        match listed.bot_lines.insert(fold(&bot.name), line) {
            None => listed.bots.push((line, bot)),
            Some(first) => self.problem(line, "name", format!("is the name of the bot on line {first} too")),
        }
    }

    /// A group may stand on several lines, each with more members: one line has only so much room.
    pub(super) fn list_group(&mut self, listed: &mut Listed, line: u64, group: manifest::Group) {
        let place = *listed.group_places.entry(fold(&group.name)).or_insert(listed.groups.len());
        let Some(first) = listed.groups.get_mut(place) else {
            let manifest::Group { name, description, .. } = group;
            listed.groups.push(ListedGroup { line, name, description });
            return;
        };
        match (&first.description, group.description) {
            (Some(one), Some(other)) if *one != other => {
                let detail = format!("is not the one that the same group has on line {}", first.line);
                self.problem(line, "description", detail);
            }
            (None, other) => first.description = other,
            _ => {}
        }
    }

    /// Makes and changes bots, groups and roles so that they are as the manifest has them.
    ///
    /// Errors: the problems there were on the way.
    pub(super) async fn put_catalogue(&mut self, change: &mut Change<'_>, listed: Listed) -> Result<Catalogue, Error> {
        let Listed { bots, groups, roles, .. } = listed;
        let mut catalogue = Catalogue::default();
        let (mut admin, mut bot) = (Vec::new(), Vec::new());
        for (role_type, place, entry) in roles {
            match role_type {
                RoleType::Admin => admin.push((place, entry)),
                RoleType::Bot => bot.push((place, entry)),
            }
        }
        self.put_roles(change, &mut catalogue, RoleType::Admin, admin).await?;
        self.put_roles(change, &mut catalogue, RoleType::Bot, bot).await?;
        self.put_groups(change, &mut catalogue, groups).await?;
        self.put_bots(change, &mut catalogue, bots).await?;
        self.so_far_so_good()?;
        Ok(catalogue)
    }

    async fn put_roles(
        &mut self,
        change: &mut Change<'_>,
        catalogue: &mut Catalogue,
        role_type: RoleType,
        entries: Vec<(String, Entry)>,
    ) -> Result<(), Error> {
        let account = change.account_no();
        let existing = roles::all(change.tx, account, role_type).await?;
        let mode = if self.options.prune { Mode::Full } else { Mode::Incremental };
        let plan = File::of(role_type, entries).and_then(|file| role_import::plan(file, &existing, mode));
        let plan = match plan {
            Ok(plan) => plan,
            Err(problems) => {
                self.tell(problems.into_vec());
                return Ok(());
            }
        };
        for step in &plan.steps {
            let outcome = match step {
                Step::Create(_) => Outcome::Created,
                Step::Update { .. } => Outcome::Updated,
                Step::Unchanged(_) => Outcome::Unchanged,
                Step::Delete(_) => Outcome::Removed,
            };
            self.report.add(Kind::Role, outcome, || format!("{} ({role_type})", step.name()));
        }
        for step in &plan.steps {
            if let Step::Delete(lost) = step
                && let Some(role) = existing.iter().find(|role| role.id == lost.role_id)
            {
                self.end_all(change, Of::Role(role.no)).await?;
            }
        }
        role_import::carry_out(self.ctx, change, plan, existing).await?;
        let roles = roles::all(change.tx, account, role_type).await?;
        catalogue.roles.extend(roles.into_iter().map(|role| ((role_type, fold(&role.name)), role)));
        Ok(())
    }

    async fn put_groups(
        &mut self,
        change: &mut Change<'_>,
        catalogue: &mut Catalogue,
        listed: Vec<ListedGroup>,
    ) -> Result<(), Error> {
        let mut existing = all_groups(change).await?;
        let (mut new, mut updated) = (Vec::new(), Vec::new());
        for wanted in listed {
            let folded = fold(&wanted.name);
            let Some(before) = existing.remove(&folded) else {
                self.report.add(Kind::Group, Outcome::Created, || wanted.name.clone());
                let description = wanted.description.unwrap_or_default();
                new.push(NewGroup { name: wanted.name, description });
                continue;
            };
            let description = wanted.description.unwrap_or_else(|| before.description.clone());
            let after = Group { description, ..before.clone() };
            let outcome = if before == after { Outcome::Unchanged } else { Outcome::Updated };
            self.report.add(Kind::Group, outcome, || after.name.clone());
            if outcome == Outcome::Updated {
                updated.push((before, after.clone()));
            }
            catalogue.groups.insert(folded, after);
        }
        for new in new.chunks(CHUNK as usize) {
            let made = crate::groups::insert(self.ctx, change, new).await?;
            catalogue.groups.extend(made.into_iter().map(|group| (fold(&group.name), group)));
        }
        update_groups(change, updated).await?;
        if self.options.prune {
            catalogue.lost_groups = in_order(existing, |group| group.no);
        } else {
            catalogue.groups.extend(existing);
        }
        Ok(())
    }

    async fn put_bots(
        &mut self,
        change: &mut Change<'_>,
        catalogue: &mut Catalogue,
        listed: Vec<(u64, manifest::Bot)>,
    ) -> Result<(), Error> {
        let mut existing = all_bots(change).await?;
        let owners = Owners::of(change, &listed, &existing).await?;
        let (mut new, mut updated) = (Vec::new(), Vec::new());
        for (line, wanted) in listed {
            let owner = match wanted.owner.as_deref().map(|email| owners.by_email.get(&fold(email))) {
                None => None,
                Some(Some(owner)) if self.is_kept(owner.no) => Some(owner),
                Some(found) => {
                    self.problem(line, "owner", if found.is_some() { NOT_LISTED } else { NO_USER });
                    continue;
                }
            };
            let folded = fold(&wanted.name);
            let Some(before) = existing.remove(&folded) else {
                self.report.add(Kind::Bot, Outcome::Created, || wanted.name.clone());
                new.push(new_bot(wanted));
                continue;
            };
            let after = Bot {
                description: wanted.description.unwrap_or_else(|| before.description.clone()),
                purpose: wanted.purpose.unwrap_or_else(|| before.purpose.clone()),
                default_language: wanted.default_language.unwrap_or_else(|| before.default_language.clone()),
                owner_no: owner.map_or(before.owner_no, |owner| owner.no),
                ..before.clone()
            };
            let outcome = if before == after { Outcome::Unchanged } else { Outcome::Updated };
            self.report.add(Kind::Bot, outcome, || after.name.clone());
            if outcome == Outcome::Updated {
                updated.push((before, after.clone()));
            }
            catalogue.bots.insert(folded, after);
        }
        self.so_far_so_good()?;
        for new in new.chunks(CHUNK as usize) {
            let made = crate::bots::insert(self.ctx, change, new).await?;
            catalogue.bots.extend(made.into_iter().map(|bot| (fold(&bot.name), bot)));
        }
        update_bots(change, catalogue, &owners, updated).await?;
        if self.options.prune {
            catalogue.lost_bots = in_order(existing, |bot| bot.no);
        } else {
            catalogue.bots.extend(existing);
        }
        Ok(())
    }
}

fn new_bot(wanted: manifest::Bot) -> NewBot {
    let default = NewBot::named(wanted.name);
    NewBot {
        description: wanted.description.unwrap_or(default.description),
        owner: wanted.owner,
        purpose: wanted.purpose.unwrap_or(default.purpose),
        default_language: wanted.default_language.unwrap_or(default.default_language),
        name: default.name,
    }
}

/// The users who own bots, or will.
#[derive(Default)]
struct Owners {
    by_email: HashMap<String, User>,
    by_no: HashMap<UserNo, User>,
}

impl Owners {
    async fn of(
        change: &mut Change<'_>,
        listed: &[(u64, manifest::Bot)],
        existing: &HashMap<String, Bot>,
    ) -> Result<Self, Error> {
        let account = change.account_no();
        let emails = distinct(listed.iter().filter_map(|(_, bot)| bot.owner.as_deref().map(fold)).collect());
        let numbers = distinct(existing.values().map(|bot| bot.owner_no.0.to_string()).collect());
        let mut owners = Self::default();
        for (key, values) in [(Key::Email, emails), (Key::No, numbers)] {
            for user in users::find_many(change.tx, account, key, &values).await? {
                owners.by_email.insert(fold(&user.email), user.clone());
                owners.by_no.insert(user.no, user);
            }
        }
        Ok(owners)
    }
}

/// What is left of a table by names, in the order of creation.
fn in_order<T, K: Ord>(left: HashMap<String, T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut left: Vec<T> = left.into_values().collect();
    left.sort_by_key(key);
    left
}

async fn all_groups(change: &mut Change<'_>) -> Result<HashMap<String, Group>, Error> {
    let account = change.account_no();
    let (mut all, mut after) = (HashMap::new(), 0);
    loop {
        let page = Page { limit: CHUNK, start: Start::After(after) };
        let groups = groups::list(change.tx, account, page).await?;
        let Some(last) = groups.last() else { return Ok(all) };
        after = last.no.0;
        all.extend(groups.into_iter().map(|group| (fold(&group.name), group)));
    }
}

async fn all_bots(change: &mut Change<'_>) -> Result<HashMap<String, Bot>, Error> {
    let account = change.account_no();
    let (mut all, mut after) = (HashMap::new(), 0);
    loop {
        let page = Page { limit: CHUNK, start: Start::After(after) };
        let bots = bots::list(change.tx, account, page).await?;
        let Some(last) = bots.last() else { return Ok(all) };
        after = last.no.0;
        all.extend(bots.into_iter().map(|bot| (fold(&bot.name), bot)));
    }
}

async fn update_groups(change: &mut Change<'_>, updated: Vec<(Group, Group)>) -> Result<(), Error> {
    for (before, after) in updated {
        crate::groups::save(change, &before, &after).await?;
    }
    Ok(())
}

/// Changes bots. A bot that gets another owner takes the role of bot owners from the one to the other.
async fn update_bots(
    change: &mut Change<'_>,
    catalogue: &Catalogue,
    owners: &Owners,
    updated: Vec<(Bot, Bot)>,
) -> Result<(), Error> {
    let gone = || StoreError::Failed { code: "an owner or the role of owners is missing".to_owned() };
    let account = change.account_no();
    let owner_role = catalogue.roles.get(&(RoleType::Bot, fold(BOT_OWNER))).ok_or_else(gone)?.no;
    let (mut ended, mut begun) = (Vec::new(), Vec::new());
    for (before, after) in updated {
        bots::update(change.tx, account, &after).await?;
        change.note([Delta::Bot(after.no)]);
        let [old, new] = [&before, &after].map(|bot| owners.by_no.get(&bot.owner_no));
        let (old, new) = (old.ok_or_else(gone)?, new.ok_or_else(gone)?);
        change.record(Record {
            event: Event::BotModified,
            target: after.id.clone(),
            description: format!("Bot {} modified", after.name),
            before: crate::bots::shown(&before, old),
            after: crate::bots::shown(&after, new),
        });
        change.flush_if_full().await?;
        if old.no != new.no {
            let owned_by =
                |owner: &User| Assignment { bot: after.no, role: owner_role, holder: Holder::User(owner.no) };
            ended.push(owned_by(old));
            begun.push(owned_by(new));
        }
    }
    assignments::end(change, &mut Known::default(), &ended).await?;
    assignments::add(change, &mut Known::default(), &begun).await
}
