//! When goroutines were in regions, for profiles of those alone.

use super::Intervals;
use crate::analysis::{Analysis, Compat, Known, Seen, Step};
use crate::event::EventKind;
use crate::event::transition::{GoState, StateTransition};
use crate::ids::{GoId, TaskId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::{FxHashMap, FxHashSet};

/// Which regions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Wanted {
    /// Only those of this type.
    pub region: Option<Vec<u8>>,
    /// Only those of this task.
    pub task: Option<TaskId>,
    /// Only those of tasks of this type.
    pub task_type: Option<Vec<u8>>,
}

impl Wanted {
    /// Regions of that type.
    pub fn region(kind: impl Into<Vec<u8>>) -> Wanted {
        Wanted { region: Some(kind.into()), ..Wanted::default() }
    }

    /// Regions of that task.
    pub fn task(id: TaskId) -> Wanted {
        Wanted { task: Some(id), ..Wanted::default() }
    }

    /// Regions of tasks of that type.
    pub fn task_type(kind: impl Into<Vec<u8>>) -> Wanted {
        Wanted { task_type: Some(kind.into()), ..Wanted::default() }
    }
}

/// Collects the [`Intervals`] in which goroutines were in some regions. Where a
/// task is asked for, and not a type of region, a goroutine that was created in
/// a region of it is in that too, as in Go's summaries. A region that
/// has no beginning in the trace began with it, one without an end ends with it.
#[derive(Clone, Debug, Default)]
pub struct RegionIntervals {
    wanted: Wanted,
    compat: Compat,
    open: FxHashMap<GoId, Vec<(Time, bool)>>,
    tasks: FxHashSet<TaskId>,
    intervals: Intervals,
    start: Option<Time>,
}

impl RegionIntervals {
    /// Of those regions.
    pub fn of(wanted: Wanted, compat: Compat) -> RegionIntervals {
        RegionIntervals { wanted, compat, ..RegionIntervals::default() }
    }

    /// Until when a region that was there before the trace counts. For Go not at all
    /// if it begins before 0, as traces of Go 1.21 and older do, at -1.
    fn end_of_early(&self, start: Time, end: Time) -> Time {
        if self.compat == Compat::Go127 && start < Time(0) { start } else { end }
    }

    fn wants_region(&self, kind: &[u8], task: TaskId) -> bool {
        self.wanted.region.as_ref().is_none_or(|wanted| wanted == kind)
            && self.wanted.task.is_none_or(|wanted| wanted == task)
            && (self.wanted.task_type.is_none() || self.tasks.contains(&task))
    }
}

impl Analysis for RegionIntervals {
    type Output = Intervals;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(event, Sync | UserRegionBegin | UserRegionEnd | UserTaskBegin | GoStart)
    }

    fn goroutine(&mut self, step: &Step<'_, '_>, _: &Known) {
        // Only these change anything.
        if step.from() == GoState::NotExist || step.to() == GoState::NotExist {
            self.note(step);
        }
    }

    fn event(&mut self, event: &Seen<'_, '_>, _: &mut Known) {
        self.note(event);
    }

    fn finish(mut self, known: &Known) -> Intervals {
        let end = known.last();
        for (id, open) in std::mem::take(&mut self.open) {
            for (begun, _) in open.into_iter().filter(|(_, wanted)| *wanted) {
                self.intervals.add(id, begun, end);
            }
        }
        self.intervals.settle();
        self.intervals
    }
}

impl RegionIntervals {
    fn note(&mut self, event: &Seen<'_, '_>) {
        let time = event.time();
        let start = *self.start.get_or_insert(time);
        match event.kind() {
            EventKind::TaskBegin(task) if self.wanted.task_type.as_ref().is_some_and(|kind| kind == task.kind) => {
                self.tasks.insert(task.id);
            }
            EventKind::RegionBegin(region) => {
                let Some(id) = event.goroutine() else { return };
                let wanted = self.wants_region(region.kind, region.task);
                self.open.entry(id).or_default().push((time, wanted));
            }
            EventKind::RegionEnd(region) => {
                let Some(id) = event.goroutine() else { return };
                match self.open.get_mut(&id).and_then(Vec::pop) {
                    Some((begun, true)) => self.intervals.add(id, begun, time),
                    Some((_, false)) => {}
                    None if self.wants_region(region.kind, region.task) => {
                        self.intervals.add(id, start, self.end_of_early(start, time));
                    }
                    None => {}
                }
            }
            EventKind::StateTransition(StateTransition::Goroutine { id, from: GoState::NotExist, stack, .. }) => {
                // What is created in a region of a task takes part in the task. The
                // runtime's own goroutines do not: they are created anywhere.
                let creator = event.goroutine().and_then(|creator| self.open.get(&creator));
                let inherits =
                    self.wanted.region.is_none() && creator.and_then(|open| open.last()).is_some_and(|of| of.1);
                let root = stack.and_then(|stack| stack.frames().last());
                if inherits
                    && root.is_some_and(|root| root.func == b"runtime.main" || !root.func.starts_with(b"runtime."))
                {
                    self.open.entry(*id).or_default().push((time, true));
                }
            }
            EventKind::StateTransition(StateTransition::Goroutine { id, to: GoState::NotExist, .. }) => {
                // A goroutine that ends, ends its regions.
                for (begun, wanted) in self.open.remove(id).unwrap_or_default() {
                    if wanted {
                        self.intervals.add(*id, begun, time);
                    }
                }
            }
            _ => {}
        }
    }
}
