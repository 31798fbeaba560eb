//! Values by the numbers that a generation gives its stacks, or its strings.

use rustc_hash::FxHashMap;

/// Numbers below this are looked up in a list, others in a map.
const LISTED: u64 = 1 << 20;

/// A value for each stack, or string, that occurred in a generation.
#[derive(Clone, Debug)]
pub(super) struct ByNumber<T> {
    list: Vec<Option<T>>,
    /// Values for larger numbers: those of a damaged trace, or of single program counters
    /// in one of Go 1.5.
    others: FxHashMap<u64, T>,
}

impl<T> Default for ByNumber<T> {
    fn default() -> ByNumber<T> {
        ByNumber { list: Vec::new(), others: FxHashMap::default() }
    }
}

impl<T: Copy> ByNumber<T> {
    /// Returns the value for a number; none if none was kept.
    #[inline(always)]
    pub(super) fn get(&self, number: u64) -> Option<T> {
        match self.list.get(usize::try_from(number).unwrap_or(usize::MAX)) {
            Some(&known) => known,
            None => self.other(number),
        }
    }

    #[inline(never)]
    fn other(&self, number: u64) -> Option<T> {
        self.others.get(&number).copied()
    }

    pub(super) fn insert(&mut self, number: u64, value: T) {
        if number >= LISTED {
            self.others.insert(number, value);
            return;
        }
        let at = number as usize;
        if self.list.len() <= at {
            self.list.resize(at + 1, None);
        }
        if let Some(place) = self.list.get_mut(at) {
            *place = Some(value);
        }
    }

    /// Forgets all values, as another generation begins.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.others.clear();
    }
}
