//! In which order the collections of a store are erased.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    catalog::{Catalog, OnDelete},
    graph::{Action, Graph, NodeNo, StoreNo},
    map::{Finding, Severity},
};

/// The collections of `store` in which something is erased, in an order in which rows go before
/// those they refer to, and each collection after those of its [`erase_after`](crate::graph::Node::erase_after).
///
/// The order is the same each time. Foreign keys in a circle are followed as far as possible where
/// one of them cascades or sets NULL, for that one can be left.
///
/// Errors: for each circle of foreign keys and wishes that no order can serve, a finding that names
/// no store.
pub fn erasing_order(graph: &Graph, store: StoreNo, catalog: &Catalog) -> Result<Vec<NodeNo>, Vec<Finding>> {
    let mut waits = Waits::of(graph, store, catalog);
    let mut order = Vec::new();
    let mut circles = Vec::new();
    loop {
        while let Some(stop) = waits.free.pop_first() {
            waits.is_done(stop);
            if let Stop::Node(no) = stop
                && graph.nodes.get(no).is_some_and(|node| node.action != Action::Pass)
            {
                order.push(no);
            }
        }
        let Some(circle) = waits.circle() else { break };
        let rules = circle.iter().copied().zip(circle.iter().copied().cycle().skip(1));
        let loose = rules.clone().find(|(stop, before)| waits.strength(*stop, *before) == Some(Strength::Loose));
        if loose.is_none() {
            circles.push(finding(graph, &circle));
        }
        if let Some((stop, before)) = loose.or_else(|| rules.clone().next()) {
            waits.leave_out(stop, before);
        }
    }
    if circles.is_empty() { Ok(order) } else { Err(circles) }
}

/// What has its turn in an order: a collection, or a table outside the map that stands between two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stop<'a> {
    Node(NodeNo),
    Table(&'a str),
}

/// Whether an order can do without a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// The foreign key takes care of itself.
    Loose,
    /// Nothing goes without it.
    Firm,
}

/// Who waits for whom.
struct Waits<'a> {
    /// For each stop those before it, unless there are none.
    before: BTreeMap<Stop<'a>, BTreeMap<Stop<'a>, Strength>>,
    /// For each stop those that ever waited for it.
    after: BTreeMap<Stop<'a>, BTreeSet<Stop<'a>>>,
    /// Those that wait for nobody and had no turn yet.
    free: BTreeSet<Stop<'a>>,
}

impl<'a> Waits<'a> {
    fn of(graph: &'a Graph, store: StoreNo, catalog: &'a Catalog) -> Self {
        let nodes = || graph.nodes.iter().enumerate().filter(|(_, node)| node.store == store);
        let number: BTreeMap<&str, NodeNo> = nodes().map(|(no, node)| (node.table.as_str(), no)).collect();
        let stop_of = |table: &'a str| number.get(table).map_or(Stop::Table(table), |no| Stop::Node(*no));
        let mut waits = Self { before: BTreeMap::new(), after: BTreeMap::new(), free: BTreeSet::new() };
        waits.free.extend(nodes().map(|(no, _)| Stop::Node(no)));
        // Where rows stay, nobody has to go first.
        let going = going(graph, store, catalog);
        for (name, table) in &catalog.tables {
            let keys = table.foreign_keys.iter().filter(|key| key.table != *name);
            for key in keys.filter(|key| going.contains(key.table.as_str())) {
                let strength = if key.on_delete == OnDelete::Refuse { Strength::Firm } else { Strength::Loose };
                waits.free.extend([stop_of(name), stop_of(&key.table)]);
                waits.add(stop_of(&key.table), stop_of(name), strength);
            }
        }
        for (no, node) in nodes() {
            for before in &node.erase_after {
                waits.add(Stop::Node(no), Stop::Node(*before), Strength::Firm);
            }
        }
        waits.free.retain(|stop| !waits.before.contains_key(stop));
        waits
    }

    fn add(&mut self, stop: Stop<'a>, before: Stop<'a>, strength: Strength) {
        let known = self.before.entry(stop).or_default().entry(before).or_insert(strength);
        *known = strength.max(*known);
        self.after.entry(before).or_default().insert(stop);
    }

    fn strength(&self, stop: Stop<'a>, before: Stop<'a>) -> Option<Strength> {
        self.before.get(&stop)?.get(&before).copied()
    }

    fn is_done(&mut self, stop: Stop<'a>) {
        for after in self.after.remove(&stop).unwrap_or_default() {
            self.leave_out(after, stop);
        }
    }

    fn leave_out(&mut self, stop: Stop<'a>, before: Stop<'a>) {
        if let Some(all) = self.before.get_mut(&stop)
            && all.remove(&before).is_some()
            && all.is_empty()
        {
            self.before.remove(&stop);
            self.free.insert(stop);
        }
    }

    /// Stops each of which waits for the next, and the last for the first. To be asked when nobody
    /// is free: then everybody left waits for somebody who does, too.
    fn circle(&self) -> Option<Vec<Stop<'a>>> {
        let mut here = *self.before.first_key_value()?.0;
        let mut way = vec![here];
        loop {
            here = *self.before.get(&here)?.first_key_value()?.0;
            if let Some(start) = way.iter().position(|stop| *stop == here) {
                return Some(way.split_off(start));
            }
            way.push(here);
        }
    }
}

/// The tables of `store` whose rows are deleted: those the map says so of, and those whose rows go
/// with the ones they refer to.
pub(super) fn going<'a>(graph: &'a Graph, store: StoreNo, catalog: &'a Catalog) -> BTreeSet<&'a str> {
    let nodes = graph.nodes.iter().filter(|node| node.store == store && node.action == Action::Delete);
    let mut going: BTreeSet<&str> = nodes.map(|node| node.table.as_str()).collect();
    let mut open: Vec<&str> = going.iter().copied().collect();
    while let Some(gone) = open.pop() {
        for (name, table) in &catalog.tables {
            let mut keys = table.foreign_keys.iter().filter(|key| key.on_delete == OnDelete::Cascade);
            if keys.any(|key| key.table == gone) && going.insert(name) {
                open.push(name);
            }
        }
    }
    going
}

fn finding(graph: &Graph, circle: &[Stop<'_>]) -> Finding {
    let name = |stop: &Stop<'_>| match stop {
        Stop::Node(no) => graph.nodes.get(*no).map(|node| node.name.clone()).unwrap_or_default(),
        Stop::Table(name) => (*name).to_owned(),
    };
    let names: Vec<_> = circle.iter().map(name).collect();
    let detail = format!(
        "Each of {} has to be erased before another of them, by foreign keys or erase_after, so none can be the first: let \
         one of the foreign keys set NULL on delete, or drop an erase_after.",
        names.join(", ")
    );
    let place = names.into_iter().min().unwrap_or_default();
    Finding { severity: Severity::Error, code: "fk_cycle", store: None, place, detail }
}
