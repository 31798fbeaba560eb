//! Durations grouped by stack, or by name.

use crate::analysis::durations::Durations;
use crate::analysis::{Memo, Place};

/// Durations grouped by stack, or by name.
#[derive(Clone, Debug)]
pub(super) struct ByKey<K> {
    all: Vec<(K, Durations)>,
    /// Indexes in the list, by key.
    places: Memo<K, u32>,
}

impl<K> Default for ByKey<K> {
    fn default() -> ByKey<K> {
        ByKey { all: Vec::new(), places: Memo::default() }
    }
}

impl<K: Place + Copy> ByKey<K> {
    #[inline]
    pub(super) fn add(&mut self, key: K, nanos: i64) {
        let all = &mut self.all;
        let at = self.places.get(key, || {
            all.push((key, Durations::default()));
            // Saturation is never reached: keys are numbers of that type.
            u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some((_, durations)) = all.get_mut(at as usize) {
            durations.add(nanos);
        }
    }

    /// Returns the durations of all keys together.
    pub(super) fn sum(&self) -> Durations {
        let mut sum = Durations::default();
        self.all.iter().for_each(|(_, durations)| sum.merge(durations));
        sum
    }

    /// Returns the durations of each key, in no certain order.
    pub(super) fn into_all(self) -> Vec<(K, Durations)> {
        self.all
    }
}
