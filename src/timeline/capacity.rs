//! Processor time that a program had: GOMAXPROCS over time.

use crate::base::time::Time;

/// Time that Ps could have run: GOMAXPROCS summed up over time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Capacity {
    gomaxprocs: Option<u64>,
    /// Time since which GOMAXPROCS has this value; none if since the beginning.
    since: Option<Time>,
    /// Sum until `since`, in nanoseconds.
    sum: i64,
}

impl Capacity {
    /// Takes note of GOMAXPROCS. The first value that the trace states counts from the
    /// trace's start on.
    pub(crate) fn set(&mut self, gomaxprocs: u64, time: Time, start: Time) {
        self.sum = self.until(time, start, gomaxprocs);
        (self.gomaxprocs, self.since) = (Some(gomaxprocs), Some(time));
    }

    /// Returns the sum until `time`, in nanoseconds. A trace that states no GOMAXPROCS
    /// counts with `untold`.
    pub(crate) fn until(&self, time: Time, start: Time, untold: u64) -> i64 {
        let procs = i64::try_from(self.gomaxprocs.unwrap_or(untold)).unwrap_or(i64::MAX);
        let since = self.since.unwrap_or(start);
        self.sum.saturating_add(procs.saturating_mul(time.since(since)))
    }
}
