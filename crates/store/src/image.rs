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

use crate::{Error, Tx, users};

// No order is asked for, and none is needed: who does not come in order is read row by row. A text
// that holds the separator makes a column one too long; then likewise.
pub(crate) const USERS: &str = "
SELECT string_agg(CAST((user_no - $2) * 8 + is_developer + 2 * can_create_bot
         + CASE WHEN status = 'active' THEN 0 ELSE 4 END AS TEXT), ' '),
       string_agg(user_id, '\u{1f}'), string_agg(email, '\u{1f}'), string_agg(org_user_id, '\u{1f}'),
       string_agg(first_name, '\u{1f}'), string_agg(last_name, '\u{1f}')
FROM users
WHERE account_no = $1 AND user_no > $2 AND user_no <= $3 AND removed_at_ms IS NULL";
// A fact is packed in the order of the index, so that it usually comes sorted. The sign keeps a condition
// from being taken for a reason to go by another index.
pub(crate) const HELD: &str = "
SELECT string_agg(CAST(((user_no - $2) * $4 + role_no) * $5 + bot_no AS TEXT), ' ')
FROM user_assignments
WHERE account_no = $1 AND user_no > $2 AND user_no <= $3 AND +role_no < $4 AND +bot_no < $5";
pub(crate) const JOINED: &str = "
SELECT string_agg(CAST((user_no - $2) * $4 + group_no AS TEXT), ' ')
FROM group_users
WHERE account_no = $1 AND user_no > $2 AND user_no <= $3 AND +group_no < $4";

/// What stands between texts.
const SEPARATOR: char = '\u{1f}';
/// How many numbers of users a slice has at most.
pub(crate) const WIDTH: i64 = 8_192;

/// The highest numbers that bots, roles and groups of an account have. The fewer digits they take, the
/// sooner a fact is written, sent and read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Highest {
    /// That of a bot; 0 if there is none.
    pub bot: BotNo,
    /// That of a role.
    pub role: RoleNo,
    /// That of a group.
    pub group: GroupNo,
}

/// The users with numbers of one range, with what they hold directly and which groups they are in
/// themselves.
#[derive(Debug)]
pub struct Slice {
    after: i64,
    people: People,
    held: Vec<i64>,
    joined: Vec<i64>,
    /// How many bits the number of a role, a bot or a group takes in a packed one.
    role_bits: u32,
    bot_bits: u32,
    group_bits: u32,
    last: i64,
}

/// The users themselves.
#[derive(Debug)]
pub(crate) enum People {
    Packed { numbers: Vec<i64>, columns: Box<[String; 5]> },
    Plain(Vec<User>),
}

/// Reads the users with the next numbers after `after`. What they hold or are in that is numbered above
/// `highest` is gone, and left out. Shape: three statements.
///
/// Errors: [`Error::Failed`] for an account with thousands of millions of things, whose numbers
/// cannot be packed.
pub async fn slice(tx: &mut Tx, account: AccountNo, highest: Highest, after: UserNo) -> Result<Slice, Error> {
    let bits = |highest: i64| 64 - highest.max(0).leading_zeros();
    let (role_bits, bot_bits, group_bits) = (bits(highest.role.0), bits(highest.bot.0), bits(highest.group.0));
    let most = i64::MAX.checked_shr((role_bits + bot_bits).max(group_bits)).unwrap_or(0);
    if most < 1 {
        return Err(Error::Failed { code: "an account of too many things".to_owned() });
    }
    let last = after.0.saturating_add(most.min(WIDTH));
    let of = |sql: &'static str| sqlx::query(sql).bind(account.0).bind(after.0).bind(last);
    let people = people(tx, account, after, last).await?;
    let held = facts(&tx.all(of(HELD).bind(1_i64 << role_bits).bind(1_i64 << bot_bits)).await?)?;
    let joined = facts(&tx.all(of(JOINED).bind(1_i64 << group_bits)).await?)?;
    Ok(Slice { after: after.0, people, held, joined, role_bits, bot_bits, group_bits, last })
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
    let (mut number, mut n_digits) = (0_u64, 0);
    let ended = if text.is_empty() { None } else { Some(b' ') };
    for byte in text.bytes().chain(ended) {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            // No nineteen digits are too much, and with more it is refused below.
            number = number.wrapping_mul(10).wrapping_add(digit.into());
            n_digits += 1;
        } else if byte == b' ' && (1..=19).contains(&n_digits) {
            numbers.push(i64::try_from(number).map_err(|_| unreadable())?);
            (number, n_digits) = (0, 0);
        } else {
            return Err(unreadable());
        }
    }
    Ok(numbers)
}

impl Slice {
    /// The highest number the slice could have: where the next one begins.
    pub fn last(&self) -> UserNo {
        UserNo(self.last)
    }

    /// Calls `tell` with each user, in order of their numbers, and with the roles it holds directly,
    /// by role and bot, and the groups it is in itself.
    ///
    /// Errors: the first of `tell`.
    pub fn each<E>(
        &self,
        mut tell: impl FnMut(&UserRow<'_>, &[(BotNo, RoleNo)], &[GroupNo]) -> Result<(), E>,
    ) -> Result<(), E> {
        let (mut held, mut joined) = (Vec::new(), Vec::new());
        let mut facts = self.held.iter().map(|fact| {
            let (rest, bot) = split(*fact, self.bot_bits);
            let (user, role) = split(rest, self.role_bits);
            (user, (BotNo(bot), RoleNo(role)))
        });
        let mut memberships = self.joined.iter().map(|fact| {
            let (user, group) = split(*fact, self.group_bits);
            (user, GroupNo(group))
        });
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

/// A number in two: what is above its last `bits`, and those.
fn split(number: i64, bits: u32) -> (i64, i64) {
    (number >> bits, number & ((1 << bits) - 1))
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
