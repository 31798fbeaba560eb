//! The rule that decides which regions an end of a region ends, for all analyses.
//!
//! A program may end a region twice, or in the wrong order, and regions that began before
//! the trace end without a beginning. An end belongs to the innermost open region of its
//! type and task on its goroutine, and regions that were begun inside that and have not
//! ended end with it. If no such region is open the end is ignored, unless it may belong to
//! one that began before the trace: that requires that no other region is open, for regions
//! are nested; that the goroutine and the task existed before the trace; and that the
//! goroutine has begun no such region since, for otherwise it more likely ends that one
//! twice.

use crate::analysis::names::NameId;
use crate::base::ids::{GoId, TaskId};
use rustc_hash::{FxHashMap, FxHashSet};

/// Task and type of a region, by which its end finds it.
pub(crate) type Key = (TaskId, NameId);

/// Regions that an end of a region ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ends {
    /// Open regions of the goroutine from an index on.
    From(usize),
    /// A region that began before the trace.
    Early,
    /// No region.
    Nothing,
}

/// Goroutine of a region, and whether the region's beginning must be in the trace.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) goroutine: GoId,
    /// True if the trace has the goroutine's creation, or the task's beginning.
    pub(crate) in_trace: bool,
}

/// Regions that goroutines have begun, as far as they matter for later ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionEnds {
    /// Regions of goroutines and tasks that existed before the trace.
    begun: FxHashSet<(GoId, Key)>,
}

impl RegionEnds {
    /// Takes note of the beginning of a region.
    pub(crate) fn begin(&mut self, of: Origin, key: Key) {
        // A region whose goroutine or task is new cannot have begun before the trace.
        if !of.in_trace {
            self.begun.insert((of.goroutine, key));
        }
    }

    /// Returns the regions that an end of a region ends, given those that are open on its
    /// goroutine, outermost first; an open one that is none cannot be ended by it.
    pub(crate) fn end<I>(&self, of: Origin, key: Key, mut open: I) -> Ends
    where
        I: DoubleEndedIterator<Item = Option<Key>> + ExactSizeIterator + Clone,
    {
        if let Some(at) = open.clone().rposition(|region| region == Some(key)) {
            return Ends::From(at);
        }
        let early = !of.in_trace && !open.any(|region| region.is_some());
        if early && !self.begun.contains(&(of.goroutine, key)) { Ends::Early } else { Ends::Nothing }
    }
}

/// A set of tasks, in a bit or two each: the runtime numbers them without gaps.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskIds {
    bits: FxHashMap<u64, u64>,
}

impl TaskIds {
    fn place(id: TaskId) -> (u64, u64) {
        (id.0 / 64, 1 << (id.0 % 64))
    }

    /// Adds a task; returns whether it is new.
    pub(crate) fn insert(&mut self, id: TaskId) -> bool {
        let (at, bit) = TaskIds::place(id);
        let bits = self.bits.entry(at).or_default();
        let new = *bits & bit == 0;
        *bits |= bit;
        new
    }

    /// Returns whether a task is in the set.
    pub(crate) fn contains(&self, id: TaskId) -> bool {
        let (at, bit) = TaskIds::place(id);
        self.bits.get(&at).is_some_and(|bits| bits & bit != 0)
    }

    /// Returns the number of tasks.
    pub(crate) fn len(&self) -> u64 {
        self.bits.values().map(|bits| u64::from(bits.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_of_the_innermost_of_its_kind() {
        let key = |task, name| (TaskId(task), NameId::at(name));
        let of = |in_trace| Origin { goroutine: GoId(1), in_trace };
        let mut ends = RegionEnds::default();
        let (a, b, c) = (key(1, 1), key(1, 2), key(2, 1));
        let open = [Some(a), Some(b), Some(a), None];
        let end =
            |ends: &RegionEnds, in_trace, key, open: &[Option<Key>]| ends.end(of(in_trace), key, open.iter().copied());
        assert_eq!(end(&ends, false, a, &open), Ends::From(2));
        assert_eq!(end(&ends, false, b, &open), Ends::From(1));
        assert_eq!(end(&ends, false, c, &open), Ends::Nothing, "others are open");
        assert_eq!(end(&ends, false, c, &[None]), Ends::Early);
        assert_eq!(end(&ends, true, c, &[]), Ends::Nothing, "nothing of it was there before");
        ends.begin(of(true), c);
        assert_eq!(end(&ends, false, c, &[]), Ends::Early);
        ends.begin(of(false), c);
        assert_eq!(end(&ends, false, c, &[]), Ends::Nothing, "it was ended before");
    }

    #[test]
    fn tasks_are_counted_once() {
        let mut ids = TaskIds::default();
        let new: Vec<bool> = [0, 1, 63, 64, 1, u64::MAX, 64].map(|id| ids.insert(TaskId(id))).into();
        assert_eq!(new, [true, true, true, true, false, true, false]);
        assert!(ids.contains(TaskId(63)) && !ids.contains(TaskId(62)) && ids.len() == 5);
    }
}
