//! The walk: from identifiers to rows, and from rows to rows, collection by collection, for all
//! subjects at once.

use std::collections::{BTreeSet, HashSet};

use futures_util::TryStreamExt as _;
use rolecall_model::erasure::{Identity, Subject};

use super::{
    Error, Seed,
    work_list::{Chunked, Kind, WorkList},
};
use crate::{
    catalog::Catalog,
    graph::{Action, Edge, Graph, Node, NodeNo, Place},
    stores::{Key, Search, Slice, Sought, Store, StoreError},
};

/// A walk through one store.
pub(super) struct Walk<'a> {
    /// The collections.
    pub(super) graph: &'a Graph,
    /// The store's number in the map.
    pub(super) store_no: usize,
    /// The store.
    pub(super) store: &'a dyn Store,
    /// What it says of itself.
    pub(super) catalog: &'a Catalog,
    /// The bots the request is about; none for all of them.
    pub(super) bots: Option<&'a [String]>,
}

/// Why a walk stopped.
pub(super) enum Stopped {
    /// We did.
    Ours(Error),
    /// The store did.
    Theirs(StoreError),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Ours(error)
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        Self::Theirs(error)
    }
}

/// Whether anything in the map can find this subject: a channel's id needs a collection that knows
/// channels, a name one that holds that kind of name.
pub(super) fn is_findable(graph: &Graph, subject: &Subject) -> bool {
    graph.nodes.iter().any(|node| !entries(node, subject).is_empty())
}

/// Where in `node` the subject's identifiers are looked for, with what is looked for there.
fn entries<'n>(node: &'n Node, subject: &Subject) -> Vec<(Vec<&'n Place>, Vec<String>)> {
    let places = |identity: Identity| node.entries.iter().filter(move |entry| entry.identity == identity);
    match subject {
        Subject::Plain(text) => subject
            .identities()
            .iter()
            .flat_map(|identity| places(*identity))
            .map(|entry| (vec![&entry.place], vec![text.clone()]))
            .collect(),
        // An id on a channel says nothing where channels are not told apart.
        Subject::Channel { channel_id, channel_user_id } => places(Identity::ChannelUserId)
            .flat_map(|user| places(Identity::ChannelId).map(move |channel| (user, channel)))
            .map(|(user, channel)| {
                (vec![&user.place, &channel.place], vec![channel_user_id.clone(), channel_id.clone()])
            })
            .collect(),
    }
}

impl Walk<'_> {
    /// Finds the rows that the subjects' identifiers lead to.
    pub(super) async fn enter(&self, seeds: &[Seed], list: &mut WorkList<'_>) -> Result<(), Stopped> {
        for (no, node) in self.own_nodes() {
            let mut ways: BTreeSet<Vec<&Place>> = BTreeSet::new();
            let mut sought: Vec<(Vec<&Place>, Sought)> = Vec::new();
            for seed in seeds {
                for (places, values) in entries(node, &seed.subject) {
                    ways.insert(places.clone());
                    sought.push((places, Sought { subject: seed.ordinal, values }));
                }
            }
            for way in ways {
                let sought: Vec<Sought> =
                    sought.iter().filter(|(places, _)| *places == way).map(|(_, sought)| sought.clone()).collect();
                self.find(no, node, &way, &sought, self.bots.is_none(), list).await?;
            }
        }
        Ok(())
    }

    /// Finds the rows of this store that the rows of `chunk`, of this store or another, lead to.
    pub(super) async fn follow(&self, chunk: &Chunked, list: &mut WorkList<'_>) -> Result<(), Stopped> {
        let Some(from) = self.graph.nodes.get(chunk.kind.node) else { return Ok(()) };
        for edge in &from.edges {
            let Some(to) = self.graph.nodes.get(edge.to).filter(|node| node.store == self.store_no) else { continue };
            let sought: Vec<Sought> = chunk
                .rows
                .iter()
                .filter_map(|row| {
                    let value = value_of(from, edge, row)?;
                    Some(Sought { subject: row.subject, values: vec![value.clone()] })
                })
                .collect();
            let is_scoped = self.bots.is_none() || (chunk.kind.is_scoped && edge.is_owning);
            self.find(edge.to, to, &[&edge.place], &sought, is_scoped, list).await?;
        }
        Ok(())
    }

    /// Finds those rows of `chunk` that are still there, or still not masked, though they were erased.
    pub(super) async fn find_remaining(
        &self,
        chunk: &Chunked,
        salt: &[u8; 32],
        list: &mut WorkList<'_>,
    ) -> Result<(), Stopped> {
        let Some(node) = self.graph.nodes.get(chunk.kind.node).filter(|_| chunk.kind.is_to_do) else { return Ok(()) };
        let masks = match &node.action {
            Action::Mask(masks) => Some(masks.as_slice()),
            _ => None,
        };
        let keys: Vec<&Key> = chunk.rows.iter().map(|row| &row.key).collect();
        let slice = Slice { table: &node.table, primary_key: &node.primary_key, masks, salt, keys: &keys };
        let remaining: HashSet<Key> = self.store.remaining(self.catalog, slice).await?.into_iter().collect();
        for row in chunk.rows.iter().filter(|row| remaining.contains(&row.key)) {
            list.push(chunk.kind, row.clone(), false);
        }
        Ok(())
    }

    fn own_nodes(&self) -> impl Iterator<Item = (NodeNo, &Node)> {
        self.graph.nodes.iter().enumerate().filter(|(_, node)| node.store == self.store_no)
    }

    /// Finds rows of `node` and adds them to `list`. `is_scoped`: the way here leads only to rows of
    /// the request's bots.
    async fn find(
        &self,
        no: NodeNo,
        node: &Node,
        places: &[&Place],
        sought: &[Sought],
        is_scoped: bool,
        list: &mut WorkList<'_>,
    ) -> Result<(), Stopped> {
        if sought.is_empty() {
            return Ok(());
        }
        let bots = node.bot.as_deref().zip(self.bots);
        let is_scoped = is_scoped || bots.is_some();
        let search = Search {
            table: &node.table,
            primary_key: &node.primary_key,
            carried: &node.carried,
            places,
            sought,
            bots,
            unmasked: None,
        };
        match &node.action {
            Action::Delete => self.collect(search, no, is_scoped, is_scoped, !is_scoped, list).await,
            Action::Pass => self.collect(search, no, is_scoped, false, false, list).await,
            Action::Mask(masks) => {
                let left = Search { unmasked: Some(masks), ..search.clone() };
                self.collect(left, no, is_scoped, is_scoped, !is_scoped, list).await?;
                // Rows with nothing left to mask may still lead to others.
                if node.edges.is_empty() {
                    Ok(())
                } else {
                    self.collect(search, no, is_scoped, false, false, list).await
                }
            }
        }
    }

    async fn collect(
        &self,
        search: Search<'_>,
        node: NodeNo,
        is_scoped: bool,
        is_to_do: bool,
        is_left_out: bool,
        list: &mut WorkList<'_>,
    ) -> Result<(), Stopped> {
        let kind = Kind { node, is_scoped, is_to_do };
        let mut found = self.store.find(self.catalog, search);
        while let Some(row) = found.try_next().await? {
            list.push(kind, row, is_left_out);
            list.breathe().await?;
        }
        Ok(())
    }
}

/// The value of `row` that `edge` starts from.
fn value_of<'r>(from: &Node, edge: &Edge, row: &'r crate::stores::Found) -> Option<&'r String> {
    if let Some(place) = from.primary_key.iter().position(|column| *column == edge.column) {
        return row.key.get(place);
    }
    let place = from.carried.iter().position(|column| *column == edge.column)?;
    row.carried.get(place)?.as_ref()
}
