//! Client apps: registering, rotating, switching off, and finding one for a token.

mod edit;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rolecall_model::{
    app::{Algorithm, App, Kind, Scope},
    audit::Event,
    authority::Powers,
    delta::Delta,
    ids::{self, prefixed},
    problem::Problems,
    text,
    time::Instant,
};
use rolecall_store::{Db, Meter, Tx, apps, attempt};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{Change, Core, Ctx, Error, Record, Rule, authority::acts, say, seal::SealingKey};

pub use edit::{Edit, Seen, get, list_seen, note_uses, remove, update, version};

/// What is asked for when an app is registered.
#[derive(Clone, Debug)]
pub struct NewApp {
    /// Its name.
    pub name: String,
    /// Where it counts as made.
    pub kind: Kind,
    /// How its tokens will be signed.
    pub algorithm: Algorithm,
    /// Its public key in PEM, for algorithms with a key pair. The caller has parsed it.
    pub public_key: Option<String>,
    /// What it may ask for.
    pub scopes: Vec<Scope>,
    /// The bots a builder app is bound to.
    pub bots: Vec<String>,
    /// Whether each of its tokens must carry a `jti`.
    pub enforces_jti: bool,
    /// When it stops by itself.
    pub expires_at: Option<Instant>,
}

/// An app that was just registered or given a new secret: the only time the secret is told.
#[derive(Debug)]
pub struct Credentials {
    /// The app's id.
    pub client_id: String,
    /// Its secret, for algorithms with one.
    pub client_secret: Option<SecretString>,
}

/// Whether whoever asks might put the secret of an app with `scope` into somebody's hands, as far as is
/// known: for what is shown. A change asks again.
pub fn may_give(ctx: &Ctx, scope: Scope) -> bool {
    ctx.authority.powers().cover(&Powers::of_scope(scope))
}

/// Registers an app.
///
/// Errors: [`Error::Invalid`] for a bad name, or a key where none belongs or none where one does.
pub async fn create(ctx: &Ctx, new: &NewApp) -> Result<Credentials, Error> {
    let mut problems = Problems::default();
    if let Err(bad) = text::check_name(&new.name) {
        problems.add("name", bad);
    }
    match (new.algorithm.is_secret_based(), &new.public_key) {
        (true, Some(_)) => {
            problems.add("public-key", say::takes_no_public_key(new.algorithm));
        }
        (false, None) => problems.add("public-key", say::needs_public_key(new.algorithm)),
        _ => {}
    }
    problems.or_ok(())?;
    let id = prefixed(ids::Kind::App, ctx.core.random.bytes());
    let secret = new.algorithm.is_secret_based().then(|| fresh_secret(&ctx.core));
    attempt!(ctx.attempts(), |tx| create_in(ctx, tx, new, &id, secret.as_deref()))?;
    Ok(Credentials { client_id: id, client_secret: secret.map(SecretString::from) })
}

async fn create_in(ctx: &Ctx, tx: &mut Tx, new: &NewApp, id: &str, secret: Option<&str>) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_APPS)?;
    change.may_give_scopes(&new.scopes)?;
    let app = App {
        id: id.to_owned(),
        account_no: ctx.account,
        name: new.name.clone(),
        kind: new.kind,
        algorithm: new.algorithm,
        secret_sealed: secret.map(|secret| sealed(&ctx.core, id, secret)),
        previous_secret: None,
        public_key: new.public_key.clone(),
        enforces_jti: new.enforces_jti,
        scopes: new.scopes.clone(),
        bots: new.bots.clone(),
        is_enabled: true,
        expires_at: new.expires_at,
        created_at: change.at,
    };
    apps::upsert(change.tx, &app).await?;
    change.note([Delta::Apps]);
    change.record(Record {
        event: Event::AppCreated,
        target: app.id.clone(),
        description: format!("App {} created", app.name),
        before: Value::Null,
        after: shown(&app),
    });
    change.finish().await
}

/// What can be done to an app that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Its tokens stop counting, at once.
    Disable,
    /// Its tokens count again.
    Enable,
    /// It is removed for good.
    Delete,
}

/// Does `action` to the app. What is so already stays so.
///
/// Errors: [`Error::Refused`] if the account has no such app.
pub async fn act(ctx: &Ctx, id: &str, action: Action) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| act_in(ctx, tx, id, action))
}

async fn act_in(ctx: &Ctx, tx: &mut Tx, id: &str, action: Action) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_APPS)?;
    let before = of_account(change.tx, ctx, id).await?;
    let mut app = before.clone();
    match action {
        Action::Delete => delete(&mut change, &before).await?,
        Action::Disable | Action::Enable => {
            app.is_enabled = action == Action::Enable;
            if app.is_enabled {
                change.may_give_scopes(&app.scopes)?;
            }
            if app != before {
                apps::upsert(change.tx, &app).await?;
                change.note([Delta::Apps]);
                let done = if app.is_enabled { "enabled" } else { "disabled" };
                change.record(Record {
                    event: Event::AppModified,
                    target: app.id.clone(),
                    description: format!("App {} {done}", app.name),
                    before: shown(&before),
                    after: shown(&app),
                });
            }
        }
    }
    change.finish().await
}

/// Removes the app within a change.
async fn delete(change: &mut Change<'_>, app: &App) -> Result<(), Error> {
    apps::remove(change.tx, &app.id).await?;
    change.note([Delta::Apps]);
    change.record(edit::deleted(app));
    Ok(())
}

/// Gives the app a new secret; the old one counts for `overlap_ms` more.
///
/// Errors: [`Error::Refused`] if the account has no such app, or it signs with a key pair.
pub async fn rotate(ctx: &Ctx, id: &str, overlap_ms: i64) -> Result<Credentials, Error> {
    let secret = fresh_secret(&ctx.core);
    attempt!(ctx.attempts(), |tx| rotate_in(ctx, tx, id, overlap_ms, &secret))?;
    Ok(Credentials { client_id: id.to_owned(), client_secret: Some(secret.into()) })
}

async fn rotate_in(ctx: &Ctx, tx: &mut Tx, id: &str, overlap_ms: i64, secret: &str) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_APPS)?;
    let before = of_account(change.tx, ctx, id).await?;
    change.may_give_scopes(&before.scopes)?;
    if !before.algorithm.is_secret_based() {
        let detail = say::no_secret_to_rotate(before.algorithm);
        return Err(Error::refused(Rule::UnknownApp, "app", detail));
    }
    let mut app = before.clone();
    app.previous_secret = app.secret_sealed.take().map(|old| (old, change.at.plus_ms(overlap_ms)));
    app.secret_sealed = Some(sealed(&ctx.core, id, secret));
    apps::upsert(change.tx, &app).await?;
    change.note([Delta::Apps]);
    change.record(Record {
        event: Event::AppModified,
        target: app.id.clone(),
        description: format!("App {} given a new secret", app.name),
        before: shown(&before),
        after: shown(&app),
    });
    change.finish().await
}

/// The account's apps, in order of creation.
pub async fn list(ctx: &Ctx) -> Result<Vec<App>, Error> {
    ctx.need_to(&acts::MANAGE_APPS)?;
    let mut tx = ctx.read().await?;
    Ok(apps::list(&mut tx, ctx.account).await?)
}

/// The app with id `id`, of whatever account: the way from a token to its account.
pub async fn find(core: &Core, id: &str, meter: &Meter) -> Result<Option<App>, Error> {
    let mut tx = core.db.glance(meter).await?;
    Ok(apps::find(&mut tx, id).await?)
}

/// Whether the database's secrets were sealed with `key`; true while it holds none.
pub async fn fits_key(db: &Db, key: &SealingKey) -> Result<bool, Error> {
    let mut tx = db.read(&Meter::default()).await?;
    let sealed = apps::find_sealed(&mut tx).await?;
    Ok(sealed.is_none_or(|(app_id, sealed)| key.open(&app_id, &sealed).is_ok()))
}

/// The secrets that sign the app's tokens at `now`: the current one, and during a rotation's
/// overlap the one before.
///
/// Errors: [`Error::Sealed`] if they were sealed with another key.
pub fn secrets(core: &Core, app: &App, now: Instant) -> Result<Vec<SecretString>, Error> {
    let previous = app.previous_secret.as_ref().filter(|(_, until)| now < *until).map(|(sealed, _)| sealed);
    app.secret_sealed.iter().chain(previous).map(|sealed| opened(core, &app.id, sealed)).collect()
}

/// Uses a single-use token up; false if it was used before, on whichever node.
pub async fn use_once(core: &Core, app: &App, jti: &str, expires_at: Instant, meter: &Meter) -> Result<bool, Error> {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, jti.as_bytes());
    let hash = crate::seal::hex(hash.as_ref());
    Ok(attempt!(core.db.attempts(meter), |tx| apps::use_once(tx, &app.id, &hash, expires_at))?)
}

/// Forgets the uses of tokens that have expired anyway; how many.
pub async fn forget_uses(core: &Arc<Core>) -> Result<u64, Error> {
    // An hour more than any leeway, so that no clock of any node still takes such a token.
    let before = core.clock.now().plus_ms(-3_600_000);
    Ok(attempt!(core.db.attempts(&Meter::default()), |tx| apps::forget_uses(tx, before))?)
}

async fn of_account(tx: &mut Tx, ctx: &Ctx, id: &str) -> Result<App, Error> {
    let app = apps::find(tx, id).await?.filter(|app| app.account_no == ctx.account);
    app.ok_or_else(|| Error::refused(Rule::UnknownApp, "app", say::no_such_app()))
}

/// What the audit log keeps of an app: everything but its secrets.
fn shown(app: &App) -> Value {
    json!({
        "clientId": app.id,
        "appName": app.name,
        "kind": app.kind.as_str(),
        "algorithm": app.algorithm.as_str(),
        "scopes": app.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>(),
        "bots": app.bots,
        "jtiClaimEnforced": app.enforces_jti,
        "isEnabled": app.is_enabled,
        "expiresAt": app.expires_at,
    })
}

/// A secret as the vendor makes them: 32 random bytes in base64, 44 characters.
fn fresh_secret(core: &Core) -> String {
    STANDARD.encode(core.random.bytes::<32>())
}

fn sealed(core: &Core, app_id: &str, secret: &str) -> String {
    core.sealing_key.seal(app_id, secret.as_bytes(), core.random.bytes())
}

fn opened(core: &Core, app_id: &str, sealed: &str) -> Result<SecretString, Error> {
    let secret = core.sealing_key.open(app_id, sealed).map_err(|_| Error::Sealed)?;
    let secret = secrecy::ExposeSecret::expose_secret(&secret).to_vec();
    String::from_utf8(secret).map(SecretString::from).map_err(|_| Error::Sealed)
}
