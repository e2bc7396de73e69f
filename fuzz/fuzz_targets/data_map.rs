//! Data maps: any text is read or refused, in the same way each time, and what is read holds
//! together.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rolecall_erasure::map::parse;

fuzz_target!(|text: &str| {
    let map = match parse(text) {
        Ok(map) => map,
        Err(problems) => return assert_eq!(parse(text).expect_err("the same problems"), problems),
    };
    let n_nodes = map.graph.nodes.len();
    for node in &map.graph.nodes {
        assert!(node.store < map.stores.len() && !node.primary_key.is_empty(), "{node:?}");
        assert!(node.erase_after.iter().all(|no| *no < n_nodes), "{node:?}");
        for edge in &node.edges {
            assert!(edge.to < n_nodes, "{node:?}");
            assert!(node.primary_key.contains(&edge.column) || node.carried.contains(&edge.column), "{node:?}");
        }
    }
    let mut stores = map.graph.store_order.clone();
    stores.sort_unstable();
    assert!(stores.into_iter().eq(0..map.stores.len()), "{:?}", map.graph.store_order);
    assert_eq!(format!("{:?}", parse(text).expect("the same map")), format!("{map:?}"));
});
