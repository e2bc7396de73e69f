//! An account's users with what they hold, for an image of the account in memory.
//!
//! An account may have millions of rows, and each row that comes through the driver costs more than
//! the database itself takes to find it. So the database packs some thousands of users into one row:
//! a text for each column, and the numbers of a fact as the digits of one number.

use rolecall_model::{
    ids::{AccountNo, BotNo, GroupNo, RoleNo, UserNo},
    page::{Page, Start},
    user::{Status, User, UserRow},
};
use sqlx::{Row as _, any::AnyRow};

use crate::{Error, Tx, accounts::Account, users};

// No order is asked for, and none is needed: who does not come in order is read row by row. A text
// that holds the separator makes a column one too long; then likewise.
pub(crate) const USERS: &str = "
SELECT string_agg(CAST((user_no - $2) * 8 + is_developer + 2 * can_create_bot
         + CASE WHEN status = 'active' THEN 0 ELSE 4 END AS TEXT), ' '),
       string_agg(user_id, '\u{1f}'), string_agg(email, '\u{1f}'), string_agg(org_user_id, '\u{1f}'),
       string_agg(first_name, '\u{1f}'), string_agg(last_name, '\u{1f}')
FROM users
WHERE account_no = $1 AND user_no > $2 AND user_no <= $3 AND removed_at_ms IS NULL";
pub(crate) const HELD: &str = "
SELECT string_agg(CAST((user_no - $2) * $4 + bot_no * $5 + role_no AS TEXT), ' ')
FROM user_assignments
WHERE account_no = $1 AND user_no > $2 AND user_no <= $3";
pub(crate) const JOINED: &str = "
SELECT string_agg(CAST((user_no - $2) * $4 + group_no AS TEXT), ' ')
FROM group_users
WHERE account_no = $1 AND user_no > $2 AND user_no <= $3";

/// What stands between texts.
const SEPARATOR: char = '\u{1f}';
/// How many numbers of users a slice has at most.
pub(crate) const WIDTH: i64 = 8_192;

/// The users with numbers of one range, with what they hold directly and which groups they are in
/// themselves.
#[derive(Debug)]
pub struct Slice {
    after: i64,
    base: i64,
    people: People,
    held: Vec<i64>,
    joined: Vec<i64>,
    last: i64,
}

/// The users themselves.
#[derive(Debug)]
pub(crate) enum People {
    Packed { numbers: Vec<i64>, columns: Box<[String; 5]> },
    Plain(Vec<User>),
}

/// Reads the users with the next numbers after `after`. Shape: three statements.
///
/// Errors: [`Error::Failed`] for an account with thousands of millions of things, whose numbers
/// cannot be packed.
pub async fn slice(tx: &mut Tx, account: &Account, after: UserNo) -> Result<Slice, Error> {
    let base = account.next_no.max(1);
    let width = base.checked_mul(base).map_or(0, |square| (i64::MAX / square - 1).min(WIDTH));
    if width < 1 {
        return Err(Error::Failed { code: "an account of too many things".to_owned() });
    }
    let last = after.0.saturating_add(width);
    let of = |sql: &'static str| sqlx::query(sql).bind(account.no.0).bind(after.0).bind(last);
    let people = people(tx, account.no, after, last).await?;
    let held = facts(&tx.all(of(HELD).bind(base * base).bind(base)).await?)?;
    let joined = facts(&tx.all(of(JOINED).bind(base)).await?)?;
    Ok(Slice { after: after.0, base, people, held, joined, last })
}

/// The users with numbers above `after` up to `last`.
pub(crate) async fn people(tx: &mut Tx, account: AccountNo, after: UserNo, last: i64) -> Result<People, Error> {
    let find = sqlx::query(USERS).bind(account.0).bind(after.0).bind(last);
    match packed(&tx.all(find).await?)? {
        Some(people) => Ok(people),
        None => plain(tx, account, after, last - after.0).await,
    }
}

/// The users of the one row; nothing if they cannot be told from each other.
fn packed(rows: &[AnyRow]) -> Result<Option<People>, Error> {
    let numbers = numbers(text(rows, 0)?)?;
    let mut columns = [const { String::new() }; 5];
    for (index, column) in (1..).zip(&mut columns) {
        text(rows, index)?.clone_into(column);
        let n_values = column.bytes().filter(|byte| *byte == SEPARATOR as u8).count() + 1;
        if n_values != numbers.len() && !numbers.is_empty() {
            return Ok(None);
        }
    }
    let columns = Box::new(columns);
    Ok(numbers.is_sorted().then_some(People::Packed { numbers, columns }))
}

async fn plain(tx: &mut Tx, account: AccountNo, after: UserNo, width: i64) -> Result<People, Error> {
    let page = Page { limit: u32::try_from(width).unwrap_or(u32::MAX), start: Start::After(after.0) };
    let mut users = users::list(tx, account, page, None).await?;
    users.retain(|user| user.no.0 <= after.0.saturating_add(width));
    Ok(People::Plain(users))
}

fn facts(rows: &[AnyRow]) -> Result<Vec<i64>, Error> {
    let mut facts = numbers(text(rows, 0)?)?;
    facts.sort_unstable();
    Ok(facts)
}

/// The text in a column of the one row; empty if there was nothing to put together.
fn text(rows: &[AnyRow], column: usize) -> Result<&str, Error> {
    let text: Option<Option<&str>> = rows.first().map(|row| row.try_get(column)).transpose()?;
    Ok(text.flatten().unwrap_or_default())
}

/// The numbers in a text, with a space between.
fn numbers(text: &str) -> Result<Vec<i64>, Error> {
    let unreadable = || Error::Failed { code: "unreadable packed numbers".to_owned() };
    let mut numbers = Vec::new();
    let mut number: Option<i64> = None;
    for byte in text.bytes() {
        if byte == b' ' {
            numbers.push(number.take().ok_or_else(unreadable)?);
        } else {
            let digit = byte.wrapping_sub(b'0');
            let longer = number.unwrap_or_default().checked_mul(10).and_then(|number| number.checked_add(digit.into()));
            number = Some(longer.filter(|_| digit < 10).ok_or_else(unreadable)?);
        }
    }
    numbers.extend(number);
    Ok(numbers)
}

impl Slice {
    /// The highest number the slice could have: where the next one begins.
    pub fn last(&self) -> UserNo {
        UserNo(self.last)
    }

    /// Calls `tell` with each user, in order of their numbers, and with the roles it holds directly,
    /// by bot, and the groups it is in itself.
    ///
    /// Errors: the first of `tell`.
    pub fn each<E>(
        &self,
        mut tell: impl FnMut(&UserRow<'_>, &[(BotNo, RoleNo)], &[GroupNo]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut held, mut joined) = (Vec::new(), Vec::new());
        let mut facts = self.held.iter().map(|fact| {
            let (user, fact) = (fact / (self.base * self.base), fact % (self.base * self.base));
            (user, (BotNo(fact / self.base), RoleNo(fact % self.base)))
        });
        let mut memberships = self.joined.iter().map(|fact| (fact / self.base, GroupNo(fact % self.base)));
        let (mut next_fact, mut next_membership) = (facts.next(), memberships.next());
        self.people.each(self.after, |person| {
            let at = person.no.0 - self.after;
            take(at, &mut next_fact, &mut facts, &mut held);
            take(at, &mut next_membership, &mut memberships, &mut joined);
            tell(person, &held, &joined)
        })
    }
}

impl People {
    /// Calls `tell` with each, in order of their numbers, which are above `after`.
    ///
    /// Errors: the first of `tell`.
    pub(crate) fn each<E>(&self, after: i64, mut tell: impl FnMut(&UserRow<'_>) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Plain(users) => users.iter().try_for_each(|user| tell(&UserRow::from(user))),
            Self::Packed { numbers, columns } => {
                let [mut ids, mut emails, mut org_user_ids, mut first_names, mut last_names] =
                    columns.each_ref().map(|column| column.split(SEPARATOR));
                numbers.iter().try_for_each(|number| {
                    tell(&UserRow {
                        no: UserNo(after + number / 8),
                        id: ids.next().unwrap_or_default(),
                        email: emails.next().unwrap_or_default(),
                        org_user_id: org_user_ids.next().unwrap_or_default(),
                        first_name: first_names.next().unwrap_or_default(),
                        last_name: last_names.next().unwrap_or_default(),
                        is_developer: number & 1 != 0,
                        can_create_bot: number & 2 != 0,
                        status: if number & 4 == 0 { Status::Active } else { Status::NotActive },
                    })
                })
            }
        }
    }
}

/// Takes what is of user `at` out of what is sorted by users; what is of users before it belongs to
/// nobody who is there.
fn take<T: Copy>(at: i64, next: &mut Option<(i64, T)>, rest: &mut impl Iterator<Item = (i64, T)>, taken: &mut Vec<T>) {
    taken.clear();
    while let Some((user, fact)) = *next
        && user <= at
    {
        if user == at {
            taken.push(fact);
        }
        *next = rest.next();
    }
}
