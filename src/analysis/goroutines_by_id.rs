//! What an analysis knows of the goroutines that exist.

use crate::ids::GoId;
use crate::paged::Paged;

/// Something of each goroutine that exists. Faster than a hash map, for
/// goroutines alive have numbers close together; memory follows what is alive.
#[derive(Clone, Debug)]
pub(crate) struct ByGo<T> {
    index: Paged<u32>,
    slots: Vec<(GoId, Option<T>)>,
    free: Vec<u32>,
}

impl<T> Default for ByGo<T> {
    fn default() -> ByGo<T> {
        ByGo { index: Paged::default(), slots: Vec::new(), free: Vec::new() }
    }
}

impl<T> ByGo<T> {
    /// What is known of one.
    #[inline]
    pub(crate) fn get_mut(&mut self, id: GoId) -> Option<&mut T> {
        let slot = self.index.get(id.0);
        self.slots.get_mut(slot as usize)?.1.as_mut()
    }

    /// What is known of one; what `new` makes, if nothing is yet.
    #[inline]
    pub(crate) fn get_or_insert_with(&mut self, id: GoId, new: impl FnOnce() -> T) -> &mut T {
        let known = self.index.get(id.0);
        let slot = if (known as usize) < self.slots.len() { known } else { self.add(id) };
        match self.slots.get_mut(slot as usize) {
            Some((_, value)) => value.get_or_insert_with(new),
            None => unreachable!("a slot was just made for it"),
        }
    }

    #[inline(never)]
    fn add(&mut self, id: GoId) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push((id, None));
            // There are fewer goroutines than bytes in the file, and of those 4 Gi at most.
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(place) = self.slots.get_mut(slot as usize) {
            *place = (id, None);
        }
        self.index.insert(id.0, slot);
        slot
    }

    /// What is known of one.
    #[inline]
    pub(crate) fn get(&mut self, id: GoId) -> Option<&T> {
        let slot = self.index.get(id.0);
        self.slots.get(slot as usize)?.1.as_ref()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Forgets one.
    pub(crate) fn remove(&mut self, id: GoId) -> Option<T> {
        let slot = self.index.get(id.0);
        let removed = self.slots.get_mut(slot as usize)?.1.take();
        self.index.remove(id.0);
        self.free.push(slot);
        removed
    }

    /// Those of which something is known, in order.
    pub(crate) fn ids(&self) -> Vec<GoId> {
        let mut ids: Vec<GoId> = self.slots.iter().filter(|(_, value)| value.is_some()).map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }

    /// All of them, by their numbers.
    pub(crate) fn drain(&mut self) -> Vec<(GoId, T)> {
        let slots = std::mem::take(self).slots;
        let mut all: Vec<(GoId, T)> = slots.into_iter().filter_map(|(id, value)| Some((id, value?))).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec((0u64..300, any::<bool>(), 0u64..1000), 1..300)) {
            let (mut table, mut model) = (ByGo::default(), BTreeMap::new());
            for (id, add, value) in steps {
                let id = GoId(id * id * 37);
                if add {
                    prop_assert_eq!(*table.get_or_insert_with(id, || value), *model.entry(id).or_insert(value));
                } else {
                    prop_assert_eq!(table.remove(id), model.remove(&id));
                }
                prop_assert_eq!(table.get_mut(id).copied(), model.get(&id).copied());
            }
            prop_assert_eq!(table.drain(), model.into_iter().collect::<Vec<_>>());
            prop_assert!(table.drain().is_empty());
        }
    }
}
