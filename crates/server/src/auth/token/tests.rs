use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaKeyPair,
};
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::auth::key::sign_with_secret;

const SECRET: &[u8] = b"c2VjcmV0L29mK3RoZS9hcHA9PT09PT09PT09PT09PT0=";

/// 2026-01-31T00:00:00Z, in seconds as claims have it.
const NOW_S: i64 = 1_769_817_600;

fn now() -> Instant {
    Instant::from_ms(NOW_S * 1000)
}

fn key() -> Key {
    Key::from_secrets(Algorithm::Hs256, SECRET, None).expect("key")
}

/// A token of exactly these texts, rightly signed with [`SECRET`].
fn token_of(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    // By another library than the one that verifies.
    let secret = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &secret, jsonwebtoken::Algorithm::HS256);
    format!("{message}.{}", signature.expect("signature"))
}

fn token(claims: &Value) -> String {
    sign_with_secret(Algorithm::Hs256, SECRET, claims).expect("token")
}

fn verify(token: &str, key: &Key) -> Result<Claims, Refusal> {
    Unverified::parse(token)?.verify(key, now()).map(who)
}

/// Claims but for when they count.
fn who(claims: Claims) -> Claims {
    Claims { from: None, until: None, ..claims }
}

/// What the claims of a rightly signed token lead to; `appId` is added.
fn judged(mut claims: Value) -> Result<Claims, Refusal> {
    claims["appId"] = json!("cs-1");
    verify(&token(&claims), &key())
}

fn of_app(app_id: &str) -> Claims {
    Claims { app_id: app_id.to_owned(), jti: None, from: None, until: None }
}

fn public_pem(key: &impl AsDer<PublicKeyX509Der<'static>>) -> String {
    let body = STANDARD.encode(key.as_der().expect("DER").as_ref());
    format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----")
}

fn token_signed_by(algorithm: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}"}}"#));
    let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(r#"{"appId":"cs-1"}"#));
    let signature = sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn rsa_signature(pair: &RsaKeyPair, algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    let encoding = if algorithm == Algorithm::Rs512 { &RSA_PKCS1_SHA512 } else { &RSA_PKCS1_SHA256 };
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), message, &mut signature).expect("signature");
    signature
}

#[test]
fn tokens_of_all_six_algorithms_hold() {
    for algorithm in [Algorithm::Hs256, Algorithm::Hs512] {
        let token = sign_with_secret(algorithm, SECRET, &json!({"appId": "cs-1"})).expect("token");
        let key = Key::from_secrets(algorithm, SECRET, None).expect("key");
        assert_eq!(verify(&token, &key), Ok(of_app("cs-1")), "{algorithm}");
    }
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("key");
    for algorithm in [Algorithm::Rs256, Algorithm::Rs512] {
        let token = token_signed_by(algorithm.as_str(), |message| rsa_signature(&rsa, algorithm, message));
        let key = Key::from_public_pem(algorithm, &public_pem(rsa.public_key())).expect("key");
        assert_eq!(verify(&token, &key), Ok(of_app("cs-1")), "{algorithm}");
    }
    let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("key");
    let token = token_signed_by("ES256", |message| {
        p256.sign(&SystemRandom::new(), message).expect("signature").as_ref().to_vec()
    });
    let key = Key::from_public_pem(Algorithm::Es256, &public_pem(p256.public_key())).expect("key");
    assert_eq!(verify(&token, &key), Ok(of_app("cs-1")));

    let ed25519 = Ed25519KeyPair::generate().expect("key");
    let token = token_signed_by("EdDSA", |message| ed25519.sign(message).as_ref().to_vec());
    let key = Key::from_public_pem(Algorithm::EdDsa, &public_pem(ed25519.public_key())).expect("key");
    assert_eq!(verify(&token, &key), Ok(of_app("cs-1")));
}

#[test]
fn the_examples_of_rfc_7515_hold() {
    let at = Instant::from_ms(1_300_819_379_000);
    // Appendix A.1, whose header holds a line break.
    let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog\
                 Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    let secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    let key = Key::from_secrets(Algorithm::Hs256, &URL_SAFE_NO_PAD.decode(secret).expect("base64"), None);
    let unverified = Unverified::parse(token).expect("token");
    assert_eq!(unverified.verify(&key.expect("key"), at).map(who), Ok(of_app("joe")));
    // Appendix A.3.
    let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxl\
                 LmNvbS9pc19yb290Ijp0cnVlfQ.\
                 DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    let mut der = STANDARD.decode("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE").expect("base64");
    for coordinate in ["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"] {
        der.extend(URL_SAFE_NO_PAD.decode(coordinate).expect("base64"));
    }
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", STANDARD.encode(der));
    let key = Key::from_public_pem(Algorithm::Es256, &pem).expect("key");
    assert_eq!(Unverified::parse(token).expect("token").verify(&key, at).map(who), Ok(of_app("joe")));
}

#[test]
fn refusals_have_the_texts_and_codes_of_the_wire() {
    for (refusal, code, message) in [
        (Refusal::NotAToken, 4002, "Invalid JWT token"),
        (Refusal::Invalid, 4002, "Invalid SDK credentials"),
        (Refusal::Expired, 4002, "JWT token has expired"),
        (Refusal::NotYetActive, 4002, "JWT token is not active yet"),
        (Refusal::JtiRequired, 401, r#"error verifying the jwt: "jti" claim is required"#),
        (Refusal::JtiTooLong, 401, r#"error verifying the jwt: if "jti" claim "exp" must be <= 1 hour(s)"#),
        (Refusal::Replayed, 401, "error verifying the jwt: possibly a replay"),
    ] {
        assert_eq!((refusal.code(), refusal.message().to_string().as_str()), (code, message));
    }
}

#[test]
fn only_what_has_the_parts_of_a_token_is_called_one() {
    for text in ["", "JWTToken", ".", "a.b", "a.b.c.d", "a.b.c.d.e.f", "Bearer a.b"] {
        assert_eq!(Unverified::parse(text).expect_err(text), Refusal::NotAToken, "{text}");
    }
    let good = token(&json!({"appId": "cs-1"}));
    let (message, signature) = good.rsplit_once('.').expect("parts");
    let (header, claims) = message.split_once('.').expect("parts");
    for text in [
        "..".to_owned(),
        "....".to_owned(),
        "a.b.c".to_owned(),
        format!("{header}.{claims}."),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!(" {good}"),
        format!("{good}\n"),
        format!("{good}="),
        format!("{header}.{claims}==.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}.{}", STANDARD.encode([0xff; 32])),
        format!("{header}.{}.{signature}", URL_SAFE_NO_PAD.encode("[]")),
        format!("{}.{claims}.{signature}", URL_SAFE_NO_PAD.encode("\"HS256\"")),
        format!("{}.{claims}.{signature}", URL_SAFE_NO_PAD.encode(b"{\"alg\":\"HS256\",\"kid\":\"\xff\"}")),
        format!("{}.{claims}.{signature}", URL_SAFE_NO_PAD.encode("{\"alg\":\"HS256\"} {}")),
    ] {
        assert_eq!(verify(&text, &key()), Err(Refusal::Invalid), "{text}");
    }
    // The same bytes as `good`'s signature, but for the bits of its last character that are no byte's.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = good.chars().next_back().and_then(|last| alphabet.find(last)).expect("base64url");
    let loose = alphabet.chars().nth(last + 1).expect("the lowest bit is free");
    assert_eq!(verify(&format!("{}{loose}", &good[..good.len() - 1]), &key()), Err(Refusal::Invalid));
}

#[test]
fn digits_after_the_signature_and_signatures_of_any_other_length_are_bad() {
    let good = token(&json!({"appId": "cs-1"}));
    for digits in ["0", "7", "10", "42", "100", "999", "1000", "9999"] {
        assert_eq!(verify(&format!("{good}{digits}"), &key()), Err(Refusal::Invalid), "{digits}");
    }
    let (message, _) = good.rsplit_once('.').expect("parts");
    for length in 0..=100 {
        let cut = format!("{message}.{}", "A".repeat(length));
        assert_eq!(verify(&cut, &key()), Err(Refusal::Invalid), "{length}");
        let shorter = &good[..good.len() - 1 - length % 43];
        assert_eq!(verify(shorter, &key()), Err(Refusal::Invalid), "{length}");
    }
}

#[test]
fn a_token_is_looked_at_only_up_to_its_bound() {
    let padded = |bytes: usize| token(&json!({"appId": "cs-1", "x": "x".repeat(bytes)}));
    let longest = (12_100..12_300).rev().map(padded).find(|token| token.len() <= MAX_BYTES).expect("token");
    assert!(longest.len() > MAX_BYTES - 4);
    assert_eq!(verify(&longest, &key()), Ok(of_app("cs-1")));
    assert_eq!(verify(&padded(MAX_BYTES), &key()), Err(Refusal::Invalid));
    for huge in ["x".repeat(1 << 20), ".".repeat(1 << 20), padded(1 << 20)] {
        assert_eq!(Unverified::parse(&huge).expect_err("huge"), Refusal::Invalid);
    }
}

#[test]
fn the_header_chooses_neither_algorithm_nor_meaning() {
    let claims = r#"{"appId":"cs-1"}"#;
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None"}"#,
        r#"{"alg":"nOnE"}"#,
        r#"{"alg":"NONE"}"#,
        r#"{"alg":""}"#,
        r#"{"alg":"hs256"}"#,
        r#"{"alg":"HS256 "}"#,
        r#"{"alg":"HS384"}"#,
        r#"{"alg":"HS512"}"#,
        r#"{"alg":"RS256"}"#,
        r#"{"alg":"ES256"}"#,
        r#"{"alg":"EdDSA"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":null}"#,
        "{}",
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","\u0061lg":"HS256"}"#,
        r#"{"alg":"HS256","crit":["exp"],"exp":1}"#,
        r#"{"alg":"HS256","crit":["http://example.com/new"]}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"HS256","zip":"DEF"}"#,
        r#"{"alg":"HS256","b64":false,"crit":["b64"]}"#,
        r#"{"alg":"HS256","b64":false}"#,
        r#"{"alg":"HS256","typ":"dpop+jwt"}"#,
        r#"{"alg":"HS256","typ":7}"#,
        r#"{"alg":"HS256","typ":null}"#,
    ] {
        let signed = token_of(header, claims);
        assert_eq!(verify(&signed, &key()), Err(Refusal::Invalid), "{header}");
        let (unsigned, _) = signed.rsplit_once('.').expect("parts");
        assert_eq!(verify(&format!("{unsigned}."), &key()), Err(Refusal::Invalid), "{header}");
    }
}

#[test]
fn what_the_header_says_of_keys_is_ignored() {
    let claims = r#"{"appId":"cs-1"}"#;
    let long_kid = format!(r#"{{"alg":"HS256","kid":"{}"}}"#, "k".repeat(10_000));
    for header in [
        r#"{"alg":"HS256","typ":"jwt","kid":"../../dev/null"}"#,
        r#"{"alg":"HS256","kid":"' UNION SELECT 'x"}"#,
        r#"{"alg":"HS256","kid":7,"x5c":[],"x5u":"file:///etc/passwd"}"#,
        r#"{"alg":"HS256","jku":"http://169.254.169.254/","jwk":{"kty":"oct","k":"AAAA"}}"#,
        long_kid.as_str(),
    ] {
        assert_eq!(verify(&token_of(header, claims), &key()), Ok(of_app("cs-1")), "{header}");
    }
    // Signed with the key it brings along.
    let other = Key::from_secrets(Algorithm::Hs256, b"AAAA", None).expect("key");
    let header = r#"{"alg":"HS256","jwk":{"kty":"oct","k":"c2VjcmV0"}}"#;
    assert_eq!(verify(&token_of(header, claims), &other), Err(Refusal::Invalid));
}

#[test]
fn a_public_key_is_no_secret_and_another_hash_is_another_algorithm() {
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).expect("key");
    let pem = public_pem(rsa.public_key());
    let der: PublicKeyX509Der<'_> = rsa.public_key().as_der().expect("DER");
    let key = Key::from_public_pem(Algorithm::Rs256, &pem).expect("key");
    for secret in [pem.as_bytes(), pem.trim().as_bytes(), der.as_ref(), rsa.public_key().as_ref()] {
        for algorithm in [Algorithm::Hs256, Algorithm::Hs512] {
            let token = sign_with_secret(algorithm, secret, &json!({"appId": "cs-1"})).expect("token");
            assert_eq!(verify(&token, &key), Err(Refusal::Invalid));
        }
    }
    let sha512 = token_signed_by("RS512", |message| rsa_signature(&rsa, Algorithm::Rs512, message));
    assert_eq!(verify(&sha512, &key), Err(Refusal::Invalid));
    // The header says RS256, the signature is made with the other hash.
    let mixed = token_signed_by("RS256", |message| rsa_signature(&rsa, Algorithm::Rs512, message));
    assert_eq!(verify(&mixed, &key), Err(Refusal::Invalid));

    let token = sign_with_secret(Algorithm::Hs512, SECRET, &json!({"appId": "cs-1"})).expect("token");
    assert_eq!(verify(&token, &self::key()), Err(Refusal::Invalid));
}

#[test]
fn an_ecdsa_signature_of_zeros_or_in_another_form_is_bad() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("key");
    let key = Key::from_public_pem(Algorithm::Es256, &public_pem(pair.public_key())).expect("key");
    for zeros in [0, 32, 64, 96] {
        let token = token_signed_by("ES256", |_| vec![0; zeros]);
        assert_eq!(verify(&token, &key), Err(Refusal::Invalid), "{zeros}");
    }
    let der = token_signed_by("ES256", |message| {
        pair.sign(&SystemRandom::new(), message).expect("signature").as_ref().to_vec()
    });
    assert_eq!(verify(&der, &key), Err(Refusal::Invalid));
}

#[test]
fn the_app_is_named_by_the_first_of_three_claims() {
    for (claims, app_id) in [
        (r#"{"appId":"cs-1","iss":"cs-2","kore_iss":"cs-3"}"#, Ok("cs-1")),
        (r#"{"kore_iss":"cs-3","iss":"cs-2"}"#, Ok("cs-2")),
        (r#"{"kore_iss":"cs-3","sub":"1234567890"}"#, Ok("cs-3")),
        (r#"{"appId":null,"iss":"cs-2"}"#, Err(Refusal::Invalid)),
        (r#"{"appId":["cs-1"],"iss":"cs-2"}"#, Err(Refusal::Invalid)),
        (r#"{"iss":7,"kore_iss":"cs-3"}"#, Err(Refusal::Invalid)),
        (r#"{"appid":"cs-1","clientId":"cs-1"}"#, Err(Refusal::Invalid)),
        (r#"{"appId":"cs-1","appId":"cs-1"}"#, Err(Refusal::Invalid)),
        (r#"{"appId":"cs-1","app\u0049d":"cs-2"}"#, Err(Refusal::Invalid)),
        ("{}", Err(Refusal::Invalid)),
    ] {
        let token = token_of(r#"{"alg":"HS256"}"#, claims);
        let parsed = Unverified::parse(&token);
        assert_eq!(parsed.as_ref().map(Unverified::app_id).map_err(|refusal| *refusal), app_id, "{claims}");
    }
}

#[test]
fn times_count_with_a_minute_of_leeway() {
    for (claims, judgement) in [
        (json!({}), Ok(of_app("cs-1"))),
        (json!({"iat": NOW_S + 86_400}), Ok(of_app("cs-1"))),
        (json!({"exp": NOW_S - 59}), Ok(of_app("cs-1"))),
        (json!({"exp": NOW_S - 60}), Err(Refusal::Expired)),
        (json!({"exp": 0}), Err(Refusal::Expired)),
        (json!({"exp": 1_769_817_540.001}), Ok(of_app("cs-1"))),
        (json!({"exp": 1e300}), Ok(of_app("cs-1"))),
        (json!({"exp": u64::MAX}), Ok(of_app("cs-1"))),
        (json!({"nbf": NOW_S + 60}), Ok(of_app("cs-1"))),
        (json!({"nbf": NOW_S + 61}), Err(Refusal::NotYetActive)),
        (json!({"nbf": NOW_S + 61, "exp": NOW_S - 61}), Err(Refusal::Expired)),
    ] {
        assert_eq!(judged(claims.clone()), judgement, "{claims}");
    }
}

#[test]
fn a_claim_of_the_wrong_type_is_never_a_missing_one() {
    for name in ["exp", "nbf", "iat"] {
        for value in ["null", "true", "\"9999999999\"", "[]", "{}", "-1", "-0.5", "1e400", "NaN", "9999999999s"] {
            let token = token_of(r#"{"alg":"HS256"}"#, &format!(r#"{{"appId":"cs-1","{name}":{value}}}"#));
            assert_eq!(verify(&token, &key()), Err(Refusal::Invalid), "{name}: {value}");
        }
    }
    for claims in [json!({"jti": null}), json!({"jti": 7}), json!({"kore_jti": {}, "exp": NOW_S})] {
        assert_eq!(judged(claims.clone()), Err(Refusal::Invalid), "{claims}");
    }
}

#[test]
fn nothing_is_judged_before_the_signature_holds() {
    let other = Key::from_secrets(Algorithm::Hs256, b"another app's secret", None).expect("key");
    for claims in [json!({"exp": 0}), json!({"nbf": 1e300}), json!({"jti": "1"}), json!({"exp": "soon"})] {
        let mut claims = claims;
        claims["appId"] = json!("cs-1");
        assert_eq!(verify(&token(&claims), &other), Err(Refusal::Invalid), "{claims}");
    }
}

#[test]
fn a_one_time_token_lives_at_most_an_hour() {
    let hour = NOW_S + 3600;
    for (claims, judgement) in [
        (json!({"jti": "1", "exp": hour}), Ok(hour)),
        (json!({"jti": "1", "exp": hour + 60}), Ok(hour + 60)),
        (json!({"jti": "1", "exp": hour + 61}), Err(Refusal::JtiTooLong)),
        (json!({"jti": "1"}), Err(Refusal::JtiTooLong)),
        (json!({"jti": "1", "exp": NOW_S - 60}), Err(Refusal::Expired)),
        (json!({"kore_jti": "1", "exp": hour}), Ok(hour)),
        (json!({"jti": "1", "kore_jti": "2", "exp": hour}), Ok(hour)),
    ] {
        let jti = judged(claims.clone()).map(|claims| claims.required_jti().cloned());
        let expected = judgement.map(|expires_at_s| {
            Ok(Jti { id: "1".to_owned(), forget_at: Instant::from_ms((expires_at_s + 60) * 1000) })
        });
        assert_eq!(jti, expected, "{claims}");
    }
    let without = judged(json!({"exp": hour})).expect("valid for apps that do not want a jti");
    assert_eq!(without.required_jti(), Err(Refusal::JtiRequired));
}

#[test]
fn a_one_time_token_is_remembered_exactly_as_long_as_it_could_be_used_again() {
    let token = token(&json!({"appId": "cs-1", "jti": "1", "exp": NOW_S + 10}));
    let unverified = Unverified::parse(&token).expect("token");
    let jti = unverified.verify(&key(), now()).expect("claims").jti.expect("jti");
    assert!(unverified.verify(&key(), jti.forget_at.plus_ms(-1)).is_ok());
    assert_eq!(unverified.verify(&key(), jti.forget_at), Err(Refusal::Expired));
}

#[test]
fn while_a_secret_is_rotated_the_old_and_the_new_one_hold() {
    let rotated = Key::from_secrets(Algorithm::Hs256, b"the new secret", Some(SECRET)).expect("key");
    let claims = json!({"appId": "cs-1"});
    let new = sign_with_secret(Algorithm::Hs256, b"the new secret", &claims).expect("token");
    assert!(verify(&token(&claims), &rotated).is_ok());
    assert!(verify(&new, &rotated).is_ok());
    assert_eq!(verify(&new, &key()), Err(Refusal::Invalid));
    let stranger = sign_with_secret(Algorithm::Hs256, b"a third secret", &claims).expect("token");
    assert_eq!(verify(&stranger, &rotated), Err(Refusal::Invalid));
}

#[test]
fn a_token_without_a_usable_app_is_refused_whoever_signed_it() {
    for algorithm in Algorithm::ALL {
        let forged = token_signed_by(algorithm.as_str(), |_| vec![0; 64]);
        assert_eq!(Unverified::parse(&forged).expect("token").burn(), Refusal::Invalid);
    }
    let decoy_secret = sign_with_secret(Algorithm::Hs256, &[0; 44], &json!({"appId": "cs-1"})).expect("token");
    let unverified = Unverified::parse(&decoy_secret).expect("token");
    assert!(unverified.verify(&Key::decoy(Algorithm::Hs256), now()).is_ok(), "the decoy does the whole work");
    assert_eq!(unverified.burn(), Refusal::Invalid);
}

#[test]
fn a_token_is_shown_without_itself() {
    let token = token(&json!({"appId": "cs-1", "sub": "somebody"}));
    let shown = format!("{:?}", Unverified::parse(&token).expect("token"));
    assert_eq!(shown, r#"Unverified { app_id: "cs-1", .. }"#);
}

proptest! {
    #[test]
    fn any_text_is_judged_without_a_panic(text in "\\PC{0,200}") {
        let _ = verify(&text, &key());
    }

    #[test]
    fn any_three_parts_are_judged_without_a_panic(parts in proptest::array::uniform3(proptest::collection::vec(any::<u8>(), 0..60))) {
        let parts = parts.map(|part| URL_SAFE_NO_PAD.encode(part));
        prop_assert_eq!(verify(&parts.join("."), &key()), Err(Refusal::Invalid));
    }

    #[test]
    fn any_claims_are_judged_without_a_panic(claims in r#"\{"appId":"a","(exp|nbf|iat|jti)":[-"0-9.eE]{1,8}\}"#) {
        let _ = verify(&token_of(r#"{"alg":"HS256"}"#, &claims), &key());
    }

    #[test]
    fn one_other_character_anywhere_makes_a_token_bad(
        place in any::<proptest::sample::Index>(),
        other in "[A-Za-z0-9_.=+/ \u{e9}-]",
    ) {
        let good = token(&json!({"sub": "1234567890", "appId": "cs-1", "exp": NOW_S + 60}));
        prop_assert!(verify(&good, &key()).is_ok());
        let place = place.index(good.len());
        let changed = format!("{}{other}{}", &good[..place], &good[place + 1..]);
        prop_assert_eq!(verify(&changed, &key()).is_ok(), changed == good);
    }
}
