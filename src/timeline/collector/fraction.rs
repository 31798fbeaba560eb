//! The bound on the marking of a fractional worker.
//!
//! Where a quarter of the Ps is no whole number, fractional workers make up the rest: each
//! P gives them a small share of its time. Such a worker checks now and then how much of
//! the mark phase its P has given, and stops marking once that is 1.2 times the share
//! (`runtime.pollFractionalWorkerExit`). If nothing seems left to mark then, it asks each
//! P, with its label still on. When the system wakes threads late, that takes longer than
//! the marking.

use crate::base::ids::ProcId;
use crate::base::time::Time;
use crate::timeline::ByProc;

/// Factor by which a worker may exceed its share.
const SLACK: f64 = 1.2;

/// Approximate nanoseconds between a worker's checks of its time: it scans 100,000 bytes
/// between them (`drainCheckThreshold`).
const CHECK_NANOS: f64 = 100_000.0;

/// The fractional workers of one mark phase.
#[derive(Clone, Debug, Default)]
pub(super) struct Fraction {
    /// Time at which the phase's cycle began, if that is in the trace.
    start: Option<Time>,
    /// Time that each P has given to them, in nanoseconds.
    given: ByProc<i64>,
}

impl Fraction {
    /// Begins a cycle.
    pub(super) fn begin(&mut self, start: Option<Time>) {
        *self = Fraction { start, given: ByProc::default() };
    }

    /// Takes note that a worker has marked on a P for some nanoseconds.
    pub(super) fn marked(&mut self, proc: ProcId, nanos: i64) {
        let given = self.given.get(proc).unwrap_or(0);
        self.given.insert(proc, given.saturating_add(nanos));
    }

    /// Returns the longest time, in nanoseconds, that a worker marks on a P if it begins
    /// at `time`.
    pub(super) fn longest(&self, proc: ProcId, time: Time, procs: u64) -> Option<i64> {
        let share = SLACK * share_of(procs);
        let given = self.given.get(proc).unwrap_or(0) as f64;
        let passed = time.since(self.start?) as f64;
        // The worker ends when given + longest = share * (passed + longest).
        (0.0 < share && share < 1.0)
            .then(|| ((share * passed - given) / (1.0 - share)).max(0.0) + CHECK_NANOS)
            .map(|n| n as i64)
    }
}

/// Returns the number of dedicated workers of a mark phase: a quarter of the Ps, rounded,
/// but one less if that exceeds the quarter by more than three tenths
/// (`gcControllerState.startCycle`).
pub(super) fn dedicated_of(procs: u64) -> u64 {
    let quarter = procs as f64 * 0.25;
    let rounded = (quarter + 0.5).floor();
    (if rounded > quarter * 1.3 { rounded - 1.0 } else { rounded }) as u64
}

/// Returns the share of its time that each P gives to fractional workers; 0 if there are
/// none, because the dedicated ones come near enough to a quarter.
fn share_of(procs: u64) -> f64 {
    let quarter = procs as f64 * 0.25;
    let rounded = (quarter + 0.5).floor();
    if procs == 0 || (rounded / quarter - 1.0).abs() <= 0.3 {
        return 0.0;
    }
    (quarter - dedicated_of(procs) as f64) / procs as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dedicated_workers_are_as_many_as_the_runtime_starts() {
        let of = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16, 24, 64].map(dedicated_of);
        assert_eq!(of, [0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 6, 16]);
    }

    #[test]
    fn fractional_workers_make_up_the_rest_to_a_quarter() {
        let of = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(share_of);
        assert_eq!(of, [0.0, 0.25, 0.25, 0.25, 0.0, 0.0, 0.5 / 6.0, 0.0, 0.0]);
    }

    #[test]
    fn a_worker_ends_when_its_p_has_given_its_share() {
        let mut fraction = Fraction::default();
        let (proc, ms) = (ProcId(0), |n: i64| Time(n * 1_000_000));
        assert_eq!(fraction.longest(proc, ms(10), 2), None, "the cycle's start is not known");
        fraction.begin(Some(ms(0)));
        // 0.3 of 10 ms that have passed and of 4.29 ms that it marks.
        assert_eq!(fraction.longest(proc, ms(10), 2), Some(4_285_714 + 100_000));
        fraction.marked(proc, 3_000_000);
        assert_eq!(fraction.longest(proc, ms(10), 2), Some(100_000));
        assert_eq!(fraction.longest(proc, ms(10), 4), None, "with four Ps there are none");
    }
}
