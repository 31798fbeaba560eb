//! Rules of annotations (tasks, regions, logs, labels), and of events
//! that change no state.

use crate::error::{Error, ErrorKind, NamedRegion, Result};
use crate::order::state::record::Record;
use crate::order::state::step::{Advance, Step};
use crate::order::state::{Region, State};
use crate::spec::v2::{ArgRole, EventType};

/// Handles `UserTaskBegin`.
#[inline(never)]
pub(crate) fn task_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let task = step.arg()?;
    step.arg()?; // The parent: it may have begun before the trace.
    step.string(state)?;
    step.stack(state)?;
    if state.tasks.contains_key(&task) {
        return Err(Error::at(step.at(), ErrorKind::TaskExists { task: task.into() }));
    }
    step.needs_all()?;
    state.assume_no_task(task);
    state.tasks.insert(task, step.at());
    Ok(Advance::Yes)
}

/// Handles `UserTaskEnd`, of any task, begun or not, and more than once.
#[inline(never)]
pub(crate) fn task_end(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let task = step.arg()?;
    step.stack(state)?;
    step.needs_all()?;
    let begin = state.tasks.remove(&task).or_else(|| state.assume_task(task));
    state.make(Record { extra: begin.unwrap_or_default() as u64, ..step.record() })
}

/// Checks a region event's context and returns the region that it names.
#[inline(always)]
fn region<'a>(state: &mut State<'a>, step: &mut Step<'_>) -> Result<Region<'a>> {
    step.needs_all()?;
    let task = step.arg()?;
    let name = step.string(state)?;
    step.stack(state)?;
    Ok(Region { task, name: state.name(name) })
}

/// Handles `UserRegionBegin`.
#[inline(always)]
pub(crate) fn region_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let begun = region(state, step)?;
    state.gs.extra_mut(step.cx.g).regions.push(begun);
    Ok(Advance::Yes)
}

/// Removes the regions that the end of `ended` ends, the innermost ones up to that one; none
/// if it is not open. Returns their number.
pub(crate) fn unwind<R: PartialEq>(open: &mut Vec<R>, ended: &R) -> u64 {
    let before = open.len();
    open.truncate(open.iter().rposition(|region| region == ended).unwrap_or(before));
    (before - open.len()) as u64
}

/// Handles `UserRegionEnd`, of the innermost open region or of one that was open
/// before the trace began.
#[inline(always)]
pub(crate) fn region_end(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let ended = region(state, step)?;
    let regions = &mut state.gs.extra_mut(step.cx.g).regions;
    match regions.last() {
        Some(&innermost) if innermost != ended => {
            return Err(mismatch(step.at(), step.cx.go, ended, innermost));
        }
        Some(_) => {
            regions.pop();
        }
        None => state.assume_region(step.cx.g, ended),
    }
    Ok(Advance::Yes)
}

#[cold]
#[inline(never)]
fn mismatch(at: usize, go: u64, ended: Region<'_>, innermost: Region<'_>) -> Error {
    let [ended, innermost] = [ended, innermost].map(|Region { task, name }| NamedRegion::new(name, task));
    Error::at(at, ErrorKind::RegionMismatch { goroutine: go.into(), ended, innermost })
}

/// Handles `UserLog`.
#[inline(always)]
pub(crate) fn log(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    step.arg()?;
    step.string(state)?;
    step.string(state)?;
    step.stack(state)?;
    Ok(Advance::Yes)
}

/// Handles `ProcsChange` and `GoLabel`, which need a running goroutine and change
/// nothing.
#[inline(never)]
pub(crate) fn annotation(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    pass(state, step)
}

/// Handles events of the AllocFree experiment, which need an M and change nothing.
#[inline(never)]
pub(crate) fn alloc_free(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_m()?;
    pass(state, step)
}

/// Reads and checks the arguments that the event table lists.
fn pass(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    for arg in step.event.spec().args.iter().skip(1) {
        match arg.role {
            ArgRole::Number => step.arg()?,
            ArgRole::String => step.string(state)?,
            ArgRole::Stack | ArgRole::OtherStack => step.stack(state)?,
        };
    }
    Ok(Advance::Yes)
}

/// Returns the error for an event that cannot be in an M's stream.
#[cold]
#[inline(never)]
pub(crate) fn misplaced(event: EventType, at: usize) -> Error {
    Error::at(at, ErrorKind::UnexpectedEvent { event })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_ends_what_is_inside() {
        for (ended, left, count) in [(3, &[1, 2, 1][..], 1), (2, &[1], 3), (1, &[1, 2], 2), (4, &[1, 2, 1, 3], 0)] {
            let mut open = vec![1, 2, 1, 3];
            assert_eq!((unwind(&mut open, &ended), &open[..]), (count, left), "{ended}");
        }
    }
}
