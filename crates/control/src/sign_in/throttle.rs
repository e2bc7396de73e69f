//! How often signing in may go wrong before it takes a pause.
//!
//! A try is counted before anything is compared, and taken back when it was right; so tries that come
//! at once are all counted. A key is a keyed hash cut to eighteen bits: two people may share one and do
//! not know it, nobody can choose whom to share with, and there are never more rows than that.

use std::net::IpAddr;

use aws_lc_rs::hmac;
use rolecall_model::{
    ids::{AccountNo, UserNo},
    text::fold,
};
use rolecall_store::{Core, Meter, Tx, attempt, sign_in_tries};

use super::Refusal;

/// How long a window is. Units: milliseconds.
const WINDOW_MS: i64 = 15 * 60_000;

/// How often it may go wrong in a window, for one person.
pub(super) const PERSON_TRIES: i64 = 10;

/// The same for codes, which are short.
pub(super) const CODE_TRIES: i64 = 5;

/// The same for one address, at which a whole company may be.
pub(super) const ADDRESS_TRIES: i64 = 100;

/// How often one address may ask to be asked: each question is a row until it is answered or expires.
const ADDRESS_QUESTIONS: i64 = 1_000;

/// What tries are counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    text: String,
    limit: i64,
}

impl Key {
    /// By the person somebody says to be, whether there is such a person or not.
    pub(super) fn person(core: &Core, account: Option<AccountNo>, email: &str) -> Self {
        let account = account.map_or(0, |account| account.0);
        Self { text: key(core, "p", &format!("{account} {}", fold(email))), limit: PERSON_TRIES }
    }

    /// By a person who is known.
    pub(super) fn person_no(core: &Core, account: AccountNo, user: UserNo) -> Self {
        Self { text: key(core, "u", &format!("{} {}", account.0, user.0)), limit: PERSON_TRIES }
    }

    /// By a person who shows codes.
    pub(super) fn code(core: &Core, account: AccountNo, user: UserNo) -> Self {
        Self { text: key(core, "c", &format!("{} {}", account.0, user.0)), limit: CODE_TRIES }
    }

    /// By a person as whom a provider named somebody else.
    pub(super) fn other_subject(core: &Core, account: AccountNo, user: UserNo) -> Self {
        Self { text: key(core, "o", &format!("{} {}", account.0, user.0)), limit: PERSON_TRIES }
    }

    /// By where it comes from; of the newer protocol the network, as one machine has all of that.
    pub(super) fn address(core: &Core, address: IpAddr) -> Self {
        let network = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => (address.to_bits() >> 64).to_string(),
        };
        Self { text: key(core, "a", &network), limit: ADDRESS_TRIES }
    }
}

/// Counts one question that an address has itself asked.
///
/// Errors: [`Refusal::TooMany`].
pub(super) async fn count_asking(core: &Core, meter: &Meter, address: Option<IpAddr>) -> Result<(), Refusal> {
    let Some(address) = address else { return Ok(()) };
    let key = Key { limit: ADDRESS_QUESTIONS, text: format!("q{}", Key::address(core, address).text) };
    count(core, meter, &[key]).await?;
    Ok(())
}

fn key(core: &Core, kind: &str, what: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &core.sealing_key.derive("sign-in tries"));
    let tag = hmac::sign(&key, format!("{kind} {what}").as_bytes());
    let bits = tag.as_ref().first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes)) >> 14;
    format!("{kind}{bits:05x}")
}

/// Counts one try by each of `keys`, in their order, until one of them is used up; how often the last
/// of them was tried now.
///
/// Errors: [`Refusal::TooMany`]. The keys after the one that was used up are not counted.
pub(super) async fn count(core: &Core, meter: &Meter, keys: &[Key]) -> Result<i64, Refusal> {
    attempt!(core.db.attempts(meter), |tx| count_in(core, tx, keys))?
}

/// What was counted is kept whether or not it was too often.
async fn count_in(core: &Core, tx: &mut Tx, keys: &[Key]) -> Result<Result<i64, Refusal>, rolecall_store::Error> {
    let now = core.clock.now();
    let mut n = 0;
    for key in keys {
        let tries = sign_in_tries::count(tx, &key.text, now, now.plus_ms(WINDOW_MS)).await?;
        if tries.n > key.limit {
            let left_ms = (tries.until.as_ms() - now.as_ms()).max(1_000);
            let retry_after_s = u64::try_from(left_ms).unwrap_or_default().div_ceil(1_000);
            return Ok(Err(Refusal::TooMany { retry_after_s }));
        }
        n = tries.n;
    }
    Ok(Ok(n))
}

/// Whether a person's window is used up with its try number `n`, and was not before.
pub(super) fn is_last(n: i64) -> bool {
    n == PERSON_TRIES
}

/// Forgets the tries of a person who was right, and takes one back from where it came.
pub(super) async fn forget(core: &Core, meter: &Meter, keys: &[Key]) -> Result<(), Refusal> {
    Ok(attempt!(core.db.attempts(meter), |tx| forget_in(tx, keys))?)
}

/// The same within a transaction.
pub(super) async fn forget_in(tx: &mut Tx, keys: &[Key]) -> Result<(), rolecall_store::Error> {
    for key in keys {
        if key.limit == ADDRESS_TRIES {
            sign_in_tries::give_back(tx, &key.text).await?;
        } else {
            sign_in_tries::remove(tx, &key.text).await?;
        }
    }
    Ok(())
}
