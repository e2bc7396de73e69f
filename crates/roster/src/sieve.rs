//! Sieves: a few bits that say of a chunk of users what surely none of them has, so that a search
//! passes over most chunks without looking into them.

use crate::ints::low_half;

/// The 64-bit words of the largest sieve.
const MAX_WORDS: usize = 32;
/// The bits of the largest sieve.
const MAX_BITS: u32 = 2_048;

/// What a chunk may have: one bit for many things, never a bit missing.
#[derive(Clone, Debug)]
pub(crate) struct Sieve(Box<[u64]>);

/// What is sought, in the form of each size of sieve.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mask {
    sizes: Vec<Vec<u64>>,
}

/// The bit of a role on a bot.
pub(crate) fn pair_bit(bot: u32, role: u32) -> u32 {
    let mixed = (u64::from(bot) << 32 | u64::from(role)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The upper bits of a product depend on all bits of its factors.
    low_half(mixed >> 40)
}

impl Sieve {
    /// The sieve of these bits, as small as leaves it mostly empty.
    pub(crate) fn of(bits: impl Iterator<Item = u32>) -> Self {
        let mut words = words(bits);
        let n_set: usize = words.iter().map(|word| word.count_ones() as usize).sum();
        let mut n_words = MAX_WORDS;
        while n_words > 1 && n_set * 8 <= n_words * 64 {
            n_words /= 2;
            fold(&mut words, n_words);
        }
        Self(words.get(..n_words).unwrap_or_default().into())
    }

    /// Whether anything sought may be here.
    pub(crate) fn may_have(&self, mask: &Mask) -> bool {
        let sought = mask.sizes.get(self.0.len().trailing_zeros() as usize).map_or(&[][..], Vec::as_slice);
        self.0.iter().zip(sought).any(|(have, sought)| have & sought != 0)
    }

    pub(crate) fn size_bytes(&self) -> usize {
        self.0.len() * 8
    }
}

impl Mask {
    /// What is sought: anything with one of these bits.
    pub(crate) fn of(bits: impl Iterator<Item = u32>) -> Self {
        let mut words = words(bits);
        let mut sizes = vec![words.to_vec()];
        let mut n_words = MAX_WORDS;
        while n_words > 1 {
            n_words /= 2;
            fold(&mut words, n_words);
            sizes.push(words.get(..n_words).unwrap_or_default().to_vec());
        }
        sizes.reverse();
        Self { sizes }
    }
}

fn words(bits: impl Iterator<Item = u32>) -> [u64; MAX_WORDS] {
    let mut words = [0_u64; MAX_WORDS];
    for bit in bits {
        let bit = bit % MAX_BITS;
        if let Some(word) = words.get_mut(bit as usize / 64) {
            *word |= 1 << (bit % 64);
        }
    }
    words
}

/// Brings the first `2 * to` words together in the first `to`: bit n stands for bit n of both halves.
fn fold(words: &mut [u64; MAX_WORDS], to: usize) {
    if let Some((low, high)) = words.split_at_mut_checked(to) {
        low.iter_mut().zip(high).for_each(|(low, high)| *low |= *high);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sieve_never_denies_what_is_there(
            there in prop::collection::vec(any::<u32>(), 0..600),
            others in prop::collection::vec(any::<u32>(), 0..20),
            pick in any::<prop::sample::Index>(),
        ) {
            let sieve = Sieve::of(there.iter().copied());
            prop_assert!(!sieve.may_have(&Mask::of(std::iter::empty())));
            if !there.is_empty() {
                let sought = others.iter().chain([pick.get(&there)]);
                prop_assert!(sieve.may_have(&Mask::of(sought.copied())));
            }
        }
    }

    #[test]
    fn a_sieve_of_few_things_is_small_and_tells_them_from_others() {
        let sieve = Sieve::of([3, 70].into_iter());
        assert_eq!(sieve.size_bytes(), 8);
        assert!(sieve.may_have(&Mask::of(std::iter::once(3))));
        assert!(!sieve.may_have(&Mask::of(std::iter::once(4))));
    }
}
