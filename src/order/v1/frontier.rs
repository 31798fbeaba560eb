//! The frontier of a merge: each P's next event, by time.

use crate::base::pdqsort;

/// The way in which events of one time are ordered. Both of Go's readers leave that to
/// the structure of their frontier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ties {
    /// A heap, as in Go 1.27.
    Go127,
    /// A list that is sorted for each event, as in Go 1.21: the last
    /// one takes the place of the first, which is removed.
    Go121,
}

/// The next event of a stream, by its time in ticks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) ticks: i64,
    pub(crate) stream: usize,
}

/// The events that could happen.
#[derive(Clone, Debug)]
pub(crate) struct Frontier {
    entries: Vec<Entry>,
    ties: Ties,
}

/// A bound that no event is below: none may pass by the frontier.
const TIED: i64 = i64::MIN;
const LAST: Entry = Entry { ticks: i64::MAX, stream: usize::MAX };

impl Frontier {
    pub(crate) fn new(ties: Ties) -> Frontier {
        Frontier { entries: Vec::new(), ties }
    }

    /// Returns the bound, in ticks, below which events may happen without entering the frontier:
    /// those that would enter as the earliest, leave at once, and leave the heap as it was. Such
    /// an event enters at the bottom, rises to the top and leaves, and so moves
    /// those above it down and then up again, unless one of them ties with a
    /// child of its own.
    pub(crate) fn until(&self) -> i64 {
        let entries = &self.entries[..];
        if self.ties == Ties::Go121 {
            return TIED;
        }
        let mut i = entries.len();
        while i > 0 {
            i = (i - 1) / 2;
            let above = ticks(entries, i);
            if ticks(entries, 2 * i + 1) <= above || ticks(entries, 2 * i + 2) <= above {
                return TIED;
            }
        }
        ticks(entries, 0)
    }

    pub(crate) fn pop(&mut self) -> Option<Entry> {
        if self.entries.is_empty() {
            return None;
        }
        Some(self.take_first())
    }

    /// Adds an entry and removes the earliest. `until` is the result of
    /// [`until`](Self::until), before and afterwards.
    #[inline(always)]
    pub(crate) fn exchange(&mut self, entry: Entry, until: &mut i64) -> Entry {
        let second = ticks(&self.entries, 1).min(ticks(&self.entries, 2));
        if let Some(first) = self.entries.first_mut()
            && *until != TIED
            && entry.ticks < second
        {
            // By far the most frequent case: two Ps alternate. The new entry would rise to right below
            // the first, moving others down, and to the top when the first leaves, and then
            // the others move up again, as none of them ties. So they need not move at all.
            *until = entry.ticks;
            return std::mem::replace(first, entry);
        }
        self.push(entry);
        let first = self.take_first();
        *until = self.until();
        first
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        let mut i = self.entries.len();
        self.entries.push(entry);
        if self.ties == Ties::Go121 {
            return;
        }
        let entries = &mut self.entries[..];
        while let Some(parent) = i.checked_sub(1).map(|i| i / 2)
            && let Some(&above) = entries.get(parent)
            && entry.ticks < above.ticks
        {
            put(entries, i, above);
            i = parent;
        }
        put(entries, i, entry);
    }

    fn take_first(&mut self) -> Entry {
        if self.ties == Ties::Go121 {
            // Up to 12 elements Go's `sort.Sort` inserts, and keeps the order of equal ones.
            pdqsort::sort(&mut self.entries, &|a, b| a.ticks < b.ticks);
            return self.entries.swap_remove(0);
        }
        let first = self.entries.first().copied().unwrap_or(LAST);
        if let Some(last) = self.entries.pop() {
            self.sink(last);
        }
        first
    }

    /// Puts an entry in the place of the first, and moves it down to its own.
    fn sink(&mut self, entry: Entry) {
        let entries = &mut self.entries[..];
        let mut i = 0;
        while let Some(&left) = entries.get(2 * i + 1) {
            let (child, below) = match entries.get(2 * i + 2) {
                Some(&right) if right.ticks < left.ticks => (2 * i + 2, right),
                _ => (2 * i + 1, left),
            };
            if below.ticks >= entry.ticks {
                break;
            }
            put(entries, i, below);
            i = child;
        }
        put(entries, i, entry);
    }
}

/// Returns the time of the entry at a place; later than any if there is none.
#[inline(always)]
fn ticks(entries: &[Entry], at: usize) -> i64 {
    entries.get(at).map_or(i64::MAX, |entry| entry.ticks)
}

#[inline(always)]
fn put(entries: &mut [Entry], at: usize, entry: Entry) {
    if let Some(place) = entries.get_mut(at) {
        *place = entry;
    }
}
