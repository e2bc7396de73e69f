//! The data map as the walk needs it: where a person's rows are entered, and how rows lead to others.

mod derive;

use rolecall_model::erasure::Identity;

/// The number of a node in [`Graph::nodes`].
pub type NodeNo = usize;

/// The number of a store in the data map's list of stores.
pub type StoreNo = usize;

/// Every collection of a data map that an erasure touches or passes through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// The collections, in the order of the map.
    pub nodes: Vec<Node>,
    /// The stores in an order in which each comes after all those whose rows lead into it.
    pub store_order: Vec<StoreNo>,
}

/// One collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name with its dataset's, as findings, receipts and the work list have it: `chat.message`.
    pub name: String,
    /// Its table, with the schema in front where the map gives one: `message`, `archive.message`.
    pub table: String,
    /// The store it is in.
    pub store: StoreNo,
    /// The columns of its primary key, in the map's order.
    pub primary_key: Vec<String>,
    /// What erasing means here.
    pub action: Action,
    /// Where identifiers are looked for: the row belongs to who has that identifier here.
    pub entries: Vec<Entry>,
    /// The ways from a row here to others.
    pub edges: Vec<Edge>,
    /// The column with the bot's id, if there is one.
    pub bot: Option<String>,
    /// The columns other than the primary key's whose values edges out of here start from; they are
    /// kept, sealed, beside each row's key.
    pub carried: Vec<String>,
    /// Names of collections whose rows are erased before these (`erase_after`), whatever the catalog
    /// says.
    pub erase_after: Vec<NodeNo>,
    /// Whether a request for some bots only can tell which rows are theirs: there is a column of the
    /// bot's id, or rows are entered through owning edges from such collections.
    pub is_bot_scoped: bool,
}

/// A column, or a value inside a JSON column.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The column.
    pub column: String,
    /// The keys inside it, outermost first; empty for the column itself.
    pub path: Vec<String>,
}

/// Where identifiers are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What kind of identifier is there.
    pub identity: Identity,
    /// Where.
    pub place: Place,
}

/// A way from the rows of one collection to rows of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The column here whose value leads on: of the primary key, or one of [`Node::carried`].
    pub column: String,
    /// The collection it leads to.
    pub to: NodeNo,
    /// Where that value is found there.
    pub place: Place,
    /// Whether a row there belongs to one row here: the value here is this collection's key. The
    /// opposite, from a message up to its conversation, can lead to rows that others share.
    pub is_owning: bool,
}

/// What erasing means for the rows of a collection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The rows go.
    Delete,
    /// The rows stay; these columns are masked. Never empty.
    Mask(Vec<Mask>),
    /// The rows are only passed through.
    Pass,
}

impl Action {
    /// Its word in previews and receipts.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Mask(_) => "mask",
            Self::Pass => "none",
        }
    }
}

/// A column to be masked, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mask {
    /// The column.
    pub column: String,
    /// What takes the place of its value.
    pub how: Masking,
    /// The most characters the masked value may have (`length` of the map), if there is a limit.
    pub max_length: Option<u32>,
}

/// What takes the place of a value. NULL stays NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Masking {
    /// NULL.
    Null,
    /// A constant.
    Constant(String),
    /// Random letters and digits.
    Random {
        /// How many.
        length: u32,
    },
    /// A salted SHA-256 or SHA-512 in hex; the salt is random for each request and is not kept.
    Hash(Digest),
    /// An HMAC in hex under a key that is random for each request and is not kept.
    Hmac(Digest),
}

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// SHA-256: 64 hex digits.
    Sha256,
    /// SHA-512: 128 hex digits.
    Sha512,
}
