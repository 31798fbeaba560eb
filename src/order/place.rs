//! Placement, in lenient mode, of an event that cannot happen.
//!
//! A lost batch leaves gaps: a goroutine starts that no event unblocked, a P is
//! taken that its holder never gave up. Such an event still says what is the case
//! at its time. So it is put at that time, and the state is made to agree with it,
//! at the cost of whatever contradicts it. No good trace comes here.

use crate::base::ids::WIRE_NONE;
use crate::base::limits::MAX_PROC_ID;
use crate::order::state::context::Context;
use crate::order::state::gc::{Gc, Phase};
use crate::order::state::record::note;
use crate::order::state::step::Step;
use crate::order::state::{G, NONE, Region, Slot, State};
use crate::order::user::unwind;
use crate::spec::state::{GoState, ProcState};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;

/// Makes an event happen whatever the state is, and adds its records to
/// `State::made`; `args` are its arguments, the time difference included.
/// Returns false, and changes nothing, for an event that says nothing without its context,
/// or nothing sensible.
pub(super) fn place(state: &mut State<'_>, step: &mut Step<'_>, args: [u64; 5]) -> bool {
    use EventType as E;
    let before = *step;
    let own = step.cx.g;
    match step.event {
        E::ProcStart => {
            let Some(p) = take_proc(state, step, args[1]) else { return false };
            if step.cx.p != p {
                release_proc(state, step);
            }
            set_proc(state, p, ProcStatus::Running, Some(args[2]));
            step.cx.p = p;
        }
        E::ProcStop => {
            if step.cx.p == NONE {
                return false;
            }
            release_proc(state, step);
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
                    release_proc(state, step);
                }
                step.cx.p = p;
            }
            // The state before is reported as unknown: what ordering had may be wrong.
            state.made.push(before.record().with_note(ProcState::Undetermined as u8));
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
            // The M's former goroutine, whose end was lost, is not running: it waits for all we know.
            unbind_goroutine(state, step, GoStatus::Waiting);
            step.cx.bind_g(g, args[1]);
        }
        E::GoStart => {
            // The goroutine has got past this start: it is shown, but must not take the goroutine back.
            if is_stale(state, args[1], args[2]) {
                state.made.push(before.record());
                return true;
            }
            let Some(g) = set_goroutine(state, step, args[1], GoStatus::Running, Some(args[2])) else { return false };
            if own != g {
                unbind_goroutine(state, step, GoStatus::Waiting);
            }
            step.cx.bind_g(g, args[1]);
        }
        E::GoStop | E::GoBlock | E::GoSyscallEndBlocked => {
            if own == NONE {
                return false;
            }
            let status = if step.event == E::GoBlock { GoStatus::Waiting } else { GoStatus::Runnable };
            unbind_goroutine(state, step, status);
            // The P was taken during the syscall, though the steal may be missing.
            if step.event == E::GoSyscallEndBlocked {
                release_proc(state, step);
            }
        }
        E::GoDestroy | E::GoDestroySyscall => {
            if own == NONE {
                return false;
            }
            end_goroutine(state, step);
            if step.event == E::GoDestroySyscall {
                release_proc(state, step);
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

        // Later events have to follow this one's sequence number.
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
        | E::UserRegionEnd
        | E::UserLog => {}
        event if event.spec().experimental => {}
        _ => return false,
    }
    state.made.push(before.record());
    true
}

/// Ends the regions of the step's goroutine that the end of a region ends; returns their
/// number.
pub(super) fn end_regions(state: &mut State<'_>, step: &Step<'_>, args: [u64; 5]) -> u64 {
    let ended = Region { task: args[1], name: state.name(args[2]) };
    match step.cx.g {
        NONE => 0,
        g => unwind(&mut state.gs.extra_mut(g).regions, &ended),
    }
}

/// Places a coroutine switch; returns false if it is too late or its ID is absurd.
fn switch(state: &mut State<'_>, step: &mut Step<'_>, args: [u64; 5]) -> bool {
    let before = *step;
    if is_stale(state, args[1], args[2]) {
        return false;
    }
    let Some(next) = set_goroutine(state, step, args[1], GoStatus::Running, Some(args[2])) else { return false };
    let leaves = if step.event == EventType::GoSwitch { EventType::GoBlock } else { EventType::GoDestroy };
    state.made.push(before.record());
    if step.cx.g != NONE && step.cx.g != next {
        state.made.push(Step { event: leaves, ..before }.record().with_note(note::SYNTHETIC));
        match leaves {
            EventType::GoBlock => unbind_goroutine(state, step, GoStatus::Waiting),
            _ => end_goroutine(state, step),
        }
    }
    let nobody = Context { g: NONE, go: WIRE_NONE, ..before.cx };
    state.made.push(Step { event: EventType::GoStart, cx: nobody, ..before }.record());
    step.cx.bind_g(next, args[1]);
    true
}

/// Places a goroutine's status, and believes it.
fn status(state: &mut State<'_>, step: &mut Step<'_>, args: [u64; 5]) -> bool {
    let Some(status) = GoStatus::from_wire(args[3]) else { return false };
    let before = *step;
    let thread = args[2];
    let Some(g) = set_goroutine(state, step, args[1], status, None) else { return false };
    match status {
        GoStatus::Running | GoStatus::Syscall if status == GoStatus::Running || thread == step.thread() => {
            if step.cx.g != g {
                unbind_goroutine(state, step, GoStatus::Waiting);
            }
            step.cx.bind_g(g, args[1]);
        }
        // A goroutine in a syscall elsewhere is bound to the M that the status names.
        GoStatus::Syscall if thread != WIRE_NONE => {
            let m = state.ms.find(thread).unwrap_or_else(|| state.ms.add(thread));
            if let Some(cx) = state.ms.context_mut(m) {
                cx.bind_g(g, args[1]);
            }
        }
        _ => {}
    }
    state.made.push(before.record().with_note(GoState::Undetermined as u8));
    true
}

/// Returns whether an event comes too late, for the goroutine has had a later sequence number.
/// Such an event is shown, but changes nothing.
fn is_stale(state: &mut State<'_>, id: u64, seq: u64) -> bool {
    let generation = state.generation;
    let Some(slot) = state.gs.find(id) else { return false };
    state.gs.at_mut(slot).is_some_and(|g| g.seq.is_past(seq, generation))
}

/// Gives a goroutine a status, and takes it from the M that has it, unless that
/// is the step's own. `None` for an absurd ID.
fn set_goroutine(state: &mut State<'_>, step: &Step<'_>, id: u64, status: GoStatus, seq: Option<u64>) -> Option<Slot> {
    if id == WIRE_NONE {
        return None;
    }
    let generation = state.generation;
    let slot = match state.gs.find(id) {
        Some(slot) => {
            change_others(state, step, |cx| {
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

/// Gives the step's own goroutine a status, if there is one.
fn set_own(state: &mut State<'_>, step: &Step<'_>, status: GoStatus) {
    if let Ok(g) = state.gs.current(step) {
        g.status = status;
    }
}

/// Gives the step's own goroutine a status and takes it from its M.
fn unbind_goroutine(state: &mut State<'_>, step: &mut Step<'_>, status: GoStatus) {
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

/// Takes a P from the M that has it, unless that is the step's own. `None` for
/// an absurd number.
fn take_proc(state: &mut State<'_>, step: &Step<'_>, id: u64) -> Option<Slot> {
    if id > MAX_PROC_ID {
        return None;
    }
    let p = id as Slot;
    change_others(state, step, |cx| {
        if cx.p == p {
            cx.p = NONE
        }
    });
    Some(p)
}

/// Makes the step's P idle and takes it from its M.
fn release_proc(state: &mut State<'_>, step: &mut Step<'_>) {
    if step.cx.p != NONE {
        set_proc(state, step.cx.p, ProcStatus::Idle, None);
        step.cx.p = NONE;
    }
}

/// Gives a P a status and a sequence number, if there is one; adds it if it is unknown.
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

/// Changes the contexts of all Ms but the step's own, unless there are too many.
fn change_others(state: &mut State<'_>, step: &Step<'_>, mut change: impl FnMut(&mut Context)) {
    if state.ms.len() <= state.limits.threads_searched {
        state.ms.iter_mut().filter(|m| m.id != step.thread()).for_each(|m| change(&mut m.cx));
    }
}
