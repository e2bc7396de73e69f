use std::collections::BTreeMap;

use rolecall_erasure::check::check;

use crate::{codes, findings, map_of};

const DELETED: &str = "fides_meta: {masking_strategy_override: {strategy: delete}}";

#[test]
fn a_map_that_fits_its_store_has_no_errors_and_few_warnings() {
    let map = map_of(&format!(
        "- name: person
  {DELETED}
  fields:
    - {{name: id, fides_meta: {{primary_key: true, identity: user_id}}}}
    - {{name: bot, rolecall_meta: {{bot: true}}}}
- name: note
  fields:
    - {{name: id, fides_meta: {{primary_key: true}}}}
    - {{name: who, fides_meta: {{references: [{{dataset: d, field: person.id, direction: from}}]}}}}
    - {{name: body, data_categories: [user.content]}}"
    ));
    let schema = "
        table person
          id integer key
          bot text
        table note
          id integer key
          who integer null index -> person.id set_null
          body text null";
    assert_eq!(findings(&map, schema), "");
}

#[test]
fn every_fault_of_tables_and_columns_is_told() {
    let map = map_of(&format!(
        "- name: gone
  {DELETED}
  fields: [{{name: id, fides_meta: {{primary_key: true, identity: user_id}}}}]
- name: seen
  {DELETED}
  fields: [{{name: id, fides_meta: {{primary_key: true, identity: user_id}}}}]
- name: person
  {DELETED}
  fields:
    - {{name: id, fides_meta: {{primary_key: true, identity: user_id}}}}
    - {{name: e_mail, fides_meta: {{identity: email}}}}
    - {{name: channel_user_id, fides_meta: {{identity: channel_user_id}}}}
    - {{name: bott, rolecall_meta: {{bot: true}}}}
- name: keyless
  {DELETED}
  fields: [{{name: id, fides_meta: {{primary_key: true, identity: user_id}}}}]
- name: other_key
  {DELETED}
  fields: [{{name: who, fides_meta: {{primary_key: true, identity: user_id}}}}]
- name: unique_key
  {DELETED}
  fields: [{{name: who, fides_meta: {{primary_key: true, identity: user_id}}}}]
- name: lost
  {DELETED}
  fields: [{{name: id, fides_meta: {{primary_key: true}}}}]
- name: channel
  {DELETED}
  fields:
    - {{name: id, fides_meta: {{primary_key: true, identity: channel_id}}}}
    - name: data
      fields: [{{name: mail, fides_meta: {{identity: email}}}}]
    - name: written
      fields: [{{name: mail, fides_meta: {{identity: email}}}}]
    - name: number
      fields: [{{name: mail, fides_meta: {{identity: email}}}}]
- name: note
  {DELETED}
  fields:
    - {{name: id, fides_meta: {{primary_key: true}}}}
    - {{name: who, fides_meta: {{references: [{{dataset: d, field: person.id}}]}}}}"
    ));
    let told = findings(
        &map,
        "
        view seen
          id integer
        table person
          id integer key
          email text
          channel_user_id text
          bot text
          trigger audit delete
          trigger touch update
        table keyless
          id integer
        table other_key
          id integer key
          who integer index
        table unique_key
          id integer key
          who integer null unique
        table lost
          id integer key
        table channel
          id integer key
          data json
          written text
          number integer
        table note
          id integer key
          who integer",
    );
    insta::assert_snapshot!(told);
}

#[test]
fn every_mask_that_does_not_fit_is_told() {
    let set = |to: &str| {
        format!(
            "fides_meta: {{masking_strategy_override: {{strategy: string_rewrite, configuration: {{rewrite_value: {to}}}}}}}"
        )
    };
    let hash = |length: &str| format!("fides_meta: {{{length}masking_strategy_override: {{strategy: hash}}}}");
    let null = "fides_meta: {masking_strategy_override: {strategy: null_rewrite}}";
    let fields = [
        (
            "id",
            "fides_meta: {primary_key: true, identity: user_id, masking_strategy_override: {strategy: hash}}"
                .to_owned(),
        ),
        ("bot", "rolecall_meta: {bot: true}".to_owned()),
        ("not_null", null.to_owned()),
        ("unique_constant", set("x")),
        ("unique_null", null.to_owned()),
        ("pair_constant", set("x")),
        ("too_short_hash", hash("")),
        ("cut_hash", hash("length: 40, ")),
        ("too_short_constant", set("erased")),
        ("generated", null.to_owned()),
        ("number", set("x")),
        ("zero", set("'0'")),
        ("document", set("'{}'")),
        ("uid", set("x")),
        ("day", set("x")),
        ("hashed_day", hash("")),
        ("null_day", null.to_owned()),
        ("checked", set("x")),
        ("checked_null", null.to_owned()),
        ("wanted", null.to_owned()),
        ("judged", null.to_owned()),
        ("parent", set("'0'")),
        ("parent_null", null.to_owned()),
        ("code", set("x")),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, more)| format!("    - {{name: {name}, {more}}}")).collect();
    let map = map_of(&format!("- name: person\n  fields:\n{}", fields.join("\n")));
    let told = findings(
        &map,
        "
        table person
          id text key
          bot text
          not_null text
          unique_constant text null unique
          unique_null text null unique
          pair_constant text null
          too_short_hash text(63) null
          cut_hash text(40) null
          too_short_constant text(5) null
          generated text null generated
          number integer null
          zero integer null
          document json null
          uid uuid null
          day date null
          hashed_day date null
          null_day date null
          checked text null
          checked_null text null
          wanted text null
          judged text null
          parent integer null index -> parent.id
          parent_null integer null index -> parent.id
          code text
          unique pair_constant, bot
          check short: length(checked) < 9
          check other: length(checked_null) < 9
          check wants: (\"wanted\" is not null) OR bot = ''
          check judges: coalesce(judged, bot) <> ''
          trigger audit delete
          trigger touch update
        table parent
          id integer key
        table referring
          id integer key
          code text index -> person.code",
    );
    insta::assert_snapshot!(told);
}

#[test]
fn every_foreign_key_in_the_way_is_told() {
    let collection = |name: &str, more: &str| {
        format!(
            "- name: {name}\n  {DELETED}\n  fields:\n    - {{name: id, fides_meta: {{primary_key: true{more}}}}}\n    - {{name: bot, rolecall_meta: {{bot: true}}}}\n"
        )
    };
    let map = map_of(
        &[
            collection("person", ", identity: user_id"),
            collection("unfollowed", ", identity: user_id"),
            collection("followed", ""),
            "    - {name: who, fides_meta: {references: [{dataset: d, field: person.id, direction: from}]}}\n"
                .to_owned(),
            collection("masked", ", identity: user_id").replace(DELETED, ""),
            "    - {name: name, data_categories: [user.name]}\n".to_owned(),
            collection("let_go", "").replace(DELETED, ""),
            "    - {name: who, fides_meta: {references: [{dataset: d, field: person.id, direction: from}], masking_strategy_override: {strategy: null_rewrite}}}\n".to_owned(),
            collection("cascaded", ", identity: user_id").replace(DELETED, ""),
            "    - {name: name, data_categories: [user.name]}\n".to_owned(),
        ]
        .concat(),
    );
    let told = findings(
        &map,
        "
        table person
          id integer key
          bot text
          referrer integer null index -> person.id
        table unfollowed
          id integer key
          bot text
          who integer index -> person.id
        table followed
          id integer key
          bot text
          who integer index -> person.id
        table masked
          id integer key
          bot text
          name text null
          who integer index -> person.id
        table let_go
          id integer key
          bot text
          who integer null index -> person.id
        table cascaded
          id integer key
          bot text
          name text null
          who integer index -> person.id cascade
        table outside_refuses
          id integer key
          who integer -> person.id
        table outside_cascades
          id integer key
          who integer index -> person.id cascade
        table behind_it
          id integer key
          who integer index -> outside_cascades.id
        table outside_null
          id integer key
          who integer null index -> person.id set_null
        table outside_not_null
          id integer key
          who integer index -> person.id set_null",
    );
    insta::assert_snapshot!(told);
}

#[test]
fn rows_that_a_unique_value_leads_to_are_not_shared() {
    let map = map_of(&format!(
        "- name: visitor
  {DELETED}
  fields:
    - {{name: id, fides_meta: {{primary_key: true, identity: channel_user_id}}}}
    - {{name: who, fides_meta: {{references: [{{dataset: d, field: person.id, direction: to}}]}}}}
- name: person
  {DELETED}
  fields: [{{name: id, fides_meta: {{primary_key: true}}}}]"
    ));
    let schema =
        |unique: &str| format!("table visitor\n id text key\n who integer {unique}\ntable person\n id integer key");
    assert!(codes(&findings(&map, &schema("index"))).contains(&"warning shared_rows s: d.visitor.who".to_owned()));
    assert!(!findings(&map, &schema("unique")).contains("shared_rows"));
}

#[test]
fn nothing_is_said_of_a_store_without_a_catalog() {
    let map =
        map_of(&format!("- name: person\n  {DELETED}\n  fields: [{{name: id, fides_meta: {{primary_key: true}}}}]"));
    assert_eq!(check(&map, &BTreeMap::new()), []);
}

#[test]
fn a_map_under_which_nothing_is_erased_is_an_error() {
    let map = map_of("- name: person\n  fields: [{name: id, fides_meta: {primary_key: true, identity: user_id}}]");
    assert_eq!(
        codes(&findings(&map, "")),
        ["ERROR nothing_to_erase /dataset: No collection is deleted from and no field is masked"]
    );
}
