//! Rules of system calls, and of goroutines that C threads bring along.

use crate::error::{Error, ErrorKind, Result};
use crate::order::goroutine::new_goroutine;
use crate::order::state::record::CachedArgs;
use crate::order::state::record::note;
use crate::order::state::step::{Advance, Step};
use crate::order::state::{NONE, State};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;

/// Handles `GoSyscallBegin`. It carries the P's sequence number, so that a steal finds
/// the syscall it belongs to even where clocks disagree.
#[inline(always)]
pub(crate) fn syscall_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    let seq = step.arg()?;
    let stack = step.stack(state)?;
    let generation = state.generation;
    let p = state.ps.current(step)?;
    if !p.seq.admits(seq, generation) {
        let kind = ErrorKind::BrokenSequence {
            event: step.event,
            proc: u64::from(step.cx.p).into(),
            before: p.seq.number(),
            found: seq,
        };
        return Err(Error::at(step.at(), kind));
    }
    let g = state.gs.current(step)?;
    g.must_be(GoStatus::Running, step)?;
    g.status = GoStatus::Syscall;
    p.status = ProcStatus::Syscall;
    p.seq.advance(seq);
    step.cached = CachedArgs::new(0, stack);
    Ok(Advance::Yes)
}

/// Handles `GoSyscallEnd`: the goroutine returns with the P that it had.
#[inline(always)]
pub(crate) fn syscall_end(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    let p = state.ps.current(step)?;
    let g = state.gs.current(step)?;
    g.must_be(GoStatus::Syscall, step)?;
    p.must_be(ProcStatus::Syscall, step)?;
    g.status = GoStatus::Running;
    p.status = ProcStatus::Running;
    step.cached = CachedArgs::new(0, 0);
    Ok(Advance::Yes)
}

/// Handles `GoSyscallEndBlocked`: the goroutine returns, but its P is gone. While this M still
/// has a P in a syscall, the event has to wait for the theft of that P.
#[inline(always)]
pub(crate) fn syscall_end_blocked(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    if step.cx.p != NONE && state.ps.current(step)?.status == ProcStatus::Syscall {
        return Ok(Advance::NotYet);
    }
    step.needs_g()?;
    let g = state.gs.current(step)?;
    g.must_be(GoStatus::Syscall, step)?;
    g.status = GoStatus::Runnable;
    step.cx.unbind_g();
    Ok(Advance::Yes)
}

/// Handles `GoCreateSyscall`: a C thread calls into Go, and its goroutine appears in a
/// syscall.
#[inline(never)]
pub(crate) fn go_create_syscall(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_m()?;
    step.needs_no_g()?;
    let id = step.arg()?;
    let slot = new_goroutine(state, step, id, GoStatus::Syscall)?;
    step.cx.bind_g(slot, id);
    Ok(Advance::Yes)
}

/// Handles `GoDestroySyscall`: the callback, or its C thread, has ended.
///
/// The M loses its P with the goroutine, for the system may give the M's ID to another
/// thread, which could then steal the P from "itself".
#[inline(never)]
pub(crate) fn go_destroy_syscall(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_g()?;
    state.gs.current(step)?.must_be(GoStatus::Syscall, step)?;
    let destroyed = step.record();
    if step.cx.p != NONE {
        let p = state.ps.current(step)?;
        p.must_be(ProcStatus::Syscall, step)?;
        p.status = ProcStatus::SyscallAbandoned;
        let stolen = Step { event: EventType::ProcSteal, ..*step };
        state.made.push(stolen.record().with_note(note::SYNTHETIC));
        step.cx.p = NONE;
    }
    state.gs.remove(step.cx.g);
    step.cx.unbind_g();
    state.make(destroyed)
}
