//! What an erasure would do.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::subjects::Person;
use crate::erasing::Previewed;

/// What an erasure would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ErasurePreview)]
pub struct Preview {
    /// The plan's hash: a request that names it is carried out only as long as it fits.
    pub plan_hash: String,
    /// What there is of each person, in the order of the call.
    pub subjects: Vec<PreviewSubject>,
    /// What to know of the data map and the stores before.
    pub warnings: Vec<Remark>,
}

/// What there is of one person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewSubject {
    /// Who, as the call named them.
    #[schema(value_type = Person)]
    pub user_id: Value,
    /// How it would end where nothing would be erased: `refused` or `held`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<&'static str>,
    /// Why, in a word.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub cause: String,
    /// What would go in each store that has something of them.
    pub stores: Vec<PreviewStore>,
}

/// What would go in one store.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewStore {
    /// The store's name in the data map.
    pub store: String,
    /// What would go in each collection.
    pub collections: Vec<PreviewCollection>,
}

/// What would go in one collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewCollection {
    /// The collection.
    pub collection: String,
    /// `delete` or `mask`.
    pub action: &'static str,
    /// To how many rows.
    pub rows: u64,
}

/// Something to know about the data map.
#[derive(Debug, Serialize, ToSchema)]
pub struct Remark {
    /// `error` if an erasure would not be true under this map, else `warning`.
    pub severity: &'static str,
    /// A stable word for programs.
    pub code: &'static str,
    /// The store, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// A collection, a field, or a path into the map.
    pub place: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

impl From<Previewed> for Preview {
    fn from(previewed: Previewed) -> Self {
        let collection = |collection: rolecall_erasure::engine::CollectionPreview| PreviewCollection {
            collection: collection.collection,
            action: collection.action,
            rows: collection.rows,
        };
        let store = |store: rolecall_erasure::engine::StorePreview| PreviewStore {
            store: store.store,
            collections: store.collections.into_iter().map(collection).collect(),
        };
        let subjects = previewed.subjects.into_iter().map(|subject| PreviewSubject {
            user_id: subject.subject.to_value(),
            outcome: subject.outcome.map(rolecall_model::erasure::Outcome::as_str),
            cause: subject.cause,
            stores: subject.stores.into_iter().map(store).collect(),
        });
        Self {
            plan_hash: previewed.plan_hash,
            subjects: subjects.collect(),
            warnings: previewed.warnings.into_iter().map(Remark::from).collect(),
        }
    }
}

impl From<rolecall_erasure::map::Finding> for Remark {
    fn from(finding: rolecall_erasure::map::Finding) -> Self {
        use rolecall_erasure::map::Severity;

        Self {
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: finding.code,
            store: finding.store,
            place: finding.place,
            detail: finding.detail,
        }
    }
}
