//! What is known of a user: taking it over, and showing it to the audit log.

use rolecall_model::{audit::Event, user::User};
use serde_json::{Map, Value, json};

use super::{fault, grants::Things};
use crate::{
    Change, Fault, Record, Rule,
    authority::{acts, needs},
    say,
};

/// What a call says of a user. `None` means that it does not say: what is there stays as it is, and
/// what is made gets the default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    /// The id its organisation knows it by; empty for none.
    pub org_user_id: Option<String>,
    /// Its first name.
    pub first_name: Option<String>,
    /// Its last name.
    pub last_name: Option<String>,
    /// Whether it may enter the builder.
    pub is_developer: Option<bool>,
    /// Whether it may create bots. Who is no developer may not, said or not.
    pub can_create_bot: Option<bool>,
    /// The rest: keys out of [`rolecall_model::user::PROFILE_KEYS`], and values; an empty one
    /// clears what is there.
    pub profile: Vec<(&'static str, String)>,
    /// The tasks of bots it is given.
    pub tasks: Option<Vec<Task>>,
}

/// Tasks of a bot that a user is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// The bot's id.
    pub bot_id: String,
    /// The ids of its dialogs.
    pub dialogs: Vec<String>,
    /// Where in the call's list it stood.
    pub index: usize,
}

impl Particulars {
    /// Writes what is said into `user`; all but the organisation's id, which must be free.
    pub(super) fn write_to(&self, user: &mut User, things: &Things) -> Result<(), Fault> {
        if let Some(name) = &self.first_name {
            user.first_name.clone_from(name);
        }
        if let Some(name) = &self.last_name {
            user.last_name.clone_from(name);
        }
        for (key, value) in &self.profile {
            if value.is_empty() {
                user.profile.shift_remove(*key);
            } else {
                user.profile.insert((*key).to_owned(), value.clone().into());
            }
        }
        user.is_developer = self.is_developer.unwrap_or(user.is_developer);
        user.can_create_bot = self.can_create_bot.unwrap_or(user.can_create_bot && user.is_developer);
        if user.can_create_bot && !user.is_developer {
            let detail = say::needs_developer();
            return Err(fault(Rule::CreatorMustDevelop, "/canCreateBot", detail));
        }
        if let Some(tasks) = &self.tasks {
            if let Some(task) = tasks.iter().find(|task| !things.bots.contains_key(&task.bot_id)) {
                let path = format!("/assignBotTasks/{}/streamId", task.index);
                return Err(fault(Rule::UnknownBot, path, say::no_bot_with_id()));
            }
            let tasks = tasks.iter().map(|task| json!({"streamId": task.bot_id, "dialogs": task.dialogs}));
            user.bot_tasks = tasks.collect();
        }
        Ok(())
    }
}

/// Refuses to decide what a user may do in the builder, unless whoever asks may decide that.
pub(super) fn may_set_access(change: &Change<'_>, before: &User, after: &User) -> Result<(), Fault> {
    let access = |user: &User| (user.is_developer, user.can_create_bot, user.has_data_access);
    for (differs, act, path) in [
        (access(before) != access(after), &acts::SET_ACCESS, "/isDeveloper"),
        (before.bot_tasks != after.bot_tasks, &acts::ASSIGN_BOT_ROLES, "/assignBotTasks"),
    ] {
        if differs && !change.powers().has_any(act.any_of) {
            return Err(fault(Rule::NotPermitted, path, needs(act.any_of)));
        }
    }
    Ok(())
}

pub(super) fn taken() -> Fault {
    fault(Rule::Taken, "/userInfo/orgUserId", say::org_id_taken())
}

/// Notes what is different about a user, if anything is.
pub(crate) fn record_update(change: &mut Change<'_>, before: &User, after: &User) {
    let (old, new) = (shown(before), shown(after));
    let differs = |key: &String| old.get(key) != new.get(key);
    let only_what_differs = |side: &Map<String, Value>| {
        let id = [("userId".to_owned(), Value::from(before.id.as_str()))];
        let rest = side.iter().filter(|(key, _)| differs(key)).map(|(key, value)| (key.clone(), value.clone()));
        Value::Object(id.into_iter().chain(rest).collect())
    };
    if old != new {
        change.record(Record {
            event: Event::UserModified,
            target: before.id.clone(),
            description: format!("User {} modified", before.email),
            before: only_what_differs(&old),
            after: only_what_differs(&new),
        });
    }
    if before.bot_tasks != after.bot_tasks {
        change.record(Record {
            event: Event::BotTaskAssignment,
            target: before.id.clone(),
            description: format!("Bot tasks of user {} changed", before.email),
            before: json!({"userId": before.id, "assignBotTasks": before.bot_tasks}),
            after: json!({"userId": before.id, "assignBotTasks": after.bot_tasks}),
        });
    }
}

/// What the audit log keeps of a user, but for the tasks it is given.
pub(crate) fn shown(user: &User) -> Map<String, Value> {
    let fixed = [
        ("userId", Value::from(user.id.as_str())),
        ("emailId", user.email.as_str().into()),
        ("orgUserId", user.org_user_id.as_str().into()),
        ("firstName", user.first_name.as_str().into()),
        ("lastName", user.last_name.as_str().into()),
        ("isDeveloper", user.is_developer.into()),
        ("canCreateBot", user.can_create_bot.into()),
        ("hasDataTableAndViewAccess", user.has_data_access.into()),
        ("status", user.status.as_str().into()),
    ];
    let fixed = fixed.into_iter().map(|(key, value)| (key.to_owned(), value));
    fixed.chain(user.profile.iter().map(|(key, value)| (key.clone(), value.clone()))).collect()
}
