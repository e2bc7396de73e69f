use std::collections::BTreeSet;

use proptest::prelude::*;
use rolecall_erasure::{
    catalog::{Catalog, ForeignKey, OnDelete, Table},
    check::erasing_order,
    graph::{Action, Graph, Mask, Masking, Node},
};

use crate::schema::catalog;

fn node(name: &str, action: Action) -> Node {
    Node {
        name: format!("d.{name}"),
        table: name.to_owned(),
        store: 0,
        primary_key: vec!["id".to_owned()],
        action,
        entries: Vec::new(),
        edges: Vec::new(),
        bot: None,
        carried: Vec::new(),
        erase_after: Vec::new(),
        is_bot_scoped: false,
    }
}

fn masked() -> Action {
    Action::Mask(vec![Mask { column: "name".to_owned(), how: Masking::Null, max_length: None }])
}

fn graph(nodes: Vec<Node>) -> Graph {
    Graph { nodes, store_order: vec![0] }
}

/// The tables in the order they are erased in, or the circles that forbid one.
fn order(graph: &Graph, schema: &str) -> Result<Vec<String>, Vec<String>> {
    match erasing_order(graph, 0, &catalog(schema)) {
        Ok(order) => Ok(order.into_iter().map(|no| graph.nodes[no].table.clone()).collect()),
        Err(findings) => {
            Err(findings.into_iter().map(|finding| format!("{} {}", finding.code, finding.detail)).collect())
        }
    }
}

#[test]
fn rows_go_before_those_they_refer_to() {
    let all = graph(vec![
        node("a", Action::Delete),
        node("b", masked()),
        node("c", Action::Delete),
        node("d", Action::Pass),
        node("e", Action::Delete),
    ]);
    let schema = "
        table a
          id integer key
        table b
          id integer key
          a integer index -> a.id
        table c
          id integer key
          b integer index -> b.id
          self integer null index -> c.id
        table between
          id integer key
          a integer index -> a.id cascade
        table e
          id integer key
          between integer index -> between.id";
    assert_eq!(order(&all, schema), Ok(["b", "c", "e", "a"].map(str::to_owned).to_vec()));
}

#[test]
fn a_wish_in_the_map_is_obeyed() {
    let mut all = graph(vec![node("a", Action::Delete), node("b", Action::Delete), node("c", masked())]);
    all.nodes[0].erase_after = vec![2];
    all.nodes[2].erase_after = vec![1];
    assert_eq!(order(&all, ""), Ok(["b", "c", "a"].map(str::to_owned).to_vec()));
}

#[test]
fn a_circle_is_broken_where_the_database_takes_care_of_it() {
    let all = graph(vec![node("a", Action::Delete), node("b", Action::Delete), node("c", Action::Delete)]);
    let schema = |on_delete: &str| {
        format!(
            "
        table a
          id integer key
          b integer null index -> b.id{on_delete}
        table b
          id integer key
          a integer null index -> a.id
        table c
          id integer key
          a integer null index -> a.id"
        )
    };
    assert_eq!(order(&all, &schema(" set_null")), Ok(["c", "b", "a"].map(str::to_owned).to_vec()));
    assert_eq!(order(&all, &schema(" cascade")), Ok(["c", "b", "a"].map(str::to_owned).to_vec()));
    insta::assert_snapshot!(order(&all, &schema("")).expect_err("a circle").join("\n"));
}

const ON_DELETE: [OnDelete; 3] = [OnDelete::Refuse, OnDelete::Cascade, OnDelete::SetNull];
const N_TABLES: usize = 8;

/// A table for each number, and foreign keys from the first of a pair to the second.
fn keyed(keys: &[(usize, usize, OnDelete)]) -> Catalog {
    let mut catalog = Catalog::default();
    for no in 0..N_TABLES {
        let own = keys.iter().filter(|(from, ..)| *from == no).map(|(_, to, on_delete)| ForeignKey {
            name: String::new(),
            columns: vec![format!("to_{to}")],
            table: format!("t{to}"),
            referred: vec!["id".to_owned()],
            on_delete: *on_delete,
        });
        let table = Table { is_table: true, foreign_keys: own.collect(), ..Table::default() };
        catalog.tables.insert(format!("t{no}"), table);
    }
    catalog
}

fn keys() -> impl Strategy<Value = Vec<(usize, usize, OnDelete)>> {
    prop::collection::vec((0..N_TABLES, 0..N_TABLES, prop::sample::select(&ON_DELETE[..])), 0..20)
}

/// Graphs of the first few tables; the rest are outside the map.
fn graphs() -> impl Strategy<Value = Graph> {
    let actions =
        prop::collection::vec(prop::sample::select(vec![Action::Delete, masked(), Action::Pass]), 0..=N_TABLES);
    actions.prop_map(|actions| {
        graph(actions.into_iter().enumerate().map(|(no, action)| node(&format!("t{no}"), action)).collect())
    })
}

proptest! {
    #[test]
    fn every_collection_has_its_turn_after_those_that_refer_to_it(graph in graphs(), keys in keys()) {
        // Keys from higher to lower numbers only: there is no circle.
        let keys: Vec<_> = keys.into_iter().filter(|(from, to, _)| from > to).collect();
        let order = erasing_order(&graph, 0, &keyed(&keys)).expect("an order");
        let erased = graph.nodes.iter().enumerate().filter(|(_, node)| node.action != Action::Pass);
        prop_assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), erased.map(|(no, _)| no).collect());
        let at = |no: &usize| order.iter().position(|other| other == no);
        for (from, to, _) in &keys {
            if graph.nodes.get(*to).is_some_and(|node| node.action == Action::Delete) && at(from).is_some() {
                prop_assert!(at(from) < at(to), "{from} before {to} in {order:?}");
            }
        }
    }

    #[test]
    fn an_order_breaks_no_key_that_refuses_and_a_circle_is_one(graph in graphs(), keys in keys()) {
        let catalog = keyed(&keys);
        let refusing: Vec<_> = keys.iter().filter(|(from, to, on_delete)| from != to && *on_delete == OnDelete::Refuse).collect();
        match erasing_order(&graph, 0, &catalog) {
            Ok(order) => {
                prop_assert_eq!(erasing_order(&graph, 0, &catalog), Ok(order.clone()));
                let at = |no: &usize| order.iter().position(|other| other == no);
                for (from, to, _) in refusing {
                    if graph.nodes.get(*to).is_some_and(|node| node.action == Action::Delete) && at(from).is_some() {
                        prop_assert!(at(from) < at(to), "{from} before {to} in {order:?}");
                    }
                }
            }
            Err(circles) => {
                prop_assert!(circles.iter().all(|circle| circle.code == "fk_cycle"));
                // Leaving out the tables nobody refers to, again and again, leaves the circles.
                let mut left: BTreeSet<usize> = (0..N_TABLES).collect();
                while let Some(free) = left.iter().copied().find(|no| {
                    !refusing.iter().any(|(from, to, _)| to == no && left.contains(from))
                }) {
                    left.remove(&free);
                }
                prop_assert!(!left.is_empty());
            }
        }
    }
}
