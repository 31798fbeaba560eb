//! Distributions of durations, in little memory.

pub(crate) mod sketches;

use std::collections::BTreeMap;
use std::fmt;

/// Number of buckets for each power of two.
const PARTS: u64 = 128;
const PART_BITS: u32 = PARTS.trailing_zeros();

/// A distribution of durations in nanoseconds: exact count, sum, minimum and maximum;
/// quantiles within 1/128 of the true value.
///
/// Values below 128 have a bucket each; above, every power of two has 128, as in
/// an HDR histogram. At most 7,424 buckets, as many as values need.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Durations {
    /// Lower 16 bits of the counts, so that more of them fit in the cache.
    counts: Vec<u16>,
    /// Upper bits of the counts, where they are not 0.
    #[allow(clippy::box_collection, reason = "all but the counts fit a cache line")]
    upper: Option<Box<BTreeMap<usize, u64>>>,
    /// Sum in nanoseconds, in a type that no number of durations overflows.
    sum: u128,
    min: i64,
    max: i64,
}

/// A duration and its bucket, for adding to several distributions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sorted {
    nanos: i64,
    bucket: usize,
}

impl Sorted {
    /// Returns a duration with its bucket; a negative one counts as 0.
    #[inline(always)]
    pub(crate) fn new(nanos: i64) -> Sorted {
        let nanos = nanos.max(0);
        Sorted { nanos, bucket: bucket_of(nanos.unsigned_abs()) }
    }
}

/// Prints the figures, without thousands of buckets.
impl fmt::Debug for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Durations { min, max, .. } = self;
        let (count, sum) = (self.count(), self.sum());
        write!(f, "{count} durations, {sum} ns, {min} to {max} ns, median {} ns", self.quantile(0.5))
    }
}

impl Durations {
    /// Adds a duration; a negative one counts as 0.
    #[inline]
    pub fn add(&mut self, nanos: i64) {
        self.add_sorted(Sorted::new(nanos));
    }

    /// Adds a duration whose bucket is known.
    #[inline(always)]
    pub(crate) fn add_sorted(&mut self, sorted: Sorted) {
        let Sorted { nanos, bucket } = sorted;
        // A bucket that exists has had a duration, so `min` is valid.
        let count = self.counts.get_mut(bucket);
        match count.and_then(|count| Some((count.checked_add(1)?, count))) {
            Some((more, count)) => {
                *count = more;
                if nanos < self.min {
                    self.min = nanos;
                }
                if nanos > self.max {
                    self.max = nanos;
                }
                self.sum += u128::from(nanos.unsigned_abs());
            }
            _ => self.add_times(nanos, 1),
        }
    }

    /// Adds a duration that occurred several times.
    #[inline(never)]
    pub fn add_times(&mut self, nanos: i64, times: u64) {
        if times == 0 {
            return;
        }
        let nanos = nanos.max(0);
        let bucket = bucket_of(nanos.unsigned_abs());
        self.min = if self.is_empty() { nanos } else { self.min.min(nanos) };
        self.max = self.max.max(nanos);
        self.count_more(bucket, times);
        self.sum += u128::from(nanos.unsigned_abs()) * u128::from(times);
    }

    fn count_more(&mut self, bucket: usize, times: u64) {
        // Buckets are made up to the longest duration only.
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        let Some(count) = self.counts.get_mut(bucket) else { return };
        let sum = u64::from(*count) + (times & u64::from(u16::MAX));
        *count = sum as u16;
        // Few buckets count beyond 16 bits; the rest of their counts is kept aside.
        let carried = (sum >> u16::BITS) + (times >> u16::BITS);
        if carried != 0 {
            *self.upper.get_or_insert_default().entry(bucket).or_default() += carried;
        }
    }

    /// Returns the counts of all buckets, the shortest durations first.
    fn all(&self) -> impl Iterator<Item = u64> + '_ {
        let upper = |bucket: &usize| self.upper.as_ref().and_then(|upper| upper.get(bucket)).copied().unwrap_or(0);
        self.counts.iter().enumerate().map(move |(bucket, &count)| upper(&bucket) << u16::BITS | u64::from(count))
    }

    /// Adds all durations of another distribution.
    pub fn merge(&mut self, other: &Durations) {
        if other.is_empty() {
            return;
        }
        (self.min, self.max) = match self.is_empty() {
            true => (other.min, other.max),
            false => (self.min.min(other.min), self.max.max(other.max)),
        };
        let others = other.all().enumerate().filter(|(_, times)| *times != 0);
        others.for_each(|(bucket, times)| self.count_more(bucket, times));
        self.sum += other.sum;
    }

    /// Returns whether there is no duration.
    pub fn is_empty(&self) -> bool {
        // The last bucket is never empty.
        self.counts.is_empty()
    }

    /// Returns the number of durations.
    pub fn count(&self) -> u64 {
        self.all().sum()
    }

    /// Returns the sum of all durations, in nanoseconds.
    pub fn sum(&self) -> i64 {
        i64::try_from(self.sum).unwrap_or(i64::MAX)
    }

    /// Returns the shortest duration in nanoseconds; 0 if there is none.
    pub fn min(&self) -> i64 {
        self.min
    }

    /// Returns the longest duration in nanoseconds; 0 if there is none.
    pub fn max(&self) -> i64 {
        self.max
    }

    /// Returns the buckets that are not empty, as a duration in them and their count, the
    /// shortest first. A bound that is a power of two, or one of the 128 steps between two
    /// of those, never lies inside a bucket.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (i64, u64)> + '_ {
        self.all().enumerate().filter(|(_, count)| *count != 0).map(|(at, count)| (last_of(at), count))
    }

    /// Returns the mean in nanoseconds, rounded down; 0 if there is none.
    pub fn mean(&self) -> i64 {
        self.sum().checked_div(i64::try_from(self.count()).unwrap_or(i64::MAX)).unwrap_or(0)
    }

    /// Returns the least duration, in nanoseconds, that a share `q` (0 to 1) of all do not
    /// exceed: the median for 0.5. Never below the true value, and above it by less than
    /// 1/128; 0 if there is none.
    pub fn quantile(&self, q: f64) -> i64 {
        let count = self.count();
        let rank = ((q.clamp(0.0, 1.0) * count as f64).ceil() as u64).clamp(1, count.max(1));
        let mut seen = 0;
        for (bucket, count) in self.all().enumerate() {
            seen += count;
            if seen >= rank {
                // A bucket's last value may lie beyond the durations in it.
                return last_of(bucket).clamp(self.min, self.max);
            }
        }
        self.max
    }
}

#[inline]
fn bucket_of(value: u64) -> usize {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(PART_BITS + 1);
    (u64::from(shift) * PARTS + (value >> shift)) as usize
}

/// Returns the greatest value of a bucket.
fn last_of(bucket: usize) -> i64 {
    let bucket = bucket as u64;
    let shift = (bucket / PARTS).saturating_sub(1);
    let first = (bucket - shift * PARTS) << shift;
    i64::try_from(first + ((1 << shift) - 1)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_ones_are_exact() {
        let mut durations = Durations::default();
        assert_eq!((durations.quantile(0.5), durations.mean(), durations.max()), (0, 0, 0));
        (1..=100).for_each(|nanos| durations.add(nanos));
        let quantiles = [0.0, 0.5, 0.9, 0.99, 1.0].map(|q| durations.quantile(q));
        assert_eq!(quantiles, [1, 50, 90, 99, 100]);
        assert_eq!((durations.count(), durations.sum(), durations.mean()), (100, 5050, 50));
    }

    /// More than fit the lower halves of counts, added in every way there is.
    #[test]
    fn counts_may_be_large() {
        let (mut one_by_one, mut at_once, mut merged) =
            (Durations::default(), Durations::default(), Durations::default());
        (0..200_000).for_each(|_| one_by_one.add(5));
        at_once.add_times(5, 200_000);
        for _ in 0..4 {
            let mut some = Durations::default();
            some.add_times(5, 50_000);
            merged.merge(&some);
        }
        assert_eq!(one_by_one.buckets().collect::<Vec<_>>(), [(5, 200_000)]);
        assert_eq!((&one_by_one, &merged), (&at_once, &at_once));
        at_once.add_times(7, u64::from(u32::MAX));
        assert_eq!((at_once.quantile(0.00004), at_once.quantile(0.0001)), (5, 7));
    }

    proptest! {
        #[test]
        fn quantiles_are_near(mut values in prop::collection::vec(0..=i64::MAX, 1..200), q in 0.0..=1.0f64) {
            let mut durations = Durations::default();
            values.iter().for_each(|&value| durations.add(value));
            values.sort_unstable();
            let rank = ((q * values.len() as f64).ceil() as usize).max(1);
            let (want, got) = (values[rank - 1], durations.quantile(q));
            prop_assert!(got >= want && got - want <= want / 128, "{got} for {want}");
        }

        #[test]
        fn buckets_hold_what_they_say(value in 0..=u64::MAX >> 1) {
            let bucket = bucket_of(value);
            prop_assert!(last_of(bucket) as u64 >= value);
            prop_assert!(bucket == 0 || (last_of(bucket - 1) as u64) < value);
        }

        #[test]
        fn merging_is_adding_all(a in prop::collection::vec(0..1i64 << 40, 0..50), b in prop::collection::vec(0..1i64 << 40, 0..50)) {
            let of = |values: &[i64]| {
                let mut durations = Durations::default();
                values.iter().for_each(|&value| durations.add(value));
                durations
            };
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(merged, of(&[a, b].concat()));
        }
    }
}
