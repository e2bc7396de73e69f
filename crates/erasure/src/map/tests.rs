use std::fmt::Write as _;

use secrecy::ExposeSecret as _;

use super::*;
use crate::graph::{Action, Digest, Masking};

/// The data map that the documentation begins with.
pub(super) const CHAT: &str = r#"
stores:
  chat:
    url: sqlite:///var/lib/bot/chat.db
    datasets: [chat]
    pace: {rows_per_second: 5000, max_replica_lag: 10s}
    backups_expire_after: 35d
policy: {targets: [user], strategy: null_rewrite, settle: 2s, retry_for: 25d}
dataset:
  - fides_key: chat
    collections:
      - name: bot_user
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: id, fides_meta: {primary_key: true, identity: user_id}}
          - {name: email, data_categories: [user.contact.email], fides_meta: {identity: email}}
      - name: channel_identity
        fides_meta: {masking_strategy_override: {strategy: delete}}
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: user_id, fides_meta: {references: [{dataset: chat, field: bot_user.id, direction: from}]}}
          - {name: channel, fides_meta: {identity: channel_id}}
          - {name: channel_user_id, fides_meta: {identity: channel_user_id}}
      - name: message
        fields:
          - {name: id, fides_meta: {primary_key: true}}
          - {name: user_id, fides_meta: {references: [{dataset: chat, field: bot_user.id, direction: from}]}}
          - {name: bot_id, rolecall_meta: {bot: true}}
          - name: body
            data_categories: [user.content]
            fides_meta: {masking_strategy_override: {strategy: string_rewrite, configuration: {rewrite_value: "[erased]"}}}
"#;

fn problems(text: &str) -> String {
    match parse(text) {
        Ok(map) => panic!("a map: {map:?}"),
        Err(problems) => lines(problems.into_vec()),
    }
}

fn lines(values: impl IntoIterator<Item = impl ToString>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join("\n")
}

fn warnings(map: &DataMap) -> String {
    lines(map.warnings.iter().map(|finding| format!("{} {}: {}", finding.code, finding.place, finding.detail)))
}

/// One store over one dataset `d` of these collections.
fn map_of(collections: &str) -> String {
    let indented = collections.replace('\n', "\n      ");
    format!("stores: {{s: {{url: 'sqlite:x'}}}}\ndataset:\n  - fides_key: d\n    collections:\n      {indented}\n")
}

fn node<'a>(map: &'a DataMap, name: &str) -> &'a crate::graph::Node {
    map.graph.nodes.iter().find(|node| node.name == name).expect(name)
}

#[test]
fn the_map_of_the_documentation_is_the_graph_it_looks_like() {
    let map = parse(CHAT).expect("a map");
    assert_eq!(map.warnings, []);
    assert_eq!(map.stores[0].url.expose_secret(), "sqlite:///var/lib/bot/chat.db");
    insta::assert_debug_snapshot!((&map.hash, &map.stores[0].pace, map.stores[0].backups_expire_after_ms, &map.policy));
    insta::assert_debug_snapshot!(map.graph);
}

#[test]
fn a_map_is_never_shown_with_the_password_in_it() {
    let text = CHAT.replace("sqlite:///var/lib/bot/chat.db", "postgres://bot:hunter2@db/chat");
    assert!(!format!("{:?}", parse(&text).expect("a map")).contains("hunter2"));
    for url in
        ["hunter2@db", "'hunter2:'", "redis://:hunter2@db", "mysqls://bot:hunter2@db", "[hunter2]", "{a: hunter2}"]
    {
        let told = problems(&CHAT.replace("sqlite:///var/lib/bot/chat.db", url));
        assert!(told.contains("/stores/chat/url: ") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn what_the_policy_does_not_say_is_the_default() {
    let map = parse(&CHAT.replace("policy: {", "policy: {approval: Yes, grace: 10m} #")).expect("a map");
    let day_ms = 24 * 60 * 60 * 1000;
    let Policy { settle_ms, retry_for_ms, needs_approval, grace_ms, deadline_ms } = map.policy;
    assert_eq!((settle_ms, retry_for_ms, deadline_ms), (2_000, 25 * day_ms, 30 * day_ms));
    assert_eq!((needs_approval, grace_ms), (true, 600_000));
}

#[test]
fn a_manifest_of_other_programs_lacks_only_the_stores() {
    for (name, text) in PLAIN {
        let told = problems(text);
        assert_eq!(told.lines().count(), 1, "{name}: {told}");
        assert!(told.starts_with("/stores: is required"), "{name}: {told}");
    }
}

#[test]
fn a_manifest_of_other_programs_is_read_whole() {
    let mut told = String::new();
    for (name, text) in PLAIN {
        let map = parse(&format!("{text}\nstores: {{s: {{url: 'env:STORE_URL'}}}}\n")).expect(name);
        writeln!(told, "== {name}\n{}", warnings(&map)).expect("room");
        for node in &map.graph.nodes {
            let leads: Vec<_> =
                node.edges.iter().map(|edge| format!("{} -> {}", edge.column, map.graph.nodes[edge.to].name)).collect();
            writeln!(told, "{} {:?} {} {leads:?}", node.table, node.primary_key, node.action.as_str()).expect("room");
        }
    }
    insta::assert_snapshot!(told);
}

/// Manifests as other programs have them, in their ways of writing.
const PLAIN: [(&str, &str); 3] = [
    ("postgres", include_str!("testdata/postgres.yml")),
    ("mysql", include_str!("testdata/mysql.yml")),
    ("nested", include_str!("testdata/nested.yml")),
];

#[test]
fn all_that_is_wrong_is_told_with_its_line() {
    insta::assert_snapshot!(problems(include_str!("testdata/invalid.yml")));
}

#[test]
fn what_is_wrong_with_the_stores_is_told() {
    insta::assert_snapshot!(problems(include_str!("testdata/stores.yml")));
}

#[test]
fn what_no_yaml_can_be_is_told() {
    let mut told = String::new();
    let bomb = (1..30).fold("a0: &a0 [x, x]\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [*a{0}, *a{0}, *a{0}]\n", level - 1)
    });
    for text in
        ["", "[]", "a: [", "dataset: [\0]", "stores: {a: 1}\nstores: {b: 2}", "a: b\n---\na: b", "&a [*a]", &bomb]
    {
        writeln!(told, "{:?}\n  {}\n", text.chars().take(40).collect::<String>(), problems(text).replace('\n', "\n  "))
            .expect("room");
    }
    insta::assert_snapshot!(told);
    assert!(problems(&" ".repeat(MAX_MAP_BYTES + 1)).contains("at most 1048576 bytes"));
    assert!(problems(&"[".repeat(MAX_MAP_BYTES)).contains("is not the YAML it should be"));
}

#[test]
fn what_is_odd_is_told_and_does_no_harm() {
    let map = parse(include_str!("testdata/odd.yml")).expect("a map");
    insta::assert_snapshot!(warnings(&map));
}

#[test]
fn values_are_followed_the_way_the_reference_says() {
    let map = |direction: &str| {
        parse(&map_of(&format!(
            "- name: person
  fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
  fields: [{{name: id, fides_meta: {{primary_key: true}}}}]
- name: note
  fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
  fields:
    - {{name: id, fides_meta: {{primary_key: true}}}}
    - {{name: who, fides_meta: {{references: [{{dataset: d, field: person.id{direction}}}]}}}}"
        )))
        .expect("a map")
    };
    let edges = |map: &DataMap, name: &str| {
        let edges = node(map, name).edges.iter();
        edges.map(|edge| (edge.column.clone(), edge.place.column.clone(), edge.is_owning)).collect::<Vec<_>>()
    };
    let down = vec![("id".to_owned(), "who".to_owned(), true)];
    let up = vec![("who".to_owned(), "id".to_owned(), false)];
    for (direction, from_person, from_note) in
        [(", direction: from", &down, &Vec::new()), (", direction: to", &Vec::new(), &up), ("", &down, &up)]
    {
        let map = map(direction);
        assert_eq!((&edges(&map, "d.person"), &edges(&map, "d.note")), (from_person, from_note), "{direction}");
        assert_eq!(node(&map, "d.note").carried.is_empty(), from_note.is_empty());
    }
}

#[test]
fn masks_come_from_categories_and_from_fields_that_say_so() {
    let map = parse(
        &map_of(
            "- name: note
  fields:
    - {name: id, fides_meta: {primary_key: true}}
    - {name: plain}
    - {name: by_category, data_categories: [user.name.first], fides_meta: {length: 40}}
    - {name: other_category, data_categories: [user.names]}
    - {name: kept, data_categories: [user.name], fides_meta: {masking_strategy_override: {strategy: preserve}}}
    - {name: set, fidesops_meta: {masking_strategy_override: {strategy: string_rewrite, configuration: {rewrite_value: x, format_preservation: {suffix: '@y.example'}}}}}
    - {name: drawn, fides_meta: {masking_strategy_override: {strategy: random_string_rewrite}}}
    - {name: hashed, fides_meta: {masking_strategy_override: {strategy: hash}}}
    - {name: keyed, fides_meta: {masking_strategy_override: {strategy: hmac, configuration: {algorithm: SHA_512}}}}
    - {name: whole, data_categories: [user.name], fields: [{name: part, fides_meta: {masking_strategy_override: {strategy: hash}}}]}",
        )
        .replace("stores:", "policy: {targets: [user.name]}\nstores:"),
    )
    .expect("a map");
    let Action::Mask(masks) = &node(&map, "d.note").action else { panic!("no masks") };
    let masks: Vec<_> = masks.iter().map(|mask| (mask.column.as_str(), mask.how.clone(), mask.max_length)).collect();
    assert_eq!(
        masks,
        [
            ("by_category", Masking::Null, Some(40)),
            ("set", Masking::Constant("x@y.example".to_owned()), None),
            ("drawn", Masking::Random { length: 30 }, None),
            ("hashed", Masking::Hash(Digest::Sha256), None),
            ("keyed", Masking::Hmac(Digest::Sha512), None),
            ("whole", Masking::Null, None),
        ]
    );
}

#[test]
fn a_value_inside_a_column_is_found_but_leads_nowhere() {
    let collections = |direction: &str| {
        map_of(&format!(
            "- name: person
  fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
  fields: [{{name: id, fides_meta: {{primary_key: true}}}}]
- name: note
  fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
  fields:
    - {{name: id, fides_meta: {{primary_key: true}}}}
    - name: data
      fields:
        - name: from
          fields:
            - {{name: e.mail, fides_meta: {{identity: email}}}}
            - {{name: who, fides_meta: {{references: [{{dataset: d, field: person.id, direction: {direction}}}]}}}}"
        ))
    };
    let map = parse(&collections("from")).expect("a map");
    assert_eq!(node(&map, "d.note").entries[0].place.path, ["from", "e.mail"]);
    assert_eq!(node(&map, "d.person").edges[0].place.path, ["from", "who"]);
    assert!(
        problems(&collections("to"))
            .contains(" /dataset/0/collections/1/fields/1/fields/0/fields/1/fides_meta/references/0/direction: ")
    );
}

#[test]
fn collections_that_matter_to_no_erasure_are_left_out() {
    let text = map_of(
        "- name: country
  fields: [{name: code}]
- name: person
  fields:
    - {name: id, fides_meta: {primary_key: true, identity: user_id}}
    - {name: country, fides_meta: {references: [{dataset: d, field: country.code, direction: to}]}}
- name: note
  fides_meta: {masking_strategy_override: {strategy: delete}, erase_after: [d.country]}
  fields:
    - {name: id, fides_meta: {primary_key: true}}
    - {name: who, fides_meta: {references: [{dataset: d, field: person.id, direction: from}]}}",
    );
    let map = parse(&text).expect("a map");
    let names: Vec<_> = map.graph.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["d.person", "d.note"]);
    assert_eq!(node(&map, "d.person").edges.len(), 1);
    assert_eq!(map.graph.nodes[node(&map, "d.person").edges[0].to].name, "d.note");
}

#[test]
fn a_bot_is_told_apart_by_its_column_or_by_whom_the_rows_belong_to() {
    let collection = |name: &str, more: &str| {
        format!(
            "- name: {name}
  fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
  fields:
    - {{name: id, fides_meta: {{primary_key: true}}}}
    {more}
"
        )
    };
    let reference = |field: &str, direction: &str| {
        format!(
            "- {{name: ref_{direction}, fides_meta: {{references: [{{dataset: d, field: {field}.id, direction: {direction}}}]}}}}"
        )
    };
    let map = parse(&map_of(
        &[
            collection("person", "- {name: email, fides_meta: {identity: email}}"),
            collection("identity", &reference("person", "from")),
            collection(
                "message",
                &format!("- {{name: bot, rolecall_meta: {{bot: true}}}}\n    {}", reference("person", "from")),
            ),
            collection("file", &reference("message", "from")),
            collection("scan", &reference("file", "from")),
            collection(
                "rated",
                &format!("{}\n    - {{name: email, fides_meta: {{identity: email}}}}", reference("message", "from")),
            ),
            collection("room", ""),
            collection(
                "seat",
                &format!("- {{name: bot, rolecall_meta: {{bot: true}}}}\n    {}", reference("room", "to")),
            ),
        ]
        .concat(),
    ))
    .expect("a map");
    let scoped: Vec<_> = map.graph.nodes.iter().map(|node| (node.table.as_str(), node.is_bot_scoped)).collect();
    assert_eq!(
        scoped,
        [
            ("person", false),
            ("identity", false),
            ("message", true),
            ("file", true),
            ("scan", true),
            ("rated", false),
            ("room", false),
            ("seat", true),
        ]
    );
}

#[test]
fn stores_come_after_those_that_lead_into_them() {
    let text = |direction: &str| {
        format!(
            "
stores:
  notes: {{url: 'sqlite:a', datasets: [notes]}}
  people: {{url: 'file:/run/secrets/people', datasets: [people]}}
dataset:
  - fides_key: notes
    fides_meta: {{namespace: {{schema: archive}}}}
    collections:
      - name: note
        fides_meta: {{masking_strategy_override: {{strategy: delete}}}}
        fields:
          - {{name: id, fides_meta: {{primary_key: true}}}}
          - {{name: who, fides_meta: {{references: [{{dataset: people, field: person.id{direction}}}]}}}}
  - fides_key: people
    collections:
      - name: person
        fields: [{{name: id, data_categories: [user.unique_id], fides_meta: {{primary_key: true, identity: user_id}}}}]
"
        )
    };
    let map = parse(&text(", direction: from")).expect("a map");
    assert_eq!(map.graph.store_order, [1, 0]);
    assert_eq!(node(&map, "notes.note").table, "archive.note");
    assert!(problems(&text("")).contains("rows of notes, people lead to each other in a circle"));
}
