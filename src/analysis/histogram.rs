//! Histograms with the buckets that Go uses.

use super::durations::Durations;
use std::f64::consts::LN_10;

/// Durations in five buckets a decade, as Go's web pages of tasks and regions
/// show them (`internal/trace/traceviewer`, `TimeHistogram`).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Decades {
    counts: Vec<u64>,
}

/// Number of buckets in a decade.
const PER_DECADE: f64 = 5.0;

impl Decades {
    /// Adds a duration in nanoseconds.
    pub fn add(&mut self, nanos: i64) {
        self.add_to(Decades::bucket(nanos), 1);
    }

    /// Returns the bucket of a duration in nanoseconds, at most 94.
    pub(crate) fn bucket(nanos: i64) -> usize {
        if nanos > 0 { ((nanos as f64).ln() / (LN_10 / PER_DECADE)) as usize } else { 0 }
    }

    /// Adds to the count of a bucket.
    pub(crate) fn add_to(&mut self, bucket: usize, times: u64) {
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += times;
        }
    }

    /// Returns the number of durations.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the buckets from the first to the last that is not empty, as the duration at
    /// which each begins, in nanoseconds, and its count.
    pub fn buckets(&self) -> impl Iterator<Item = (i64, u64)> + '_ {
        let first = self.counts.iter().position(|&count| count != 0).unwrap_or(0);
        self.counts.iter().enumerate().skip(first).map(|(bucket, &count)| (Decades::start(bucket), count))
    }

    /// Returns the duration at which a bucket begins, in nanoseconds, as Go rounds it.
    pub fn start(bucket: usize) -> i64 {
        (bucket as f64 * (LN_10 / PER_DECADE)).exp() as i64
    }
}

/// Durations in the buckets of `runtime/metrics` (`runtime/histogram.go`): four
/// for each power of two, from 256 ns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuntimeBuckets {
    counts: Vec<u64>,
}

/// Durations of at most this many bits are in the first four buckets.
const MIN_BITS: u32 = 8;
/// Durations of at least this many bits share the last bucket.
const MAX_BITS: u32 = 48;
/// Number of buckets for each power of two.
const PARTS: usize = 4;
/// Number of all buckets, with one for negative and one for too long durations.
const BUCKETS: usize = (MAX_BITS - MIN_BITS) as usize * PARTS + 2;

impl Default for RuntimeBuckets {
    fn default() -> RuntimeBuckets {
        RuntimeBuckets { counts: vec![0; BUCKETS] }
    }
}

impl RuntimeBuckets {
    /// Returns the histogram of a distribution, whose buckets never straddle the bounds of
    /// this one's.
    pub(crate) fn of(durations: &Durations) -> RuntimeBuckets {
        let mut all = RuntimeBuckets::default();
        durations.buckets().for_each(|(nanos, times)| all.add_times(nanos, times));
        all
    }

    /// Adds a duration in nanoseconds.
    pub fn add(&mut self, nanos: i64) {
        self.add_times(nanos, 1);
    }

    #[inline]
    fn add_times(&mut self, nanos: i64, times: u64) {
        let bucket = match u64::try_from(nanos) {
            Err(_) => 0,
            Ok(nanos) => {
                let bits = (u64::BITS - nanos.leading_zeros()).max(MIN_BITS);
                let part = (nanos >> (bits.max(MIN_BITS + 1) - 1 - PARTS.trailing_zeros())) as usize % PARTS;
                ((bits - MIN_BITS) as usize * PARTS + part + 1).min(BUCKETS - 1)
            }
        };
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += times;
        }
    }

    /// Returns the counts of the buckets, one fewer than [`bounds`](Self::bounds).
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Returns the upper bound, in seconds, of the bucket in which the `q`-th of all
    /// durations lies; `q` from 0 to 1. 0 if there is none.
    pub fn quantile(&self, q: f64) -> f64 {
        let all: u64 = self.counts.iter().sum();
        let rank = ((all as f64 * q).ceil() as u64).max(1);
        let mut below = 0;
        let mut reached = Self::bounds().into_iter().skip(1).zip(&self.counts).skip_while(|(_, count)| {
            below += **count;
            below < rank
        });
        reached.next().map_or(0.0, |(bound, _)| bound)
    }

    /// Returns the bounds of the buckets in seconds, from minus to plus infinity: bucket
    /// `i` holds the durations of at least bound `i` and below bound `i + 1`.
    pub fn bounds() -> Vec<f64> {
        let first = (0..PARTS as u64).map(|part| part << (MIN_BITS - 2));
        let others = (MIN_BITS..MAX_BITS - 1)
            .flat_map(|bits| (0..PARTS as u64).map(move |part| (1 << bits) | (part << (bits - 2))));
        let last = std::iter::once(1 << (MAX_BITS - 1));
        let inner = first.chain(others).chain(last).map(|nanos| nanos as f64 / 1e9);
        std::iter::once(f64::NEG_INFINITY).chain(inner).chain(std::iter::once(f64::INFINITY)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_buckets_a_decade() {
        let mut decades = Decades::default();
        [0, 1, 1_000, 1_500, 1_600, 1_000_000].iter().for_each(|&nanos| decades.add(nanos));
        let filled: Vec<_> = decades.buckets().filter(|(_, count)| *count != 0).collect();
        // ln(1000) / (ln(10) / 5) is just below 15 in floating point, as in Go.
        assert_eq!(decades.count(), 6);
        assert_eq!(filled[0], (1, 2));
        assert_eq!(filled.iter().map(|(_, count)| count).sum::<u64>(), 6);
    }

    /// Checks that buckets made of a distribution are those that adding each duration gives.
    #[test]
    fn distributions_are_fine_enough() {
        let around = (0..63).flat_map(|bit| (0..8).map(move |part| (1i64 << bit) + part * ((1 << bit) >> 3)));
        let all: Vec<i64> =
            around.flat_map(|nanos| [nanos - 1, nanos, nanos + 1]).filter(|&nanos| nanos >= 0).collect();
        let (mut durations, mut histogram) = (Durations::default(), RuntimeBuckets::default());
        for &nanos in &all {
            durations.add(nanos);
            histogram.add(nanos);
            assert_eq!(RuntimeBuckets::of(&durations), histogram, "{nanos}");
        }
    }

    /// Every duration lies within the bounds of its bucket.
    #[test]
    fn runtime_buckets_hold_what_they_say() {
        let bounds = RuntimeBuckets::bounds();
        assert_eq!(bounds.len(), BUCKETS + 1);
        assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
        let around = (0..63).flat_map(|bit| [(1i64 << bit) - 1, 1 << bit, (1 << bit) + (1 << bit >> 2), 3 << bit >> 1]);
        for nanos in around.chain([-1, 0, i64::MAX]) {
            let mut histogram = RuntimeBuckets::default();
            histogram.add(nanos);
            let bucket = histogram.counts().iter().position(|&count| count == 1).unwrap();
            let seconds = nanos as f64 / 1e9;
            assert!(bounds[bucket] <= seconds && seconds < bounds[bucket + 1], "{nanos} in bucket {bucket}");
        }
    }
}
