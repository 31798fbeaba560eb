//! Rules of Ps: status, start, stop, steal.

use crate::base::limits::MAX_PROC_ID;
use crate::error::{Error, ErrorKind, Result};
use crate::order::state::record::note;
use crate::order::state::step::{Advance, Step};
use crate::order::state::{NONE, Slot, State};
use crate::spec::state::ProcState;
use crate::spec::status::ProcStatus;

/// Handles `ProcStatus`, the first mention of a P in a generation.
#[inline(never)]
pub(crate) fn proc_status(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let id = step.arg()?;
    let number = step.arg()?;
    let at = step.at();
    let proc = id.into();
    let Some(status) = ProcStatus::from_wire(number) else {
        return Err(Error::at(at, ErrorKind::BadProcStatus { proc, status: number }));
    };
    if id > MAX_PROC_ID {
        return Err(Error::at(at, ErrorKind::AbsurdProc { proc }));
    }
    let slot = id as Slot;
    let mut promoted = false;
    let mut old = ProcState::of(status);
    match state.ps.find(id).map(|p| p.status) {
        // The wire says "abandoned" where the runtime lost track of the M; here the M is known, so
        // the P stays with it until the steal.
        Some(ProcStatus::Syscall) if status == ProcStatus::SyscallAbandoned => {
            promoted = true;
            old = ProcState::Running;
        }
        Some(before) if before != status => {
            return Err(Error::at(at, ErrorKind::InconsistentProcStatus { proc, before, now: status }));
        }
        Some(_) => {}
        None if state.assume_proc(slot, status) => {}
        None if state.initial => old = ProcState::Undetermined,
        // A P unknown after the first generation is new: GOMAXPROCS has grown.
        None => old = ProcState::NotExist,
    }
    // A P that is kept like that is about to be stolen, and most likely the thief wrote its
    // status: the event is reported on the M that holds the P.
    let mut report = step.record();
    if promoted {
        let Some(holder) = state.holder(slot, step) else {
            return Err(Error::at(at, ErrorKind::NoHolder { proc }));
        };
        (report.thread, report.go, report.proc) = (holder.id, holder.cx.go, holder.cx.p);
    }
    let generation = state.generation;
    match state.ps.find(id) {
        Some(p) => p.restart(generation),
        None => _ = state.ps.add(slot, status, generation),
    }
    if matches!(status, ProcStatus::Running | ProcStatus::Syscall) {
        step.cx.p = slot;
    }
    state.make(report.with_note(old as u8))
}

/// Handles `ProcStart`: an M takes an idle P.
#[inline(always)]
pub(crate) fn proc_start(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let id = step.arg()?;
    let seq = step.arg()?;
    let generation = state.generation;
    let Some(p) = state.ps.find(id) else { return Ok(Advance::NotYet) };
    // With a P already, this M is in a syscall, and the theft of that P has yet to be seen.
    if p.status != ProcStatus::Idle || !p.seq.admits(seq, generation) || step.cx.p != NONE {
        return Ok(Advance::NotYet);
    }
    step.needs_m()?;
    p.status = ProcStatus::Running;
    p.seq.advance(seq);
    step.cx.p = id as Slot;
    Ok(Advance::Yes)
}

/// Handles `ProcStop`: an M gives its P up.
#[inline(always)]
pub(crate) fn proc_stop(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_p()?;
    let p = state.ps.current(step)?;
    if !matches!(p.status, ProcStatus::Running | ProcStatus::Syscall) {
        return Err(p.is_not(ProcStatus::Running, step.event, step.at(), step.cx.p));
    }
    p.status = ProcStatus::Idle;
    step.cx.p = NONE;
    Ok(Advance::Yes)
}

/// Handles `ProcSteal`: a P is taken from an M that is in a syscall.
#[inline(always)]
pub(crate) fn proc_steal(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let id = step.arg()?;
    let seq = step.arg()?;
    let from = step.arg()?;
    let generation = state.generation;
    let at = step.at();
    let Some(&mut p) = state.ps.find(id) else { return Ok(Advance::NotYet) };
    let slot = id as Slot;
    if !matches!(p.status, ProcStatus::Syscall | ProcStatus::SyscallAbandoned) || !p.seq.admits(seq, generation) {
        return Ok(Advance::NotYet);
    }
    step.needs_m()?;
    let before = *step;
    if p.status == ProcStatus::SyscallAbandoned {
        // The M that had the P is lost, and may have moved on, so no context changes.
    } else if from == step.thread() {
        // An M that steals its own P gives it up, as with `ProcStop`.
        if step.cx.p != slot {
            return Err(mismatch(id, from, step.cx.p, at));
        }
        step.cx.p = NONE;
    } else {
        state.assume_victim(from, slot);
        let victim = state.ms.find(from).and_then(|m| state.ms.context_mut(m));
        match victim {
            // The victim cannot end its syscall before it has lost the P here.
            Some(victim) if victim.p == slot => victim.p = NONE,
            Some(victim) => return Err(mismatch(id, from, victim.p, at)),
            None => return Err(mismatch(id, from, NONE, at)),
        }
    }
    if let Some(p) = state.ps.find(id) {
        p.status = ProcStatus::Idle;
        p.seq.advance(seq);
    }
    if p.status == ProcStatus::SyscallAbandoned {
        return state.make(before.record().with_note(note::ABANDONED));
    }
    Ok(Advance::Yes)
}

#[cold]
fn mismatch(proc: u64, thread: u64, has: Slot, at: usize) -> Error {
    let has = (has != NONE).then_some(u64::from(has).into());
    Error::at(at, ErrorKind::StealMismatch { proc: proc.into(), thread: thread.into(), has })
}
