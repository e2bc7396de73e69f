use crate::rolecall::Place;

#[test]
fn a_backup_taken_while_serving_is_the_account_again() {
    let place = Place::new();
    let account = place.account();
    place.json(&["app", "create", "--name", "Deploy", "--all-scopes"]);
    let serving = place.start(&["serve", "--listen", "127.0.0.1:0"]);
    let made = place.json(&["backup", "copy.db"]);
    assert!(made["bytes"].as_u64().is_some_and(|n_bytes| n_bytes > 0), "{made}");
    insta::assert_snapshot!("backup_is_there", place.run(&["backup", "copy.db"]).shown(&[]));
    insta::assert_snapshot!("restore_is_there", place.run(&["restore", "copy.db"]).shown(&[]));
    insta::assert_snapshot!("restore_in_use", place.run(&["restore", "copy.db", "--replace"]).shown(&[]));
    serving.terminate();
    assert_eq!(serving.end().0.code(), Some(0));

    place.json(&["account", "create", "--name", "Later", "--owner", "later@acme.example"]);
    insta::assert_snapshot!("restore", place.run(&["restore", "copy.db", "--replace"]).shown(&[]));
    let accounts = place.json(&["account", "list"]);
    assert_eq!(accounts["accounts"].as_array().map(Vec::len), Some(1));
    assert_eq!(accounts["accounts"][0]["accountId"], account);
    assert_eq!(place.run(&["doctor"]).code, Some(0));
    let aside =
        place.json(&["account", "list", "--database", "sqlite:rolecall.db.old", "--key", "file:rolecall.db.key"]);
    assert_eq!(aside["accounts"].as_array().map(Vec::len), Some(2));
}

#[test]
fn only_a_whole_database_with_its_key_is_restored() {
    let place = Place::new();
    place.account();
    place.json(&["app", "create", "--name", "Deploy", "--all-scopes"]);
    place.json(&["backup", "copy.db"]);
    let elsewhere = Place::new();
    std::fs::copy(place.path("copy.db"), elsewhere.path("copy.db")).expect("it can be copied");
    insta::assert_snapshot!("restore_without_key", elsewhere.run(&["restore", "copy.db"]).shown(&[]));
    assert!(!elsewhere.path("rolecall.db").exists() && !elsewhere.path("rolecall.db.key").exists());

    elsewhere.write("text.db", "not a database, but a text of some length, which nobody could take for one");
    insta::assert_snapshot!("restore_no_database", elsewhere.run(&["restore", "text.db"]).shown(&[]));
    let mut bytes = std::fs::read(place.path("copy.db")).expect("it is there");
    let n_bytes = bytes.len();
    bytes.get_mut(4_096..n_bytes / 2).expect("it has pages").fill(0x5a);
    std::fs::write(elsewhere.path("damaged.db"), bytes).expect("it can be written");
    let done = elsewhere.run(&["restore", "damaged.db"]);
    assert_eq!(done.code, Some(1), "{}", done.stdout);
    assert!(done.stderr.starts_with("error: damaged.db cannot be restored: "), "{}", done.stderr);
    assert!(!elsewhere.path("rolecall.db").exists());

    let key = std::fs::read_to_string(place.path("rolecall.db.key")).expect("it is there");
    assert_eq!(elsewhere.run(&["restore", "copy.db", "--key", key.trim()]).code, Some(0));
}

#[test]
fn postgres_is_told_of_its_own_tools() {
    let place = Place::new();
    let database = ["--database", "postgres://user:secret@127.0.0.1:1/name"];
    for (name, command) in [("backup_of_postgres", "backup"), ("restore_of_postgres", "restore")] {
        let done = place.run(&[&[command, "copy.db"], &database[..]].concat());
        insta::assert_snapshot!(name, done.shown(&[]));
    }
}
