//! Tokens that were verified before, and the keys of the apps that signed them.
//!
//! Verifying a token takes a look at its app in the database, opening its sealed secret, and a few
//! microseconds of hashing and parsing; an app sends the same token for minutes or days. So what was
//! found is kept, and counts again under conditions that leave no way around a revocation:
//!
//! - The whole token is the key, compared byte by byte. Nothing about it is taken from a hash.
//! - What was found is of one state of the account's apps ([`Known::apps_revision`]). Whoever uses it
//!   holds an image of the account that was checked after the request came in; is the state another
//!   there, on whichever node it was changed, nothing of the sort was found.
//! - The app must be live, and the token and the secret that signed it in their time, at the time of
//!   each request.
//! - A token with `jti` counts once, so it is never kept.
//!
//! What is kept is bounded by its size, and what is used least goes first. Only tokens with a good
//! signature come in, so strangers cannot push anybody's out.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache};
use rolecall_model::{
    app::{Algorithm, App},
    time::Instant,
};

use super::{key::Key, token::Claims};

/// Room for tokens: some ten thousand of the usual length. Units: bytes.
const TOKENS_BYTES: u64 = 4 << 20;

/// How many tokens are expected to fit into it.
const N_TOKENS: usize = 8_192;

/// How many apps are kept.
const N_APPS: usize = 4_096;

/// An app, ready to verify tokens with.
#[derive(Debug)]
pub(super) struct Known {
    /// The app.
    pub(super) app: App,
    /// Its key.
    pub(super) key: Key,
    /// Until when the key is the right one: when the overlap of a rotation ends, the old secret goes.
    pub(super) key_until: Option<Instant>,
    /// The state of the account's apps that this is of.
    pub(super) apps_revision: i64,
}

impl Known {
    fn counts_at(&self, now: Instant) -> bool {
        self.app.is_live(now) && self.key_until.is_none_or(|until| now < until)
    }
}

/// A token that was verified.
#[derive(Clone, Debug)]
struct Token {
    app: Arc<Known>,
    from: Option<Instant>,
    until: Option<Instant>,
}

#[derive(Clone, Debug)]
struct Size;

impl Weighter<Box<str>, Token> for Size {
    fn weight(&self, token: &Box<str>, _: &Token) -> u64 {
        // What stands beside the text in the map, about.
        token.len() as u64 + 96
    }
}

/// What is remembered of tokens and apps.
///
/// Concurrency: shared by all requests; each look-up locks one of many parts for as long as it takes.
#[derive(Debug)]
pub struct Memory {
    tokens: Cache<Box<str>, Token, Size>,
    apps: Cache<String, Arc<Known>>,
    decoys: Vec<Key>,
}

impl Default for Memory {
    /// Nothing remembered yet.
    fn default() -> Self {
        Self {
            tokens: Cache::with_weighter(N_TOKENS, TOKENS_BYTES, Size),
            apps: Cache::new(N_APPS),
            decoys: Algorithm::ALL.map(Key::decoy).into(),
        }
    }
}

impl Memory {
    /// The app of `token`, if the token was verified before and is in its time `now`. Whether the app
    /// is still as it was is for the caller to see.
    pub(super) fn token(&self, token: &str, now: Instant) -> Option<Arc<Known>> {
        let Token { app, from, until } = self.tokens.get(token)?;
        let is_in_time = from.is_none_or(|from| from <= now) && until.is_none_or(|until| now < until);
        (is_in_time && app.counts_at(now)).then_some(app)
    }

    /// The app of id `id`. Whether it is still as it was is for the caller to see.
    pub(super) fn app(&self, id: &str, now: Instant) -> Option<Arc<Known>> {
        self.apps.get(id).filter(|app| app.counts_at(now))
    }

    /// A key no app has, as ready as that of a known app.
    pub(super) fn decoy(&self, algorithm: Algorithm) -> Option<&Key> {
        self.decoys.iter().find(|decoy| decoy.algorithm() == algorithm)
    }

    /// Keeps an app in place of what was kept of it.
    pub(super) fn keep_app(&self, app: &Arc<Known>) {
        self.apps.insert(app.app.id.clone(), Arc::clone(app));
    }

    /// Keeps a token that `app`'s key verified, unless it counts only once.
    pub(super) fn keep_token(&self, token: &str, claims: &Claims, app: &Arc<Known>) {
        if claims.jti.is_none() {
            let kept = Token { app: Arc::clone(app), from: claims.from, until: claims.until };
            self.tokens.insert(token.into(), kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use rolecall_model::{
        app::{Kind, Scope},
        ids::AccountNo,
    };

    use super::*;
    use crate::auth::token::Jti;

    fn at(ms: i64) -> Instant {
        Instant::from_ms(ms)
    }

    fn known(expires_at: Option<Instant>, key_until: Option<Instant>) -> Arc<Known> {
        let app = App {
            id: "cs-1".to_owned(),
            account_no: AccountNo(1),
            name: "App".to_owned(),
            kind: Kind::Admin,
            algorithm: Algorithm::Hs256,
            secret_sealed: None,
            previous_secret: None,
            public_key: None,
            enforces_jti: false,
            scopes: Scope::ALL.to_vec(),
            bots: Vec::new(),
            is_enabled: true,
            expires_at,
            created_at: at(0),
        };
        let key = Key::from_secrets(Algorithm::Hs256, b"secret", None).expect("key");
        Arc::new(Known { app, key, key_until, apps_revision: 3 })
    }

    fn claims(from: Option<i64>, until: Option<i64>) -> Claims {
        Claims { app_id: "cs-1".to_owned(), jti: None, from: from.map(at), until: until.map(at) }
    }

    #[test]
    fn a_token_is_known_by_all_of_its_bytes() {
        let memory = Memory::default();
        memory.keep_token("aaa.bbb.ccc", &claims(None, None), &known(None, None));
        assert_eq!(memory.token("aaa.bbb.ccc", at(9)).map(|app| app.apps_revision), Some(3));
        for other in ["aaa.bbb.ccd", "aaa.bbb.cc", "aaa.bbb.cccc", "", "AAA.bbb.ccc"] {
            assert!(memory.token(other, at(9)).is_none(), "{other}");
        }
    }

    #[test]
    fn a_token_counts_in_its_time_its_apps_time_and_its_secrets_time() {
        let ten = Some(at(10));
        for (claims, app, counts, does_not) in [
            (claims(None, None), known(None, None), vec![0, i64::MAX], vec![]),
            (claims(Some(5), None), known(None, None), vec![5, i64::MAX], vec![4]),
            (claims(None, Some(10)), known(None, None), vec![0, 9], vec![10]),
            (claims(Some(5), Some(20)), known(ten, None), vec![5, 9], vec![4, 10]),
            (claims(Some(5), Some(20)), known(None, ten), vec![5, 9], vec![4, 10]),
        ] {
            let memory = Memory::default();
            memory.keep_token("token", &claims, &app);
            assert!(counts.iter().all(|ms| memory.token("token", at(*ms)).is_some()), "{claims:?}");
            assert!(does_not.iter().all(|ms| memory.token("token", at(*ms)).is_none()), "{claims:?}");
        }
    }

    #[test]
    fn an_app_is_known_until_its_secret_or_itself_is_out_of_time() {
        let memory = Memory::default();
        memory.keep_app(&known(None, Some(at(10))));
        assert!(memory.app("cs-1", at(9)).is_some());
        assert!(memory.app("cs-1", at(10)).is_none());
        assert!(memory.app("cs-2", at(9)).is_none());
        memory.keep_app(&known(Some(at(5)), None));
        assert!(memory.app("cs-1", at(4)).is_some());
        assert!(memory.app("cs-1", at(5)).is_none());
    }

    #[test]
    fn a_token_that_counts_once_is_not_kept() {
        let memory = Memory::default();
        let jti = Some(Jti { id: "one".to_owned(), forget_at: at(10) });
        memory.keep_token("token", &Claims { jti, ..claims(None, Some(10)) }, &known(None, None));
        assert!(memory.token("token", at(5)).is_none());
    }

    #[test]
    fn memory_is_bounded_however_many_and_however_long_the_tokens_are() {
        let memory = Memory::default();
        let app = known(None, None);
        for n in 0..20_000 {
            memory.keep_token(&format!("{n}.{}", "x".repeat(n % 16_000)), &claims(None, None), &app);
        }
        assert!(memory.tokens.weight() <= TOKENS_BYTES, "{}", memory.tokens.weight());
        assert!(memory.tokens.len() > 100, "{}", memory.tokens.len());
    }

    #[test]
    fn there_is_a_decoy_for_every_algorithm() {
        let memory = Memory::default();
        for algorithm in Algorithm::ALL {
            assert_eq!(memory.decoy(algorithm).map(Key::algorithm), Some(algorithm));
        }
    }
}
