//! Data maps: Fideslang dataset manifests, with a few keys more.
//!
//! A manifest is read as it is: keys this reader does not know are told of and never fatal, for the
//! same file serves other programs.

mod actions;
mod dataset;
mod duration;
mod field;
mod masking;
mod name;
mod nodes;
mod policy;
mod references;
mod remarks;
mod spot;
mod stores;
mod yaml;

use aws_lc_rs::digest;
use rolecall_model::{json::Object, problem::Problems};
use rolecall_store::seal::hex;
use secrecy::SecretString;

use crate::graph::Graph;
use remarks::Remarks;

/// The largest data map. Units: bytes.
pub const MAX_MAP_BYTES: usize = 1 << 20;

/// Reads a data map.
///
/// Errors: what makes it no YAML, or else all that is wrong with it, each at the line and with the
/// JSON pointer of its place: `line 7 /dataset/0/fides_key`. No problem says what a URL says.
pub fn parse(text: &str) -> Result<DataMap, Problems> {
    let value = yaml::parse(text)?;
    let mut remarks = Remarks::default();
    let read = read(&value, &mut remarks);
    let Remarks { problems, mut warnings } = remarks;
    let Some((stores, policy, graph)) = read.filter(|_| problems.is_empty()) else {
        return Err(yaml::with_lines(problems, text));
    };
    yaml::add_lines(&mut warnings, text);
    let hash = hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    Ok(DataMap { hash, stores, policy, graph, warnings })
}

/// Nothing only together with a problem.
fn read(value: &serde_json::Value, remarks: &mut Remarks) -> Option<(Vec<StoreEntry>, Policy, Graph)> {
    let map = Object::of(value, "", &mut remarks.problems)?;
    remarks::check_keys(&map, &["dataset", "stores", "policy"], &TOP_KEYS, remarks);
    let policy = policy::read(&map, remarks);
    let stores = stores::read(&map, remarks);
    let datasets = dataset::read(&map, remarks);
    let graph = nodes::build(&datasets, &stores, &policy, remarks);
    Some((stores.into_iter().map(|(store, _)| store).collect(), policy.policy, graph))
}

/// What else a Fideslang file may hold, for other programs.
const TOP_KEYS: [&str; 10] = [
    "organization",
    "system",
    "registry",
    "evaluation",
    "data_category",
    "data_use",
    "data_subject",
    "data_qualifier",
    "data_purpose",
    "fides_key",
];

/// A data map that was read. Shown by `Debug` without the stores' URLs.
#[derive(Debug)]
pub struct DataMap {
    /// SHA-256 over the text it was read from, in hex.
    pub hash: String,
    /// The stores, in the order of the map.
    pub stores: Vec<StoreEntry>,
    /// What holds for every erasure.
    pub policy: Policy,
    /// The collections.
    pub graph: Graph,
    /// What is odd about the map but does not make it wrong.
    pub warnings: Vec<Finding>,
}

/// One store of a map.
#[derive(Debug)]
pub struct StoreEntry {
    /// Its name in the map: letters, digits, `_`, `-` and `.`.
    pub name: String,
    /// Its URL as the map has it: itself, `file:PATH` or `env:NAME`. It may hold a password.
    pub url: SecretString,
    /// How fast it may be worked on.
    pub pace: Pace,
    /// How long its backups keep what was erased, as told on receipts. Units: milliseconds.
    pub backups_expire_after_ms: Option<i64>,
}

/// How fast a store may be worked on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// The most rows a second; none for as many as its transactions stay short.
    pub rows_per_second: Option<u32>,
    /// Work pauses while a replica lags behind by more. Units: milliseconds.
    pub max_replica_lag_ms: Option<i64>,
}

/// What holds for every erasure under a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long to wait between erasing and looking again. Units: milliseconds.
    pub settle_ms: i64,
    /// How long a store that cannot be reached is tried again. Units: milliseconds.
    pub retry_for_ms: i64,
    /// Whether somebody has to approve each plan.
    pub needs_approval: bool,
    /// How long a request rests before work on it begins, so that it can be called off. Units:
    /// milliseconds.
    pub grace_ms: i64,
    /// How long after a request its answer is due. Units: milliseconds.
    pub deadline_ms: i64,
}

/// Something about a map, alone or against a live store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it means.
    pub severity: Severity,
    /// A stable word for programs: `missing_table`, `no_index`, `unknown_key`.
    pub code: &'static str,
    /// The store, if it is about one.
    pub store: Option<String>,
    /// What it is about: a collection, a field (`chat.message.body`), or a path into the map.
    pub place: String,
    /// What is wrong and how to mend it, in a sentence. Holds names, never values of a store.
    pub detail: String,
}

/// What a finding means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Under this map an erasure would not be true, or could not be done.
    Error,
    /// An erasure is true, but slow, or leaves something to know.
    Warning,
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
