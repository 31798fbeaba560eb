//! The next event of a P, and what it waits for.

use super::gs::{G, Gs, NOBODY, State};
use super::item::Item;
use crate::error::GoPhase;
use crate::order::state::{NONE, Slot};
use crate::wire::v1::spec::EventType;

/// Any sequence number will do.
pub(crate) const ANY: u64 = u64::MAX;

/// The next event of a P.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) ticks: i64,
    /// Where it begins in the file.
    pub(crate) at: usize,
    /// The sequence number that the goroutine must have come to that it waits
    /// for, or [`ANY`].
    pub(crate) seq: u64,
    /// For a `GoSysExit`, when the system call really ended, or 0.
    pub(crate) exit: i64,
    /// The goroutine it happens on.
    pub(crate) g: Slot,
    /// The goroutine that is created or unblocked.
    pub(crate) other: Slot,
    /// Which one it waits for; [`NONE`] if for nothing.
    pub(crate) subject: Slot,
    /// Its type, as it was written.
    pub(crate) event: EventType,
}

impl Head {
    /// Nothing, on no goroutine.
    pub(crate) const NONE: Head =
        Head { ticks: 0, at: 0, seq: ANY, exit: 0, g: NOBODY, other: NOBODY, subject: NONE, event: EventType::Batch };

    /// The event at that time and on that P.
    #[inline(always)]
    pub(crate) fn item(&self, ticks: i64, proc: u16) -> Item {
        let Head { at, g, other, event, .. } = *self;
        let exit = if event == EventType::GoSysExit { self.exit } else { 0 };
        Item { ticks, at, g, other, proc, event: event.global(), exit }
    }

    #[inline(always)]
    fn fits(&self, g: &G) -> bool {
        let rule = &RULES[self.event as usize % RULES.len()];
        let called_back = g.state.has(State::TURN_IN_C) && rule.to == GoPhase::Running;
        (self.seq == ANY || self.seq == g.seq) && (rule.from == g.state.turn() || called_back)
    }

    /// Whether the event can happen.
    #[inline(always)]
    pub(crate) fn holds(&self, gs: &mut Gs) -> bool {
        self.subject == NONE || self.fits(gs.get(self.subject))
    }

    /// Notes that a stream waits for the goroutine to change.
    pub(crate) fn await_change(&self, gs: &mut Gs) {
        if self.subject != NONE {
            gs.get(self.subject).state.set(State::AWAITED, true);
        }
    }

    /// Changes the goroutine if the event can happen; returns whether a stream
    /// waits for that.
    pub(crate) fn try_apply(&self, gs: &mut Gs) -> Option<bool> {
        if self.subject == NONE {
            return Some(false);
        }
        let g = gs.get(self.subject);
        if self.fits(g) { Some(self.change(g)) } else { None }
    }

    /// The same, whether it can or not.
    #[cold]
    pub(crate) fn force(&self, gs: &mut Gs) {
        if self.subject != NONE {
            self.change(gs.get(self.subject));
        }
    }

    fn change(&self, g: &mut G) -> bool {
        let rule = &RULES[self.event as usize % RULES.len()];
        // One that is forced counts from where it says it is.
        let seq = if self.seq == ANY { g.seq } else { self.seq };
        g.seq = seq.wrapping_add(u64::from(rule.counts));
        if g.state.take(State::TURN_IN_C) && rule.to == GoPhase::Running {
            g.state.set(State::STALE, true);
        }
        g.state.set_turn(rule.to);
        g.state.take(State::AWAITED)
    }
}

/// What the goroutine that an event waits for has to be, and is afterwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) from: GoPhase,
    pub(crate) to: GoPhase,
    /// Whether the event counts it on.
    pub(crate) counts: bool,
}

/// That of an event of any version, if it waits for something.
pub(crate) const fn rule(event: EventType) -> Rule {
    use EventType::*;
    use GoPhase::*;
    let (from, to, counts) = match event {
        GoCreate => (Dead, Runnable, true),
        GoWaiting | GoInSyscall => (Runnable, Waiting, true),
        GoStart | GoStartLabel | GoStartLocal => (Runnable, Running, true),
        GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoBlockNet | GoSleep
        | GoSysBlock | GoBlockGC => (Running, Waiting, false),
        GoSched | GoPreempt => (Running, Runnable, false),
        GoUnblock | GoUnblockLocal | GoSysExit | GoSysExitLocal => (Waiting, Runnable, true),
        GCStart => (Dead, Dead, true),
        _ => (Dead, Dead, false),
    };
    Rule { from, to, counts }
}

/// By number.
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
