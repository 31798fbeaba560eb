//! The longest of many, in bounded memory.

use crate::time::Time;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// How many are kept where nobody says.
const MOST: usize = 100;

/// Keeps the longest few of all that is offered; of equally long ones those that
/// began first, and of those the ones that were offered first.
#[derive(Clone, Debug)]
pub(crate) struct Longest<T> {
    most: usize,
    /// The least of them on top.
    kept: BinaryHeap<Reverse<Kept<T>>>,
    offered: u64,
    /// What is shorter is not kept.
    least: i64,
}

/// How long something took, since when, and how many had been offered before it.
type Rank = (i64, Reverse<Time>, Reverse<u64>);

#[derive(Clone, Debug)]
struct Kept<T> {
    rank: Rank,
    one: T,
}

impl<T> PartialEq for Kept<T> {
    fn eq(&self, other: &Kept<T>) -> bool {
        self.rank == other.rank
    }
}

impl<T> Eq for Kept<T> {}

impl<T> PartialOrd for Kept<T> {
    fn partial_cmp(&self, other: &Kept<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Kept<T> {
    fn cmp(&self, other: &Kept<T>) -> Ordering {
        self.rank.cmp(&other.rank)
    }
}

impl<T> Default for Longest<T> {
    fn default() -> Longest<T> {
        Longest::of(MOST)
    }
}

impl<T> Longest<T> {
    /// Keeps so many at most.
    pub(crate) fn of(most: usize) -> Longest<T> {
        let least = if most == 0 { i64::MAX } else { i64::MIN };
        Longest { most, kept: BinaryHeap::new(), offered: 0, least }
    }

    /// Whether one that took so long may be among them: for those who would have to
    /// put it together.
    #[inline(always)]
    pub(crate) fn takes(&self, nanos: i64) -> bool {
        nanos >= self.least
    }

    /// Keeps one that took so long, in nanoseconds, if it is among the longest.
    pub(crate) fn keep(&mut self, nanos: i64, since: Time, one: T) {
        if !self.takes(nanos) {
            return;
        }
        self.offered += 1;
        self.kept.push(Reverse(Kept { rank: (nanos, Reverse(since), Reverse(self.offered)), one }));
        if self.kept.len() > self.most {
            self.kept.pop();
        }
        if let (true, Some(Reverse(least))) = (self.kept.len() == self.most, self.kept.peek()) {
            self.least = least.rank.0;
        }
    }

    /// Those kept, the longest first.
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
