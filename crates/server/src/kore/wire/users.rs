//! Users as the vendor writes them (wire 7.11, 7.12, 7.13): reading what calls wish, and telling
//! what became of it.

use rolecall_control::{
    Fault, Rule,
    assignments::Action,
    users::{Failure, Grant, Key, MAX_USERS, Particulars, Removed, Task, What, Wish},
};
use rolecall_model::{
    json::{self, Object},
    problem::Problems,
    text,
    user::PROFILE_KEYS,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{error, say};

/// Users to make.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_new`")]
pub struct NewUsers {
    /// At most 10,000.
    users: Vec<NewUser>,
    /// Taken and ignored: Rolecall sends no mail.
    send_email: Option<bool>,
}

/// A user to make. One that is there already stays as it is, but gets the groups and roles.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_new`")]
pub struct NewUser {
    /// Who it is.
    user_info: UserInfo,
    /// The ids of the groups it is in.
    groups: Option<Vec<String>>,
    /// The roles it holds.
    roles: Option<Vec<RoleGrant>>,
    /// The tasks of bots it is given.
    assign_bot_tasks: Option<Vec<BotTask>>,
    /// Whether it may create bots, `true` for developers unless it says otherwise.
    can_create_bot: Option<bool>,
    /// Whether it may enter the builder, `true` unless it says otherwise.
    is_developer: Option<bool>,
}

/// Users to change.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_changed`")]
pub struct ChangedUsers {
    /// At most 10,000.
    users: Vec<ChangedUser>,
}

/// A user to change. What is left out stays as it is.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_changed`")]
pub struct ChangedUser {
    /// Who it is, by `emailId` or else by `orgUserId`; the rest is new.
    user_info: UserInfo,
    /// The ids of groups.
    #[schema(inline)]
    groups: Option<AddAndRemove<String>>,
    /// Roles.
    #[schema(inline)]
    roles: Option<AddAndRemove<RoleGrant>>,
    /// The tasks of bots it is given, instead of those it was.
    assign_bot_tasks: Option<Vec<BotTask>>,
    /// Whether it may create bots.
    can_create_bot: Option<bool>,
    /// Whether it may enter the builder.
    is_developer: Option<bool>,
}

/// What a user gains and what it loses.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a part of a body, see `parse_changed`")]
pub struct AddAndRemove<T> {
    /// What it gains.
    add_to: Option<Vec<T>>,
    /// What it loses.
    remove_from: Option<Vec<T>>,
}

/// Who a user is.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a part of a body, see `parse_new`")]
pub struct UserInfo {
    /// The e-mail address.
    email_id: Option<String>,
    /// The id its organisation knows it by.
    org_user_id: Option<String>,
    /// The first name.
    first_name: Option<String>,
    /// The last name.
    last_name: Option<String>,
    /// The company.
    company_name: Option<String>,
    /// The department.
    dept: Option<String>,
    /// The company's phone.
    company_contact_phone: Option<String>,
    /// The phone at work.
    worknumber: Option<String>,
    /// The street.
    street: Option<String>,
    /// The number of the suite.
    suite_no: Option<String>,
    /// The city.
    city: Option<String>,
    /// The postal code.
    zip: Option<String>,
    /// The state.
    state: Option<String>,
    /// The country.
    country: Option<String>,
}

/// A role, on a bot if it is a bot role.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a part of a body, see `parse_new`")]
pub struct RoleGrant {
    /// The role's id.
    role_id: String,
    /// The bot's id; left out for admin roles.
    bot_id: Option<String>,
}

/// Tasks of a bot.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a part of a body, see `parse_new`")]
pub struct BotTask {
    /// The bot's id.
    stream_id: String,
    /// The ids of its dialogs.
    dialogs: Option<Vec<String>>,
}

/// Reads the body of `POST users`.
///
/// Errors: every place where it has not the right form. An address that is none is no such place:
/// that user is told as failed, and the others are made.
pub fn parse_new(body: &Value) -> Result<Vec<Wish<String>>, Problems> {
    let mut problems = Problems::default();
    let wishes = each_user(body, &mut problems, |user, info, problems| {
        let email = info.text_if_any("emailId", problems);
        if info.get("emailId").is_none() {
            problems.add(info.path_of("emailId"), say::is_required());
        }
        let mut grants = group_grants(user, "groups", "groups", Action::Add, problems);
        grants.extend(role_grants(user, "roles", "roles", Action::Add, problems));
        let org_user_id = line(info, "orgUserId", problems);
        let particulars = Particulars { org_user_id, ..particulars(user, info, problems) };
        Some(Wish { who: email?.to_owned(), particulars, grants })
    });
    problems.or_ok(wishes)
}

/// Reads the body of `PUT users`.
///
/// Errors: every place where it has not the right form.
pub fn parse_changed(body: &Value) -> Result<Vec<Wish<Key>>, Problems> {
    let mut problems = Problems::default();
    let wishes = each_user(body, &mut problems, |user, info, problems| {
        let email = info.text_if_any("emailId", problems).filter(|email| !email.trim().is_empty());
        let org_user_id = line(info, "orgUserId", problems);
        let (who, org_user_id) = match (email, org_user_id) {
            (Some(email), new) => (Key::Email(email.to_owned()), new),
            (None, Some(id)) if !id.is_empty() => (Key::OrgUserId(id), None),
            _ => {
                problems.add(info.path_of("emailId"), say::required_or_org_user_id());
                return None;
            }
        };
        let mut grants = Vec::new();
        if let Some(path) = added_and_removed(user, "groups", problems)
            && let Some(lists) = user.get("groups").and_then(|value| Object::of(value, &path, problems))
        {
            grants.extend(group_grants(lists, "addTo", "groups/addTo", Action::Add, problems));
            grants.extend(group_grants(lists, "removeFrom", "groups/removeFrom", Action::Remove, problems));
        }
        if let Some(path) = added_and_removed(user, "roles", problems)
            && let Some(lists) = user.get("roles").and_then(|value| Object::of(value, &path, problems))
        {
            grants.extend(role_grants(lists, "addTo", "roles/addTo", Action::Add, problems));
            grants.extend(role_grants(lists, "removeFrom", "roles/removeFrom", Action::Remove, problems));
        }
        let particulars = Particulars { org_user_id, ..particulars(user, info, problems) };
        Some(Wish { who, particulars, grants })
    });
    problems.or_ok(wishes)
}

/// Reads `users`, each with its `userInfo`.
fn each_user<W>(
    body: &Value,
    problems: &mut Problems,
    mut read: impl FnMut(Object<'_>, Object<'_>, &mut Problems) -> Option<W>,
) -> Vec<W> {
    let mut wishes = Vec::new();
    let Some(object) = Object::of(body, "", problems) else { return wishes };
    match object.get("users") {
        None => problems.add("/users", say::is_required()),
        Some(Value::Array(users)) if users.len() > MAX_USERS => {
            problems.add("/users", say::must_have_users(MAX_USERS));
            return wishes;
        }
        Some(_) => {}
    }
    object.each("users", problems, |value, path, problems| {
        let path = path();
        let Some(user) = Object::of(value, &path, problems) else { return };
        let path = user.path_of("userInfo");
        let Some(info) = user.get("userInfo") else { return problems.add(path, say::is_required()) };
        let Some(info) = Object::of(info, &path, problems) else { return };
        wishes.extend(read(user, info, problems));
    });
    wishes
}

/// The place of the lists `addTo` and `removeFrom` under `key`, if it is there. An empty array, as
/// the form for new users has it, counts as not there.
fn added_and_removed(user: Object<'_>, key: &str, problems: &mut Problems) -> Option<String> {
    match user.get(key)? {
        Value::Array(list) if list.is_empty() => None,
        Value::Array(_) => {
            problems.add(user.path_of(key), say::must_be_add_to_remove_from());
            None
        }
        _ => Some(user.path_of(key)),
    }
}

fn group_grants(
    object: Object<'_>,
    key: &str,
    list: &'static str,
    action: Action,
    problems: &mut Problems,
) -> Vec<Grant> {
    let ids = object.texts(key, problems).into_iter();
    ids.map(|(index, id)| Grant { what: What::Group(id.to_owned()), action, list, index }).collect()
}

fn role_grants(
    object: Object<'_>,
    key: &str,
    list: &'static str,
    action: Action,
    problems: &mut Problems,
) -> Vec<Grant> {
    let mut grants = Vec::new();
    let mut index = 0;
    object.each(key, problems, |value, path, problems| {
        let path = path();
        if let Some(grant) = Object::of(value, &path, problems) {
            let bot_id = grant.text_if_any("botId", problems).filter(|id| !id.trim().is_empty());
            // Blank in both is a row of a form that nobody filled in.
            let is_blank = matches!(grant.get("roleId"), Some(Value::String(id)) if id.trim().is_empty());
            if !(is_blank && bot_id.is_none()) {
                let role_id = grant.text("roleId", problems).to_owned();
                let what = What::Role { role_id, bot_id: bot_id.map(str::to_owned) };
                grants.push(Grant { what, action, list, index });
            }
        }
        index += 1;
    });
    grants
}

/// What is said of a user, but for its organisation id.
fn particulars(user: Object<'_>, info: Object<'_>, problems: &mut Problems) -> Particulars {
    let mut profile = Vec::new();
    for key in PROFILE_KEYS {
        profile.extend(line(info, key, problems).map(|value| (key, value)));
    }
    Particulars {
        org_user_id: None,
        first_name: line(info, "firstName", problems),
        last_name: line(info, "lastName", problems),
        is_developer: user.bool_if_any("isDeveloper", problems),
        can_create_bot: user.bool_if_any("canCreateBot", problems),
        profile,
        tasks: user.get("assignBotTasks").is_some().then(|| tasks(user, problems)),
    }
}

fn tasks(user: Object<'_>, problems: &mut Problems) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut index = 0;
    user.each("assignBotTasks", problems, |value, path, problems| {
        let path = path();
        if let Some(task) = Object::of(value, &path, problems) {
            // The vendor's answers say botId for what its calls call streamId.
            let key = if task.get("streamId").is_none() && task.get("botId").is_some() { "botId" } else { "streamId" };
            let dialogs = task.texts("dialogs", problems).into_iter().map(|(_, id)| id.to_owned()).collect();
            tasks.push(Task { bot_id: task.text(key, problems).to_owned(), dialogs, index });
        }
        index += 1;
    });
    tasks
}

/// A text that may be absent, and empty so as to clear what was there.
fn line(object: Object<'_>, key: &str, problems: &mut Problems) -> Option<String> {
    let text = object.text_if_any(key, problems)?;
    if let Err(bad) = text::check_line(text) {
        problems.add(object.path_of(key), bad);
    }
    Some(text.to_owned())
}

/// Whom a call is about: a list of e-mail addresses, or one of organisation ids, or both. Each with
/// its place; blank ones are skipped.
pub fn parse_keys(object: Object<'_>, emails: &str, org_user_ids: &str, problems: &mut Problems) -> Vec<(Key, String)> {
    if object.get(emails).is_none() && object.get(org_user_ids).is_none() {
        problems.add(object.path_of(emails), say::required_or(org_user_ids));
    }
    let mut keys = Vec::new();
    for (list, key) in [(emails, Key::Email as fn(String) -> Key), (org_user_ids, Key::OrgUserId)] {
        for (index, text) in object.texts(list, problems) {
            keys.push((key(text.to_owned()), json::child(&object.path_of(list), index)));
        }
    }
    if keys.len() > MAX_USERS {
        problems.add(object.path_of(emails), say::must_name_users(MAX_USERS));
    }
    keys
}

/// Users to remove.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_removed`")]
pub struct RemovedUsers {
    /// Their e-mail addresses.
    delete_email_ids: Option<Vec<String>>,
    /// Or the ids their organisation knows them by.
    org_user_ids: Option<Vec<String>>,
}

/// Reads the body of `DELETE users`.
///
/// Errors: every place where it has not the right form.
pub fn parse_removed(body: &Value) -> Result<Vec<Key>, Problems> {
    let mut problems = Problems::default();
    let object = Object::of(body, "", &mut problems);
    let keys = object.map(|object| parse_keys(object, "deleteEmailIds", "orgUserIds", &mut problems));
    problems.or_ok(keys.into_iter().flatten().map(|(key, _)| key).collect())
}

/// What became of a call that makes or changes users.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsersOutcome {
    /// There unless every user failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Users are created Successfully")]
    pub msg: Option<&'static str>,
    /// The users that failed; the others were done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed_user_details: Vec<FailedUser>,
}

/// A user that was not made or changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedUser {
    /// Who it is and why.
    pub user_info: FailedUserInfo,
}

/// Who it is that was not made or changed, and why.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedUserInfo {
    /// The address as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_id: Option<String>,
    /// Or the organisation's id as it was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_user_id: Option<String>,
    /// Always `failure`.
    pub status: &'static str,
    /// Why, in the vendor's words.
    #[schema(example = "Invalid emailId")]
    pub reason: &'static str,
    /// Additive: where, as a JSON pointer into the body.
    pub path: String,
    /// Additive: what is wrong there.
    pub detail: String,
}

impl UsersOutcome {
    /// What became of `wishes`; `msg` is what is said when any was done.
    pub fn new<W: Clone + Into<Key>>(msg: &'static str, wishes: &[Wish<W>], failures: Vec<Failure>) -> Self {
        let none_done = !failures.is_empty() && failures.len() == wishes.len();
        let failed = failures.into_iter().filter_map(|failure| {
            let key: Key = wishes.get(failure.index)?.who.clone().into();
            Some(FailedUser { user_info: FailedUserInfo::new(key, failure) })
        });
        Self { msg: (!none_done).then_some(msg), failed_user_details: failed.collect() }
    }
}

impl FailedUserInfo {
    fn new(key: Key, failure: Failure) -> Self {
        let Failure { index, fault: Fault { rule, path, detail } } = failure;
        let reason = if rule == Rule::UnknownUser { invalid(&key) } else { error::message(rule) };
        let (email_id, org_user_id) = match key {
            Key::Email(email) => (Some(email), None),
            Key::OrgUserId(id) => (None, Some(id)),
        };
        let path = format!("/users/{index}{path}");
        Self { email_id, org_user_id, status: "failure", reason, path, detail: detail.to_string() }
    }
}

/// What is said of a key that leads to nobody.
pub fn invalid(key: &Key) -> &'static str {
    match key {
        Key::Email(_) => "Invalid emailId",
        Key::OrgUserId(_) => "Invalid orgUserId",
    }
}

/// What became of a call that removes users.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovalOutcome {
    /// There unless nobody was removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Users are removed Successfully")]
    pub msg: Option<&'static str>,
    /// Who may not be removed: the account's owner, and whoever owns a bot.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub failed_user_details: Vec<KeptUser>,
}

/// A user that was not removed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptUser {
    /// Its e-mail address.
    pub email_id: String,
    /// Why.
    pub reason: Reason,
}

/// Why something was not done, in the vendor's long form (wire section 4).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    /// Always 400.
    pub status_code: u16,
    /// Always 400.
    pub status: u16,
    /// Always 400.
    pub custom_code: u16,
    /// One element.
    #[schema(inline)]
    pub errors: [ReasonRow; 1],
    /// Always empty.
    #[serde(rename = "_headers")]
    #[schema(value_type = Object)]
    pub headers: Value,
    /// The same in a sentence.
    pub message: &'static str,
    /// Always `BadRequest`.
    pub name: &'static str,
}

/// The vendor's text and code.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonRow {
    /// The text.
    pub msg: &'static str,
    /// Always 400.
    pub code: u16,
}

impl Reason {
    /// That `msg`; what it means is `message`.
    pub fn new(msg: &'static str, message: &'static str) -> Self {
        let headers = Value::Object(serde_json::Map::new());
        let errors = [ReasonRow { msg, code: 400 }];
        Self { status_code: 400, status: 400, custom_code: 400, errors, headers, message, name: "BadRequest" }
    }
}

impl From<Removed> for RemovalOutcome {
    fn from(removed: Removed) -> Self {
        let none_gone = removed.n_gone == 0 && !removed.refused.is_empty();
        let message = "The owner of the account, and whoever owns a bot, cannot be removed.";
        let kept = removed.refused.into_iter().map(|user| KeptUser {
            email_id: user.email,
            reason: Reason::new("Unauthorized to perform this activity", message),
        });
        Self { msg: (!none_gone).then_some("Users are removed Successfully"), failed_user_details: kept.collect() }
    }
}
