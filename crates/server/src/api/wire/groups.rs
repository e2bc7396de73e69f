//! Groups, and who is in them.

use rolecall_control::{
    groups::{Around, Changed, Counted, Edit, Member, NewGroup, Who, Wish},
    list::List,
};
use rolecall_model::{
    group::Group,
    json::{Object, child, kind},
    problem::Problems,
    time::Instant,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::subjects::known_only;

use crate::say;

/// A group to be made.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse`")]
pub struct GroupWish {
    /// Its name, unique in the account in any case of letters.
    name: String,
    /// What it is for; at most 2,000 characters.
    #[schema(required = false)]
    description: Option<String>,
}

/// What is to be changed of a group; what is left out stays.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_edit`")]
pub struct GroupEdit {
    /// Its name.
    #[schema(required = false)]
    name: Option<String>,
    /// What it is for.
    #[schema(required = false)]
    description: Option<String>,
}

/// Reads the body of `POST groups`.
///
/// Errors: every place where it has not the right form.
pub fn parse(body: &Value) -> Result<NewGroup, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let name = object.text("name", &mut problems).to_owned();
    let description = object.text_if_any("description", &mut problems).unwrap_or_default().to_owned();
    known_only(object, &["name", "description"], &mut problems);
    problems.or_ok(NewGroup { name, description })
}

/// Reads the body of `PATCH groups/{id}`.
///
/// Errors: every place where it has not the right form.
pub fn parse_edit(body: &Value) -> Result<Edit, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let name = object.text_if_any("name", &mut problems).map(str::to_owned);
    let description = object.text_if_any("description", &mut problems).map(str::to_owned);
    known_only(object, &["name", "description"], &mut problems);
    problems.or_ok(Edit { name, description })
}

/// A group.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Group)]
pub struct ShownGroup {
    /// Its id.
    #[schema(example = "e-0eb64991-6b79-5eb9-a512-8a2e41340c56")]
    pub group_id: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made.
    #[schema(value_type = String)]
    pub created_at: Instant,
}

impl From<Group> for ShownGroup {
    fn from(group: Group) -> Self {
        Self { group_id: group.id, name: group.name, description: group.description, created_at: group.created_at }
    }
}

/// A page of groups, in order of their creation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupList {
    /// How many there are in all.
    pub total: u64,
    /// The page.
    pub groups: Vec<ListedGroup>,
    /// Where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A group in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedGroup {
    /// The group.
    #[serde(flatten)]
    pub group: ShownGroup,
    /// How many users are directly in it.
    pub users: u64,
    /// How many groups are directly in it.
    pub groups: u64,
}

impl From<List<Counted>> for GroupList {
    fn from(list: List<Counted>) -> Self {
        let groups = list.items.into_iter().map(|counted| ListedGroup {
            group: counted.group.into(),
            users: counted.n_users,
            groups: counted.n_groups,
        });
        Self { total: list.total, groups: groups.collect(), next_cursor: list.next_cursor }
    }
}

/// The groups that a group is in.
#[derive(Debug, Serialize, ToSchema)]
pub struct GroupsAround {
    /// In order of their creation.
    pub groups: Vec<GroupAround>,
}

/// A group that another one is in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct GroupAround {
    /// The group.
    #[serde(flatten)]
    pub group: ShownGroup,
    /// Whether the other one is in it itself, and not only by way of others.
    pub is_direct: bool,
}

impl From<Vec<Around>> for GroupsAround {
    fn from(around: Vec<Around>) -> Self {
        let groups =
            around.into_iter().map(|around| GroupAround { group: around.group.into(), is_direct: around.is_direct });
        Self { groups: groups.collect() }
    }
}

/// Who is to come into a group and who is to go.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes a body that is read with each problem told by its place, see `parse_members`")]
pub struct MemberWishes {
    /// Who is to be in the group from now on.
    #[schema(required = false)]
    add: Vec<MemberKey>,
    /// Who is not to be in it any more.
    #[schema(required = false)]
    remove: Vec<MemberKey>,
}

/// A user or a group, by one of these.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase")]
pub enum MemberKey {
    /// A user's id.
    UserId(String),
    /// A user's e-mail address.
    EmailId(String),
    /// A group's id.
    GroupId(String),
    /// A group's name.
    GroupName(String),
}

/// A member of the body, and whom its value names.
type Key = (&'static str, fn(String) -> Who);

const KEYS: [Key; 4] =
    [("userId", Who::UserId), ("emailId", Who::Email), ("groupId", Who::GroupId), ("groupName", Who::GroupName)];

/// Reads the body of `POST groups/{id}/members`.
///
/// Errors: every place where it has not the right form.
pub fn parse_members(body: &Value) -> Result<Vec<Wish>, Problems> {
    let mut problems = Problems::default();
    let Some(object) = Object::of(body, "", &mut problems) else { return Err(problems) };
    let mut wishes = Vec::new();
    for (list, is_added) in [("add", true), ("remove", false)] {
        object.each(list, &mut problems, |value, path, problems| {
            wishes.extend(wish(value, &path(), is_added, problems));
        });
    }
    known_only(object, &["add", "remove"], &mut problems);
    if wishes.is_empty() && problems.is_empty() {
        problems.add("", say::must_name_members());
    }
    problems.or_ok(wishes)
}

fn wish(value: &Value, path: &str, is_added: bool, problems: &mut Problems) -> Option<Wish> {
    let object = Object::of(value, path, problems)?;
    let names = KEYS.map(|(name, _)| name);
    known_only(object, &names, problems);
    let mut given = KEYS.into_iter().filter_map(|(name, who)| Some((name, who, object.get(name)?)));
    let (first, second) = (given.next(), given.next());
    let (Some((name, who, value)), None) = (first, second) else {
        problems.add(path, say::must_have_one_of(names.join(", ")));
        return None;
    };
    let Value::String(text) = value else {
        problems.add(child(path, name), say::must_be_string(kind(value)));
        return None;
    };
    Some(Wish { is_added, who: who(text.clone()), path: child(path, name) })
}

/// How many members came and went.
#[derive(Debug, Serialize, ToSchema)]
pub struct MembersChanged {
    /// How many came; who was in already does not count.
    pub added: usize,
    /// How many went; who was not in does not count.
    pub removed: usize,
}

impl From<Changed> for MembersChanged {
    fn from(changed: Changed) -> Self {
        Self { added: changed.n_added, removed: changed.n_removed }
    }
}

/// A page of who is directly in a group, users and groups in order of their creation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberList {
    /// How many there are in all.
    pub total: u64,
    /// The page.
    pub members: Vec<ListedMember>,
    /// Where the next page begins, while there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Somebody in a group.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase")]
#[schema(as = Member)]
pub enum ListedMember {
    /// A user.
    #[serde(rename_all = "camelCase")]
    User {
        /// Its id.
        user_id: String,
        /// Its e-mail address.
        email_id: String,
        /// Its first name.
        first_name: String,
        /// Its last name.
        last_name: String,
        /// Whether it may sign in: `active` or `not active`.
        status: String,
    },
    /// A group, with all who are in it.
    #[serde(rename_all = "camelCase")]
    Group {
        /// Its id.
        group_id: String,
        /// Its name.
        name: String,
    },
}

impl From<Member> for ListedMember {
    fn from(member: Member) -> Self {
        match member {
            Member::User(user) => Self::User {
                user_id: user.id,
                email_id: user.email,
                first_name: user.first_name,
                last_name: user.last_name,
                status: user.status,
            },
            Member::Group(group) => Self::Group { group_id: group.id, name: group.name },
        }
    }
}

impl From<List<Member>> for MemberList {
    fn from(list: List<Member>) -> Self {
        let members = list.items.into_iter().map(Into::into).collect();
        Self { total: list.total, members, next_cursor: list.next_cursor }
    }
}
