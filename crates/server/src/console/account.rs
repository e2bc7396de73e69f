//! What a person decides about itself: its password, second factor, and sessions.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use rolecall_control::{
    sessions::{self, OfUser},
    sign_in::{self, Credentials, NewGenerator, RecoveryCodes},
};
use secrecy::ExposeSecret as _;

use super::{
    ConsoleError, Form, Html, Reader, Section, Shell,
    door::{Person, Wrong, answered, new_password, wrong},
    passkeys, qr,
};
use crate::Server;

/// Where this page is.
const PLACE: &str = "/console/account";

#[derive(Template)]
#[template(path = "console/account.html")]
struct AccountPage {
    shell: Shell,
    email: String,
    account_id: String,
    credentials: Credentials,
    sessions: OfUser,
    generator: Option<Generator>,
    codes: Vec<String>,
    takes_passkeys: bool,
    /// What went wrong with which form.
    wrong: Option<(&'static str, Wrong)>,
}

/// A code generator that is being set up, as the page shows it.
struct Generator {
    /// Its secret, in fours.
    secret: String,
    /// The same as a picture.
    picture: qr::Picture,
}

impl Generator {
    fn of(new: &NewGenerator) -> Result<Self, ConsoleError> {
        let secret = new.secret.expose_secret().as_bytes().chunks(4).map(String::from_utf8_lossy);
        let picture = qr::Picture::of(new.link.expose_secret()).ok_or_else(ConsoleError::internal)?;
        Ok(Self { secret: secret.collect::<Vec<_>>().join(" "), picture })
    }
}

impl AccountPage {
    async fn of(server: &Server, caller: &Person, reader: &Reader) -> Result<Self, ConsoleError> {
        let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
        let (ctx, settings) = (&caller.ctx, &server.gate.settings);
        let begun = sign_in::begun_generator(ctx, session).await?;
        let shell = Shell { place: PLACE.to_owned(), ..Shell::of(reader, caller, Section::None) };
        Ok(Self {
            shell,
            email: session.person.email.clone(),
            account_id: session.account_id.clone(),
            credentials: sign_in::credentials(ctx, session).await?,
            sessions: sessions::list(ctx, settings, None, Some(session)).await?,
            // Who has been away for a while shows first who it is, and then sees the secret.
            generator: begun.filter(|_| caller.is_recently_authenticated()).as_ref().map(Generator::of).transpose()?,
            codes: Vec::new(),
            takes_passkeys: passkeys::site(server).is_some(),
            wrong: None,
        })
    }

    /// What went wrong with the form `name`.
    fn wrong_with(&self, name: &str) -> Option<Wrong> {
        self.wrong.filter(|(form, _)| *form == name).map(|(_, wrong)| wrong)
    }
}

/// The page.
pub(super) async fn page(
    State(server): State<Arc<Server>>,
    caller: Person,
    reader: Reader,
) -> Result<Response, ConsoleError> {
    Ok(Html(&AccountPage::of(&server, &caller, &reader).await?).into_response())
}

fn back() -> Response {
    Redirect::to(PLACE).into_response()
}

/// Changes the own password.
pub(super) async fn password(
    State(server): State<Arc<Server>>,
    caller: Person,
    reader: Reader,
    form: Form,
) -> Result<Response, ConsoleError> {
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    let current = form.exact("password").to_owned().into();
    let done = match new_password(&form) {
        Ok(new) => sign_in::change_password(&caller.ctx, &server.gate, session, &current, &new).await.map_err(wrong),
        Err(differ) => Err(Ok((differ, 0))),
    };
    match done {
        Ok(()) => Ok(back()),
        Err(refused) => {
            let (wrong, retry_after_s) = refused?;
            let page = AccountPage::of(&server, &caller, &reader).await?;
            Ok(answered(&AccountPage { wrong: Some(("password", wrong)), ..page }, wrong, retry_after_s))
        }
    }
}

/// Begins to set a code generator up.
pub(super) async fn begin_generator(caller: Person, _form: Form) -> Result<Response, ConsoleError> {
    caller.recently_authenticated()?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    sign_in::begin_generator(&caller.ctx, session).await?;
    Ok(Redirect::to("/console/account#generator").into_response())
}

/// Takes a first code of the generator, and shows the recovery codes.
pub(super) async fn confirm_generator(
    State(server): State<Arc<Server>>,
    caller: Person,
    reader: Reader,
    form: Form,
) -> Result<Response, ConsoleError> {
    caller.recently_authenticated()?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    let done = sign_in::confirm_generator(&caller.ctx, session, form.field("code")).await;
    let page = AccountPage::of(&server, &caller, &reader).await?;
    match done {
        Ok(made) => Ok(Html(&AccountPage { codes: texts(&made), ..page }).into_response()),
        Err(refusal) => {
            let (wrong, retry_after_s) = wrong(refusal)?;
            Ok(answered(&AccountPage { wrong: Some(("generator", wrong)), ..page }, wrong, retry_after_s))
        }
    }
}

fn texts(made: &RecoveryCodes) -> Vec<String> {
    made.codes.iter().map(|code| code.expose_secret().to_owned()).collect()
}

/// Takes the own code generator away.
pub(super) async fn remove_generator(caller: Person, _form: Form) -> Result<Response, ConsoleError> {
    caller.recently_authenticated()?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    sign_in::take_generator_away(&caller.ctx, &session.person.id).await?;
    Ok(back())
}

/// Makes new recovery codes, and shows them.
pub(super) async fn renew_codes(
    State(server): State<Arc<Server>>,
    caller: Person,
    reader: Reader,
    _form: Form,
) -> Result<Response, ConsoleError> {
    caller.recently_authenticated()?;
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    let made = sign_in::renew_recovery_codes(&caller.ctx, session).await?;
    let page = AccountPage::of(&server, &caller, &reader).await?;
    Ok(Html(&AccountPage { codes: texts(&made), ..page }).into_response())
}

/// Ends one of the own sessions, or all others.
pub(super) async fn end_session(caller: Person, form: Form) -> Result<Response, ConsoleError> {
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    match form.field("session") {
        "" => drop(sessions::end_all(&caller.ctx, &session.person.id, Some(session)).await?),
        id => sessions::end(&caller.ctx, id).await?,
    }
    Ok(back())
}
