//! The goroutines of a v1 trace, by slot. No ID comes twice, which the index
//! remembers; the slots of those that have ended are used again.

use crate::error::GoPhase;
use crate::order::state::{NONE, Slot};
use crate::paged::Paged;

/// The slot of goroutine 0, which stands for none.
pub(crate) const NOBODY: Slot = 0;
/// Not a goroutine: counts the cycles of the collector.
pub(crate) const COLLECTOR: Slot = 1;

/// How many slots are at hand.
const RECENT: usize = 1024;

/// What the index has for the ID of a goroutine that has ended.
const ENDED: Slot = NONE - 1;

/// What is asked of a goroutine with every event, in one word: a comparison tells
/// whether all is as it should be, an assignment makes it what it is then.
///
/// What it is doing stands there twice: merging and the scheduler's rules part
/// ways where a trace breaks these, and when a goroutine ends.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State(u32);

impl State {
    /// As far as merging knows.
    pub(crate) const TURN: State = State(3);
    /// By the rules of the scheduler.
    pub(crate) const PHASE: State = State(3 << TO_PHASE);
    /// Whether it waits, for merging, because it was in a system call when it
    /// first appeared: see [`cursor`](super::cursor).
    pub(crate) const TURN_IN_C: State = State(1 << 4);
    /// Whether the time of its next system call's end may be a stale one.
    pub(crate) const STALE: State = State(1 << 5);
    /// Whether a stream may wait for it to change.
    pub(crate) const AWAITED: State = State(1 << 6);
    /// Whether its last event was a system call, which may block.
    pub(crate) const CALLS: State = State(1 << 7);
    pub(crate) const EXISTS: State = State(1 << 8);
    /// Whether it waits for the network.
    pub(crate) const NETWORK: State = State(1 << 9);
    /// Whether it helps the collector.
    pub(crate) const ASSISTS: State = State(1 << 10);
    /// Whether it runs timers.
    pub(crate) const TIMER: State = State(1 << 11);
    /// Whether it is in the system call that it first appeared in.
    pub(crate) const IN_C: State = State(1 << 12);
    /// Whether its last system call ended later than that was written.
    pub(crate) const LATE: State = State(1 << 13);
    /// Whether it stands for none.
    pub(crate) const NOBODY: State = State(1 << 14);

    pub(crate) const NONE: State = State(0);
    pub(crate) const ALL: State = State(u32::MAX);

    pub(crate) const fn turn_at(phase: GoPhase) -> State {
        State(phase as u32)
    }

    pub(crate) const fn phase_at(phase: GoPhase) -> State {
        State((phase as u32) << TO_PHASE)
    }

    pub(crate) const fn and(self, more: State) -> State {
        State(self.0 | more.0)
    }

    /// Without all that is in the other one.
    pub(crate) const fn without(self, less: State) -> State {
        State(self.0 & !less.0)
    }

    /// What of the other one is in it.
    #[inline(always)]
    pub(crate) const fn of(self, mask: State) -> State {
        State(self.0 & mask.0)
    }

    #[inline(always)]
    pub(crate) fn has(self, flag: State) -> bool {
        self.0 & flag.0 != 0
    }

    #[inline(always)]
    pub(crate) fn set(&mut self, flag: State, to: bool) {
        *self = if to { self.and(flag) } else { self.without(flag) };
    }

    #[inline(always)]
    pub(crate) fn take(&mut self, flag: State) -> bool {
        let had = self.has(flag);
        self.set(flag, false);
        had
    }

    /// What it is doing as far as merging knows.
    #[inline(always)]
    pub(crate) fn turn(self) -> GoPhase {
        PHASES[self.0 as usize % PHASES.len()]
    }

    pub(crate) fn set_turn(&mut self, phase: GoPhase) {
        *self = self.without(State::TURN).and(State::turn_at(phase));
    }

    /// What it is doing by the rules of the scheduler.
    #[inline(always)]
    pub(crate) fn phase(self) -> GoPhase {
        PHASES[(self.0 >> TO_PHASE) as usize % PHASES.len()]
    }

    #[inline(always)]
    pub(crate) fn set_phase(&mut self, phase: GoPhase) {
        *self = self.without(State::PHASE).and(State::phase_at(phase));
    }
}

/// Where the second of both stands.
const TO_PHASE: u32 = 2;

/// By number.
const PHASES: [GoPhase; 4] = [GoPhase::Dead, GoPhase::Runnable, GoPhase::Running, GoPhase::Waiting];

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}/{:?}+{:b}", self.turn(), self.phase(), self.0 >> (2 * TO_PHASE))
    }
}

/// A goroutine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct G {
    pub(crate) state: State,
    pub(crate) id: u64,
    /// How many of the events that count it on have happened.
    pub(crate) seq: u64,
    /// The place of the system call that its last event was, if it was one.
    pub(crate) syscall: usize,
    /// When it last blocked in a system call, in ticks; 0 for never.
    pub(crate) blocked: i64,
}

/// All goroutines.
#[derive(Clone, Debug)]
pub(crate) struct Gs {
    index: Paged<Slot>,
    /// Slots that were asked for lately, by the end of the ID. A wrong one is
    /// told by its goroutine's ID; there is none of one that has ended.
    recent: Box<[Slot; RECENT]>,
    all: Vec<G>,
    /// The slots of those that have ended.
    free: Vec<Slot>,
}

impl Default for Gs {
    fn default() -> Gs {
        let mut index = Paged::default();
        index.insert(0, NOBODY);
        let state = State::phase_at(GoPhase::Running).and(State::EXISTS).and(State::NOBODY);
        let nobody = G { state, ..G::default() };
        let all = vec![nobody, G { id: u64::MAX - 1, ..G::default() }];
        Gs { index, recent: Box::new([NOBODY; RECENT]), all, free: Vec::new() }
    }
}

impl Gs {
    /// The slot of an ID, made now if need be.
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
            // It can be named, but not be created again.
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

    /// A goroutine has ended. One that a stream waits for keeps its slot.
    pub(crate) fn end(&mut self, slot: Slot) {
        let G { id, state, .. } = *self.get(slot);
        if slot > COLLECTOR && !state.has(State::AWAITED) && self.index.get(id) == slot {
            self.index.replace(id, ENDED);
            self.recent[id as usize % RECENT] = NOBODY;
            self.free.push(slot);
        }
    }

    /// The goroutine of a slot that this has handed out.
    #[inline(always)]
    pub(crate) fn get(&mut self, slot: Slot) -> &mut G {
        &mut self.all[slot as usize]
    }

    /// The goroutines of a slot and of another one, if that is asked for; `None`
    /// if it is the same.
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
