//! A user of a roster, and going through them.

use std::fmt;

use rolecall_model::{ids::UserNo, page::Start, user::Status};

use crate::{
    domains::Email,
    facts::Fact,
    groups::GroupRef,
    held::Holdings,
    id::Id,
    image::{BotRef, Image, RoleRef},
    tree::{Found, Walk},
};

/// A user of a roster.
#[derive(Clone, Copy)]
pub struct UserRef<'r> {
    image: &'r Image,
    found: Found<'r>,
}

impl fmt::Debug for UserRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserRef").field("no", &self.no().0).finish_non_exhaustive()
    }
}

impl<'r> UserRef<'r> {
    pub(crate) fn new(image: &'r Image, found: Found<'r>) -> Self {
        Self { image, found }
    }

    pub(crate) fn image(self) -> &'r Image {
        self.image
    }

    /// Its number.
    pub fn no(self) -> UserNo {
        UserNo(i64::from(self.found.chunk.people.no(self.found.at)))
    }

    /// Its id.
    pub fn id(self) -> Id<'r> {
        self.found.chunk.people.id(self.found.at)
    }

    /// Its e-mail address.
    pub fn email(self) -> Email<'r> {
        self.found.chunk.people.email(self.found.at, &self.image.domains)
    }

    /// The id its organisation knows it by; empty if it has none.
    pub fn org_user_id(self) -> &'r str {
        self.found.chunk.people.org_user_id(self.found.at)
    }

    /// Its first name.
    pub fn first_name(self) -> &'r str {
        self.found.chunk.people.first_name(self.found.at)
    }

    /// Its last name.
    pub fn last_name(self) -> &'r str {
        self.found.chunk.people.last_name(self.found.at)
    }

    /// Whether it may enter the builder.
    pub fn is_developer(self) -> bool {
        self.found.chunk.people.is_developer(self.found.at)
    }

    /// Whether it may create bots.
    pub fn can_create_bot(self) -> bool {
        self.found.chunk.people.can_create_bot(self.found.at)
    }

    /// Whether it may sign in.
    pub fn status(self) -> Status {
        self.found.chunk.people.status(self.found.at)
    }

    /// Whether its id, its address and its names can stand in a JSON string as they are: no
    /// quotation mark, no backslash, no control character is in any of them.
    pub fn is_plain(self) -> bool {
        self.found.chunk.people.is_plain(self.found.at)
    }

    /// The roles it holds, directly and by way of groups. For many users, read each into one
    /// [`Holdings`] instead.
    pub fn holdings(self) -> Holdings<'r> {
        let mut holdings = Holdings::default();
        holdings.read(self);
        holdings
    }

    /// The roles that it holds without any group, each with the bot it acts on if it acts on one; in no
    /// particular order.
    pub fn held_directly(self) -> impl Iterator<Item = (RoleRef<'r>, Option<BotRef<'r>>)> {
        let image = self.image;
        self.held().filter_map(move |fact| image.refs(fact))
    }

    /// The groups it is in itself, in no particular order.
    pub fn groups(self) -> impl Iterator<Item = GroupRef<'r>> {
        let image = self.image;
        self.joined().filter_map(move |slot| image.groups.get_ref(slot)).map(move |group| GroupRef::new(image, group))
    }

    /// What it holds directly, in order, what is gone included.
    pub(crate) fn held(self) -> impl ExactSizeIterator<Item = Fact> + use<'r> {
        self.found.chunk.facts.held(self.found.at, self.found.place)
    }

    /// The slots of the groups it is in itself, what is gone included.
    pub(crate) fn joined(self) -> impl ExactSizeIterator<Item = u32> + use<'r> {
        self.found.chunk.facts.joined(self.found.at, self.found.place)
    }
}

/// The users of a roster in order of their numbers.
#[derive(Clone, Debug)]
pub struct Users<'r> {
    image: &'r Image,
    walk: Walk<'r>,
}

impl<'r> Users<'r> {
    pub(crate) fn new(image: &'r Image, start: Start) -> Self {
        let walk = match start {
            Start::Offset(offset) => image.users.walk_from_offset(offset),
            Start::After(no) => image.users.walk_after(no),
        };
        Self { image, walk }
    }
}

impl<'r> Iterator for Users<'r> {
    type Item = UserRef<'r>;

    fn next(&mut self) -> Option<UserRef<'r>> {
        let found = self.walk.next()?;
        Some(UserRef::new(self.image, found))
    }

    fn nth(&mut self, n: usize) -> Option<UserRef<'r>> {
        let found = self.walk.nth(n)?;
        Some(UserRef::new(self.image, found))
    }
}
