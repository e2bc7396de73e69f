use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn signer() -> Signer {
    Signer::from_seed(&[7; 32]).expect("a key")
}

fn keys_of(signers: &[&Signer]) -> PublicKeys {
    let keys: Vec<Value> = signers.iter().map(|signer| signer.jwk()).collect();
    PublicKeys::parse(&json!({"keys": keys}).to_string()).expect("a set of keys")
}

fn receipt(number: i64, previous: Option<String>) -> Receipt {
    let at = Instant::from_ms(1_767_225_600_000);
    let chat = Store {
        store: "chat".to_owned(),
        outcome: Outcome::Erased,
        cause: String::new(),
        found: 7,
        erased: 5,
        masked: 2,
        quarantined: 0,
        rescan: Some(Rescan { at, found: 0 }),
        method: "clear".to_owned(),
        backups_expire_by: Some(at.plus_ms(35 * 86_400_000)),
    };
    let crm = Store {
        store: "crm".to_owned(),
        outcome: Outcome::Partial,
        cause: "quarantined".to_owned(),
        quarantined: 1,
        rescan: None,
        backups_expire_by: None,
        ..chat.clone()
    };
    Receipt {
        version: VERSION,
        request: "eud-1".to_owned(),
        account: "5bca33e75513765737ef9cae".to_owned(),
        number,
        previous,
        grounds: "consent withdrawn".to_owned(),
        requested_at: at,
        ended_at: at.plus_ms(420),
        plan_hash: "aa".to_owned(),
        data_map_hash: "bb".to_owned(),
        subjects: vec![Subject {
            subject: "cc".to_owned(),
            outcome: Outcome::Partial,
            cause: String::new(),
            stores: vec![chat, crm],
        }],
        quarantine: vec![Quarantined {
            store: "crm".to_owned(),
            collection: "contact".to_owned(),
            code: "23503".to_owned(),
            object: "invoice_contact_fk".to_owned(),
            rows: 1,
        }],
        warnings: vec!["crm: 1 row of contact would not go".to_owned()],
    }
}

/// A text signed as receipts are, with whatever header and payload.
fn signed(signer: &Signer, header: &Value, payload: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(header), part(payload));
    let signature = signer.sign_raw(text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn header(signer: &Signer) -> Value {
    json!({"alg": "EdDSA", "kid": signer.key_id(), "typ": "rolecall-receipt+jws"})
}

fn payload() -> Value {
    serde_json::to_value(receipt(1, None)).expect("JSON")
}

#[test]
fn a_receipt_is_these_bytes() {
    let jws = signer().sign(&receipt(1, None));
    insta::assert_snapshot!("jws", jws);
    let payload = URL_SAFE_NO_PAD.decode(jws.split('.').nth(1).expect("a payload")).expect("base64");
    insta::assert_snapshot!("payload", String::from_utf8(payload).expect("UTF-8"));
    insta::assert_snapshot!("jwk", signer().jwk().to_string());
    insta::assert_snapshot!("hash", hash(&jws));
}

#[test]
fn the_thumbprint_is_that_of_the_standard() {
    // RFC 8037, appendix A.3.
    let key = jws::jwk("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
    assert_eq!(key["kid"], "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn what_was_signed_verifies_and_is_what_it_was() {
    let jws = signer().sign(&receipt(1, None));
    let verified = verify(&format!("{jws}\n"), &keys_of(&[&signer()])).expect("it holds");
    assert_eq!(verified.receipt, receipt(1, None));
    assert_eq!((verified.key_id.as_str(), verified.hash), (signer().key_id(), hash(&jws)));
}

#[test]
fn an_older_key_still_verifies_and_a_strange_one_does_not() {
    let newer = Signer::from_seed(&[8; 32]).expect("a key");
    let jws = signer().sign(&receipt(1, None));
    assert!(verify(&jws, &keys_of(&[&newer, &signer()])).is_ok());
    assert_eq!(verify(&jws, &keys_of(&[&newer])), Err(Forged::UnknownKey));
}

#[test]
fn every_forgery_is_told() {
    let (ours, theirs) = (signer(), Signer::from_seed(&[9; 32]).expect("a key"));
    let keys = keys_of(&[&ours]);
    let jws = ours.sign(&receipt(1, None));
    let other = Err(Forged::OtherHeader { expected: "rolecall-receipt+jws" });

    let under_our_name = signed(&theirs, &header(&ours), &payload());
    assert_eq!(verify(&under_our_name, &keys), Err(Forged::BadSignature), "another key under our id");
    assert_eq!(verify(&signed(&theirs, &header(&theirs), &payload()), &keys), Err(Forged::UnknownKey));
    let swapped = jws.replacen(jws.split('.').next().expect("a header"), &encoded(&header(&theirs)), 1);
    assert_eq!(verify(&swapped, &keys), Err(Forged::UnknownKey), "another id on our signature");
    assert_eq!(verify(&swapped, &keys_of(&[&ours, &theirs])), Err(Forged::BadSignature));

    let mut better = payload();
    better["subjects"][0]["outcome"] = json!("erased");
    let altered = jws.replacen(jws.split('.').nth(1).expect("a payload"), &encoded(&better), 1);
    assert_eq!(verify(&altered, &keys), Err(Forged::BadSignature));

    for alg in ["none", "HS256", "ES256", "eddsa", "EdDSA "] {
        let mut header = header(&ours);
        header["alg"] = json!(alg);
        assert_eq!(verify(&signed(&ours, &header, &payload()), &keys), other, "{alg}");
    }
    let unsigned = format!("{}.{}.", encoded(&json!({"alg": "none"})), encoded(&payload()));
    assert_eq!(verify(&unsigned, &keys), other);
    // The public key as the secret of an HMAC: everybody knows it.
    let hs256 = format!(
        "{}.{}",
        encoded(&json!({"alg": "HS256", "kid": ours.key_id(), "typ": "rolecall-receipt+jws"})),
        encoded(&payload())
    );
    let public = URL_SAFE_NO_PAD.decode(ours.public_key()).expect("base64");
    let secret = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public);
    let tag = URL_SAFE_NO_PAD.encode(aws_lc_rs::hmac::sign(&secret, hs256.as_bytes()));
    assert_eq!(verify(&format!("{hs256}.{tag}"), &keys), other);

    for (name, value) in [
        ("typ", json!("JWT")),
        ("typ", json!("rolecall-callback+jws")),
        ("crit", json!(["b64"])),
        ("jwk", json!({})),
        ("kid", json!(7)),
    ] {
        let mut header = header(&ours);
        header[name] = value;
        assert_eq!(verify(&signed(&ours, &header, &payload()), &keys), other, "{name}");
    }
    for length in 0..jws.len() {
        assert!(verify(&jws[..length], &keys).is_err(), "cut to {length}");
    }
    for text in [format!("{jws}."), format!("{jws}.x"), format!("{jws}="), format!(".{jws}"), jws.replace('.', "..")] {
        assert!(verify(&text, &keys).is_err(), "{text}");
    }
}

#[test]
fn a_later_version_and_anything_else_we_signed_is_no_receipt() {
    let ours = signer();
    let mut later = payload();
    later["version"] = json!(2);
    for payload in [later, json!({}), json!("receipt")] {
        let jws = signed(&ours, &header(&ours), &payload);
        assert_eq!(verify(&jws, &keys_of(&[&ours])), Err(Forged::NotAReceipt), "{payload}");
    }
}

#[test]
fn a_key_set_gives_no_key_another_ones_id() {
    let (ours, theirs) = (signer(), Signer::from_seed(&[9; 32]).expect("a key"));
    let mut key = theirs.jwk();
    key["kid"] = json!(ours.key_id());
    let keys = PublicKeys::parse(&json!({"keys": [key]}).to_string()).expect("a set of keys");
    assert_eq!(verify(&signed(&theirs, &header(&ours), &payload()), &keys), Err(Forged::UnknownKey));
}

#[test]
fn what_is_no_key_set_is_told() {
    let ours = signer().jwk();
    let rsa = json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"});
    assert!(PublicKeys::parse(&json!({"keys": [rsa, ours]}).to_string()).is_ok(), "other kinds are passed over");
    for text in ["", "[]", "{}", r#"{"keys":[]}"#, r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"*"}]}"#] {
        assert!(PublicKeys::parse(text).is_err(), "{text}");
    }
}

#[test]
fn a_detached_signature_holds_for_its_body_only() {
    let (ours, body) = (signer(), br#"{"requestId":"eud-1"}"#);
    let keys = keys_of(&[&ours]);
    let signature = ours.sign_detached(body);
    assert_eq!(verify_detached(&signature, body, &keys), Ok(()));
    assert_eq!(verify_detached(&signature, b"{}", &keys), Err(Forged::BadSignature));
    let whole = signature.replace("..", &format!(".{}.", URL_SAFE_NO_PAD.encode(body)));
    assert_eq!(verify_detached(&whole, body, &keys), Err(Forged::NotSigned));
    assert!(verify(&whole, &keys).is_err(), "a call-back is no receipt");
}

/// Receipts 1 to `n`, each after the one before it.
fn chain(n: i64) -> Vec<Verified> {
    let (ours, mut previous, mut chain) = (signer(), None, Vec::new());
    for number in 1..=n {
        let jws = ours.sign(&receipt(number, previous.take()));
        previous = Some(hash(&jws));
        chain.push(verify(&jws, &keys_of(&[&ours])).expect("it holds"));
    }
    chain
}

#[test]
fn a_chain_holds_from_wherever_it_begins() {
    for from in 0..=4 {
        assert_eq!(verify_chain(&chain(4)[from..]), Ok(()));
    }
}

#[test]
fn a_missing_a_moved_an_exchanged_and_a_strange_receipt_break_the_chain() {
    let mut missing = chain(4);
    missing.remove(1);
    assert_eq!(verify_chain(&missing), Err(BrokenChain::Gap { index: 2, number: 3, expected: 2 }));
    let mut moved = chain(4);
    moved.swap(1, 2);
    assert_eq!(verify_chain(&moved), Err(BrokenChain::Gap { index: 2, number: 3, expected: 2 }));
    let mut twice = chain(2);
    twice.push(twice[1].clone());
    assert_eq!(verify_chain(&twice), Err(BrokenChain::Gap { index: 3, number: 2, expected: 3 }));
    let mut exchanged = chain(3);
    exchanged[1].hash = hash("another");
    assert_eq!(verify_chain(&exchanged), Err(BrokenChain::Exchanged { index: 3 }));
    let mut strange = chain(2);
    "5bca33e75513765737ef9caf".clone_into(&mut strange[1].receipt.account);
    assert_eq!(verify_chain(&strange), Err(BrokenChain::OtherAccount { index: 2 }));
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

proptest! {
    #[test]
    fn no_altered_byte_verifies(place in any::<prop::sample::Index>(), byte in 0x21_u8..0x7F) {
        let jws = signer().sign(&receipt(1, None));
        let mut bytes = jws.clone().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != byte);
        bytes[place] = byte;
        let altered = String::from_utf8(bytes).expect("ASCII");
        prop_assert!(verify(&altered, &keys_of(&[&signer()])).is_err());
    }

    #[test]
    fn any_text_is_told_without_a_panic(text in "[A-Za-z0-9_.=-]{0,200}|\\PC{0,60}") {
        prop_assert!(verify(&text, &keys_of(&[&signer()])).is_err());
    }
}
