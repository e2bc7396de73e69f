use crate::rolecall::Place;

#[test]
fn an_unknown_or_wrong_setting_is_told_with_its_line() {
    let place = Place::new();
    for (name, text) in [
        ("config_unknown_key", "listn = \"127.0.0.1:0\"\n"),
        ("config_unknown_in_section", "database = \"sqlite:a.db\"\n\n[log]\nformat = \"json\"\nlevl = \"info\"\n"),
        ("config_unknown_section", "\n[logs]\nformat = \"json\"\n"),
        ("config_wrong_type", "[limits]\nrequest_seconds = \"long\"\n"),
        ("config_wrong_word", "[log]\nformat = \"xml\"\n"),
        ("config_wrong_profile", "[limits]\nprofile = 0\n"),
        ("config_wrong_level", "[log]\nlevel = \"loud=loud\"\n"),
        ("config_not_toml", "listen = = 3\n"),
        ("config_key_not_text", "key = 12345678\n"),
    ] {
        place.write("rolecall.toml", text);
        insta::assert_snapshot!(name, place.run(&["account", "list"]).shown(&[]));
    }
}

#[test]
fn a_file_counts_more_than_the_default_a_variable_more_than_the_file_and_a_flag_more_than_both() {
    let place = Place::new();
    place.write("other.toml", "database = \"sqlite:file.db\"\n");
    let list = ["account", "list", "--config", "other.toml"];
    assert_eq!(place.run(&list).code, Some(0));
    assert!(place.path("file.db").exists());
    assert_eq!(place.run_in(&list, &[("ROLECALL_DATABASE", "sqlite:variable.db")]).code, Some(0));
    assert!(place.path("variable.db").exists());
    let flag = [&list[..], &["--database", "sqlite:flag.db"]].concat();
    assert_eq!(place.run_in(&flag, &[("ROLECALL_DATABASE", "sqlite:no/variable.db")]).code, Some(0));
    assert!(place.path("flag.db").exists());
    let variables = [("ROLECALL_CONFIG", "other.toml"), ("ROLECALL_LOG_LEVEL", "error")];
    assert_eq!(place.run_in(&["account", "list"], &variables).code, Some(0));
    assert!(!place.path("rolecall.db").exists());
}

#[test]
fn a_named_file_that_is_not_there_and_a_wrong_variable_are_told() {
    let place = Place::new();
    insta::assert_snapshot!("config_no_file", place.run(&["account", "list", "--config", "no.toml"]).shown(&[]));
    let wrong = place.run_in(&["account", "list"], &[("ROLECALL_LIMITS_PROFILE", "fast")]);
    insta::assert_snapshot!("config_wrong_variable", wrong.shown(&[]));
    let key = place.run_in(&["account", "list"], &[("ROLECALL_KEY", "env:VAULT")]);
    insta::assert_snapshot!("config_no_secret", key.shown(&[]));
}

#[test]
fn a_variable_that_is_nearly_one_is_warned_of_and_strangers_are_let_be() {
    let place = Place::new();
    let variables = [("ROLECALL_LISTN", "127.0.0.1:0"), ("ROLECALL_PORT_8080_TCP", "tcp://10.0.0.1:8080")];
    let done = place.run_in(&["account", "list"], &variables);
    assert_eq!(done.code, Some(0));
    assert!(done.stderr.contains("the variable ROLECALL_LISTN is not known: did you mean ROLECALL_LISTEN?"));
    assert_eq!(done.stderr.lines().count(), 1, "{}", done.stderr);
}
