//! The keys that sign: made at first use, kept sealed, and shown by their public halves.

use rolecall_store::{
    Core, Error as StoreError, MaybeBusy, Meter, Tx, attempt,
    erasures::{
        Sealed,
        receipt_keys::{self, ReceiptKey},
    },
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::jws::{self, Signer};

/// Why nothing can be signed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CannotSign {
    /// The database failed.
    #[error("the key that signs receipts cannot be read")]
    Store(#[from] StoreError),
    /// The private half does not open, or is none.
    #[error("the key that signs receipts cannot be opened: is this the sealing key it was sealed with?")]
    Sealed,
}

impl MaybeBusy for CannotSign {
    fn is_busy(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_busy())
    }
}

/// What signs: the newest key. The first is made here if there is none.
///
/// Concurrency: nodes that make the first key at once agree on one.
pub async fn signer(core: &Core) -> Result<Signer, CannotSign> {
    let keys = keys(core).await?;
    let key = keys.first().ok_or(CannotSign::Sealed)?;
    let seed = Sealed::ReceiptKey(&key.id).open(core, &key.sealed).map_err(|_| CannotSign::Sealed)?;
    // Whoever can write to the database could otherwise have us sign with a key under another's id.
    let signer = Signer::from_seed(seed.expose_secret()).ok_or(CannotSign::Sealed)?;
    if signer.key_id() == key.id { Ok(signer) } else { Err(CannotSign::Sealed) }
}

/// The public halves of all keys as a JSON Web Key Set (RFC 7517), the newest first. The first key is
/// made here if there is none, so that whoever keeps the set has it.
pub async fn jwks(core: &Core) -> Result<Value, CannotSign> {
    let keys = keys(core).await?;
    Ok(json!({"keys": keys.iter().map(|key| jws::jwk(&key.public_key)).collect::<Vec<_>>()}))
}

/// Makes a key that signs from now on; its id. What the keys before it have signed stays good.
///
/// Concurrency: of two made at once one counts, and both are told its id.
pub async fn rotate(core: &Core) -> Result<String, CannotSign> {
    let mut tx = core.db.glance(&Meter::default()).await?;
    let newest = receipt_keys::list(&mut tx).await?.first().map_or(0, |key| key.no);
    drop(tx);
    let keys = make(core, newest + 1).await?;
    keys.first().map(|key| key.id.clone()).ok_or(CannotSign::Sealed)
}

/// All keys, the newest first; at least one.
async fn keys(core: &Core) -> Result<Vec<ReceiptKey>, CannotSign> {
    let mut tx = core.db.glance(&Meter::default()).await?;
    let keys = receipt_keys::list(&mut tx).await?;
    drop(tx);
    if keys.is_empty() { make(core, 1).await } else { Ok(keys) }
}

/// Makes key number `no`, unless another node was faster; all keys then.
async fn make(core: &Core, no: i64) -> Result<Vec<ReceiptKey>, CannotSign> {
    let seed: [u8; 32] = core.random.bytes();
    let signer = Signer::from_seed(&seed).ok_or(CannotSign::Sealed)?;
    let id = signer.key_id().to_owned();
    let sealed = Sealed::ReceiptKey(&id).seal(core, &seed);
    let key = ReceiptKey { no, public_key: signer.public_key(), sealed, made_at: core.clock.now(), id };
    attempt!(core.db.attempts(&Meter::default()), |tx| kept(tx, &key))
}

async fn kept(tx: &mut Tx, key: &ReceiptKey) -> Result<Vec<ReceiptKey>, CannotSign> {
    receipt_keys::insert(tx, key).await?;
    Ok(receipt_keys::list(tx).await?)
}
