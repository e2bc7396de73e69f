//! The way in and out: signing in, the second factor, following a link, showing once more who one is.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Redirect, Response},
};
use rolecall_control::{
    sessions::{self, Method},
    sign_in::{self, Attempt, BadPassword, LetIn, Refusal},
};
use secrecy::SecretString;
use url::form_urlencoded;

use super::{ConsoleError, Form, Html, Reader, Section, Shell, passkeys, preferences::inside};
use crate::{
    Server,
    auth::{
        Caller, SignedIn,
        session::{COOKIE, Stranger, cookie, taken_back},
    },
    kore::request::Params,
};

/// What went wrong with a form of this part, as its page says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// What was typed does not fit.
    Fit,
    /// It went wrong too often.
    TooMany,
    /// The new password is too short.
    TooShort,
    /// The new password is too long.
    TooLong,
    /// The two new passwords differ.
    Differ,
}

impl Wrong {
    /// All of them.
    #[cfg(test)]
    pub(super) const ALL: [Self; 5] = [Self::Fit, Self::TooMany, Self::TooShort, Self::TooLong, Self::Differ];

    /// What its text is named by.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::TooMany => "too-many",
            Self::TooShort => "too-short",
            Self::TooLong => "too-long",
            Self::Differ => "differ",
        }
    }

    /// Whether to wait is all that helps.
    pub(super) fn is_pause(self) -> bool {
        self == Self::TooMany
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Fit => StatusCode::UNAUTHORIZED,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::TooShort | Self::TooLong | Self::Differ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// What a form says, or else what the page is to say of it.
///
/// Errors: what is not the reader's fault.
pub(super) fn wrong(refusal: Refusal) -> Result<(Wrong, u64), ConsoleError> {
    match refusal {
        Refusal::Wrong | Refusal::OtherSubject => Ok((Wrong::Fit, 0)),
        Refusal::TooMany { retry_after_s } => Ok((Wrong::TooMany, retry_after_s)),
        Refusal::BadPassword(BadPassword::TooShort) => Ok((Wrong::TooShort, 0)),
        Refusal::BadPassword(BadPassword::TooLong) => Ok((Wrong::TooLong, 0)),
        Refusal::Failed(error) => Err(error.into()),
    }
}

/// `page` as the answer to a form that did not do.
pub(super) fn answered(page: &impl Template, wrong: Wrong, retry_after_s: u64) -> Response {
    let mut response = (wrong.status(), Html(page)).into_response();
    if retry_after_s > 0 {
        response.headers_mut().insert(header::RETRY_AFTER, retry_after_s.into());
    }
    response
}

/// The new password of a form that has it twice.
pub(super) fn new_password(form: &Form) -> Result<SecretString, Wrong> {
    if form.exact("new") == form.exact("again") { Ok(form.exact("new").to_owned().into()) } else { Err(Wrong::Differ) }
}

#[derive(Template)]
#[template(path = "console/sign-in.html")]
struct SignInPage {
    shell: Shell,
    next: String,
    email: String,
    account: String,
    needs_account: bool,
    takes_passkeys: bool,
    /// The company's provider: its name, and where signing in there begins.
    provider: Option<(String, String)>,
    wrong: Option<Wrong>,
}

impl SignInPage {
    async fn of(
        server: &Server,
        stranger: &Stranger,
        reader: &Reader,
        next: &str,
        account: &str,
    ) -> Result<Self, ConsoleError> {
        let provider = server.providers.of(Some(account).filter(|account| !account.is_empty()));
        Ok(Self {
            shell: Shell::bare(reader, Section::None),
            next: inside(next).to_owned(),
            email: String::new(),
            account: account.to_owned(),
            needs_account: sign_in::needs_account(&server.core, &stranger.meter).await?,
            takes_passkeys: passkeys::site(server).is_some(),
            provider: provider
                .map(|provider| (provider.name.clone(), provider_place(&provider.account, inside(next), false))),
            wrong: None,
        })
    }
}

/// The page on which one signs in.
pub(super) async fn sign_in_page(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    reader: Reader,
    params: Result<Params, crate::error::KoreError>,
) -> Result<Response, ConsoleError> {
    let params = params.map_err(|_| ConsoleError::unreadable())?;
    let (next, account) = (params.get("next").unwrap_or_default(), params.get("account").unwrap_or_default());
    Ok(Html(&SignInPage::of(&server, &stranger, &reader, next, account).await?).into_response())
}

/// Signs in with a password.
pub(super) async fn sign_in(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    reader: Reader,
    form: Form,
) -> Result<Response, ConsoleError> {
    let next = inside(form.field("next"));
    let account = Some(form.field("account")).filter(|account| !account.is_empty());
    let attempt = Attempt { account, email: form.field("email"), password: form.exact("password").to_owned().into() };
    let let_in =
        sign_in::with_password(&server.core, &server.gate, &stranger.meter, stranger.visitor(), &attempt).await;
    match let_in {
        Ok(let_in) => Ok(enter(&let_in, next)),
        Err(refusal) => {
            let (wrong, retry_after_s) = wrong(refusal)?;
            let page = SignInPage::of(&server, &stranger, &reader, next, form.field("account")).await?;
            let email = form.field("email").to_owned();
            Ok(answered(&SignInPage { email, wrong: Some(wrong), ..page }, wrong, retry_after_s))
        }
    }
}

/// Gives whoever was let in its cookie, and leads on: to where it wanted, or to the second factor first.
pub(super) fn enter(let_in: &LetIn, next: &str) -> Response {
    let place = if let_in.wants_code() { with_next("/console/second-factor", next) } else { next.to_owned() };
    led(&place, cookie(COOKIE, &let_in.begun.token))
}

/// Leads to `place`, with a cookie.
pub(super) fn led(place: &str, cookie: HeaderValue) -> Response {
    let mut response = Redirect::to(place).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    response
}

fn with_next(path: &str, next: &str) -> String {
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    format!("{path}?next={next}")
}

/// Where signing in at the provider of an account begins.
fn provider_place(account: &str, next: &str, is_again: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("account", account).append_pair("next", next);
    if is_again {
        query.append_pair("again", "1");
    }
    format!("/console/oidc/start?{}", query.finish())
}

#[derive(Template)]
#[template(path = "console/second-factor.html")]
struct SecondFactorPage {
    shell: Shell,
    next: String,
    wrong: Option<Wrong>,
}

/// The page that asks for a code.
pub(super) async fn second_factor_page(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    reader: Reader,
    params: Result<Params, crate::error::KoreError>,
) -> Result<Response, ConsoleError> {
    let params = params.map_err(|_| ConsoleError::unreadable())?;
    let next = inside(params.get("next").unwrap_or_default()).to_owned();
    let token = stranger.token.as_ref().ok_or_else(ConsoleError::sign_in)?;
    if !sessions::wants_code(&server.core, &server.gate.settings, &stranger.meter, token).await? {
        return Ok(Redirect::to(&with_next("/console/sign-in", &next)).into_response());
    }
    Ok(Html(&SecondFactorPage { shell: Shell::bare(&reader, Section::None), next, wrong: None }).into_response())
}

/// Takes a code.
pub(super) async fn second_factor(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    reader: Reader,
    form: Form,
) -> Result<Response, ConsoleError> {
    let next = inside(form.field("next"));
    let token = stranger.token.as_ref().ok_or_else(ConsoleError::sign_in)?;
    let (core, gate) = (&server.core, &server.gate);
    match sign_in::complete(core, gate, &stranger.meter, stranger.visitor(), token, form.field("code")).await {
        Ok(let_in) => Ok(enter(&let_in, next)),
        Err(refusal) => {
            let (wrong, retry_after_s) = wrong(refusal)?;
            let shell = Shell::bare(&reader, Section::None);
            let page = SecondFactorPage { shell, next: next.to_owned(), wrong: Some(wrong) };
            Ok(answered(&page, wrong, retry_after_s))
        }
    }
}

#[derive(Template)]
#[template(path = "console/set-up.html")]
struct SetUpPage {
    shell: Shell,
    token: String,
    email: String,
    account_name: String,
    wrong: Option<Wrong>,
}

impl SetUpPage {
    /// The page for whom the link is; none for a link that does not count.
    async fn of(server: &Server, stranger: &Stranger, reader: &Reader, token: &str) -> Result<Self, ConsoleError> {
        let link = sign_in::look_up(&server.core, &stranger.meter, &token.to_owned().into()).await?;
        let link = link.ok_or_else(ConsoleError::not_found)?;
        // The place to come back to is the link itself, which should stand in as few places as may be.
        let shell = Shell { place: "/console".to_owned(), ..Shell::bare(reader, Section::None) };
        let (email, account_name) = (link.email, link.account_name);
        Ok(Self { shell, token: token.to_owned(), email, account_name, wrong: None })
    }
}

/// The page of a one-time link, which asks for a password.
pub(super) async fn set_up_page(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    reader: Reader,
    Path(token): Path<String>,
) -> Result<Response, ConsoleError> {
    Ok(Html(&SetUpPage::of(&server, &stranger, &reader, &token).await?).into_response())
}

/// Follows the link: sets the password and signs in.
pub(super) async fn set_up(
    State(server): State<Arc<Server>>,
    stranger: Stranger,
    reader: Reader,
    Path(token): Path<String>,
    form: Form,
) -> Result<Response, ConsoleError> {
    let link: SecretString = token.clone().into();
    let done = match new_password(&form) {
        Ok(new) => {
            let (core, gate) = (&server.core, &server.gate);
            sign_in::redeem(core, gate, &stranger.meter, stranger.visitor(), &link, &new).await.map_err(wrong)
        }
        Err(differ) => Err(Ok((differ, 0))),
    };
    match done {
        Ok(let_in) => Ok(enter(&let_in, "/console")),
        Err(refused) => {
            let (wrong, retry_after_s) = refused?;
            let page = SetUpPage::of(&server, &stranger, &reader, &token).await?;
            Ok(answered(&SetUpPage { wrong: Some(wrong), ..page }, wrong, retry_after_s))
        }
    }
}

#[derive(Template)]
#[template(path = "console/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    next: String,
    email: String,
    has_password: bool,
    has_passkey: bool,
    /// Where the company's provider asks the person again, for one who came that way.
    provider: Option<String>,
    wrong: Option<Wrong>,
}

impl ConfirmPage {
    async fn of(server: &Server, caller: &Person, reader: &Reader, next: &str) -> Result<Self, ConsoleError> {
        let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
        let credentials = sign_in::credentials(&caller.ctx, session).await?;
        let came_so = session.methods.split(' ').any(|method| method == Method::Provider.as_str());
        let provider = server.providers.of(Some(&session.account_id)).filter(|_| came_so);
        Ok(Self {
            shell: Shell::of(reader, caller, Section::None),
            next: inside(next).to_owned(),
            email: session.person.email.clone(),
            has_password: credentials.password_set_at.is_some(),
            has_passkey: passkeys::site(server).is_some() && !credentials.passkeys.is_empty(),
            provider: provider.map(|provider| provider_place(&provider.account, inside(next), true)),
            wrong: None,
        })
    }
}

/// Whoever signed in.
pub(super) type Person = Caller<SignedIn, ConsoleError>;

/// The page on which one shows once more who one is.
pub(super) async fn confirm_page(
    State(server): State<Arc<Server>>,
    caller: Person,
    reader: Reader,
    params: Result<Params, crate::error::KoreError>,
) -> Result<Response, ConsoleError> {
    let params = params.map_err(|_| ConsoleError::unreadable())?;
    let page = ConfirmPage::of(&server, &caller, &reader, params.get("next").unwrap_or_default()).await?;
    Ok(Html(&page).into_response())
}

/// Takes the password once more.
pub(super) async fn confirm(
    State(server): State<Arc<Server>>,
    caller: Person,
    reader: Reader,
    form: Form,
) -> Result<Response, ConsoleError> {
    let session = caller.session().ok_or_else(ConsoleError::sign_in)?;
    let next = inside(form.field("next"));
    let typed = form.exact("password").to_owned().into();
    match sign_in::confirm(&caller.ctx, &server.gate, session, &typed).await {
        Ok(token) => Ok(led(next, cookie(COOKIE, &token))),
        Err(refusal) => {
            let (wrong, retry_after_s) = wrong(refusal)?;
            let page = ConfirmPage::of(&server, &caller, &reader, next).await?;
            Ok(answered(&ConfirmPage { wrong: Some(wrong), ..page }, wrong, retry_after_s))
        }
    }
}

/// Signs out: ends the session, and takes its cookie back whatever came of that.
pub(super) async fn sign_out(caller: Result<Person, ConsoleError>, _form: Form) -> Result<Response, ConsoleError> {
    if let Ok(caller) = &caller
        && let Some(session) = caller.session()
    {
        sessions::end(&caller.ctx, &session.id).await?;
    }
    Ok(led("/console/sign-in", taken_back(COOKIE)))
}
