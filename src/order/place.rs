//! Placing an event that cannot happen: lenient mode's way on.
//!
//! A lost batch leaves gaps: a goroutine starts that nobody unblocked, a P is
//! taken that its holder never gave up. Such an event says what is the case
//! now. It is put where its time says, and the state is made to agree with it;
//! what contradicts it is forgotten. Nothing here runs while a trace is good.

use crate::event::transition::{GoState, ProcState};
use crate::ids::WIRE_NONE;
use crate::limits::MAX_PROC_ID;
use crate::order::context::Context;
use crate::order::gc::{Gc, Phase};
use crate::order::state::{G, NONE, Slot, State};
use crate::order::{Step, note};
use crate::wire::v2::spec::EventType;
use crate::wire::v2::status::{GoStatus, ProcStatus};

/// Makes an event happen whatever the state is, and adds its records to
/// `State::made`; `args` are its arguments, the time difference included.
/// Returns false for an event that says nothing without its context, or
/// nothing sensible: that leaves all as it was.
pub(super) fn place(state: &mut State<'_>, step: &mut Step<'_>, args: [u64; 5]) -> bool {
    use EventType as E;
    let before = *step;
    let own = step.cx.g;
    match step.event {
        E::ProcStart => {
            let Some(p) = take_proc(state, step, args[1]) else { return false };
            if step.cx.p != p {
                give_up_proc(state, step);
            }
            set_proc(state, p, ProcStatus::Running, Some(args[2]));
            step.cx.p = p;
        }
        E::ProcStop => {
            if step.cx.p == NONE {
                return false;
            }
            give_up_proc(state, step);
        }
        E::ProcSteal => {
            let Some(p) = take_proc(state, step, args[1]) else { return false };
            set_proc(state, p, ProcStatus::Idle, Some(args[2]));
            if step.cx.p == p {
                step.cx.p = NONE;
            }
        }
        E::ProcStatus => {
            let Some(status) = ProcStatus::from_wire(args[2]) else { return false };
            let Some(p) = take_proc(state, step, args[1]) else { return false };
            set_proc(state, p, status, None);
            if matches!(status, ProcStatus::Running | ProcStatus::Syscall) {
                if step.cx.p != p {
                    give_up_proc(state, step);
                }
                step.cx.p = p;
            }
            state.made.push(before.record().noting(ProcState::Undetermined as u8));
            return true;
        }

        E::GoCreate | E::GoCreateBlocked => {
            let status = if step.event == E::GoCreate { GoStatus::Runnable } else { GoStatus::Waiting };
            if set_goroutine(state, step, args[1], status, None).is_none() {
                return false;
            }
        }
        E::GoCreateSyscall => {
            let Some(g) = set_goroutine(state, step, args[1], GoStatus::Syscall, None) else { return false };
            leave_goroutine(state, step, GoStatus::Waiting);
            step.cx.bind_g(g, args[1]);
        }
        E::GoStart => {
            if is_stale(state, args[1], args[2]) {
                state.made.push(before.record());
                return true;
            }
            let Some(g) = set_goroutine(state, step, args[1], GoStatus::Running, Some(args[2])) else { return false };
            if own != g {
                leave_goroutine(state, step, GoStatus::Waiting);
            }
            step.cx.bind_g(g, args[1]);
        }
        E::GoStop | E::GoBlock | E::GoSyscallEndBlocked => {
            if own == NONE {
                return false;
            }
            let status = if step.event == E::GoBlock { GoStatus::Waiting } else { GoStatus::Runnable };
            leave_goroutine(state, step, status);
            if step.event == E::GoSyscallEndBlocked {
                give_up_proc(state, step);
            }
        }
        E::GoDestroy | E::GoDestroySyscall => {
            if own == NONE {
                return false;
            }
            end_goroutine(state, step);
            if step.event == E::GoDestroySyscall {
                give_up_proc(state, step);
            }
        }
        E::GoUnblock => {
            if !is_stale(state, args[1], args[2])
                && set_goroutine(state, step, args[1], GoStatus::Runnable, Some(args[2])).is_none()
            {
                return false;
            }
        }
        E::GoSwitch | E::GoSwitchDestroy => return switch(state, step, args),
        E::GoSyscallBegin | E::GoSyscallEnd => {
            if own == NONE {
                return false;
            }
            let begins = step.event == E::GoSyscallBegin;
            set_own(state, step, if begins { GoStatus::Syscall } else { GoStatus::Running });
            if step.cx.p != NONE {
                let status = if begins { ProcStatus::Syscall } else { ProcStatus::Running };
                set_proc(state, step.cx.p, status, begins.then_some(args[1]));
            }
        }
        E::GoStatus | E::GoStatusStack => return status(state, step, args),

        E::GCBegin | E::GCActive => state.gc = Gc { seq: args[1], phase: Phase::Marking },
        E::GCEnd => state.gc = Gc { seq: args[1], phase: Phase::Off },
        E::GCSweepBegin | E::GCSweepEnd => {
            if let Ok(p) = state.ps.current(step) {
                p.sweeping = step.event == E::GCSweepBegin;
            }
        }
        E::GCSweepActive => {
            if let Some(p) = state.ps.find(args[1]) {
                p.sweeping = true;
            }
        }
        E::UserTaskBegin => _ = state.tasks.insert(args[1], step.at()),
        E::UserRegionEnd => {
            if own != NONE {
                state.gs.more_mut(own).regions.pop();
            }
        }
        E::STWBegin
        | E::STWEnd
        | E::GCMarkAssistBegin
        | E::GCMarkAssistActive
        | E::GCMarkAssistEnd
        | E::HeapAlloc
        | E::HeapGoal
        | E::ProcsChange
        | E::GoLabel
        | E::UserTaskEnd
        | E::UserRegionBegin
        | E::UserLog => {}
        event if event.spec().experimental => {}
        _ => return false,
    }
    state.made.push(before.record());
    true
}

/// A coroutine switch, of which at least one side must be known.
fn switch(state: &mut State<'_>, step: &mut Step<'_>, args: [u64; 5]) -> bool {
    let before = *step;
    if is_stale(state, args[1], args[2]) {
        return false;
    }
    let Some(next) = set_goroutine(state, step, args[1], GoStatus::Running, Some(args[2])) else { return false };
    let leaves = if step.event == EventType::GoSwitch { EventType::GoBlock } else { EventType::GoDestroy };
    state.made.push(before.record());
    if step.cx.g != NONE && step.cx.g != next {
        state.made.push(Step { event: leaves, ..before }.record().noting(note::SYNTHETIC));
        match leaves {
            EventType::GoBlock => leave_goroutine(state, step, GoStatus::Waiting),
            _ => end_goroutine(state, step),
        }
    }
    let nobody = Context { g: NONE, go: WIRE_NONE, ..before.cx };
    state.made.push(Step { event: EventType::GoStart, cx: nobody, ..before }.record());
    step.cx.bind_g(next, args[1]);
    true
}

/// A goroutine's status, which is believed.
fn status(state: &mut State<'_>, step: &mut Step<'_>, args: [u64; 5]) -> bool {
    let Some(status) = GoStatus::from_wire(args[3]) else { return false };
    let before = *step;
    let thread = args[2];
    let Some(g) = set_goroutine(state, step, args[1], status, None) else { return false };
    match status {
        GoStatus::Running | GoStatus::Syscall if status == GoStatus::Running || thread == step.thread() => {
            if step.cx.g != g {
                leave_goroutine(state, step, GoStatus::Waiting);
            }
            step.cx.bind_g(g, args[1]);
        }
        GoStatus::Syscall if thread != WIRE_NONE => {
            let m = state.ms.find(thread).unwrap_or_else(|| state.ms.add(thread));
            if let Some(cx) = state.ms.context_mut(m) {
                cx.bind_g(g, args[1]);
            }
        }
        _ => {}
    }
    state.made.push(before.record().noting(GoState::Undetermined as u8));
    true
}

/// Whether an event comes too late: the goroutine has got past it. Such a one
/// is shown, but changes nothing.
fn is_stale(state: &mut State<'_>, id: u64, seq: u64) -> bool {
    let generation = state.generation;
    let Some(slot) = state.gs.find(id) else { return false };
    state.gs.at_mut(slot).is_some_and(|g| g.seq.is_past(seq, generation))
}

/// Gives a goroutine a status, and takes it from the M that has it, unless that
/// is the step's own. None for an absurd ID.
fn set_goroutine(state: &mut State<'_>, step: &Step<'_>, id: u64, status: GoStatus, seq: Option<u64>) -> Option<Slot> {
    if id == WIRE_NONE {
        return None;
    }
    let generation = state.generation;
    let slot = match state.gs.find(id) {
        Some(slot) => {
            forget(state, step, |cx| {
                if cx.g == slot {
                    cx.unbind_g()
                }
            });
            slot
        }
        None => state.gs.add(G::new(id, status, generation))?,
    };
    let g = state.gs.at_mut(slot)?;
    g.status = status;
    g.restart(generation);
    if let Some(seq) = seq {
        g.seq.advance(seq);
    }
    Some(slot)
}

/// Gives the step's own goroutine a status, where there is one.
fn set_own(state: &mut State<'_>, step: &Step<'_>, status: GoStatus) {
    if let Ok(g) = state.gs.current(step) {
        g.status = status;
    }
}

/// Takes the step's own goroutine from its M.
fn leave_goroutine(state: &mut State<'_>, step: &mut Step<'_>, status: GoStatus) {
    set_own(state, step, status);
    step.cx.unbind_g();
}

/// Ends the step's own goroutine.
fn end_goroutine(state: &mut State<'_>, step: &mut Step<'_>) {
    if state.gs.current(step).is_ok() {
        state.gs.remove(step.cx.g);
    }
    step.cx.unbind_g();
}

/// Takes a P from the M that has it, unless that is the step's own. None for
/// an absurd one.
fn take_proc(state: &mut State<'_>, step: &Step<'_>, id: u64) -> Option<Slot> {
    if id > MAX_PROC_ID {
        return None;
    }
    let p = id as Slot;
    forget(state, step, |cx| {
        if cx.p == p {
            cx.p = NONE
        }
    });
    Some(p)
}

/// Makes the step's M one without a P.
fn give_up_proc(state: &mut State<'_>, step: &mut Step<'_>) {
    if step.cx.p != NONE {
        set_proc(state, step.cx.p, ProcStatus::Idle, None);
        step.cx.p = NONE;
    }
}

/// Gives a P a status and, where there is one, a sequence number.
fn set_proc(state: &mut State<'_>, p: Slot, status: ProcStatus, seq: Option<u64>) {
    let generation = state.generation;
    if state.ps.find(u64::from(p)).is_none() {
        state.ps.add(p, status, generation);
    }
    let Some(proc) = state.ps.find(u64::from(p)) else { return };
    proc.status = status;
    if let Some(seq) = seq {
        proc.restart(generation);
        proc.seq.advance(seq);
    }
}

/// Changes the contexts of the other Ms, if they are not too many.
fn forget(state: &mut State<'_>, step: &Step<'_>, mut change: impl FnMut(&mut Context)) {
    if state.ms.len() <= state.limits.threads_searched {
        state.ms.iter_mut().filter(|m| m.id != step.thread()).for_each(|m| change(&mut m.cx));
    }
}
