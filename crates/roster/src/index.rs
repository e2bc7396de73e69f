//! From a key's hash to the numbers it may belong to: by id, by folded e-mail address.
//!
//! A table of small leaves, each shared between images until a key in it changes. A leaf has one
//! byte of each key's hash and the number; whoever looks up compares the key itself.

use std::{hash::BuildHasher, sync::Arc};

use crate::ints::{Column, low_half, size};

/// How many keys a leaf should have.
const LEAF: usize = 160;
/// How many leaves one branch has.
const BRANCH: usize = 64;

/// Hashes of keys, by a seed of this process: nobody outside can choose keys that collide.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hasher(foldhash::fast::RandomState);

impl Hasher {
    pub(crate) fn hash(&self, key: &[u8]) -> u32 {
        let hash = self.0.hash_one(key);
        low_half(hash ^ hash >> 32)
    }
}

/// An index of numbers by hash.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    branches: Arc<[Arc<[Leaf]>]>,
    /// How far a hash is shifted down to tell its leaf.
    shift: u32,
    len: usize,
}

/// The keys of some range of hashes.
#[derive(Clone, Debug)]
struct Leaf {
    bytes: Arc<[u8]>,
    numbers: Column,
    len: u32,
}

impl Leaf {
    fn of(entries: &[(u32, u32)]) -> Self {
        let mut bytes: Vec<u8> = entries.iter().map(|(hash, _)| fingerprint(*hash)).collect();
        let numbers: Vec<u32> = entries.iter().map(|(_, number)| *number).collect();
        let numbers = Column::pack(&mut bytes, &numbers);
        Self { bytes: crate::ints::finish(bytes).into(), numbers, len: size(entries.len()) }
    }

    fn candidates(&self, fingerprint: u8) -> impl Iterator<Item = u32> {
        let own = self.bytes.get(..self.len as usize).unwrap_or_default();
        let places = own.iter().enumerate().filter(move |(_, own)| **own == fingerprint);
        places.map(|(at, _)| self.numbers.get(&self.bytes, at))
    }
}

/// The byte of a hash that a leaf keeps: the lowest, as the highest tell the leaf.
fn fingerprint(hash: u32) -> u8 {
    hash.to_le_bytes()[0]
}

impl Index {
    /// The index of these pairs of hash and number, in any order.
    pub(crate) fn of(entries: Vec<(u32, u32)>) -> Self {
        let n_leaves = (entries.len() / LEAF).next_power_of_two().clamp(1, 1 << 24);
        let shift = 32 - n_leaves.trailing_zeros();
        let leaf_of = |hash: u32| hash.checked_shr(shift).unwrap_or(0) as usize;
        // A counting sort: how many keys each leaf has, where its keys begin, then the keys.
        let mut ends = vec![0_usize; n_leaves];
        for (hash, _) in &entries {
            if let Some(end) = ends.get_mut(leaf_of(*hash)) {
                *end += 1;
            }
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += std::mem::replace(end, sum);
        }
        let mut sorted = vec![(0, 0); entries.len()];
        for entry in &entries {
            if let Some(end) = ends.get_mut(leaf_of(entry.0)) {
                if let Some(place) = sorted.get_mut(*end) {
                    *place = *entry;
                }
                *end += 1;
            }
        }
        // Of a big account each of the two takes as much as all leaves.
        drop(entries);
        let mut from = 0;
        let leaves: Vec<Leaf> = ends
            .into_iter()
            .map(|end| Leaf::of(sorted.get(std::mem::replace(&mut from, end)..end).unwrap_or_default()))
            .collect();
        let branches = leaves.chunks(BRANCH).map(Arc::from).collect();
        Self { branches, shift, len: sorted.len() }
    }

    fn place(&self, hash: u32) -> (usize, usize) {
        let leaf = hash.checked_shr(self.shift).unwrap_or(0) as usize;
        (leaf / BRANCH, leaf % BRANCH)
    }

    /// The numbers that a key with this hash may belong to.
    pub(crate) fn candidates(&self, hash: u32) -> impl Iterator<Item = u32> {
        let (branch, leaf) = self.place(hash);
        let leaf = self.branches.get(branch).and_then(|leaves| leaves.get(leaf));
        leaf.into_iter().flat_map(move |leaf| leaf.candidates(fingerprint(hash)))
    }

    /// The index without the pairs `gone` and with the pairs `come`. Of pairs that are in both, one
    /// is there afterwards. Whether the index has become too small for its keys is told by
    /// [`Index::is_crowded`].
    pub(crate) fn change(&mut self, gone: &[(u32, u32)], come: &[(u32, u32)]) {
        let mut changes: Vec<(usize, usize, bool, (u32, u32))> = Vec::with_capacity(gone.len() + come.len());
        for (is_new, entries) in [(false, gone), (true, come)] {
            changes.extend(entries.iter().map(|entry| {
                let (branch, leaf) = self.place(entry.0);
                (branch, leaf, is_new, *entry)
            }));
        }
        changes.sort_unstable();
        let mut branches = self.branches.to_vec();
        for of_branch in changes.chunk_by(|a, b| a.0 == b.0) {
            let Some(branch) = of_branch.first().and_then(|(branch, ..)| branches.get_mut(*branch)) else { continue };
            let mut leaves = branch.to_vec();
            for of_leaf in of_branch.chunk_by(|a, b| a.1 == b.1) {
                let Some(leaf) = of_leaf.first().and_then(|(_, leaf, ..)| leaves.get_mut(*leaf)) else { continue };
                let own = leaf.bytes.get(..leaf.len as usize).unwrap_or_default();
                // Of a hash only the fingerprint is known here, and it is all that is kept.
                let mut entries: Vec<(u32, u32)> =
                    own.iter().zip(0..).map(|(own, at)| (u32::from(*own), leaf.numbers.get(&leaf.bytes, at))).collect();
                for (_, _, is_new, (hash, number)) in of_leaf {
                    let entry = (u32::from(fingerprint(*hash)), *number);
                    if *is_new {
                        entries.push(entry);
                    } else if let Some(at) = entries.iter().position(|own| *own == entry) {
                        entries.swap_remove(at);
                    }
                }
                self.len = self.len + entries.len() - leaf.len as usize;
                *leaf = Leaf::of(&entries);
            }
            *branch = leaves.into();
        }
        self.branches = branches.into();
    }

    /// Whether look-ups have become slow for the number of keys, so that it should be made again.
    pub(crate) fn is_crowded(&self) -> bool {
        let n_leaves: usize = self.branches.iter().map(|leaves| leaves.len()).sum();
        self.len > n_leaves * LEAF * 4
    }

    pub(crate) fn size_bytes(&self) -> usize {
        let leaves = self.branches.iter().flat_map(|leaves| leaves.iter());
        leaves.map(|leaf| size_of::<Leaf>() + 16 + leaf.bytes.len()).sum::<usize>() + self.branches.len() * 16
    }
}
