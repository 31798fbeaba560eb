//! What the numbers of stacks and strings stand for, which each generation gives anew.

use rustc_hash::FxHashMap;

/// Lower numbers are looked up in a list.
const LISTED: u64 = 1 << 20;

/// Something of each stack, or string, of a generation that occurred in it.
#[derive(Clone, Debug)]
pub(super) struct ByNumber<T> {
    list: Vec<Option<T>>,
    /// Of larger numbers: in a bad trace, or of single program counters in one of
    /// Go 1.5.
    others: FxHashMap<u64, T>,
}

impl<T> Default for ByNumber<T> {
    fn default() -> ByNumber<T> {
        ByNumber { list: Vec::new(), others: FxHashMap::default() }
    }
}

impl<T: Copy> ByNumber<T> {
    /// What is known of a number.
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

    /// Another generation begins.
    pub(super) fn clear(&mut self) {
        self.list.clear();
        self.others.clear();
    }
}
