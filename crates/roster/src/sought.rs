//! What a search is for, and the places of those who have it.

use crate::sieve::{Mask, pair_bit};

/// What a user must have to be found: one of these roles on this bot (without one, on any or on the
/// account), or one of these groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sought {
    pub(crate) bot: Option<u32>,
    /// The bots it may be on, where it may be on any: one that is gone is none of them.
    pub(crate) bots: Bits,
    pub(crate) roles: Bits,
    pub(crate) groups: Bits,
    /// The same in the form of sieves.
    pub(crate) held_mask: Mask,
    pub(crate) joined_mask: Mask,
}

impl Sought {
    /// `pairs` are the bots and roles that are sought together, as far as anybody may have them.
    pub(crate) fn new(bot: Option<u32>, pairs: &[(u32, u32)], groups: Bits) -> Self {
        let held_mask = Mask::of(pairs.iter().map(|(bot, role)| pair_bit(*bot, *role)));
        let joined_mask = Mask::of(ones(&groups.0));
        let bots = pairs.iter().map(|(bot, _)| *bot).collect();
        let roles = pairs.iter().map(|(_, role)| *role).collect();
        Self { bot, bots, roles, groups, held_mask, joined_mask }
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
