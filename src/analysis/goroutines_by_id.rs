//! What an analysis knows of the goroutines that exist.

use super::pass::{GoSlot, NOWHERE};
use crate::ids::GoId;

/// Something of each goroutine that exists, in the slots that the pass gave them;
/// memory follows what is alive.
#[derive(Clone, Debug)]
pub(crate) struct ByGo<T> {
    slots: Vec<Option<(GoId, T)>>,
    len: usize,
}

impl<T> Default for ByGo<T> {
    fn default() -> ByGo<T> {
        ByGo { slots: Vec::new(), len: 0 }
    }
}

impl<T> ByGo<T> {
    /// What is known of one.
    #[inline]
    pub(crate) fn get(&self, slot: GoSlot) -> Option<&T> {
        match self.slots.get(slot.at as usize) {
            Some(Some((id, value))) if *id == slot.id => Some(value),
            _ => None,
        }
    }

    /// What is known of one.
    #[inline]
    pub(crate) fn get_mut(&mut self, slot: GoSlot) -> Option<&mut T> {
        match self.slots.get_mut(slot.at as usize) {
            Some(Some((id, value))) if *id == slot.id => Some(value),
            _ => None,
        }
    }

    /// What is known of one that has a slot; what `new` makes, if nothing is yet.
    #[inline]
    pub(crate) fn get_or_insert_with(&mut self, slot: GoSlot, new: impl FnOnce() -> T) -> &mut T {
        // One that has none, which nobody asks for, takes the first: not all the memory.
        let at = if slot.at == NOWHERE { 0 } else { slot.at as usize };
        if self.slots.len() <= at {
            self.slots.resize_with(at + 1, || None);
        }
        let place = &mut self.slots[at];
        if !matches!(place, Some((id, _)) if *id == slot.id) {
            self.len += usize::from(place.is_none());
            *place = None;
        }
        &mut place.get_or_insert_with(|| (slot.id, new())).1
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Forgets one.
    pub(crate) fn remove(&mut self, slot: GoSlot) -> Option<T> {
        let place = self.slots.get_mut(slot.at as usize)?;
        if place.as_ref()?.0 != slot.id {
            return None;
        }
        self.len -= 1;
        place.take().map(|(_, value)| value)
    }

    /// Those of which something is known, by their numbers.
    pub(crate) fn slots(&self) -> Vec<GoSlot> {
        let known = (0u32..).zip(&self.slots).filter_map(|(at, place)| Some(GoSlot { id: place.as_ref()?.0, at }));
        let mut all: Vec<GoSlot> = known.collect();
        all.sort_unstable_by_key(|slot| slot.id);
        all
    }

    /// All of them, by their numbers.
    pub(crate) fn drain(&mut self) -> Vec<(GoId, T)> {
        let mut all: Vec<(GoId, T)> = std::mem::take(self).slots.into_iter().flatten().collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        all
    }
}
