//! Sessions of people who signed in. What a browser shows is known here by its hash only.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk};

// A person who is gone or may not sign in has no session, whatever stands here.
pub(crate) const FIND: &str = "
SELECT s.session_id, s.account_no, s.user_no, s.methods, s.wants, s.agent, s.began_at_ms, s.used_at_ms, s.confirmed_at_ms,
       s.ends_at_ms, u.user_id, u.email, u.first_name, u.last_name, a.account_id, a.name
FROM sessions AS s
JOIN users AS u ON u.account_no = s.account_no AND u.user_no = s.user_no
JOIN accounts AS a ON a.account_no = s.account_no
WHERE s.session_hash = $1 AND u.removed_at_ms IS NULL AND u.status = 'active'";
pub(crate) const LIST: &str = "
SELECT session_id, account_no, user_no, methods, wants, agent, began_at_ms, used_at_ms, confirmed_at_ms, ends_at_ms
FROM sessions
WHERE account_no = $1 AND user_no = $2
ORDER BY began_at_ms DESC, session_id
LIMIT $3";
const INSERT: &str = "
INSERT INTO sessions
  (session_hash, session_id, account_no, user_no, methods, wants, agent, began_at_ms, used_at_ms, confirmed_at_ms, ends_at_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
const TOUCH: &str = "UPDATE sessions SET used_at_ms = $2 WHERE session_hash = $1 AND used_at_ms < $2";
const FIND_BY_ID: &str = "
SELECT session_id, account_no, user_no, methods, wants, agent, began_at_ms, used_at_ms, confirmed_at_ms, ends_at_ms
FROM sessions
WHERE account_no = $1 AND session_id = $2";
const RENEW: &str = "
UPDATE sessions
SET session_hash = $2, methods = $3, confirmed_at_ms = $4, used_at_ms = $4
WHERE session_hash = $1 AND wants = ''";
const REMOVE: &str = "DELETE FROM sessions WHERE session_hash = $1";
const REMOVE_BY_ID: &str = "DELETE FROM sessions WHERE account_no = $1 AND user_no = $2 AND session_id = $3";
const REMOVE_OTHERS: &str = "DELETE FROM sessions WHERE account_no = $1 AND user_no = $2 AND session_id <> $3";
pub(crate) const REMOVE_OF_USERS: &str = "DELETE FROM sessions WHERE account_no = $1 AND user_no IN ";
// Of a person the newest are kept: a browser that signs in again and again does not fill the table.
const REMOVE_OLDEST: &str = "
DELETE FROM sessions
WHERE account_no = $1 AND user_no = $2 AND session_id NOT IN (
  SELECT session_id FROM sessions
  WHERE account_no = $1 AND user_no = $2
  ORDER BY began_at_ms DESC, session_id
  LIMIT $3)";
const FORGET: &str = "DELETE FROM sessions WHERE ends_at_ms <= $1 OR used_at_ms <= $2";

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id: `ses-` and a UUID. Who has it can name the session, and not be it.
    pub id: String,
    /// The person's account.
    pub account: AccountNo,
    /// The person.
    pub user: UserNo,
    /// How the person has shown who it is: words with a space between.
    pub methods: String,
    /// What it has yet to show; empty for a whole session.
    pub wants: String,
    /// What its browser calls itself.
    pub agent: String,
    /// When it began.
    pub began_at: Instant,
    /// When it was last used, to the minute.
    pub used_at: Instant,
    /// When the person last showed who it is.
    pub confirmed_at: Instant,
    /// When it ends, however much it is used.
    pub ends_at: Instant,
}

/// A session with what is shown of its person and account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The session.
    pub session: Session,
    /// The person's id.
    pub user_id: String,
    /// The person's e-mail address.
    pub email: String,
    /// Its first name.
    pub first_name: String,
    /// Its last name.
    pub last_name: String,
    /// The account's id.
    pub account_id: String,
    /// The account's name.
    pub account_name: String,
}

fn session(row: &AnyRow) -> Result<Session, Error> {
    Ok(Session {
        id: row.try_get(0)?,
        account: AccountNo(row.try_get(1)?),
        user: UserNo(row.try_get(2)?),
        methods: row.try_get(3)?,
        wants: row.try_get(4)?,
        agent: row.try_get(5)?,
        began_at: Instant::from_ms(row.try_get(6)?),
        used_at: Instant::from_ms(row.try_get(7)?),
        confirmed_at: Instant::from_ms(row.try_get(8)?),
        ends_at: Instant::from_ms(row.try_get(9)?),
    })
}

/// The session with this hash, of whatever account: the way from a cookie to its account. Nothing for
/// one of a person who is gone or may not sign in.
pub async fn find(tx: &mut Tx, hash: &str) -> Result<Option<Found>, Error> {
    let Some(row) = tx.optional(sqlx::query(FIND).bind(hash.to_owned())).await? else { return Ok(None) };
    Ok(Some(Found {
        session: session(&row)?,
        user_id: row.try_get(10)?,
        email: row.try_get(11)?,
        first_name: row.try_get(12)?,
        last_name: row.try_get(13)?,
        account_id: row.try_get(14)?,
        account_name: row.try_get(15)?,
    }))
}

/// The person's sessions, the newest first, at most `limit`. Those that have ended may stand among them.
pub async fn list(tx: &mut Tx, account: AccountNo, user: UserNo, limit: i64) -> Result<Vec<Session>, Error> {
    tx.all(sqlx::query(LIST).bind(account.0).bind(user.0).bind(limit)).await?.iter().map(session).collect()
}

/// The account's session with id `id`, whoever's it is.
pub async fn find_by_id(tx: &mut Tx, account: AccountNo, id: &str) -> Result<Option<Session>, Error> {
    tx.optional(sqlx::query(FIND_BY_ID).bind(account.0).bind(id.to_owned())).await?.as_ref().map(session).transpose()
}

/// What changes of a session when its person shows once more who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    /// The hash it is known by from now on.
    pub hash: String,
    /// How the person has shown who it is.
    pub methods: String,
    /// When.
    pub at: Instant,
}

/// Renews a whole session; false if there is none with this hash.
pub async fn renew(tx: &mut Tx, hash: &str, renewal: &Renewal) -> Result<bool, Error> {
    let renew = sqlx::query(RENEW)
        .bind(hash.to_owned())
        .bind(renewal.hash.clone())
        .bind(renewal.methods.clone())
        .bind(renewal.at.as_ms());
    Ok(tx.run(renew).await? == 1)
}

/// Begins a session.
pub async fn insert(tx: &mut Tx, hash: &str, session: &Session) -> Result<(), Error> {
    let insert = sqlx::query(INSERT)
        .bind(hash.to_owned())
        .bind(session.id.clone())
        .bind(session.account.0)
        .bind(session.user.0)
        .bind(session.methods.clone())
        .bind(session.wants.clone())
        .bind(session.agent.clone())
        .bind(session.began_at.as_ms())
        .bind(session.used_at.as_ms())
        .bind(session.confirmed_at.as_ms())
        .bind(session.ends_at.as_ms());
    tx.run(insert).await?;
    Ok(())
}

/// Notes that a session was used at `at`.
pub async fn touch(tx: &mut Tx, hash: &str, at: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(TOUCH).bind(hash.to_owned()).bind(at.as_ms())).await?;
    Ok(())
}

/// Ends the session with this hash; false if there is none.
pub async fn remove(tx: &mut Tx, hash: &str) -> Result<bool, Error> {
    Ok(tx.run(sqlx::query(REMOVE).bind(hash.to_owned())).await? == 1)
}

/// Ends the person's session with id `id`; false if there is none.
pub async fn remove_by_id(tx: &mut Tx, account: AccountNo, user: UserNo, id: &str) -> Result<bool, Error> {
    Ok(tx.run(sqlx::query(REMOVE_BY_ID).bind(account.0).bind(user.0).bind(id.to_owned())).await? == 1)
}

/// Ends all of the person's sessions but that with id `id`; how many.
pub async fn remove_others(tx: &mut Tx, account: AccountNo, user: UserNo, id: &str) -> Result<u64, Error> {
    tx.run(sqlx::query(REMOVE_OTHERS).bind(account.0).bind(user.0).bind(id.to_owned())).await
}

/// Ends the sessions of people; how many.
pub async fn remove_of_users(tx: &mut Tx, account: AccountNo, users: &[UserNo]) -> Result<u64, Error> {
    let nos: Vec<i64> = users.iter().map(|user| user.0).collect();
    bulk::run(tx, account, REMOVE_OF_USERS, &nos).await
}

/// Ends the person's sessions but for the newest `n`.
pub async fn keep_newest(tx: &mut Tx, account: AccountNo, user: UserNo, n: i64) -> Result<(), Error> {
    tx.run(sqlx::query(REMOVE_OLDEST).bind(account.0).bind(user.0).bind(n)).await?;
    Ok(())
}

/// Forgets the sessions that ended by `now`, and those nobody has used since `idle_since`; how many.
pub async fn forget(tx: &mut Tx, now: Instant, idle_since: Instant) -> Result<u64, Error> {
    tx.run(sqlx::query(FORGET).bind(now.as_ms()).bind(idle_since.as_ms())).await
}
