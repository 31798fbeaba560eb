//! The end of marking: the time at which a worker or assist has nothing left to mark.
//!
//! The last goroutine that marks then asks each P whether that has more to mark
//! (`runtime.gcMarkDone`), and stops the world if none has. It does not mark meanwhile, and
//! the runtime does not count it as marking, but it goes on as the same worker, or in the
//! same assist. On busy processors it takes milliseconds until each P has answered. Three
//! signs together show it:
//!
//! - only one goroutine marks: otherwise something is left;
//! - a goroutine on another P is preempted, so that its P can answer;
//! - and not because its time was over, the runtime's only other reason to preempt.
//!
//! There are two exceptions: the runtime preempts a goroutine to make room for another
//! dedicated worker, which then starts in its place; and the tracer asks each P too, when a
//! generation begins.
//!
//! Where the threads of other Ps get no time from the system, they are preempted late or
//! never: then the last worker counts for too long.

use super::fraction::dedicated_of;
use super::{Work, WorkStretch};
use crate::base::ids::ProcId;
use crate::base::time::Time;
use crate::timeline::names::NameId;
use crate::timeline::{ByProc, GoroutineState};

/// Nanoseconds for which a P may run goroutines that follow each other in one time slice,
/// before the runtime preempts them: `forcePreemptNS`.
const SLICE: i64 = 10_000_000;

/// Most nanoseconds between the end of marking and its consequences. With a longer gap
/// either the end was inferred wrongly, or a goroutine holds up the collector, and its P is
/// lost to the program all that time.
const LONGEST_TAIL: i64 = 100_000_000;

/// Nanoseconds that goroutines of the runtime hardly ever run for at a time.
const LONG_RUN: i64 = 20_000;

/// Nanoseconds after the start of a generation in which preemptions may be the tracer's,
/// which asks each P as well.
pub(super) const ADVANCE: i64 = 10_000_000;

/// A goroutine that marks, since it began to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    pub(super) slot: u32,
    work: Work,
    proc: Option<ProcId>,
    function: NameId,
    start: Time,
    /// Time at which it asked a P for more work, and that P: it marked no more then.
    asked: Option<(Time, ProcId)>,
    /// Most nanoseconds that it marks, if there is a bound.
    longest: Option<i64>,
}

impl Run {
    pub(super) fn new(slot: u32, work: Work, start: Time, goroutine: &GoroutineState) -> Run {
        Run { slot, work, proc: goroutine.proc(), function: goroutine.root, start, asked: None, longest: None }
    }

    /// Returns whether it is a worker, and not an assist.
    pub(super) fn is_worker(&self) -> bool {
        self.work != Work::Assist
    }

    /// Returns whether it may mark for a limited time only.
    pub(super) fn is_bounded(&self) -> bool {
        self.longest.is_some()
    }

    /// Returns the run with a bound on its length, in nanoseconds.
    pub(super) fn at_most(self, longest: Option<i64>) -> Run {
        Run { longest, ..self }
    }

    /// Returns the marking of the run, which does no more from `time` on.
    pub(super) fn until(self, time: Time) -> WorkStretch {
        let Run { work, proc, function, start, .. } = self;
        let asked = self.asked.map(|(asked, _)| asked);
        let longest = self.longest.map(|longest| Time(start.0.saturating_add(longest)));
        let ended = |end: &Time| time.since(*end) <= LONGEST_TAIL;
        let end = [asked, longest].into_iter().flatten().filter(ended).fold(time, Time::min);
        WorkStretch { work, proc, function, start, end }
    }
}

/// Takes note of a run of a goroutine of the program. If it ran for a while after a
/// worker's bound, the worker marked beyond the bound: it checks its time seldom where
/// objects hold few pointers, and goroutines would have been stopped if it had asked each
/// P.
pub(super) fn note_program_run(runs: &mut [Run], start: Time, end: Time) {
    for run in runs {
        let bound = run.longest.map(|longest| Time(run.start.0.saturating_add(longest)));
        if bound.is_some_and(|bound| end.since(start.max(bound)) > LONG_RUN) {
            run.longest = None;
        }
    }
}

/// Takes note of a goroutine preempted on a P before its time was over.
pub(super) fn note_preemption(runs: &mut [Run], proc: ProcId, time: Time) {
    for run in runs.iter_mut() {
        run.asked = run.asked.filter(|(asked, _)| time.since(*asked) <= LONGEST_TAIL);
    }
    // With one goroutine marking, and preemption on another P: the signs of the end.
    if let [run] = runs
        && run.proc != Some(proc)
    {
        run.asked.get_or_insert((time, proc));
    }
}

/// Takes note of a dedicated worker that starts on a P beside those. If there were too few
/// of them, the P was preempted to make room for it.
pub(super) fn another_dedicated(runs: &mut [Run], proc: ProcId, procs: Option<u64>) {
    let others = runs.iter().filter(|run| run.work == Work::Dedicated).count();
    if procs.is_none_or(|procs| (others as u64) < dedicated_of(procs)) {
        for run in runs.iter_mut() {
            run.asked = run.asked.filter(|(_, preempted)| *preempted != proc);
        }
    }
}

/// Time slices of Ps.
///
/// A goroutine that the one before it made ready goes on in that one's slice; all others
/// begin one.
#[derive(Clone, Debug, Default)]
pub(super) struct Slices(ByProc<Slice>);

#[derive(Clone, Copy, Debug)]
struct Slice {
    start: Time,
    /// Time at which the goroutine that runs in it began to.
    run: Time,
}

impl Slices {
    /// Takes note of a runnable goroutine that begins to run.
    pub(super) fn start(&mut self, was: &GoroutineState, now: &GoroutineState) {
        let Some(proc) = now.proc() else { return };
        let run = now.since;
        // A goroutine with a reason stopped by itself, and waits behind others for a slice of its
        // own.
        let ready = was.reason == NameId::EMPTY && was.on == now.on;
        let start = match self.0.get(proc) {
            Some(slice) if ready && was.since >= slice.run => slice.start,
            None if ready => return,
            _ => run,
        };
        self.0.insert(proc, Slice { start, run });
    }

    /// Returns whether the slice of a P began so recently that it cannot be over.
    pub(super) fn is_short(&self, proc: ProcId, time: Time) -> bool {
        self.0.get(proc).is_some_and(|slice| time.since(slice.start) < SLICE)
    }
}
