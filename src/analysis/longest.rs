//! The longest of many items, in bounded memory.

use crate::base::time::Time;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Number of items that are kept by default.
const MOST: usize = 100;

/// Keeps the longest few of all items offered; of equally long ones those that began first,
/// and of those the ones that were offered first.
#[derive(Clone, Debug)]
pub(crate) struct Longest<T> {
    most: usize,
    /// Items that are kept, the shortest on top.
    kept: BinaryHeap<Reverse<Ranked<T>>>,
    offered: u64,
    /// Length below which items are not kept.
    least: i64,
}

/// Rank of an item: its length, its start, and the number of items offered before it.
type Rank = (i64, Reverse<Time>, Reverse<u64>);

#[derive(Clone, Debug)]
struct Ranked<T> {
    rank: Rank,
    one: T,
}

impl<T> PartialEq for Ranked<T> {
    fn eq(&self, other: &Ranked<T>) -> bool {
        self.rank == other.rank
    }
}

impl<T> Eq for Ranked<T> {}

impl<T> PartialOrd for Ranked<T> {
    fn partial_cmp(&self, other: &Ranked<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Ranked<T> {
    fn cmp(&self, other: &Ranked<T>) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl<T> Default for Longest<T> {
    fn default() -> Longest<T> {
        Longest::of(MOST)
    }
}

impl<T> Longest<T> {
    /// Returns an empty list that keeps at most `most` items.
    pub(crate) fn of(most: usize) -> Longest<T> {
        let least = if most == 0 { i64::MAX } else { i64::MIN };
        Longest { most, kept: BinaryHeap::new(), offered: 0, least }
    }

    /// Returns whether an item of a length could be kept, so that callers can skip building
    /// one that would not.
    #[inline(always)]
    pub(crate) fn takes(&self, nanos: i64) -> bool {
        nanos >= self.least
    }

    /// Keeps an item of a length in nanoseconds, if it is among the longest.
    pub(crate) fn keep(&mut self, nanos: i64, since: Time, one: T) {
        if !self.takes(nanos) {
            return;
        }
        self.offered += 1;
        self.kept.push(Reverse(Ranked { rank: (nanos, Reverse(since), Reverse(self.offered)), one }));
        if self.kept.len() > self.most {
            self.kept.pop();
        }
        // Once full, the shortest of the kept ones is the bar for others.
        if let (true, Some(Reverse(least))) = (self.kept.len() == self.most, self.kept.peek()) {
            self.least = least.rank.0;
        }
    }

    /// Returns the items that are kept, the longest first.
    pub(crate) fn into_list(self) -> Vec<T> {
        self.kept.into_sorted_vec().into_iter().map(|Reverse(kept)| kept.one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is offered: the first of all, sorted, and nothing is refused that
        /// is one of them.
        #[test]
        fn they_are_the_first_of_all(offered in prop::collection::vec((0i64..9, 0i64..9), 0..40), most in 0usize..9) {
            let mut longest = Longest::of(most);
            let mut want: Vec<(i64, i64, usize)> = Vec::new();
            for (at, (nanos, since)) in offered.into_iter().enumerate() {
                want.push((nanos, since, at));
                longest.keep(nanos, Time(since), (nanos, since, at));
            }
            want.sort_by_key(|&(nanos, since, at)| (Reverse(nanos), since, at));
            want.truncate(most);
            prop_assert_eq!(longest.into_list(), want);
        }
    }
}
