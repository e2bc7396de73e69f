//! Tokens: any text is read or refused, nothing that was not signed is believed, and of what was
//! signed only what the claims say.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rolecall_model::app::Algorithm;
use rolecall_model::json;
use rolecall_model::time::Instant;
use rolecall_server::auth::key::{Key, sign_with_secret};
use rolecall_server::auth::token::{MAX_BYTES, Unverified};

const SECRET: &[u8] = b"a secret that is long enough for anybody";

static KEYS: LazyLock<[Key; 2]> = LazyLock::new(|| {
    let key = |secret| Key::from_secrets(Algorithm::Hs256, secret, None).expect("a key");
    [key(SECRET), key(b"another")]
});

fuzz_target!(|text: &str| {
    let [key, other] = &*KEYS;
    // Any moment; the seeds' tokens are valid at it.
    let now = Instant::from_ms(1_800_000_000_000);

    if let Ok(token) = Unverified::parse(text) {
        assert!(token.verify(key, now).is_err(), "nobody signed this");
    }

    // The same text as claims that somebody did sign.
    let Ok(claims) = json::parse(text.as_bytes()) else { return };
    let signed = sign_with_secret(Algorithm::Hs256, SECRET, &claims).expect("HS256 takes a secret");
    let Ok(token) = Unverified::parse(&signed) else { return };
    assert!(signed.len() <= MAX_BYTES && claims.is_object());
    assert!(token.verify(other, now).is_err(), "another key signed this");
    if let Ok(verified) = token.verify(key, now) {
        let names = ["appId", "iss", "kore_iss"];
        assert!(names.iter().any(|name| claims[name] == verified.app_id), "the app is none that the claims name");
        if let Some(jti) = verified.jti {
            assert!(jti.forget_at > now, "a token that would be forgotten while it counts");
            assert!(token.verify(key, jti.forget_at).is_err(), "a token that counts when it is forgotten");
        }
    }
});
