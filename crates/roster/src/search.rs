//! Who may do something on a bot or on the account: users in order, found without looking at all.

use rolecall_model::{
    ids::{RoleNo, UserNo},
    page::Start,
    role::Level,
};

use crate::{
    access::{Target, reaches},
    facts::Fact,
    groups::reached,
    image::{Image, Roster},
    sieve::{Filter, Mask, pair_bit},
    table::Ref,
    user::{UserRef, Users, Within},
};

/// The users that a search finds, in order of their numbers.
#[derive(Clone, Debug)]
pub struct Holders<'r> {
    users: Within<'r>,
    sought: Sought,
}

/// What a user must have to be found: one of these roles on this bot, or one of these groups.
#[derive(Clone, Debug)]
struct Sought {
    bot: u32,
    roles: Bits,
    groups: Bits,
}

impl Roster {
    /// The users behind the one with number `after` who may do `permission` on `target` at least to
    /// `level`.
    pub fn users_who_may(&self, target: Target, permission: &str, level: Level, after: Option<UserNo>) -> Holders<'_> {
        let image = &*self.0;
        let permission = image.permissions.number(permission);
        let grants = |role: u32| {
            let role = image.roles.get(role);
            role.zip(permission).is_some_and(|(role, permission)| reaches(role.level(permission), level))
        };
        Holders::new(image, image.slot_of(target), grants, after)
    }

    /// The users behind the one with number `after` who hold `role` on `target`.
    pub fn users_with(&self, role: RoleNo, target: Target, after: Option<UserNo>) -> Holders<'_> {
        let image = &*self.0;
        let wanted = image.roles.slot(role.0);
        Holders::new(image, image.slot_of(target), |role| Some(role) == wanted, after)
    }
}

impl<'r> Holders<'r> {
    fn new(image: &'r Image, bot: Option<u32>, wanted: impl Fn(u32) -> bool, after: Option<UserNo>) -> Self {
        let mut sought = Sought { bot: bot.unwrap_or_default(), roles: Bits::default(), groups: Bits::default() };
        if let Some(bot) = bot {
            for role in ones(image.ever_held.get(bot as usize).map_or(&[], Vec::as_slice)) {
                if wanted(role) {
                    sought.roles.set(role);
                }
            }
            let slots = image.groups.list(Start::Offset(0));
            let holders = slots.filter(|group| {
                let holds = group.entry().holds.iter();
                holds.filter(|fact| fact.bot == bot).any(|fact| wanted(fact.role))
            });
            let holders: Vec<u32> = holders.map(Ref::slot).collect();
            for group in reached(&image.groups, holders, |entry| &entry.inside) {
                sought.groups.set(group);
            }
        }
        let filter = Filter {
            held: Mask::of(ones(&sought.roles.0).map(|role| pair_bit(sought.bot, role))),
            joined: Mask::of(ones(&sought.groups.0)),
        };
        let start = after.map_or(Start::Offset(0), |after| Start::After(after.0));
        Self { users: Users::new(image, start).within(filter), sought }
    }
}

impl<'r> Iterator for Holders<'r> {
    type Item = UserRef<'r>;

    fn next(&mut self) -> Option<UserRef<'r>> {
        self.users.find(|user| {
            user.held().any(|fact: Fact| fact.bot == self.sought.bot && self.sought.roles.has(fact.role))
                || user.joined().any(|group| self.sought.groups.has(group))
        })
    }
}

/// A set of slots.
#[derive(Clone, Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn set(&mut self, slot: u32) {
        let word = slot as usize / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (slot % 64);
        }
    }

    fn has(&self, slot: u32) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word & 1 << (slot % 64) != 0)
    }
}

/// The slots in a set.
fn ones(words: &[u64]) -> impl Iterator<Item = u32> {
    words.iter().zip(0..).flat_map(|(word, at): (&u64, u32)| {
        (0..64).filter(move |bit| word & 1 << bit != 0).map(move |bit| at * 64 + bit)
    })
}
