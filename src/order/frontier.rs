//! The frontier: the next event of every M, as a binary heap by time.
//!
//! The *shape* of the heap decides the order of events with equal times, so
//! this is Go's heap exactly (`batchcursor.go`): an entry moves only past one
//! that is strictly later, and removal sifts the victim to the root first.

use crate::order::pdqsort;
use crate::order::state::{NONE, Slot};

/// An M's next event: its time, and the slot of the M.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) time: i64,
    pub(crate) m: Slot,
}

/// A min-heap of [`Entry`]s.
///
/// ```text
///        0          the event to try first
///      1   2        its rivals: while its M has an event no later than both,
///     3 4 5 6       it stays at the root
/// ```
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontier {
    heap: Vec<Entry>,
}

impl Frontier {
    pub(crate) fn clear(&mut self) {
        self.heap.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }

    #[inline(always)]
    pub(crate) fn get(&self, at: usize) -> Option<Entry> {
        self.heap.get(at).copied()
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.heap
    }

    /// The earlier of the root's children, which comes to the root next; where
    /// there is none, one that never does.
    #[inline(always)]
    pub(crate) fn rival(&self) -> Entry {
        match self.heap[..] {
            [_, a, b, ..] => {
                if b.time < a.time {
                    b
                } else {
                    a
                }
            }
            [_, a] => a,
            _ => Entry { time: i64::MAX, m: NONE },
        }
    }

    /// Adds an entry.
    pub(crate) fn insert(&mut self, entry: Entry) {
        self.heap.push(entry);
        self.sift_up(self.heap.len() - 1);
    }

    /// Gives the entry at `at` a new time and puts it where it belongs.
    pub(crate) fn update(&mut self, at: usize, time: i64) {
        if let Some(entry) = self.heap.get_mut(at) {
            entry.time = time;
        }
        if self.sift_up(at) == at {
            self.sift_down(at);
        }
    }

    /// As `update` of the root, for an M whose entry that is.
    #[inline(always)]
    pub(crate) fn update_root(&mut self, entry: Entry) {
        sift_down(&mut self.heap, 0, entry);
    }

    /// Removes the entry at `at`.
    pub(crate) fn remove(&mut self, at: usize) {
        let mut child = at;
        while child > 0 {
            let parent = (child - 1) / 2;
            self.heap.swap(parent, child);
            child = parent;
        }
        if !self.heap.is_empty() {
            self.heap.swap_remove(0);
        }
        self.sift_down(0);
    }

    /// Sorts by time, as Go's unstable sort does; a sorted heap is a heap.
    pub(crate) fn sort(&mut self) {
        pdqsort::sort(&mut self.heap, &|a, b| a.time < b.time);
    }

    fn sift_up(&mut self, mut at: usize) -> usize {
        while at > 0 {
            let parent = (at - 1) / 2;
            if self.heap[parent].time <= self.heap[at].time {
                break;
            }
            self.heap.swap(parent, at);
            at = parent;
        }
        at
    }

    fn sift_down(&mut self, at: usize) {
        if let Some(&entry) = self.heap.get(at) {
            sift_down(&mut self.heap, at, entry);
        }
    }
}

/// Moves `entry` down from the hole at `at`. Which child is the earlier one is
/// a coin toss, so it is computed, not branched on.
#[inline(always)]
fn sift_down(heap: &mut [Entry], mut at: usize, entry: Entry) {
    loop {
        let left = 2 * at + 1;
        let (child, least) = match heap.get(left..) {
            Some([a, b, ..]) => {
                let right = b.time < a.time;
                (left + usize::from(right), if right { *b } else { *a })
            }
            Some([a]) => (left, *a),
            _ => break,
        };
        if entry.time <= least.time {
            break;
        }
        if let Some(hole) = heap.get_mut(at) {
            *hole = least;
        }
        at = child;
    }
    if let Some(hole) = heap.get_mut(at) {
        *hole = entry;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Go's heap, written down naively.
    #[derive(Default)]
    struct Naive(Vec<Entry>);

    impl Naive {
        fn up(&mut self, mut i: usize) -> usize {
            while i > 0 && self.0[(i - 1) / 2].time > self.0[i].time {
                self.0.swap((i - 1) / 2, i);
                i = (i - 1) / 2;
            }
            i
        }

        fn down(&mut self, mut i: usize) {
            loop {
                let mut least = i;
                for child in [2 * i + 1, 2 * i + 2] {
                    if child < self.0.len() && self.0[child].time < self.0[least].time {
                        least = child;
                    }
                }
                if least == i {
                    return;
                }
                self.0.swap(i, least);
                i = least;
            }
        }
    }

    proptest! {
        #[test]
        fn the_shape_is_that_of_go(
            times in proptest::collection::vec(0i64..8, 1..40),
            steps in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8, 0i64..5), 0..200),
        ) {
            let (mut heap, mut naive) = (Frontier::default(), Naive::default());
            for (m, &time) in times.iter().enumerate() {
                let entry = Entry { time, m: m as Slot };
                heap.insert(entry);
                naive.0.push(entry);
                naive.up(naive.0.len() - 1);
            }
            for (at, action, later) in steps {
                if heap.len() == 0 {
                    break;
                }
                let at = if action < 6 { 0 } else { at.index(heap.len()) };
                if action == 7 {
                    heap.remove(at);
                    let mut i = at;
                    while i > 0 {
                        naive.0.swap((i - 1) / 2, i);
                        i = (i - 1) / 2;
                    }
                    naive.0.swap_remove(0);
                    naive.down(0);
                } else {
                    let time = naive.0[at].time + later;
                    if at == 0 { let m = heap.heap[0].m; heap.update_root(Entry { time, m }) } else { heap.update(at, time) }
                    naive.0[at].time = time;
                    if naive.up(at) == at {
                        naive.down(at);
                    }
                }
                prop_assert_eq!(heap.entries(), &naive.0[..]);
            }
        }
    }
}
