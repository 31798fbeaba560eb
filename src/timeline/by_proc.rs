//! Values of some Ps, looked up by number.

use crate::base::ids::ProcId;
use rustc_hash::FxHashMap;

/// IDs below this are looked up in a list, others in a map. Nearly all are below.
const SMALL: u64 = 4096;

/// A value for each of some Ps.
#[derive(Clone, Debug)]
pub(crate) struct ByProc<T> {
    small: Vec<Option<T>>,
    others: FxHashMap<ProcId, T>,
}

impl<T> Default for ByProc<T> {
    fn default() -> ByProc<T> {
        ByProc { small: Vec::new(), others: FxHashMap::default() }
    }
}

impl<T: Copy> ByProc<T> {
    /// Returns the value of a P; none if none was kept.
    #[inline]
    pub(crate) fn get(&self, id: ProcId) -> Option<T> {
        if id.0 < SMALL { self.small.get(id.0 as usize).copied().flatten() } else { self.others.get(&id).copied() }
    }

    /// Keeps the value of a P; returns the value that was kept before.
    #[inline]
    pub(crate) fn insert(&mut self, id: ProcId, value: T) -> Option<T> {
        match self.small.get_mut(id.0 as usize) {
            Some(place) => place.replace(value),
            None => self.add(id, value),
        }
    }

    #[inline(never)]
    fn add(&mut self, id: ProcId, value: T) -> Option<T> {
        if id.0 >= SMALL {
            return self.others.insert(id, value);
        }
        self.small.resize(id.0 as usize + 1, None);
        self.small.get_mut(id.0 as usize)?.replace(value)
    }

    /// Removes the value of a P, and returns it.
    #[inline]
    pub(crate) fn remove(&mut self, id: ProcId) -> Option<T> {
        match self.small.get_mut(id.0 as usize) {
            Some(place) => place.take(),
            None => self.others.remove(&id),
        }
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
                prop_assert_eq!(table.get(id), model.get(&id).copied());
            }
        }
    }
}
