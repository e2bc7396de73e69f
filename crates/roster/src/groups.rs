//! Groups: who is in them, and what they give by way of all that is around them.

use std::{cmp::Ordering, collections::HashSet, ops::Deref};

use rolecall_model::group::Group;

use crate::{
    catalogue::{Given, Gives, GroupEntry},
    facts::Fact,
    image::{BotRef, Image, RoleRef},
    ints::size,
    search::Holders,
    table::{Fragment, Ref, Table},
    user::UserRef,
};

/// A group of a roster; shows itself as [`Group`].
#[derive(Clone, Copy, Debug)]
pub struct GroupRef<'r> {
    image: &'r Image,
    entry: Ref<'r, GroupEntry>,
}

impl Deref for GroupRef<'_> {
    type Target = Group;

    fn deref(&self) -> &Group {
        &self.entry
    }
}

impl<'r> GroupRef<'r> {
    pub(crate) fn new(image: &'r Image, entry: Ref<'r, GroupEntry>) -> Self {
        Self { image, entry }
    }

    /// The group for as long as the roster is there.
    pub fn get(self) -> &'r Group {
        self.entry.get()
    }

    /// What `render` makes of the group; see [`Ref::fragment`]. Who is in it must not be part of it.
    pub fn fragment(self, kind: Fragment, render: impl Fn(&Group, &mut Vec<u8>)) -> &'r [u8] {
        self.entry.fragment(kind, render)
    }

    /// The groups directly in it, in order of their numbers.
    pub fn groups(self) -> impl Iterator<Item = GroupRef<'r>> {
        let groups = &self.image.groups;
        let inside = self.entry.entry().inside.iter();
        let mut inside: Vec<Self> =
            inside.filter_map(|slot| Some(Self { entry: groups.get_ref(*slot)?, ..self })).collect();
        inside.sort_unstable_by_key(|group| group.no);
        inside.into_iter()
    }

    /// The groups it is directly in, in order of their numbers.
    pub fn around(self) -> impl Iterator<Item = GroupRef<'r>> {
        let groups = &self.image.groups;
        let around = self.entry.entry().around.iter();
        let mut around: Vec<Self> =
            around.filter_map(|slot| Some(Self { entry: groups.get_ref(*slot)?, ..self })).collect();
        around.sort_unstable_by_key(|group| group.no);
        around.into_iter()
    }

    /// The roles that it holds itself, each with the bot it acts on if it acts on one; in no particular order.
    pub fn held(self) -> impl Iterator<Item = (RoleRef<'r>, Option<BotRef<'r>>)> {
        let image = self.image;
        self.entry.entry().holds.iter().filter_map(move |fact| image.refs(*fact))
    }

    /// How many users are directly in it.
    pub fn n_users(self) -> u64 {
        self.image.n_members.get(self.entry.slot() as usize).map_or(0, |n| u64::from(*n))
    }

    /// The users directly in it, in order of their numbers. Whoever takes them all has taken
    /// [`GroupRef::n_users`]; chunks of users without members are passed over.
    pub fn users(self) -> impl Iterator<Item = UserRef<'r>> {
        let left = usize::try_from(self.n_users()).unwrap_or(usize::MAX);
        Holders::in_group(self.image, self.entry.slot()).take(left)
    }
}

/// What being in the group in `slot` gives.
pub(crate) fn gives(image: &Image, slot: u32) -> &Gives {
    static NOTHING: Gives = Gives { facts: Vec::new(), givers: Vec::new() };
    image.groups.get(slot).map_or(&NOTHING, |entry| entry.gives.get_or_init(|| work_out(image, slot)))
}

fn work_out(image: &Image, slot: u32) -> Gives {
    let mut found: Vec<(Fact, u32)> = Vec::new();
    for slot in reached(&image.groups, [slot], |entry| &entry.around) {
        let holds = image.groups.get(slot).map_or(&[][..], |entry| &entry.holds);
        found.extend(holds.iter().filter(|fact| image.is_there(**fact)).map(|fact| (*fact, slot)));
    }
    collect(image, &mut found)
}

/// Each of the facts of `found` once, in order, with the groups that give it.
pub(crate) fn collect(image: &Image, found: &mut Vec<(Fact, u32)>) -> Gives {
    let name = |slot: u32| image.groups.get(slot).map_or("", |entry| &entry.group.name);
    found.sort_unstable_by(|(a, by_a), (b, by_b)| {
        image
            .key(*a)
            .cmp(&image.key(*b))
            .then_with(|| if by_a == by_b { Ordering::Equal } else { name(*by_a).cmp(name(*by_b)) })
    });
    found.dedup();
    let mut gives = Gives::default();
    for of_one in found.chunk_by(|(a, _), (b, _)| a == b) {
        let Some((fact, _)) = of_one.first() else { continue };
        let from = size(gives.givers.len());
        gives.givers.extend(of_one.iter().map(|(_, by)| *by));
        gives.facts.push(Given { fact: *fact, from, to: size(gives.givers.len()) });
    }
    gives
}

/// `from` and all groups that `next` leads to from there, in any order; circles are gone round once.
pub(crate) fn reached<'r>(
    groups: &'r Table<GroupEntry>,
    from: impl IntoIterator<Item = u32>,
    next: impl Fn(&'r GroupEntry) -> &'r [u32],
) -> Vec<u32> {
    let mut reached: Vec<u32> = from.into_iter().collect();
    let mut seen: HashSet<u32> = reached.iter().copied().collect();
    let mut at = 0;
    while let Some(slot) = reached.get(at) {
        at += 1;
        let further = groups.get(*slot).map_or(&[][..], &next);
        reached.extend(further.iter().filter(|slot| seen.insert(**slot)));
    }
    // A group that is gone leads nowhere and gives nothing.
    reached.retain(|slot| groups.get(*slot).is_some());
    reached
}
