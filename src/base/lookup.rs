//! Search for values by their hash, where the values are kept in a list of their own.

/// Index of no value.
const VACANT: u32 = u32::MAX;

/// Indexes of values by the hashes of those: a hash table that takes some 6 bytes for a value,
/// since it holds neither the values nor their hashes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lookup {
    /// A power of two of places, at most three quarters of them in use; or none.
    places: Vec<u32>,
    used: usize,
}

impl Lookup {
    /// Returns the index of the value with a hash for which `is` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.from(hash).take_while(|&index| index != VACANT).find(|&index| is(index))
    }

    /// Returns the places from that of a hash on, as often as there are places.
    #[inline]
    fn from(&self, hash: u64) -> impl Iterator<Item = u32> + '_ {
        let first = self.first(hash);
        let (before, behind) = self.places.split_at(first.min(self.places.len()));
        behind.iter().chain(before).copied()
    }

    /// Returns the first place to look for a hash. Its upper bits are the best mixed ones.
    #[inline]
    fn first(&self, hash: u64) -> usize {
        const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
        let bits = self.places.len().trailing_zeros();
        (hash.wrapping_mul(ODD) >> 1 >> (u64::BITS - 1 - bits.min(u64::BITS - 1))) as usize
    }

    /// Adds an index, which is not [`u32::MAX`], of a value that is not there; `hash_of` returns
    /// the hashes of those that are.
    pub(crate) fn insert(&mut self, hash: u64, index: u32, hash_of: impl Fn(u32) -> u64) {
        if (self.used + 1) * 4 > self.places.len() * 3 {
            let places = vec![VACANT; (self.places.len() * 2).max(16)];
            let old = std::mem::replace(&mut self.places, places);
            old.into_iter().filter(|&index| index != VACANT).for_each(|index| self.put(hash_of(index), index));
        }
        self.put(hash, index);
        self.used += 1;
    }

    fn put(&mut self, hash: u64, index: u32) {
        let first = self.first(hash).min(self.places.len());
        let (before, behind) = self.places.split_at_mut(first);
        if let Some(place) = behind.iter_mut().chain(before).find(|place| **place == VACANT) {
            *place = index;
        }
    }

    /// Returns the number of bytes that it takes.
    pub(crate) fn size(&self) -> usize {
        self.places.len() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Finds what was added, whatever the hashes, and nothing else.
        #[test]
        fn finds_what_was_added(values in prop::collection::hash_set(0u32..500, 0..200), bits in 0u32..64) {
            let hash = |value: u32| u64::from(value).wrapping_mul(0x0123_4567_89ab_cdef) >> bits;
            let values: Vec<u32> = values.into_iter().collect();
            let mut lookup = Lookup::default();
            for (index, &value) in (0..).zip(&values) {
                prop_assert_eq!(lookup.find(hash(value), |at| values[at as usize] == value), None);
                lookup.insert(hash(value), index, |at| hash(values[at as usize]));
            }
            for value in 0..500 {
                let want = values.iter().position(|known| *known == value).map(|at| at as u32);
                prop_assert_eq!(lookup.find(hash(value), |at| values[at as usize] == value), want);
            }
        }
    }
}
