//! The next event of a P, with the condition that it waits for.

use super::gs::{G, Gs, NO_G, State};
use super::item::Item;
use crate::error::GoPhase;
use crate::order::state::{NONE, Slot};
use crate::spec::v1::{EventType, blocking};

/// Stands for any sequence number.
pub(crate) const ANY: u64 = u64::MAX;

/// The next event of a P.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) ticks: i64,
    /// The offset of the event in the file, in bytes.
    pub(crate) at: usize,
    /// The sequence number that the awaited goroutine must have come to,
    /// or [`ANY`].
    pub(crate) seq: u64,
    /// The time when the system call really ended, in ticks, for a `GoSysExit`; else 0.
    pub(crate) exit: i64,
    /// The goroutine that the event happens on.
    pub(crate) g: Slot,
    /// The goroutine that is created or unblocked.
    pub(crate) other: Slot,
    /// The awaited goroutine; [`NONE`] if the event waits for nothing.
    pub(crate) subject: Slot,
    /// The type as it was written.
    pub(crate) event: EventType,
}

impl Head {
    /// No event, on no goroutine.
    pub(crate) const NONE: Head =
        Head { ticks: 0, at: 0, seq: ANY, exit: 0, g: NO_G, other: NO_G, subject: NONE, event: EventType::Batch };

    /// Returns the event at that time and on that P.
    #[inline(always)]
    pub(crate) fn item(&self, ticks: i64, proc: u16) -> Item {
        let Head { at, g, other, event, .. } = *self;
        let exit = if event == EventType::GoSysExit { self.exit } else { 0 };
        Item { ticks, at, g, other, proc, event: event.global(), exit }
    }

    #[inline(always)]
    fn fits(&self, g: &G) -> bool {
        let rule = &RULES[self.event as usize % RULES.len()];
        let called_back = g.state.has(State::MERGE_IN_C) && rule.to == GoPhase::Running;
        (self.seq == ANY || self.seq == g.seq) && (rule.from == g.state.merge_phase() || called_back)
    }

    /// Returns whether the event can happen.
    #[inline(always)]
    pub(crate) fn can_happen(&self, gs: &mut Gs) -> bool {
        self.subject == NONE || self.fits(gs.get(self.subject))
    }

    /// Records that a stream waits for the goroutine to change.
    pub(crate) fn await_change(&self, gs: &mut Gs) {
        if self.subject != NONE {
            gs.get(self.subject).state.set(State::AWAITED, true);
        }
    }

    /// Changes the goroutine and returns whether a stream waits for that; `None` if the event
    /// cannot happen.
    pub(crate) fn try_apply(&self, gs: &mut Gs) -> Option<bool> {
        if self.subject == NONE {
            return Some(false);
        }
        let g = gs.get(self.subject);
        if self.fits(g) { Some(self.change(g)) } else { None }
    }

    /// Changes the goroutine, whether the event can happen or not.
    #[cold]
    pub(crate) fn force(&self, gs: &mut Gs) {
        if self.subject != NONE {
            self.change(gs.get(self.subject));
        }
    }

    fn change(&self, g: &mut G) -> bool {
        let rule = &RULES[self.event as usize % RULES.len()];
        // A forced event need not have the number that is due; later ones count on from its own.
        let seq = if self.seq == ANY { g.seq } else { self.seq };
        g.seq = seq.wrapping_add(u64::from(rule.counts));
        if g.state.take(State::MERGE_IN_C) && rule.to == GoPhase::Running {
            g.state.set(State::STALE, true);
        }
        g.state.set_merge_phase(rule.to);
        g.state.take(State::AWAITED)
    }
}

/// The phases of the goroutine that an event waits for, before and after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) from: GoPhase,
    pub(crate) to: GoPhase,
    /// True if the event counts for the goroutine's sequence number.
    pub(crate) counts: bool,
}

/// Returns the rule of an event of any version; one from `Dead` to `Dead` if it waits for nothing.
pub(crate) const fn rule(event: EventType) -> Rule {
    use EventType::*;
    use GoPhase::*;
    let (from, to, counts) = match event {
        GoCreate => (Dead, Runnable, true),
        GoWaiting | GoInSyscall => (Runnable, Waiting, true),
        GoStart | GoStartLabel | GoStartLocal => (Runnable, Running, true),
        blocking!() | GoSysBlock => (Running, Waiting, false),
        GoSched | GoPreempt => (Running, Runnable, false),
        GoUnblock | GoUnblockLocal | GoSysExit | GoSysExitLocal => (Waiting, Runnable, true),
        GCStart => (Dead, Dead, true),
        _ => (Dead, Dead, false),
    };
    Rule { from, to, counts }
}

/// The rules by number of the event type.
const RULES: [Rule; 64] = {
    let mut rules = [rule(EventType::Batch); 64];
    let mut i = 0;
    while i < EventType::ALL.len() {
        let event = EventType::ALL[i];
        rules[event as usize % 64] = rule(event);
        i += 1;
    }
    rules
};
