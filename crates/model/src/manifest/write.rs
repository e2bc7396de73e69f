//! Writing a record down, so that reading it gives the same record again.

use serde_json::{Map, Value};

use super::{Kind, Record};

impl Record {
    /// The record as a line of an NDJSON manifest holds it: `kind` first, then always the same
    /// order; what the record does not say and lists that are empty are left out.
    pub fn to_json(&self) -> Value {
        let mut members = Map::new();
        members.insert("kind".to_owned(), self.kind().as_str().into());
        self.write(&mut members);
        Value::Object(members)
    }

    /// The members of the record, without its kind.
    fn write(&self, members: &mut Map<String, Value>) {
        match self {
            Self::Bot(bot) => {
                put(members, "name", Some(bot.name.as_str()));
                put(members, "description", bot.description.as_deref());
                put(members, "owner", bot.owner.as_deref());
                put(members, "purpose", bot.purpose.as_deref());
                put(members, "defaultLanguage", bot.default_language.as_deref());
            }
            Self::User(user) => {
                put(members, "email", Some(user.email.as_str()));
                put(members, "orgUserId", user.org_user_id.as_deref());
                put(members, "firstName", user.first_name.as_deref());
                put(members, "lastName", user.last_name.as_deref());
                put(members, "isDeveloper", user.is_developer);
                put(members, "canCreateBot", user.can_create_bot);
                for (key, value) in &user.profile {
                    put(members, key, Some(value.as_str()));
                }
            }
            Self::Group(group) => {
                put(members, "name", Some(group.name.as_str()));
                put(members, "description", group.description.as_deref());
                put(members, "members", list(&group.members));
                put(members, "groups", list(&group.groups));
            }
            Self::Role(role) => {
                put(members, "roleType", Some(role.role_type.as_str()));
                put(members, "role", Some(role.entry.name.as_str()));
                put(members, "rDesc", role.entry.description.as_deref());
                put(members, "permissions", Some(role.entry.permissions.to_wire(role.role_type)));
                put(members, "refId", role.entry.ref_id.as_deref());
            }
            Self::Assignment(assignment) => {
                put(members, "role", Some(assignment.role.as_str()));
                put(members, "roleType", Some(assignment.role_type.as_str()));
                put(members, "bot", assignment.bot.as_deref());
                put(members, "users", list(&assignment.users));
                put(members, "groups", list(&assignment.groups));
            }
        }
    }
}

/// The records as one document: a list for each kind there is, each in the order given.
pub fn document(records: &[Record]) -> Value {
    let mut sections = Map::new();
    for kind in Kind::ALL {
        let mut list = Vec::new();
        for record in records.iter().filter(|record| record.kind() == kind) {
            let mut members = Map::new();
            record.write(&mut members);
            list.push(Value::Object(members));
        }
        if !list.is_empty() {
            sections.insert(kind.section().to_owned(), Value::Array(list));
        }
    }
    Value::Object(sections)
}

fn put(members: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        members.insert(key.to_owned(), value.into());
    }
}

fn list(texts: &[String]) -> Option<&[String]> {
    (!texts.is_empty()).then_some(texts)
}
