//! The figures of one P.

use super::ProcSummary;
use crate::analysis::over_time::Level;
use crate::base::ids::ProcId;
use crate::base::time::Time;
use crate::timeline::{Activity, ProcRecord};

/// The figures of one P.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures {
    /// Time in each activity, in nanoseconds. The sum is at most the length of the trace,
    /// so it fits.
    sums: [u64; Activity::COUNT],
    /// 1 while a goroutine runs, else 0.
    busy: Level,
    runs: u64,
    longest_run: i64,
    /// True if the present run is a worker's of the collector.
    pub(super) works: bool,
    pub(super) stops: u64,
    pub(super) stolen: u64,
}

impl ProcRecord for Figures {
    #[inline(always)]
    fn began(&mut self, activity: Activity, time: Time, start: impl Fn() -> Time) {
        if activity == Activity::Running {
            self.busy.change(time, 1, start);
        }
        // The label that says so comes after the goroutine has begun to run.
        self.works = false;
    }

    #[inline(always)]
    fn ended(&mut self, activity: Activity, since: Time, time: Time, start: impl Fn() -> Time) {
        let sum = &mut self.sums[activity as usize];
        *sum = sum.wrapping_add(time.0.wrapping_sub(since.0).cast_unsigned());
        if activity == Activity::Running {
            self.busy.change(time, -1, start);
        }
    }

    fn mistaken(&mut self, activity: Activity, since: Time, start: impl Fn() -> Time) {
        // The level was raised at the wrong activity's start.
        if activity == Activity::Running {
            self.busy.change(since, -1, start);
        }
    }
}

impl Figures {
    /// Counts a run of a length in nanoseconds.
    #[inline(always)]
    pub(super) fn count_run(&mut self, nanos: i64) {
        self.runs += 1;
        if nanos > self.longest_run {
            self.longest_run = nanos;
        }
    }

    /// Returns the result for the P, whose last activity is `activity`; none if it never
    /// existed.
    pub(super) fn finish(self, id: ProcId, activity: Activity, end: Time, start: Time) -> Option<ProcSummary> {
        // The first sum is the time that the P did not exist.
        let [_, exists @ ..] = self.sums;
        if activity == Activity::NotExist && exists == [0; Activity::COUNT - 1] {
            return None;
        }
        let sum = |activity: Activity| i64::try_from(self.sums[activity as usize]).unwrap_or(i64::MAX);
        Some(ProcSummary {
            id,
            running: sum(Activity::Running),
            syscall: sum(Activity::Syscall),
            looking: sum(Activity::Looking),
            idle: sum(Activity::Idle),
            runs: self.runs,
            longest_run: self.longest_run,
            stops: self.stops,
            stolen: self.stolen,
            busy: self.busy.finish(end, start),
        })
    }
}
