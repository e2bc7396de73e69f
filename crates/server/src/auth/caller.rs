//! Who is calling, as a type: a handler that takes a `Caller<ReadRoles>` can only be reached with
//! a token whose app may read roles, and is the only one to get a [`Ctx`].

use std::{marker::PhantomData, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use rolecall_control::{Core, Ctx, Error as ControlError, apps};
use rolecall_model::{
    app::{App, Kind, Scope},
    audit::Actor,
    time::Instant,
};
use rolecall_store::Meter;
use secrecy::ExposeSecret;

use super::{
    key::Key,
    token::{Refusal, Unverified},
};
use crate::{Server, error::KoreError, layers::Notes};

/// What a handler needs its caller to be allowed.
pub trait Need: Send + Sync + 'static {
    /// The scope the caller's app must have; `None` lets any app of the account in, a builder's too.
    const SCOPE: Option<Scope>;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident = $scope:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Need for $name {
            const SCOPE: Option<Scope> = $scope;
        }
    )*};
}

// Several needs share a scope of the vendor's coarse catalogue; they are told apart here so that a
// handler says what it does.
needs! {
    /// Reading roles, groups, bots, and who holds what.
    ReadRoles = Some(Scope::RoleManagement);
    /// Changing roles and who holds them.
    ManageRoles = Some(Scope::RoleManagement);
    /// Looking users up.
    ReadUsers = Some(Scope::UserManagement);
    /// Making, changing and removing users.
    ManageUsers = Some(Scope::UserManagement);
    /// Reading the audit log.
    ReadAudit = Some(Scope::AuditLogs);
    /// Storing a file.
    UploadFiles = None;
}

/// A verified caller that is allowed what `N` says.
pub struct Caller<N> {
    /// Who asks, on which account.
    pub ctx: Ctx,
    need: PhantomData<N>,
}

impl<N: Need> FromRequestParts<Arc<Server>> for Caller<N> {
    type Rejection = KoreError;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, KoreError> {
        let notes = parts.extensions.get::<Notes>().cloned().unwrap_or_default();
        let app = authenticate(&server.core, &parts.headers, notes.meter()).await?;
        notes.caller(&app);
        let is_allowed = match N::SCOPE {
            None => true,
            Some(scope) => app.kind == Kind::Admin && app.scopes.contains(&scope),
        };
        if !is_allowed {
            let needed = N::SCOPE.map_or("", Scope::as_str);
            return Err(unauthorized("Permission denied. Scope is incorrect!", 4002)
                .with_detail(format!("The app needs the scope {needed} and must be of kind admin.")));
        }
        let verdict = server.limits.check(&app.account_no.0.to_string(), server.core.clock.now());
        notes.limits(verdict.headers());
        if let Some(window) = verdict.breach {
            return Err(KoreError::too_many(window.message()));
        }
        let ctx = Ctx::new(&server.core, app.account_no, Actor::App(app.id), notes.meter().clone());
        Ok(Self { ctx, need: PhantomData })
    }
}

/// The app whose token the request carries.
///
/// Whatever is wrong before the signature holds gets one answer, after the same work: nobody learns
/// which app ids exist, or which are disabled.
async fn authenticate(core: &Core, headers: &HeaderMap, meter: &Meter) -> Result<App, KoreError> {
    let token = carried(headers).map_err(refused)?;
    let unverified = Unverified::parse(token).map_err(refused)?;
    let now = core.clock.now();
    let app = apps::find(core, unverified.app_id(), meter).await?.filter(|app| app.is_live(now));
    let Some(app) = app else { return Err(refused(unverified.burn())) };
    let key = key_of(core, &app, now)?;
    let claims = unverified.verify(&key, now).map_err(refused)?;
    if app.enforces_jti {
        claims.required_jti().map_err(refused)?;
    }
    if let Some(jti) = &claims.jti
        && !apps::use_once(core, &app, &jti.id, jti.forget_at, meter).await?
    {
        return Err(refused(Refusal::Replayed));
    }
    Ok(app)
}

/// The token of the request: header `auth`, or `Authorization: Bearer` as a convenience.
fn carried(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut tokens = Vec::new();
    for value in headers.get_all("auth") {
        tokens.push(value.to_str().map_err(|_| Refusal::Invalid)?.trim());
    }
    for value in headers.get_all(header::AUTHORIZATION) {
        let value = value.to_str().map_err(|_| Refusal::Invalid)?;
        match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => tokens.push(token.trim()),
            // Another scheme is for somebody else, such as a proxy in between.
            _ => {}
        }
    }
    match tokens.split_first() {
        Some((first, others)) if others.iter().all(|other| other == first) && !first.is_empty() => Ok(first),
        _ => Err(Refusal::Invalid),
    }
}

fn key_of(core: &Core, app: &App, now: Instant) -> Result<Key, KoreError> {
    let key = if let Some(pem) = &app.public_key {
        Key::from_public_pem(app.algorithm, pem)
    } else {
        let secrets = apps::secrets(core, app, now)?;
        let secret = |nth: usize| secrets.get(nth).map(|secret| secret.expose_secret().as_bytes());
        let current = secret(0).ok_or(ControlError::Sealed)?;
        Key::from_secrets(app.algorithm, current, secret(1))
    };
    key.map_err(|bad| {
        tracing::error!(app.id = app.id, error = %bad, "a registered app has a key that cannot be used");
        KoreError::internal()
    })
}

fn refused(refusal: Refusal) -> KoreError {
    unauthorized(refusal.message(), refusal.code())
}

fn unauthorized(msg: &str, code: u16) -> KoreError {
    KoreError::new(StatusCode::UNAUTHORIZED, msg, code)
}
