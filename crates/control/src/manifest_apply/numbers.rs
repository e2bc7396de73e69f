//! What a manifest has listed, in little memory: a bit for each user, eight bytes for each fact.

use std::{collections::HashMap, hash::Hash};

/// A set of the small numbers an account gives its things: a bit each, up to the largest.
#[derive(Debug, Default)]
pub(super) struct Numbers(Vec<u64>);

impl Numbers {
    /// Adds a number; false if it was there.
    pub(super) fn insert(&mut self, no: i64) -> bool {
        let (word, bit) = place(no);
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        let Some(word) = self.0.get_mut(word) else { return false };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }

    pub(super) fn contains(&self, no: i64) -> bool {
        let (word, bit) = place(no);
        self.0.get(word).is_some_and(|word| word & bit != 0)
    }
}

fn place(no: i64) -> (usize, u64) {
    let no = usize::try_from(no).unwrap_or_default();
    (no / 64, 1 << (no % 64))
}

/// Which members or holders are listed with each of some `K`: groups, or roles on bots.
#[derive(Debug)]
pub(super) struct Facts<K> {
    slots: HashMap<K, u64>,
    /// A slot in the upper 24 bits, a number in the lower 40.
    packed: Vec<u64>,
    is_sorted: bool,
}

const NO_BITS: u32 = 40;

impl<K: Eq + Hash> Facts<K> {
    pub(super) fn new() -> Self {
        Self { slots: HashMap::new(), packed: Vec::new(), is_sorted: true }
    }

    pub(super) fn insert(&mut self, of: K, no: i64) {
        let next = self.slots.len() as u64;
        let slot = *self.slots.entry(of).or_insert(next);
        self.packed.push(fact(slot, no));
        self.is_sorted = false;
    }

    /// Whether it was inserted.
    pub(super) fn contains(&mut self, of: &K, no: i64) -> bool {
        if !self.is_sorted {
            self.packed.sort_unstable();
            self.packed.dedup();
            self.is_sorted = true;
        }
        self.slots.get(of).is_some_and(|slot| self.packed.binary_search(&fact(*slot, no)).is_ok())
    }
}

fn fact(slot: u64, no: i64) -> u64 {
    slot << NO_BITS | no.unsigned_abs() & ((1 << NO_BITS) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_new_once() {
        let mut numbers = Numbers::default();
        for no in [0, 1, 63, 64, 1_000_000] {
            assert!(!numbers.contains(no));
            assert!(numbers.insert(no));
            assert!(!numbers.insert(no));
            assert!(numbers.contains(no));
        }
        assert!(!numbers.contains(65) && !numbers.contains(9_000_000));
        assert!(numbers.0.len() <= 1_000_000 / 64 + 1);
    }

    #[test]
    fn a_fact_is_of_the_one_it_was_listed_with() {
        let mut facts = Facts::new();
        facts.insert("a", 7);
        facts.insert("b", 3);
        assert!(facts.contains(&"a", 7) && facts.contains(&"b", 3));
        assert!(!facts.contains(&"a", 3) && !facts.contains(&"c", 7));
        facts.insert("c", 7);
        facts.insert("a", 1);
        assert!(facts.contains(&"c", 7) && facts.contains(&"a", 1) && facts.contains(&"a", 7));
    }
}
