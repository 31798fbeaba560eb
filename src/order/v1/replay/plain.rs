//! The frequent events, when all is as it should be.
//!
//! Nineteen of twenty events start or stop a goroutine or wake one, and break no
//! rule. For those it is enough to look at one P and two goroutines, in a
//! straight line, for merging and for the rules at once: what kind of event it
//! is stands in a table, for a jump by it would be foreseen badly. Whatever is
//! not in it, or not so, is for the rules in full.

use super::{NETPOLL_PROC, NOBODY, Replay, place};
use crate::error::GoPhase;
use crate::ids::WIRE_NONE;
use crate::order::Record;
use crate::order::context::Context;
use crate::order::state::{NONE, Slot};
use crate::order::v1::convert::usual;
use crate::order::v1::gs::{G, State};
use crate::order::v1::head::{ANY, Head, rule};
use crate::wire::v1::spec::EventType;
use crate::wire::v2::spec::EventType as V2;

/// What a goroutine has to be for an event, and is then.
#[derive(Clone, Copy)]
struct Change {
    /// What matters of its state, and what that is.
    mask: State,
    before: State,
    clears: State,
    sets: State,
    counts: u64,
}

/// What is for merging alone.
const TURNS: State = State::TURN.and(State::TURN_IN_C).and(State::AWAITED);

impl Change {
    /// None of somebody who may be anything.
    const NONE: Change =
        Change { mask: State::NONE, before: State::NONE, clears: State::NONE, sets: State::NONE, counts: 0 };

    /// By the rules of the scheduler.
    const fn of_phase(before: GoPhase, after: GoPhase) -> Change {
        Change {
            mask: State::PHASE,
            before: State::phase_at(before),
            clears: State::PHASE,
            sets: State::phase_at(after),
            counts: 0,
        }
    }

    /// The same if merging waits for it.
    const fn and_turn(self, event: EventType) -> Change {
        let rule = rule(event);
        Change {
            mask: self.mask.and(TURNS),
            before: self.before.and(State::turn_at(rule.from)),
            clears: self.clears.and(State::TURN),
            sets: self.sets.and(State::turn_at(rule.to)),
            counts: rule.counts as u64,
        }
    }

    #[inline(always)]
    fn change(&self, g: &mut G) {
        g.state = g.state.without(self.clears).and(self.sets);
        g.seq = g.seq.wrapping_add(self.counts);
    }

    #[inline(always)]
    fn suits<const MERGES: bool>(&self, state: State) -> bool {
        let ignored = if MERGES { State::NONE } else { TURNS };
        state.of(self.mask.without(ignored)) == self.before.without(ignored)
    }
}

/// A frequent event.
#[derive(Clone, Copy)]
struct Plain {
    becomes: V2,
    g: Change,
    other: Change,
    /// Whether merging waits for another one.
    about_other: bool,
    /// Whether that wakes.
    wakes: bool,
    /// What has to be the P's of the goroutine's slot, which is nobody's if
    /// nothing is, and then.
    holds: Slot,
    keeps: Slot,
    /// Whether it is a system call, which may block.
    opens: bool,
    /// Whether the goroutine is gone.
    ends: bool,
}

const NOTHING: Slot = NOBODY;
const ITS_OWN: Slot = Slot::MAX;

/// What is not frequent: no goroutine is like that.
const OTHERS: Plain = Plain {
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
    // A system call that begins becomes that, and more if it does not block.
    let becomes = if matches!(event, GoSysCall) { Some(V2::GoSyscallBegin) } else { usual(event.global()) };
    let Some(becomes) = becomes else { return OTHERS };
    let runs = Change::of_phase(Running, Running);
    let stays = Plain { becomes, g: runs, holds: ITS_OWN, keeps: ITS_OWN, ..OTHERS };
    let plain = match event {
        GoStart | GoStartLocal => {
            Plain { g: Change::of_phase(Runnable, Running).and_turn(event), holds: NOTHING, ..stays }
        }
        GoBlock | GoBlockSend | GoBlockRecv | GoBlockSelect | GoBlockSync | GoBlockCond | GoSleep | GoBlockGC
        | GoBlockNet => Plain { g: Change::of_phase(Running, Waiting).and_turn(event), keeps: NOTHING, ..stays },
        GoSched | GoPreempt => {
            Plain { g: Change::of_phase(Running, Runnable).and_turn(event), keeps: NOTHING, ..stays }
        }
        GoEnd => Plain { g: Change::of_phase(Running, Dead), keeps: NOTHING, ends: true, ..stays },
        GoUnblock | GoUnblockLocal => {
            let woken = Change::of_phase(Waiting, Runnable).and_turn(event);
            let other = Change { clears: woken.clears.and(State::NETWORK), ..woken };
            Plain { other, about_other: true, wakes: true, ..stays }
        }
        GoCreate => {
            let created = Change::of_phase(Dead, Runnable).and_turn(event);
            let other = Change {
                mask: created.mask.and(State::EXISTS),
                clears: created.clears.and(State::NETWORK),
                sets: created.sets.and(State::EXISTS),
                ..created
            };
            Plain { other, about_other: true, ..stays }
        }
        GoSysCall => Plain { opens: true, ..stays },
        _ => return OTHERS,
    };
    let Change { mask, clears, mut sets, .. } = plain.g;
    sets = sets.and(State::EXISTS);
    if matches!(event, GoBlockNet) {
        sets = sets.and(State::NETWORK);
    }
    if plain.opens {
        sets = sets.and(State::CALLS);
    }
    let special = State::IN_C.and(State::LATE).and(State::TIMER);
    // Nobody wakes or creates others.
    let special = if plain.about_other { special } else { special.and(State::NOBODY) };
    let g = Change { mask: mask.and(special), clears: clears.and(State::NETWORK).and(State::CALLS), sets, ..plain.g };
    Plain { g, ..plain }
}

/// By number.
const PLAIN: [Plain; 64] = {
    let mut table = [OTHERS; 64];
    let mut i = 0;
    while i < EventType::ALL.len() {
        let event = EventType::ALL[i];
        table[event as usize % 64] = plain(event);
        i += 1;
    }
    table
};

impl Replay<'_> {
    /// Takes the next event if it is a frequent one and as it should be; returns
    /// whether it was. If not, nothing has changed. If it `MERGES`, that is so
    /// for merging too, and no stream waits for it.
    #[inline(always)]
    pub(crate) fn plainly<const MERGES: bool>(&mut self, head: &Head, proc: u16) -> bool {
        let plain = &PLAIN[head.event as usize % PLAIN.len()];
        let Some((g, mut other)) = self.gs.pair(head.g, plain.about_other.then_some(head.other)) else { return false };
        let seq = other.as_ref().map_or(g.seq, |other| other.seq);
        if !plain.g.suits::<MERGES>(g.state)
            || other.as_ref().is_some_and(|other| !plain.other.suits::<MERGES>(other.state))
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
        let context = Context { go: if plain.about_other && head.g == NOBODY { WIRE_NONE } else { g.id }, g: NONE, p };
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
            self.ends(head.g);
        }
        self.window.push(record);
        true
    }
}
