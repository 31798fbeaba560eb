//! The goroutines of a v1 trace, by slot. None is ever given up: the format
//! does not say that an ID is free again, and no ID comes twice.

use crate::error::GoPhase;
use crate::order::state::{NONE, Slot};
use crate::paged::Paged;

/// The slot of goroutine 0, which stands for none.
pub(crate) const NOBODY: Slot = 0;
/// Not a goroutine: counts the cycles of the collector.
pub(crate) const COLLECTOR: Slot = 1;

/// A goroutine, as far as ordering needs it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// How many of the events that count it on have happened.
    pub(crate) seq: u64,
    /// When it last blocked in a system call, in ticks; 0 for never.
    pub(crate) blocked: i64,
    /// One more than the place of the item with the system call that its last
    /// event was, or 0.
    pub(crate) syscall: usize,
    pub(crate) phase: GoPhase,
    /// Whether it waits because it was in a system call when it first appeared:
    /// see [`cursor`](super::cursor).
    pub(crate) in_c: bool,
    /// Whether the time of its next system call's end may be a stale one.
    pub(crate) stale: bool,
}

/// All goroutines.
#[derive(Clone, Debug)]
pub(crate) struct Gs {
    index: Paged<Slot>,
    pub(crate) ids: Vec<u64>,
    pub(crate) turns: Vec<Turn>,
}

impl Default for Gs {
    fn default() -> Gs {
        let mut index = Paged::default();
        index.insert(0, NOBODY);
        Gs { index, ids: vec![0, u64::MAX - 1], turns: vec![Turn::default(); 2] }
    }
}

impl Gs {
    /// The slot of an ID, made now if need be.
    #[inline(always)]
    pub(crate) fn slot(&mut self, id: u64) -> Slot {
        let slot = self.index.get(id);
        if slot != NONE { slot } else { self.add(id) }
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, id: u64) -> Slot {
        let slot = self.ids.len() as Slot;
        self.index.insert(id, slot);
        self.ids.push(id);
        self.turns.push(Turn::default());
        slot
    }

    /// The slot of an ID, if it has one.
    pub(crate) fn find(&self, id: u64) -> Option<Slot> {
        self.index.get_cold(id)
    }

    pub(crate) fn id(&self, slot: Slot) -> u64 {
        self.ids.get(slot as usize).copied().unwrap_or_default()
    }

    #[inline(always)]
    pub(crate) fn turn(&self, slot: Slot) -> Turn {
        self.turns.get(slot as usize).copied().unwrap_or_default()
    }
}
