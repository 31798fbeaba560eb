//! Slots: the places of goroutines in the tables of the follower and of its observers.

use crate::base::ids::GoId;
use crate::base::paged::{Paged, Vacant};

/// Slot of a goroutine that has none.
const NO_SLOT: u32 = u32::VACANT;

/// Slots of the goroutines that exist. Those of goroutines that ended are used again.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    index: Paged<u32>,
    /// Goroutines that did something lately, by the last bits of their IDs.
    recent: Box<[(GoId, u32); RECENT]>,
    free: Vec<u32>,
    used: u32,
}

/// Size of `recent`, a power of two. Goroutines that exist at one time often have IDs near
/// to each other, which share no place there.
const RECENT: usize = 512;

impl Default for Slots {
    fn default() -> Slots {
        let recent = Box::new([(GoId(0), NO_SLOT); RECENT]);
        Slots { index: Paged::default(), recent, free: Vec::new(), used: 0 }
    }
}

impl Slots {
    /// Returns the slot of a goroutine, which gets one if it has none.
    #[inline(always)]
    pub(super) fn of(&mut self, id: GoId) -> u32 {
        match self.recent[id.0 as usize % RECENT] {
            (known, at) if known == id && at != NO_SLOT => at,
            _ => self.look_up(id),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, id: GoId) -> u32 {
        let at = match self.index.get(id.0) {
            NO_SLOT => self.add(id),
            at => at,
        };
        self.recent[id.0 as usize % RECENT] = (id, at);
        at
    }

    fn add(&mut self, id: GoId) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            // Saturation is never reached: goroutines are fewer than bytes in the file, and
            // of those 4 Gi are the most.
            self.used = self.used.saturating_add(1);
            self.used - 1
        });
        self.index.insert(id.0, at);
        at
    }

    /// Returns the slot of a goroutine; none if it has none.
    #[inline(always)]
    pub(super) fn find(&self, id: GoId) -> Option<u32> {
        let at = match self.recent[id.0 as usize % RECENT] {
            (known, at) if known == id => at,
            _ => self.index.peek(id.0),
        };
        Some(at).filter(|&at| at != NO_SLOT)
    }

    #[inline(never)]
    pub(super) fn release(&mut self, id: GoId, at: u32) {
        self.index.remove(id.0);
        self.free.push(at);
        let recent = &mut self.recent[id.0 as usize % RECENT];
        if recent.0 == id {
            *recent = (id, NO_SLOT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Goroutines that come and go have slots of their own while they exist, and no
        /// more slots are in use than there were goroutines at one time.
        #[test]
        fn slots_are_used_again(steps in prop::collection::vec((0u64..300, any::<bool>()), 1..300)) {
            let (mut slots, mut model, mut most) = (Slots::default(), BTreeMap::new(), 0);
            for (number, comes) in steps {
                // IDs that share pages, and such that do not.
                let id = GoId(number * number * 37);
                if comes {
                    let at = slots.of(id);
                    prop_assert_eq!(*model.entry(id).or_insert(at), at);
                } else if let Some(at) = model.remove(&id) {
                    slots.release(id, at);
                }
                most = most.max(model.len());
                for id in model.keys().chain([&id]) {
                    prop_assert_eq!(slots.find(*id), model.get(id).copied());
                }
                let mut taken: Vec<u32> = model.values().copied().collect();
                taken.sort_unstable();
                taken.dedup();
                prop_assert_eq!(taken.len(), model.len());
                prop_assert!(taken.iter().all(|&at| (at as usize) < most));
            }
        }
    }
}
