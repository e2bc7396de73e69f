//! Who holds what, and giving and taking it.

use std::collections::HashMap;

use rolecall_control::{
    Error as ControlError, Fault, Rule,
    assignments::{Action, Element, Principal, Wish},
    holdings::{Found, Holding, Named},
    users::Row,
};
use rolecall_model::{json::Object, problem::Problems, role::RoleType};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    subjects::known_only,
    users::{HeldRole, UserRow},
};
use crate::{csv::Table, say};

/// A page of who holds what, by user, bot and role in order of creation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssignmentPage {
    /// The page.
    pub assignments: Vec<AssignmentRow>,
    /// Where the next page begins. While there is one there may be more, even if this page is not full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A role that a user holds.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Assignment)]
pub struct AssignmentRow {
    /// Who holds it.
    pub user: UserRow,
    /// What, where and why.
    #[serde(flatten)]
    pub held: HeldRole,
}

impl From<Found> for AssignmentPage {
    fn from(found: Found) -> Self {
        let row = |(user, held): (Row, Holding)| AssignmentRow { user: user.into(), held: held.into() };
        Self { assignments: found.rows.into_iter().map(row).collect(), next_cursor: found.next_cursor }
    }
}

/// The columns of the report.
pub(crate) const COLUMNS: [&str; 12] = [
    "userId",
    "email",
    "orgUserId",
    "firstName",
    "lastName",
    "status",
    "roleId",
    "role",
    "botId",
    "bot",
    "direct",
    "groups",
];

/// Adds rows to the report. A way by groups is their names with ` > ` between, several ways with ` | `.
pub(crate) fn report(table: &mut Table, rows: &[(Row, Holding)]) {
    for (user, held) in rows {
        let way = |way: &Vec<Named>| way.iter().map(|group| group.name.as_str()).collect::<Vec<_>>().join(" > ");
        let ways: Vec<String> = held.why.ways.iter().map(way).collect();
        let bot = held.bot.as_ref();
        table.row([
            user.id.as_str(),
            &user.email,
            &user.org_user_id,
            &user.first_name,
            &user.last_name,
            user.status.as_str(),
            &held.role.id,
            &held.role.name,
            bot.map_or("", |bot| &bot.id),
            bot.map_or("", |bot| &bot.name),
            if held.why.is_direct { "yes" } else { "no" },
            &ways.join(" | "),
        ]);
    }
}

/// Roles to give and to take away.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct AssignmentWish {
    /// The type of all of the roles: `admin` or `bot`.
    role_type: String,
    /// What is to be held.
    #[schema(required = false)]
    add: Vec<RoleFor>,
    /// What is to be held no more.
    #[schema(required = false)]
    remove: Vec<RoleFor>,
}

/// A role, on a bot if it is a bot role, and the one user or group it is for.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes a part of a body, see `parse`")]
pub struct RoleFor {
    /// The role's id.
    role_id: String,
    /// The bot's id; for bot roles, and only for these.
    bot_id: Option<String>,
    /// The user's id.
    user_id: Option<String>,
    /// Or the user's e-mail address.
    email: Option<String>,
    /// Or the id the organisation knows the user by.
    org_user_id: Option<String>,
    /// Or the group's id.
    group_id: Option<String>,
}

/// What a call asks for, and where each part of it stood.
pub(crate) struct Wishes {
    pub(crate) role_type: RoleType,
    /// One element a role and bot; each wish has the number of its place.
    pub(crate) elements: Vec<Element>,
    pub(crate) places: Places,
}

/// Where the parts of a call stood in its body.
#[derive(Default)]
pub(crate) struct Places {
    of_wishes: Vec<String>,
    /// The place of the first wish of each element.
    of_elements: Vec<usize>,
}

/// Reads the body of `POST assignments`.
///
/// Errors: every place where it has not the right form.
pub(crate) fn parse(body: &Value) -> Result<Wishes, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    known_only(object, &["roleType", "add", "remove"], &mut problems);
    let word = object.text("roleType", &mut problems);
    let role_type = RoleType::parse(word);
    if role_type.is_none() && !word.is_empty() {
        problems.add("/roleType", say::must_be_admin_or_bot());
    }
    let mut wishes =
        Wishes { role_type: role_type.unwrap_or(RoleType::Bot), elements: Vec::new(), places: Places::default() };
    let mut known: HashMap<(String, Option<String>), usize> = HashMap::new();
    for (list, action) in [("remove", Action::Remove), ("add", Action::Add)] {
        object.each(list, &mut problems, |value, path, problems| {
            let path = path();
            let Some((role_id, bot_id, list, principal)) = read(value, &path, problems) else { return };
            let index = wishes.places.of_wishes.len();
            let nth = *known.entry((role_id.clone(), bot_id.clone())).or_insert_with(|| {
                wishes.elements.push(Element { role_id, bot_id, wishes: Vec::new() });
                wishes.places.of_elements.push(index);
                wishes.elements.len() - 1
            });
            if let Some(element) = wishes.elements.get_mut(nth) {
                element.wishes.push(Wish { action, principal, list, index });
            }
            wishes.places.of_wishes.push(path);
        });
    }
    problems.or_ok(wishes)
}

/// What a value under some key names.
type Names = fn(String) -> Principal;

/// The role, the bot, and who: by which key, and by what.
type Read = (String, Option<String>, &'static str, Principal);

fn read(value: &Value, path: &str, problems: &mut Problems) -> Option<Read> {
    let object = Object::of(value, path, problems)?;
    known_only(object, &["roleId", "botId", "userId", "email", "orgUserId", "groupId"], problems);
    let role_id = object.text("roleId", problems).to_owned();
    let bot_id = object.get("botId").map(|_| object.text("botId", problems).to_owned());
    let kinds: [(&'static str, Names); 4] = [
        ("userId", Principal::UserId),
        ("email", Principal::Email),
        ("orgUserId", Principal::OrgUserId),
        ("groupId", Principal::GroupId),
    ];
    let given: Vec<_> = kinds.into_iter().filter(|(key, _)| object.get(key).is_some()).collect();
    let [(list, principal)] = given[..] else {
        problems.add(path, say::must_name_one_holder());
        return None;
    };
    Some((role_id, bot_id, list, principal(object.text(list, problems).to_owned())))
}

impl Places {
    /// An error of the work, with places as they are in the body.
    pub(crate) fn told(&self, error: ControlError) -> ControlError {
        match error {
            ControlError::Refused(faults) => {
                ControlError::Refused(faults.into_iter().map(|fault| self.placed(fault)).collect())
            }
            ControlError::Invalid(problems) => {
                let mut told = Problems::default();
                for problem in problems.into_vec() {
                    told.add(self.place_of(problem.path), problem.detail);
                }
                ControlError::Invalid(told)
            }
            other => other,
        }
    }

    fn placed(&self, mut fault: Fault) -> Fault {
        fault.path = self.place_of(fault.path);
        if fault.rule == Rule::AddAndRemove {
            fault.detail = say::given_and_taken();
        }
        fault
    }

    /// The work knows a place as `/element/key/wish`, or `/element/key` of all of an element.
    fn place_of(&self, path: String) -> String {
        let mut steps = path.trim_start_matches('/').splitn(3, '/');
        let (nth, key, index) = (steps.next(), steps.next(), steps.next());
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok());
        let first = || self.of_elements.get(number(nth)?).copied();
        let place = number(index).or_else(first).and_then(|index| self.of_wishes.get(index));
        match (place, key) {
            (Some(place), Some(key)) => format!("{place}/{key}"),
            _ => path,
        }
    }
}
