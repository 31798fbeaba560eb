//! The GC mark phase, and the heap's figures.
//!
//! The phase begins and ends on whichever M; sequence numbers order the two,
//! so that broken clocks cannot end a cycle that has not begun.

use crate::error::{Error, ErrorKind, Result};
use crate::order::state::State;
use crate::order::{Advance, Step};

/// The collector's phase and sequence number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Gc {
    pub(crate) seq: u64,
    pub(crate) phase: Phase,
}

/// What is known of the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Phase {
    /// No event of it yet.
    #[default]
    Undetermined,
    /// Not marking.
    Off,
    /// Marking.
    Marking,
}

impl Phase {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Phase::Undetermined => "in an unknown phase",
            Phase::Off => "off",
            Phase::Marking => "marking already",
        }
    }
}

fn refuse(state: &State<'_>, step: &Step<'_>) -> Error {
    Error::at(step.at(), ErrorKind::GcState { event: step.event, found: state.gc.phase.describe() })
}

/// `GCActive`: marking since before this generation.
#[inline(never)]
pub(crate) fn gc_active(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let seq = step.arg()?;
    state.assume_gc(seq, Phase::Marking);
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

/// `GCBegin`.
#[inline(never)]
pub(crate) fn gc_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let seq = step.arg()?;
    step.stack(state)?;
    state.assume_gc(seq, Phase::Off);
    if state.gc.phase != Phase::Undetermined {
        if seq != state.gc.seq.wrapping_add(1) {
            return Ok(Advance::NotYet);
        }
        if state.gc.phase == Phase::Marking {
            return Err(refuse(state, step));
        }
        step.needs_all()?;
    }
    state.gc = Gc { seq, phase: Phase::Marking };
    Ok(Advance::Yes)
}

/// `GCEnd`.
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

/// `HeapAlloc`, `HeapGoal`: need a P, not a G.
#[inline(always)]
pub(crate) fn heap_metric(_: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_p()?;
    step.arg()?;
    Ok(Advance::Yes)
}
