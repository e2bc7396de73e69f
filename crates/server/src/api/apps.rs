//! `/api/v1/apps`: registering client apps, choosing their scopes, and their secrets.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use rolecall_control::{
    Ctx,
    apps::{self, Action, Seen},
};
use secrecy::ExposeSecret as _;

use super::{
    once::{IdempotencyKey, Once},
    problem::{ApiProblem, Document},
    request::{Body, Id},
    versions::{IfMatch, SeenVersion, tagged},
    wire::apps::{
        AppEdit, AppList, AppRow, AppWish, NewAppMade, NewSecret, Rotation, parse, parse_edit, parse_overlap,
    },
};
use crate::auth::{Caller, ManageApps};

/// List apps
///
/// All client apps of the account in order of creation, with what each may ask for and when it called last.
#[utoipa::path(
    get, path = "/api/v1/apps", tag = "Apps",
    responses((status = 200, description = "The apps.", body = AppList)),
)]
pub async fn list(caller: Caller<ManageApps, ApiProblem>) -> Result<Json<AppList>, ApiProblem> {
    let now = caller.ctx.now();
    let apps = apps::list_seen(&caller.ctx).await?.into_iter().map(|seen| AppRow::of(seen, now));
    Ok(Json(AppList { apps: apps.collect() }))
}

/// Register an app
///
/// The secret is in this answer and nowhere else. Nobody registers an app that may do more than they
/// themselves.
#[utoipa::path(
    post, path = "/api/v1/apps", tag = "Apps",
    params(IdempotencyKey),
    request_body = AppWish,
    responses((status = 201, description = "Registered; `Location` says where it is.", body = NewAppMade)),
)]
pub async fn create(caller: Caller<ManageApps, ApiProblem>, once: Once) -> Result<Response, ApiProblem> {
    let new = parse(&once.json()?)?;
    once.answer(caller.ctx, move |ctx| async move {
        let made = apps::create(&ctx, &new).await?;
        let seen = apps::get(&ctx, &made.client_id).await?;
        let location = format!("/api/v1/apps/{}", made.client_id);
        let client_secret = made.client_secret.map(|secret| secret.expose_secret().to_owned());
        let told = NewAppMade { app: AppRow::of(seen, ctx.now()), client_secret };
        Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(told)).into_response())
    })
    .await
}

/// Get an app
///
/// A client app, with an `ETag` that stands for all of it but when it called last.
#[utoipa::path(
    get, path = "/api/v1/apps/{id}", tag = "Apps",
    params(("id" = String, Path, description = "The app's id.")),
    responses(
        (status = 200, description = "The app.", body = AppRow),
        (status = 404, description = "The account has no app with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn get(caller: Caller<ManageApps, ApiProblem>, Id(id): Id) -> Result<Response, ApiProblem> {
    shown(&caller.ctx, &id).await
}

async fn shown(ctx: &Ctx, id: &str) -> Result<Response, ApiProblem> {
    Ok(answer(ctx, apps::get(ctx, id).await?))
}

fn answer(ctx: &Ctx, seen: Seen) -> Response {
    let version = apps::version(&seen.app);
    tagged(StatusCode::OK, &version, &AppRow::of(seen, ctx.now()))
}

/// Change an app
///
/// Changes its name, what it may ask for, or when it stops by itself. Nobody gives an app, or takes from it,
/// what they may not do themselves.
#[utoipa::path(
    patch, path = "/api/v1/apps/{id}", tag = "Apps",
    params(("id" = String, Path, description = "The app's id."), SeenVersion),
    request_body = AppEdit,
    responses(
        (status = 200, description = "The app as it is now.", body = AppRow),
        (status = 404, description = "The account has no app with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn update(
    caller: Caller<ManageApps, ApiProblem>,
    Id(id): Id,
    IfMatch(expected): IfMatch,
    Body(body): Body,
) -> Result<Response, ApiProblem> {
    apps::update(&caller.ctx, &id, &expected, &parse_edit(&body)?).await?;
    shown(&caller.ctx, &id).await
}

/// Give an app a new secret
///
/// The new secret is in this answer and nowhere else; the one before counts for a while too.
#[utoipa::path(
    post, path = "/api/v1/apps/{id}/rotate", tag = "Apps",
    params(("id" = String, Path, description = "The app's id."), IdempotencyKey),
    request_body = Rotation,
    responses(
        (status = 200, description = "The new secret.", body = NewSecret),
        (status = 404, description = "The account has no app with this id, or it signs with a key pair.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn rotate(caller: Caller<ManageApps, ApiProblem>, Id(id): Id, once: Once) -> Result<Response, ApiProblem> {
    let overlap_ms = parse_overlap(&once.json()?)?;
    once.answer(caller.ctx, move |ctx| async move {
        let made = apps::rotate(&ctx, &id, overlap_ms).await?;
        let seen = apps::get(&ctx, &id).await?;
        let until = seen.app.previous_secret.map(|(_, until)| until);
        let secret = made.client_secret.map(|secret| secret.expose_secret().to_owned());
        Ok(Json(NewSecret {
            client_id: id,
            client_secret: secret.unwrap_or_default(),
            previous_secret_until: until.unwrap_or_else(|| ctx.now()),
        })
        .into_response())
    })
    .await
}

/// Switch an app off
///
/// Its tokens stop counting at once, on every node.
#[utoipa::path(
    post, path = "/api/v1/apps/{id}/disable", tag = "Apps",
    params(("id" = String, Path, description = "The app's id."), IdempotencyKey),
    responses(
        (status = 200, description = "The app as it is now.", body = AppRow),
        (status = 404, description = "The account has no app with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn disable(caller: Caller<ManageApps, ApiProblem>, Id(id): Id, once: Once) -> Result<Response, ApiProblem> {
    once.answer(caller.ctx, move |ctx| async move {
        apps::act(&ctx, &id, Action::Disable).await?;
        shown(&ctx, &id).await
    })
    .await
}

/// Switch an app on
///
/// Its tokens count again.
#[utoipa::path(
    post, path = "/api/v1/apps/{id}/enable", tag = "Apps",
    params(("id" = String, Path, description = "The app's id."), IdempotencyKey),
    responses(
        (status = 200, description = "The app as it is now.", body = AppRow),
        (status = 404, description = "The account has no app with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn enable(caller: Caller<ManageApps, ApiProblem>, Id(id): Id, once: Once) -> Result<Response, ApiProblem> {
    once.answer(caller.ctx, move |ctx| async move {
        apps::act(&ctx, &id, Action::Enable).await?;
        shown(&ctx, &id).await
    })
    .await
}

/// Remove an app
///
/// For good, with its secret and its scopes.
#[utoipa::path(
    delete, path = "/api/v1/apps/{id}", tag = "Apps",
    params(("id" = String, Path, description = "The app's id."), SeenVersion),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, description = "The account has no app with this id.", body = Document, content_type = "application/problem+json"),
    ),
)]
pub async fn remove(
    caller: Caller<ManageApps, ApiProblem>,
    Id(id): Id,
    IfMatch(expected): IfMatch,
) -> Result<StatusCode, ApiProblem> {
    apps::remove(&caller.ctx, &id, &expected).await?;
    Ok(StatusCode::NO_CONTENT)
}
