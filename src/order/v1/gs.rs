//! The goroutines of a v1 trace, by slot. No ID is used twice, so the index keeps those
//! of ended goroutines; their slots are used again.

use crate::base::paged::Paged;
use crate::error::GoPhase;
use crate::order::state::{NONE, Slot};

/// The slot of goroutine 0, which stands for none.
pub(crate) const NO_G: Slot = 0;
/// The slot of a pseudo goroutine that counts the cycles of the collector.
pub(crate) const COLLECTOR: Slot = 1;

/// The number of entries of the cache of slots.
const RECENT: usize = 1024;

/// The slot in the index for the ID of a goroutine that has ended.
const ENDED: Slot = NONE - 1;

/// The state of a goroutine that every event checks, in one word: one comparison checks
/// all of it, one assignment changes all of it.
///
/// The phase is there twice: merging and the scheduler's rules differ
/// where a trace breaks the rules, and when a goroutine ends.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State(u32);

impl State {
    /// The phase for merging.
    pub(crate) const MERGE_PHASE: State = State(3);
    /// The phase by the rules of the scheduler.
    pub(crate) const PHASE: State = State(3 << TO_PHASE);
    /// Set if it waits, for merging, because it was in a system call when it
    /// first appeared: see [`cursor`](super::cursor).
    pub(crate) const MERGE_IN_C: State = State(1 << 4);
    /// Set if the time of its next system call's end may be a stale one.
    pub(crate) const STALE: State = State(1 << 5);
    /// Set if a stream may wait for it to change.
    pub(crate) const AWAITED: State = State(1 << 6);
    /// Set if its last event was a system call, which may block.
    pub(crate) const CALLS: State = State(1 << 7);
    pub(crate) const EXISTS: State = State(1 << 8);
    /// Set if it waits for the network.
    pub(crate) const NETWORK: State = State(1 << 9);
    /// Set if it assists the collector.
    pub(crate) const ASSISTS: State = State(1 << 10);
    /// Set if it runs timers.
    pub(crate) const TIMER: State = State(1 << 11);
    /// Set if it is in the system call that it first appeared in.
    pub(crate) const IN_C: State = State(1 << 12);
    /// Set if its last system call ended later than that was written.
    pub(crate) const LATE: State = State(1 << 13);
    /// Set for the pseudo goroutine that stands for none.
    pub(crate) const NO_G: State = State(1 << 14);

    pub(crate) const NONE: State = State(0);
    pub(crate) const ALL: State = State(u32::MAX);

    pub(crate) const fn merge_phase_at(phase: GoPhase) -> State {
        State(phase as u32)
    }

    pub(crate) const fn phase_at(phase: GoPhase) -> State {
        State((phase as u32) << TO_PHASE)
    }

    pub(crate) const fn with(self, more: State) -> State {
        State(self.0 | more.0)
    }

    /// Returns the state without the bits of another one.
    pub(crate) const fn without(self, less: State) -> State {
        State(self.0 & !less.0)
    }

    /// Returns the bits that another state has too.
    #[inline(always)]
    pub(crate) const fn masked(self, mask: State) -> State {
        State(self.0 & mask.0)
    }

    #[inline(always)]
    pub(crate) fn has(self, flag: State) -> bool {
        self.0 & flag.0 != 0
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, flag: State, to: bool) {
        *self = if to { self.with(flag) } else { self.without(flag) };
    }

    #[inline(always)]
    pub(crate) fn take(&mut self, flag: State) -> bool {
        let had = self.has(flag);
        self.set(flag, false);
        had
    }

    /// Returns the phase for merging.
    #[inline(always)]
    pub(crate) fn merge_phase(self) -> GoPhase {
        PHASES[self.0 as usize % PHASES.len()]
    }

    pub(crate) fn set_merge_phase(&mut self, phase: GoPhase) {
        *self = self.without(State::MERGE_PHASE).with(State::merge_phase_at(phase));
    }

    /// Returns the phase by the rules of the scheduler.
    #[inline(always)]
    pub(crate) fn phase(self) -> GoPhase {
        PHASES[(self.0 >> TO_PHASE) as usize % PHASES.len()]
    }

    #[inline(always)]
    pub(crate) fn set_phase(&mut self, phase: GoPhase) {
        *self = self.without(State::PHASE).with(State::phase_at(phase));
    }
}

/// The shift of the second of the two phases.
const TO_PHASE: u32 = 2;

/// The phases by number.
const PHASES: [GoPhase; 4] = [GoPhase::Dead, GoPhase::Runnable, GoPhase::Running, GoPhase::Waiting];

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}/{:?}+{:b}", self.merge_phase(), self.phase(), self.0 >> (2 * TO_PHASE))
    }
}

/// The state of a goroutine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct G {
    pub(crate) state: State,
    pub(crate) id: u64,
    /// The number of the events that have happened and that count.
    pub(crate) seq: u64,
    /// The place in the window of the system call that was its last event, if it was one.
    pub(crate) syscall: usize,
    /// The time when it last blocked in a system call, in ticks; 0 for never.
    pub(crate) blocked: i64,
}

/// The states of all goroutines.
#[derive(Clone, Debug)]
pub(crate) struct Gs {
    index: Paged<Slot>,
    /// A cache of slots, by the last digits of IDs. The ID of the slot's goroutine decides
    /// whether it is the right one; slots of ended goroutines are not here.
    recent: Box<[Slot; RECENT]>,
    all: Vec<G>,
    /// The slots of ended goroutines.
    free: Vec<Slot>,
}

impl Default for Gs {
    fn default() -> Gs {
        let mut index = Paged::default();
        index.insert(0, NO_G);
        let state = State::phase_at(GoPhase::Running).with(State::EXISTS).with(State::NO_G);
        let nobody = G { state, ..G::default() };
        let all = vec![nobody, G { id: u64::MAX - 1, ..G::default() }];
        Gs { index, recent: Box::new([NO_G; RECENT]), all, free: Vec::new() }
    }
}

impl Gs {
    /// Returns the slot of an ID, which is added if it is unknown.
    #[inline(always)]
    pub(crate) fn slot(&mut self, id: u64) -> Slot {
        let slot = self.recent[id as usize % RECENT];
        if self.all.get(slot as usize).is_some_and(|g| g.id == id) { slot } else { self.find(id) }
    }

    #[inline(never)]
    fn find(&mut self, id: u64) -> Slot {
        let slot = self.index.get(id);
        let slot = if slot < ENDED { slot } else { self.add(id, slot) };
        self.recent[id as usize % RECENT] = slot;
        slot
    }

    fn add(&mut self, id: u64, before: Slot) -> Slot {
        let mut g = G { id, ..G::default() };
        let slot = self.free.pop().unwrap_or(self.all.len() as Slot);
        if before == ENDED {
            // An ended goroutine may be named again, but not created.
            g.state.set(State::EXISTS, true);
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

    /// Ends a goroutine. If a stream waits for it, it keeps its slot.
    pub(crate) fn end(&mut self, slot: Slot) {
        let G { id, state, .. } = *self.get(slot);
        if slot > COLLECTOR && !state.has(State::AWAITED) && self.index.get(id) == slot {
            self.index.replace(id, ENDED);
            self.recent[id as usize % RECENT] = NO_G;
            self.free.push(slot);
        }
    }

    /// Returns the goroutine of a slot that this has returned.
    #[inline(always)]
    pub(crate) fn get(&mut self, slot: Slot) -> &mut G {
        &mut self.all[slot as usize]
    }

    /// Returns the goroutine of a slot and that of `other`, if there is one; `None`
    /// if both are the same.
    #[inline(always)]
    pub(crate) fn pair(&mut self, slot: Slot, other: Option<Slot>) -> Option<(&mut G, Option<&mut G>)> {
        match other {
            None => Some((self.all.get_mut(slot as usize)?, None)),
            Some(other) => {
                let [g, other] = self.all.get_disjoint_mut([slot as usize, other as usize]).ok()?;
                Some((g, Some(other)))
            }
        }
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
            assert_eq!((gs.id(slot), gs.get(slot).state.has(State::EXISTS)), (id, false));
            assert_eq!(gs.slot(id), slot);
            gs.end(slot);
        }
        assert_eq!(gs.all.len(), 3, "nobody, the collector and one more at a time");
        let slot = gs.slot(500);
        assert!(gs.get(slot).state.has(State::EXISTS), "it was there before");
    }

    #[test]
    fn a_slot_that_is_waited_for_is_kept() {
        let mut gs = Gs::default();
        let slot = gs.slot(1);
        gs.get(slot).state.set(State::AWAITED, true);
        gs.end(slot);
        assert_ne!(gs.slot(2), slot);
    }
}
