//! The frontier of a merge: a heap of each P's next event, by time.

use crate::order::pdqsort;

/// How events of one time are told apart. Both of Go's readers leave that to
/// the structure of their frontier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ties {
    /// A heap, as Go 1.27 has it.
    Go127,
    /// A list that is sorted anew for each event, as Go 1.21 has it: the last
    /// takes the place of the first, which leaves.
    Go121,
}

/// The next event of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) ticks: i64,
    pub(crate) stream: usize,
}

/// The events that are due.
#[derive(Clone, Debug)]
pub(crate) struct Frontier {
    entries: Vec<Entry>,
    ties: Ties,
}

const LAST: Entry = Entry { ticks: i64::MAX, stream: usize::MAX };

impl Frontier {
    pub(crate) fn new(ties: Ties) -> Frontier {
        Frontier { entries: Vec::new(), ties }
    }

    /// The time of the earliest.
    #[inline(always)]
    pub(crate) fn earliest(&self) -> i64 {
        self.at(0).ticks
    }

    /// Whether an earlier one may happen without having been in here: whether it
    /// would enter as the earliest, leave at once, and leave all as it was. It
    /// goes in at the bottom, rises to the top and leaves, and so moves those
    /// above it down and then up again, unless one of them ties with its child
    /// or with that one's sibling.
    #[inline(always)]
    pub(crate) fn lets_pass(&self) -> bool {
        let len = self.entries.len();
        let mut passes = self.ties == Ties::Go127;
        let mut i = len;
        while i > 0 {
            let parent = (i - 1) / 2;
            let sibling = if i.is_multiple_of(2) { i - 1 } else { i + 1 };
            let ties = |at: usize| at < len && self.at(at).ticks <= self.at(parent).ticks;
            passes &= !ties(i) && !ties(sibling);
            i = parent;
        }
        passes
    }

    #[inline(always)]
    fn at(&self, i: usize) -> Entry {
        self.entries.get(i).copied().unwrap_or(LAST)
    }

    #[inline(always)]
    fn set(&mut self, i: usize, entry: Entry) {
        if let Some(place) = self.entries.get_mut(i) {
            *place = entry;
        }
    }

    pub(crate) fn pop(&mut self) -> Option<Entry> {
        if self.entries.is_empty() {
            return None;
        }
        Some(self.take_first())
    }

    /// Puts an entry in and takes the earliest out.
    #[inline(always)]
    pub(crate) fn exchange(&mut self, entry: Entry) -> Entry {
        if let ([only], Ties::Go127) = (&mut self.entries[..], self.ties) {
            // Two Ps take turns: by far the most frequent.
            if entry.ticks < only.ticks {
                return entry;
            }
            let first = *only;
            *only = entry;
            return first;
        }
        self.push(entry);
        self.take_first()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        let mut i = self.entries.len();
        self.entries.push(entry);
        if self.ties == Ties::Go121 {
            return;
        }
        while i > 0 {
            let parent = (i - 1) / 2;
            let above = self.at(parent);
            if entry.ticks >= above.ticks {
                break;
            }
            self.set(i, above);
            i = parent;
        }
        self.set(i, entry);
    }

    fn take_first(&mut self) -> Entry {
        if self.ties == Ties::Go121 {
            // Go's `sort.Sort` leaves up to 12 equal ones as they are.
            pdqsort::sort(&mut self.entries, &|a, b| a.ticks < b.ticks);
            return self.entries.swap_remove(0);
        }
        let first = self.at(0);
        let Some(last) = self.entries.pop() else { return LAST };
        let mut i = 0;
        while let Some(&left) = self.entries.get(2 * i + 1) {
            let (child, below) = match self.entries.get(2 * i + 2) {
                Some(&right) if right.ticks < left.ticks => (2 * i + 2, right),
                _ => (2 * i + 1, left),
            };
            if below.ticks >= last.ticks {
                break;
            }
            self.set(i, below);
            i = child;
        }
        self.set(i, last);
        first
    }
}
