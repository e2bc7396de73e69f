//! What the users of a chunk hold and which groups they are in, each directly.

use crate::{
    ints::{self, Column, size},
    sieve::{Sieve, pair_bit},
    sought::Sought,
};

/// A role that somebody holds, by slots; bot slot 0 is the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fact {
    pub(crate) bot: u32,
    pub(crate) role: u32,
}

/// The facts of a chunk: each user's behind those of the one before.
#[derive(Debug)]
pub(crate) struct Facts {
    bytes: Box<[u8]>,
    n_held: Column,
    bots: Column,
    roles: Column,
    n_joined: Column,
    groups: Column,
    total_held: usize,
    total_joined: usize,
    /// Which roles on which bots are held here.
    held_sieve: Sieve,
    /// Which groups have members here.
    joined_sieve: Sieve,
}

/// Where one user's facts stand among those of its chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) held: u32,
    pub(crate) joined: u32,
}

impl Facts {
    /// Where the facts of the user at `at` stand.
    pub(crate) fn place(&self, at: usize) -> Place {
        Place { held: size(self.n_held.sum(&self.bytes, at)), joined: size(self.n_joined.sum(&self.bytes, at)) }
    }

    /// Where those of the user behind `at` stand, given where its own do.
    pub(crate) fn next(&self, at: usize, place: Place) -> Place {
        Place {
            held: place.held + self.n_held.get(&self.bytes, at),
            joined: place.joined + self.n_joined.get(&self.bytes, at),
        }
    }

    /// What the user at `at` holds, in order of bot and role.
    pub(crate) fn held(&self, at: usize, place: Place) -> impl ExactSizeIterator<Item = Fact> {
        let from = place.held as usize;
        (from..from + self.n_held.get(&self.bytes, at) as usize).map(|index| self.fact(index))
    }

    fn fact(&self, index: usize) -> Fact {
        Fact { bot: self.bots.get(&self.bytes, index), role: self.roles.get(&self.bytes, index) }
    }

    /// The slots of the groups that the user at `at` is in.
    pub(crate) fn joined(&self, at: usize, place: Place) -> impl ExactSizeIterator<Item = u32> {
        let from = place.joined as usize;
        (from..from + self.n_joined.get(&self.bytes, at) as usize).map(|index| self.groups.get(&self.bytes, index))
    }

    /// Whether anybody here may have what is sought.
    pub(crate) fn may_have(&self, sought: &Sought) -> bool {
        self.held_sieve.may_have(&sought.held_mask) || self.joined_sieve.may_have(&sought.joined_mask)
    }

    /// The places of those of `n_users` who have what is sought, in order.
    pub(crate) fn find(&self, n_users: usize, sought: &Sought) -> Vec<usize> {
        let mut held: Vec<usize> = Vec::new();
        let mut look = |index: usize| {
            if sought.roles.has(self.roles.get(&self.bytes, index)) {
                held.push(index);
            }
        };
        if let Some(bot) = sought.bot {
            self.bots.each_equal(&self.bytes, self.total_held, bot, look);
        } else {
            let is_there = |index: &usize| sought.bots.has(self.bots.get(&self.bytes, *index));
            (0..self.total_held).filter(is_there).for_each(&mut look);
        }
        let mut joined: Vec<usize> = Vec::new();
        for index in 0..self.total_joined {
            if sought.groups.has(self.groups.get(&self.bytes, index)) {
                joined.push(index);
            }
        }
        let mut places = self.owners(self.n_held, n_users, &held);
        places.extend(self.owners(self.n_joined, n_users, &joined));
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The places of the users whose facts stand at `indexes`, which are in order. Of each user's
    /// facts there are as many as `counts` says.
    fn owners(&self, counts: Column, n_users: usize, indexes: &[usize]) -> Vec<usize> {
        let mut owners = Vec::with_capacity(indexes.len());
        let mut indexes = indexes.iter().peekable();
        let mut end = 0;
        for at in 0..n_users {
            if indexes.peek().is_none() {
                break;
            }
            end += counts.get(&self.bytes, at) as usize;
            while indexes.next_if(|index| **index < end).is_some() {
                owners.push(at);
            }
        }
        owners
    }

    /// All of it, to be changed.
    pub(crate) fn unpack(&self, n_users: usize) -> Draft {
        let mut draft = Draft::default();
        self.n_held.unpack(&self.bytes, n_users, &mut draft.n_held);
        self.n_joined.unpack(&self.bytes, n_users, &mut draft.n_joined);
        self.bots.unpack(&self.bytes, self.total_held, &mut draft.bots);
        self.roles.unpack(&self.bytes, self.total_held, &mut draft.roles);
        self.groups.unpack(&self.bytes, self.total_joined, &mut draft.groups);
        draft
    }

    pub(crate) fn size_bytes(&self) -> usize {
        size_of::<Self>() + self.bytes.len() + self.held_sieve.size_bytes() + self.joined_sieve.size_bytes()
    }
}

/// Facts on their way into a chunk.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    n_held: Vec<u32>,
    bots: Vec<u32>,
    roles: Vec<u32>,
    n_joined: Vec<u32>,
    groups: Vec<u32>,
}

impl Draft {
    /// An empty draft with room for what `other` has, and a little more.
    pub(crate) fn with_room_of(other: &Self) -> Self {
        Self {
            n_held: Vec::with_capacity(other.n_held.len() + 1),
            bots: Vec::with_capacity(other.bots.len() + 8),
            roles: Vec::with_capacity(other.roles.len() + 8),
            n_joined: Vec::with_capacity(other.n_joined.len() + 1),
            groups: Vec::with_capacity(other.groups.len() + 8),
        }
    }

    /// Adds a user with what it holds, in order of bot and role, and the groups it is in.
    pub(crate) fn push(&mut self, held: impl Iterator<Item = Fact>, joined: impl Iterator<Item = u32>) {
        let (n_held, n_joined) = (self.roles.len(), self.groups.len());
        for fact in held {
            self.bots.push(fact.bot);
            self.roles.push(fact.role);
        }
        self.groups.extend(joined);
        self.n_held.push(size(self.roles.len() - n_held));
        self.n_joined.push(size(self.groups.len() - n_joined));
    }

    /// Adds the next `n` users of `old`, which has been read up to `from`.
    pub(crate) fn copy(&mut self, old: &Self, at: usize, n: usize, from: Place) -> Place {
        let (n_held, n_joined) = (old.n_held.get(at..at + n), old.n_joined.get(at..at + n));
        let (Some(n_held), Some(n_joined)) = (n_held, n_joined) else { return from };
        let to =
            Place { held: from.held + n_held.iter().sum::<u32>(), joined: from.joined + n_joined.iter().sum::<u32>() };
        self.n_held.extend_from_slice(n_held);
        self.n_joined.extend_from_slice(n_joined);
        let held = from.held as usize..to.held as usize;
        self.bots.extend_from_slice(old.bots.get(held.clone()).unwrap_or_default());
        self.roles.extend_from_slice(old.roles.get(held).unwrap_or_default());
        let joined = from.joined as usize..to.joined as usize;
        self.groups.extend_from_slice(old.groups.get(joined).unwrap_or_default());
        to
    }

    /// What the user at `at` holds and is in, given where it stands; and where the next one does.
    pub(crate) fn of_user(&self, at: usize, from: Place) -> (Vec<Fact>, Vec<u32>, Place) {
        let n = |column: &[u32]| column.get(at).copied().unwrap_or_default();
        let to = Place { held: from.held + n(&self.n_held), joined: from.joined + n(&self.n_joined) };
        let range = from.held as usize..to.held as usize;
        let bots = self.bots.get(range.clone()).unwrap_or_default();
        let roles = self.roles.get(range).unwrap_or_default();
        let held = bots.iter().zip(roles).map(|(bot, role)| Fact { bot: *bot, role: *role }).collect();
        let groups = self.groups.get(from.joined as usize..to.joined as usize).unwrap_or_default();
        (held, groups.to_vec(), to)
    }

    /// The facts, and an empty draft with the room that this one had.
    pub(crate) fn finish(&mut self) -> Facts {
        let mut bytes = Vec::with_capacity(self.roles.len() * 3 + self.groups.len() * 2 + self.n_held.len() * 2 + 16);
        let n_held = Column::pack(&mut bytes, &self.n_held);
        let bots = Column::pack(&mut bytes, &self.bots);
        let roles = Column::pack(&mut bytes, &self.roles);
        let n_joined = Column::pack(&mut bytes, &self.n_joined);
        let groups = Column::pack(&mut bytes, &self.groups);
        let pairs = self.bots.iter().zip(&self.roles).map(|(bot, role)| pair_bit(*bot, *role));
        let facts = Facts {
            bytes: ints::finish(bytes),
            n_held,
            bots,
            roles,
            n_joined,
            groups,
            total_held: self.roles.len(),
            total_joined: self.groups.len(),
            held_sieve: Sieve::of(pairs),
            joined_sieve: Sieve::of(self.groups.iter().copied()),
        };
        for column in [&mut self.n_held, &mut self.bots, &mut self.roles, &mut self.n_joined, &mut self.groups] {
            column.clear();
        }
        facts
    }
}
