use rolecall_store::migrations;

use crate::rolecall::Place;

fn version() -> String {
    format!("version {}", migrations::VERSION)
}

#[test]
fn a_sound_database_is_told_to_be_one() {
    let place = Place::new();
    place.account();
    place.json(&["app", "create", "--name", "Deploy", "--all-scopes"]);
    insta::assert_snapshot!("doctor", place.run(&["doctor"]).shown(&[(&version(), "VERSION")]));
    let told = place.json(&["doctor"]);
    assert_eq!(told["ok"], true);
    assert!(told["findings"].as_array().is_some_and(|findings| findings.len() > 3), "{told}");
}

#[test]
fn a_key_that_does_not_fit_is_found_with_the_way_to_mend_it() {
    let place = Place::new();
    let account = place.account();
    let app = place.json(&["app", "create", "--name", "Deploy", "--all-scopes"]);
    let app = app["clientId"].as_str().expect("an id");
    let key = place.run(&["key", "generate"]).stdout;
    let done = place.run(&["doctor", "--key", key.trim()]);
    insta::assert_snapshot!(
        "doctor_wrong_key",
        done.shown(&[(&account, "ACCOUNT"), (app, "APP"), (&version(), "VERSION")])
    );
}

#[test]
fn looking_changes_nothing() {
    let place = Place::new();
    insta::assert_snapshot!("doctor_nothing_there", place.run(&["doctor"]).shown(&[]));
    assert!(!place.path("rolecall.db").exists());
    place.account();
    std::fs::remove_file(place.path("rolecall.db.key")).expect("it can be removed");
    assert_eq!(place.run(&["doctor"]).code, Some(0));
    assert!(!place.path("rolecall.db.key").exists());
}
