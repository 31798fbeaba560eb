//! The frontier: the next event of every M, as a binary heap by time.
//!
//! The *shape* of the heap decides the order of events with equal times, so
//! this is Go's heap exactly (`batchcursor.go`): an entry moves only past one
//! that is strictly later, and removal sifts the removed entry to the root first.

use crate::base::pdqsort;
use crate::order::state::{NONE, Slot};

/// An M's next event: its time in nanoseconds, and the slot of the M.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    pub(crate) time: i64,
    pub(crate) m: Slot,
}

impl Entry {
    /// The entry of an empty place: no entry ever moves below it.
    const NEVER: Entry = Entry { time: i64::MAX, m: NONE };
}

/// A min-heap of [`Entry`]s.
///
/// ```text
///        1          the event to try first
///      2   3        the next events of other Ms: while the root's M has one no later
///     4 5 6 7       than both, it stays at the root
/// ```
///
/// Places count from 1, so that the children of a place are the pair with its
/// number. Positions in the interface count from 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frontier {
    /// The places in pairs; unused ones hold [`Entry::NEVER`].
    pairs: Vec<[Entry; 2]>,
    len: usize,
}

impl Frontier {
    pub(crate) fn clear(&mut self) {
        self.pairs.clear();
        self.len = 0;
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub(crate) fn get(&self, at: usize) -> Option<Entry> {
        if at < self.len { self.pairs.as_flattened().get(at + 1).copied() } else { None }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        self.pairs.as_flattened().get(1..=self.len).unwrap_or_default()
    }

    fn entries_mut(&mut self) -> &mut [Entry] {
        self.pairs.as_flattened_mut().get_mut(1..=self.len).unwrap_or_default()
    }

    /// Returns the earlier of the root's children, which comes to the root next;
    /// [`Entry::NEVER`] if there is none.
    #[inline(always)]
    pub(crate) fn rival(&self) -> Entry {
        earlier_child(&self.pairs, 1).map_or(Entry::NEVER, |(_, entry)| entry)
    }

    /// Adds an entry.
    pub(crate) fn insert(&mut self, entry: Entry) {
        let at = self.len;
        self.len += 1;
        if self.len / 2 == self.pairs.len() {
            self.pairs.push([Entry::NEVER; 2]);
        }
        set(&mut self.pairs, at + 1, entry);
        self.sift_up(at);
    }

    /// Replaces the entry at `at`, after its M has moved on, and moves it to its place.
    pub(crate) fn update(&mut self, at: usize, entry: Entry) {
        set(&mut self.pairs, at + 1, entry);
        if self.sift_up(at) == at {
            sift_down(&mut self.pairs, at + 1, entry);
        }
    }

    /// Replaces the root, after its M has moved on, and moves it to its place.
    #[inline(always)]
    pub(crate) fn update_root(&mut self, entry: Entry) {
        sift_down(&mut self.pairs, 1, entry);
    }

    /// Replaces the root by an entry later than its rival, which becomes the root; returns the
    /// next rival.
    #[inline(always)]
    pub(crate) fn replace_root(&mut self, entry: Entry) -> Entry {
        let pairs = &mut self.pairs[..];
        let Some((place, rival)) = earlier_child(pairs, 1) else { return Entry::NEVER };
        set(pairs, 1, rival);
        sift_down(pairs, place, entry);
        earlier_child(pairs, 1).map_or(Entry::NEVER, |(_, entry)| entry)
    }

    /// Removes the entry at `at`.
    pub(crate) fn remove(&mut self, at: usize) {
        let mut child = at;
        while child > 0 {
            let parent = (child - 1) / 2;
            self.entries_mut().swap(parent, child);
            child = parent;
        }
        let Some(&last) = self.entries().last() else { return };
        set(&mut self.pairs, self.len, Entry::NEVER);
        self.len -= 1;
        if self.len > 0 {
            sift_down(&mut self.pairs, 1, last);
        }
    }

    /// Sorts by time, as Go's unstable sort does; a sorted heap is a heap.
    pub(crate) fn sort(&mut self) {
        pdqsort::sort(self.entries_mut(), &|a, b| a.time < b.time);
    }

    fn sift_up(&mut self, mut at: usize) -> usize {
        let heap = self.entries_mut();
        while at > 0 {
            let parent = (at - 1) / 2;
            if heap[parent].time <= heap[at].time {
                break;
            }
            heap.swap(parent, at);
            at = parent;
        }
        at
    }
}

/// Returns the earlier child of a place, and where it is. The choice is computed instead of
/// branched on, for it cannot be predicted.
#[inline(always)]
fn earlier_child(pairs: &[[Entry; 2]], place: usize) -> Option<(usize, Entry)> {
    let &[a, b] = pairs.get(place)?;
    let right = b.time < a.time;
    Some((2 * place + usize::from(right), if right { b } else { a }))
}

#[inline(always)]
fn set(pairs: &mut [[Entry; 2]], place: usize, entry: Entry) {
    if let Some(hole) = pairs.as_flattened_mut().get_mut(place) {
        *hole = entry;
    }
}

/// Moves `entry` down from the hole at `place`.
#[inline(always)]
fn sift_down(pairs: &mut [[Entry; 2]], mut place: usize, entry: Entry) {
    while let Some((child, least)) = earlier_child(pairs, place) {
        if entry.time <= least.time {
            break;
        }
        set(pairs, place, least);
        place = child;
    }
    set(pairs, place, entry);
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
                    let entry = Entry { time, ..naive.0[at] };
                    match at {
                        0 if time > heap.rival().time => {
                            let rival = heap.replace_root(entry);
                            prop_assert_eq!(rival, heap.rival());
                        }
                        0 => heap.update_root(entry),
                        _ => heap.update(at, entry),
                    }
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
