use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::role::BUILT_IN;

fn permissions(levels: &[(&str, Level)]) -> Permissions {
    Permissions::of(levels.iter().copied())
}

fn role(role_id: &str, name: &str, ref_id: &str) -> Role {
    Role {
        role_id: role_id.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        permissions: permissions(&[("Tasks", Level::Full)]),
        ref_id: ref_id.to_owned(),
        is_built_in: false,
    }
}

fn file(document: &Value) -> File {
    File::parse(RoleType::Bot, document.to_string().as_bytes()).expect("a file")
}

/// A file's entry with the permissions of [`role`].
fn entry(name: &str, ref_id: Option<&str>) -> Value {
    json!({"role": name, "refId": ref_id, "permissions": {"Tasks": ["FULL"]}})
}

fn planned(document: &Value, existing: &[Role], mode: Mode) -> Vec<String> {
    let plan = plan(file(document), existing.to_vec(), mode).expect("a plan");
    let told = plan.steps.iter().map(|step| match step {
        Step::Create(entry) => format!("create {}", entry.name),
        Step::Update { before, after } => format!("update {} {} -> {}", after.role_id, before.name, after.name),
        Step::Unchanged(role) => format!("unchanged {} {}", role.role_id, role.name),
        Step::Delete(role) => format!("delete {} {}", role.role_id, role.name),
    });
    told.collect()
}

fn refused(document: &Value, existing: &[Role], mode: Mode) -> String {
    plan(file(document), existing.to_vec(), mode).expect_err("a problem").to_string()
}

/// The account after the plan: what applying it must come to.
fn applied(plan: &Plan, existing: &[Role]) -> Vec<Role> {
    let mut roles: Vec<Role> = existing.to_vec();
    for (index, step) in plan.steps.iter().enumerate() {
        match step {
            Step::Create(entry) => roles.push(Role {
                role_id: format!("made{index}"),
                name: entry.name.clone(),
                description: entry.description.clone().unwrap_or_default(),
                permissions: entry.permissions.clone(),
                ref_id: entry.ref_id.clone().unwrap_or_else(|| format!("made{index}")),
                is_built_in: false,
            }),
            Step::Update { before, after } => {
                let role = roles.iter_mut().find(|role| role.role_id == before.role_id).expect("the role");
                assert_eq!(role, &**before);
                role.clone_from(after);
            }
            Step::Unchanged(unchanged) => assert!(roles.contains(unchanged)),
            Step::Delete(deleted) => {
                let index = roles.iter().position(|role| role == deleted).expect("the role");
                roles.remove(index);
            }
        }
    }
    roles
}

#[test]
fn a_role_is_matched_by_ref_id_else_by_name_and_keeps_its_id() {
    let existing = [role("1", "Alpha", "ra"), role("2", "Beta", "rb"), role("3", "Gamma", "rc")];
    let document = json!([
        entry("Renamed", Some("rb")),
        entry("ALPHA", None),
        entry("Delta", Some("rd")),
        entry("Gamma", Some("adopted")),
    ]);
    let steps = ["update 2 Beta -> Renamed", "update 1 Alpha -> ALPHA", "create Delta", "update 3 Gamma -> Gamma"];
    assert_eq!(planned(&document, &existing, Mode::Incremental), steps);

    let plan = plan(file(&document), existing.to_vec(), Mode::Incremental).expect("a plan");
    let Step::Update { after, .. } = &plan.steps[1] else { panic!("{:?}", plan.steps[1]) };
    assert_eq!(after.ref_id, "ra", "a file without a refId leaves it");
    let Step::Update { after, .. } = &plan.steps[3] else { panic!("{:?}", plan.steps[3]) };
    assert_eq!(after.ref_id, "adopted");
}

#[test]
fn a_full_import_deletes_what_the_file_lacks_and_nothing_built_in() {
    let mut owner = role("1", "Bot Owner", "5bca33e75513765737ef9cae");
    owner.is_built_in = true;
    let existing = [owner, role("2", "Keep", "r2"), role("3", "Drop", "r3")];
    let document = json!([entry("Bot Owner", None), entry("Keep", Some("r2"))]);
    assert_eq!(planned(&document, &existing, Mode::Incremental), ["unchanged 2 Keep"]);
    assert_eq!(planned(&document, &existing, Mode::Full), ["unchanged 2 Keep", "delete 3 Drop"]);
    assert_eq!(planned(&json!([]), &existing, Mode::Full), ["delete 2 Keep", "delete 3 Drop"]);
}

#[test]
fn one_page_of_a_listing_may_add_but_not_delete() {
    let document = json!({"total": 9, "availableMore": true, "roles": [entry("One", None)]});
    assert_eq!(planned(&document, &[], Mode::Incremental), ["create One"]);
    assert!(refused(&document, &[], Mode::Full).contains("part of a listing"));
}

#[test]
fn two_roles_may_swap_their_names() {
    let existing = [role("1", "One", "r1"), role("2", "Two", "r2")];
    let document = json!([entry("Two", Some("r1")), entry("One", Some("r2"))]);
    assert_eq!(planned(&document, &existing, Mode::Incremental), ["update 1 One -> Two", "update 2 Two -> One"]);
}

#[test]
fn a_name_given_up_in_the_file_is_free_for_another_role() {
    let existing = [role("1", "One", "r1")];
    let document = json!([entry("One", Some("r2")), entry("Other", Some("r1"))]);
    assert_eq!(planned(&document, &existing, Mode::Incremental), ["create One", "update 1 One -> Other"]);
    let document = json!([entry("One", None), entry("Other", Some("r1"))]);
    assert_eq!(
        refused(&document, &existing, Mode::Incremental),
        "/0/role: is the name of the role that /1 is by its refId: give this one a refId too"
    );
}

#[test]
fn a_name_that_another_role_keeps_is_not_given_out_twice() {
    let existing = [role("1", "One", "r1"), role("2", "Two", "r2")];
    let document = json!([entry("tWo", Some("r1"))]);
    assert_eq!(
        refused(&document, &existing, Mode::Incremental),
        "/0/role: is the name of another role of the account, which the import would keep"
    );
    assert_eq!(planned(&document, &existing, Mode::Full), ["update 1 One -> tWo", "delete 2 Two"]);
}

#[test]
fn a_role_that_the_account_calls_built_in_is_refused_by_name_and_by_ref_id() {
    let mut own = role("1", "House Role", "rh");
    own.is_built_in = true;
    let document = json!([entry("house role", None), entry("Mine", Some("rh"))]);
    assert_eq!(
        refused(&document, &[own], Mode::Full),
        r#"/1/refId: is the built-in role "House Role"; /0/role: could pass for the built-in role "House Role""#
    );
}

#[test]
fn a_step_tells_what_is_gained_and_lost() {
    let existing = [role("1", "One", "r1"), role("2", "Two", "r2")];
    let document = json!([
        {"role": "One", "permissions": {"Channels": ["YES"], "Tasks": ["VIEW"]}},
        {"role": "Three", "permissions": {"Dashboard": ["YES"], "Extensions": ["NO"]}},
    ]);
    let plan = plan(file(&document), existing.to_vec(), Mode::Full).expect("a plan");
    let change = |name: &str, before, after| (name.to_owned(), before, after);
    let deltas: Vec<_> = plan.steps.iter().map(|step| (step.name(), step.delta())).collect();
    assert_eq!(
        deltas,
        [
            ("One", vec![change("Channels", Level::No, Level::Yes), change("Tasks", Level::Full, Level::View)]),
            ("Three", vec![change("Dashboard", Level::No, Level::Yes)]),
            ("Two", vec![change("Tasks", Level::Full, Level::No)]),
        ]
    );
    assert!(!plan.is_empty());
}

#[test]
fn a_listed_no_is_a_change_to_the_document_but_to_nobodys_access() {
    let existing = [role("1", "One", "r1")];
    let document = json!([{"role": "One", "permissions": {"Channels": ["NO"], "Tasks": ["FULL"]}}]);
    let plan = plan(file(&document), existing.to_vec(), Mode::Incremental).expect("a plan");
    assert!(matches!(&plan.steps[..], [Step::Update { .. }]));
    assert!(plan.steps[0].delta().is_empty());
}

#[test]
fn a_description_is_left_or_cleared_as_the_file_says() {
    let mut described = role("1", "One", "r1");
    described.description = "what it is for".to_owned();
    let existing = [described];
    let silent = json!([entry("One", None)]);
    assert_eq!(planned(&silent, &existing, Mode::Incremental), ["unchanged 1 One"]);
    let cleared = json!([{"role": "One", "rDesc": "", "permissions": {"Tasks": ["FULL"]}}]);
    let plan = plan(file(&cleared), existing.to_vec(), Mode::Incremental).expect("a plan");
    assert_eq!(applied(&plan, &existing)[0].description, "");
}

/// Roles of an account: the built-in ones, then some with names and refIds out of a few, so
/// that a file out of the same few meets them in every way.
fn accounts() -> impl Strategy<Value = Vec<Role>> {
    let custom = proptest::collection::vec((0..6_usize, 0..6_usize, any::<bool>()), 0..6);
    custom.prop_map(|custom| {
        let built_in = BUILT_IN.iter().filter(|role| role.role_type == RoleType::Bot);
        let mut roles: Vec<_> = built_in.map(|own| role(own.ref_id, own.name, own.ref_id)).collect();
        for built_in in &mut roles {
            built_in.is_built_in = true;
        }
        for (name, ref_id, has_tasks) in custom {
            let mut custom = role(&format!("id{}", roles.len()), &format!("Name {name}"), &format!("ref{ref_id}"));
            if !has_tasks {
                custom.permissions = Permissions::default();
            }
            if !roles.iter().any(|role| role.name == custom.name || role.ref_id == custom.ref_id) {
                roles.push(custom);
            }
        }
        roles
    })
}

fn documents() -> impl Strategy<Value = Vec<Value>> {
    let name = prop_oneof![
        4 => (0..6_usize).prop_map(|n| format!("Name {n}")),
        1 => (0..6_usize).prop_map(|n| format!(" NAME\u{200B} {n}")),
        1 => Just("Bot Developer".to_owned()),
    ];
    let ref_id = prop_oneof![
        4 => (0..6_usize).prop_map(|n| Some(format!("ref{n}"))),
        3 => Just(None),
        1 => Just(Some("5bca33e75513765737ef9caf".to_owned())),
    ];
    let grants = prop_oneof![
        Just(json!({})),
        Just(json!({"Tasks": ["FULL"]})),
        Just(json!({"Channels": ["YES"], "Tasks": ["VIEW"], "Brand New": ["NO"]})),
    ];
    let description = prop_oneof![Just(Value::Null), Just(json!("")), Just(json!("words"))];
    let entry = (name, ref_id, grants, description).prop_map(|(name, ref_id, grants, description)| {
        json!({"roleType": "bot", "role": name, "rDesc": description, "permissions": grants, "refId": ref_id})
    });
    proptest::collection::vec(entry, 0..5)
}

fn modes() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Incremental), Just(Mode::Full)]
}

/// The same document with the members of every object the other way round.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect(),
        Value::Array(list) => list.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_planned_once_is_unchanged_the_second_time(
        existing in accounts(), document in documents(), mode in modes(),
    ) {
        let document = Value::Array(document);
        let Ok(read) = File::parse(RoleType::Bot, document.to_string().as_bytes()) else { return Ok(()) };
        let first = plan(read.clone(), existing.clone(), mode);
        prop_assert_eq!(&first, &plan(read.clone(), existing.clone(), mode), "the same twice");
        let Ok(first) = first else { return Ok(()) };

        let after = applied(&first, &existing);
        let names: HashSet<_> = after.iter().map(|role| text::fold(&role.name)).collect();
        prop_assert_eq!(names.len(), after.len(), "names are unique: {:?}", after);
        let refs: HashSet<_> = after.iter().map(|role| &role.ref_id).collect();
        prop_assert_eq!(refs.len(), after.len(), "refIds are unique: {:?}", after);
        let built_in = |roles: &[Role]| roles.iter().filter(|role| role.is_built_in).cloned().collect::<Vec<_>>();
        prop_assert_eq!(built_in(&after), built_in(&existing), "built-in roles are as they were");
        if mode == Mode::Full {
            prop_assert_eq!(after.iter().filter(|role| !role.is_built_in).count(), read.entries().count());
        }

        let other_way_round = File::parse(RoleType::Bot, reversed(&document).to_string().as_bytes()).expect("a file");
        for again in [read, other_way_round] {
            let second = plan(again, after.clone(), mode).expect("a plan");
            prop_assert!(second.is_empty(), "{second:?}");
        }
    }
}
