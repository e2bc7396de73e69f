//! Who may do something on a bot or on the account: users in order, found without looking at all.

use rolecall_model::{
    ids::{GroupNo, RoleNo, UserNo},
    page::Start,
    role::Level,
};

use crate::{
    access::{Target, reaches},
    groups::reached,
    image::{Image, RoleRef, Roster},
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
        Holders::new(image, sought(image, Some(target), grants), after)
    }

    /// The users behind the one with number `after` who hold `role` on `target`.
    pub fn users_with(&self, role: RoleNo, target: Target, after: Option<UserNo>) -> Holders<'_> {
        let image = &*self.0;
        let wanted = image.roles.slot(role.0);
        let sought = sought(image, Some(target), |role| Some(role) == wanted);
        Holders::new(image, sought, after)
    }

    /// The users behind the one with number `after` who hold one of the `wanted` roles on `target`, or
    /// without one wherever.
    pub fn holders(
        &self,
        target: Option<Target>,
        wanted: impl Fn(RoleRef<'_>) -> bool,
        after: Option<UserNo>,
    ) -> Holders<'_> {
        let image = &*self.0;
        let wanted = |role: u32| image.roles.get_ref(role).is_some_and(&wanted);
        let sought = sought(image, target, wanted);
        Holders::new(image, sought, after)
    }

    /// The users behind the one with number `after` who are in `group`, or in a group inside it.
    pub fn users_inside(&self, group: GroupNo, after: Option<UserNo>) -> Holders<'_> {
        let image = &*self.0;
        let groups = reached(&image.groups, image.groups.slot(group.0), |entry| &entry.inside);
        Holders::new(image, Sought::new(Some(0), &[], groups.into_iter().collect()), after)
    }
}

/// Whoever holds one of the `wanted` roles on `target` (nobody on a bot that is not there; without a
/// target, wherever), directly or by groups.
fn sought(image: &Image, target: Option<Target>, wanted: impl Fn(u32) -> bool) -> Sought {
    let bot = target.map(|target| image.slot_of(target));
    if bot == Some(None) {
        return Sought::default();
    }
    let bot = bot.flatten();
    let is_there = |slot: u32| match bot {
        Some(bot) => bot == slot,
        None => slot == 0 || image.bots.get(slot).is_some(),
    };
    let held = image.ever_held.iter().zip(0..).filter(|(_, slot)| is_there(*slot));
    let pairs = held.flat_map(|(roles, slot)| ones(roles).map(move |role| (slot, role)));
    let pairs: Vec<(u32, u32)> = pairs.filter(|(_, role)| wanted(*role)).collect();
    let groups = image.groups.list(Start::Offset(0)).filter(|group| {
        let holds = group.entry().holds.iter();
        holds.filter(|fact| is_there(fact.bot)).any(|fact| wanted(fact.role))
    });
    let groups = reached(&image.groups, groups.map(Ref::slot), |entry| &entry.inside);
    Sought::new(bot, &pairs, groups.into_iter().collect())
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
        Self::new(image, Sought::new(Some(0), &[], Bits::from_iter([group])), None)
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
