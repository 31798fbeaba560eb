//! The regions that goroutines are in, by one rule for all analyses.
//!
//! A program may end a region twice, or in the wrong order, and regions that began before
//! the trace end without a beginning. An end belongs to the innermost open region of its
//! type and task on its goroutine, and regions that were begun inside that and have not
//! ended end with it. If no such region is open the end is ignored, unless it may belong to
//! one that began before the trace: that requires that no other region is open, for regions
//! are nested; that the goroutine and the task existed before the trace; and that the
//! goroutine has begun no such region since, for otherwise it more likely ends that one
//! twice.
//!
//! The life of a goroutine ends its regions.

use crate::analysis::names::NameId;
use crate::analysis::{Compat, Follower, GoroutineState, Transition};
use crate::base::ids::{GoId, TaskId};
use crate::spec::state::GoState;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// Task and type of a region, by which its end finds it.
pub(crate) type Key = (TaskId, NameId);

/// Values of a few regions: most ends end one.
pub(crate) type Values<T> = SmallVec<[T; 2]>;

/// Regions that an end of a region ends, or none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ended<T> {
    /// Open regions of the goroutine, outermost first: at least one.
    Open(Values<T>),
    /// A region that began before the trace.
    Early,
    /// No region.
    Nothing,
}

/// An open region.
#[derive(Clone, Debug)]
struct Open<T> {
    /// None for one that only the end of its goroutine's life ends.
    key: Option<Key>,
    value: T,
}

/// The open regions of goroutines, with a value for each.
#[derive(Clone, Debug)]
pub(crate) struct OpenRegions<T> {
    compat: Compat,
    open: FxHashMap<GoId, SmallVec<[Open<T>; 2]>>,
    /// Types of regions that goroutines have begun of tasks, where both existed before the trace:
    /// most often one goroutine of the background task, with very many types.
    begun: FxHashMap<(GoId, TaskId), FxHashSet<NameId>>,
    /// Tasks whose beginning is in the trace.
    tasks: TaskIds,
}

impl<T> Default for OpenRegions<T> {
    fn default() -> OpenRegions<T> {
        OpenRegions::new(Compat::Right)
    }
}

impl<T> OpenRegions<T> {
    /// Returns none, at the beginning of a trace. With [`Compat::Go127`], an end ends the
    /// innermost region, whatever it is.
    pub(crate) fn new(compat: Compat) -> OpenRegions<T> {
        let (open, begun, tasks) = (FxHashMap::default(), FxHashMap::default(), TaskIds::default());
        OpenRegions { compat, open, begun, tasks }
    }

    /// Takes note of the beginning of a task.
    pub(crate) fn begin_task(&mut self, task: TaskId) {
        self.tasks.insert(task);
    }

    /// Begins a region.
    pub(crate) fn begin(&mut self, on: &GoroutineState, key: Key, value: T) {
        // A region whose goroutine or task is new cannot have begun before the trace.
        if self.is_old(on, key) {
            self.begun.entry((on.id, key.0)).or_default().insert(key.1);
        }
        self.open.entry(on.id).or_default().push(Open { key: Some(key), value });
    }

    /// Begins the part that a created goroutine has, for all its life, in the region of its
    /// creator.
    pub(crate) fn inherit(&mut self, goroutine: GoId, value: T) {
        self.open.entry(goroutine).or_default().push(Open { key: None, value });
    }

    /// Returns the value of the innermost region that a goroutine is in.
    pub(crate) fn innermost(&self, goroutine: GoId) -> Option<&T> {
        self.open.get(&goroutine)?.last().map(|region| &region.value)
    }

    /// Ends the regions that an end of a region ends.
    pub(crate) fn end(&mut self, on: &GoroutineState, key: Key) -> Ended<T> {
        let open = self.open.get_mut(&on.id);
        let at = open.as_ref().and_then(|open| match self.compat {
            Compat::Go127 => open.len().checked_sub(1),
            Compat::Right => open.iter().rposition(|region| region.key == Some(key)),
        });
        let (Some(open), Some(at)) = (open, at) else {
            // Go tells no end that ends nothing.
            let early = self.compat == Compat::Go127 || self.may_be_early(on, key);
            return if early { Ended::Early } else { Ended::Nothing };
        };
        let ended = open.drain(at..).map(|region| region.value).collect();
        if open.is_empty() {
            self.open.remove(&on.id);
        }
        Ended::Open(ended)
    }

    /// Returns whether an end that is of none of the open regions may be of one that began
    /// before the trace.
    fn may_be_early(&self, on: &GoroutineState, key: Key) -> bool {
        let nested = self.open.get(&on.id).is_some_and(|open| open.iter().any(|region| region.key.is_some()));
        let begun = || self.begun.get(&(on.id, key.0)).is_some_and(|types| types.contains(&key.1));
        !nested && self.is_old(on, key) && !begun()
    }

    /// Returns whether no goroutine is in a region.
    #[inline(always)]
    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns whether a transition ends the life of a goroutine with open regions.
    #[inline(always)]
    pub(crate) fn ends_life(&self, transition: &Transition<'_, '_>, follower: &Follower) -> bool {
        // Most transitions are told apart without a look at the goroutine's regions.
        let may = matches!(transition.to, GoState::NotExist | GoState::Waiting) || transition.begins_again();
        may && !self.is_empty() && self.open.contains_key(&transition.now.id) && transition.ends_life(follower)
    }

    /// Ends all regions of a goroutine whose life ends; returns them, outermost first.
    pub(crate) fn end_all(&mut self, goroutine: GoId) -> Values<T> {
        self.open.remove(&goroutine).into_iter().flatten().map(|region| region.value).collect()
    }

    /// Returns whether goroutine and task of a region existed before the trace.
    fn is_old(&self, on: &GoroutineState, (task, _): Key) -> bool {
        !on.created && !self.tasks.contains(task)
    }
}

/// A set of tasks, in a bit or two each: the runtime numbers them without gaps.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaskIds {
    bits: FxHashMap<u64, u64>,
    /// Task that was added last: the events of a task often follow each other.
    last: Option<TaskId>,
}

impl TaskIds {
    fn place(id: TaskId) -> (u64, u64) {
        (id.0 / 64, 1 << (id.0 % 64))
    }

    /// Adds a task; returns whether it is new.
    pub(crate) fn insert(&mut self, id: TaskId) -> bool {
        if self.last.replace(id) == Some(id) {
            return false;
        }
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
    use smallvec::smallvec;

    fn on(created: bool) -> GoroutineState {
        GoroutineState { id: GoId(1), created, ..GoroutineState::default() }
    }

    #[test]
    fn an_end_is_of_the_innermost_of_its_kind() {
        let key = |task, name| (TaskId(task), NameId::at(name));
        let (a, b, c) = (key(1, 1), key(1, 2), key(2, 1));
        // Keys of the open regions, whether the goroutine's creation is in the trace, the
        // end, and what that ends in the right form and in Go's.
        let inherited = None;
        let all: &[Option<Key>] = &[inherited, Some(a), Some(b), Some(a)];
        let cases = [
            (all, false, a, Ended::Open(smallvec![3]), Ended::Open(smallvec![3])),
            (all, false, b, Ended::Open(smallvec![2, 3]), Ended::Open(smallvec![3])),
            (all, false, c, Ended::Nothing, Ended::Open(smallvec![3])),
            (&[inherited][..], false, c, Ended::Early, Ended::Open(smallvec![0])),
            (&[][..], false, c, Ended::Early, Ended::Early),
            (&[][..], true, c, Ended::Nothing, Ended::Early),
        ];
        for (open, created, end, right, go) in cases {
            for (compat, want) in [(Compat::Right, right), (Compat::Go127, go)] {
                let mut regions = OpenRegions::new(compat);
                for (at, region) in open.iter().enumerate() {
                    match *region {
                        Some(key) => regions.begin(&on(created), key, at),
                        None => regions.inherit(GoId(1), at),
                    }
                }
                assert_eq!(regions.end(&on(created), end), want, "{end:?} in {open:?}, {compat:?}");
            }
        }
    }

    #[test]
    fn what_began_in_the_trace_does_not_end_early() {
        let key = (TaskId(1), NameId::at(1));
        let mut regions = OpenRegions::default();
        assert_eq!(regions.end(&on(false), key), Ended::Early);
        regions.begin(&on(false), key, ());
        assert_eq!(regions.end(&on(false), key), Ended::Open(smallvec![()]));
        assert_eq!(regions.end(&on(false), key), Ended::Nothing, "it was ended before");
        let of_new_task = (TaskId(2), NameId::at(1));
        regions.begin_task(TaskId(2));
        assert_eq!(regions.end(&on(false), of_new_task), Ended::Nothing);
    }

    #[test]
    fn tasks_are_counted_once() {
        let mut ids = TaskIds::default();
        let new: Vec<bool> = [0, 1, 63, 64, 1, u64::MAX, 64].map(|id| ids.insert(TaskId(id))).into();
        assert_eq!(new, [true, true, true, true, false, true, false]);
        assert!(ids.contains(TaskId(63)) && !ids.contains(TaskId(62)) && ids.len() == 5);
    }
}
