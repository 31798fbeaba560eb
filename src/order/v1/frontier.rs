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

/// Before all events.
const TIED: i64 = i64::MIN;
const LAST: Entry = Entry { ticks: i64::MAX, stream: usize::MAX };

impl Frontier {
    pub(crate) fn new(ties: Ties) -> Frontier {
        Frontier { entries: Vec::new(), ties }
    }

    /// Up to when events may happen without having been in here: those that
    /// would enter as the earliest, leave at once, and leave all as it was. Such
    /// a one goes in at the bottom, rises to the top and leaves, and so moves
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

    /// Puts an entry in and takes the earliest out. `until` is what
    /// [`until`](Self::until) says before and after.
    #[inline(always)]
    pub(crate) fn exchange(&mut self, entry: Entry, until: &mut i64) -> Entry {
        let second = ticks(&self.entries, 1).min(ticks(&self.entries, 2));
        if let Some(first) = self.entries.first_mut()
            && *until != TIED
            && entry.ticks < second
        {
            // Two Ps take turns: by far the most frequent. It rises to right below
            // the first, moving others down, and to the very top when that leaves;
            // they move up again, as none of them ties.
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
            // Go's `sort.Sort` leaves up to 12 equal ones as they are.
            pdqsort::sort(&mut self.entries, &|a, b| a.ticks < b.ticks);
            return self.entries.swap_remove(0);
        }
        let first = self.entries.first().copied().unwrap_or(LAST);
        if let Some(last) = self.entries.pop() {
            self.sink(last);
        }
        first
    }

    /// Puts an entry in the place of the first, and lets it sink.
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

/// When the entry at a place is, if there is one; else later than any.
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
