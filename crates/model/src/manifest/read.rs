//! Reading one record, whatever syntax it came in.

use serde_json::Value;

use super::{Assignment, Bot, Group, Kind, PROFILE_KEYS, Record, Role, User};
use crate::{
    json::{self, Object},
    nearest,
    phrase::Text,
    problem::{Problem, Problems},
    role::RoleType,
    role_import::{self, MAX_DESCRIPTION_CHARS},
    say,
    text::{self, BadName},
};

/// Reads line `number` of an NDJSON manifest. A line with nothing on it is no record: skip it.
///
/// Errors: every problem of the line, at the line's number followed by a JSON pointer into it.
pub fn parse_line(number: u64, line: &str) -> Result<Record, Problems> {
    let place = format!("line {number}");
    // The reader counts lines from the text it was given, which is only this one.
    let mut value = json::parse(line.as_bytes()).map_err(|problem| {
        Problem::in_english(&place, problem.detail.to_string().replace("at line 1 column", "at column"))
    })?;
    let kind = take_kind(&mut value, &place)?;
    let mut problems = Problems::default();
    match record(kind, &value, &place, &mut problems) {
        Some(record) => problems.or_ok(record),
        None => Err(problems),
    }
}

fn take_kind(value: &mut Value, place: &str) -> Result<Kind, Problem> {
    let Value::Object(map) = value else {
        return Err(Problem::new(place, say::must_be_object(json::kind(value))));
    };
    let known = Kind::ALL.map(Kind::as_str);
    let detail = match map.shift_remove("kind") {
        Some(Value::String(word)) => match Kind::ALL.into_iter().find(|kind| kind.as_str() == word) {
            Some(kind) => return Ok(kind),
            None => nearest::unknown(&word, known),
        },
        _ => say::in_english(format!("must be one of {}", known.join(", "))),
    };
    Err(Problem::new(json::child(place, "kind"), detail))
}

/// Reads a record of a kind that is known; `None` together with a problem.
pub(super) fn record(kind: Kind, value: &Value, path: &str, problems: &mut Problems) -> Option<Record> {
    let object = Object::of(value, path, problems)?;
    match kind {
        Kind::Bot => Some(Record::Bot(bot(&object, problems))),
        Kind::User => Some(Record::User(user(&object, problems))),
        Kind::Group => Some(Record::Group(group(&object, problems))),
        Kind::Role => role(&object, problems).map(Record::Role),
        Kind::Assignment => assignment(&object, problems).map(Record::Assignment),
    }
}

fn bot(object: &Object<'_>, problems: &mut Problems) -> Bot {
    check_keys(object, &[&["name", "description", "owner", "purpose", "defaultLanguage"]], problems);
    Bot {
        name: text(object, "name", name_fault, problems),
        description: text_if_any(object, "description", description_fault, problems),
        owner: text_if_any(object, "owner", email_fault, problems),
        purpose: text_if_any(object, "purpose", line_fault, problems),
        default_language: text_if_any(object, "defaultLanguage", line_fault, problems),
    }
}

fn user(object: &Object<'_>, problems: &mut Problems) -> User {
    let own = ["email", "orgUserId", "firstName", "lastName", "isDeveloper", "canCreateBot"];
    check_keys(object, &[&own, &PROFILE_KEYS], problems);
    let user = User {
        email: text(object, "email", email_fault, problems),
        org_user_id: text_if_any(object, "orgUserId", line_fault, problems),
        first_name: text_if_any(object, "firstName", line_fault, problems),
        last_name: text_if_any(object, "lastName", line_fault, problems),
        is_developer: object.bool_if_any("isDeveloper", problems),
        can_create_bot: object.bool_if_any("canCreateBot", problems),
        profile: PROFILE_KEYS
            .into_iter()
            .filter_map(|key| Some((key, text_if_any(object, key, line_fault, problems)?)))
            .collect(),
    };
    if user.can_create_bot == Some(true) && user.is_developer == Some(false) {
        problems.add_in_english(object.path_of("canCreateBot"), "needs isDeveloper: who makes bots enters the builder");
    }
    user
}

fn group(object: &Object<'_>, problems: &mut Problems) -> Group {
    check_keys(object, &[&["name", "description", "members", "groups"]], problems);
    Group {
        name: text(object, "name", name_fault, problems),
        description: text_if_any(object, "description", description_fault, problems),
        members: texts(object, "members", email_fault, problems),
        groups: texts(object, "groups", name_fault, problems),
    }
}

fn role(object: &Object<'_>, problems: &mut Problems) -> Option<Role> {
    check_keys(object, &[&["roleType", "role", "rDesc", "permissions", "refId"]], problems);
    let role_type = role_type(object, problems)?;
    Some(Role { role_type, entry: role_import::Entry::read(role_type, object, problems) })
}

fn assignment(object: &Object<'_>, problems: &mut Problems) -> Option<Assignment> {
    check_keys(object, &[&["role", "roleType", "bot", "users", "groups"]], problems);
    let role = text(object, "role", name_fault, problems);
    let users = texts(object, "users", email_fault, problems);
    let groups = texts(object, "groups", name_fault, problems);
    let role_type = role_type(object, problems)?;
    let bot = match role_type {
        RoleType::Bot => Some(text(object, "bot", name_fault, problems)),
        RoleType::Admin => None,
    };
    if bot.is_none() && object.get("bot").is_some() {
        problems.add_in_english(object.path_of("bot"), "must not be there: an admin role is held on the account");
    }
    Some(Assignment { role, role_type, bot, users, groups })
}

fn check_keys(object: &Object<'_>, known: &[&[&'static str]], problems: &mut Problems) {
    let known = known.iter().copied().flatten().copied();
    for key in object.map().keys() {
        if !known.clone().any(|known| known == key) {
            problems.add(object.path_of(key), nearest::unknown(key, known.clone()));
        }
    }
}

fn role_type(object: &Object<'_>, problems: &mut Problems) -> Option<RoleType> {
    let word = text(object, "roleType", |_| None, problems);
    let role_type = RoleType::parse(&word);
    if role_type.is_none() && !word.is_empty() {
        problems.add_in_english(object.path_of("roleType"), r#"must be "admin" or "bot""#);
    }
    role_type
}

/// What is wrong with a text.
type Fault = fn(&str) -> Option<Text>;

fn name_fault(text: &str) -> Option<Text> {
    text::check_name(text).err().map(Text::from)
}

/// As a name, but it may be empty, so as to clear what was there.
fn line_fault(text: &str) -> Option<Text> {
    text::check_name(text).err().filter(|bad| *bad != BadName::Empty).map(Text::from)
}

fn description_fault(text: &str) -> Option<Text> {
    let is_long = text.chars().count() > MAX_DESCRIPTION_CHARS;
    is_long.then(|| say::at_most_characters(MAX_DESCRIPTION_CHARS))
}

fn email_fault(text: &str) -> Option<Text> {
    (!text::is_email(text)).then(|| say::in_english("is no e-mail address"))
}

/// A text that must be there and hold something.
fn text(object: &Object<'_>, key: &str, fault: Fault, problems: &mut Problems) -> String {
    match object.get(key) {
        None => problems.add(object.path_of(key), say::is_required()),
        Some(Value::String(text)) if text.is_empty() => problems.add(object.path_of(key), say::must_not_be_empty()),
        Some(value) => return sound(value, fault, || object.path_of(key), problems).unwrap_or_default(),
    }
    String::new()
}

/// A text that may be absent.
fn text_if_any(object: &Object<'_>, key: &str, fault: Fault, problems: &mut Problems) -> Option<String> {
    sound(object.get(key)?, fault, || object.path_of(key), problems)
}

/// The texts of a list that may be absent.
fn texts(object: &Object<'_>, key: &str, fault: Fault, problems: &mut Problems) -> Vec<String> {
    let mut texts = Vec::new();
    object.each(key, problems, |value, path, problems| texts.extend(sound(value, fault, path, problems)));
    texts
}

/// `value` if it is a text without fault; `None` together with a problem.
fn sound(value: &Value, fault: Fault, path: impl Fn() -> String, problems: &mut Problems) -> Option<String> {
    let detail = match value {
        Value::String(text) => match fault(text) {
            None => return Some(text.clone()),
            Some(fault) => fault,
        },
        // What YAML takes for these was mostly meant as a text: an employee's number, say.
        Value::Number(_) | Value::Bool(_) => {
            say::in_english(format!("must be a string, not {}: put it in quotes", json::kind(value)))
        }
        other => say::must_be_string(json::kind(other)),
    };
    problems.add(path(), detail);
    None
}
