//! Accounts: the tenants. An account's row is also its clock, its counters and the head of its
//! audit chain; whoever changes anything of the account locks that row first, so changes of one
//! account happen one after the other.

use rolecall_model::{
    ids::{AccountNo, UserNo},
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{
    Error, Tx,
    bulk::{self, Column},
};

const GET: &str = "
SELECT account_no, account_id, org_id, name, owner_no, revision, next_no, n_users, audit_seq, audit_hash, changed_at_ms
FROM accounts
WHERE account_no = $1";
pub(crate) const REVISIONS: &str = "
WITH sought (account_no) AS (VALUES SOUGHT)
SELECT t.account_no, t.revision
FROM sought
CROSS JOIN accounts AS t
WHERE t.account_no = sought.account_no";
/// The columns of [`REVISIONS`].
pub(crate) const BY_NO: [Column; 1] = [Column::Number];
const FIND: &str = "SELECT account_no FROM accounts WHERE account_id = $1";
const LIST: &str = "
SELECT account_no, account_id, org_id, name, owner_no, revision, next_no, n_users, audit_seq, audit_hash, changed_at_ms
FROM accounts
ORDER BY account_no";
// An UPDATE that changes nothing is the row lock that both engines know.
const LOCK: &str = "
UPDATE accounts SET revision = revision
WHERE account_no = $1
RETURNING account_no, account_id, org_id, name, owner_no, revision, next_no, n_users, audit_seq, audit_hash, changed_at_ms";
const INSERT: &str = "
INSERT INTO accounts
  (account_no, account_id, org_id, name, owner_no, revision, next_no, n_users, audit_seq, audit_hash, changed_at_ms, created_at_ms)
SELECT COALESCE(MAX(account_no), 0) + 1, $1, $2, $3, 0, 0, 1, 0, 0, '', 0, $4
FROM accounts
RETURNING account_no";
const RENAME: &str = "UPDATE accounts SET name = $2 WHERE account_no = $1";
const SAVE: &str = "
UPDATE accounts
SET owner_no = $2, revision = $3, next_no = $4, n_users = $5, audit_seq = $6, audit_hash = $7, changed_at_ms = $8
WHERE account_no = $1";

/// An account, with its counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its number in this database.
    pub no: AccountNo,
    /// Its id: 24 hex digits.
    pub id: String,
    /// Its id as the vendor's organisation: `o-` and a UUID.
    pub org_id: String,
    /// Its name.
    pub name: String,
    /// The user who owns it.
    pub owner_no: UserNo,
    /// Raised by each transaction that changed anything of it.
    pub revision: i64,
    /// The number its next user, group, role, bot or file gets.
    pub next_no: i64,
    /// How many users it has now.
    pub n_users: i64,
    /// The number of its last audit entry; 0 if there is none.
    pub audit_seq: i64,
    /// The hash of its last audit entry.
    pub audit_hash: String,
    /// When it was last changed.
    pub changed_at: Instant,
}

fn account(row: &AnyRow) -> Result<Account, Error> {
    Ok(Account {
        no: AccountNo(row.try_get(0)?),
        id: row.try_get(1)?,
        org_id: row.try_get(2)?,
        name: row.try_get(3)?,
        owner_no: UserNo(row.try_get(4)?),
        revision: row.try_get(5)?,
        next_no: row.try_get(6)?,
        n_users: row.try_get(7)?,
        audit_seq: row.try_get(8)?,
        audit_hash: row.try_get(9)?,
        changed_at: Instant::from_ms(row.try_get(10)?),
    })
}

/// The account with number `no`. Errors: [`Error::Failed`] if there is none.
pub async fn get(tx: &mut Tx, no: AccountNo) -> Result<Account, Error> {
    match tx.optional(sqlx::query(GET).bind(no.0)).await? {
        Some(row) => account(&row),
        None => Err(Error::Failed { code: "account not found".to_owned() }),
    }
}

/// The revisions of accounts, in any order. Shape: one statement for up to 512 of them.
pub async fn revisions(tx: &mut Tx, accounts: &[AccountNo]) -> Result<Vec<(AccountNo, i64)>, Error> {
    let mut revisions = Vec::with_capacity(accounts.len());
    for (chunk, size) in bulk::chunks(accounts) {
        let mut find = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(REVISIONS, &BY_NO, size)));
        let filling = std::iter::repeat_n(bulk::NO_ACCOUNT, size - chunk.len());
        for no in chunk.iter().map(|no| no.0).chain(filling) {
            find = find.bind(no);
        }
        for row in tx.all(find).await? {
            revisions.push((AccountNo(row.try_get(0)?), row.try_get(1)?));
        }
    }
    Ok(revisions)
}

/// The number of the account with id `id`.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<AccountNo>, Error> {
    match tx.optional(sqlx::query(FIND).bind(id.to_owned())).await? {
        Some(row) => Ok(Some(AccountNo(row.try_get(0)?))),
        None => Ok(None),
    }
}

/// All accounts, in order of creation.
pub async fn list(tx: &mut Tx) -> Result<Vec<Account>, Error> {
    tx.all(sqlx::query(LIST)).await?.iter().map(account).collect()
}

/// Locks the account until the transaction ends and tells its state.
///
/// Concurrency: another change of the same account waits here.
pub async fn lock(tx: &mut Tx, no: AccountNo) -> Result<Account, Error> {
    match tx.optional(sqlx::query(LOCK).bind(no.0)).await? {
        Some(row) => account(&row),
        None => Err(Error::Failed { code: "account not found".to_owned() }),
    }
}

/// Makes an account without users or roles. Errors: [`Error::Conflict`] if two are made at once.
pub async fn insert(tx: &mut Tx, id: &str, org_id: &str, name: &str, at: Instant) -> Result<AccountNo, Error> {
    let insert = sqlx::query(INSERT).bind(id.to_owned()).bind(org_id.to_owned()).bind(name.to_owned()).bind(at.as_ms());
    Ok(AccountNo(tx.number(insert).await?))
}

/// Gives the account another name.
pub async fn rename(tx: &mut Tx, no: AccountNo, name: &str) -> Result<(), Error> {
    tx.run(sqlx::query(RENAME).bind(no.0).bind(name.to_owned())).await?;
    Ok(())
}

/// Writes the counters, the head of the chain and the owner back.
pub async fn save(tx: &mut Tx, account: &Account) -> Result<(), Error> {
    let save = sqlx::query(SAVE)
        .bind(account.no.0)
        .bind(account.owner_no.0)
        .bind(account.revision)
        .bind(account.next_no)
        .bind(account.n_users)
        .bind(account.audit_seq)
        .bind(account.audit_hash.clone())
        .bind(account.changed_at.as_ms());
    tx.run(save).await?;
    Ok(())
}
