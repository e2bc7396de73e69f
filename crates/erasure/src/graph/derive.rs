//! What follows from the collections and the ways between them.

use std::collections::BTreeSet;

use super::{Graph, Node, NodeNo, StoreNo};

impl Graph {
    /// The graph of `nodes`, whose edges go between them and whose stores are below `n_stores`. Edges
    /// that are there twice are taken once. What
    /// follows from the rest is worked out here: [`super::Edge::is_owning`], [`Node::carried`],
    /// [`Node::is_bot_scoped`] and [`Graph::store_order`].
    ///
    /// Errors: the stores whose rows lead to each other in a circle, so that none of them can come
    /// first.
    pub fn derive(mut nodes: Vec<Node>, n_stores: usize) -> Result<Self, Vec<StoreNo>> {
        for node in &mut nodes {
            let mut known = BTreeSet::new();
            node.edges.retain(|edge| known.insert((edge.column.clone(), edge.to, edge.place.clone())));
            for edge in &mut node.edges {
                edge.is_owning = node.primary_key == [edge.column.as_str()];
            }
            let mut known: BTreeSet<&str> = node.primary_key.iter().map(String::as_str).collect();
            let sources = node.edges.iter().map(|edge| edge.column.as_str());
            node.carried = sources.filter(|column| known.insert(column)).map(str::to_owned).collect();
        }
        scope(&mut nodes);
        let store_order = store_order(&nodes, n_stores)?;
        Ok(Self { nodes, store_order })
    }

    /// Which collections a walk can come to: those with an entry, and all that edges lead to from
    /// there.
    pub fn reachable(&self) -> Vec<bool> {
        let mut is_reached: Vec<_> = self.nodes.iter().map(|node| !node.entries.is_empty()).collect();
        let mut open: Vec<NodeNo> = (0..self.nodes.len()).filter(|no| is_reached.get(*no) == Some(&true)).collect();
        while let Some(no) = open.pop() {
            for edge in self.nodes.get(no).map(|node| node.edges.as_slice()).unwrap_or_default() {
                if let Some(is_reached @ false) = is_reached.get_mut(edge.to) {
                    *is_reached = true;
                    open.push(edge.to);
                }
            }
        }
        is_reached
    }
}

/// Marks the collections whose rows can be told apart by bot.
///
/// Those without a column for it can if every way into them is an owning edge from such a collection:
/// a row found in another way may be of any bot.
fn scope(nodes: &mut [Node]) {
    let mut ways_in: Vec<Vec<(NodeNo, bool)>> = vec![Vec::new(); nodes.len()];
    for (from, node) in nodes.iter().enumerate() {
        for edge in &node.edges {
            if let Some(ways) = ways_in.get_mut(edge.to) {
                ways.push((from, edge.is_owning));
            }
        }
    }
    let mut is_scoped: Vec<_> = nodes.iter().map(|node| node.bot.is_some()).collect();
    let mut open: BTreeSet<NodeNo> = (0..nodes.len()).collect();
    while let Some(no) = open.pop_first() {
        let (Some(node), Some(ways)) = (nodes.get(no), ways_in.get(no)) else { continue };
        let is_led_to = node.entries.is_empty() && !ways.is_empty();
        let follows =
            is_led_to && ways.iter().all(|(from, is_owning)| *is_owning && is_scoped.get(*from) == Some(&true));
        if follows && let Some(is_scoped @ false) = is_scoped.get_mut(no) {
            *is_scoped = true;
            open.extend(node.edges.iter().map(|edge| edge.to));
        }
    }
    for (node, is_scoped) in nodes.iter_mut().zip(is_scoped) {
        node.is_bot_scoped = is_scoped;
    }
}

/// The stores, each after those whose rows lead into it; else by number.
fn store_order(nodes: &[Node], n_stores: usize) -> Result<Vec<StoreNo>, Vec<StoreNo>> {
    let mut ways: BTreeSet<(StoreNo, StoreNo)> = BTreeSet::new();
    for node in nodes {
        let stores = node.edges.iter().filter_map(|edge| nodes.get(edge.to)).map(|to| to.store);
        ways.extend(stores.filter(|to| *to != node.store).map(|to| (node.store, to)));
    }
    let mut left: BTreeSet<StoreNo> = (0..n_stores).collect();
    let mut order = Vec::new();
    while let Some(first) = left.iter().copied().find(|store| ways.iter().all(|(_, to)| to != store)) {
        left.remove(&first);
        ways.retain(|(from, _)| *from != first);
        order.push(first);
    }
    if left.is_empty() { Ok(order) } else { Err(left.into_iter().collect()) }
}
