//! What an analysis knows of the goroutines that exist.

use super::Table;
use super::pass::Step;

/// Something of each goroutine that exists, in the slots that the pass gave them;
/// memory follows what is alive.
#[derive(Clone, Debug)]
pub(crate) struct BySlot<T>(Table<T>);

impl<T> Default for BySlot<T> {
    fn default() -> BySlot<T> {
        BySlot(Table::default())
    }
}

impl<T: Default> BySlot<T> {
    /// That of a goroutine that does something; the default, if that is the first
    /// that is told of it.
    #[inline(always)]
    pub(crate) fn of(&mut self, step: &Step<'_, '_>) -> &mut T {
        let place = self.at(step.slot);
        if step.new {
            *place = T::default();
        }
        place
    }

    /// That of the goroutine in a slot, of which nothing may have been kept yet.
    #[inline(always)]
    pub(crate) fn at(&mut self, slot: u32) -> &mut T {
        self.0.at(slot as usize)
    }

    /// That of the goroutine in a slot.
    #[inline(always)]
    pub(crate) fn get(&self, slot: u32) -> Option<&T> {
        self.0.get(slot as usize)
    }

    /// That of the goroutine in a slot.
    #[inline(always)]
    pub(crate) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.0.get_mut(slot as usize)
    }
}
