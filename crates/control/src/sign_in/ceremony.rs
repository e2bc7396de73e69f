//! What was asked of a browser and waits for its answer, which counts once.

use rolecall_store::{Core, Meter, attempt, ceremonies, ceremonies::Ceremony};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, de::DeserializeOwned};

use super::{fresh_token, token_hash};
use crate::Error;

/// What seals a question to its kind and to the answer it waits for.
fn context(kind: &str, hash: &str) -> String {
    format!("ceremony {kind} {hash}")
}

/// Keeps what a question of a kind is about for `life_ms`; what its answer shows.
pub(super) async fn begin(
    core: &Core,
    meter: &Meter,
    kind: &str,
    subject: &impl Serialize,
    life_ms: i64,
) -> Result<SecretString, Error> {
    let token = fresh_token(core);
    let hash = token_hash(&token);
    let subject = serde_json::to_vec(subject).map_err(|_| Error::Sealed)?;
    let ceremony = Ceremony {
        subject_sealed: core.sealing_key.seal(&context(kind, &hash), &subject, core.random.bytes()),
        expires_at: core.clock.now().plus_ms(life_ms),
    };
    attempt!(core.db.attempts(meter), |tx| ceremonies::insert(tx, &hash, kind, &ceremony))?;
    Ok(token)
}

/// What the question of a kind was about that `token` answers; nothing if it was answered before, or
/// has expired.
pub(super) async fn take<S: DeserializeOwned>(
    core: &Core,
    meter: &Meter,
    kind: &str,
    token: &SecretString,
) -> Result<Option<S>, Error> {
    let hash = token_hash(token);
    let ceremony = attempt!(core.db.attempts(meter), |tx| ceremonies::take(tx, &hash, kind))?;
    let Some(ceremony) = ceremony.filter(|ceremony| core.clock.now() < ceremony.expires_at) else { return Ok(None) };
    let subject = core.sealing_key.open(&context(kind, &hash), &ceremony.subject_sealed).map_err(|_| Error::Sealed)?;
    Ok(serde_json::from_slice(subject.expose_secret()).ok())
}
