//! Columns of whole numbers, each number in as few bytes as the column's largest needs.

/// Room behind the last column, so that a number is read as eight bytes wherever it stands.
const PADDING: usize = 8;

/// A column of numbers somewhere in a buffer. It does not know how long it is: who packed it does.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Column {
    at: u32,
    /// The smallest number; the others are told by how far they are above it.
    base: u32,
    width: u8,
}

impl Column {
    /// Packs `values` at the end of `buffer`.
    pub(crate) fn pack(buffer: &mut Vec<u8>, values: &[u32]) -> Self {
        let base = values.iter().copied().min().unwrap_or(0);
        let width = match values.iter().fold(0, |all, value| all | (value - base)) {
            0 => 0,
            1..0x100 => 1,
            0x100..0x1_0000 => 2,
            0x1_0000..0x100_0000 => 3,
            _ => 4,
        };
        let column = Self { at: size(buffer.len()), base, width };
        let from = buffer.len();
        buffer.resize(from + values.len() * usize::from(width), 0);
        let room = buffer.get_mut(from..).unwrap_or_default();
        let values = values.iter().map(|value| (value - base).to_le_bytes());
        match width {
            0 => {}
            1 => room.iter_mut().zip(values).for_each(|(place, [a, ..])| *place = a),
            2 => room.as_chunks_mut().0.iter_mut().zip(values).for_each(|(place, [a, b, ..])| *place = [a, b]),
            3 => room.as_chunks_mut().0.iter_mut().zip(values).for_each(|(place, [a, b, c, _])| *place = [a, b, c]),
            _ => room.as_chunks_mut().0.iter_mut().zip(values).for_each(|(place, value)| *place = value),
        }
        column
    }

    /// Whether all its numbers are 0.
    pub(crate) fn is_zero(self) -> bool {
        self.width == 0 && self.base == 0
    }

    /// Number `index`.
    pub(crate) fn get(self, buffer: &[u8], index: usize) -> u32 {
        let from = self.at as usize + index * usize::from(self.width);
        let window = buffer.get(from..).and_then(|rest| rest.first_chunk::<4>());
        let mask = u32::MAX.checked_shr(32 - 8 * u32::from(self.width)).unwrap_or(0);
        self.base.wrapping_add(window.map_or(0, |window| u32::from_le_bytes(*window) & mask))
    }

    /// The first `n` numbers, added to `values`.
    pub(crate) fn unpack(self, buffer: &[u8], n: usize, values: &mut Vec<u32>) {
        let from = self.at as usize;
        let bytes = buffer.get(from..from + n * usize::from(self.width)).unwrap_or_default();
        let base = self.base;
        match self.width {
            0 => values.extend(std::iter::repeat_n(base, n)),
            1 => values.extend(bytes.iter().map(|byte| base + u32::from(*byte))),
            2 => values.extend(bytes.as_chunks::<2>().0.iter().map(|two| base + u32::from(u16::from_le_bytes(*two)))),
            3 => values
                .extend(bytes.as_chunks::<3>().0.iter().map(|[a, b, c]| base + u32::from_le_bytes([*a, *b, *c, 0]))),
            _ => values.extend(bytes.as_chunks::<4>().0.iter().map(|four| base + u32::from_le_bytes(*four))),
        }
    }

    /// Calls `tell` with the places of those of the first `n` numbers that are `wanted`, in order.
    pub(crate) fn each_equal(self, buffer: &[u8], n: usize, wanted: u32, mut tell: impl FnMut(usize)) {
        if self.width != 1 {
            return (0..n).filter(|index| self.get(buffer, *index) == wanted).for_each(tell);
        }
        let Some(Ok(wanted)) = wanted.checked_sub(self.base).map(u8::try_from) else { return };
        let from = self.at as usize;
        let bytes = buffer.get(from..from + n).unwrap_or_default();
        for (at, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == wanted) {
            tell(at);
        }
    }

    /// The sum of the first `n` numbers.
    pub(crate) fn sum(self, buffer: &[u8], n: usize) -> usize {
        let base = self.base as usize * n;
        match self.width {
            0 => base,
            1 => {
                let from = self.at as usize;
                let bytes = buffer.get(from..from + n).unwrap_or_default();
                base + bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>()
            }
            _ => (0..n).map(|index| self.get(buffer, index) as usize).sum(),
        }
    }
}

/// Ends a buffer of columns.
pub(crate) fn finish(mut buffer: Vec<u8>) -> Box<[u8]> {
    buffer.extend([0; PADDING]);
    buffer.into_boxed_slice()
}

/// A count of what is in memory as 32 bits. Nothing here has four billion of anything: the counter
/// that gives out an account's numbers would need thousands of years.
pub(crate) fn size(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The lower 32 bits of a number.
pub(crate) fn low_half(number: u64) -> u32 {
    let [a, b, c, d, ..] = number.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_is_read_back(
            columns in prop::collection::vec((prop::collection::vec(any::<u32>(), 0..20), 0_u32..33), 1..5)
        ) {
            let columns: Vec<Vec<u32>> = columns
                .into_iter()
                .map(|(values, bits)| values.into_iter().map(|value| value.checked_shr(bits).unwrap_or(0)).collect())
                .collect();
            let mut buffer = Vec::new();
            let packed: Vec<Column> = columns.iter().map(|values| Column::pack(&mut buffer, values)).collect();
            let buffer = finish(buffer);
            for (column, values) in packed.iter().zip(&columns) {
                let one_by_one: Vec<u32> = (0..values.len()).map(|index| column.get(&buffer, index)).collect();
                prop_assert_eq!(&one_by_one, values);
                let mut at_once = Vec::new();
                column.unpack(&buffer, values.len(), &mut at_once);
                prop_assert_eq!(&at_once, values);
                if let Some(wanted) = values.first() {
                    let mut equal = Vec::new();
                    column.each_equal(&buffer, values.len(), *wanted, |at| equal.push(at));
                    let places = values.iter().enumerate().filter(|(_, value)| *value == wanted).map(|(at, _)| at);
                    prop_assert_eq!(equal, places.collect::<Vec<_>>());
                }
                let sum: usize = values.iter().map(|value| *value as usize).sum();
                prop_assert_eq!(column.sum(&buffer, values.len()), sum);
            }
        }
    }
}
