//! What a person can sign in with, at a glance; and taking all of it away.

use rolecall_model::{ids::UserNo, time::Instant, user::Status};
use rolecall_store::{credentials as stored, passkeys, passwords, second_factors, users};

use crate::{
    Change, Ctx, Error,
    authority::{self, acts},
    sessions::Session,
};

/// What a person can sign in with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// When its password was set, if it has one.
    pub password_set_at: Option<Instant>,
    /// Since when it has a code generator, if it has one.
    pub generator_since: Option<Instant>,
    /// How many recovery codes are left.
    pub n_recovery_codes: usize,
    /// Its passkeys.
    pub passkeys: Vec<passkeys::Passkey>,
}

/// What the person of `session` can sign in with.
pub async fn credentials(ctx: &Ctx, session: &Session) -> Result<Credentials, Error> {
    let (account, no) = (ctx.account, session.person.no);
    let mut tx = ctx.read().await?;
    let password = passwords::find(&mut tx, account, no).await?;
    let factor = second_factors::find(&mut tx, account, no).await?;
    let factor = factor.filter(|factor| factor.confirmed_at.is_some());
    Ok(Credentials {
        password_set_at: password.map(|password| password.set_at),
        generator_since: factor.as_ref().and_then(|factor| factor.confirmed_at),
        n_recovery_codes: factor.map_or(0, |factor| factor.recovery_hashes.len()),
        passkeys: passkeys::list(&mut tx, account, no).await?,
    })
}

/// What whoever asks may do about how somebody signs in: for what is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// Whether they may make a link for the user.
    pub link: bool,
    /// Whether they may take the user's code generator away. There is one.
    pub generator: bool,
    /// Whether they may see and end the user's sessions.
    pub sessions: bool,
}

impl Help {
    /// Whether it is none.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// What whoever asks may do about how the user with id `user_id` signs in. Who may do more than they is not
/// let in by them.
pub async fn help(ctx: &Ctx, user_id: &str) -> Result<Help, Error> {
    let sessions = ctx.may_do(&acts::END_SESSIONS);
    if !ctx.may_do(&acts::LET_IN) {
        return Ok(Help { sessions, ..Help::default() });
    }
    let mut tx = ctx.read().await?;
    let found = users::find_many(&mut tx, ctx.account, users::Key::Id, &[user_id.to_owned()]).await?.pop();
    let Some(user) = found else { return Ok(Help::default()) };
    let theirs = authority::of_users(&mut tx, ctx.account, &[user.no]).await?.remove(&user.no).unwrap_or_default();
    if !ctx.authority.powers().cover(&theirs) {
        return Ok(Help { sessions, ..Help::default() });
    }
    let factor = second_factors::find(&mut tx, ctx.account, user.no).await?;
    let generator = factor.is_some_and(|factor| factor.confirmed_at.is_some());
    Ok(Help { link: user.status == Status::Active, generator, sessions })
}

/// Takes all that lets people in away from people who leave, and ends their sessions.
pub(crate) async fn forget_people(change: &mut Change<'_>, users: &[UserNo]) -> Result<(), Error> {
    let account = change.account_no();
    stored::remove_of_users(change.tx, account, users).await?;
    Ok(())
}
