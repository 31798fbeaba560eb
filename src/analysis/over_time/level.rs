//! A figure that stays as it is between changes.

use super::OverTime;
use crate::base::time::Time;

/// Nanoseconds that are added up ahead: a level below 2^32 times these fits an integer.
const AHEAD: i64 = 1 << 30;

/// Makes an [`OverTime`] of a level. The sum until the end of the stretch is added up
/// ahead, and corrected by each change, so that nothing is to be done in between.
///
/// ```text
///            ┌─────────────┐  + 1 * (until - time)
///  ──────────┘             └──  - 1 * (until - time)
///  from     time          time                     until
/// ```
#[derive(Clone, Debug)]
pub(crate) struct Level {
    /// Present level, below 2^32.
    level: i64,
    /// Sum between `from` and `until`, which lie in one stretch, if the level stays as it
    /// is.
    sum: i64,
    from: Time,
    until: Time,
    /// Sums before `from`.
    done: OverTime,
}

/// Begins with a level of 0.
impl Default for Level {
    fn default() -> Level {
        let never = Time(i64::MIN);
        Level { level: 0, sum: 0, from: never, until: never, done: OverTime::default() }
    }
}

impl Level {
    /// Returns the present level.
    #[inline(always)]
    pub(crate) fn get(&self) -> i64 {
        self.level
    }

    /// Changes the level by `by`, at a time not before that of the last change. `start`
    /// returns, always the same, the time that counts as the beginning.
    #[inline(always)]
    pub(crate) fn change(&mut self, time: Time, by: i64, start: impl FnOnce() -> Time) {
        if time >= self.until {
            self.go_on(time, start());
        }
        self.level += by;
        // Only damage sets the time back so far that this overflows.
        self.sum = self.sum.wrapping_add(by.wrapping_mul(self.until.0.wrapping_sub(time.0)));
    }

    /// Adds up from a time on.
    #[inline(never)]
    fn go_on(&mut self, time: Time, start: Time) {
        self.settle(start);
        let now = time.since(start);
        self.done.add(self.until.since(start), now, self.level);
        let ahead = self.done.rest_of_stretch(now).min(AHEAD);
        (self.from, self.until) = (time, Time(time.0.saturating_add(ahead)));
        self.sum = self.level.wrapping_mul(self.until.0.wrapping_sub(time.0));
    }

    #[inline(never)]
    fn settle(&mut self, start: Time) {
        self.done.add_sum(self.from.since(start), self.sum);
        self.sum = 0;
    }

    /// Adds a level of `count` for the first `nanos` nanoseconds.
    pub(crate) fn add_before(&mut self, nanos: i64, count: i64) {
        self.done.add(0, nanos, count);
    }

    /// Returns the means over time, until the end.
    pub(crate) fn finish(mut self, end: Time, start: Time) -> OverTime {
        self.change(end, -self.level, || start);
        self.settle(start);
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Checks that a level is what adding it piece by piece gives.
        #[test]
        fn is_the_sum_of_its_pieces(
            start in any::<i32>(),
            steps in prop::collection::vec((0u32..36, any::<u64>(), -3i64..4), 0..200),
            before in 0usize..9,
        ) {
            let start = Time(start.into());
            let (mut level, mut want, mut time, mut count) = (Level::default(), OverTime::default(), start, 0);
            for (at, (bits, length, by)) in steps.into_iter().enumerate() {
                let next = Time(time.0 + (length % (1 << bits)) as i64);
                want.add(time.since(start), next.since(start), count);
                level.change(next, by, || start);
                (time, count) = (next, count + by);
                if at == before {
                    level.add_before(time.since(start), 2);
                    want.add(0, time.since(start), 2);
                }
                prop_assert_eq!(level.get(), count);
            }
            prop_assert_eq!(level.finish(time, start), want);
        }

        #[test]
        fn survives_any_times(times in prop::collection::vec(any::<i64>(), 1..50)) {
            let (mut level, start) = (Level::default(), Time(times[0]));
            for time in times {
                level.change(Time(time), 1, || start);
            }
            prop_assert!(level.finish(Time(0), start).means(i64::MAX).count() <= 256);
        }
    }
}
