//! What the program says of itself: tasks, regions, logs, labels; and events
//! that change no state.

use crate::error::{Error, ErrorKind, Result};
use crate::order::state::{Region, State};
use crate::order::{Advance, Record, Step};
use crate::wire::v2::spec::{ArgRole, EventType};

/// `UserTaskBegin`.
#[inline(never)]
pub(crate) fn task_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let task = step.arg()?;
    step.arg()?; // Its parent: nothing says that we know of it.
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

/// `UserTaskEnd`: of any task, begun or not, and more than once.
#[inline(never)]
pub(crate) fn task_end(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let task = step.arg()?;
    step.stack(state)?;
    step.needs_all()?;
    let begin = state.tasks.remove(&task).or_else(|| state.assume_task(task));
    state.make(Record { extra: begin.unwrap_or_default() as u64, ..step.record() })
}

/// What both region events begin with: the checks, and the region.
#[inline(always)]
fn region<'a>(state: &mut State<'a>, step: &mut Step<'_>) -> Result<Region<'a>> {
    step.needs_all()?;
    let task = step.arg()?;
    let name = step.string(state)?;
    step.stack(state)?;
    Ok(Region { task, name: state.name(name) })
}

/// `UserRegionBegin`.
#[inline(always)]
pub(crate) fn region_begin(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let begun = region(state, step)?;
    state.gs.more_mut(step.cx.g).regions.push(begun);
    Ok(Advance::Yes)
}

/// `UserRegionEnd`: of the innermost open region, or of one that was open
/// before the trace began.
#[inline(always)]
pub(crate) fn region_end(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    let ended = region(state, step)?;
    let regions = &mut state.gs.more_mut(step.cx.g).regions;
    match regions.last() {
        Some(&innermost) if innermost != ended => {
            let (goroutine, task) = (step.cx.go.into(), ended.task.into());
            return Err(Error::at(step.at(), ErrorKind::RegionMismatch { goroutine, task }));
        }
        Some(_) => {
            regions.pop();
        }
        None => state.assume_region(step.cx.g, ended),
    }
    Ok(Advance::Yes)
}

/// `UserLog`.
#[inline(always)]
pub(crate) fn log(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    step.arg()?;
    step.string(state)?;
    step.string(state)?;
    step.stack(state)?;
    Ok(Advance::Yes)
}

/// `ProcsChange`, `GoLabel`: need a running goroutine, change
/// nothing.
#[inline(never)]
pub(crate) fn annotation(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_all()?;
    pass(state, step)
}

/// The AllocFree experiment's events: need an M, change nothing.
#[inline(never)]
pub(crate) fn alloc_free(state: &mut State<'_>, step: &mut Step<'_>) -> Result<Advance> {
    step.needs_m()?;
    pass(state, step)
}

/// Reads the arguments that the event table lists.
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

/// Events that cannot stand in an M's stream.
#[cold]
#[inline(never)]
pub(crate) fn misplaced(event: EventType, at: usize) -> Error {
    Error::at(at, ErrorKind::UnexpectedEvent { event })
}
