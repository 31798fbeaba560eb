//! Where in the tables of a pass goroutines are.

use crate::ids::GoId;
use crate::paged::{Paged, Vacant};

/// The slot of a goroutine that has none.
const NOWHERE: u32 = u32::VACANT;

/// The slots of goroutines that exist; those that ended leave theirs to others.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    index: Paged<u32>,
    free: Vec<u32>,
    used: u32,
}

impl Slots {
    /// The slot of a goroutine, which gets one if it has none.
    #[inline(always)]
    pub(super) fn of(&mut self, id: GoId) -> u32 {
        match self.index.get(id.0) {
            NOWHERE => self.add(id),
            at => at,
        }
    }

    #[inline(never)]
    fn add(&mut self, id: GoId) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            // There are fewer goroutines than bytes in the file, and of those 4 Gi at most.
            self.used = self.used.saturating_add(1);
            self.used - 1
        });
        self.index.insert(id.0, at);
        at
    }

    /// The slot of one that may have none.
    #[inline(always)]
    pub(super) fn find(&self, id: GoId) -> Option<u32> {
        Some(self.index.peek(id.0)).filter(|&at| at != NOWHERE)
    }

    #[inline(never)]
    pub(super) fn release(&mut self, id: GoId, at: u32) {
        self.index.remove(id.0);
        self.free.push(at);
    }
}
