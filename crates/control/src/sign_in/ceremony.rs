//! What was asked of a browser and waits for its answer, which counts once.

use rolecall_store::{Core, Meter, ceremonies, ceremonies::Ceremony};
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
    let mut attempts = core.db.attempts(meter);
    loop {
        let mut tx = attempts.begin().await?;
        let result = ceremonies::insert(&mut tx, &hash, kind, &ceremony).await;
        if let Some(settled) = attempts.settle(tx, result).await {
            settled?;
            return Ok(token);
        }
    }
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
    let mut attempts = core.db.attempts(meter);
    let ceremony = loop {
        let mut tx = attempts.begin().await?;
        let result = ceremonies::take(&mut tx, &hash, kind).await;
        if let Some(settled) = attempts.settle(tx, result).await {
            break settled?;
        }
    };
    let Some(ceremony) = ceremony.filter(|ceremony| core.clock.now() < ceremony.expires_at) else { return Ok(None) };
    let subject = core.sealing_key.open(&context(kind, &hash), &ceremony.subject_sealed).map_err(|_| Error::Sealed)?;
    Ok(serde_json::from_slice(subject.expose_secret()).ok())
}
