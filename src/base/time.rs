//! The two clocks of a trace: raw ticks on the wire, nanoseconds in events.

use std::fmt;

/// A point on the trace clock in ticks, as the wire has it. The generation's
/// [`Frequency`] says how long a tick is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(pub u64);

/// A point on the trace clock in nanoseconds.
///
/// Only differences mean something; on most systems it is the monotonic clock,
/// so times of traces taken between two reboots can be compared (Go 1.22+).
/// [`ClockSnapshot`](crate::ClockSnapshot) relates it to wall-clock time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(pub i64);

impl Time {
    /// Returns the nanoseconds from `earlier` to `self`; negative if `earlier` is the later one.
    ///
    /// ```
    /// use gotrace::Time;
    /// assert_eq!(Time(70).since(Time(50)), 20);
    /// ```
    pub fn since(self, earlier: Time) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The length of one tick of the trace clock.
///
/// Go converts each *difference* as a 64-bit float and adds up the truncated
/// results (`internal/trace/base.go`); so must we, or times drift apart by
/// nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Frequency {
    nanos_per_tick: f64,
    /// `nanos_per_tick`, if it is a whole number small enough that the product with a
    /// small tick count is exact in integers as well as in floats.
    whole: u32,
    /// The bound below which tick counts are multiplied as integers; 0 if none may be.
    exact: u32,
}

/// The bound of tick counts to multiply as integers: 2^21 * 2^31 < 2^53.
const EXACT_TICKS: u32 = 1 << 21;

impl Frequency {
    /// Returns the frequency of a clock with `hz` ticks a second.
    pub fn from_hz(hz: u64) -> Frequency {
        let nanos_per_tick = 1.0 / (hz as f64 / 1e9);
        let whole = nanos_per_tick as u32;
        let exact = f64::from(whole) == nanos_per_tick && whole < (1 << 31);
        Frequency { nanos_per_tick, whole, exact: if exact { EXACT_TICKS } else { 0 } }
    }

    /// Returns the length of one tick in nanoseconds.
    pub fn nanos_per_tick(self) -> f64 {
        self.nanos_per_tick
    }

    /// Converts a tick count to nanoseconds the way Go does on amd64: a product of floats,
    /// truncated. A result out of range becomes `i64::MIN`.
    #[inline(always)]
    pub fn nanos(self, ticks: u64) -> i64 {
        if ticks < u64::from(self.exact) {
            return (ticks * u64::from(self.whole)) as i64;
        }
        self.nanos_as_float(ticks)
    }

    #[inline(never)]
    fn nanos_as_float(self, ticks: u64) -> i64 {
        let nanos = ticks as f64 * self.nanos_per_tick;
        // 2^63 as a float; a NaN fails the comparison too.
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        if nanos.abs() < LIMIT { nanos as i64 } else { i64::MIN }
    }

    /// Converts a timestamp to nanoseconds.
    pub fn time(self, ticks: Timestamp) -> Time {
        Time(self.nanos(ticks.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_and_float_arithmetic_agree() {
        for hz in [15_625_000, 1_000_000_000, 24_000_000, 2_600_000_000, 1, 3, u64::MAX] {
            let frequency = Frequency::from_hz(hz);
            for ticks in [0, 1, 2, 127, 128, 65_535, u64::from(EXACT_TICKS) - 1, u64::from(EXACT_TICKS), 1 << 40] {
                assert_eq!(frequency.nanos(ticks), frequency.nanos_as_float(ticks), "{hz} Hz, {ticks} ticks");
            }
        }
    }

    #[test]
    fn out_of_range_is_what_amd64_gives() {
        assert_eq!(Frequency::from_hz(1).nanos(u64::MAX), i64::MIN);
        assert_eq!(Frequency::from_hz(0).nanos(0), i64::MIN, "0 * inf is not a number");
    }
}
