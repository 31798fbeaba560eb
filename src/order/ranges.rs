//! Rules of ranges of time: GC mark assists and stop-the-worlds of a G, sweeps
//! of a P.

use crate::error::{Error, ErrorKind, Result};
use crate::order::state::State;
use crate::order::state::ranges::OpenRange;
use crate::order::state::record::Record;
use crate::order::state::step::{Advance, Step};
use crate::spec::v2::EventType;

fn begin_of(event: EventType) -> EventType {
    event.spec().begin.unwrap_or(event)
}

/// Handles `STWBegin` and `GCMarkAssistBegin`.
pub(crate) fn go_range_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    let kind = if step.event == EventType::STWBegin { step.string(state)? } else { 0 };
    step.stack(state)?;
    let (event, at) = (step.event, step.at());
    let g = state.gs.extra_mut(step.cx.g);
    if g.ranges.iter().any(|r| r.begin == event && r.kind == kind) {
        return Err(Error::at(at, ErrorKind::RangeOpen { event }));
    }
    g.ranges.push(OpenRange { begin: event, kind, origin: at });
    g.ranged = true;
    Ok(Advance::Yes)
}

/// Handles `GCMarkAssistActive`, which may name any goroutine, on any thread.
pub(crate) fn go_range_active(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let goroutine = step.arg()?;
    let (event, at) = (step.event, step.at());
    let Some(slot) = state.gs.find(goroutine) else {
        return Err(Error::at(at, ErrorKind::UnknownGoroutine { event, goroutine: goroutine.into() }));
    };
    let begin = begin_of(event);
    let initial = state.initial || state.assume_range(slot, begin);
    let g = state.gs.extra_mut(slot);
    match (g.ranges.iter().any(|r| r.begin == begin), initial) {
        // In the first generation the range is news; later it must have been seen to begin.
        (true, true) => Err(Error::at(at, ErrorKind::RangeOpen { event })),
        (false, false) => Err(Error::at(at, ErrorKind::RangeNotOpen { event })),
        (false, true) => {
            g.ranges.push(OpenRange { begin, kind: 0, origin: at });
            Ok(Advance::Yes)
        }
        (true, false) => Ok(Advance::Yes),
    }
}

/// Handles `STWEnd` and `GCMarkAssistEnd`.
pub(crate) fn go_range_end(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    let (event, at) = (step.event, step.at());
    let begin = begin_of(event);
    let g = state.gs.extra_mut(step.cx.g);
    let Some(open) = g.ranges.iter().position(|r| r.begin == begin) else {
        return Err(Error::at(at, ErrorKind::RangeNotOpen { event }));
    };
    let extra = g.ranges.swap_remove(open).origin as u64;
    if event == EventType::STWEnd {
        // The end does not state the reason, so the record refers to the beginning.
        return state.make(Record { extra, ..step.record() });
    }
    Ok(Advance::Yes)
}

/// Handles `GCSweepBegin`.
#[inline(always)]
pub(crate) fn sweep_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_p()?;
    step.stack(state)?;
    let (event, at) = (step.event, step.at());
    let p = state.ps.current(step)?;
    if p.sweeping {
        return Err(Error::at(at, ErrorKind::RangeOpen { event }));
    }
    (p.sweeping, p.swept) = (true, true);
    Ok(Advance::Yes)
}

/// Handles `GCSweepActive`, which may name any P.
pub(crate) fn sweep_active(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let proc = step.arg()?;
    let (event, at) = (step.event, step.at());
    let initial = state.initial || state.assume_sweep(proc);
    let Some(p) = state.ps.find(proc) else {
        return Err(Error::at(at, ErrorKind::UnknownProc { event, proc: proc.into() }));
    };
    match (p.sweeping, initial) {
        (true, true) => Err(Error::at(at, ErrorKind::RangeOpen { event })),
        (false, false) => Err(Error::at(at, ErrorKind::RangeNotOpen { event })),
        _ => {
            p.sweeping = true;
            Ok(Advance::Yes)
        }
    }
}

/// Handles `GCSweepEnd`.
#[inline(always)]
pub(crate) fn sweep_end(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_p()?;
    step.arg()?;
    step.arg()?;
    let (event, at) = (step.event, step.at());
    let p = state.ps.current(step)?;
    if !p.sweeping {
        return Err(Error::at(at, ErrorKind::RangeNotOpen { event }));
    }
    p.sweeping = false;
    Ok(Advance::Yes)
}
