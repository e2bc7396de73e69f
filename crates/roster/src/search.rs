//! Who may do something on a bot or on the account: users in order, found without looking at all.

use rolecall_model::{
    ids::{RoleNo, UserNo},
    page::Start,
    role::Level,
};

use crate::{
    access::{Target, reaches},
    groups::reached,
    image::{Image, Roster},
    sought::{Bits, Sought, ones},
    table::Ref,
    tree::{Chunk, Found, Walk},
    user::UserRef,
};

/// The users that a search finds, in order of their numbers.
#[derive(Clone, Debug)]
pub struct Holders<'r> {
    image: &'r Image,
    walk: Walk<'r>,
    sought: Sought,
    /// The chunk looked into, and the places of those found there that were not told yet.
    chunk: Option<&'r Chunk>,
    places: std::vec::IntoIter<usize>,
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
        let sought = sought(image, image.slot_of(target), grants);
        Holders::new(image, sought, after)
    }

    /// The users behind the one with number `after` who hold `role` on `target`.
    pub fn users_with(&self, role: RoleNo, target: Target, after: Option<UserNo>) -> Holders<'_> {
        let image = &*self.0;
        let wanted = image.roles.slot(role.0);
        let sought = sought(image, image.slot_of(target), |role| Some(role) == wanted);
        Holders::new(image, sought, after)
    }
}

/// Whoever holds one of the `wanted` roles on the bot in slot `bot`, directly or by groups.
fn sought(image: &Image, bot: Option<u32>, wanted: impl Fn(u32) -> bool) -> Sought {
    let Some(bot) = bot else { return Sought::default() };
    let ever_held = image.ever_held.get(bot as usize).map_or(&[][..], Vec::as_slice);
    let roles = ones(ever_held).filter(|role| wanted(*role)).collect();
    let groups = image.groups.list(Start::Offset(0)).filter(|group| {
        let holds = group.entry().holds.iter();
        holds.filter(|fact| fact.bot == bot).any(|fact| wanted(fact.role))
    });
    let groups = reached(&image.groups, groups.map(Ref::slot), |entry| &entry.inside);
    Sought::new(bot, roles, groups.into_iter().collect())
}

impl<'r> Holders<'r> {
    fn new(image: &'r Image, sought: Sought, after: Option<UserNo>) -> Self {
        let walk = match after {
            None => image.users.walk_from_offset(0),
            Some(after) => image.users.walk_after(after.0),
        };
        Self { image, walk, sought, chunk: None, places: Vec::new().into_iter() }
    }

    /// The users directly in the group in slot `group`.
    pub(crate) fn in_group(image: &'r Image, group: u32) -> Self {
        Self::new(image, Sought::new(0, Bits::default(), Bits::from_iter([group])), None)
    }
}

impl<'r> Iterator for Holders<'r> {
    type Item = UserRef<'r>;

    fn next(&mut self) -> Option<UserRef<'r>> {
        loop {
            if let Some((chunk, at)) = self.chunk.zip(self.places.next()) {
                return Some(UserRef::new(self.image, Found { chunk, at, place: chunk.facts.place(at) }));
            }
            let (chunk, from) = self.walk.next_chunk()?;
            self.chunk = Some(chunk);
            if chunk.facts.may_have(&self.sought) {
                let mut places = chunk.facts.find(chunk.people.len(), &self.sought);
                places.retain(|at| *at >= from);
                self.places = places.into_iter();
            }
        }
    }
}
