//! Bots of an account.

use std::collections::HashSet;

use rolecall_model::{
    bot::Bot,
    ids::{AccountNo, BotNo, UserNo},
    page::Page,
    text::fold,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx, bulk, names};

pub(crate) const LIST: &str = "
SELECT bot_no, bot_id, name, description, purpose, default_language, status, owner_no, created_at_ms
FROM bots
WHERE account_no = $1 AND removed_at_ms IS NULL AND bot_no > $2
ORDER BY bot_no
LIMIT $3 OFFSET $4";
// Both engines count characters here. There are some thousands at most, so no index is kept for it.
pub(crate) const LIST_NAMED: &str = "
SELECT bot_no, bot_id, name, description, purpose, default_language, status, owner_no, created_at_ms
FROM bots
WHERE account_no = $1 AND removed_at_ms IS NULL AND bot_no > $2 AND substr(name_folded, 1, length(CAST($3 AS TEXT))) = $3
ORDER BY bot_no
LIMIT $4 OFFSET $5";
const COUNT_NAMED: &str = "
SELECT COUNT(*)
FROM bots
WHERE account_no = $1 AND removed_at_ms IS NULL AND substr(name_folded, 1, length(CAST($2 AS TEXT))) = $2";
const COUNT: &str = "SELECT COUNT(*) FROM bots WHERE account_no = $1 AND removed_at_ms IS NULL";
const FIND_BY_IDS: &str = "
SELECT bot_no, bot_id, name, description, purpose, default_language, status, owner_no, created_at_ms
FROM bots
WHERE account_no = $1 AND removed_at_ms IS NULL AND bot_id IN ";
const FIND_BY_NAMES: &str = "
SELECT bot_no, bot_id, name, description, purpose, default_language, status, owner_no, created_at_ms
FROM bots
WHERE account_no = $1 AND removed_at_ms IS NULL AND name_folded IN ";
pub(crate) const FIND_BY_NOS: &str = "
WITH sought (account_no, no) AS (VALUES SOUGHT)
SELECT t.bot_no, t.bot_id, t.name, t.description, t.purpose, t.default_language, t.status, t.owner_no, t.created_at_ms
FROM sought
CROSS JOIN bots AS t
WHERE t.account_no = sought.account_no AND t.bot_no = sought.no AND t.removed_at_ms IS NULL";
const OWNERS: &str = "
SELECT DISTINCT owner_no
FROM bots
WHERE account_no = $1 AND removed_at_ms IS NULL AND owner_no IN ";
const UPDATE: &str = "
UPDATE bots
SET name = $3, name_folded = $4, description = $5, purpose = $6, default_language = $7, status = $8, owner_no = $9
WHERE account_no = $1 AND bot_no = $2";
const REMOVE: &str = "
UPDATE bots
SET removed_at_ms = $2
WHERE account_no = $1 AND removed_at_ms IS NULL AND bot_no IN ";
const INSERT: &str = "
INSERT INTO bots
  (account_no, bot_no, bot_id, name, name_folded, description, purpose, default_language, status, owner_no, created_at_ms)
VALUES ";

fn bot(row: &AnyRow) -> Result<Bot, Error> {
    Ok(Bot {
        no: BotNo(row.try_get(0)?),
        id: row.try_get(1)?,
        name: row.try_get(2)?,
        description: row.try_get(3)?,
        purpose: row.try_get(4)?,
        default_language: row.try_get(5)?,
        status: row.try_get(6)?,
        owner_no: UserNo(row.try_get(7)?),
        created_at: Instant::from_ms(row.try_get(8)?),
    })
}

/// A page of the account's bots, in order of creation.
pub async fn list(tx: &mut Tx, account: AccountNo, page: Page) -> Result<Vec<Bot>, Error> {
    let (after, offset) = page.after(0);
    let list = sqlx::query(LIST).bind(account.0).bind(after).bind(i64::from(page.limit)).bind(offset);
    tx.all(list).await?.iter().map(bot).collect()
}

/// A page of the account's bots whose names begin with `folded`, which is folded; in order of creation.
pub async fn list_named(tx: &mut Tx, account: AccountNo, folded: &str, page: Page) -> Result<Vec<Bot>, Error> {
    let (after, offset) = page.after(0);
    let list = sqlx::query(LIST_NAMED)
        .bind(account.0)
        .bind(after)
        .bind(folded.to_owned())
        .bind(i64::from(page.limit))
        .bind(offset);
    tx.all(list).await?.iter().map(bot).collect()
}

/// How many bots the account has whose names begin with `folded`, which is folded.
pub async fn count_named(tx: &mut Tx, account: AccountNo, folded: &str) -> Result<i64, Error> {
    let count = sqlx::query(COUNT_NAMED).bind(account.0).bind(folded.to_owned());
    tx.number(count).await
}

/// How many bots the account has.
pub async fn count(tx: &mut Tx, account: AccountNo) -> Result<i64, Error> {
    tx.number(sqlx::query(COUNT).bind(account.0)).await
}

/// The account's bots that have one of `ids`, in any order.
pub async fn find_by_ids(tx: &mut Tx, account: AccountNo, ids: &[String]) -> Result<Vec<Bot>, Error> {
    bulk::find(tx, account, FIND_BY_IDS, ids.iter().cloned(), bot).await
}

/// The account's bots that have one of `names`, each folded; in any order.
pub async fn find_by_names(tx: &mut Tx, account: AccountNo, names: &[String]) -> Result<Vec<Bot>, Error> {
    bulk::find(tx, account, FIND_BY_NAMES, names.iter().cloned(), bot).await
}

/// Those of `nos` that are bots of the account, in any order.
pub async fn find_by_nos(tx: &mut Tx, account: AccountNo, nos: &[BotNo]) -> Result<Vec<Bot>, Error> {
    let mut found = Vec::new();
    for (chunk, size) in bulk::chunks(nos) {
        let mut find = sqlx::query(sqlx::AssertSqlSafe(bulk::seek(FIND_BY_NOS, &names::BY_NO, size)));
        let filling = std::iter::repeat_n((bulk::NO_ACCOUNT, 0), size - chunk.len());
        for (account_no, no) in chunk.iter().map(|no| (account.0, no.0)).chain(filling) {
            find = find.bind(account_no).bind(no);
        }
        for row in tx.all(find).await? {
            found.push(bot(&row)?);
        }
    }
    Ok(found)
}

/// Those of `users` who own a bot.
pub async fn owners_among(tx: &mut Tx, account: AccountNo, users: &[UserNo]) -> Result<HashSet<UserNo>, Error> {
    let owner = |row: &AnyRow| Ok(UserNo(row.try_get(0)?));
    let owners = bulk::find(tx, account, OWNERS, users.iter().map(|user| user.0), owner).await?;
    Ok(owners.into_iter().collect())
}

/// Adds bots. Errors: [`Error::Conflict`] if the name of one is taken.
pub async fn insert(tx: &mut Tx, account: AccountNo, bots: &[Bot]) -> Result<(), Error> {
    for slice in bulk::slices(bots) {
        let sql = format!("{INSERT}{}", bulk::rows(slice.len(), 11));
        let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
        for bot in slice {
            insert = insert
                .bind(account.0)
                .bind(bot.no.0)
                .bind(bot.id.clone())
                .bind(bot.name.clone())
                .bind(fold(&bot.name))
                .bind(bot.description.clone())
                .bind(bot.purpose.clone())
                .bind(bot.default_language.clone())
                .bind(bot.status.clone())
                .bind(bot.owner_no.0)
                .bind(bot.created_at.as_ms());
        }
        tx.run(insert).await?;
    }
    Ok(())
}

/// Writes all that may change of a bot. Errors: [`Error::Conflict`] if its name is taken.
pub async fn update(tx: &mut Tx, account: AccountNo, bot: &Bot) -> Result<(), Error> {
    let update = sqlx::query(UPDATE)
        .bind(account.0)
        .bind(bot.no.0)
        .bind(bot.name.clone())
        .bind(fold(&bot.name))
        .bind(bot.description.clone())
        .bind(bot.purpose.clone())
        .bind(bot.default_language.clone())
        .bind(bot.status.clone())
        .bind(bot.owner_no.0);
    tx.run(update).await?;
    Ok(())
}

/// Marks bots as removed at `at`: they stay in the history, and their names are free again.
pub async fn remove(tx: &mut Tx, account: AccountNo, at: Instant, bots: &[BotNo]) -> Result<(), Error> {
    for slice in bulk::slices(bots) {
        let sql = format!("{REMOVE}({})", bulk::values(3, slice.len()));
        let mut remove = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(account.0).bind(at.as_ms());
        for bot in slice {
            remove = remove.bind(bot.0);
        }
        tx.run(remove).await?;
    }
    Ok(())
}
