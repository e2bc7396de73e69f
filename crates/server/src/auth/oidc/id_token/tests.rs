use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
    },
};
use serde_json::json;

use super::*;

const NOW_S: i64 = 1_767_603_600;

/// A provider with one key, called `one`.
fn provider() -> (EcdsaKeyPair, Keys) {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let keys = key_set(&json!([ec(&pair, "one")]));
    (pair, keys)
}

fn ec(pair: &EcdsaKeyPair, key_id: &str) -> Value {
    let public = pair.public_key().as_ref();
    let (x, y) = (URL_SAFE_NO_PAD.encode(&public[1..33]), URL_SAFE_NO_PAD.encode(&public[33..]));
    json!({"kty": "EC", "crv": "P-256", "kid": key_id, "use": "sig", "alg": "ES256", "x": x, "y": y})
}

fn key_set(keys: &Value) -> Keys {
    Keys::parse(json!({ "keys": keys }).to_string().as_bytes()).expect("keys")
}

fn claims() -> Value {
    json!({
        "iss": "https://id.example", "aud": "rolecall", "nonce": "n-1", "exp": NOW_S + 300, "iat": NOW_S,
        "sub": "4711", "email": "ann@acme.example", "email_verified": true,
    })
}

fn expected() -> Expected<'static> {
    Expected {
        issuer: "https://id.example",
        client_id: "rolecall",
        nonce: "n-1",
        again_since: None,
        now: Instant::from_ms(NOW_S * 1000),
    }
}

fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

fn signed(pair: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).expect("a signature");
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "one", "typ": "JWT"})
}

/// What becomes of a rightly signed token that says something else.
fn judged(name: &str, value: Value) -> Result<About, Refused> {
    let (pair, keys) = provider();
    let mut claims = claims();
    match value {
        Value::Null => drop(claims.as_object_mut().expect("claims").remove(name)),
        value => claims[name] = value,
    }
    verify(&signed(&pair, &header(), &claims), &keys, &expected())
}

#[test]
fn a_good_token_tells_of_a_verified_address() {
    let (pair, keys) = provider();
    let ann = || Ok(About { subject: "4711".to_owned(), email: "ann@acme.example".to_owned() });
    assert_eq!(verify(&signed(&pair, &header(), &claims()), &keys, &expected()), ann());
    let nameless = signed(&pair, &json!({"alg": "ES256"}), &claims());
    assert_eq!(verify(&nameless, &keys, &expected()), ann());
    assert_eq!(key_id(&signed(&pair, &header(), &claims())).as_deref(), Some("one"));
}

#[test]
fn a_claim_that_is_missing_or_wrong_or_of_another_type_refuses_the_token() {
    for (name, value, refused) in [
        ("iss", Value::Null, Refused::Issuer),
        ("iss", json!("https://id.example/"), Refused::Issuer),
        ("iss", json!("https://other.example"), Refused::Issuer),
        ("iss", json!(["https://id.example"]), Refused::Unreadable),
        ("aud", Value::Null, Refused::Audience),
        ("aud", json!("another"), Refused::Audience),
        ("aud", json!([]), Refused::Audience),
        ("aud", json!({"rolecall": true}), Refused::Audience),
        ("aud", json!(["rolecall", "another"]), Refused::Audience),
        ("azp", json!("another"), Refused::Audience),
        ("azp", json!(7), Refused::Unreadable),
        ("nonce", Value::Null, Refused::Nonce),
        ("nonce", json!("n-2"), Refused::Nonce),
        ("nonce", json!(1), Refused::Unreadable),
        ("exp", Value::Null, Refused::Time),
        ("exp", json!(NOW_S - 60), Refused::Time),
        ("exp", json!("never"), Refused::Unreadable),
        ("exp", json!(-1), Refused::Unreadable),
        ("iat", Value::Null, Refused::Time),
        ("iat", json!(NOW_S + 61), Refused::Time),
        ("iat", json!(NOW_S - 600), Refused::Time),
        ("nbf", json!(NOW_S + 61), Refused::Time),
        ("sub", Value::Null, Refused::Subject),
        ("sub", json!(""), Refused::Subject),
        ("sub", json!("4711\n"), Refused::Subject),
        ("sub", json!("é"), Refused::Subject),
        ("sub", json!("4".repeat(256)), Refused::Subject),
        ("sub", json!(4711), Refused::Unreadable),
        ("email", Value::Null, Refused::Unverified),
        ("email", json!(""), Refused::Unverified),
        ("email", json!(["ann@acme.example"]), Refused::Unreadable),
        ("email_verified", Value::Null, Refused::Unverified),
        ("email_verified", json!(false), Refused::Unverified),
        ("email_verified", json!("true"), Refused::Unverified),
        ("email_verified", json!(1), Refused::Unverified),
    ] {
        assert_eq!(judged(name, value.clone()), Err(refused), "{name}: {value}");
    }
    for (name, value) in [
        ("aud", json!(["rolecall"])),
        ("azp", json!("rolecall")),
        ("exp", json!(NOW_S - 59)),
        ("iat", json!(NOW_S + 60)),
        ("iat", json!(NOW_S - 599)),
    ] {
        assert!(judged(name, value.clone()).is_ok(), "{name}: {value}");
    }
}

#[test]
fn of_several_audiences_the_one_it_was_made_out_to_must_be_us() {
    let (pair, keys) = provider();
    for (party, is_taken) in [("rolecall", true), ("another", false)] {
        let mut claims = claims();
        claims["aud"] = json!(["another", "rolecall"]);
        claims["azp"] = json!(party);
        assert_eq!(verify(&signed(&pair, &header(), &claims), &keys, &expected()).is_ok(), is_taken);
    }
}

#[test]
fn whoever_was_to_be_asked_again_was() {
    let (pair, keys) = provider();
    let again = Expected { again_since: Some(Instant::from_ms(NOW_S * 1000)), ..expected() };
    for (at, taken) in [(json!(NOW_S), true), (json!(NOW_S - 61), false), (Value::Null, false)] {
        let mut claims = claims();
        if !at.is_null() {
            claims["auth_time"] = at.clone();
        }
        assert_eq!(verify(&signed(&pair, &header(), &claims), &keys, &again).is_ok(), taken, "{at}");
    }
}

#[test]
fn only_a_key_of_the_provider_signs_and_only_as_its_kind_does() {
    let (pair, keys) = provider();
    let (stranger, _) = provider();
    let verify = |token: &str| verify(token, &keys, &expected());
    assert_eq!(verify(&signed(&stranger, &header(), &claims())), Err(Refused::BadSignature));
    let public = pair.public_key().as_ref().to_vec();
    for (header, refused) in [
        (json!({"alg": "ES256", "kid": "two"}), Refused::UnknownKey),
        (json!({"alg": "RS256", "kid": "one"}), Refused::UnknownKey),
        (json!({"alg": "none", "kid": "one"}), Refused::UnknownKey),
        (json!({"alg": "nOnE"}), Refused::UnknownKey),
        (json!({"kid": "one"}), Refused::UnknownKey),
        (json!({"alg": 7}), Refused::Unreadable),
        (json!({"alg": "ES256", "kid": 1}), Refused::Unreadable),
        (json!({"alg": "ES256", "crit": ["x"]}), Refused::Unreadable),
        // A key that the token brings along, or says where to fetch, is nobody's.
        (
            json!({"alg": "ES256", "kid": "two", "jwk": ec(&stranger, "two"), "jku": "https://evil.example"}),
            Refused::UnknownKey,
        ),
    ] {
        assert_eq!(verify(&signed(&pair, &header, &claims())), Err(refused), "{header}");
    }
    // The public key taken for a secret.
    for alg in ["HS256", "HS512"] {
        let message = message(&json!({"alg": alg, "kid": "one"}), &claims());
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public);
        let tag = aws_lc_rs::hmac::sign(&key, message.as_bytes());
        assert_eq!(verify(&format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag))), Err(Refused::UnknownKey), "{alg}");
    }
    let good = signed(&pair, &header(), &claims());
    let (message, _) = good.rsplit_once('.').expect("three parts");
    for bent in ["", "a.b", &format!("{message}."), &format!("{good}."), &format!("{good}="), &good.repeat(99)] {
        assert!(verify(bent).is_err(), "{bent}");
    }
}

#[test]
fn keys_of_all_three_kinds_are_read_and_others_left_out() {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let ed25519 = Ed25519KeyPair::generate().expect("a key");
    let (pair, _) = provider();
    let public = rsa.public_key();
    let modulus = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
    let exponent = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
    let okp = URL_SAFE_NO_PAD.encode(ed25519.public_key().as_ref());
    let keys = key_set(&json!([
        {"kty": "RSA", "kid": "rsa", "n": modulus, "e": exponent},
        {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": okp},
        ec(&pair, "ec"),
        {"kty": "RSA", "kid": "sealing", "use": "enc", "n": modulus, "e": exponent},
        {"kty": "RSA", "kid": "bent", "alg": "ES256", "n": modulus, "e": exponent},
        {"kty": "RSA", "kid": "pss", "alg": "PS256", "n": modulus, "e": exponent},
        {"kty": "RSA", "kid": "short", "n": "AQAB", "e": exponent},
        {"kty": "oct", "kid": "secret", "k": "c2VjcmV0"},
        {"kty": "EC", "crv": "P-256", "kid": "off", "x": okp, "y": okp},
        "nonsense",
    ]));
    for (key_id, is_there) in [
        ("rsa", true),
        ("ed", true),
        ("ec", true),
        ("sealing", false),
        ("bent", false),
        ("pss", false),
        ("short", false),
        ("secret", false),
        ("off", false),
    ] {
        assert_eq!(keys.has(key_id), is_there, "{key_id}");
    }
    let by_rsa = message(&json!({"alg": "RS256", "kid": "rsa"}), &claims());
    let mut signature = vec![0; rsa.public_modulus_len()];
    rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), by_rsa.as_bytes(), &mut signature).expect("a signature");
    let by_ed = message(&json!({"alg": "EdDSA", "kid": "ed"}), &claims());
    for (message, signature) in [(&by_rsa, signature), (&by_ed, ed25519.sign(by_ed.as_bytes()).as_ref().to_vec())] {
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature));
        assert!(verify(&token, &keys, &expected()).is_ok(), "{message}");
    }
    for document in ["", "[]", "{}", r#"{"keys":7}"#] {
        assert!(Keys::parse(document.as_bytes()).is_none(), "{document}");
    }
}
