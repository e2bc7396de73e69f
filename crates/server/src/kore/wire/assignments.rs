//! Assignments as the vendor writes them (wire 7.3, 7.4).

use rolecall_control::assignments::{Action, Element, Principal, Wish};
use rolecall_model::{
    json::{self, Object},
    problem::Problems,
    role::RoleType,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::say;

/// A bot role on a bot, and who gains or loses it. Blank texts in the lists are skipped.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct BotRoleElement {
    /// The role's id.
    role_id: String,
    /// The bot's id.
    bot_id: String,
    #[serde(flatten)]
    lists: Lists,
}

/// An admin role, and who gains or loses it. Blank texts in the lists are skipped.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct AdminRoleElement {
    /// The role's id.
    role_id: String,
    #[serde(flatten)]
    lists: Lists,
}

/// Who gains and who loses a role.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct Lists {
    /// E-mail addresses of users who gain it.
    add_users: Option<Vec<String>>,
    /// Organisation ids of users who gain it.
    add_org_user_ids: Option<Vec<String>>,
    /// E-mail addresses of users who lose it.
    remove_users: Option<Vec<String>>,
    /// Organisation ids of users who lose it.
    remove_org_user_ids: Option<Vec<String>>,
    /// Names of groups that gain it.
    add_groups: Option<Vec<String>>,
    /// Names of groups that lose it.
    remove_groups: Option<Vec<String>>,
}

/// A list: its name, what happens to who stands in it, and what they are known by.
type List = (&'static str, Action, fn(String) -> Principal);

/// The lists of an element, in the vendor's order.
const LISTS: [List; 6] = [
    ("addUsers", Action::Add, Principal::Email),
    ("addOrgUserIds", Action::Add, Principal::OrgUserId),
    ("removeUsers", Action::Remove, Principal::Email),
    ("removeOrgUserIds", Action::Remove, Principal::OrgUserId),
    ("addGroups", Action::Add, Principal::GroupName),
    ("removeGroups", Action::Remove, Principal::GroupName),
];

/// Reads the body of a call about roles of `role_type`.
///
/// Errors: every place where it has not the right form.
pub fn parse(role_type: RoleType, body: &Value) -> Result<Vec<Element>, Problems> {
    let mut problems = Problems::default();
    let Value::Array(values) = body else {
        problems.add("", say::must_be_array(json::kind(body)));
        return Err(problems);
    };
    let mut elements = Vec::with_capacity(values.len());
    for (nth, value) in values.iter().enumerate() {
        let path = json::child("", nth);
        let Some(object) = Object::of(value, &path, &mut problems) else { continue };
        let role_id = object.text("roleId", &mut problems).to_owned();
        let bot_id = match role_type {
            RoleType::Bot => Some(object.text("botId", &mut problems).to_owned()),
            RoleType::Admin => None,
        };
        let mut wishes = Vec::new();
        for (list, action, principal) in LISTS {
            for (index, text) in object.texts(list, &mut problems) {
                wishes.push(Wish { action, principal: principal(text.to_owned()), list, index });
            }
        }
        elements.push(Element { role_id, bot_id, wishes });
    }
    problems.or_ok(elements)
}

/// That an element of a call about bot roles was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct BotRoleOutcome {
    /// `"success "`: the space at its end is the vendor's, in every version of its documentation.
    #[schema(example = "success ")]
    pub status: &'static str,
}

/// That an element of a call about admin roles was done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdminRoleOutcome {
    /// `"success"`, here without a space.
    #[schema(example = "success")]
    pub status: &'static str,
    /// The role's id.
    pub role_id: String,
}

impl From<&Element> for BotRoleOutcome {
    fn from(_: &Element) -> Self {
        Self { status: "success " }
    }
}

impl From<&Element> for AdminRoleOutcome {
    fn from(element: &Element) -> Self {
        Self { status: "success", role_id: element.role_id.clone() }
    }
}
