//! One P, and its figures.

use super::Proc;
use super::held::{Does, Since, Turn};
use crate::analysis::over_time::Level;
use crate::ids::{GoId, ProcId};
use crate::time::Time;

/// How many things a P may do.
const KINDS: usize = 5;

/// One P. The four changes that are nearly all there are have methods of their own,
/// which change nothing and say so if it is not so simple.
#[derive(Clone, Debug, Default)]
pub(super) struct P {
    does: Does,
    /// One of the next three.
    odd: bool,
    /// Nothing but what it has done since before the trace is known.
    fresh: bool,
    run: RunOf,
    since: Time,
    /// How long it did each thing. Time is not counted twice: it fits.
    sums: [u64; KINDS],
    /// Whether a goroutine ran.
    busy: Level,
    runs: u64,
    longest_run: i64,
    /// The goroutine that is in a system call.
    caller: Option<GoId>,
    pub(super) stops: u64,
    pub(super) stolen: u64,
    /// None of a place in a table where no P is.
    id: Option<ProcId>,
}

/// What is odd about the run that goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct RunOf {
    /// It has gone on since before the trace told of it.
    pub(super) before: bool,
    /// It is for the collector.
    pub(super) works: bool,
}

impl P {
    /// The first that is told of it.
    pub(super) fn new(turn: Turn, time: Time, start: Time) -> P {
        let fresh = turn.since == Since::Before;
        let since = if fresh { start } else { time };
        let mut p = P { id: Some(turn.id), fresh, odd: fresh, since, ..P::default() };
        p.begin(turn, start);
        p
    }

    /// The goroutine that runs on it stops; after a run of that length.
    #[inline(always)]
    pub(super) fn stop(&mut self, time: Time, nanos: i64, start: impl Fn() -> Time) -> bool {
        if self.does != Does::Runs || self.odd {
            return false;
        }
        self.count_run(nanos);
        self.account(Does::Runs, time, start);
        self.does = Does::Looks;
        true
    }

    /// It goes into a system call.
    #[inline(always)]
    pub(super) fn call(&mut self, id: GoId, time: Time, nanos: i64, start: impl Fn() -> Time) -> bool {
        if !self.stop(time, nanos, start) {
            return false;
        }
        (self.does, self.caller) = (Does::Calls, Some(id));
        true
    }

    /// It comes back.
    #[inline(always)]
    pub(super) fn come_back(&mut self, id: GoId, time: Time, start: impl Fn() -> Time) -> bool {
        self.caller == Some(id) && self.run_after(Does::Calls, time, start)
    }

    /// A goroutine begins to run.
    #[inline(always)]
    pub(super) fn run(&mut self, time: Time, start: impl Fn() -> Time) -> bool {
        self.run_after(Does::Looks, time, start)
    }

    /// A goroutine runs on it, if it does what it should before.
    #[inline(always)]
    fn run_after(&mut self, before: Does, time: Time, start: impl Fn() -> Time) -> bool {
        if self.does != before || self.odd {
            return false;
        }
        self.account(before, time, &start);
        self.busy.change(time, 1, start);
        self.does = Does::Runs;
        true
    }

    #[inline(always)]
    fn count_run(&mut self, nanos: i64) {
        self.runs += 1;
        if nanos > self.longest_run {
            self.longest_run = nanos;
        }
    }

    /// A run of that length is over, or it is the end; returns what was odd about it.
    pub(super) fn end_run(&mut self, nanos: impl Fn(RunOf) -> i64) -> RunOf {
        let run = if self.does == Does::Runs { self.run } else { RunOf::default() };
        let nanos = if run.works { 0 } else { nanos(run) };
        self.count_run(nanos);
        run
    }

    /// The run that goes on is for the collector.
    pub(super) fn set_works(&mut self) {
        (self.run.works, self.odd) = (true, true);
    }

    /// It does something else.
    pub(super) fn turn(&mut self, turn: Turn, time: Time, start: Time) {
        // The statuses of a P and of the goroutine on it are two events, and tell of
        // one state.
        if !(self.fresh && turn.since == Since::Before) {
            self.account(self.does, time, || start);
            self.fresh = false;
        } else if self.does == Does::Runs {
            self.busy.change(self.since, -1, || start);
        }
        self.begin(turn, start);
    }

    fn begin(&mut self, Turn { to, go, since, .. }: Turn, start: Time) {
        if to == Does::Runs {
            self.busy.change(self.since, 1, || start);
        }
        self.run = RunOf { before: to == Does::Runs && since == Since::Before, works: false };
        self.odd = self.fresh || self.run.before;
        (self.does, self.caller) = (to, go.filter(|_| to == Does::Calls));
    }

    /// What it does comes to an end.
    #[inline(always)]
    fn account(&mut self, does: Does, time: Time, start: impl Fn() -> Time) {
        let sum = &mut self.sums[does as usize];
        *sum = sum.wrapping_add(time.0.wrapping_sub(self.since.0).cast_unsigned());
        if does == Does::Runs {
            self.busy.change(time, -1, start);
        }
        self.since = time;
    }

    /// Whether anything is known of it.
    pub(super) fn is_told(&self) -> bool {
        self.id.is_some()
    }

    pub(super) fn does(&self) -> Does {
        self.does
    }

    /// The goroutine that is in a system call, and has not lost it.
    pub(super) fn caller(&self) -> Option<GoId> {
        self.caller.filter(|_| self.does == Does::Calls)
    }

    /// Its figures; none of a place where no P is.
    pub(super) fn finish(mut self, end: Time, start: Time) -> Option<Proc> {
        let id = self.id?;
        self.account(self.does, end, || start);
        let sum = |does: Does| i64::try_from(self.sums[does as usize]).unwrap_or(i64::MAX);
        Some(Proc {
            id,
            running: sum(Does::Runs),
            syscall: sum(Does::Calls),
            looking: sum(Does::Looks),
            idle: sum(Does::Idles),
            runs: self.runs,
            longest_run: self.longest_run,
            stops: self.stops,
            stolen: self.stolen,
            busy: self.busy.finish(end, start),
        })
    }
}
