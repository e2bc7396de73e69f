//! One app: looking at it, and changing what may change of it.

use std::collections::HashMap;

use rolecall_model::{
    app::{App, Scope},
    audit::Event,
    delta::Delta,
    problem::Problems,
    text,
    time::Instant,
};
use rolecall_store::{Meter, Tx, apps, attempt};
use serde_json::Value;

use super::{of_account, shown};
use crate::{
    Change, Core, Ctx, Error, Record,
    authority::acts,
    version::{Expected, Version},
};

/// An app, and when it was used last.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The app.
    pub app: App,
    /// When it called last, to the minute or so; never, as far as is known, if there is nothing.
    pub last_used_at: Option<Instant>,
}

/// What is to be changed of an app; what is not given stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Its name.
    pub name: Option<String>,
    /// What it may ask for.
    pub scopes: Option<Vec<Scope>>,
    /// When it stops by itself; `Some(None)` for never.
    pub expires_at: Option<Option<Instant>>,
}

/// The account's apps in order of creation, each with when it was used last.
pub async fn list_seen(ctx: &Ctx) -> Result<Vec<Seen>, Error> {
    ctx.need_to(&acts::MANAGE_APPS)?;
    let mut tx = ctx.read().await?;
    let apps = apps::list(&mut tx, ctx.account).await?;
    let mut uses: HashMap<String, Instant> = apps::uses(&mut tx, ctx.account).await?;
    let seen = |app: App| Seen { last_used_at: uses.remove(&app.id), app };
    Ok(apps.into_iter().map(seen).collect())
}

/// The account's app with id `id`.
///
/// Errors: [`Rule::UnknownApp`](crate::Rule::UnknownApp) if the account has none.
pub async fn get(ctx: &Ctx, id: &str) -> Result<Seen, Error> {
    ctx.need_to(&acts::MANAGE_APPS)?;
    let mut tx = ctx.read().await?;
    let app = of_account(&mut tx, ctx, id).await?;
    let last_used_at = apps::uses(&mut tx, ctx.account).await?.remove(id);
    Ok(Seen { app, last_used_at })
}

/// The version of an app, for whoever is about to change it. When it was used is no part of it.
pub fn version(app: &App) -> Version {
    Version::of(&shown(app))
}

/// Changes an app. What is so already stays so, and leaves no trace.
///
/// Errors: [`Error::Invalid`] for a name that cannot be one,
/// [`Rule::UnknownApp`](crate::Rule::UnknownApp) if the account has no such app,
/// [`Rule::Stale`](crate::Rule::Stale) if it is not what its editor takes it to be, and
/// [`Rule::NotPermitted`](crate::Rule::NotPermitted) for scopes that come to more than the editor may.
pub async fn update(ctx: &Ctx, id: &str, expected: &Expected, edit: &Edit) -> Result<App, Error> {
    let mut problems = Problems::default();
    if let Some(Err(bad)) = edit.name.as_deref().map(text::check_name) {
        problems.add("/name", bad);
    }
    problems.or_ok(())?;
    attempt!(ctx.attempts(), |tx| update_in(ctx, tx, id, expected, edit))
}

async fn update_in(ctx: &Ctx, tx: &mut Tx, id: &str, expected: &Expected, edit: &Edit) -> Result<App, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_APPS)?;
    let before = of_account(change.tx, ctx, id).await?;
    expected.check(&shown(&before))?;
    let after = App {
        name: edit.name.clone().unwrap_or_else(|| before.name.clone()),
        scopes: edit.scopes.clone().unwrap_or_else(|| before.scopes.clone()),
        expires_at: edit.expires_at.unwrap_or(before.expires_at),
        ..before.clone()
    };
    if after == before {
        change.finish().await?;
        return Ok(after);
    }
    // Who could not register an app of these scopes does not make one of them out of another, nor let it
    // live again or longer.
    let is_other = |scope: &&Scope| !(before.scopes.contains(scope) && after.scopes.contains(scope));
    let changed: Vec<Scope> = before.scopes.iter().chain(&after.scopes).filter(is_other).copied().collect();
    change.may_give_scopes(&changed)?;
    let lives_longer = match (before.expires_at, after.expires_at) {
        (Some(before), Some(after)) => after > before,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if lives_longer {
        change.may_give_scopes(&after.scopes)?;
    }
    apps::upsert(change.tx, &after).await?;
    change.note([Delta::Apps]);
    let is_only_scopes = App { scopes: before.scopes.clone(), ..after.clone() } == before;
    let (event, what) = match (is_only_scopes, before.scopes.is_empty(), after.scopes.is_empty()) {
        (false, ..) => (Event::AppModified, "changed"),
        (true, true, _) => (Event::AppScopesAssigned, "given scopes"),
        (true, _, true) => (Event::AppScopesDeleted, "left without scopes"),
        (true, ..) => (Event::AppScopesModified, "given other scopes"),
    };
    change.record(Record {
        event,
        target: after.id.clone(),
        description: format!("App {} {what}", before.name),
        before: shown(&before),
        after: shown(&after),
    });
    change.finish().await?;
    Ok(after)
}

/// Removes an app for good.
///
/// Errors: [`Rule::UnknownApp`](crate::Rule::UnknownApp) if the account has no such app,
/// [`Rule::Stale`](crate::Rule::Stale) if it is not what its editor takes it to be.
pub async fn remove(ctx: &Ctx, id: &str, expected: &Expected) -> Result<(), Error> {
    attempt!(ctx.attempts(), |tx| remove_in(ctx, tx, id, expected))
}

async fn remove_in(ctx: &Ctx, tx: &mut Tx, id: &str, expected: &Expected) -> Result<(), Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::MANAGE_APPS)?;
    let app = of_account(change.tx, ctx, id).await?;
    expected.check(&shown(&app))?;
    super::delete(&mut change, &app).await?;
    change.finish().await
}

/// Notes when apps were used, each at its time. It is no change of the account: who calls when is neither
/// audited nor part of any version.
pub async fn note_uses(core: &Core, uses: &[(String, Instant)]) -> Result<(), Error> {
    attempt!(core.db.attempts(&Meter::default()), |tx| note_uses_in(tx, uses))
}

async fn note_uses_in(tx: &mut Tx, uses: &[(String, Instant)]) -> Result<(), Error> {
    for (app_id, at) in uses {
        apps::note_use(tx, app_id, *at).await?;
    }
    Ok(())
}

/// What the audit log shows of an app that was removed.
pub(super) fn deleted(app: &App) -> Record {
    Record {
        event: Event::AppDeleted,
        target: app.id.clone(),
        description: format!("App {} deleted", app.name),
        before: shown(app),
        after: Value::Null,
    }
}
