use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
};

use rolecall_erasure::receipt::{self, Receipt, Rescan, Signer, Store, Subject, VERSION};
use rolecall_model::{erasure::Outcome, time::Instant};
use serde_json::json;

use crate::rolecall::Place;

fn signer(seed: u8) -> Signer {
    Signer::from_seed(&[seed; 32]).expect("a key")
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
        backups_expire_by: None,
    };
    let subject = |outcome, stores| Subject { subject: "5e".repeat(32), outcome, cause: String::new(), stores };
    Receipt {
        version: VERSION,
        request: format!("eud-{number}"),
        account: "5bca33e75513765737ef9cae".to_owned(),
        number,
        previous,
        grounds: String::new(),
        requested_at: at,
        ended_at: at.plus_ms(420),
        plan_hash: "aa".to_owned(),
        data_map_hash: "bb".to_owned(),
        subjects: vec![subject(Outcome::Erased, vec![chat]), subject(Outcome::NotFound, Vec::new())],
        quarantine: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A folder with receipts 1 to 3, each after the one before it, and the key set.
fn place() -> Place {
    let place = Place::new();
    let mut previous = None;
    for number in 1..=3 {
        let jws = signer(7).sign(&receipt(number, previous.take()));
        previous = Some(receipt::hash(&jws));
        place.write(&format!("{number}.jws"), &format!("{jws}\n"));
    }
    place.write("jwks.json", &json!({"keys": [signer(7).jwk()]}).to_string());
    place.write("others.json", &json!({"keys": [signer(8).jwk()]}).to_string());
    place
}

const KEYS: [&str; 2] = ["--jwks", "jwks.json"];

#[test]
fn receipts_that_hold_say_what_they_say() {
    let place = place();
    let all = [&["receipt", "verify", "1.jws", "2.jws", "3.jws", "--chain"][..], &KEYS].concat();
    insta::assert_snapshot!("receipts_hold", place.run(&all).shown(&[]));
    let one = place.json(&[&["receipt", "verify", "2.jws"][..], &KEYS].concat());
    insta::assert_json_snapshot!("receipt_json", one);
}

#[test]
fn a_receipt_that_does_not_hold_is_told_and_the_exit_code_says_so() {
    let place = place();
    let text = std::fs::read_to_string(place.path("1.jws")).expect("it is there");
    place.write("altered.jws", &text.replacen('.', ".A", 1));
    place.write("letter.txt", "Dear customer");
    place.write("empty.jws", "");
    let verify = |files: &[&str], keys: &str| {
        place.run(&[&["receipt", "verify"][..], files, &["--jwks", keys]].concat()).shown(&[])
    };
    insta::assert_snapshot!("receipts_bad", verify(&["1.jws", "altered.jws", "letter.txt", "empty.jws"], "jwks.json"));
    insta::assert_snapshot!("receipt_other_key", verify(&["1.jws"], "others.json"));
    insta::assert_snapshot!("receipt_no_file", verify(&["4.jws"], "jwks.json"));
    insta::assert_snapshot!("receipt_no_keys", verify(&["1.jws"], "letter.txt"));
}

#[test]
fn a_missing_or_moved_receipt_breaks_the_chain() {
    let place = place();
    let chain = |files: &[&str]| place.run(&[&["receipt", "verify", "--chain"][..], files, &KEYS].concat()).shown(&[]);
    insta::assert_snapshot!("receipts_missing", chain(&["1.jws", "3.jws"]));
    insta::assert_snapshot!("receipts_moved", chain(&["2.jws", "1.jws"]));
}

#[test]
fn the_key_set_is_fetched_from_a_server() {
    let place = place();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("an address").to_string();
    let keys = std::fs::read_to_string(place.path("jwks.json")).expect("it is there");
    let answering = std::thread::spawn(move || {
        for status in ["200 OK", "404 Not Found"] {
            let (mut stream, _) = listener.accept().expect("somebody asks");
            let mut head = [0; 1_024];
            let n_bytes = stream.read(&mut head).expect("it asks");
            assert!(head[..n_bytes].starts_with(b"GET /jwks.json HTTP/1.1\r\n"));
            let length = keys.len();
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{keys}");
            stream.write_all(answer.as_bytes()).expect("it reads");
        }
    });
    let url = format!("http://{address}/jwks.json");
    let verify = ["receipt", "verify", "1.jws", "--jwks", &url];
    assert_eq!(place.run(&verify).code, Some(0));
    insta::assert_snapshot!("receipt_no_set", place.run(&verify).shown(&[(&address, "ADDRESS")]));
    answering.join().expect("it answered twice");
}

#[test]
fn a_renewed_key_signs_and_the_old_one_stays_in_the_set() {
    let place = Place::new();
    let first = place.json(&["key", "renew-receipts"]);
    let second = place.json(&["key", "renew-receipts"]);
    assert_ne!(first["keyId"], second["keyId"]);
    let done = place.run(&["key", "renew-receipts"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(done.stdout.starts_with("Receipts are signed with key "), "{}", done.stdout);
}
