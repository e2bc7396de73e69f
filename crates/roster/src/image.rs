//! The image of an account, and its lists.

use std::sync::Arc;

use rolecall_model::{
    bot::Bot,
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    page::Start,
    role::RoleType,
    text,
    time::Instant,
};

use crate::{
    catalogue::{GroupEntry, Permissions, RoleEntry, RolesByType},
    domains::Domains,
    facts::Fact,
    groups::GroupRef,
    id::Id,
    index::{Hasher, Index},
    load::{Loader, Things},
    table::{Ref, Table},
    tree::{Found, Tree},
    user::{UserRef, Users},
};

/// The account that a roster is the image of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number in its database.
    pub no: AccountNo,
    /// Its id.
    pub id: String,
    /// Its id as the vendor's organisation.
    pub org_id: String,
    /// Its name.
    pub name: String,
    /// The user who owns it.
    pub owner_no: UserNo,
}

/// A builder app, as lists of bots show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundApp {
    /// Its id.
    pub client_id: String,
    /// Whether each of its tokens must carry a `jti`.
    pub enforces_jti: bool,
    /// When it was registered.
    pub created_at: Instant,
    /// The ids of the bots it is bound to.
    pub bots: Vec<String>,
}

/// A role of a roster; shows itself as [`rolecall_model::role::Role`].
pub type RoleRef<'r> = Ref<'r, RoleEntry>;
/// A bot of a roster; shows itself as [`Bot`].
pub type BotRef<'r> = Ref<'r, Bot>;

/// One account at one revision: who its users are, and who holds what.
#[derive(Clone, Debug)]
pub struct Roster(pub(crate) Arc<Image>);

/// See [`Roster`].
#[derive(Clone, Debug)]
pub(crate) struct Image {
    pub(crate) account: Arc<Account>,
    pub(crate) revision: i64,
    pub(crate) apps: Arc<Vec<BoundApp>>,
    pub(crate) apps_revision: i64,
    pub(crate) permissions: Arc<Permissions>,
    pub(crate) roles: Arc<Table<RoleEntry>>,
    pub(crate) roles_by_type: Arc<RolesByType>,
    pub(crate) bots: Arc<Table<Bot>>,
    pub(crate) groups: Arc<Table<GroupEntry>>,
    /// How many users are in each group, by slot.
    pub(crate) n_members: Arc<Vec<u32>>,
    /// Which roles some user may hold on each bot directly: role slots as bits, by slot of the bot.
    /// A bit is never taken away, it only costs a search some time.
    pub(crate) ever_held: Arc<Vec<Vec<u64>>>,
    pub(crate) domains: Domains,
    pub(crate) users: Tree,
    pub(crate) hasher: Hasher,
    pub(crate) by_id: Index,
    pub(crate) by_email: Index,
}

impl Image {
    /// Where a fact stands among others: by the numbers of bot and role. The slots tell a role that
    /// came back from the one that went, which some may still be said to hold.
    pub(crate) fn key(&self, fact: Fact) -> (i64, i64, u32, u32) {
        (self.bots.no(fact.bot), self.roles.no(fact.role), fact.bot, fact.role)
    }

    /// Whether the role and the bot of a fact are there.
    pub(crate) fn is_there(&self, fact: Fact) -> bool {
        self.roles.get(fact.role).is_some() && (fact.bot == 0 || self.bots.get(fact.bot).is_some())
    }

    /// The role and the bot of a fact, if they are there.
    pub(crate) fn refs(&self, fact: Fact) -> Option<(RoleRef<'_>, Option<BotRef<'_>>)> {
        let role = self.roles.get_ref(fact.role)?;
        let bot = if fact.bot == 0 { None } else { Some(self.bots.get_ref(fact.bot)?) };
        Some((role, bot))
    }

    pub(crate) fn user<'r>(&'r self, found: Found<'r>) -> UserRef<'r> {
        UserRef::new(self, found)
    }
}

impl Roster {
    /// Begins to load the image of `account` as it is at `revision`, with its `things`. Nestings and
    /// the assignments of groups follow in any order, users in order of their numbers.
    pub fn loader(account: Account, revision: i64, things: Things) -> Loader {
        Loader::new(account, revision, things)
    }

    /// The revision of the account that this is the image of.
    pub fn revision(&self) -> i64 {
        self.0.revision
    }

    /// The revision at which the account's apps last changed, or a later one: while it is the same,
    /// they are.
    pub fn apps_revision(&self) -> i64 {
        self.0.apps_revision
    }

    /// The account.
    pub fn account(&self) -> &Account {
        &self.0.account
    }

    /// The account's builder apps.
    pub fn apps(&self) -> &[BoundApp] {
        &self.0.apps
    }

    /// How many users there are.
    pub fn n_users(&self) -> u64 {
        self.0.users.len() as u64
    }

    /// How much memory the image takes, about; what it shares with others is counted in full.
    pub fn memory_bytes(&self) -> usize {
        let image = &self.0;
        image.users.size_bytes()
            + image.by_id.size_bytes()
            + image.by_email.size_bytes()
            + image.domains.size_bytes()
            + image.permissions.size_bytes()
            + image.roles.size_bytes(RoleEntry::size_bytes)
            + image.bots.size_bytes(|bot| bot.id.len() + bot.name.len() + bot.description.len() + 64)
            + image.groups.size_bytes(GroupEntry::size_bytes)
            + image.n_members.len() * 4
            + image.ever_held.iter().map(|roles| roles.len() * 8 + 24).sum::<usize>()
            + size_of::<Image>()
    }

    /// The users from `start` on, in order of their numbers; any start costs the same.
    pub fn users(&self, start: Start) -> Users<'_> {
        Users::new(&self.0, start)
    }

    /// The user with number `no`.
    pub fn user(&self, no: UserNo) -> Option<UserRef<'_>> {
        let no = u32::try_from(no.0).ok()?;
        self.0.users.find(no).map(|found| self.0.user(found))
    }

    /// The user with id `id`.
    pub fn user_by_id(&self, id: &str) -> Option<UserRef<'_>> {
        let hash = self.0.hasher.hash(id.as_bytes());
        let id = Id::parse(id);
        let mut users = self.0.by_id.candidates(hash).filter_map(|no| self.0.users.find(no));
        users.find(|found| found.chunk.people.id(found.at) == id).map(|found| self.0.user(found))
    }

    /// The user with this e-mail address, given as [`text::fold`] makes it.
    pub fn user_by_email(&self, folded: &str) -> Option<UserRef<'_>> {
        let hash = self.0.hasher.hash(folded.as_bytes());
        let mut users = self.0.by_email.candidates(hash).filter_map(|no| self.0.users.find(no));
        let is_it = |found: &Found<'_>| {
            let email = found.chunk.people.email(found.at, &self.0.domains);
            let local = folded.get(..email.local.len());
            let domain = folded.get(email.local.len()..);
            // What is ASCII throughout and the same in small letters is the same folded.
            let is_plainly = local.is_some_and(|local| local.eq_ignore_ascii_case(email.local))
                && domain.is_some_and(|domain| domain.eq_ignore_ascii_case(email.domain))
                && folded.is_ascii();
            is_plainly || text::fold(&email.to_string()) == folded
        };
        users.find(is_it).map(|found| self.0.user(found))
    }

    /// The roles of one type from `start` on, in order of their numbers.
    pub fn roles(&self, role_type: RoleType, start: Start) -> impl Iterator<Item = RoleRef<'_>> + Clone {
        let all = self.0.roles_by_type.of(role_type);
        let from = match start {
            Start::Offset(offset) => usize::try_from(offset).unwrap_or(usize::MAX).min(all.len()),
            Start::After(after) => all.partition_point(|slot| self.0.roles.no(*slot) <= after),
        };
        all.get(from..).unwrap_or_default().iter().filter_map(|slot| self.0.roles.get_ref(*slot))
    }

    /// How many roles of one type there are.
    pub fn n_roles(&self, role_type: RoleType) -> u64 {
        self.0.roles_by_type.of(role_type).len() as u64
    }

    /// The role with number `no`.
    pub fn role(&self, no: RoleNo) -> Option<RoleRef<'_>> {
        self.0.roles.find(no.0)
    }

    /// The role with id `id`.
    pub fn role_by_id(&self, id: &str) -> Option<RoleRef<'_>> {
        self.0.roles.find_by_id(id)
    }

    /// The bots from `start` on, in order of their numbers.
    pub fn bots(&self, start: Start) -> impl Iterator<Item = BotRef<'_>> + Clone {
        self.0.bots.list(start)
    }

    /// How many bots there are.
    pub fn n_bots(&self) -> u64 {
        self.0.bots.len() as u64
    }

    /// The bot with number `no`.
    pub fn bot(&self, no: BotNo) -> Option<BotRef<'_>> {
        self.0.bots.find(no.0)
    }

    /// The bot with id `id`.
    pub fn bot_by_id(&self, id: &str) -> Option<BotRef<'_>> {
        self.0.bots.find_by_id(id)
    }

    /// The groups from `start` on, in order of their numbers.
    pub fn groups(&self, start: Start) -> impl Iterator<Item = GroupRef<'_>> + Clone {
        self.0.groups.list(start).map(|group| GroupRef::new(&self.0, group))
    }

    /// How many groups there are.
    pub fn n_groups(&self) -> u64 {
        self.0.groups.len() as u64
    }

    /// The group with number `no`.
    pub fn group(&self, no: GroupNo) -> Option<GroupRef<'_>> {
        self.0.groups.find(no.0).map(|group| GroupRef::new(&self.0, group))
    }

    /// The group with id `id`.
    pub fn group_by_id(&self, id: &str) -> Option<GroupRef<'_>> {
        self.0.groups.find_by_id(id).map(|group| GroupRef::new(&self.0, group))
    }
}
