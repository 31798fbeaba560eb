//! The greatest of many, in bounded memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Keeps the greatest few of all that is offered.
#[derive(Clone, Debug)]
pub(super) struct Worst<T> {
    most: usize,
    kept: BinaryHeap<Reverse<T>>,
}

impl<T: Ord> Worst<T> {
    /// Keeps so many at most.
    pub(super) fn of(most: usize) -> Worst<T> {
        Worst { most, kept: BinaryHeap::new() }
    }

    /// Whether one that compares so to the least kept would be kept.
    #[inline]
    pub(super) fn would_keep(&self, greater: impl FnOnce(&T) -> bool) -> bool {
        self.kept.len() < self.most || (self.most != 0 && self.kept.peek().is_some_and(|least| greater(&least.0)))
    }

    /// The least of those kept, once there are as many as can be.
    pub(super) fn least(&self) -> Option<&T> {
        self.kept.peek().filter(|_| self.kept.len() >= self.most).map(|least| &least.0)
    }

    pub(super) fn offer(&mut self, one: T) {
        self.kept.push(Reverse(one));
        if self.kept.len() > self.most {
            self.kept.pop();
        }
    }

    /// Those kept, the greatest first.
    pub(super) fn into_sorted(self) -> Vec<T> {
        self.kept.into_sorted_vec().into_iter().map(|Reverse(one)| one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_stay() {
        let mut worst = Worst::of(3);
        for n in [5, 1, 9, 3, 9, 2] {
            if worst.would_keep(|&least| n > least) {
                worst.offer(n);
            }
        }
        assert_eq!((worst.least(), Worst::<u8>::of(1).least()), (Some(&5), None));
        assert_eq!(worst.into_sorted(), [9, 9, 5]);
        assert!(!Worst::<u8>::of(0).would_keep(|_| true));
    }
}
