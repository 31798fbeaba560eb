//! The sharing out of generations among the threads of a fold.
//!
//! Reading a generation ahead costs more than reading it in sequence: there is a guess to be
//! made and confirmed, and what a wrong one led to is thrown away. So small generations are not
//! guessed, and after guesses that failed some generations are read in sequence before the next
//! guess, twice as many after each. What is read in sequence is taken in large shares, because
//! threads that take turns have to wait for each other.

use crate::generation::Generation;
use std::ops::Range;

/// The bytes of a generation from which on it is worth a guess: making one costs as much as
/// ordering some kilobytes.
pub(super) const SMALLEST: usize = 32 << 10;
/// The bytes after which a share that is read in sequence ends.
const SEQUENCE: usize = 1 << 20;
/// The number of guesses in a row that may fail before fewer are made.
const FAILURES: u32 = 2;
/// The most shares that are read in sequence between two guesses, as a power of two.
const MOST_REST: u32 = 6;

/// Generations that one thread reads, one after the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Share {
    /// The indexes of the generations.
    pub(super) range: Range<usize>,
    /// True if it may be read before its turn, from a guess; then it is one generation.
    pub(super) guesses: bool,
}

/// The shares that are left, and whether guesses are worth it.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    next: usize,
    /// The bytes of a generation from which on it is worth a guess.
    smallest: usize,
    /// The number of guesses that failed since the last one that was right.
    failed: u32,
    /// The number of shares to be read in sequence before the next guess.
    rest: u32,
}

impl Shares {
    pub(super) fn new(smallest: usize) -> Shares {
        Shares { next: 0, smallest, failed: 0, rest: 0 }
    }

    /// Takes the next share; `None` if all generations are taken.
    pub(super) fn take(&mut self, generations: &[Generation<'_>]) -> Option<Share> {
        let sizes = generations.iter().skip(self.next).map(|generation| generation.byte_range().len());
        self.take_of(sizes)
    }

    /// Takes the next share of generations with these sizes in bytes.
    fn take_of(&mut self, mut sizes: impl Iterator<Item = usize>) -> Option<Share> {
        let mut size = sizes.next()?;
        let first = self.next;
        self.next += 1;
        let rests = self.rest > 0;
        let guesses = !rests && size >= self.smallest;
        self.rest = self.rest.saturating_sub(1);
        while !guesses
            && size < SEQUENCE
            && let Some(more) = sizes.next().filter(|&more| rests || more < self.smallest)
        {
            size += more;
            self.next += 1;
        }
        Some(Share { range: first..self.next, guesses })
    }

    /// Takes note of whether a guess was right.
    pub(super) fn note(&mut self, right: bool) {
        self.failed = if right { 0 } else { self.failed.saturating_add(1) };
        if let Some(beyond) = self.failed.checked_sub(FAILURES) {
            self.rest = 1 << (beyond + 2).min(MOST_REST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the lengths of all shares, and whether each is guessed, if all guesses are `right`.
    fn shares(sizes: &[usize], right: bool) -> Vec<(usize, bool)> {
        let mut shares = Shares::new(SMALLEST);
        let mut all = Vec::new();
        while let Some(share) = shares.take_of(sizes.iter().copied().skip(shares.next)) {
            assert_eq!(share.range.start, all.iter().map(|(length, _)| length).sum::<usize>());
            all.push((share.range.len(), share.guesses));
            if share.guesses {
                shares.note(right);
            }
        }
        all
    }

    #[test]
    fn guesses_have_to_pay() {
        let large = 8 * SMALLEST;
        assert_eq!(shares(&[large; 3], true), [(1, true); 3]);
        assert_eq!(shares(&[large, 10, 10, large, 10], true), [(1, true), (2, false), (1, true), (1, false)]);
        assert_eq!(shares(&[1000; 2000], true), [(1049, false), (951, false)], "a megabyte at a time");
        let failing = shares(&[large; 300], false);
        assert_eq!(failing[..6], [[(1, true); 2], [(4, false); 2], [(4, false); 2]].concat());
        assert_eq!((failing[6], failing[15]), ((1, true), (1, true)), "after 4 shares in sequence, and after 8");
        assert_eq!(failing.iter().map(|(length, _)| length).sum::<usize>(), 300);
        assert!(failing.iter().filter(|(_, guesses)| *guesses).count() < 7);
    }
}
