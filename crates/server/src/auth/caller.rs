//! Who is calling, as a type: a handler that takes a `Caller<ReadRoles>` can only be reached with
//! a token whose app may read roles, and is the only one to get a [`Ctx`].

use std::{marker::PhantomData, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
    response::IntoResponse,
};
use rolecall_control::{
    Core, Ctx, Error as ControlError, apps,
    authority::{Act, acts},
    sessions::Session,
};
use rolecall_model::{
    app::{App, Kind, Scope},
    audit::Actor,
    authority::AdminPermission,
    time::Instant,
};
use rolecall_roster::Roster;
use rolecall_store::Meter;
use secrecy::ExposeSecret;

use super::{
    key::Key,
    limits::Window,
    memory::Known,
    session,
    token::{Claims, Refusal, Unverified},
};
use crate::{Server, error::KoreError, layers::Notes};

/// What a handler needs its caller to be allowed.
pub trait Need: Send + Sync + 'static {
    /// The scope the caller's app must have; `None` lets any app of the account in, a builder's too.
    const SCOPE: Option<Scope>;
    /// The admin permissions of which a person must have one; none lets in whoever signed in. What the
    /// call does in the end may take more, which `control` sees.
    const PERMISSIONS: &'static [AdminPermission];
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident = $scope:expr, $act:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl Need for $name {
            const SCOPE: Option<Scope> = $scope;
            const PERMISSIONS: &'static [AdminPermission] = $act.any_of;
        }
    )*};
}

/// What takes no permission.
const ANYBODY: Act = Act { title: "Be signed in", any_of: &[] };

// Several needs share a scope of the vendor's coarse catalogue; they are told apart here so that a
// handler says what it does. A person is let in who may do any of it.
needs! {
    /// Reading roles, groups, bots, and who holds what.
    ReadRoles = Some(Scope::RoleManagement), acts::LOOK;
    /// Changing roles and who holds them.
    ManageRoles = Some(Scope::RoleManagement), acts::EDIT_ROLES;
    /// Making, changing and removing groups, and who is in them.
    ManageGroups = Some(Scope::RoleManagement), acts::MANAGE_GROUPS;
    /// Making, changing and removing bots.
    ManageBots = Some(Scope::RoleManagement), acts::MANAGE_BOTS;
    /// Changing the account's settings.
    ChangeSettings = Some(Scope::RoleManagement), acts::CHANGE_SETTINGS;
    /// Registering and changing client apps. The vendor's catalogue has no scope for it; who may hand out
    /// roles may do everything in the end.
    ManageApps = Some(Scope::RoleManagement), acts::MANAGE_APPS;
    /// Looking users up.
    ReadUsers = Some(Scope::UserManagement), acts::LOOK;
    /// Making, changing and removing users.
    ManageUsers = Some(Scope::UserManagement), acts::MANAGE_USERS;
    /// Reading the audit log.
    ReadAudit = Some(Scope::AuditLogs), acts::READ_AUDIT;
    /// Erasing people's data, and looking at what became of it.
    EraseData = Some(Scope::DeleteUserData), acts::WATCH_ERASURES;
    /// What everybody may do who signed in.
    SignedIn = None, ANYBODY;
    /// Seeing and ending sessions: one's own, and others' with the permission.
    ManageSessions = Some(Scope::UserManagement), ANYBODY;
    /// Storing a file.
    UploadFiles = None, acts::UPLOAD;
}

/// Why a caller is turned away before what it asks is looked at. Each door has its own words for it.
#[derive(Debug)]
pub enum Denied {
    /// The token is none, or does not count.
    Token(Refusal),
    /// The app has not this scope, or is a builder's.
    Scope(Scope),
    /// There is no session, or it is over.
    NoSession,
    /// Another site sent this, and the person may know nothing of it.
    Elsewhere,
    /// It is too long ago that the person showed who it is.
    Unconfirmed,
    /// The person has none of these admin permissions.
    Permission(&'static [AdminPermission]),
    /// The account asked too often within this time.
    TooMany(Window),
    /// The app is registered with a key that cannot be used; the log has it.
    UnusableKey,
    /// It could not be found out.
    Failed(ControlError),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Token(refusal)
    }
}

impl From<ControlError> for Denied {
    fn from(error: ControlError) -> Self {
        Self::Failed(error)
    }
}

/// A verified caller that is allowed what `N` says. Others are told so in the words of `E`.
pub struct Caller<N, E = KoreError> {
    /// Who asks, on which account.
    pub ctx: Ctx,
    /// The session of a person; nothing for an app.
    session: Option<Arc<Session>>,
    is_confirmed: bool,
    need: PhantomData<fn() -> (N, E)>,
}

impl<N, E> Caller<N, E> {
    /// The session of a person; nothing for an app.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_deref()
    }

    /// Whether the person has shown lately who it is. An app does so with each call.
    pub fn is_recently_authenticated(&self) -> bool {
        self.is_confirmed
    }

    /// Refuses, before something that cannot be undone, unless the person has shown lately who it is.
    ///
    /// Errors: [`Denied::Unconfirmed`], which leads a reader to where one does so.
    pub fn recently_authenticated(&self) -> Result<(), Denied> {
        if self.is_confirmed { Ok(()) } else { Err(Denied::Unconfirmed) }
    }
}

impl<N: Need, E: From<Denied> + IntoResponse> FromRequestParts<Arc<Server>> for Caller<N, E> {
    type Rejection = E;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, E> {
        let notes = parts.extensions.get::<Notes>().cloned().unwrap_or_default();
        if !takes_session(parts) {
            let ctx = admit(parts, server, &notes, N::SCOPE).await?;
            return Ok(Self { ctx, session: None, is_confirmed: true, need: PhantomData });
        }
        let (ctx, session) = session::admit(parts, server, &notes, N::PERMISSIONS).await?;
        let is_confirmed = session.is_confirmed(&server.gate.settings, ctx.now());
        Ok(Self { ctx, session: Some(session), is_confirmed, need: PhantomData })
    }
}

/// Whether the request is to be judged by a person's session: on the console always, on our own API
/// where there is a session and no token. The other doors know no people.
fn takes_session(parts: &Parts) -> bool {
    let path = parts.uri.path();
    let is_below = |door: &str| path.strip_prefix(door).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let has_session = || session::carried(&parts.headers, session::COOKIE).is_some();
    is_below("/console") || (is_below("/api/v1") && !has_token(&parts.headers) && has_session())
}

/// Whether an app's token is shown, whatever it is worth.
pub(crate) fn has_token(headers: &HeaderMap) -> bool {
    headers.contains_key("auth") || headers.contains_key(header::AUTHORIZATION)
}

async fn admit(parts: &Parts, server: &Server, notes: &Notes, scope: Option<Scope>) -> Result<Ctx, Denied> {
    let (app, roster) = authenticate(server, &parts.headers, notes.meter()).await?;
    let app = &app.app;
    notes.caller(app);
    server.uses.note(&app.id, server.core.clock.now());
    if let Some(scope) = scope
        && !(app.kind == Kind::Admin && app.scopes.contains(&scope))
    {
        return Err(Denied::Scope(scope));
    }
    let verdict = server.limits.check(app.account_no, server.core.clock.now());
    notes.limits(verdict.headers());
    if let Some(window) = verdict.breach {
        return Err(Denied::TooMany(window));
    }
    Ok(Ctx { roster, ..Ctx::new(&server.core, app.account_no, Actor::App(app.id.clone()), notes.meter().clone()) })
}

/// The app whose token the request carries, and the image of its account if there is one.
///
/// Whatever is wrong before the signature holds gets one answer, after the same work: nobody learns
/// which app ids exist, or which are disabled, or have called before.
async fn authenticate(
    server: &Server,
    headers: &HeaderMap,
    meter: &Meter,
) -> Result<(Arc<Known>, Option<Roster>), Denied> {
    let token = carried(headers)?;
    let now = server.core.clock.now();
    if let Some(known) = server.memory.token(token, now)
        && let Some(roster) = if_unchanged(server, &known).await
    {
        return Ok((known, Some(roster)));
    }
    // On the heap, so that the many whose token is known do not carry the room it takes.
    Box::pin(verified(server, token, now, meter)).await
}

/// The same for a token that is not remembered.
async fn verified(
    server: &Server,
    token: &str,
    now: Instant,
    meter: &Meter,
) -> Result<(Arc<Known>, Option<Roster>), Denied> {
    let (core, memory) = (&server.core, &server.memory);
    let unverified = Unverified::parse(token)?;
    let known = memory.app(unverified.app_id(), now);
    // An app that is not remembered has a signature checked too, by a key that proves nothing.
    let key = match &known {
        Some(known) => Some(&known.key),
        None => unverified.algorithm().and_then(|algorithm| memory.decoy(algorithm)),
    };
    let claims = key.map(|key| unverified.verify(key, now));
    if let (Some(known), Some(Ok(claims))) = (known, claims)
        && let Some(roster) = if_unchanged(server, &known).await
    {
        use_up(core, &known.app, &claims, meter).await?;
        memory.keep_token(token, &claims, &known);
        return Ok((known, Some(roster)));
    }

    let app = apps::find(core, unverified.app_id(), meter).await?.filter(|app| app.is_live(now));
    let Some(app) = app else { return Err(unverified.burn().into()) };
    let key = key_of(core, &app, now)?;
    let claims = unverified.verify(&key, now)?;
    use_up(core, &app, &claims, meter).await?;
    let roster = server.rosters.fresh(core, app.account_no).await;
    let apps_revision = roster.as_ref().map_or(0, Roster::apps_revision);
    let key_until = app.previous_secret.as_ref().map(|(_, until)| *until).filter(|until| now < *until);
    let known = Arc::new(Known { app, key, key_until, apps_revision });
    // The app was read before the image was checked, and may have changed in between. Read again, it
    // is at least as new as the image; only then does it go by the image's number.
    if roster.is_some() && apps::find(core, &known.app.id, meter).await?.as_ref() == Some(&known.app) {
        memory.keep_app(&known);
        memory.keep_token(token, &claims, &known);
    }
    Ok((known, roster))
}

/// The image of the app's account, if the account's apps are what they were when `known` was.
async fn if_unchanged(server: &Server, known: &Known) -> Option<Roster> {
    let roster = server.rosters.fresh(&server.core, known.app.account_no).await?;
    (roster.apps_revision() == known.apps_revision).then_some(roster)
}

/// Uses a token up that counts once, and sees that tokens of an app that takes no other are such.
async fn use_up(core: &Core, app: &App, claims: &Claims, meter: &Meter) -> Result<(), Denied> {
    if app.enforces_jti {
        claims.required_jti()?;
    }
    if let Some(jti) = &claims.jti
        && !apps::use_once(core, app, &jti.id, jti.forget_at, meter).await?
    {
        return Err(Refusal::Replayed.into());
    }
    Ok(())
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

fn key_of(core: &Core, app: &App, now: Instant) -> Result<Key, Denied> {
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
        Denied::UnusableKey
    })
}
