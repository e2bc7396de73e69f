//! The audit log in the words of the Open Cybersecurity Schema Framework, 1.9: the classes of identity and
//! access management, with the profile for the integrity of records.
//!
//! What the framework has no word for stands in `unmapped`: the whole entry as the log has it, so nothing is
//! lost, and whoever has the entry before can reckon its hash anew. The fingerprint of the attestation is that
//! hash. It is made over the entry, not over the event that the entry becomes here, which
//! `serialization` says.

mod sign_in;

use rolecall_control::audit::Linked;
use rolecall_model::audit::Event;
use serde_json::{Map, Value, json};

/// The version of the schema.
const VERSION: &str = "1.9.0";

/// A class of the category: its number and its name.
type Class = (u32, &'static str);

const GROUP: Class = (3006, "Group Management");
const USER: Class = (3007, "User Management");
const ROLE: Class = (3008, "Role Management");
const ENTITY: Class = (3004, "Entity Management");

/// What somebody did, in the words of a class.
type Activity = (u32, &'static str);

/// The event of an entry; `chain` is what the account's chain is called.
pub(crate) fn event(chain: &str, linked: &Linked) -> Value {
    let entry = &linked.entry;
    let known = Event::parse(&entry.event);
    let facts = Facts::of(linked);
    let (class, activity, about) = known.map_or_else(|| facts.entity("other", OTHER), |event| facts.about(event));
    let mut told = json!({
        "category_uid": 3,
        "category_name": "Identity & Access Management",
        "class_uid": class.0,
        "class_name": class.1,
        "activity_id": activity.0,
        "activity_name": activity.1,
        "type_uid": class.0 * 100 + activity.0,
        "type_name": format!("{}: {}", class.1, activity.1),
        "severity_id": 1,
        "severity": "Informational",
        "status_id": 1,
        "status": "Success",
        "time": entry.at.as_ms(),
        "message": entry.description,
        "metadata": {
            "version": VERSION,
            "product": {"name": "Rolecall", "vendor_name": "Rolecall", "version": env!("CARGO_PKG_VERSION")},
            "profiles": ["record_integrity"],
            "uid": linked.id,
            "event_code": entry.event,
            "log_name": "audit",
            "sequence": entry.seq,
            "tenant_uid": chain,
        },
        "actor": actor(&entry.actor),
        "attestation_list": [attestation(chain, linked)],
        "unmapped": super::audit::native(linked),
    });
    if let Value::Object(told) = &mut told {
        told.extend(about);
    }
    told
}

const OTHER: Activity = (99, "Other");

fn actor(actor: &str) -> Value {
    match actor.split_once(':') {
        Some(("app", id)) => json!({"app_uid": id}),
        Some(("user", id)) => json!({"user": {"uid": id, "type_id": 1, "type": "User"}}),
        _ => json!({"user": {"name": actor, "type_id": 2, "type": "Admin"}}),
    }
}

fn attestation(chain: &str, linked: &Linked) -> Value {
    let fingerprint = |value: &str| {
        json!({
            "algorithm_id": 3, "algorithm": "SHA-256", "encoding_id": 1, "encoding": "Hex",
            "serialization_id": 99, "serialization": "Rolecall audit entry", "value": value,
        })
    };
    let mut attestation = json!({"uid": linked.id, "chain_uid": chain, "fingerprint": fingerprint(&linked.entry.hash)});
    if let (Value::Object(attestation), Some(previous)) = (&mut attestation, &linked.previous_id) {
        let previous = json!({"uid": previous, "fingerprint": fingerprint(&linked.previous_hash)});
        attestation.insert("prev_event".to_owned(), previous);
    }
    attestation
}

/// What an entry says, taken apart.
struct Facts<'e> {
    target: &'e str,
    before: Value,
    after: Value,
}

/// The class of an event, what was done, and the attributes that say to what.
type About = (Class, Activity, Map<String, Value>);

impl<'e> Facts<'e> {
    fn of(linked: &'e Linked) -> Self {
        let read = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
        let entry = &linked.entry;
        Self { target: &entry.target, before: read(&entry.before), after: read(&entry.after) }
    }

    /// The first id of the entry's target that begins with `prefix`.
    fn id(&self, prefix: &str) -> &'e str {
        self.target.split(' ').find(|id| id.starts_with(prefix)).unwrap_or(self.target)
    }

    /// A fact of what is, or else of what was.
    fn fact(&self, key: &str) -> &Value {
        match self.after.get(key) {
            None | Some(Value::Null) => self.before.get(key).unwrap_or(&Value::Null),
            Some(value) => value,
        }
    }

    fn about(&self, event: Event) -> About {
        use Event as E;
        match event {
            E::UserCreated => self.user((1, "Create")),
            E::UserModified => self.user((2, "Update")),
            E::UserDeleted => self.user((3, "Delete")),
            E::AdminRoleAssignedToUsers | E::BotRoleAssigned => self.assignment((16, "Assign Roles")),
            E::AdminRoleDeletedForUsers | E::BotRoleDeleted => self.assignment((17, "Remove Roles")),
            E::GroupCreated => self.group((6, "Create")),
            E::GroupUpdated => self.group((99, "Update")),
            E::GroupDeleted => self.group((5, "Delete")),
            E::UsersAddedToGroup => self.group((3, "Add User")),
            E::UsersRemovedFromGroup => self.group((4, "Remove User")),
            E::GroupsAddedToGroup => self.group((7, "Add Subgroup")),
            E::GroupsRemovedFromGroup => self.group((8, "Remove Subgroup")),
            E::RoleAssignedToGroups => self.group((1, "Assign Privileges")),
            E::RoleDeletedForGroups => self.group((2, "Revoke Privileges")),
            E::RoleCreated => self.role((1, "Create")),
            E::RoleUpdated | E::RolePermissionsUpdated => self.role((2, "Update")),
            E::RoleDeleted => self.role((3, "Delete")),
            E::SignedIn => self.authentication((1, "Logon")),
            E::SignInBlocked | E::SignInRefused => self.failed_authentication(),
            E::SignedOut | E::SessionEnded => self.authentication((2, "Logoff")),
            E::PasswordSet => self.credential((8, "Password Change")),
            E::SignInLinkMade => self.credential((9, "Password Reset")),
            E::SecondFactorAdded | E::RecoveryCodesMade => self.credential((12, "MFA Factor Enable")),
            E::SecondFactorRemoved => self.credential((13, "MFA Factor Disable")),
            other => self.entity(kind(other), done(other)),
        }
    }

    fn user(&self, activity: Activity) -> About {
        let user = |facts: &Value| {
            let mut user = json!({"uid": self.id("u-"), "type_id": 1, "type": "User"});
            if let (Value::Object(user), Some(email)) = (&mut user, facts["emailId"].as_str()) {
                user.insert("email_addr".to_owned(), email.into());
                user.insert("name".to_owned(), email.into());
            }
            user
        };
        let mut about = Map::new();
        let was = if self.before.is_null() { &self.after } else { &self.before };
        about.insert("user".to_owned(), user(was));
        if activity.0 == 2 {
            about.insert("updated_user".to_owned(), user(&self.after));
        }
        (USER, activity, about)
    }

    fn assignment(&self, activity: Activity) -> About {
        let text = |key: &str| self.fact(key).as_str().unwrap_or_default().to_owned();
        let mut about = Map::new();
        about.insert("user".to_owned(), json!({"uid": text("userId"), "type_id": 1, "type": "User"}));
        about.insert("iam_roles".to_owned(), json!([{"uid": text("roleId")}]));
        if self.fact("botId").is_string() {
            about.insert("resources".to_owned(), json!([{"uid": text("botId"), "type": "bot"}]));
        }
        (USER, activity, about)
    }

    fn group(&self, activity: Activity) -> About {
        let mut about = Map::new();
        let mut group = Map::new();
        let id = self.fact("groupId").as_str().unwrap_or_else(|| self.id("e-"));
        group.insert("uid".to_owned(), id.into());
        if let Some(name) = self.fact("name").as_str() {
            group.insert("name".to_owned(), name.into());
        }
        about.insert("group".to_owned(), group.into());
        // The class has room for one; who the others are stands in `unmapped`.
        if let Some([one]) = self.fact("users").as_array().map(Vec::as_slice) {
            about.insert("user".to_owned(), json!({"uid": one, "type_id": 1, "type": "User"}));
        }
        if let Some([one]) = self.fact("groups").as_array().map(Vec::as_slice) {
            about.insert("subgroup".to_owned(), json!({"uid": one}));
        }
        if let Some(role) = self.fact("roleId").as_str() {
            about.insert("privileges".to_owned(), json!([role]));
        }
        if let Some(bot) = self.fact("botId").as_str() {
            about.insert("resource".to_owned(), json!({"uid": bot, "type": "bot"}));
        }
        (GROUP, activity, about)
    }

    fn role(&self, activity: Activity) -> About {
        let role = |facts: &Value| {
            let mut role = Map::new();
            role.insert("uid".to_owned(), self.target.into());
            if let Some(name) = facts["role"].as_str() {
                role.insert("name".to_owned(), name.into());
            }
            if let Some(permissions) = facts["permissions"].as_object() {
                let privilege = |(name, level): (&String, &Value)| match level {
                    Value::String(level) => format!("{name}: {level}"),
                    other => format!("{name}: {}", other[0].as_str().unwrap_or_default()),
                };
                role.insert("privileges".to_owned(), permissions.iter().map(privilege).collect());
            }
            Value::from(role)
        };
        let was = if self.before.is_null() { &self.after } else { &self.before };
        let mut about = Map::new();
        about.insert("iam_role".to_owned(), role(was));
        if activity.0 == 2 {
            about.insert("updated_role".to_owned(), role(&self.after));
        }
        (ROLE, activity, about)
    }

    fn entity(&self, kind: &str, activity: Activity) -> About {
        let mut entity = Map::new();
        entity.insert("uid".to_owned(), self.target.into());
        entity.insert("type".to_owned(), kind.into());
        for key in ["name", "appName"] {
            if let Some(name) = self.fact(key).as_str() {
                entity.insert("name".to_owned(), name.into());
            }
        }
        let mut about = Map::new();
        about.insert("entity".to_owned(), entity.into());
        (ENTITY, activity, about)
    }
}

/// What kind of thing an event is about, by the heading that it stands under.
fn kind(event: Event) -> &'static str {
    match event {
        Event::RolesImported => "role import",
        Event::FileUploaded => "file",
        Event::AccountCreated | Event::SettingsModified => "account",
        Event::HoldPlaced | Event::HoldReleased => "hold",
        Event::DataMapSet => "data map",
        other => match other.category() {
            "API Scopes" => "app",
            "Bot Management" => "bot",
            "Data Privacy" => "erasure",
            _ => "other",
        },
    }
}

/// What was done to a thing that the framework has no class for.
fn done(event: Event) -> Activity {
    match event {
        Event::AppCreated
        | Event::BotCreated
        | Event::AccountCreated
        | Event::FileUploaded
        | Event::RolesImported
        | Event::ErasureRequested
        | Event::HoldPlaced => (1, "Create"),
        Event::AppDeleted | Event::BotDeleted | Event::HoldReleased => (4, "Delete"),
        _ => (3, "Update"),
    }
}
