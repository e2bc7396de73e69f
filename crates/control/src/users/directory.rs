//! Users as lists show them: all of them, or those whom some words fit; and one of them whole.

use rolecall_model::{
    ids::UserNo,
    page::{Page, Start},
    problem::{Problem, Problems},
    search::{Person, Words},
    user::{Status, User, UserRow},
};
use rolecall_roster::UserRef;
use rolecall_store::{Error as StoreError, accounts, directory, names::Name, users};

use crate::{Ctx, Error, authority::acts, holdings, list, say};

/// The name of [`list()`] in cursors.
pub const LIST: &str = "users";

/// How many stretches of some thousands of users a search without an image goes through before it answers
/// with what it has found so far.
const MAX_STRETCHES: u32 = 8;

/// A user as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its e-mail address.
    pub email: String,
    /// The id its organisation knows it by; empty if it has none.
    pub org_user_id: String,
    /// Its first name.
    pub first_name: String,
    /// Its last name.
    pub last_name: String,
    /// Whether it may enter the builder.
    pub is_developer: bool,
    /// Whether it may create bots.
    pub can_create_bot: bool,
    /// Whether it may sign in.
    pub status: Status,
}

impl From<UserRow<'_>> for Row {
    fn from(user: UserRow<'_>) -> Self {
        Self {
            id: user.id.to_owned(),
            email: user.email.to_owned(),
            org_user_id: user.org_user_id.to_owned(),
            first_name: user.first_name.to_owned(),
            last_name: user.last_name.to_owned(),
            is_developer: user.is_developer,
            can_create_bot: user.can_create_bot,
            status: user.status,
        }
    }
}

impl From<UserRef<'_>> for Row {
    fn from(user: UserRef<'_>) -> Self {
        Self {
            id: user.id().to_string(),
            email: user.email().to_string(),
            org_user_id: user.org_user_id().to_owned(),
            first_name: user.first_name().to_owned(),
            last_name: user.last_name().to_owned(),
            is_developer: user.is_developer(),
            can_create_bot: user.can_create_bot(),
            status: user.status(),
        }
    }
}

/// A page of users.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// How many there are in all; not told of a search.
    pub total: Option<u64>,
    /// The page.
    pub items: Vec<Row>,
    /// Where the next page begins. While there is one there may be more, even if this page is not full.
    pub next_cursor: Option<String>,
}

/// A page of the account's users, in order of creation: all of them, or those whom `words` fit.
///
/// Errors: [`Error::Invalid`] for an offset into a search, which is gone through by its cursors.
pub async fn list(ctx: &Ctx, words: Option<&Words>, page: Page) -> Result<Listed, Error> {
    ctx.need_to(&acts::LOOK)?;
    let Some(words) = words else { return list_all(ctx, page).await };
    let after = match page.start {
        Start::After(after) => after,
        Start::Offset(0) => 0,
        Start::Offset(_) => {
            return Err(Problems::from(Problem::new("offset", say::no_offset_in_search())).into());
        }
    };
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let mut found: Vec<(UserNo, Row)> = Vec::new();
    let mut looked_to = None;
    if let Some(roster) = &ctx.roster {
        // Of a million users it takes so long to find nobody that others on this thread would notice.
        let (roster, words) = (roster.clone(), words.clone());
        let look = move || {
            let users = roster.users_like(&words, after).take(limit + 1);
            users.map(|user| (user.no(), user.into())).collect()
        };
        let looked = tokio::task::spawn_blocking(look).await;
        found = looked.map_err(|_| StoreError::Failed { code: "a search broke off".to_owned() })?;
    } else {
        looked_to = look(ctx, words, after, limit + 1, &mut found).await?;
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    let last = if has_more { found.last().map(|(no, _)| no.0) } else { looked_to };
    Ok(Listed {
        total: None,
        items: found.into_iter().map(|(_, row)| row).collect(),
        next_cursor: last.map(|no| list::cursor(ctx, LIST, no)),
    })
}

async fn list_all(ctx: &Ctx, page: Page) -> Result<Listed, Error> {
    let list = if let Some(roster) = &ctx.roster {
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let found = roster.users(page.start).take(limit.saturating_add(1)).map(|user| (user.no(), user.into()));
        let total = i64::try_from(roster.n_users()).unwrap_or(i64::MAX);
        list::page(ctx, LIST, total, page.limit, found.collect(), |(no, _)| no.0)
    } else {
        let mut tx = ctx.read().await?;
        let total = accounts::get(&mut tx, ctx.account).await?.n_users;
        let one_more = Page { limit: page.limit.saturating_add(1), ..page };
        let found = users::list(&mut tx, ctx.account, one_more, None).await?;
        let found = found.iter().map(|user| (user.no, Row::from(UserRow::from(user))));
        list::page(ctx, LIST, total, page.limit, found.collect(), |(no, _): &(UserNo, Row)| no.0)
    };
    let items = list.items.into_iter().map(|(_, row)| row).collect();
    Ok(Listed { total: Some(list.total), items, next_cursor: list.next_cursor })
}

/// Looks for users in the store, and adds those that fit to `found` until it has `limit`. Where it stopped,
/// if it has not looked at all of them.
async fn look(
    ctx: &Ctx,
    words: &Words,
    after: i64,
    limit: usize,
    found: &mut Vec<(UserNo, Row)>,
) -> Result<Option<i64>, Error> {
    let mut tx = ctx.read().await?;
    let end = accounts::get(&mut tx, ctx.account).await?.next_no;
    let mut after = UserNo(after);
    for _ in 0..MAX_STRETCHES {
        let stretch = directory::stretch(&mut tx, ctx.account, after).await?;
        stretch.each(|user| {
            let person = Person {
                email: [user.email, ""],
                org_user_id: user.org_user_id,
                first_name: user.first_name,
                last_name: user.last_name,
            };
            if found.len() < limit && words.fit(&person) {
                found.push((user.no, Row::from(*user)));
            }
        });
        after = stretch.last();
        if after.0 >= end || found.len() >= limit {
            return Ok(None);
        }
    }
    Ok(Some(after.0))
}

/// A user, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The user.
    pub user: User,
    /// The groups it is in itself, by name.
    pub groups: Vec<Name>,
    /// Whether it owns the account.
    pub is_owner: bool,
}

/// The account's user with id `id`.
pub async fn find(ctx: &Ctx, id: &str) -> Result<Option<Details>, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let found = users::find_many(&mut tx, ctx.account, users::Key::Id, &[id.to_owned()]).await?;
    let Some(user) = found.into_iter().next() else { return Ok(None) };
    let owner = accounts::get(&mut tx, ctx.account).await?.owner_no;
    let groups = holdings::groups_of_users(&mut tx, ctx.account, &[user.no]).await?.remove(&user.no);
    Ok(Some(Details { is_owner: user.no == owner, groups: groups.unwrap_or_default(), user }))
}
