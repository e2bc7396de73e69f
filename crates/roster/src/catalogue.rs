//! What stands in the tables: roles with what they grant, groups with what is around them.

use std::{collections::HashMap, sync::OnceLock};

use rolecall_model::{
    group::Group,
    page::Start,
    role::{Level, Role, RoleType},
};

use crate::{
    facts::Fact,
    ints::size,
    table::{Entry, Table},
};

/// The names of permissions, each by a small number that it keeps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Permissions {
    numbers: HashMap<String, u32>,
}

impl Permissions {
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// Gives a number to each permission of `role` that has none.
    pub(crate) fn learn(&mut self, role: &Role) {
        for (name, _) in role.permissions.iter() {
            if !self.numbers.contains_key(name) {
                let number = size(self.numbers.len());
                self.numbers.insert(name.to_owned(), number);
            }
        }
    }

    /// Whether each permission of `role` has a number.
    pub(crate) fn knows(&self, role: &Role) -> bool {
        role.permissions.iter().all(|(name, _)| self.numbers.contains_key(name))
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.numbers.keys().map(|name| name.len() + 40).sum()
    }
}

/// A role, with what it grants in a form that is quick to ask.
#[derive(Debug)]
pub struct RoleEntry {
    role: Role,
    /// The permissions it grants at all, by number, in that order.
    granted: Box<[(u32, Level)]>,
}

impl RoleEntry {
    pub(crate) fn new(role: Role, permissions: &Permissions) -> Self {
        let listed = role.permissions.iter();
        let mut granted: Vec<(u32, Level)> =
            listed.filter_map(|(name, level)| Some((permissions.number(name)?, level))).collect();
        // The first of two with one name counts, as it does in the model; hence a stable sort.
        granted.sort_by_key(|(number, _)| *number);
        granted.dedup_by_key(|(number, _)| *number);
        granted.retain(|(_, level)| *level != Level::No);
        Self { role, granted: granted.into_boxed_slice() }
    }

    /// How far the role grants the permission with this number.
    pub(crate) fn level(&self, permission: u32) -> Level {
        let found = self.granted.binary_search_by_key(&permission, |(number, _)| *number).ok();
        found.and_then(|at| self.granted.get(at)).map_or(Level::No, |(_, level)| *level)
    }

    /// What it grants, by name.
    pub(crate) fn granted(&self) -> impl Iterator<Item = (&str, Level)> {
        self.role.permissions.iter().filter(|(_, level)| *level != Level::No)
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let role = &self.role;
        let permissions: usize = role.permissions.iter().map(|(name, _)| name.len() + 40).sum();
        role.id.len()
            + role.name.len()
            + role.description.len()
            + role.ref_id.len()
            + permissions
            + self.granted.len() * 8
    }
}

impl Entry for RoleEntry {
    type Model = Role;

    fn model(&self) -> &Role {
        &self.role
    }

    fn no(&self) -> i64 {
        self.role.no.0
    }

    fn id(&self) -> &str {
        &self.role.id
    }
}

/// The slots of the roles of each type, in order of their numbers.
#[derive(Debug, Default)]
pub(crate) struct RolesByType {
    admin: Vec<u32>,
    bot: Vec<u32>,
}

impl RolesByType {
    /// Sorts these roles by type.
    pub(crate) fn new(roles: &Table<RoleEntry>) -> Self {
        let mut by_type = Self::default();
        for role in roles.list(Start::Offset(0)) {
            match role.role_type {
                RoleType::Admin => by_type.admin.push(role.slot()),
                RoleType::Bot => by_type.bot.push(role.slot()),
            }
        }
        by_type
    }

    pub(crate) fn of(&self, role_type: RoleType) -> &[u32] {
        match role_type {
            RoleType::Admin => &self.admin,
            RoleType::Bot => &self.bot,
        }
    }
}

/// A group, with its place among the others and what it holds.
#[derive(Debug)]
pub(crate) struct GroupEntry {
    pub(crate) group: Group,
    /// The slots of the groups directly in it, and of those it is directly in.
    pub(crate) inside: Vec<u32>,
    pub(crate) around: Vec<u32>,
    /// What it holds itself.
    pub(crate) holds: Vec<Fact>,
    /// What it gives to who is in it, once somebody asked.
    pub(crate) gives: OnceLock<Gives>,
}

/// What membership in a group gives, by way of that group and all around it.
#[derive(Debug, Default)]
pub(crate) struct Gives {
    /// In order of bot and role.
    pub(crate) facts: Vec<Given>,
    /// The groups that give them, those of one fact next to each other and in order of their names.
    pub(crate) givers: Vec<u32>,
}

impl Gives {
    /// What is given, each with the groups that give it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (Fact, &[u32])> {
        let givers = |given: &Given| self.givers.get(given.from as usize..given.to as usize).unwrap_or_default();
        self.facts.iter().map(move |given| (given.fact, givers(given)))
    }
}

/// One of [`Gives`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) fact: Fact,
    /// Where its givers begin.
    pub(crate) from: u32,
    /// Where they end.
    pub(crate) to: u32,
}

impl GroupEntry {
    pub(crate) fn new(group: Group) -> Self {
        Self { group, inside: Vec::new(), around: Vec::new(), holds: Vec::new(), gives: OnceLock::new() }
    }

    /// The same, with nothing remembered of what it gives.
    pub(crate) fn forgetful(&self) -> Self {
        Self {
            group: self.group.clone(),
            inside: self.inside.clone(),
            around: self.around.clone(),
            holds: self.holds.clone(),
            gives: OnceLock::new(),
        }
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let gives = self.gives.get().map_or(0, |gives| gives.facts.len() * 16 + gives.givers.len() * 4);
        let group = &self.group;
        group.id.len()
            + group.name.len()
            + group.description.len()
            + (self.inside.len() + self.around.len()) * 4
            + self.holds.len() * 8
            + gives
    }
}

impl Entry for GroupEntry {
    type Model = Group;

    fn model(&self) -> &Group {
        &self.group
    }

    fn no(&self) -> i64 {
        self.group.no.0
    }

    fn id(&self) -> &str {
        &self.group.id
    }
}
