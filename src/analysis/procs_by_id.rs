//! What an analysis knows of Ps.

use crate::ids::ProcId;
use rustc_hash::FxHashMap;

/// IDs below this are looked up in a list: those of nearly all.
const SMALL: u64 = 4096;

/// Something of some Ps.
#[derive(Clone, Debug)]
pub(crate) struct ByProc<T> {
    small: Vec<Option<T>>,
    others: FxHashMap<ProcId, T>,
    len: usize,
}

impl<T> Default for ByProc<T> {
    fn default() -> ByProc<T> {
        ByProc { small: Vec::new(), others: FxHashMap::default(), len: 0 }
    }
}

impl<T: Copy> ByProc<T> {
    /// What is known of one.
    #[inline]
    pub(crate) fn get(&self, id: ProcId) -> Option<T> {
        if id.0 < SMALL { self.small.get(id.0 as usize).copied().flatten() } else { self.others.get(&id).copied() }
    }

    /// Makes something known of one; returns what was before.
    #[inline]
    pub(crate) fn insert(&mut self, id: ProcId, value: T) -> Option<T> {
        let before = match self.small.get_mut(id.0 as usize) {
            Some(place) => place.replace(value),
            None => self.add(id, value),
        };
        self.len += usize::from(before.is_none());
        before
    }

    #[inline(never)]
    fn add(&mut self, id: ProcId, value: T) -> Option<T> {
        if id.0 >= SMALL {
            return self.others.insert(id, value);
        }
        self.small.resize(id.0 as usize + 1, None);
        self.small.get_mut(id.0 as usize)?.replace(value)
    }

    /// Forgets one.
    #[inline]
    pub(crate) fn remove(&mut self, id: ProcId) -> Option<T> {
        let before = match self.small.get_mut(id.0 as usize) {
            Some(place) => place.take(),
            None => self.others.remove(&id),
        };
        self.len -= usize::from(before.is_some());
        before
    }

    /// Of how many something is known.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// What is known of all.
    pub(crate) fn values(&self) -> impl Iterator<Item = T> + '_ {
        self.small.iter().copied().flatten().chain(self.others.values().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec((0u64..90, any::<bool>(), 0u64..1000), 1..300)) {
            let (mut table, mut model) = (ByProc::default(), BTreeMap::new());
            for (id, add, value) in steps {
                let id = ProcId(id * id);
                if add {
                    prop_assert_eq!(table.insert(id, value), model.insert(id, value));
                } else {
                    prop_assert_eq!(table.remove(id), model.remove(&id));
                }
                prop_assert_eq!((table.get(id), table.len()), (model.get(&id).copied(), model.len()));
            }
            let (mut all, mut want): (Vec<_>, Vec<_>) = (table.values().collect(), model.into_values().collect());
            all.sort_unstable();
            want.sort_unstable();
            prop_assert_eq!(all, want);
        }
    }
}
