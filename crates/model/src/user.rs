//! Users: the people of an account, its administrators and developers.

use serde_json::{Map, Value};

use crate::{ids::UserNo, time::Instant};

/// A user of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its number; users are listed in this order, which is that of their creation.
    pub no: UserNo,
    /// Its id: `u-` and a UUID.
    pub id: String,
    /// The e-mail address it signs in with, unique in the account in any case of letters.
    pub email: String,
    /// The id its organisation knows it by; empty if it has none, else unique in the account.
    pub org_user_id: String,
    /// Its first name.
    pub first_name: String,
    /// Its last name.
    pub last_name: String,
    /// Whether it may enter the builder.
    pub is_developer: bool,
    /// Whether it may create bots; only a developer may.
    pub can_create_bot: bool,
    /// Whether it may create data tables and views.
    pub has_data_access: bool,
    /// Whether it may sign in.
    pub status: Status,
    /// Its other particulars, by [`PROFILE_KEYS`], in the order they were given.
    pub profile: Map<String, Value>,
    /// The tasks of bots it was given, as the wire has them: `[{"streamId","dialogs"}]`.
    pub bot_tasks: Value,
    /// When it was made.
    pub created_at: Instant,
}

/// What an image of an account in memory keeps of a user, wherever it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserRow<'a> {
    /// Its number.
    pub no: UserNo,
    /// Its id.
    pub id: &'a str,
    /// Its e-mail address.
    pub email: &'a str,
    /// The id its organisation knows it by; empty if it has none.
    pub org_user_id: &'a str,
    /// Its first name.
    pub first_name: &'a str,
    /// Its last name.
    pub last_name: &'a str,
    /// Whether it may enter the builder.
    pub is_developer: bool,
    /// Whether it may create bots.
    pub can_create_bot: bool,
    /// Whether it may sign in.
    pub status: Status,
}

impl<'a> From<&'a User> for UserRow<'a> {
    fn from(user: &'a User) -> Self {
        Self {
            no: user.no,
            id: &user.id,
            email: &user.email,
            org_user_id: &user.org_user_id,
            first_name: &user.first_name,
            last_name: &user.last_name,
            is_developer: user.is_developer,
            can_create_bot: user.can_create_bot,
            status: user.status,
        }
    }
}

/// The particulars a profile may have (wire fact 7.11), each a text.
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

/// Whether a user may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It may.
    Active,
    /// It may not.
    NotActive,
}

impl Status {
    /// The words on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::NotActive => "not active",
        }
    }

    /// The status of those words.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "active" => Some(Self::Active),
            "not active" => Some(Self::NotActive),
            _ => None,
        }
    }
}

impl User {
    /// A user as it is made when nothing but its address is given: a developer who may create bots
    /// (wire fact 7.11).
    pub fn new(no: UserNo, id: String, email: String, created_at: Instant) -> Self {
        Self {
            no,
            id,
            email,
            org_user_id: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            is_developer: true,
            can_create_bot: true,
            has_data_access: false,
            status: Status::Active,
            profile: Map::new(),
            bot_tasks: Value::Array(Vec::new()),
            created_at,
        }
    }
}
