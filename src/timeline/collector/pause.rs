//! Stops of the world by the collector.

use crate::base::ids::ProcId;
use crate::base::time::Time;
use rustc_hash::FxHashMap;

/// A stop of the world by the collector.
///
/// Its processor time begins when the Ps are asked to stop; for a P that still runs, when
/// that stops. It ends when the collector has done its work: in the stop that ends a cycle,
/// with the mark phase; in others, when the Ps are made ready to run again. It takes a
/// while until they run, for which the program waits too, but which the runtime does not
/// count as the collector's.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Pause {
    /// Time at which the Ps were asked to stop.
    pub start: Time,
    /// Time at which the collector had done its work.
    pub end: Time,
    /// `GOMAXPROCS`.
    procs: u64,
    /// Ps that did not stop at once, with the times at which they did.
    pub late: FxHashMap<ProcId, Time>,
}

impl Pause {
    /// Returns the processor time that it took, in nanoseconds: of each P from when it
    /// stood still.
    pub fn proc_nanos(&self) -> i64 {
        let procs = i64::try_from(self.procs).unwrap_or(i64::MAX);
        let all = self.end.since(self.start).saturating_mul(procs);
        let ran = self.late.values().map(|stopped| stopped.since(self.start)).fold(0, i64::saturating_add);
        all.saturating_sub(ran).max(0)
    }
}

/// A stop of the world that is under way.
#[derive(Clone, Debug)]
pub(super) struct Stopping {
    start: Time,
    done: Option<Time>,
    late: FxHashMap<ProcId, Time>,
}

impl Stopping {
    pub(super) fn new(start: Time) -> Stopping {
        Stopping { start, done: None, late: FxHashMap::default() }
    }

    pub(super) fn start(&self) -> Time {
        self.start
    }

    /// Takes note of a P that stops, or is taken from a thread in a system call.
    pub(super) fn stops(&mut self, proc: ProcId, time: Time) {
        if self.done.is_none() {
            self.late.insert(proc, time);
        }
    }

    /// Takes note that the collector has done its work.
    pub(super) fn done(&mut self, time: Time) {
        self.done.get_or_insert(time);
    }

    /// Returns the stop, ended by the world's restart.
    pub(super) fn until(self, time: Time, procs: u64) -> Pause {
        Pause { start: self.start, end: self.done.unwrap_or(time), procs, late: self.late }
    }
}
