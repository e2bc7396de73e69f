//! What holds of any text.

use proptest::prelude::*;

use super::{parse, tests::CHAT};
use crate::graph::Action;

/// Lines of maps, right and wrong, to be put together at random.
const PIECES: [&str; 24] = [
    "stores: {s: {url: 'sqlite:x'}}\n",
    "dataset:\n",
    "  - fides_key: d\n    collections:\n",
    "  - fides_key: e\n    collections:\n",
    "      - name: a\n        fields:\n",
    "      - name: b\n        fides_meta: {masking_strategy_override: {strategy: delete}, erase_after: [d.a]}\n        fields:\n",
    "          - {name: id, fides_meta: {primary_key: true, identity: user_id}}\n",
    "          - {name: x, fides_meta: {references: [{dataset: d, field: a.id}]}}\n",
    "          - {name: y, fides_meta: {references: [{dataset: d, field: b.id, direction: from}]}}\n",
    "          - {name: z, fides_meta: {references: [{dataset: e, field: a.x, direction: to}]}}\n",
    "          - {name: w, data_categories: [user.name]}\n",
    "          - {name: v, data_categories: [user], fields: [{name: p, fides_meta: {identity: email}}]}\n",
    "          - {name: bot, rolecall_meta: {bot: true}}\n",
    "policy: {targets: [user.name]}\n",
    "policy: {strategy: preserve, settle: 1h}\n",
    "          - name: &a u\n",
    "          - *a\n",
    "  x: [\n",
    "}\n",
    "? ",
    "!!int ",
    "'",
    "\u{0}",
    "\u{85}",
];

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = parse(&text);
    }

    #[test]
    fn whatever_is_read_holds_together(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24)) {
        holds_together(&pieces.concat())?;
    }

    #[test]
    fn a_map_with_a_part_missing_or_twice_holds_together(at in 0..CHAT.len(), to in 0..CHAT.len(), from in 0..CHAT.len()) {
        let (start, end) = (at.min(to), at.max(to));
        holds_together(&format!("{}{}", &CHAT[..start], &CHAT[end..]))?;
        holds_together(&format!("{}{}{}", &CHAT[..from], &CHAT[start..end], &CHAT[from..]))?;
    }
}

fn holds_together(text: &str) -> Result<(), TestCaseError> {
    let Ok(map) = parse(text) else { return Ok(()) };
    let n_nodes = map.graph.nodes.len();
    let mut stores = map.graph.store_order.clone();
    for node in &map.graph.nodes {
        prop_assert!(node.store < map.stores.len() && !node.primary_key.is_empty());
        prop_assert!(node.erase_after.iter().all(|no| *no < n_nodes));
        for edge in &node.edges {
            prop_assert!(edge.to < n_nodes);
            prop_assert!(node.primary_key.contains(&edge.column) || node.carried.contains(&edge.column));
        }
        let at = |store| map.graph.store_order.iter().position(|other| *other == store);
        prop_assert!(node.edges.iter().all(|edge| at(node.store) <= at(map.graph.nodes[edge.to].store)));
        if let Action::Mask(masks) = &node.action {
            prop_assert!(!masks.is_empty());
        }
    }
    stores.sort_unstable();
    prop_assert_eq!(stores, (0..map.stores.len()).collect::<Vec<_>>());
    prop_assert_eq!(format!("{map:?}"), format!("{:?}", parse(text).expect("the same map")));
    Ok(())
}
