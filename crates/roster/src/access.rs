//! Checks: whether a user may do something, how far, and why.

use std::collections::BTreeMap;

use rolecall_model::{
    ids::{BotNo, RoleNo},
    role::Level,
};

use crate::{
    catalogue::RoleEntry,
    facts::Fact,
    groups::{self, GroupRef, reached},
    image::{BotRef, Image, Roster},
    user::UserRef,
};

/// What a role acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The account.
    Account,
    /// A bot.
    Bot(BotNo),
}

/// How a user came to hold a role.
#[derive(Clone, Debug)]
pub struct Why<'r> {
    /// Whether it holds it without any group.
    pub is_direct: bool,
    /// The ways by groups, by the names of the group that holds the role and of the one the user is in.
    pub ways: Vec<Way<'r>>,
}

/// A way from a user to a role.
#[derive(Clone, Copy, Debug)]
pub struct Way<'r> {
    /// The group that holds the role.
    pub holder: GroupRef<'r>,
    /// The group that the user is in itself: the holder, or one inside of it.
    pub through: GroupRef<'r>,
}

impl Roster {
    /// How far `user` may do `permission` on `target`: as far as the role that goes farthest.
    pub fn level(&self, user: UserRef<'_>, target: Target, permission: &str) -> Level {
        let (Some(bot), Some(permission)) = (self.0.slot_of(target), self.0.permissions.number(permission)) else {
            return Level::No;
        };
        let mut level = Level::No;
        user.each_on(bot, |role| {
            let own = self.0.roles.get(role).map_or(Level::No, |role| role.level(permission));
            level = farther(level, own);
        });
        level
    }

    /// Whether `user` may do `permission` on `target` at all.
    pub fn permits(&self, user: UserRef<'_>, target: Target, permission: &str) -> bool {
        self.level(user, target, permission) != Level::No
    }

    /// All that `user` may do on `target`, by name, from behind `after` on. The permissions of one
    /// user are few, so they are worked out at once.
    pub fn permissions(&self, user: UserRef<'_>, target: Target, after: Option<&str>) -> BTreeMap<&str, Level> {
        let mut permissions = BTreeMap::new();
        let Some(bot) = self.0.slot_of(target) else { return permissions };
        user.each_on(bot, |role| {
            let granted = self.0.roles.get(role).into_iter().flat_map(RoleEntry::granted);
            for (name, level) in granted.filter(|(name, _)| after.is_none_or(|after| *name > after)) {
                let own = permissions.entry(name).or_insert(Level::No);
                *own = farther(*own, level);
            }
        });
        permissions
    }

    /// The bots on which `user` may do `permission` at least to `level`, behind the one with number
    /// `after`, in order of their numbers.
    pub fn bots_for(
        &self,
        user: UserRef<'_>,
        permission: &str,
        level: Level,
        after: Option<BotNo>,
    ) -> impl Iterator<Item = BotRef<'_>> {
        let mut bots: Vec<u32> = Vec::new();
        if let Some(permission) = self.0.permissions.number(permission) {
            user.each(|fact| {
                let own = self.0.roles.get(fact.role).map_or(Level::No, |role| role.level(permission));
                if reaches(own, level) {
                    bots.push(fact.bot);
                }
            });
        }
        bots.sort_unstable_by_key(|bot| self.0.bots.no(*bot));
        bots.dedup();
        let bots = bots.into_iter().filter_map(|bot| self.0.bots.get_ref(bot));
        bots.filter(move |bot| after.is_none_or(|after| bot.no > after))
    }

    /// How `user` came to hold `role` on `target`; none if it does not.
    pub fn why(&self, user: UserRef<'_>, role: RoleNo, target: Target) -> Option<Why<'_>> {
        let image = &*self.0;
        let fact = Fact { bot: image.slot_of(target)?, role: image.roles.slot(role.0)? };
        let is_direct = user.held().any(|own| own == fact);
        let group = |slot: u32| image.groups.get_ref(slot).map(|group| GroupRef::new(image, group));
        let mut ways = Vec::new();
        for through in user.joined() {
            for holder in reached(&image.groups, [through], |entry| &entry.around) {
                let holds = image.groups.get(holder).is_some_and(|entry| entry.holds.contains(&fact));
                if let (true, Some(holder), Some(through)) = (holds, group(holder), group(through)) {
                    ways.push(Way { holder, through });
                }
            }
        }
        ways.sort_unstable_by(|a, b| (&a.holder.name, &a.through.name).cmp(&(&b.holder.name, &b.through.name)));
        (is_direct || !ways.is_empty()).then_some(Why { is_direct, ways })
    }
}

impl UserRef<'_> {
    /// Calls `tell` with all that the user holds, directly or by groups; some of it more than once.
    fn each(self, mut tell: impl FnMut(Fact)) {
        let image = self.image();
        let there = |fact: &Fact| image.is_there(*fact);
        self.held().filter(there).for_each(&mut tell);
        for group in self.joined() {
            let given = groups::gives(image, group).facts.iter().map(|given| given.fact);
            given.filter(there).for_each(&mut tell);
        }
    }

    /// Calls `tell` with the roles that the user holds on the bot in slot `bot`, likewise.
    fn each_on(self, bot: u32, mut tell: impl FnMut(u32)) {
        for fact in self.held().filter(|fact| fact.bot == bot) {
            tell(fact.role);
        }
        let image = self.image();
        for group in self.joined() {
            for given in groups::gives(image, group).facts.iter().filter(|given| given.fact.bot == bot) {
                tell(given.fact.role);
            }
        }
    }
}

impl Image {
    /// The slot of the bot; 0 for the account, none for a bot that is not there.
    pub(crate) fn slot_of(&self, target: Target) -> Option<u32> {
        match target {
            Target::Account => Some(0),
            Target::Bot(bot) => self.bots.slot(bot.0),
        }
    }
}

fn farther(a: Level, b: Level) -> Level {
    if b.covers(a) { b } else { a }
}

/// Whether `level` goes as far as `wanted`, and anywhere at all.
pub(crate) fn reaches(level: Level, wanted: Level) -> bool {
    level != Level::No && level.covers(wanted)
}
