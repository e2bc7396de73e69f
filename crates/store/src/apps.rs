//! Client apps, and which of their single-use tokens were used.

use std::collections::HashMap;

use rolecall_model::{
    app::{Algorithm, App, Kind, Scope},
    ids::AccountNo,
    time::Instant,
};
use sqlx::{Row, any::AnyRow};

use crate::{Error, Tx};

const FIND: &str = "
SELECT app_id, account_no, name, kind, algorithm, secret_sealed, previous_secret_sealed, previous_until_ms,
       public_key, enforces_jti, scopes, bots, is_enabled, expires_at_ms, created_at_ms
FROM apps
WHERE app_id = $1";
const LIST: &str = "
SELECT app_id, account_no, name, kind, algorithm, secret_sealed, previous_secret_sealed, previous_until_ms,
       public_key, enforces_jti, scopes, bots, is_enabled, expires_at_ms, created_at_ms
FROM apps
WHERE account_no = $1
ORDER BY created_at_ms, app_id";
const FIND_SEALED: &str =
    "SELECT app_id, secret_sealed FROM apps WHERE secret_sealed IS NOT NULL ORDER BY app_id LIMIT 1";
const UPSERT: &str = "
INSERT INTO apps
  (app_id, account_no, name, kind, algorithm, secret_sealed, previous_secret_sealed, previous_until_ms,
   public_key, enforces_jti, scopes, bots, is_enabled, expires_at_ms, created_at_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (app_id) DO UPDATE SET
  name = excluded.name, secret_sealed = excluded.secret_sealed,
  previous_secret_sealed = excluded.previous_secret_sealed, previous_until_ms = excluded.previous_until_ms,
  scopes = excluded.scopes, bots = excluded.bots, is_enabled = excluded.is_enabled, expires_at_ms = excluded.expires_at_ms";
pub(crate) const USES: &str = "SELECT app_id, used_at_ms FROM app_uses WHERE account_no = $1";
const NOTE_USE: &str = "
INSERT INTO app_uses (account_no, app_id, used_at_ms)
SELECT account_no, app_id, CAST($1 AS BIGINT)
FROM apps
WHERE app_id = $2
ON CONFLICT (account_no, app_id) DO UPDATE SET used_at_ms = excluded.used_at_ms
WHERE app_uses.used_at_ms < excluded.used_at_ms";
const REMOVE: &str = "DELETE FROM apps WHERE app_id = $1";
const USE_ONCE: &str = "
INSERT INTO token_replays (app_id, jti_hash, expires_at_ms) VALUES ($1, $2, $3)
ON CONFLICT (app_id, jti_hash) DO NOTHING";
const FORGET: &str = "DELETE FROM token_replays WHERE expires_at_ms < $1";

fn app(row: &AnyRow) -> Result<App, Error> {
    let unknown = |column: &str| Error::Failed { code: format!("unknown word in apps.{column}") };
    let previous_sealed: Option<String> = row.try_get(6)?;
    let previous_until_ms: Option<i64> = row.try_get(7)?;
    let scopes: String = row.try_get(10)?;
    let bots: String = row.try_get(11)?;
    Ok(App {
        id: row.try_get(0)?,
        account_no: AccountNo(row.try_get(1)?),
        name: row.try_get(2)?,
        kind: Kind::parse(row.try_get(3)?).ok_or_else(|| unknown("kind"))?,
        algorithm: Algorithm::parse(row.try_get(4)?).ok_or_else(|| unknown("algorithm"))?,
        secret_sealed: row.try_get(5)?,
        previous_secret: previous_sealed.zip(previous_until_ms.map(Instant::from_ms)),
        public_key: row.try_get(8)?,
        enforces_jti: row.try_get::<i64, _>(9)? != 0,
        scopes: words(&scopes)
            .map(|word| Scope::parse(word).ok_or_else(|| unknown("scopes")))
            .collect::<Result<_, _>>()?,
        bots: words(&bots).map(str::to_owned).collect(),
        is_enabled: row.try_get::<i64, _>(12)? != 0,
        expires_at: row.try_get::<Option<i64>, _>(13)?.map(Instant::from_ms),
        created_at: Instant::from_ms(row.try_get(14)?),
    })
}

/// Lists are kept as words with a space between: no scope and no bot id holds one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}

/// The app with id `id`, of whatever account: the way from a token to its account.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<App>, Error> {
    tx.optional(sqlx::query(FIND).bind(id.to_owned())).await?.as_ref().map(app).transpose()
}

/// The account's apps, in order of creation.
pub async fn list(tx: &mut Tx, account: AccountNo) -> Result<Vec<App>, Error> {
    tx.all(sqlx::query(LIST).bind(account.0)).await?.iter().map(app).collect()
}

/// The id of any app that has a secret, and the secret as it lies there: for trying a key.
pub async fn find_sealed(tx: &mut Tx) -> Result<Option<(String, String)>, Error> {
    match tx.optional(sqlx::query(FIND_SEALED)).await? {
        Some(row) => Ok(Some((row.try_get(0)?, row.try_get(1)?))),
        None => Ok(None),
    }
}

/// Registers the app, or writes what may change of it: name, secrets, scopes, bots, state, expiry.
pub async fn upsert(tx: &mut Tx, app: &App) -> Result<(), Error> {
    let (previous_sealed, previous_until) = app.previous_secret.clone().unzip();
    let scopes = app.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" ");
    let upsert = sqlx::query(UPSERT)
        .bind(app.id.clone())
        .bind(app.account_no.0)
        .bind(app.name.clone())
        .bind(app.kind.as_str())
        .bind(app.algorithm.as_str())
        .bind(app.secret_sealed.clone())
        .bind(previous_sealed)
        .bind(previous_until.map(Instant::as_ms))
        .bind(app.public_key.clone())
        .bind(i64::from(app.enforces_jti))
        .bind(scopes)
        .bind(app.bots.join(" "))
        .bind(i64::from(app.is_enabled))
        .bind(app.expires_at.map(Instant::as_ms))
        .bind(app.created_at.as_ms());
    tx.run(upsert).await?;
    Ok(())
}

/// Removes the app for good.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<(), Error> {
    tx.run(sqlx::query(REMOVE).bind(id.to_owned())).await?;
    Ok(())
}

/// Notes the use of a single-use token; false if it was used before.
///
/// Concurrency: of two uses at once, on whichever nodes, one gets true.
pub async fn use_once(tx: &mut Tx, app_id: &str, jti_hash: &str, expires_at: Instant) -> Result<bool, Error> {
    let insert = sqlx::query(USE_ONCE).bind(app_id.to_owned()).bind(jti_hash.to_owned()).bind(expires_at.as_ms());
    Ok(tx.run(insert).await? == 1)
}

/// Forgets the uses of tokens that expired before `before`; how many.
pub async fn forget_uses(tx: &mut Tx, before: Instant) -> Result<u64, Error> {
    tx.run(sqlx::query(FORGET).bind(before.as_ms())).await
}

/// When each of the account's apps was used last, as far as that was noted.
pub async fn uses(tx: &mut Tx, account: AccountNo) -> Result<HashMap<String, Instant>, Error> {
    let rows = tx.all(sqlx::query(USES).bind(account.0)).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, Instant::from_ms(row.try_get(1)?)))).collect()
}

/// Notes that the app was used at `at`, unless it was used later, or is gone.
pub async fn note_use(tx: &mut Tx, app_id: &str, at: Instant) -> Result<(), Error> {
    tx.run(sqlx::query(NOTE_USE).bind(at.as_ms()).bind(app_id.to_owned())).await?;
    Ok(())
}
