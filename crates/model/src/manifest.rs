//! Manifests: what an account should hold, written down.
//!
//! A manifest comes as one document (YAML or JSON) or as a stream of lines (NDJSON). Both are read
//! into the same [`Record`]s, and every record can be written down again. Records name each other
//! by what people know (names, e-mail addresses), never by ids, so that a manifest of one
//! environment can be applied to another. Whether what they name exists is not asked here.

mod document;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use document::{Format, parse_document};
pub use read::parse_line;
pub use write::document;

use crate::{role::RoleType, role_import};

/// One thing an account should hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A bot.
    Bot(Bot),
    /// A user.
    User(User),
    /// A group.
    Group(Group),
    /// A role.
    Role(Role),
    /// Who holds a role.
    Assignment(Assignment),
}

impl Record {
    /// What kind of record it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Bot(_) => Kind::Bot,
            Self::User(_) => Kind::User,
            Self::Group(_) => Kind::Group,
            Self::Role(_) => Kind::Role,
            Self::Assignment(_) => Kind::Assignment,
        }
    }
}

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// [`Record::Bot`].
    Bot,
    /// [`Record::User`].
    User,
    /// [`Record::Group`].
    Group,
    /// [`Record::Role`].
    Role,
    /// [`Record::Assignment`].
    Assignment,
}

impl Kind {
    /// All of them, in the order documents list them.
    pub const ALL: [Self; 5] = [Self::Bot, Self::User, Self::Group, Self::Role, Self::Assignment];

    /// What a line of this kind has under `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Assignment => "assignment",
        }
    }

    /// The key under which a document lists records of this kind.
    pub fn section(self) -> &'static str {
        match self {
            Self::Bot => "bots",
            Self::User => "users",
            Self::Group => "groups",
            Self::Role => "roles",
            Self::Assignment => "assignments",
        }
    }
}

// In each of them, `None` means that the manifest does not say: what is there stays as it is, and
// what is made gets the default.

/// A bot, known by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bot {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The e-mail address of its owner.
    pub owner: Option<String>,
    /// Whom it serves, such as `customer` or `employee`.
    pub purpose: Option<String>,
    /// The language it is written in first.
    pub default_language: Option<String>,
}

/// A user, known by the e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The e-mail address, as written.
    pub email: String,
    /// The organisation's own id for the user.
    pub org_user_id: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// Whether the user may enter the builder.
    pub is_developer: Option<bool>,
    /// Whether the user may make bots.
    pub can_create_bot: Option<bool>,
    /// What else is known: keys out of [`PROFILE_KEYS`], in their order, and values.
    pub profile: Vec<(&'static str, String)>,
}

/// What may be known of a user beside the names (wire fact 7.11).
pub const PROFILE_KEYS: [&str; 10] = [
    "companyName",
    "dept",
    "companyContactPhone",
    "worknumber",
    "street",
    "suiteNo",
    "city",
    "zip",
    "state",
    "country",
];

/// A group, known by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The e-mail addresses of the users in it.
    pub members: Vec<String>,
    /// The names of the groups in it.
    pub groups: Vec<String>,
}

/// A role, known by its refId, else by its type and name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// What it acts on.
    pub role_type: RoleType,
    /// What is said of it.
    pub entry: role_import::Entry,
}

/// A role held by users and groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The role's name.
    pub role: String,
    /// The role's type.
    pub role_type: RoleType,
    /// The name of the bot it is held on: there for bot roles, and only for them.
    pub bot: Option<String>,
    /// The e-mail addresses of the users who hold it directly.
    pub users: Vec<String>,
    /// The names of the groups that hold it.
    pub groups: Vec<String>,
}
