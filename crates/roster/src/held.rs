//! The roles that a user holds, and why.

use std::cmp::Ordering;

use crate::{
    facts::Fact,
    groups::{self, GroupRef},
    image::{BotRef, Image, RoleRef},
    ints::size,
    user::UserRef,
};

/// The roles that one user holds, each once: those on the account, then those on bots, by bot and
/// role in order of their creation. It can be read again for other users, and keeps its room.
#[derive(Debug, Default)]
pub struct Holdings<'r> {
    image: Option<&'r Image>,
    rows: Vec<Row<'r>>,
    n_on_account: usize,
    /// The slots of the groups that give the rows.
    givers: Vec<u32>,
    /// Room for working out what several groups give.
    found: Vec<(Fact, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Row<'r> {
    role: RoleRef<'r>,
    bot: Option<BotRef<'r>>,
    is_direct: bool,
    from: u32,
    to: u32,
}

/// A role that a user holds.
#[derive(Clone, Copy, Debug)]
pub struct Held<'r, 'h> {
    /// The role.
    pub role: RoleRef<'r>,
    /// The bot it acts on; none if it acts on the account.
    pub bot: Option<BotRef<'r>>,
    /// Whether the user holds it without any group.
    pub is_direct: bool,
    image: Option<&'r Image>,
    givers: &'h [u32],
}

impl<'r, 'h> Held<'r, 'h> {
    /// The groups that hold the role and that the user is in, or in a group inside; by name.
    pub fn groups(self) -> impl Iterator<Item = GroupRef<'r>> + use<'r, 'h> {
        let group = move |slot: &u32| {
            let image = self.image?;
            Some(GroupRef::new(image, image.groups.get_ref(*slot)?))
        };
        self.givers.iter().filter_map(group)
    }

    /// Whether any group gives it.
    pub fn has_groups(self) -> bool {
        !self.givers.is_empty()
    }
}

impl<'r> Holdings<'r> {
    /// Reads what `user` holds in the place of what was read before.
    pub fn read(&mut self, user: UserRef<'r>) {
        let image = user.image();
        self.image = Some(image);
        self.rows.clear();
        self.givers.clear();
        self.n_on_account = 0;
        let mut joined = user.joined();
        match (joined.next(), joined.next()) {
            (None, _) => {
                for fact in user.held() {
                    self.add(image, fact, true, &[]);
                }
            }
            (Some(group), None) => self.merge(image, user, groups::gives(image, group).each()),
            (Some(_), Some(_)) => {
                let mut found = std::mem::take(&mut self.found);
                found.clear();
                for group in user.joined() {
                    for (fact, by) in groups::gives(image, group).each() {
                        found.extend(by.iter().map(|giver| (fact, *giver)));
                    }
                }
                self.merge(image, user, groups::collect(image, &mut found).each());
                self.found = found;
            }
        }
    }

    /// Brings together what is held directly and what groups give, both in order.
    fn merge<'g>(&mut self, image: &'r Image, user: UserRef<'r>, given: impl Iterator<Item = (Fact, &'g [u32])>) {
        let mut held = user.held().peekable();
        let mut given = given.peekable();
        loop {
            let order = match (held.peek(), given.peek()) {
                (None, None) => return,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(own), Some((by_group, _))) if own == by_group => Ordering::Equal,
                (Some(own), Some((by_group, _))) => image.key(*own).cmp(&image.key(*by_group)),
            };
            match order {
                Ordering::Less => {
                    if let Some(fact) = held.next() {
                        self.add(image, fact, true, &[]);
                    }
                }
                Ordering::Greater => {
                    if let Some((fact, givers)) = given.next() {
                        self.add(image, fact, false, givers);
                    }
                }
                Ordering::Equal => {
                    if let (Some(fact), Some((_, givers))) = (held.next(), given.next()) {
                        self.add(image, fact, true, givers);
                    }
                }
            }
        }
    }

    fn add(&mut self, image: &'r Image, fact: Fact, is_direct: bool, givers: &[u32]) {
        let Some(role) = image.roles.get_ref(fact.role) else { return };
        let bot = if fact.bot == 0 {
            self.n_on_account += 1;
            None
        } else {
            let Some(bot) = image.bots.get_ref(fact.bot) else { return };
            Some(bot)
        };
        let from = size(self.givers.len());
        self.givers.extend_from_slice(givers);
        self.rows.push(Row { role, bot, is_direct, from, to: size(self.givers.len()) });
    }

    /// Those that act on the account.
    pub fn on_account<'h>(&'h self) -> impl ExactSizeIterator<Item = Held<'r, 'h>> {
        self.shown(self.rows.get(..self.n_on_account).unwrap_or_default())
    }

    /// Those that act on a bot.
    pub fn on_bots<'h>(&'h self) -> impl ExactSizeIterator<Item = Held<'r, 'h>> {
        self.shown(self.rows.get(self.n_on_account..).unwrap_or_default())
    }

    /// All of them.
    pub fn all<'h>(&'h self) -> impl ExactSizeIterator<Item = Held<'r, 'h>> {
        self.shown(&self.rows)
    }

    fn shown<'h>(&'h self, rows: &'h [Row<'r>]) -> impl ExactSizeIterator<Item = Held<'r, 'h>> {
        rows.iter().map(|row| Held {
            role: row.role,
            bot: row.bot,
            is_direct: row.is_direct,
            image: self.image,
            givers: self.givers.get(row.from as usize..row.to as usize).unwrap_or_default(),
        })
    }
}
