use std::{
    io::BufRead as _,
    process::{Command, Output},
};

use crate::rolecall::{Place, Serving};

/// The lines the demo prints.
fn printed(serving: &mut Serving) -> Vec<String> {
    let lines = serving.stdout().lines().map(|line| line.expect("UTF-8"));
    lines.take_while(|line| line != "Ctrl-C ends it.").collect()
}

fn paste(line: &str) -> Output {
    Command::new("sh").args(["-c", line]).output().expect("a shell runs")
}

#[test]
fn every_line_the_demo_prints_can_be_pasted() {
    let place = Place::new();
    let mut serving = place.start(&["demo", "--listen", "127.0.0.1:0"]);
    let lines = printed(&mut serving);
    for word in ["address", "docs", "console", "sign in", "password", "account", "client", "secret", "token"] {
        assert!(lines.iter().any(|line| line.starts_with(word)), "{word} in {lines:?}");
    }
    let calls: Vec<&String> = lines
        .iter()
        .zip(lines.iter().skip(1))
        .filter(|(about, _)| about.starts_with("# "))
        .map(|(_, line)| line)
        .collect();
    assert_eq!(calls.len(), 12, "{lines:#?}");
    let mut answers = Vec::new();
    for line in calls {
        let done = paste(line);
        let (answer, trouble) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{line}: {trouble}{answer}");
        if line.starts_with("curl ") && !line.contains(" -o ") {
            let json: serde_json::Value = serde_json::from_str(&answer).expect(line);
            assert_eq!((json.get("errors"), json.get("title")), (None, None), "{line}: {answer}");
        }
        answers.push(answer.into_owned());
    }
    for word in [
        "Conversation Designer",
        "ingrid.solberg@aurora-air.example",
        "success",
        "Night Desk",
        r#"{"decision":"#,
        "next_token",
        "planHash",
        "Subjects: 1 erased.",
    ] {
        assert!(answers.iter().any(|answer| answer.contains(word)), "{word} in {answers:#?}");
    }
}

#[test]
fn the_demo_tells_programs_the_same_in_one_document_and_begins_afresh_in_its_folder() {
    let place = Place::new();
    place.write("rolecall.db", "somebody's own");
    let mut accounts = Vec::new();
    for _ in 0..2 {
        let demo = ["demo", "--listen", "127.0.0.1:0", "--dir", ".", "--output", "json"];
        let mut serving = place.start(&demo);
        let mut line = String::new();
        serving.stdout().read_line(&mut line).expect("it can be read");
        let told: serde_json::Value = serde_json::from_str(&line).expect("one document");
        assert_eq!(told["address"], format!("http://{}", serving.address));
        for key in ["clientId", "clientSecret", "token"] {
            assert!(told[key].is_string(), "{key} in {told}");
        }
        accounts.push(told["accountId"].clone());
        serving.terminate();
        assert_eq!(serving.end().0.code(), Some(0));
        let list = place.json(&["account", "list", "--database", "sqlite:demo.db"]);
        assert_eq!(list["accounts"].as_array().map(Vec::len), Some(1));
    }
    assert_ne!(accounts.first(), accounts.last());
    assert_eq!(std::fs::read_to_string(place.path("rolecall.db")).expect("it is there"), "somebody's own");
}

#[test]
fn a_demo_whose_port_is_taken_leaves_the_first_ones_data_alone() {
    let place = Place::new();
    let serving = place.start(&["demo", "--listen", "127.0.0.1:0", "--dir", "."]);
    let second = place.run(&["demo", "--listen", &serving.address, "--dir", "."]);
    assert_eq!(second.code, Some(1));
    assert_eq!(place.run(&["account", "list", "--database", "sqlite:demo.db"]).code, Some(0));
}

#[test]
fn an_import_is_reverted() {
    let place = Place::new();
    let mut serving = place.start(&["demo", "--listen", "127.0.0.1:0", "--dir", "."]);
    let import = printed(&mut serving).into_iter().rfind(|line| line.contains("roles/import")).expect("one imports");
    let done = paste(&format!("{import} --dump-header -"));
    let answer = String::from_utf8_lossy(&done.stdout);
    let id = answer.lines().find_map(|line| line.strip_prefix("x-import-id: ")).expect("an id of the import").trim();
    let roles = || place.run(&["export", "--database", "sqlite:demo.db"]).stdout;
    assert!(roles().contains("Night Desk"));

    let revert = |id: &str| place.run(&["roles", "revert", "--database", "sqlite:demo.db", "--import", id]);
    let done = revert(id);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert!(!roles().contains("Night Desk"));
    insta::assert_snapshot!("revert_twice", revert(id).shown(&[]).replace(|c: char| c.is_ascii_digit(), "0"));
    let reversal = done.stdout.split_whitespace().last().expect("the reversal's id");
    assert_eq!(revert(reversal).code, Some(0));
    assert!(roles().contains("Night Desk"));
    insta::assert_snapshot!("revert_unknown", revert("5bca33e75513765737ef9cae").shown(&[]));
}
