//! Data maps against catalogs: what is found wrong, and in which order things are erased.

#![expect(clippy::expect_used, clippy::panic, reason = "what is not as it should be fails the test")]

mod check;
mod cookbook;
mod order;
mod schema;

use std::collections::BTreeMap;

use rolecall_erasure::{
    check::check as check_map,
    map::{self, DataMap, Finding, Severity},
};

/// A map over one store `s` with one dataset `d`.
fn map_of(collections: &str) -> DataMap {
    let indented = collections.replace('\n', "\n      ");
    let text =
        format!("stores: {{s: {{url: 'sqlite:x'}}}}\ndataset:\n  - fides_key: d\n    collections:\n      {indented}\n");
    map::parse(&text).expect("a map")
}

/// What is found of `map` against a catalog for its only store, a line each.
fn findings(map: &DataMap, schema: &str) -> String {
    shown(check_map(map, &BTreeMap::from([(map.stores[0].name.clone(), schema::catalog(schema))])))
}

/// Findings, a line each.
fn shown(findings: Vec<Finding>) -> String {
    let lines = findings.into_iter().map(|finding| {
        let severity = if finding.severity == Severity::Error { "ERROR" } else { "warning" };
        let store = finding.store.map(|store| format!("{store}: ")).unwrap_or_default();
        format!("{severity} {} {store}{}: {}", finding.code, finding.place, finding.detail)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The codes and places among `findings`.
fn codes(findings: &str) -> Vec<String> {
    findings.lines().map(|line| line.split(": ").take(2).collect::<Vec<_>>().join(": ")).collect()
}
