//! What passkeys say, read and judged.

use ciborium::Value as Cbor;
use rolecall_control::webauthn::{Algorithm, Refused, Site, asserted, challenge, registered};
use rolecall_testkit::Authenticator;
use serde_json::json;

const CHALLENGE: &str = "cXVlc3Rpb24";

fn site() -> Site {
    Site { origin: "https://rolecall.example".to_owned(), rp_id: "rolecall.example".to_owned() }
}

fn authenticator(algorithm: &str) -> Authenticator {
    Authenticator::new(algorithm, "https://rolecall.example")
}

/// What becomes of a registration with these bytes of the authenticator.
fn registered_with(data: &[u8]) -> Result<Algorithm, Refused> {
    let own = authenticator("ES256");
    let client_data = own.client_data("webauthn.create", &json!(CHALLENGE));
    registered(&client_data, &own.attestation(data), CHALLENGE, &site()).map(|key| key.algorithm)
}

#[test]
fn a_key_of_each_kind_is_registered() {
    for (word, algorithm) in [("ES256", Algorithm::Es256), ("EdDSA", Algorithm::EdDsa), ("RS256", Algorithm::Rs256)] {
        let own = authenticator(word);
        assert_eq!(registered_with(&own.data(Some(&own.public_key()))), Ok(algorithm));
        assert_eq!(Algorithm::parse(word), Some(algorithm));
    }
}

#[test]
fn what_the_page_was_asked_must_be_what_we_asked() {
    let own = authenticator("ES256");
    let attestation = own.attestation(&own.data(Some(&own.public_key())));
    let good = json!({"type": "webauthn.create", "challenge": CHALLENGE, "origin": "https://rolecall.example"});
    let with = |name: &str, value: serde_json::Value| {
        let mut data = good.clone();
        data[name] = value;
        registered(data.to_string().as_bytes(), &attestation, CHALLENGE, &site()).map(|_| ())
    };
    assert_eq!(with("crossOrigin", json!(false)), Ok(()));
    for (name, value, refused) in [
        ("type", json!("webauthn.get"), Refused::Kind),
        ("type", json!(7), Refused::Kind),
        ("challenge", json!("another"), Refused::Challenge),
        ("challenge", json!(""), Refused::Challenge),
        ("origin", json!("https://rolecall.example/"), Refused::Origin),
        ("origin", json!("http://rolecall.example"), Refused::Origin),
        ("origin", json!("https://a.rolecall.example"), Refused::Origin),
        ("crossOrigin", json!(true), Refused::Origin),
        ("crossOrigin", json!("false"), Refused::Origin),
        ("topOrigin", json!("https://evil.example"), Refused::Origin),
    ] {
        assert_eq!(with(name, value.clone()), Err(refused), "{name}: {value}");
    }
    for bytes in [Vec::new(), b"[]".to_vec(), b"{}".to_vec(), vec![0xff], vec![b' '; 20_000]] {
        assert!(registered(&bytes, &attestation, CHALLENGE, &site()).is_err());
    }
    assert_eq!(challenge(good.to_string().as_bytes()).as_deref(), Some(CHALLENGE));
    assert_eq!(challenge(b"{\"challenge\":1}"), None);
}

#[test]
fn what_the_authenticator_says_is_read_to_its_last_byte() {
    let own = authenticator("ES256");
    let good = own.data(Some(&own.public_key()));
    assert!(registered_with(&good).is_ok());
    for length in 0..good.len() {
        assert!(registered_with(&good[..length]).is_err(), "{length} bytes");
    }
    assert_eq!(registered_with(&[&good[..], &[0]].concat()), Err(Refused::Unreadable));
    let mut with_extensions = good.clone();
    with_extensions[32] |= 0x80;
    assert_eq!(registered_with(&with_extensions), Err(Refused::Unreadable), "it says that something follows");
    with_extensions.push(0xa0);
    assert!(registered_with(&with_extensions).is_ok());
    assert_eq!(registered_with(&own.data(None)), Err(Refused::Unreadable), "without a key");
}

#[test]
fn keys_that_are_none_or_of_another_kind_are_refused() {
    let own = authenticator("ES256");
    let Cbor::Map(pairs) = own.public_key() else { panic!("a map") };
    let with = |label: i64, value: Cbor| {
        let mut pairs = pairs.clone();
        pairs.retain(|(own, _)| *own != label.into());
        pairs.push((label.into(), value));
        registered_with(&own.data(Some(&Cbor::Map(pairs))))
    };
    for (label, value) in [
        (1, 3.into()),
        (3, (-8).into()),
        (3, (-35).into()),
        (3, "ES256".into()),
        (-1, 2.into()),
        (-2, Cbor::Bytes(vec![0; 32])),
        (-2, Cbor::Bytes(vec![1; 31])),
        (-3, Cbor::Null),
    ] {
        assert_eq!(with(label, value.clone()), Err(Refused::Key), "{label}: {value:?}");
    }
    let twice = Cbor::Map([pairs.clone(), vec![(3.into(), (-7).into())]].concat());
    assert_eq!(registered_with(&own.data(Some(&twice))), Err(Refused::Key), "an algorithm twice");
    let rsa = authenticator("RS256");
    let Cbor::Map(mut pairs) = rsa.public_key() else { panic!("a map") };
    for (label, value) in &mut pairs {
        if *label == (-1).into() {
            *value = Cbor::Bytes(vec![0xff; 128]);
        }
    }
    assert_eq!(registered_with(&rsa.data(Some(&Cbor::Map(pairs)))), Err(Refused::Key), "1,024 bits");
}

#[test]
fn deep_or_long_answers_are_refused_before_they_cost_anything() {
    let client_data = authenticator("ES256").client_data("webauthn.create", &json!(CHALLENGE));
    let attested = |bytes: &[u8]| registered(&client_data, bytes, CHALLENGE, &site()).map(|_| ());
    // Arrays in arrays; a text that says to have four gigabytes; a map that says to have as many members.
    for bytes in
        [vec![0x81; 10_000], vec![0x7a, 0xff, 0xff, 0xff, 0xff], vec![0xba, 0xff, 0xff, 0xff, 0xff], vec![0; 20_000]]
    {
        assert_eq!(attested(&bytes), Err(Refused::Unreadable));
    }
}

#[test]
fn a_signature_holds_for_what_was_signed_and_nothing_else() {
    let own = authenticator("ES256");
    let client_data = own.client_data("webauthn.create", &json!(CHALLENGE));
    let attestation = own.attestation(&own.data(Some(&own.public_key())));
    let key = registered(&client_data, &attestation, CHALLENGE, &site()).expect("a key");
    let mut own = own;
    let answer = own.answer(&json!({"challenge": CHALLENGE}));
    let bytes = |name: &str| {
        use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.decode(answer[name].as_str().expect("a text")).expect("base64url")
    };
    let (said, data, signature) = (bytes("clientData"), bytes("data"), bytes("signature"));
    let public = (key.algorithm, key.public_key.as_slice());
    assert_eq!(asserted(&said, &data, &signature, public, CHALLENGE, &site()), Ok(1));
    for place in 33..data.len() {
        let mut bent = data.clone();
        bent[place] ^= 1;
        assert_eq!(asserted(&said, &bent, &signature, public, CHALLENGE, &site()), Err(Refused::Signature), "{place}");
    }
    for place in 0..signature.len() {
        let mut bent = signature.clone();
        bent[place] ^= 1;
        assert_eq!(asserted(&said, &data, &bent, public, CHALLENGE, &site()), Err(Refused::Signature), "{place}");
    }
    let spaced = [&said[..], b" "].concat();
    assert_eq!(asserted(&spaced, &data, &signature, public, CHALLENGE, &site()), Err(Refused::Signature));
    for wrong in [(Algorithm::EdDsa, public.1), (Algorithm::Rs256, public.1), (Algorithm::Es256, &[][..])] {
        assert_eq!(asserted(&said, &data, &signature, wrong, CHALLENGE, &site()), Err(Refused::Signature));
    }
}
