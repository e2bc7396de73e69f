use rolecall_erasure::stores;
use serde_json::Value;

use crate::rolecall::{Done, Place};

const SCHEMA: &str = "
CREATE TABLE person (id TEXT PRIMARY KEY, email TEXT);
CREATE UNIQUE INDEX person_by_email ON person (email);
CREATE TABLE note (id INTEGER PRIMARY KEY, person_id TEXT NOT NULL, text TEXT);
CREATE INDEX note_by_person ON note (person_id);
INSERT INTO person VALUES ('p1', 'ana@x.example'), ('p2', 'ben@x.example'), ('p3', 'cleo@x.example');
INSERT INTO note VALUES (1, 'p1', 'one'), (2, 'p1', 'two'), (3, 'p2', 'three');
";

const MAP: &str = "
stores:
  chat: {url: \"URL\", datasets: [chat]}
policy: {settle: 0s}
dataset:
  - fides_key: chat
    collections:
      - name: person
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: id, fides_meta: {primary_key: true, identity: user_id}}
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
      - name: note
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: person_id, fides_meta: {references: [{dataset: chat, field: person.id, direction: from}]}}
          - {name: text, data_categories: [user.content]}
";

/// A folder with an account, a chat store, and a data map that is not set yet.
fn place() -> Place {
    let place = Place::new();
    place.account();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(stores::sample(&place.path("chat.db"), SCHEMA.to_owned())).expect("a store");
    place.write("map.yaml", &MAP.replace("URL", "sqlite:chat.db"));
    place
}

/// The same with the map set.
fn mapped() -> Place {
    let place = place();
    let set = place.run(&["datamap", "set", "-f", "map.yaml"]);
    assert_eq!((set.code, set.stderr.as_str()), (Some(0), ""), "{}", set.stdout);
    place
}

/// What a command answered; its log lines have the time in them.
fn without_log(done: Done) -> Done {
    Done { stderr: String::new(), ..done }
}

/// What a command said, without what differs each time.
fn shown(done: &Done) -> String {
    let mut text = done.shown(&[]);
    for (from, length) in [("eud-", 36), ("plan  ", 64), ("hash ", 64), ("asked ", 24), ("due ", 24), ("ended ", 24)] {
        let parts: Vec<String> = text
            .split(from)
            .enumerate()
            .map(|(nth, part)| {
                let rest = part.get(length..).filter(|_| nth > 0);
                rest.map_or_else(|| part.to_owned(), |rest| format!("...{rest}"))
            })
            .collect();
        text = parts.join(from);
    }
    text
}

#[test]
fn a_data_map_is_set_shown_and_checked() {
    let place = place();
    insta::assert_snapshot!("datamap_none", place.run(&["datamap", "show"]).shown(&[]));
    insta::assert_snapshot!("datamap_set", shown(&place.run(&["datamap", "set", "-f", "map.yaml"])));
    assert_eq!(place.run(&["datamap", "show"]).stdout.trim(), MAP.replace("URL", "sqlite:chat.db").trim());
    insta::assert_snapshot!("datamap_check", place.run(&["datamap", "check"]).shown(&[]));
    assert_eq!(place.json(&["datamap", "check"])["ok"], true);
}

#[test]
fn a_map_that_would_make_an_erasure_untrue_is_not_set() {
    let place = place();
    place.write("map.yaml", &MAP.replace("URL", "sqlite:chat.db").replace("name: note", "name: notes"));
    let set = place.run(&["datamap", "set", "-f", "map.yaml"]);
    insta::assert_snapshot!("datamap_wrong", set.shown(&[]));
    assert_eq!(place.run(&["datamap", "show"]).code, Some(1), "nothing was set");
    let check = place.run(&["datamap", "check", "-f", "map.yaml", "--output", "json"]);
    assert_eq!((check.code, &check.json()["ok"]), (Some(1), &Value::from(false)));
    place.write("map.yaml", "stores: [");
    insta::assert_snapshot!("datamap_broken", place.run(&["datamap", "set", "-f", "map.yaml"]).shown(&[]));
}

#[test]
fn a_map_whose_store_is_away_is_set_with_a_warning_and_one_of_our_own_database_is_not() {
    let place = place();
    place.write("away.yaml", &MAP.replace("URL", "sqlite:away.db"));
    let set = place.run(&["datamap", "set", "-f", "away.yaml"]);
    assert_eq!(set.code, Some(0), "{}{}", set.stdout, set.stderr);
    assert!(set.stdout.contains("unreachable_store"), "{}", set.stdout);
    place.write("own.yaml", &MAP.replace("URL", "sqlite:rolecall.db"));
    insta::assert_snapshot!("datamap_own", place.run(&["datamap", "set", "-f", "own.yaml"]).shown(&[]));
    place.write("env.yaml", &MAP.replace("URL", "env:CHAT_URL"));
    insta::assert_snapshot!("datamap_env", place.run(&["datamap", "set", "-f", "env.yaml"]).shown(&[]));
    place.write("rolecall.toml", "[erasure]\nstores = [\"postgres://\"]\n");
    insta::assert_snapshot!("datamap_not_allowed", place.run(&["datamap", "set", "-f", "map.yaml"]).shown(&[]));
}

#[test]
fn a_canary_is_planted_and_erased() {
    let place = mapped();
    let flown = place.run(&["datamap", "check", "--canary"]);
    insta::assert_snapshot!("datamap_canary", shown(&without_log(flown)));
    let people = place.json(&["erase", "preview", "ana@x.example", "ben@x.example"]);
    assert_eq!(people["subjects"][0]["stores"][0]["collections"][0]["rows"], 1, "nobody else is gone");
}

#[test]
fn people_are_previewed_erased_and_their_receipt_checked() {
    let place = mapped();
    insta::assert_snapshot!(
        "erase_preview",
        shown(&place.run(&["erase", "preview", "ana@x.example", "nobody", "owner@acme.example"]))
    );
    let run = place.run(&["erase", "run", "--yes", "--grounds", "Consent withdrawn", "ana@x.example"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.lines().any(|line| line.ends_with("  done")), "each step is told: {}", run.stderr);
    let run = without_log(run);
    insta::assert_snapshot!("erase_run", shown(&run));
    let id = run.stdout.split_whitespace().next().expect("an id");
    assert_eq!(place.run(&["erase", "status", id]).stdout, run.stdout);
    assert_eq!(place.run(&["erase", "watch", id]).stdout, run.stdout);
    insta::assert_snapshot!("erase_cancel_late", shown(&place.run(&["erase", "cancel", id])));

    place.write("1.jws", &place.run(&["erase", "receipt", id]).stdout);
    let serving = place.start(&["serve", "--listen", "127.0.0.1:0"]);
    let jwks = format!("http://{}/.well-known/jwks.json", serving.address);
    let checked = place.json(&["receipt", "verify", "1.jws", "--jwks", &jwks]);
    assert_eq!(checked["receipts"][0]["receipt"]["subjects"][0]["outcome"], "erased");
}

#[test]
fn nobody_is_erased_without_being_asked_and_what_is_left_is_told_by_the_exit_code() {
    let place = mapped();
    insta::assert_snapshot!("erase_nobody_asks", place.run(&["erase", "run", "ana@x.example"]).shown(&[]));
    let refused = place.run(&["erase", "run", "--yes", "owner@acme.example"]);
    assert_eq!(refused.code, Some(1), "{}", refused.stdout);
    assert!(refused.stdout.contains("owner@acme.example  refused (account owner)"), "{}", refused.stdout);
    insta::assert_snapshot!("erase_unknown", place.run(&["erase", "status", "eud-1"]).shown(&[]));
    insta::assert_snapshot!("erase_whom", place.run(&["erase", "preview"]).shown(&[]));
}

#[test]
fn what_is_left_to_a_server_is_done_by_it() {
    let place = mapped();
    let left = place.json(&["erase", "run", "--yes", "--no-wait", "ben@x.example"]);
    let id = left["requestId"].as_str().expect("an id").to_owned();
    assert_eq!(place.json(&["erase", "status", &id])["state"], "pending");
    let _serving = place.start(&["serve", "--listen", "127.0.0.1:0"]);
    let watched = place.run(&["erase", "watch", &id]);
    assert_eq!(watched.code, Some(0), "{}{}", watched.stdout, watched.stderr);
    assert!(watched.stdout.contains("ben@x.example  erased"), "{}", watched.stdout);
}

#[test]
fn after_a_restore_those_the_ledger_knows_are_erased_again() {
    let place = mapped();
    std::fs::copy(place.path("chat.db"), place.path("backup.db")).expect("a backup");
    assert_eq!(place.run(&["erase", "run", "--yes", "ana@x.example", "p2"]).code, Some(0));
    let none = place.json(&["erase", "reapply", "--since", "2020-01-01"]);
    assert_eq!((&none["known"], &none["found"]), (&Value::from(2), &Value::from(0)));
    std::fs::copy(place.path("backup.db"), place.path("chat.db")).expect("a restore");
    let told = place.json(&["erase", "reapply", "--since", "2020-01-01", "--dry-run"]);
    assert_eq!(told["found"], 2);
    let again = place.run(&["erase", "reapply", "--since", "2020-01-01"]);
    assert_eq!(again.code, Some(0), "{}{}", again.stdout, again.stderr);
    let left = place.json(&["erase", "preview", "ana@x.example", "p2", "p3"]);
    let stores = |nth: usize| left["subjects"][nth]["stores"].as_array().map(Vec::len);
    assert_eq!((stores(0), stores(1), stores(2)), (Some(0), Some(0), Some(1)), "{left}");
}
