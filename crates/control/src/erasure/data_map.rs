//! The account's data map, and the stores that are the account's by it.

use std::collections::HashSet;

use aws_lc_rs::hmac;
use rolecall_model::{audit::Event, time::Instant};
use rolecall_store::{
    Core, Tx, accounts, attempt,
    erasures::{Sealed, data_maps, requests},
    seal::hex,
};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::{Change, Ctx, Error, Record, Rule, authority::acts, error::Faults, say};

/// A data map to be set, which its caller has read and checked.
///
/// Not shown by `Debug`: the text may hold passwords.
pub struct NewDataMap<'a> {
    /// Its text.
    pub text: &'a str,
    /// SHA-256 over the text, in hex.
    pub hash: &'a str,
    /// How long after a request its answer is due. Units: milliseconds.
    pub deadline_ms: i64,
    /// How long a request rests before work on it begins. Units: milliseconds.
    pub grace_ms: i64,
    /// Where its stores are, in their order, each by [`place_hash`].
    pub place_hashes: Vec<String>,
}

/// The data map in force.
#[derive(Clone, Debug)]
pub struct StoredMap {
    /// Its number in its account.
    pub no: i64,
    /// SHA-256 over the text, in hex.
    pub hash: String,
    /// Its text.
    pub text: SecretString,
    /// When it was set.
    pub set_at: Instant,
}

/// The keyed hash of where a store is. It is the same for every account, so that two cannot have one
/// store, and tells nothing to whoever has not the key.
pub fn place_hash(core: &Core, place: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &core.sealing_key.derive("places of stores"));
    hex(hmac::sign(&key, place.as_bytes()).as_ref())
}

/// Sets the account's data map; its number. A map that is in force already stays as it is.
///
/// Its stores become the account's. Those that an earlier map named are given up if no request is
/// open, which might still work on them.
///
/// Errors: [`Rule::StoreTaken`] for each store that another account has.
pub async fn set_data_map(ctx: &Ctx, new: NewDataMap<'_>) -> Result<i64, Error> {
    attempt!(ctx.attempts(), |tx| set_in(ctx, tx, &new))
}

async fn set_in(ctx: &Ctx, tx: &mut Tx, new: &NewDataMap<'_>) -> Result<i64, Error> {
    let mut change = Change::begin(ctx, tx).await?;
    change.need_to(&acts::SET_DATA_MAP)?;
    let account = change.account_no();
    let is_moved = claim(&mut change, new).await?;
    let before = data_maps::newest(change.tx, account).await?;
    let before = before.map(|map| (map.no, map.hash));
    let no = match &before {
        Some((no, hash)) if hash == new.hash => *no,
        _ => {
            let sealed = Sealed::DataMap(&change.account.id).seal(&ctx.core, new.text.as_bytes());
            let map = data_maps::Stored {
                no: change.next_no(),
                hash: new.hash.to_owned(),
                sealed,
                deadline_ms: new.deadline_ms,
                grace_ms: new.grace_ms,
                set_at: change.at,
            };
            data_maps::insert(change.tx, account, &map, &ctx.actor.as_text()).await?;
            map.no
        }
    };
    let is_other = before.as_ref().is_none_or(|(known, _)| *known != no);
    if is_other || is_moved {
        let n_stores = new.place_hashes.len();
        let shown = |hash: &str| json!({"hash": hash});
        change.record(Record {
            event: Event::DataMapSet,
            target: format!("{} {no}", change.account.id),
            description: format!("Data map set; stores: {n_stores}"),
            before: before.map_or(Value::Null, |(_, hash)| shown(&hash)),
            after: shown(new.hash),
        });
    }
    change.finish().await?;
    Ok(no)
}

/// Makes the map's stores the account's, and gives others up; whether any came or went.
async fn claim(change: &mut Change<'_>, new: &NewDataMap<'_>) -> Result<bool, Error> {
    let account = change.account_no();
    let mut wanted = new.place_hashes.clone();
    // Always in one order, so that two accounts that want the same stores do not wait for each other.
    wanted.sort_unstable();
    wanted.dedup();
    let n_claimed = data_maps::claim(change.tx, account, &wanted).await?;
    let claimed = data_maps::claimed(change.tx, &wanted).await?;
    let mut faults = Faults::default();
    for (index, place_hash) in new.place_hashes.iter().enumerate() {
        if claimed.get(place_hash) != Some(&account) {
            let detail = say::store_taken(index + 1);
            faults.add(Rule::StoreTaken, format!("/stores/{index}"), detail);
        }
    }
    faults.or_ok(())?;
    let wanted: HashSet<String> = wanted.into_iter().collect();
    let given_up = data_maps::claims(change.tx, account).await?;
    let given_up: Vec<String> = given_up.into_iter().filter(|place_hash| !wanted.contains(place_hash)).collect();
    if given_up.is_empty() || requests::is_any_open(change.tx, account).await? {
        return Ok(n_claimed > 0);
    }
    data_maps::release(change.tx, account, &given_up).await?;
    Ok(true)
}

/// The account's data map in force.
pub async fn current_data_map(ctx: &Ctx) -> Result<Option<StoredMap>, Error> {
    ctx.need_to(&acts::WATCH_ERASURES)?;
    let mut tx = ctx.read().await?;
    let account_id = accounts::get(&mut tx, ctx.account).await?.id;
    let Some(map) = data_maps::newest(&mut tx, ctx.account).await? else { return Ok(None) };
    let text = Sealed::DataMap(&account_id).open_text(&ctx.core, &map.sealed).map_err(|_| Error::Sealed)?;
    Ok(Some(StoredMap { no: map.no, hash: map.hash, text, set_at: map.set_at }))
}
