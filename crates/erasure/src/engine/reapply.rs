//! After a restore: who of those that were erased is there again.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use rolecall_model::{
    erasure::{Identity, Subject},
    ids::AccountNo,
};
use rolecall_store::{Meter, accounts, erasures::SubjectHasher};

use super::{Engine, Error, part::plan_against};
use crate::{
    graph::{Node, Place},
    stores::StoreError,
};

impl Engine {
    /// Those whose hash is one of `hashes` and who have data in the account's stores: every identifier
    /// of every store is read and hashed, and kept only if the ledger knows it.
    ///
    /// Errors: [`Error::NoMap`] without a data map, [`Error::Foreign`] if a store cannot be asked.
    pub async fn find_again(&self, account: AccountNo, hashes: &BTreeSet<String>) -> Result<Vec<Subject>, Error> {
        let mut tx = self.core.db.glance(&Meter::default()).await?;
        let account_id = accounts::get(&mut tx, account).await?.id;
        drop(tx);
        let under_key = SubjectHasher::new(&self.core, &account_id);
        let (_, map) = self.map(account, &account_id, 0).await?.ok_or(Error::NoMap)?;
        let mut found = BTreeSet::new();
        let mut subjects = Vec::new();
        for (store_no, entry) in map.stores.iter().enumerate() {
            let foreign = |error: StoreError| Error::Foreign { store: entry.name.clone(), error };
            let store = self.store(account, &map, store_no).await.map_err(foreign)?;
            let Ok((catalog, _)) = plan_against(&map, store_no, &*store).await.map_err(foreign)? else {
                return Err(Error::Broken("the data map does not fit its stores; see `rolecall datamap check`"));
            };
            for node in map.graph.nodes.iter().filter(|node| node.store == store_no) {
                for places in ways_in(node) {
                    let mut identifiers = store.identifiers(&catalog, &node.table, &places);
                    while let Some(values) = identifiers.try_next().await.map_err(foreign)? {
                        let Some(subject) = subject_of(values) else { continue };
                        let hash = under_key.hash(&subject);
                        if hashes.contains(&hash) && found.insert(hash) {
                            subjects.push(subject);
                        }
                    }
                }
            }
        }
        Ok(subjects)
    }
}

/// The places whose values make a subject: one identifier, or a channel's with its channel.
fn ways_in(node: &Node) -> Vec<Vec<&Place>> {
    let entries = |identity: Identity| node.entries.iter().filter(move |entry| entry.identity == identity);
    let single = node.entries.iter().filter(|entry| entry.identity != Identity::ChannelId);
    let pairs = entries(Identity::ChannelId)
        .flat_map(|channel| entries(Identity::ChannelUserId).map(move |user| vec![&channel.place, &user.place]));
    single.map(|entry| vec![&entry.place]).chain(pairs).collect()
}

fn subject_of(values: Vec<String>) -> Option<Subject> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (Some(channel_id), Some(channel_user_id)) => Some(Subject::Channel { channel_id, channel_user_id }),
        (Some(text), None) => Some(Subject::Plain(text)),
        _ => None,
    }
}
