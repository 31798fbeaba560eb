//! Distributions of very many kinds of things, in memory that does not grow with their lengths.
//!
//! A program may give each of its regions a name of its own. Most names then have one duration
//! or two, for which a [`Durations`] with its thousands of buckets would be out of all
//! proportion. A [`Sketch`] keeps one duration as it is, a few in a sorted list of buckets, and
//! only many as `Durations`. If the buckets of all sketches become too many, pairs of
//! neighbouring buckets are joined in every one: counts, sums, minima, maxima and histograms
//! stay exact, quantiles become coarser.

use super::{Durations, Sorted, bucket_of};
use crate::analysis::histogram::Decades;

/// The number of buckets in a list from which on `Durations` are kept instead.
const DENSE: usize = 128;
/// The bytes of `Durations` that count as much as a bucket in a list.
const DENSE_SHARE: usize = 4;
/// The number of halvings after which every sketch has one bucket.
const COARSEST: u32 = 13;

/// The number of buckets that all sketches together may have, in lists of eight bytes each.
pub(crate) const MOST_BUCKETS: usize = 1 << 18;

/// The durations of one kind of things. All sketches whose buckets are bounded together have one
/// [`Resolution`].
#[derive(Clone, Debug, Default)]
pub(crate) enum Sketch {
    #[default]
    Empty,
    One(i64),
    Many(Box<Many>),
}

/// Two durations or more.
#[derive(Clone, Debug)]
pub(crate) struct Many {
    sum: i64,
    min: i64,
    max: i64,
    buckets: Buckets,
    /// Buckets of [`Decades`] with their counts, in order.
    decades: Vec<(u8, u32)>,
}

#[derive(Clone, Debug)]
enum Buckets {
    /// Buckets that are not empty with their counts, in order.
    List(Vec<(u16, u32)>),
    Dense(Box<Durations>),
}

/// Fineness with which all sketches divide durations, and the number of buckets that they have
/// together.
#[derive(Clone, Debug)]
pub(crate) struct Resolution {
    /// Number of times that pairs of buckets were joined.
    halvings: u32,
    buckets: usize,
    most: usize,
}

impl Default for Resolution {
    fn default() -> Resolution {
        Resolution::of(MOST_BUCKETS)
    }
}

impl Resolution {
    /// Returns the finest, for sketches with `most` buckets together.
    pub(crate) fn of(most: usize) -> Resolution {
        Resolution { halvings: 0, buckets: 0, most }
    }

    /// Returns whether the sketches have too many buckets, and can have fewer.
    #[inline]
    pub(crate) fn is_exceeded(&self) -> bool {
        self.buckets > self.most && self.halvings < COARSEST
    }

    /// Joins pairs of buckets in all sketches that share this resolution.
    pub(crate) fn halve<'s>(&mut self, sketches: impl Iterator<Item = &'s mut Sketch>) {
        self.halvings += 1;
        self.buckets = sketches.map(Sketch::halve).sum();
    }

    fn bucket(&self, nanos: i64) -> u16 {
        (bucket_of(nanos.unsigned_abs()) >> self.halvings) as u16
    }
}

/// Adds to the count of a bucket in a list; returns whether the bucket is new.
fn count<K: Ord + Copy>(list: &mut Vec<(K, u32)>, bucket: K, times: u32) -> bool {
    // Most often the bucket is there, or is the last one.
    match list.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
        Ok(at) => {
            if let Some((_, count)) = list.get_mut(at) {
                *count = count.saturating_add(times);
            }
            false
        }
        Err(at) => {
            list.insert(at, (bucket, times));
            true
        }
    }
}

impl Sketch {
    /// Adds a duration in nanoseconds; a negative one counts as 0.
    #[inline]
    pub(crate) fn add(&mut self, nanos: i64, resolution: &mut Resolution) {
        let nanos = nanos.max(0);
        match self {
            Sketch::Empty => *self = Sketch::One(nanos),
            &mut Sketch::One(first) => {
                let mut many = Box::new(Many::new(first));
                many.put(first, resolution);
                many.add(nanos, resolution);
                *self = Sketch::Many(many);
            }
            Sketch::Many(many) => many.add(nanos, resolution),
        }
    }

    /// Joins pairs of buckets; returns how many there are.
    fn halve(&mut self) -> usize {
        let Sketch::Many(many) = self else { return 0 };
        let list = match &mut many.buckets {
            Buckets::List(list) => std::mem::take(list),
            Buckets::Dense(durations) => {
                let all = durations.all().enumerate().filter(|(_, count)| *count != 0);
                all.map(|(bucket, count)| (bucket as u16, u32::try_from(count).unwrap_or(u32::MAX))).collect()
            }
        };
        let mut joined: Vec<(u16, u32)> = Vec::with_capacity(list.len() / 2 + 1);
        for (bucket, count) in list {
            match joined.last_mut() {
                Some((last, sum)) if *last == bucket >> 1 => *sum = sum.saturating_add(count),
                _ => joined.push((bucket >> 1, count)),
            }
        }
        let buckets = joined.len();
        many.buckets = Buckets::List(joined);
        buckets
    }

    /// Returns the sum of all durations, in nanoseconds.
    pub(crate) fn sum(&self) -> i64 {
        match self {
            Sketch::Empty => 0,
            Sketch::One(nanos) => *nanos,
            Sketch::Many(many) => many.sum,
        }
    }

    /// Returns the distribution, as it would be if the durations had been added to it, except
    /// that quantiles are as coarse as the resolution.
    pub(crate) fn durations(&self, resolution: &Resolution) -> Durations {
        let mut all = Durations::default();
        match self {
            Sketch::Empty => {}
            Sketch::One(nanos) => all.add(*nanos),
            Sketch::Many(many) => match &many.buckets {
                Buckets::Dense(durations) => return (**durations).clone(),
                Buckets::List(list) => {
                    for &(bucket, times) in list {
                        let last = ((usize::from(bucket) + 1) << resolution.halvings) - 1;
                        all.count_more(last.min(bucket_of(many.max.unsigned_abs())), u64::from(times));
                    }
                    (all.sum, all.min, all.max) = (u128::from(many.sum.unsigned_abs()), many.min, many.max);
                }
            },
        }
        all
    }

    /// Returns the histogram in Go's buckets, which is exact.
    pub(crate) fn decades(&self) -> Decades {
        let mut all = Decades::default();
        match self {
            Sketch::Empty => {}
            Sketch::One(nanos) => all.add(*nanos),
            Sketch::Many(many) => {
                many.decades.iter().for_each(|&(bucket, times)| all.add_to(usize::from(bucket), u64::from(times)))
            }
        }
        all
    }
}

impl Many {
    /// Returns those of which `first` is the first, which is not yet in the buckets.
    fn new(first: i64) -> Many {
        let (buckets, decades) = (Buckets::List(Vec::new()), Vec::new());
        Many { sum: first, min: first, max: first, buckets, decades }
    }

    #[inline]
    fn add(&mut self, nanos: i64, resolution: &mut Resolution) {
        self.sum = self.sum.saturating_add(nanos);
        (self.min, self.max) = (self.min.min(nanos), self.max.max(nanos));
        self.put(nanos, resolution);
    }

    /// Puts a duration into the buckets.
    fn put(&mut self, nanos: i64, resolution: &mut Resolution) {
        count(&mut self.decades, Decades::bucket(nanos) as u8, 1);
        match &mut self.buckets {
            Buckets::Dense(durations) => {
                let before = durations.counts.len();
                durations.add_sorted(Sorted::new(nanos));
                resolution.buckets += durations.counts.len().saturating_sub(before) / DENSE_SHARE;
            }
            Buckets::List(list) => {
                resolution.buckets += usize::from(count(list, resolution.bucket(nanos), 1));
                if list.len() >= DENSE && resolution.halvings == 0 {
                    self.make_dense(resolution);
                }
            }
        }
    }

    #[inline(never)]
    fn make_dense(&mut self, resolution: &mut Resolution) {
        let Buckets::List(list) = &self.buckets else { return };
        let mut durations = Durations::default();
        for &(bucket, times) in list {
            durations.count_more(usize::from(bucket), u64::from(times));
        }
        (durations.sum, durations.min, durations.max) = (u128::from(self.sum.unsigned_abs()), self.min, self.max);
        resolution.buckets += (durations.counts.len() / DENSE_SHARE).saturating_sub(list.len());
        self.buckets = Buckets::Dense(Box::new(durations));
    }
}

#[cfg(test)]
mod tests {
    use super::super::last_of;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// As long as the buckets are few, a sketch is the distribution.
        #[test]
        fn a_sketch_is_what_was_added(values in prop::collection::vec((-1i64..1 << 40, 0u32..40), 0..400)) {
            let (mut sketch, mut resolution) = (Sketch::default(), Resolution::default());
            let (mut durations, mut decades) = (Durations::default(), Decades::default());
            for nanos in values.into_iter().map(|(value, shift)| value >> shift) {
                sketch.add(nanos, &mut resolution);
                durations.add(nanos);
                decades.add(nanos);
            }
            prop_assert_eq!(sketch.durations(&resolution), durations.clone());
            prop_assert_eq!(sketch.decades(), decades);
            prop_assert_eq!(sketch.sum(), durations.sum());
        }

        /// Checks that, where buckets are joined, everything but quantiles is exact, that those lie
        /// within the joined buckets, and that there are no more buckets than agreed.
        #[test]
        fn joined_buckets_are_coarser(kinds in prop::collection::vec(prop::collection::vec((1i64..1 << 40, 0u32..40), 2..60), 1..20), most in 20usize..60, q in 0.0..=1.0f64) {
            let mut resolution = Resolution::of(most);
            let mut sketches = vec![Sketch::default(); kinds.len()];
            let mut want = vec![(Durations::default(), Decades::default()); kinds.len()];
            for (at, kind) in kinds.iter().enumerate() {
                for &(value, shift) in kind {
                    sketches[at].add(value >> shift, &mut resolution);
                    want[at].0.add(value >> shift);
                    want[at].1.add(value >> shift);
                    while resolution.is_exceeded() {
                        resolution.halve(sketches.iter_mut());
                    }
                }
            }
            prop_assert!(resolution.buckets <= most);
            for (sketch, (durations, decades)) in sketches.iter().zip(&want) {
                let got = sketch.durations(&resolution);
                let facts = |d: &Durations| (d.count(), d.sum(), d.min(), d.max(), d.mean());
                prop_assert_eq!((facts(&got), &sketch.decades()), (facts(durations), decades));
                let (coarse, fine) = (got.quantile(q), durations.quantile(q));
                let joined = (bucket_of(fine.unsigned_abs()) >> resolution.halvings) + 1;
                let limit = last_of((joined << resolution.halvings) - 1);
                prop_assert!(coarse >= fine && coarse <= limit.max(fine), "{coarse} for {fine}");
            }
        }
    }
}
