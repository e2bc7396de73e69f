//! The invariants of the house: who may import whom, and where SQL may stand.

#![expect(clippy::expect_used, reason = "what is missing here fails the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

/// What each room may import of the house, and what it must not import of the world. Whatever is
/// for tests only does not count.
const ROOMS: [(&str, &[&str], &[&str]); 6] = [
    ("rolecall-model", &[], &["axum", "http", "jsonwebtoken", "reqwest", "sqlx", "tokio", "tracing"]),
    ("rolecall-store", &["rolecall-model"], &["axum", "http", "jsonwebtoken", "reqwest"]),
    ("rolecall-roster", &["rolecall-model"], &["axum", "http", "jsonwebtoken", "reqwest", "sqlx", "tokio", "tracing"]),
    (
        "rolecall-control",
        &["rolecall-model", "rolecall-store", "rolecall-roster"],
        &["axum", "http", "jsonwebtoken", "reqwest", "sqlx"],
    ),
    ("rolecall-erasure", &["rolecall-model", "rolecall-store"], &["axum", "http", "reqwest"]),
    (
        "rolecall-server",
        &["rolecall-model", "rolecall-store", "rolecall-roster", "rolecall-control", "rolecall-erasure"],
        &["sqlx"],
    ),
];

#[test]
fn each_room_imports_only_what_it_may() {
    let imports = imports();
    let rooms: BTreeSet<&str> = ROOMS.iter().map(|(room, ..)| *room).chain(["rolecall-testkit"]).collect();
    assert_eq!(imports.keys().map(String::as_str).collect::<BTreeSet<_>>(), rooms, "a room is not in the table");
    for (room, may, never) in ROOMS {
        for import in &imports[room] {
            let is_ours = import.starts_with("rolecall-");
            assert!(!is_ours || may.contains(&import.as_str()), "{room} imports {import}, which it may not");
            assert!(!never.contains(&import.as_str()), "{room} imports {import}, which it must not");
        }
    }
}

/// The imports of each crate of the workspace that are not for tests only.
fn imports() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo answers with JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let name = |value: &Value| value["name"].as_str().expect("a name").to_owned();
    let imports = |package: &Value| {
        let dependencies = package["dependencies"].as_array().expect("dependencies");
        dependencies.iter().filter(|dependency| dependency["kind"].is_null()).map(name).collect()
    };
    packages.iter().map(|package| (name(package), imports(package))).collect()
}

#[test]
fn sql_stands_in_the_store_and_the_stores_of_an_erasure_and_nowhere_else() {
    let mut strays = Vec::new();
    for file in sources(&root().join("crates")) {
        let is_allowed =
            ["crates/store/", "crates/erasure/src/stores/", "crates/testkit/", "/benches/", "/tests/", "/tests.rs"]
                .iter()
                .any(|place| path_in_house(&file).contains(place));
        if is_allowed {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        for (number, line) in (1..).zip(text.lines()) {
            if ["SELECT ", "INSERT INTO", "DELETE FROM", "UPDATE SET", "CREATE TABLE", "PRAGMA "]
                .iter()
                .any(|word| line.contains(word))
            {
                strays.push(format!("{}:{number}", path_in_house(&file)));
            }
        }
    }
    assert!(strays.is_empty(), "SQL outside the store: {strays:?}");
}

#[test]
fn what_is_told_in_english_alone_is_told_to_the_operator_alone() {
    let operators = [
        // Where it is made of.
        "crates/model/src/problem.rs",
        // Manifests and data maps, which the command line reads.
        "crates/model/src/manifest/",
        "crates/control/src/manifest_apply",
        "crates/erasure/src/map/",
        "crates/server/src/cli/",
    ];
    let mut strays = Vec::new();
    for file in sources(&root().join("crates")) {
        let place = path_in_house(&file);
        if operators.iter().any(|operator| place.starts_with(operator)) || place.contains("/tests/") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        for (number, line) in (1..).zip(text.lines()) {
            if ["add_in_english(", "Problem::in_english(", "say::in_english("].iter().any(|call| line.contains(call)) {
                strays.push(format!("{place}:{number}"));
            }
        }
    }
    assert!(strays.is_empty(), "readers of other languages would be told English: {strays:?}");
}

#[test]
fn each_phrase_is_said_somewhere() {
    let files: Vec<_> = sources(&root().join("crates"))
        .into_iter()
        .filter(|file| path_in_house(file).contains("/src/"))
        .map(|file| fs::read_to_string(file).expect("a source file"))
        .collect();
    let all = [rolecall_model::say::ALL, rolecall_control::say::ALL, rolecall_server::say::ALL];
    let is_said = |name: &str| files.iter().any(|text| text.contains(&format!("say::{name}")));
    let silent: Vec<_> = all.into_iter().flatten().map(|phrase| phrase.name).filter(|name| !is_said(name)).collect();
    assert!(silent.is_empty(), "nobody says {silent:?}");
}

#[test]
fn nothing_panics_on_purpose_outside_tests() {
    // The lint has the rule; this has the exceptions, so that a new one is noticed.
    let mut exceptions = Vec::new();
    for file in sources(&root().join("crates")) {
        let place = path_in_house(&file);
        if place.contains("/tests/")
            || place.contains("crates/testkit/")
            || place.contains("/benches/")
            || place.contains("/examples/")
        {
            continue;
        }
        let text = fs::read_to_string(&file).expect("a source file");
        let n = ["unwrap_used", "expect_used", "clippy::panic", "indexing_slicing"]
            .iter()
            .map(|lint| text.matches(lint).count())
            .sum::<usize>();
        if n > 0 {
            exceptions.push(format!("{place}: {n}"));
        }
    }
    insta::assert_snapshot!(exceptions.join("\n"));
}

/// The document of the API keeps shapes by their names, and of two with one name it keeps one without a word.
#[test]
fn no_two_shapes_of_the_document_share_a_name() {
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in sources(&root().join("crates/server/src")) {
        let text = fs::read_to_string(&file).expect("a source file");
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if !(line.starts_with("#[derive(") && line.contains("ToSchema")) {
                continue;
            }
            let mut given = None;
            let declared = lines.find_map(|line| {
                given = line.strip_prefix("#[schema(as = ").or(given);
                let declared = ["struct ", "enum "].iter().find_map(|kind| Some(line.split_once(kind)?.1));
                declared.filter(|_| !line.starts_with(['/', '#']))
            });
            let text = given.or(declared).expect("what is derived for is declared");
            let end = text.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(text.len());
            names.entry(text[..end].to_owned()).or_default().push(path_in_house(&file));
        }
    }
    assert!(names.len() > 100, "the shapes were found");
    names.retain(|_, places| places.len() > 1);
    assert_eq!(names, BTreeMap::new(), "two shapes of one name");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace")
}

fn path_in_house(file: &Path) -> String {
    let inside = file.strip_prefix(root()).expect("a file of the workspace");
    inside.to_string_lossy().replace('\\', "/")
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
