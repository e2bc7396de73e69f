use std::os::unix::fs::PermissionsExt as _;

use rolecall_store::migrations;
use rolecall_testkit::{Engine, TestDb};

use crate::rolecall::Place;

#[test]
fn an_account_an_app_and_a_token_are_made_and_shown() {
    let place = Place::new();
    let made = place.json(&["account", "create", "--name", "Acme", "--owner", "owner@acme.example"]);
    assert_eq!(made["owner"]["emailId"], "owner@acme.example");
    let account = made["accountId"].as_str().expect("an id");
    let org = made["orgId"].as_str().expect("an id");
    let words = [(account, "ACCOUNT"), (org, "ORG")];
    insta::assert_snapshot!("account_list", place.run(&["account", "list"]).shown(&words));
    insta::assert_snapshot!("account_list_json", place.run(&["account", "list", "--output", "json"]).shown(&words));

    let app = place.json(&["app", "create", "--account", account, "--name", "Deploy", "--all-scopes"]);
    let id = app["clientId"].as_str().expect("an id");
    assert_eq!(app["clientSecret"].as_str().map(str::len), Some(44));
    insta::assert_snapshot!("app_list", place.run(&["app", "list"]).shown(&[(id, "APP")]));

    let token = place.run(&["token", "--app", id]);
    assert_eq!((token.code, token.stderr.as_str()), (Some(0), ""));
    let parts: Vec<&str> = token.stdout.trim_end().split('.').collect();
    assert_eq!(parts.len(), 3, "{}", token.stdout);
}

#[test]
fn whoever_is_to_sign_in_gets_a_link() {
    let place = Place::new();
    let made = place.json(&["account", "create", "--name", "Acme", "--owner", "owner@acme.example"]);
    let first = made["setUpUrl"].as_str().expect("a link");
    let (base, token) = first.split_once("/console/set-up/").expect("a link of the console");
    assert_eq!((base, token.len()), ("http://127.0.0.1:8080", 43));
    let next = place.json(&["account", "link", "--user", "OWNER@acme.example"]);
    assert_eq!(next["emailId"], "owner@acme.example");
    assert_ne!(next["setUpUrl"], made["setUpUrl"]);
    let unknown = place.run(&["account", "link", "--user", "nobody@acme.example"]);
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("no user of this account has this e-mail address"), "{}", unknown.stderr);
}

#[test]
fn an_app_is_rotated_disabled_enabled_and_deleted() {
    let place = Place::new();
    place.account();
    let app = place.json(&["app", "create", "--name", "Deploy", "--scope", "role_management:role_management"]);
    let id = app["clientId"].as_str().expect("an id");
    let rotated = place.json(&["app", "rotate", id, "--overlap", "1h"]);
    assert_eq!(rotated["clientId"], app["clientId"]);
    assert_ne!(rotated["clientSecret"], app["clientSecret"]);

    assert_eq!(place.json(&["app", "disable", id])["state"], "disabled");
    let refused = place.run(&["token", "--app", id]);
    insta::assert_snapshot!("token_of_a_disabled_app", refused.shown(&[]));
    assert_eq!(place.json(&["app", "enable", "--app", id])["state"], "enabled");
    assert_eq!(place.run(&["token", "--app", id]).code, Some(0));
    assert_eq!(place.json(&["app", "delete", id])["state"], "deleted");
    insta::assert_snapshot!("token_of_no_app", place.run(&["token", "--app", id]).shown(&[]));
}

#[test]
fn a_single_use_token_counts_for_an_hour_at_most() {
    let place = Place::new();
    place.account();
    let app = place.json(&["app", "create", "--name", "Deploy", "--all-scopes", "--enforce-jti"]);
    let id = app["clientId"].as_str().expect("an id");
    insta::assert_snapshot!("token_too_long", place.run(&["token", "--app", id, "--ttl", "2h"]).shown(&[]));
    assert_eq!(place.run(&["token", "--app", id]).code, Some(0));
}

#[test]
fn an_app_with_a_key_pair_has_no_secret_to_sign_with() {
    let place = Place::new();
    place.account();
    place.write("key.pem", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n");
    let create = ["app", "create", "--name", "Deploy", "--algorithm", "EdDSA", "--public-key", "key.pem"];
    let app = place.json(&create);
    assert!(app["clientSecret"].is_null());
    let id = app["clientId"].as_str().expect("an id");
    insta::assert_snapshot!("token_of_a_key_pair", place.run(&["token", "--app", id]).shown(&[]));
    place.write("key.pem", "not a key");
    insta::assert_snapshot!("app_with_a_bad_key", place.run(&create).shown(&[]));
}

#[test]
fn wrong_usage_is_code_2_and_what_cannot_be_done_is_code_1_with_the_way_out() {
    let place = Place::new();
    insta::assert_snapshot!("no_account_yet", place.run(&["app", "list"]).shown(&[]));
    for arguments in [&["acount"][..], &["account"], &["token"], &["app", "create", "--scope", "x", "--name", "x"]] {
        let done = place.run(arguments);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{arguments:?}");
    }
    let bad = ["account", "create", "--name", "", "--owner", "nobody"];
    insta::assert_snapshot!("bad_account", place.run(&bad).shown(&[]));
    insta::assert_snapshot!("bad_account_json", place.run(&[&bad[..], &["--output", "json"]].concat()).shown(&[]));
    let unknown = ["app", "list", "--account", "5bca33e75513765737ef9cae"];
    insta::assert_snapshot!("unknown_account", place.run(&unknown).shown(&[]));
    place.account();
    place.account();
    insta::assert_snapshot!("which_account", place.run(&["app", "list"]).shown(&[]));
}

#[test]
fn the_sealing_key_is_made_once_beside_the_database_for_this_user_alone() {
    let place = Place::new();
    place.account();
    let path = place.path("rolecall.db.key");
    let mode = std::fs::metadata(&path).expect("the key is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let before = std::fs::read_to_string(&path).expect("it can be read");
    place.json(&["app", "create", "--name", "Deploy", "--all-scopes"]);
    assert_eq!(std::fs::read_to_string(&path).expect("it can be read"), before);
}

#[test]
fn a_wrong_or_lost_key_is_told_before_anything_is_done() {
    let place = Place::new();
    place.account();
    place.json(&["app", "create", "--name", "Deploy", "--all-scopes"]);
    let other = place.run(&["key", "generate"]).stdout;
    insta::assert_snapshot!("wrong_key", place.run(&["serve", "--key", other.trim()]).shown(&[]));
    std::fs::rename(place.path("rolecall.db.key"), place.path("safe")).expect("it can be moved");
    insta::assert_snapshot!("lost_key", place.run(&["account", "list"]).shown(&[]));
    assert!(!place.path("rolecall.db.key").exists(), "no new key may hide that the old one is gone");
    assert_eq!(place.run(&["account", "list", "--key", "file:safe"]).code, Some(0));
    let key = std::fs::read_to_string(place.path("safe")).expect("it can be read");
    let variables = [("ROLECALL_KEY", "env:VAULT"), ("VAULT", key.as_str())];
    assert_eq!(place.run_in(&["account", "list"], &variables).code, Some(0));
}

#[tokio::test]
async fn postgres_without_a_key_is_told_how_to_make_one() {
    let Some(TestDb { url, .. }) = TestDb::empty(Engine::Postgres).await else { return };
    let place = Place::new();
    let unmigrated = place.run(&["account", "list", "--database", &url]);
    let version = migrations::VERSION.to_string();
    insta::assert_snapshot!("postgres_unmigrated", unmigrated.shown(&[(&version, "VERSION")]));
    assert_eq!(place.json(&["migrate", "--database", &url])["from"], 0);
    insta::assert_snapshot!("postgres_without_key", place.run(&["account", "list", "--database", &url]).shown(&[]));
    let key = place.json(&["key", "generate"]);
    let key = key["key"].as_str().expect("a key");
    assert_eq!(place.run(&["account", "list", "--database", &url, "--key", key]).code, Some(0));
}

#[test]
fn a_database_is_migrated_once() {
    let place = Place::new();
    let first = place.json(&["migrate"]);
    assert_eq!(first["from"], 0);
    let second = place.json(&["migrate"]);
    assert_eq!(second["from"], first["to"]);
    assert_eq!(second["to"], first["to"]);
}

#[test]
fn databases_that_do_not_open_are_told_with_the_way_out() {
    let place = Place::new();
    place.write("text.db", "this is a text and no database, however long it may be: it is a text to its end\n");
    for (name, url) in [
        ("database_no_folder", "sqlite:no/such/folder/rolecall.db"),
        ("database_in_memory", "sqlite::memory:"),
        ("database_unknown_kind", "mysql://user:secret@host/name"),
        ("database_not_one", "sqlite:text.db"),
        ("database_unreachable", "postgres://user:secret@127.0.0.1:1/name"),
    ] {
        let done = place.run(&["account", "list", "--database", url]);
        assert!(!done.stderr.contains("secret"), "{}", done.stderr);
        insta::assert_snapshot!(name, done.shown(&[]));
    }
}

#[test]
fn completions_are_a_script() {
    let done = Place::new().run(&["completions", "bash"]);
    assert_eq!(done.code, Some(0));
    assert!(done.stdout.contains("complete -F _rolecall"), "{}", done.stdout);
}
