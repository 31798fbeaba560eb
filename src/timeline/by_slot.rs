//! Values of an observer for the goroutines that exist.

use super::{Table, Transition};

/// A value for each goroutine that exists, in the slots that the follower gave them. Memory
/// grows with the most goroutines that existed at one time.
#[derive(Clone, Debug)]
pub(crate) struct BySlot<T>(Table<T>);

impl<T> Default for BySlot<T> {
    fn default() -> BySlot<T> {
        BySlot(Table::default())
    }
}

impl<T: Default> BySlot<T> {
    /// Returns the value of a goroutine that leaves a state; the default if the trace
    /// mentions the goroutine for the first time.
    #[inline(always)]
    pub(crate) fn of(&mut self, transition: &Transition<'_, '_>) -> &mut T {
        let place = self.at(transition.slot);
        if transition.new {
            *place = T::default();
        }
        place
    }

    /// Returns the values in all slots, those of goroutines that have ended included.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Returns the values in all slots for changing, as [`iter`](Self::iter).
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut()
    }

    /// Returns the value of the goroutine in a slot, made if it is not there.
    #[inline(always)]
    pub(crate) fn at(&mut self, slot: u32) -> &mut T {
        self.0.at(slot as usize)
    }

    /// Returns the value of the goroutine in a slot, if one was kept.
    #[inline(always)]
    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.0.get(slot as usize)
    }

    /// Returns the value of the goroutine in a slot for changing, if one was kept.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.0.get_mut(slot as usize)
    }
}
