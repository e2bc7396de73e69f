//! Client apps: making them and choosing what they may ask for, their secrets, and an end to them.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    http::HeaderMap,
    response::{IntoResponse as _, Redirect, Response},
};
use rolecall_control::{
    apps::{self, Action, Credentials, Edit, NewApp, Seen},
    version::Version,
};
use rolecall_model::{
    app::{Algorithm, Kind, Scope},
    problem::{Problem, Problems},
    time::Instant,
};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{ConsoleError, Form, Html, Reader, Section, Shell, groups::seen, query::Id};
use crate::{
    Server,
    auth::{
        Caller, ManageApps,
        key::{Key, sign_with_secret},
    },
    public_url::PublicUrl,
    say,
};

const PATH: &str = "/console/apps";

/// How long the token in the line to copy counts. Units: milliseconds.
const TOKEN_MS: i64 = 3_600_000;

/// How long an old secret may count beside a new one. Units: hours.
pub(super) const OVERLAPS_H: [i64; 4] = [0, 1, 24, 168];

/// A scope, and whether it is the app's and may be given or taken by whoever looks.
struct Choice {
    scope: Scope,
    is_given: bool,
    is_free: bool,
}

fn choices<N>(caller: &Caller<N, ConsoleError>, given: &[Scope]) -> Vec<Choice> {
    let choice =
        |scope| Choice { scope, is_given: given.contains(&scope), is_free: apps::may_give(&caller.ctx, scope) };
    Scope::ALL.map(choice).into()
}

/// How an app may stand, in a word.
#[cfg(test)]
pub(super) const STANDINGS: [&str; 3] = ["enabled", "disabled", "expired"];

/// The word for how an app stands at `now`.
fn standing(seen: &Seen, now: Instant) -> &'static str {
    match (seen.app.is_enabled, seen.app.expires_at) {
        (false, _) => "disabled",
        (true, Some(at)) if at <= now => "expired",
        (true, _) => "enabled",
    }
}

#[derive(Template)]
#[template(path = "console/apps.html")]
struct List {
    shell: Shell,
    found: Vec<(Seen, &'static str)>,
    choices: Vec<Choice>,
}

/// The list, and the form for one more.
pub(super) async fn list(
    reader: Reader,
    caller: Caller<ManageApps, ConsoleError>,
) -> Result<Html<impl Template>, ConsoleError> {
    let now = caller.ctx.now();
    let with_standing = |seen: Seen| {
        let standing = standing(&seen, now);
        (seen, standing)
    };
    let found = apps::list_seen(&caller.ctx).await?.into_iter().map(with_standing).collect();
    Ok(Html(List { shell: Shell::of(&reader, &caller, Section::Apps), found, choices: choices(&caller, &[]) }))
}

/// A secret that is shown this once, with a line to try it by.
#[derive(Template)]
#[template(path = "console/app_secret.html")]
struct ShownOnce {
    shell: Shell,
    id: String,
    name: String,
    secret: Option<String>,
    curl: String,
}

/// Makes an app, and shows its secret.
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    reader: Reader,
    caller: Caller<ManageApps, ConsoleError>,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, ConsoleError> {
    let new = read(&form)?;
    let made = apps::create(&caller.ctx, &new).await?;
    shown_once(&server, &reader, &caller, &headers, &made).await
}

fn read(form: &Form) -> Result<NewApp, Problems> {
    let mut problems = Problems::default();
    let algorithm = Algorithm::parse(form.field("algorithm")).unwrap_or_else(|| {
        problems.add("algorithm", say::no_such_algorithm());
        Algorithm::Hs256
    });
    let kind = Kind::parse(form.field("kind")).unwrap_or_else(|| {
        problems.add("kind", say::must_be_admin_or_builder());
        Kind::Admin
    });
    let public_key = Some(form.field("public_key").to_owned()).filter(|pem| !pem.is_empty());
    if let Some(pem) = &public_key
        && !algorithm.is_secret_based()
        && let Err(bad) = Key::from_public_pem(algorithm, pem)
    {
        problems.add("public_key", &bad);
    }
    let new = NewApp {
        name: form.field("name").to_owned(),
        kind,
        algorithm,
        public_key,
        scopes: scopes(form, &mut problems),
        bots: form.field("bots").split_whitespace().map(str::to_owned).collect(),
        enforces_jti: form.field("jti") == "yes",
        expires_at: expiry(form, &mut problems),
    };
    problems.or_ok(new)
}

fn scopes(form: &Form, problems: &mut Problems) -> Vec<Scope> {
    let mut scopes = Vec::new();
    for word in form.all("scope") {
        match Scope::parse(word) {
            Some(scope) if scopes.contains(&scope) => {}
            Some(scope) => scopes.push(scope),
            None => problems.add("scope", say::no_such_scope()),
        }
    }
    scopes
}

fn expiry(form: &Form, problems: &mut Problems) -> Option<Instant> {
    match form.field("expires_at") {
        "" => None,
        // A field of a form has no zone; the page says that it means UTC.
        text => Instant::parse(&format!("{text}:00Z")).map_err(|error| problems.add("expires_at", error)).ok(),
    }
}

/// The page of a secret. It is the only one that ever has it, and no browser keeps it.
async fn shown_once(
    server: &Server,
    reader: &Reader,
    caller: &Caller<ManageApps, ConsoleError>,
    headers: &HeaderMap,
    made: &Credentials,
) -> Result<Response, ConsoleError> {
    let app = apps::get(&caller.ctx, &made.client_id).await?.app;
    let token = match &made.client_secret {
        None => "TOKEN".to_owned(),
        Some(secret) => {
            let now_s = caller.ctx.now().as_ms().div_euclid(1_000);
            let claims = json!({"sub": "console", "appId": app.id, "iat": now_s, "exp": now_s + TOKEN_MS / 1_000});
            let token = sign_with_secret(app.algorithm, secret.expose_secret().as_bytes(), &claims);
            token.map_err(|_| ConsoleError::internal())?
        }
    };
    let base = PublicUrl::shown(server.public_url.as_ref(), headers);
    let path = match app.scopes.first() {
        Some(Scope::UserManagement) => "/api/v1/users",
        Some(Scope::DeleteUserData) => "/api/v1/erasures",
        Some(Scope::AuditLogs) => "/api/v1/audit",
        Some(Scope::RoleManagement) | None => "/api/public/roles?roleType=bot",
    };
    let curl = format!("curl -H 'auth: {token}' '{base}{path}'");
    let secret = made.client_secret.as_ref().map(|secret| secret.expose_secret().to_owned());
    let place = format!("{PATH}/{}", app.id);
    let shell = Shell { place, ..Shell::of(reader, caller, Section::Apps) };
    Ok(Html(ShownOnce { shell, id: app.id, name: app.name, secret, curl }).into_response())
}

#[derive(Template)]
#[template(path = "console/app.html")]
struct One {
    shell: Shell,
    seen: Seen,
    standing: &'static str,
    version: Version,
    choices: Vec<Choice>,
    expires_at: String,
    now: Instant,
}

impl One {
    /// Whether whoever looks may put the app's secret into somebody's hands.
    fn may_hold(&self) -> bool {
        self.choices.iter().all(|choice| choice.is_free || !choice.is_given)
    }
}

/// One app.
pub(super) async fn show(
    reader: Reader,
    caller: Caller<ManageApps, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    let seen = apps::get(&caller.ctx, &id).await?;
    let now = caller.ctx.now();
    Ok(Html(One {
        shell: Shell::of(&reader, &caller, Section::Apps),
        standing: standing(&seen, now),
        version: apps::version(&seen.app),
        choices: choices(&caller, &seen.app.scopes),
        expires_at: super::query::as_field(seen.app.expires_at),
        seen,
        now,
    }))
}

/// Changes an app's name, scopes and end, unless somebody else did meanwhile.
pub(super) async fn update(
    caller: Caller<ManageApps, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let mut problems = Problems::default();
    let edit = Edit {
        name: Some(form.field("name").to_owned()),
        scopes: Some(scopes(&form, &mut problems)),
        expires_at: Some(expiry(&form, &mut problems)),
    };
    let edit = problems.or_ok(edit)?;
    apps::update(&caller.ctx, &id, &seen(&form), &edit).await?;
    Ok(Redirect::to(&format!("{PATH}/{id}")))
}

/// Gives an app a new secret, and shows it.
pub(super) async fn rotate(
    State(server): State<Arc<Server>>,
    reader: Reader,
    caller: Caller<ManageApps, ConsoleError>,
    Id(id): Id,
    headers: HeaderMap,
    form: Form,
) -> Result<Response, ConsoleError> {
    let hours = form.field("overlap").parse().ok().filter(|hours| OVERLAPS_H.contains(hours));
    let hours = hours.ok_or_else(|| Problem::new("overlap", say::not_offered()))?;
    let made = apps::rotate(&caller.ctx, &id, hours * 3_600_000).await?;
    shown_once(&server, &reader, &caller, &headers, &made).await
}

/// Switches an app off or on.
pub(super) async fn switch(
    caller: Caller<ManageApps, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    let action = match form.field("to") {
        "off" => Action::Disable,
        "on" => Action::Enable,
        _ => return Err(Problem::new("to", say::must_be_on_or_off()).into()),
    };
    apps::act(&caller.ctx, &id, action).await?;
    Ok(Redirect::to(&format!("{PATH}/{id}")))
}

#[derive(Template)]
#[template(path = "console/app_remove.html")]
struct Remove {
    shell: Shell,
    seen: Seen,
    version: Version,
}

/// What removing an app would end; nothing is done yet.
pub(super) async fn plan_removal(
    reader: Reader,
    caller: Caller<ManageApps, ConsoleError>,
    Id(id): Id,
) -> Result<Html<impl Template>, ConsoleError> {
    // It cannot be undone, so who has been away for a while shows first who it is.
    caller.recently_authenticated()?;
    let seen = apps::get(&caller.ctx, &id).await?;
    let version = apps::version(&seen.app);
    Ok(Html(Remove { shell: Shell::of(&reader, &caller, Section::Apps), seen, version }))
}

/// Removes an app.
pub(super) async fn remove(
    caller: Caller<ManageApps, ConsoleError>,
    Id(id): Id,
    form: Form,
) -> Result<Redirect, ConsoleError> {
    caller.recently_authenticated()?;
    apps::remove(&caller.ctx, &id, &seen(&form)).await?;
    Ok(Redirect::to(PATH))
}
