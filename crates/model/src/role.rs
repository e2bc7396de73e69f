//! Roles: named sets of permissions, for the account (`admin`) or for one bot (`bot`).

use std::{collections::HashMap, fmt};

use serde_json::{Map, Value};

use crate::{
    authority::AdminPermission,
    ids::RoleNo,
    json,
    phrase::{Arg, Text},
    problem::Problems,
    say,
    time::Instant,
};

/// What a role acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleType {
    /// The account.
    Admin,
    /// One bot.
    Bot,
}

impl RoleType {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Bot => "bot",
        }
    }

    /// The type of that word; none for any other.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "admin" => Some(Self::Admin),
            "bot" => Some(Self::Bot),
            _ => None,
        }
    }
}

impl fmt::Display for RoleType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A role of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its number; built-in roles come first, then the order of creation.
    pub no: RoleNo,
    /// Its id: 24 hex digits.
    pub id: String,
    /// What it acts on.
    pub role_type: RoleType,
    /// Its name, unique among the roles of its type under [`crate::text::fold`].
    pub name: String,
    /// What it is for.
    pub description: String,
    /// What it grants.
    pub permissions: Permissions,
    /// The key that stays the same in every environment.
    pub ref_id: String,
    /// Whether the account had it from its beginning; such a role cannot be changed.
    pub is_built_in: bool,
    /// When it was made.
    pub created_at: Instant,
    /// By whom, as an id.
    pub created_by: String,
    /// When it was last changed.
    pub modified_at: Instant,
    /// By whom, as an id.
    pub modified_by: String,
}

impl Role {
    /// Whether it is the built-in admin role, by what it is and not by what it is called.
    pub fn is_master_admin(&self) -> bool {
        self.is_built_in && self.role_type == RoleType::Admin && self.name == MASTER_ADMIN
    }

    /// Whether it is the built-in role of bot owners, which follows who owns a bot.
    pub fn is_bot_owner(&self) -> bool {
        self.is_built_in && self.role_type == RoleType::Bot && self.name == BOT_OWNER
    }
}

/// How far a permission goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Level {
    /// Not granted.
    No,
    /// Granted, where there is nothing between.
    Yes,
    /// May look.
    View,
    /// May look and change.
    Full,
}

impl Level {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::No => "NO",
            Self::Yes => "YES",
            Self::View => "VIEW",
            Self::Full => "FULL",
        }
    }

    /// Whether this goes as far as `asked`: VIEW is the least of a permission, then YES, then FULL. Where a
    /// permission has levels between, it has no YES.
    pub fn covers(self, asked: Self) -> bool {
        self.rank() >= asked.rank()
    }

    fn rank(self) -> u8 {
        match self {
            Self::No => 0,
            Self::View => 1,
            Self::Yes => 2,
            Self::Full => 3,
        }
    }

    /// The level of that word; none for any other.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "NO" => Some(Self::No),
            "YES" => Some(Self::Yes),
            "VIEW" => Some(Self::View),
            "FULL" => Some(Self::Full),
            _ => None,
        }
    }
}

/// The permissions of a role, in the order they were given. A name that is not here is not granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Permissions(Vec<(String, Level)>);

/// The most permissions a role may list.
pub const MAX_PERMISSIONS: usize = 1_000;

/// Admin permissions (wire fact 8.1), each granted or not; see [`AdminPermission`].
pub const ADMIN_PERMISSIONS: [&str; AdminPermission::NAMES.len()] = AdminPermission::NAMES;

/// Bot permissions that go FULL, VIEW or NO (wire fact 8.2).
pub const BOT_PERMISSIONS_BY_DEPTH: [&str; 10] = [
    "Tasks",
    "Natural Language",
    "Knowledge Graph",
    "Batch Testing",
    "Bot Developers",
    "Bot Settings",
    "Testing",
    "Custom Dashboards",
    "Storyboard",
    "IntentDiscovery",
];

/// Bot permissions that are YES or NO (wire fact 8.2).
pub const BOT_PERMISSIONS_YES_NO: [&str; 9] = [
    "Bot Import",
    "Extensions",
    "Bot builder API Scopes",
    "Publish bot",
    "Channels",
    "Dashboard",
    "Bot Analytics",
    "Integrations & Extensions",
    "App Builder API Scopes",
];

/// The values permission `name` of a role of type `role_type` may have. A name nobody knows is
/// kept as it is (the platform invents new ones), with any value of its type's vocabulary.
pub fn vocabulary(role_type: RoleType, name: &str) -> &'static [Level] {
    match role_type {
        RoleType::Admin => &[Level::Yes, Level::No],
        RoleType::Bot if BOT_PERMISSIONS_BY_DEPTH.contains(&name) => &[Level::Full, Level::View, Level::No],
        RoleType::Bot if BOT_PERMISSIONS_YES_NO.contains(&name) => &[Level::Yes, Level::No],
        RoleType::Bot => &[Level::Full, Level::View, Level::Yes, Level::No],
    }
}

impl Permissions {
    /// Permissions from names and levels that the program itself knows.
    pub fn of<'a>(list: impl IntoIterator<Item = (&'a str, Level)>) -> Self {
        Self(list.into_iter().map(|(name, level)| (name.to_owned(), level)).collect())
    }

    /// Names and levels, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Level)> {
        self.0.iter().map(|(name, level)| (name.as_str(), *level))
    }

    /// The level of permission `name`; [`Level::No`] if it is not listed.
    pub fn level(&self, name: &str) -> Level {
        self.0.iter().find(|(own, _)| own == name).map_or(Level::No, |(_, level)| *level)
    }

    /// Reads the wire's form: `{"Invite":"YES"}` for admin roles, `{"Tasks":["FULL"]}` for bot roles.
    ///
    /// Errors: added to `problems`, one for each bad value.
    pub fn parse(role_type: RoleType, value: &Value, path: &str, problems: &mut Problems) -> Self {
        let form = match role_type {
            RoleType::Admin => Form::Word,
            RoleType::Bot => Form::ArrayOfOne,
        };
        Self::parse_as(role_type, form, value, path, problems)
    }

    /// Reads the plain form, `{"Tasks":"FULL"}` for roles of either type; else as [`Permissions::parse`].
    pub fn parse_plain(role_type: RoleType, value: &Value, path: &str, problems: &mut Problems) -> Self {
        Self::parse_as(role_type, Form::Word, value, path, problems)
    }

    fn parse_as(role_type: RoleType, form: Form, value: &Value, path: &str, problems: &mut Problems) -> Self {
        let Some(object) = json::Object::of(value, path, problems) else { return Self::default() };
        if object.map().len() > MAX_PERMISSIONS {
            problems.add(path, say::at_most_permissions(MAX_PERMISSIONS));
            return Self::default();
        }
        let mut list = Vec::with_capacity(object.map().len());
        for (name, value) in object.map() {
            if let Err(bad) = crate::text::check_name(name) {
                problems.add(object.path_of(name), say::permission_name(Text::from(bad)));
                continue;
            }
            let words = vocabulary(role_type, name);
            let level = match (form, value) {
                (Form::Word, Value::String(word)) => Level::parse(word),
                (Form::ArrayOfOne, Value::Array(one)) => match one.as_slice() {
                    [Value::String(word)] => Level::parse(word),
                    _ => None,
                },
                _ => None,
            };
            if let Some(level) = level.filter(|level| words.contains(level)) {
                list.push((name.clone(), level));
            } else {
                problems.add(object.path_of(name), say::must_be_words(spelled(form, words)));
            }
        }
        Self(list)
    }

    /// The plain form; see [`Permissions::parse_plain`].
    pub fn to_plain(&self) -> Value {
        let values = self.iter().map(|(name, level)| (name.to_owned(), Value::from(level.as_str())));
        Value::Object(values.collect::<Map<_, _>>())
    }

    /// The wire's form; see [`Permissions::parse`].
    pub fn to_wire(&self, role_type: RoleType) -> Value {
        let values = self.iter().map(|(name, level)| {
            let word = Value::from(level.as_str());
            let value = match role_type {
                RoleType::Admin => word,
                RoleType::Bot => Value::Array(vec![word]),
            };
            (name.to_owned(), value)
        });
        Value::Object(values.collect::<Map<_, _>>())
    }

    /// What differs from `self` to `after`: name, level before, level after. Order of listing and
    /// whether NO is listed or left out make no difference.
    pub fn delta(&self, after: &Self) -> Vec<(String, Level, Level)> {
        let (old, new): (HashMap<_, _>, HashMap<_, _>) = (self.iter().collect(), after.iter().collect());
        let mut changed = Vec::new();
        let gone = self.iter().map(|(name, _)| name).filter(|name| !new.contains_key(name));
        for name in after.iter().map(|(name, _)| name).chain(gone) {
            let level_of = |side: &HashMap<&str, Level>| side.get(name).copied().unwrap_or(Level::No);
            let (old, new) = (level_of(&old), level_of(&new));
            if old != new {
                changed.push((name.to_owned(), old, new));
            }
        }
        changed
    }

    /// Whether both list the same permissions at the same levels, in whatever order.
    pub fn lists_the_same(&self, other: &Self) -> bool {
        self == other || self.iter().collect::<HashMap<_, _>>() == other.iter().collect()
    }
}

/// How a level is written.
#[derive(Clone, Copy)]
enum Form {
    /// `"FULL"`
    Word,
    /// `["FULL"]`
    ArrayOfOne,
}

fn spelled(form: Form, words: &[Level]) -> Arg {
    let words = words.iter().map(|word| match form {
        Form::Word => format!("\"{}\"", word.as_str()),
        Form::ArrayOfOne => format!("[\"{}\"]", word.as_str()),
    });
    Arg::AnyOf(words.collect())
}

/// A role that every account has from its beginning and nobody can edit, import over or delete.
pub struct BuiltIn {
    /// Its type.
    pub role_type: RoleType,
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The key that stays the same in every environment (wire fact 8.3).
    pub ref_id: &'static str,
    /// What it grants.
    pub permissions: fn() -> Permissions,
}

/// The name of the built-in admin role, which goes to users only.
pub const MASTER_ADMIN: &str = "admin";
/// The name of the built-in role that follows a bot's creation and cannot be assigned.
pub const BOT_OWNER: &str = "Bot Owner";

/// The built-in roles, in the order lists show them.
pub const BUILT_IN: [BuiltIn; 4] = [
    BuiltIn {
        role_type: RoleType::Admin,
        name: MASTER_ADMIN,
        description: "Master administration role with full control on account activity",
        ref_id: "5bca33e75513765737ef9cad",
        permissions: || Permissions::of(ADMIN_PERMISSIONS.map(|name| (name, Level::Yes))),
    },
    BuiltIn {
        role_type: RoleType::Bot,
        name: BOT_OWNER,
        description: "Role of bot owners with full access to bot definition",
        ref_id: "5bca33e75513765737ef9cae",
        permissions: || bot_role([Level::Full; 6], [Level::Yes; 7]),
    },
    BuiltIn {
        role_type: RoleType::Bot,
        name: "Bot Developer",
        description: "Role for bot co-developers",
        ref_id: "5bca33e75513765737ef9caf",
        permissions: || {
            let mut depths = [Level::Full; 6];
            depths[4] = Level::View;
            bot_role(depths, [Level::Yes; 7])
        },
    },
    BuiltIn {
        role_type: RoleType::Bot,
        name: "Bot Tester",
        description: "Role for bot testers with read-only access to bot definition",
        ref_id: "5bca33e75513765737ef9cb0",
        permissions: || {
            let mut depths = [Level::View; 6];
            depths[5] = Level::No;
            let mut flags = [Level::No; 7];
            flags[5] = Level::Yes;
            flags[6] = Level::Yes;
            bot_role(depths, flags)
        },
    },
];

/// The 13 permissions of the built-in bot roles: the first six by depth, then seven yes or no.
fn bot_role(depths: [Level; 6], flags: [Level; 7]) -> Permissions {
    let by_depth = BOT_PERMISSIONS_BY_DEPTH.into_iter().zip(depths);
    let yes_no = BOT_PERMISSIONS_YES_NO.into_iter().zip(flags);
    Permissions::of(by_depth.chain(yes_no))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_outside_its_vocabulary_is_told_with_what_may_stand_there() {
        let mut problems = Problems::default();
        let value =
            json!({"Tasks": ["YES"], "Channels": ["YES"], "Dashboard": "YES", "Brand New": ["VIEW"], "Extensions": []});
        let permissions = Permissions::parse(RoleType::Bot, &value, "/0/permissions", &mut problems);
        assert_eq!(permissions, Permissions::of([("Channels", Level::Yes), ("Brand New", Level::View)]));
        assert_eq!(
            problems.to_string(),
            r#"/0/permissions/Tasks: must be ["FULL"] or ["VIEW"] or ["NO"]; /0/permissions/Dashboard: must be ["YES"] or ["NO"]; /0/permissions/Extensions: must be ["YES"] or ["NO"]"#
        );
    }

    #[test]
    fn permissions_survive_the_wire_in_their_order() {
        for built_in in &BUILT_IN {
            let permissions = (built_in.permissions)();
            let mut problems = Problems::default();
            let wire = permissions.to_wire(built_in.role_type);
            assert_eq!(Permissions::parse(built_in.role_type, &wire, "", &mut problems), permissions);
            assert!(problems.is_empty(), "{problems}");
        }
    }

    #[test]
    fn the_plain_form_is_the_same_for_both_types() {
        for built_in in &BUILT_IN {
            let permissions = (built_in.permissions)();
            let mut problems = Problems::default();
            let plain = permissions.to_plain();
            assert_eq!(Permissions::parse_plain(built_in.role_type, &plain, "", &mut problems), permissions);
            assert!(problems.is_empty(), "{problems}");
        }
        let mut problems = Problems::default();
        let value = json!({"Tasks": ["FULL"], "Channels": "VIEW", "Dashboard": "YES"});
        let permissions = Permissions::parse_plain(RoleType::Bot, &value, "/permissions", &mut problems);
        assert_eq!(permissions, Permissions::of([("Dashboard", Level::Yes)]));
        assert_eq!(
            problems.to_string(),
            r#"/permissions/Tasks: must be "FULL" or "VIEW" or "NO"; /permissions/Channels: must be "YES" or "NO""#
        );
    }

    #[test]
    fn a_level_covers_itself_and_what_is_less() {
        let covered = |level: Level| [Level::No, Level::View, Level::Yes, Level::Full].map(|asked| level.covers(asked));
        assert_eq!(covered(Level::No), [true, false, false, false]);
        assert_eq!(covered(Level::View), [true, true, false, false]);
        assert_eq!(covered(Level::Yes), [true, true, true, false]);
        assert_eq!(covered(Level::Full), [true; 4]);
    }

    #[test]
    fn a_delta_ignores_order_and_unlisted_no() {
        let before = Permissions::of([("Tasks", Level::Full), ("Channels", Level::No)]);
        let after = Permissions::of([("Dashboard", Level::Yes), ("Tasks", Level::View)]);
        assert_eq!(
            before.delta(&after),
            [("Dashboard".to_owned(), Level::No, Level::Yes), ("Tasks".to_owned(), Level::Full, Level::View)]
        );
        assert!(before.delta(&before).is_empty());
    }
}
