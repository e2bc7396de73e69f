//! What applying a manifest did, or would do.

/// The kinds of things that are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Bots.
    Bot,
    /// Users.
    User,
    /// Groups.
    Group,
    /// Custom roles.
    Role,
    /// Users and groups in groups.
    Membership,
    /// Roles held by users and groups.
    Assignment,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Bot, Self::User, Self::Group, Self::Role, Self::Membership, Self::Assignment];

    /// The word for many of it.
    pub fn plural(self) -> &'static str {
        match self {
            Self::Bot => "bots",
            Self::User => "users",
            Self::Group => "groups",
            Self::Role => "roles",
            Self::Membership => "memberships",
            Self::Assignment => "assignments",
        }
    }

    /// The word for one of it.
    pub fn singular(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Membership => "membership",
            Self::Assignment => "assignment",
        }
    }
}

/// What becomes of a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was not there.
    Created,
    /// It was there, and differed.
    Updated,
    /// It was there, as the manifest has it.
    Unchanged,
    /// The manifest does not list it, and everything that it does not list goes.
    Removed,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Created, Self::Updated, Self::Unchanged, Self::Removed];

    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Removed => "removed",
        }
    }
}

/// One change, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it is.
    pub kind: Kind,
    /// What becomes of it.
    pub outcome: Outcome,
    /// Its name.
    pub name: String,
}

/// The most examples there are.
pub const MAX_EXAMPLES: usize = 100;

/// Counts of what was done, and the first changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    counts: [[u64; 4]; 6],
    examples: Vec<Example>,
}

impl Report {
    /// How many of a kind had this outcome.
    pub fn count(&self, kind: Kind, outcome: Outcome) -> u64 {
        self.counts.get(kind as usize).and_then(|counts| counts.get(outcome as usize)).copied().unwrap_or_default()
    }

    /// How many things are not as they were.
    pub fn n_changes(&self) -> u64 {
        let changes = [Outcome::Created, Outcome::Updated, Outcome::Removed];
        Kind::ALL.iter().flat_map(|kind| changes.map(|outcome| self.count(*kind, outcome))).sum()
    }

    /// The first changes, up to [`MAX_EXAMPLES`], in the order they were made.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// Counts one; its name is asked for only while it is an example.
    pub(super) fn add(&mut self, kind: Kind, outcome: Outcome, name: impl FnOnce() -> String) {
        self.add_many(kind, outcome, 1);
        if outcome != Outcome::Unchanged && self.examples.len() < MAX_EXAMPLES {
            self.examples.push(Example { kind, outcome, name: name() });
        }
    }

    /// Counts some that are no examples.
    pub(super) fn add_many(&mut self, kind: Kind, outcome: Outcome, n: u64) {
        let count = self.counts.get_mut(kind as usize).and_then(|counts| counts.get_mut(outcome as usize));
        if let Some(count) = count {
            *count += n;
        }
    }
}
