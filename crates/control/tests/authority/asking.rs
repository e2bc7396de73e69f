//! Every use case asks whether whoever it is done for may have it: read out of the sources, so that a new
//! one that does not ask fails here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What asks, by how it is called.
const ASKS: [&str; 7] = [
    ".need(",
    ".need_to(",
    ".need_everything(",
    // Assignments, by the roles they are of.
    "batch::carry_out(",
    "apply(ctx, role_type",
    // An import, by the file it reads.
    "= read(ctx, order)",
    // Effects on roles, by what they grant.
    "effects.carry_out(",
];

/// What needs no permission, and why.
const FREE: [(&str, &str); 21] = [
    ("accounts.rs: get", "what the account is called, which whoever is in it knows"),
    ("list.rs: revision", "a number for answers that are told again"),
    ("assignments/offer.rs: offered", "nothing is offered to those who may not give it"),
    ("assignments/offer.rs: takeable", "nothing is offered to those who may not take it"),
    ("sign_in/credentials.rs: help", "nothing is offered to those who may not help"),
    ("idempotency.rs: claim", "the call itself asks"),
    ("idempotency.rs: keep", "the call itself asks"),
    ("idempotency.rs: release", "the call itself asks"),
    ("sign_in/credentials.rs: credentials", "one's own"),
    ("sign_in/password.rs: change_password", "one's own"),
    ("sign_in/password.rs: set_password", "the operator's alone"),
    ("sign_in/with_password.rs: confirm", "one's own"),
    ("sign_in/passkeys.rs: begin_passkey", "one's own"),
    ("sign_in/passkeys.rs: add_passkey", "one's own"),
    ("sign_in/passkeys.rs: remove_passkey", "one's own"),
    ("sign_in/passkeys.rs: ask_for_passkey_again", "one's own"),
    ("sign_in/passkeys.rs: confirm_by_passkey", "one's own"),
    ("sign_in/second_factor.rs: begin_generator", "one's own"),
    ("sign_in/second_factor.rs: begun_generator", "one's own"),
    ("sign_in/second_factor.rs: confirm_generator", "one's own"),
    ("sign_in/second_factor.rs: renew_recovery_codes", "one's own"),
];

/// The functions of a file that stand by themselves: how each begins, and all of it.
fn functions(text: &str) -> BTreeMap<String, String> {
    let mut functions = BTreeMap::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some((before, rest)) = line.split_once("fn ") else { continue };
        if before.starts_with([' ', '/']) {
            continue;
        }
        let name = rest.split(['(', '<']).next().unwrap_or_default();
        let mut whole = format!("{line}\n");
        if !line.ends_with('}') {
            for line in lines.by_ref() {
                whole.push_str(line);
                whole.push('\n');
                if line == "}" {
                    break;
                }
            }
        }
        functions.insert(name.to_owned(), whole);
    }
    functions
}

/// Whether `body` calls the function `name` of its own file.
fn calls(body: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || ['_', '.', ':'].contains(&c);
    body.match_indices(&format!("{name}(")).any(|(at, _)| !body[..at].ends_with(is_part))
}

/// The use cases of a file that ask for no permission, themselves or by a function of the same file.
fn unasking(text: &str) -> Vec<String> {
    let functions = functions(text);
    let mut asking: BTreeSet<&str> = BTreeSet::new();
    loop {
        let n = asking.len();
        for (name, whole) in &functions {
            let body = whole.split_once('{').map_or("", |(_, body)| body);
            if ASKS.iter().any(|ask| body.contains(ask)) || asking.iter().any(|other| calls(body, other)) {
                asking.insert(name);
            }
        }
        if asking.len() == n {
            break;
        }
    }
    let is_use_case = |whole: &str| {
        let head = whole.split_once('{').map_or("", |(head, _)| head);
        head.starts_with("pub async fn") && head.contains("ctx: &Ctx") && !head.contains("change: &mut Change")
    };
    let use_cases = functions.iter().filter(|(_, whole)| is_use_case(whole));
    use_cases.filter(|(name, _)| !asking.contains(name.as_str())).map(|(name, _)| name.clone()).collect()
}

fn sources(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, root, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("a file of the folder").to_string_lossy().replace('\\', "/");
            found.push((name, fs::read_to_string(&path).expect("a source file")));
        }
    }
}

#[test]
fn every_use_case_asks_whether_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &root, &mut files);
    let mut not_asking = BTreeSet::new();
    for (file, text) in &files {
        not_asking.extend(unasking(text).into_iter().map(|name| format!("{file}: {name}")));
    }
    let strays: Vec<&String> = not_asking.iter().filter(|one| FREE.iter().all(|(free, _)| free != one)).collect();
    assert!(strays.is_empty(), "these ask for no permission; see docs/ADDING-AN-ENDPOINT.md, step 2: {strays:#?}");
}

#[test]
fn a_use_case_that_does_not_ask_is_found_and_one_that_does_is_not() {
    let text = "
pub async fn open(ctx: &Ctx, id: &str) -> Result<(), Error> {
    let mut tx = ctx.read().await?;
    Ok(())
}

pub async fn read(ctx: &Ctx) -> Result<(), Error> {
    ctx.need_to(&acts::LOOK)?;
    Ok(())
}

pub async fn write(
    ctx: &Ctx,
) -> Result<(), Error> {
    write_in(ctx).await
}

async fn write_in(ctx: &Ctx) -> Result<(), Error> {
    Change::begin(ctx, tx).await?.need_to(&acts::ERASE)
}
";
    assert_eq!(unasking(text), ["open"]);
}
