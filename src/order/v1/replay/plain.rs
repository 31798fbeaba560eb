//! The short path for frequent events that break no rule.
//!
//! Nineteen of twenty events start, stop or wake a goroutine and break no
//! rule. For those it is enough to check one P and two goroutines, in a
//! straight line, for merging and for the rules at once. The checks are looked up in a table
//! by type of event, for a jump by it would be predicted badly. All other
//! events, and all that break a rule, are handled in full.

use super::{NO_G, Replay, place};
use crate::base::ids::WIRE_NONE;
use crate::error::GoPhase;
use crate::order::state::context::Context;
use crate::order::state::record::Record;
use crate::order::state::{NONE, Slot};
use crate::order::v1::convert::usual;
use crate::order::v1::gs::{G, State};
use crate::order::v1::head::{ANY, Head, rule};
use crate::order::v1::step::NETPOLL_PROC;
use crate::spec::v1::EventType;
use crate::spec::v2::EventType as V2;

/// The state that a goroutine has to have for an event, and its change.
#[derive(Clone, Copy)]
struct Change {
    /// The bits of the state that are checked, and their value.
    mask: State,
    before: State,
    clears: State,
    sets: State,
    counts: u64,
}

/// The bits that concern merging alone.
const MERGE_BITS: State = State::MERGE_PHASE.with(State::MERGE_IN_C).with(State::AWAITED);

impl Change {
    /// No check and no change.
    const NONE: Change =
        Change { mask: State::NONE, before: State::NONE, clears: State::NONE, sets: State::NONE, counts: 0 };

    /// Returns the change from a phase to another, by the rules of the scheduler.
    const fn of_phase(before: GoPhase, after: GoPhase) -> Change {
        Change {
            mask: State::PHASE,
            before: State::phase_at(before),
            clears: State::PHASE,
            sets: State::phase_at(after),
            counts: 0,
        }
    }

    /// Returns the change together with that for merging, which waits for this goroutine.
    const fn with_merge_rule(self, event: EventType) -> Change {
        let rule = rule(event);
        Change {
            mask: self.mask.with(MERGE_BITS),
            before: self.before.with(State::merge_phase_at(rule.from)),
            clears: self.clears.with(State::MERGE_PHASE),
            sets: self.sets.with(State::merge_phase_at(rule.to)),
            counts: rule.counts as u64,
        }
    }

    #[inline(always)]
    fn change(&self, g: &mut G) {
        g.state = g.state.without(self.clears).with(self.sets);
        g.seq = g.seq.wrapping_add(self.counts);
    }

    #[inline(always)]
    fn allows<const MERGES: bool>(&self, state: State) -> bool {
        let ignored = if MERGES { State::NONE } else { MERGE_BITS };
        state.masked(self.mask.without(ignored)) == self.before.without(ignored)
    }
}

/// The row of a frequent event.
#[derive(Clone, Copy)]
struct Plain {
    becomes: V2,
    g: Change,
    other: Change,
    /// True if merging waits for the other goroutine.
    about_other: bool,
    /// True if the other goroutine is woken.
    wakes: bool,
    /// Masks of the event's goroutine, which give the one that the P has to run before the event
    /// and the one that it runs after it.
    holds: Slot,
    keeps: Slot,
    /// True if the event is a system call, which may block.
    opens: bool,
    /// True if the goroutine ends.
    ends: bool,
}

// `slot & NOTHING` is the slot that stands for none, and `slot & ITS_OWN` the slot itself.
const NOTHING: Slot = NO_G;
const ITS_OWN: Slot = Slot::MAX;

/// The row of other events, whose check no goroutine passes.
const RARE: Plain = Plain {
    becomes: V2::Sync,
    g: Change { before: State::ALL, ..Change::NONE },
    other: Change::NONE,
    about_other: false,
    wakes: false,
    holds: NOTHING,
    keeps: NOTHING,
    opens: false,
    ends: false,
};

const fn plain(event: EventType) -> Plain {
    use EventType::*;
    use GoPhase::*;
    // The beginning of a system call also has an end, which the window adds.
    let becomes = if matches!(event, GoSysCall) { Some(V2::GoSyscallBegin) } else { usual(event.global()) };
    let Some(becomes) = becomes else { return RARE };
    let runs = Change::of_phase(Running, Running);
    let stays = Plain { becomes, g: runs, holds: ITS_OWN, keeps: ITS_OWN, ..RARE };
    let plain = match event {
        GoStart | GoStartLocal => {
            Plain { g: Change::of_phase(Runnable, Running).with_merge_rule(event), holds: NOTHING, ..stays }
        }
        GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoSleep | GoBlockGC
        | GoBlockNet => Plain { g: Change::of_phase(Running, Waiting).with_merge_rule(event), keeps: NOTHING, ..stays },
        GoSched | GoPreempt => {
            Plain { g: Change::of_phase(Running, Runnable).with_merge_rule(event), keeps: NOTHING, ..stays }
        }
        GoEnd => Plain { g: Change::of_phase(Running, Dead), keeps: NOTHING, ends: true, ..stays },
        GoUnblock | GoUnblockLocal => {
            let woken = Change::of_phase(Waiting, Runnable).with_merge_rule(event);
            let other = Change { clears: woken.clears.with(State::NETWORK), ..woken };
            Plain { other, about_other: true, wakes: true, ..stays }
        }
        GoCreate => {
            let created = Change::of_phase(Dead, Runnable).with_merge_rule(event);
            let other = Change {
                mask: created.mask.with(State::EXISTS),
                clears: created.clears.with(State::NETWORK),
                sets: created.sets.with(State::EXISTS),
                ..created
            };
            Plain { other, about_other: true, ..stays }
        }
        GoSysCall => Plain { opens: true, ..stays },
        _ => return RARE,
    };
    let Change { mask, clears, mut sets, .. } = plain.g;
    sets = sets.with(State::EXISTS);
    if matches!(event, GoBlockNet) {
        sets = sets.with(State::NETWORK);
    }
    if plain.opens {
        sets = sets.with(State::CALLS);
    }
    let special = State::IN_C.with(State::LATE).with(State::TIMER);
    // Without a goroutine, events may wake or create others, but nothing else.
    let special = if plain.about_other { special } else { special.with(State::NO_G) };
    let g =
        Change { mask: mask.with(special), clears: clears.with(State::NETWORK).with(State::CALLS), sets, ..plain.g };
    Plain { g, ..plain }
}

/// The rows by number of the event type.
const PLAIN: [Plain; 64] = {
    let mut table = [RARE; 64];
    let mut i = 0;
    while i < EventType::ALL.len() {
        let event = EventType::ALL[i];
        table[event as usize % 64] = plain(event);
        i += 1;
    }
    table
};

impl Replay<'_> {
    /// Handles the next event if it is a frequent one and breaks no rule; else returns false
    /// and changes nothing. If it `MERGES`, the event also has to be possible
    /// for merging, and no stream may wait for it.
    #[inline(always)]
    pub(crate) fn handle_plain<const MERGES: bool>(&mut self, head: &Head, proc: u16) -> bool {
        let plain = &PLAIN[head.event as usize % PLAIN.len()];
        let Some((g, mut other)) = self.gs.pair(head.g, plain.about_other.then_some(head.other)) else { return false };
        let seq = other.as_ref().map_or(g.seq, |other| other.seq);
        if !plain.g.allows::<MERGES>(g.state)
            || other.as_ref().is_some_and(|other| !plain.other.allows::<MERGES>(other.state))
            || head.seq != ANY && head.seq != seq
            || MERGES && head.ticks < self.last
            || !self.form.is_usual()
        {
            return false;
        }
        let Some(p) = self.ps.get_mut(place(proc)).filter(|p| p.g == head.g & plain.holds) else { return false };
        p.g = head.g & plain.keeps;
        let network = plain.wakes && other.as_ref().is_some_and(|other| other.state.has(State::NETWORK));
        let (p, thread) = if network { (NETPOLL_PROC, WIRE_NONE) } else { (p.id, p.thread) };
        let context = Context { go: if plain.about_other && head.g == NO_G { WIRE_NONE } else { g.id }, g: NONE, p };
        let record = Record::new(plain.becomes, thread, context, head.at, head.ticks);
        self.last = head.ticks;
        if g.state.has(State::CALLS) {
            self.window.close(g.syscall, false);
        }
        plain.g.change(g);
        if let Some(other) = &mut other {
            plain.other.change(other);
        }
        if plain.opens {
            g.syscall = self.window.place();
            self.window.push_syscall(record);
            return true;
        }
        if plain.ends {
            self.end_goroutine(head.g);
        }
        self.window.push(record);
        true
    }
}
