//! What a search is for, and the places of those who have it.

use crate::sieve::{Mask, pair_bit};

/// What a user must have to be found: one of these roles on this bot, or one of these groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought {
    pub(crate) bot: u32,
    pub(crate) roles: Bits,
    pub(crate) groups: Bits,
    /// The same in the form of sieves.
    pub(crate) held_mask: Mask,
    pub(crate) joined_mask: Mask,
}

impl Sought {
    pub(crate) fn new(bot: u32, roles: Bits, groups: Bits) -> Self {
        let held_mask = Mask::of(ones(&roles.0).map(|role| pair_bit(bot, role)));
        let joined_mask = Mask::of(ones(&groups.0));
        Self { bot, roles, groups, held_mask, joined_mask }
    }
}

/// A set of slots.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn has(&self, slot: u32) -> bool {
        self.0.get(slot as usize / 64).is_some_and(|word| word & 1 << (slot % 64) != 0)
    }
}

impl FromIterator<u32> for Bits {
    fn from_iter<I: IntoIterator<Item = u32>>(slots: I) -> Self {
        let mut words: Vec<u64> = Vec::new();
        for slot in slots {
            let word = slot as usize / 64;
            if words.len() <= word {
                words.resize(word + 1, 0);
            }
            if let Some(word) = words.get_mut(word) {
                *word |= 1 << (slot % 64);
            }
        }
        Self(words)
    }
}

/// The slots whose bits are set.
pub(crate) fn ones(words: &[u64]) -> impl Iterator<Item = u32> {
    let of_word = |(word, at): (&u64, u32)| {
        let word = *word;
        (0..64).filter(move |bit| word & 1 << bit != 0).map(move |bit| at * 64 + bit)
    };
    words.iter().zip(0..).flat_map(of_word)
}
