//! The goroutines of a v1 trace, by slot. No ID comes twice, which the index
//! remembers; the slots of those that have ended are used again.

use crate::error::GoPhase;
use crate::order::state::{NONE, Slot};
use crate::paged::Paged;

/// The slot of goroutine 0, which stands for none.
pub(crate) const NOBODY: Slot = 0;
/// Not a goroutine: counts the cycles of the collector.
pub(crate) const COLLECTOR: Slot = 1;

/// What the index has for the ID of a goroutine that has ended.
const ENDED: Slot = NONE - 1;

/// A goroutine, as far as merging needs it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turn {
    /// How many of the events that count it on have happened.
    pub(crate) seq: u64,
    /// When it last blocked in a system call, in ticks; 0 for never.
    pub(crate) blocked: i64,
    /// One more than the place of the system call that its last event was, or 0.
    pub(crate) syscall: usize,
    pub(crate) phase: GoPhase,
    /// Whether it waits because it was in a system call when it first appeared:
    /// see [`cursor`](super::cursor).
    pub(crate) in_c: bool,
    /// Whether the time of its next system call's end may be a stale one.
    pub(crate) stale: bool,
    /// Whether a stream may wait for it to change.
    pub(crate) awaited: bool,
}

/// A goroutine, as far as the scheduler's rules need it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Life {
    pub(crate) phase: GoPhase,
    pub(crate) exists: bool,
    /// Whether it waits for the network.
    pub(crate) network: bool,
    /// Whether it helps the collector.
    pub(crate) assists: bool,
    /// Whether it runs timers.
    pub(crate) timer: bool,
    /// Whether it is in the system call that it first appeared in.
    pub(crate) in_c: bool,
    /// Whether its last system call ended later than that was written.
    pub(crate) late: bool,
}

/// A goroutine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct G {
    pub(crate) id: u64,
    pub(crate) turn: Turn,
    pub(crate) life: Life,
}

/// All goroutines.
#[derive(Clone, Debug)]
pub(crate) struct Gs {
    index: Paged<Slot>,
    all: Vec<G>,
    /// The slots of those that have ended.
    free: Vec<Slot>,
}

impl Default for Gs {
    fn default() -> Gs {
        let mut index = Paged::default();
        index.insert(0, NOBODY);
        let mut nobody = G::default();
        (nobody.life.phase, nobody.life.exists) = (GoPhase::Running, true);
        Gs { index, all: vec![nobody, G { id: u64::MAX - 1, ..G::default() }], free: Vec::new() }
    }
}

impl Gs {
    /// The slot of an ID, made now if need be.
    #[inline(always)]
    pub(crate) fn slot(&mut self, id: u64) -> Slot {
        let slot = self.index.get(id);
        if slot < ENDED { slot } else { self.add(id, slot) }
    }

    #[cold]
    #[inline(never)]
    fn add(&mut self, id: u64, before: Slot) -> Slot {
        let mut g = G { id, ..G::default() };
        let slot = self.free.pop().unwrap_or(self.all.len() as Slot);
        if before == ENDED {
            // It can be named, but not be created again.
            g.life.exists = true;
            self.index.replace(id, slot);
        } else {
            self.index.insert(id, slot);
        }
        match self.all.get_mut(slot as usize) {
            Some(place) => *place = g,
            None => self.all.push(g),
        }
        slot
    }

    /// A goroutine has ended. One that a stream waits for keeps its slot.
    pub(crate) fn end(&mut self, slot: Slot) {
        let G { id, turn, .. } = *self.get(slot);
        if slot > COLLECTOR && !turn.awaited && self.index.get(id) == slot {
            self.index.replace(id, ENDED);
            self.free.push(slot);
        }
    }

    /// The goroutine of a slot that this has handed out.
    #[inline(always)]
    pub(crate) fn get(&mut self, slot: Slot) -> &mut G {
        &mut self.all[slot as usize]
    }

    pub(crate) fn id(&self, slot: Slot) -> u64 {
        self.all.get(slot as usize).map_or(0, |g| g.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_used_again_and_ids_are_not() {
        let mut gs = Gs::default();
        for id in 1..=1000 {
            let slot = gs.slot(id);
            assert_eq!((gs.id(slot), gs.get(slot).life.exists), (id, false));
            assert_eq!(gs.slot(id), slot);
            gs.end(slot);
        }
        assert_eq!(gs.all.len(), 3, "nobody, the collector and one more at a time");
        let slot = gs.slot(500);
        assert!(gs.get(slot).life.exists, "it was there before");
    }

    #[test]
    fn a_slot_that_is_waited_for_is_kept() {
        let mut gs = Gs::default();
        let slot = gs.slot(1);
        gs.get(slot).turn.awaited = true;
        gs.end(slot);
        assert_ne!(gs.slot(2), slot);
    }
}
