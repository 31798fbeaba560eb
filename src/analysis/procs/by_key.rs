//! Durations by what they are of.

use crate::analysis::durations::Durations;
use crate::analysis::{Memo, Place};

/// Durations by stack, or by name.
#[derive(Clone, Debug)]
pub(super) struct ByKey<K> {
    all: Vec<(K, Durations)>,
    /// Where in the list they are.
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
            // Keys are numbers of that kind.
            u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some((_, durations)) = all.get_mut(at as usize) {
            durations.add(nanos);
        }
    }

    /// All of them in one.
    pub(super) fn sum(&self) -> Durations {
        let mut sum = Durations::default();
        self.all.iter().for_each(|(_, durations)| sum.merge(durations));
        sum
    }

    /// All of them, in no certain order.
    pub(super) fn into_all(self) -> Vec<(K, Durations)> {
        self.all
    }
}
