//! Loading an account: what stands in its tables first, then its users in order.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use rolecall_model::{
    bot::Bot,
    group::Group,
    ids::{BotNo, GroupNo, RoleNo, UserNo},
    role::Role,
    text,
    user::UserRow,
};

use crate::{
    catalogue::{GroupEntry, Permissions, RoleEntry, RolesByType},
    domains::Domains,
    facts::{self, Fact},
    image::{Account, BoundApp, Image, Roster},
    index::{Hasher, Index},
    people,
    table::{Entry, Table},
    tree::{CHUNK, Chunk, Tree},
};

/// Why an account cannot be held in memory. Ask the store instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A user's number is not one of 32 bits.
    #[error("a user's number has more than 32 bits")]
    Number(UserNo),
    /// A user was loaded behind one with the same or a higher number.
    #[error("users were not loaded in order of their numbers")]
    Order(UserNo),
}

/// The few things of an account, in any order; only those that are there.
#[derive(Clone, Debug, Default)]
pub struct Things {
    /// Its builder apps, in the order lists show them.
    pub apps: Vec<BoundApp>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Its bots.
    pub bots: Vec<Bot>,
    /// Its groups.
    pub groups: Vec<Group>,
}

type Slots = HashMap<i64, u32, foldhash::fast::RandomState>;

/// An image on its way into memory. What names a role, a bot or a group that is not among the
/// things is left out, as lists leave it out.
#[derive(Debug)]
pub struct Loader {
    account: Account,
    revision: i64,
    apps: Vec<BoundApp>,
    permissions: Permissions,
    roles: Table<RoleEntry>,
    bots: Table<Bot>,
    groups: Vec<GroupEntry>,
    role_slots: Slots,
    bot_slots: Slots,
    group_slots: Slots,
    n_members: Vec<u32>,
    ever_held: Vec<Vec<u64>>,
    domains: Domains,
    people: people::Draft,
    facts: facts::Draft,
    chunks: Vec<Arc<Chunk>>,
    last_no: Option<u32>,
    hasher: Hasher,
    ids: Vec<(u32, u32)>,
    emails: Vec<(u32, u32)>,
    /// Room for the facts of one user.
    held: Vec<Fact>,
    joined: Vec<u32>,
    folded: String,
}

impl Loader {
    pub(crate) fn new(account: Account, revision: i64, things: Things) -> Self {
        let mut permissions = Permissions::default();
        for role in &things.roles {
            permissions.learn(role);
        }
        let roles = things.roles.into_iter().map(|role| RoleEntry::new(role, &permissions)).collect();
        let roles = Table::of(0, roles);
        // Slot 0 is the account.
        let bots = Table::of(1, things.bots);
        let mut groups: Vec<GroupEntry> = things.groups.into_iter().map(GroupEntry::new).collect();
        groups.sort_by_key(Entry::no);
        let mut bot_slots = slots(1, bots.list_entries().map(Entry::no));
        bot_slots.insert(0, 0);
        Self {
            account,
            revision,
            apps: things.apps,
            role_slots: slots(0, roles.list_entries().map(Entry::no)),
            bot_slots,
            group_slots: slots(0, groups.iter().map(Entry::no)),
            n_members: vec![0; groups.len()],
            ever_held: vec![Vec::new(); bots.n_slots()],
            permissions,
            roles,
            bots,
            groups,
            domains: Domains::default(),
            people: people::Draft::default(),
            facts: facts::Draft::default(),
            chunks: Vec::new(),
            last_no: None,
            hasher: Hasher::default(),
            ids: Vec::new(),
            emails: Vec::new(),
            held: Vec::new(),
            joined: Vec::new(),
            folded: String::new(),
        }
    }

    /// Group `member` is in `group`.
    pub fn nested(&mut self, group: GroupNo, member: GroupNo) {
        let (Some(outer), Some(inner)) = (self.group_slots.get(&group.0), self.group_slots.get(&member.0)) else {
            return;
        };
        if let Some(entry) = self.groups.get_mut(*outer as usize) {
            entry.inside.push(*inner);
        }
        if let Some(entry) = self.groups.get_mut(*inner as usize) {
            entry.around.push(*outer);
        }
    }

    /// `group` holds `role` on `bot`, or on the account.
    pub fn group_assigned(&mut self, bot: BotNo, role: RoleNo, group: GroupNo) {
        let fact = self.fact(bot, role);
        let group = self.group_slots.get(&group.0).and_then(|slot| self.groups.get_mut(*slot as usize));
        if let (Some(fact), Some(group)) = (fact, group) {
            group.holds.push(fact);
        }
    }

    fn fact(&self, bot: BotNo, role: RoleNo) -> Option<Fact> {
        Some(Fact { bot: *self.bot_slots.get(&bot.0)?, role: *self.role_slots.get(&role.0)? })
    }

    /// A user, with the roles it holds directly and the groups it is in itself, both in any order.
    ///
    /// Errors: [`Unfit`] for one that is out of order or has a number nothing here has room for.
    pub fn user(&mut self, row: &UserRow<'_>, held: &[(BotNo, RoleNo)], groups: &[GroupNo]) -> Result<(), Unfit> {
        let no = u32::try_from(row.no.0).map_err(|_| Unfit::Number(row.no))?;
        if self.last_no.is_some_and(|last| last >= no) {
            return Err(Unfit::Order(row.no));
        }
        self.last_no = Some(no);
        if self.people.len() == CHUNK {
            self.end_chunk();
        }
        let mut facts = std::mem::take(&mut self.held);
        facts.clear();
        facts.extend(held.iter().filter_map(|(bot, role)| self.fact(*bot, *role)));
        // Slots were given in order of numbers.
        facts.sort_unstable_by_key(|fact| (fact.bot, fact.role));
        facts.dedup();
        for fact in &facts {
            note_held(&mut self.ever_held, *fact);
        }
        self.joined.clear();
        self.joined.extend(groups.iter().filter_map(|group| self.group_slots.get(&group.0)));
        self.joined.sort_unstable();
        self.joined.dedup();
        for slot in &self.joined {
            if let Some(n) = self.n_members.get_mut(*slot as usize) {
                *n += 1;
            }
        }
        self.people.push(no, row, &mut self.domains);
        self.facts.push(facts.iter().copied(), self.joined.iter().copied());
        self.held = facts;
        self.ids.push((self.hasher.hash(row.id.as_bytes()), no));
        fold_into(row.email, &mut self.folded);
        self.emails.push((self.hasher.hash(self.folded.as_bytes()), no));
        Ok(())
    }

    fn end_chunk(&mut self) {
        let chunk = Chunk { people: Arc::new(self.people.finish()), facts: self.facts.finish() };
        self.chunks.push(Arc::new(chunk));
    }

    /// The image.
    pub fn finish(mut self) -> Roster {
        if self.people.len() > 0 {
            self.end_chunk();
        }
        for group in &mut self.groups {
            tidy(&mut group.inside);
            tidy(&mut group.around);
            group.holds.sort_unstable_by_key(|fact| (fact.bot, fact.role));
            group.holds.dedup();
        }
        Roster(Arc::new(Image {
            account: Arc::new(self.account),
            revision: self.revision,
            apps: Arc::new(self.apps),
            apps_revision: self.revision,
            permissions: Arc::new(self.permissions),
            roles_by_type: Arc::new(RolesByType::new(&self.roles)),
            roles: Arc::new(self.roles),
            bots: Arc::new(self.bots),
            groups: Arc::new(Table::of(0, self.groups)),
            n_members: Arc::new(self.n_members),
            ever_held: Arc::new(self.ever_held),
            domains: self.domains,
            users: Tree::of(self.chunks),
            by_id: Index::of(self.ids),
            by_email: Index::of(self.emails),
            hasher: self.hasher,
        }))
    }
}

fn slots(first: u32, nos: impl Iterator<Item = i64>) -> Slots {
    nos.zip(first..).collect()
}

/// Sorts and leaves each out but once.
fn tidy(slots: &mut Vec<u32>) {
    *slots = slots.iter().copied().collect::<BTreeSet<u32>>().into_iter().collect();
}

/// Notes that somebody may hold this; whether that was news.
pub(crate) fn note_held(ever_held: &mut Vec<Vec<u64>>, fact: Fact) -> bool {
    let (bot, word, bit) = (fact.bot as usize, fact.role as usize / 64, fact.role % 64);
    if ever_held.len() <= bot {
        ever_held.resize(bot + 1, Vec::new());
    }
    let Some(words) = ever_held.get_mut(bot) else { return false };
    if words.len() <= word {
        words.resize(word + 1, 0);
    }
    let Some(word) = words.get_mut(word) else { return false };
    let is_new = *word & 1 << bit == 0;
    *word |= 1 << bit;
    is_new
}

/// [`text::fold`] into a buffer, without making texts on the way for the usual address.
pub(crate) fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.push_str(&text::fold(text));
    }
}
