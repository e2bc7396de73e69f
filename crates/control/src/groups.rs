//! Groups: listing, making, changing and removing them, and who is in one.
//!
//! What puts members into groups among other things is in [`crate::memberships`].

mod edit;
mod members;

use std::collections::HashMap;

use rolecall_model::{
    audit::Event,
    delta::Delta,
    group::Group,
    ids::{GroupNo, Kind, prefixed},
    page::Page,
    problem::Problems,
    role_import::MAX_DESCRIPTION_CHARS,
    text,
};
use rolecall_store::{
    Tx, accounts, attempt, groups,
    memberships::{self, GroupInside, UserInside},
};
use serde_json::{Value, json};

use crate::{
    Change, Ctx, Error, Record, Rule,
    authority::acts,
    list::{self, List},
    say,
};

pub use edit::{Around, Edit, around, get, remove, update, version};
pub use members::{Changed, Kind as MemberKind, MAX_WISHES, Member, Who, Wish, change_members, list_name, members};

pub(crate) use edit::save;

/// A group with who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The group.
    pub group: Group,
    /// The groups directly in it.
    pub groups: Vec<GroupInside>,
    /// The first [`MAX_USERS_SHOWN`] users directly in it.
    pub users: Vec<UserInside>,
    /// How many users are directly in it.
    pub n_users: u64,
    /// The account, in the vendor's form of an organisation.
    pub org_id: String,
}

/// The most users a list shows of one group.
pub const MAX_USERS_SHOWN: usize = 1_000;

/// A page of the account's groups, in order of creation.
pub async fn list(ctx: &Ctx, page: Page) -> Result<List<Listed>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let org_id = accounts::get(&mut tx, ctx.account).await?.org_id;
    let total = groups::count(&mut tx, ctx.account).await?;
    let one_more = Page { limit: page.limit.saturating_add(1), ..page };
    let found = groups::list(&mut tx, ctx.account, one_more).await?;
    let shown = list::page(ctx, "groups", total, page.limit, found, |group| group.no.0);

    let numbers: Vec<GroupNo> = shown.items.iter().map(|group| group.no).collect();
    let mut groups: HashMap<GroupNo, Vec<GroupInside>> = HashMap::new();
    for inside in memberships::groups_inside(&mut tx, ctx.account, &numbers).await? {
        groups.entry(inside.group).or_default().push(inside);
    }
    let one_more = i64::try_from(MAX_USERS_SHOWN + 1).unwrap_or(i64::MAX);
    let mut users: HashMap<GroupNo, Vec<UserInside>> = HashMap::new();
    for inside in memberships::first_users(&mut tx, ctx.account, &numbers, one_more).await? {
        users.entry(inside.group).or_default().push(inside);
    }
    // Only who is not shown whole has to be counted.
    let cut: Vec<GroupNo> =
        users.iter().filter(|(_, users)| users.len() > MAX_USERS_SHOWN).map(|(no, _)| *no).collect();
    let counts = memberships::count_users(&mut tx, ctx.account, &cut).await?;

    let listed = |group: Group| {
        let mut users = users.remove(&group.no).unwrap_or_default();
        let n_users = counts.get(&group.no).map_or(users.len() as u64, |n| u64::try_from(*n).unwrap_or_default());
        users.truncate(MAX_USERS_SHOWN);
        Listed { groups: groups.remove(&group.no).unwrap_or_default(), users, n_users, org_id: org_id.clone(), group }
    };
    let items = shown.items.into_iter().map(listed).collect();
    Ok(List { total: shown.total, items, next_cursor: shown.next_cursor })
}

/// A group with how many are directly in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The group.
    pub group: Group,
    /// How many users.
    pub n_users: u64,
    /// How many groups.
    pub n_groups: u64,
}

/// The name of [`search`] in cursors.
pub const SEARCH: &str = "groups found";

/// A page of the account's groups whose names begin with `prefix`, in any case of letters; in order of
/// creation.
pub async fn search(ctx: &Ctx, prefix: &str, page: Page) -> Result<List<Counted>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let folded = text::fold(prefix);
    let total = groups::count_named(&mut tx, ctx.account, &folded).await?;
    let one_more = Page { limit: page.limit.saturating_add(1), ..page };
    let found = groups::list_named(&mut tx, ctx.account, &folded, one_more).await?;
    let shown = list::page(ctx, SEARCH, total, page.limit, found, |group| group.no.0);
    let nos: Vec<GroupNo> = shown.items.iter().map(|group| group.no).collect();
    let users = memberships::count_users(&mut tx, ctx.account, &nos).await?;
    let nested = memberships::count_groups(&mut tx, ctx.account, &nos).await?;
    let counted = |group: Group| {
        let of =
            |counts: &HashMap<GroupNo, i64>| counts.get(&group.no).map_or(0, |n| u64::try_from(*n).unwrap_or_default());
        Counted { n_users: of(&users), n_groups: of(&nested), group }
    };
    let items = shown.items.into_iter().map(counted).collect();
    Ok(List { total: shown.total, items, next_cursor: shown.next_cursor })
}

/// What is asked for when a group is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
}

/// Makes a group with nobody in it.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one, [`Rule::Taken`] for one that is taken.
pub async fn create(ctx: &Ctx, new: &NewGroup) -> Result<Group, Error> {
    let mut problems = Problems::default();
    check(Some(&new.name), Some(&new.description), &mut problems);
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| create_in(ctx, tx, new))
}

async fn create_in(ctx: &Ctx, tx: &mut Tx, new: &NewGroup) -> Result<Group, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_GROUPS)?;
    check_free(&mut change, &new.name).await?;
    let mut made = insert(ctx, &mut change, std::slice::from_ref(new)).await?;
    change.finish().await?;
    made.pop().ok_or_else(|| rolecall_store::Error::Failed { code: "no group was made".to_owned() }.into())
}

/// Tells what is wrong with a name and a description, as far as they are given.
fn check(name: Option<&str>, description: Option<&str>, problems: &mut Problems) {
    if let Some(Err(bad)) = name.map(text::check_name) {
        problems.add("/name", bad);
    }
    if description.is_some_and(|description| description.chars().count() > MAX_DESCRIPTION_CHARS) {
        problems.add("/description", say::at_most_characters(MAX_DESCRIPTION_CHARS));
    }
}

/// Refuses a name that another group has.
async fn check_free(change: &mut Change<'_>, name: &str) -> Result<(), Error> {
    let account = change.account_no();
    if groups::find_by_names(change.tx, account, &[text::fold(name)]).await?.is_empty() {
        return Ok(());
    }
    Err(Error::refused(Rule::Taken, "/name", say::group_name_taken()))
}

/// All that is shown of a group, for the audit log and for its version.
pub(crate) fn shown(group: &Group) -> Value {
    json!({"groupId": group.id, "name": group.name, "description": group.description})
}

/// Makes groups within a change, in their order. The caller has seen to it that their names are
/// names, and free.
pub async fn insert(ctx: &Ctx, change: &mut Change<'_>, new: &[NewGroup]) -> Result<Vec<Group>, Error> {
    let mut made = Vec::with_capacity(new.len());
    for new in new {
        let group = Group {
            no: GroupNo(change.next_no()),
            id: prefixed(Kind::Group, ctx.core.random.bytes()),
            name: new.name.clone(),
            description: new.description.clone(),
            created_at: change.at,
        };
        change.record(Record {
            event: Event::GroupCreated,
            target: group.id.clone(),
            description: format!("Group {} created", group.name),
            before: Value::Null,
            after: shown(&group),
        });
        made.push(group);
    }
    let account = change.account_no();
    groups::insert(change.tx, account, &made).await?;
    change.note(made.iter().map(|group| Delta::Group(group.no)));
    change.flush_if_full().await?;
    Ok(made)
}
