//! Whether what is found belongs to the person, and only to the person.

use rolecall_model::erasure::Identity;

use super::{Checked, place_of};
use crate::graph::{Action, Node, NodeNo};

impl Checked<'_> {
    /// What the map alone says of the ways into a collection.
    pub(super) fn ways(&mut self, no: NodeNo, node: &Node) {
        if node.action != Action::Pass && !node.is_bot_scoped {
            let detail = "A request for some bots only cannot tell whose rows these are, leaves them, and answers partial: \
                          mark the field with the bot's id with rolecall_meta: {bot: true}, if there is one.";
            self.warn("not_bot_scoped", &node.name, detail);
        }
        let has = |identity| node.entries.iter().any(|entry| entry.identity == identity);
        match (has(Identity::ChannelUserId), has(Identity::ChannelId)) {
            (true, false) => {
                let detail = "There is a channel_user_id but no channel_id: a request that names a channel and an id on it \
                              does not look here, for the same id on another channel may be somebody else.";
                self.warn("channel_pair", &node.name, detail);
            }
            (false, true) => {
                let detail = "There is a channel_id but no channel_user_id: nobody is found by a channel alone.";
                self.warn("channel_pair", &node.name, detail);
            }
            _ => {}
        }
        self.shared_rows(no, node);
    }

    fn shared_rows(&mut self, no: NodeNo, node: &Node) {
        let word = match node.action {
            Action::Delete => "deleted",
            Action::Mask(_) => "masked",
            Action::Pass => return,
        };
        for from in &self.map.graph.nodes {
            for edge in from.edges.iter().filter(|edge| edge.to == no && !edge.is_owning) {
                let column = std::slice::from_ref(&edge.column);
                if self.table_of(from).is_some_and(|table| table.is_unique(column)) {
                    continue;
                }
                let detail = format!(
                    "Several rows of {0} can lead to one row of {1}, which may belong to other people as well, and is \
                     {word} with the first of them: if rows are shared, give the reference of {0}.{2} the other direction.",
                    from.name, node.name, edge.column
                );
                self.warn("shared_rows", place_of(from, &edge.column), detail);
            }
        }
    }
}
