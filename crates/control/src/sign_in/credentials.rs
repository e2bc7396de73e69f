//! What a person can sign in with, at a glance; and taking all of it away.

use rolecall_model::{ids::UserNo, time::Instant};
use rolecall_store::{credentials as stored, passkeys, passwords, second_factors};

use crate::{Change, Ctx, Error, sessions::Session};

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

/// Takes all that lets people in away from people who leave, and ends their sessions.
pub(crate) async fn forget_people(change: &mut Change<'_>, users: &[UserNo]) -> Result<(), Error> {
    let account = change.account_no();
    stored::remove_of_users(change.tx, account, users).await?;
    Ok(())
}
