//! Rules of Gs: status, creation, start, stop, switch, end.

use crate::base::ids::WIRE_NONE;
use crate::error::{Error, ErrorKind, Result};
use crate::order::state::context::Context;
use crate::order::state::record::CachedArgs;
use crate::order::state::record::note;
use crate::order::state::step::{Advance, Step};
use crate::order::state::{G, NONE, State};
use crate::spec::state::GoState;
use crate::spec::status::GoStatus;
use crate::spec::v2::EventType;

/// Handles `GoStatus` and `GoStatusStack`, the first mention of a G in a generation.
#[inline(never)]
pub(crate) fn go_status(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let id = step.arg()?;
    let thread = step.arg()?;
    let number = step.arg()?;
    if step.event == EventType::GoStatusStack {
        step.stack(state)?;
    }
    let at = step.at();
    let goroutine = id.into();
    if id == WIRE_NONE {
        return Err(Error::at(at, ErrorKind::AbsurdGoroutine { goroutine }));
    }
    let Some(status) = GoStatus::from_wire(number) else {
        return Err(Error::at(at, ErrorKind::BadGoStatus { goroutine, status: number }));
    };
    let known = state.gs.find(id);
    let mut old = GoState::of(status);
    if let Some(slot) = known {
        let before = state.gs.get_mut(slot, step)?.status;
        if before != status {
            return Err(Error::at(at, ErrorKind::InconsistentGoStatus { goroutine, before, now: status }));
        }
    } else if state.initial {
        old = GoState::Undetermined;
    } else if !state.assume_goroutine(id, status) {
        return Err(Error::at(at, ErrorKind::LateGoroutine { goroutine }));
    }

    // A goroutine in a syscall is bound to this M, or to another, which the event names.
    let mut report = step.record();
    let mut elsewhere = None;
    if status == GoStatus::Syscall {
        if thread == WIRE_NONE {
            return Err(Error::at(at, ErrorKind::SyscallWithoutThread { goroutine }));
        }
        let mismatch = |has: u64| {
            let has = crate::base::ids::optional(has);
            Error::at(at, ErrorKind::SyscallThread { goroutine, thread: thread.into(), has })
        };
        if thread == step.thread() {
            // After the first generation, the syscall must have been seen to begin.
            if !state.initial && step.cx.go != id {
                return Err(mismatch(step.cx.go));
            }
        } else {
            // The goroutine has sat in a syscall since before the generation began. Its M has no
            // P: the runtime takes Ps back when a generation begins.
            state.assume_bound(thread, id);
            let m = state.ms.find(thread);
            // An M without a single event so far may have any goroutine.
            if let Some(m) = m.filter(|&m| state.ms.is_known(m)) {
                let has = state.ms.context(m).go;
                if has != id {
                    return Err(mismatch(has));
                }
                report.go = has;
            }
            report.thread = thread;
            elsewhere = Some(m);
        }
    }

    let slot = match known {
        Some(slot) => slot,
        None => new_goroutine(state, step, id, status)?,
    };
    let generation = state.generation;
    state.gs.get_mut(slot, step)?.restart(generation);
    match (status, elsewhere) {
        (GoStatus::Running, _) | (GoStatus::Syscall, None) => step.cx.bind_g(slot, id),
        (_, Some(m)) => {
            let m = m.unwrap_or_else(|| state.ms.add(thread));
            if let Some(cx) = state.ms.context_mut(m) {
                cx.bind_g(slot, id);
            }
        }
        _ => {}
    }
    state.make(report.with_note(old as u8))
}

/// Handles `GoCreate`: a goroutine appears, runnable.
#[inline(always)]
pub(crate) fn go_create(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    create(state, step, GoStatus::Runnable)
}

/// Handles `GoCreateBlocked`: a goroutine appears, waiting, as coroutines do.
pub(crate) fn go_create_blocked(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    create(state, step, GoStatus::Waiting)
}

#[inline(always)]
fn create(state: &mut State<'_>, step: &mut Step<'_>, status: GoStatus) -> Result<Advance> {
    step.needs_p()?;
    let id = step.arg()?;
    step.stack(state)?;
    step.stack(state)?;
    // The creator may be the runtime itself, on no goroutine.
    if step.cx.g != NONE {
        state.gs.current(step)?.must_be(GoStatus::Running, step)?;
    }
    new_goroutine(state, step, id, status)?;
    Ok(Advance::Yes)
}

/// Adds a goroutine and returns its slot; errs if it exists.
#[inline(always)]
pub(crate) fn new_goroutine(state: &mut State<'_>, step: &Step<'_>, id: u64, status: GoStatus) -> Result<u32> {
    if id == WIRE_NONE {
        return Err(Error::at(step.at(), ErrorKind::AbsurdGoroutine { goroutine: id.into() }));
    }
    match state.gs.add(G::new(id, status, state.generation)) {
        Some(slot) => Ok(slot),
        None => Err(Error::at(step.at(), ErrorKind::GoroutineExists { event: step.event, goroutine: id.into() })),
    }
}

/// Handles `GoStop`: the running goroutine leaves its P and could go on at once.
#[inline(always)]
pub(crate) fn go_stop(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    stop_running(state, step, GoStatus::Runnable)
}

/// Handles `GoBlock`: the running goroutine leaves its P and waits for something.
#[inline(always)]
pub(crate) fn go_block(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    stop_running(state, step, GoStatus::Waiting)
}

#[inline(always)]
fn stop_running(state: &mut State<'_>, step: &mut Step<'_>, status: GoStatus) -> Result<Advance> {
    step.needs_all()?;
    let reason = step.string(state)?;
    let stack = step.stack(state)?;
    let g = state.gs.current(step)?;
    g.must_be(GoStatus::Running, step)?;
    g.status = status;
    step.cx.unbind_g();
    step.cached = CachedArgs::new(reason, stack);
    Ok(Advance::Yes)
}

/// Handles `GoDestroy`: the running goroutine ends.
#[inline(always)]
pub(crate) fn go_destroy(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    state.gs.current(step)?.must_be(GoStatus::Running, step)?;
    state.gs.remove(step.cx.g);
    step.cx.unbind_g();
    step.cached = CachedArgs::new(0, 0);
    Ok(Advance::Yes)
}

/// Handles `GoStart`: a runnable goroutine begins to run.
#[inline(always)]
pub(crate) fn go_start(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let id = step.arg()?;
    let seq = step.arg()?;
    let generation = state.generation;
    let Some((slot, g)) = state.gs.find_mut(id) else { return Ok(Advance::NotYet) };
    if g.status != GoStatus::Runnable || !g.seq.admits(seq, generation) {
        return Ok(Advance::NotYet);
    }
    step.needs_p()?;
    step.needs_no_g()?;
    g.status = GoStatus::Running;
    g.seq.advance(seq);
    step.cx.bind_g(slot, id);
    step.cached = CachedArgs::new(id, 0);
    Ok(Advance::Yes)
}

/// Handles `GoUnblock`: a waiting goroutine becomes runnable. It needs no context: threads
/// without a P unblock goroutines too.
#[inline(always)]
pub(crate) fn go_unblock(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let id = step.arg()?;
    let seq = step.arg()?;
    let stack = step.arg()?;
    let generation = state.generation;
    let Some((_, g)) = state.gs.find_mut(id) else { return Ok(Advance::NotYet) };
    if g.status != GoStatus::Waiting || !g.seq.admits(seq, generation) {
        return Ok(Advance::NotYet);
    }
    g.status = GoStatus::Runnable;
    g.seq.advance(seq);
    // Only now, as by Go: an event that never happens does not err.
    step.check_stack(state, stack)?;
    step.cached = CachedArgs::new(id, stack);
    Ok(Advance::Yes)
}

/// Handles `GoSwitch` and `GoSwitchDestroy`: a coroutine switch, which is three events in
/// one. The next goroutine is unblocked, the current one blocks or ends, the
/// next one starts.
#[inline(never)]
pub(crate) fn go_switch(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    let current = step.cx.g;
    state.gs.current(step)?.must_be(GoStatus::Running, step)?;
    let id = step.arg()?;
    let seq = step.arg()?;
    let generation = state.generation;
    // Where clocks disagree, the next goroutine may not have blocked yet.
    let Some((slot, next)) = state.gs.find_mut(id) else { return Ok(Advance::NotYet) };
    if next.status != GoStatus::Waiting || !next.seq.admits(seq, generation) {
        return Ok(Advance::NotYet);
    }
    next.status = GoStatus::Running;
    next.seq.advance(seq);
    let leaves = if step.event == EventType::GoSwitch {
        state.gs.get_mut(current, step)?.status = GoStatus::Waiting;
        EventType::GoBlock
    } else {
        state.gs.remove(current);
        EventType::GoDestroy
    };
    let switch = *step;
    let left = Step { event: leaves, ..switch };
    let started = Step { event: EventType::GoStart, cx: Context { g: NONE, go: WIRE_NONE, ..switch.cx }, ..switch };
    state.made.extend([switch.record(), left.record().with_note(note::SYNTHETIC), started.record()]);
    step.cx.bind_g(slot, id);
    Ok(Advance::Made)
}
