//! The usual case: a trace without a defect, of which all generations are read side by side.

use super::structure_defect;
use crate::go_reader::ahead::DefectsAhead;
use crate::trace::Trace;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Returns the number of events of a trace, parsed strictly, that Go's reader accepts; none if
/// there is a defect, whose place is found by reading one generation after the other.
pub(super) fn count(trace: &Trace<'_>, generation: impl FnMut() + Send) -> Option<u64> {
    if trace.defect().is_some() {
        return None;
    }
    let generation = Mutex::new(generation);
    let merge = |count: &mut u64, more: u64| {
        *count += more;
        generation.lock().unwrap_or_else(PoisonError::into_inner)();
    };
    let folded = trace.fold(|| 0, |count, _| *count += 1, merge).ok()?;
    are_whole(trace).then_some(folded.output)
}

/// Returns whether the tables, samples and events of all generations are without a defect.
fn are_whole(trace: &Trace<'_>) -> bool {
    let (next, whole) = (AtomicUsize::new(0), AtomicBool::new(true));
    let work = || {
        while whole.load(Relaxed)
            && let Some(piece) = trace.generations().get(next.fetch_add(1, Relaxed))
        {
            trace.prefetch(piece);
            let is_whole =
                structure_defect(piece).is_none() && DefectsAhead::of(piece).is_ok_and(|ahead| ahead.is_empty());
            whole.fetch_and(is_whole, Relaxed);
            trace.release(piece);
        }
    };
    std::thread::scope(|scope| {
        (1..trace.options().threads).for_each(|_| _ = scope.spawn(work));
        work();
    });
    whole.into_inner()
}
