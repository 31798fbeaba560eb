//! Rules of the GC mark phase, and of the heap's figures.
//!
//! The phase begins and ends on any M; sequence numbers order the two,
//! so that broken clocks cannot end a cycle that has not begun.

use crate::error::{Error, ErrorKind, Result};
use crate::order::state::State;
use crate::order::state::gc::{Gc, Phase};
use crate::order::state::step::{Advance, Step};

fn refuse(state: &State<'_>, step: &Step<'_>) -> Error {
    Error::at(step.at(), ErrorKind::GcState { event: step.event, found: state.gc.phase.describe() })
}

/// Handles `GCActive`: marking has gone on since before this generation.
#[inline(never)]
pub(crate) fn gc_active(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let seq = step.arg()?;
    state.assume_gc(seq, Phase::Marking);
    // In the first generation the mark phase is news; later it must have been seen to begin.
    if state.initial {
        if state.gc.phase != Phase::Undetermined {
            return Err(refuse(state, step));
        }
    } else {
        if seq != state.gc.seq.wrapping_add(1) {
            return Ok(Advance::NotYet);
        }
        if state.gc.phase != Phase::Marking {
            return Err(refuse(state, step));
        }
        step.needs_all()?;
    }
    state.gc = Gc { seq, phase: Phase::Marking };
    Ok(Advance::Yes)
}

/// Handles `GCBegin`.
#[inline(never)]
pub(crate) fn gc_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let seq = step.arg()?;
    let stack = step.arg()?;
    state.assume_gc(seq, Phase::Off);
    // The first GC event of a trace has no number before it to follow.
    if state.gc.phase != Phase::Undetermined {
        if seq != state.gc.seq.wrapping_add(1) {
            return Ok(Advance::NotYet);
        }
        if state.gc.phase == Phase::Marking {
            return Err(refuse(state, step));
        }
        step.needs_all()?;
    }
    state.check_stack(step.event, step.at(), stack)?;
    state.gc = Gc { seq, phase: Phase::Marking };
    Ok(Advance::Yes)
}

/// Handles `GCEnd`.
#[inline(never)]
pub(crate) fn gc_end(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let seq = step.arg()?;
    state.assume_gc(seq, Phase::Marking);
    if seq != state.gc.seq.wrapping_add(1) {
        return Ok(Advance::NotYet);
    }
    if state.gc.phase != Phase::Marking {
        return Err(refuse(state, step));
    }
    step.needs_all()?;
    state.gc = Gc { seq, phase: Phase::Off };
    Ok(Advance::Yes)
}

/// Handles `HeapAlloc` and `HeapGoal`, which need a P, but no G.
#[inline(always)]
pub(crate) fn heap_metric(_: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_p()?;
    step.arg()?;
    Ok(Advance::Yes)
}
