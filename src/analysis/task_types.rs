//! Tasks of the program added up by type, and the longest ones.
//!
//! A task is added up as soon as it has ended. What is kept of it then is a bit, by which a
//! second end, or a message behind the end, is known to be of no new task. Who wants to choose
//! tasks by what happened for them lists them all:
//! [`Lists`](crate::analysis::goroutines::Lists).

use crate::analysis::durations::Durations;
use crate::analysis::durations::sketches::{Resolution, Sketch};
use crate::analysis::goroutines::TaskSummary;
use crate::analysis::histogram::Decades;
use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::Stacks;
use crate::analysis::{Analysis, Ended, Follower, OpenRegions, SharedEvent, TaskIds, Transition, first};
use crate::base::ids::TaskId;
use crate::base::paged::{Paged, Vacant};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::task::{Region, Task};
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Facts about a task that is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct TaskFacts {
    /// Number of the task.
    pub id: TaskId,
    /// Type; the empty name if the trace does not have its beginning.
    pub name: NameId,
    /// Time of its beginning, if that is in the trace.
    pub start: Option<Time>,
    /// Time of its first end, if that is in the trace.
    pub end: Option<Time>,
}

impl TaskFacts {
    /// Returns the facts of a task that is listed.
    pub fn of(id: TaskId, task: &TaskSummary) -> TaskFacts {
        let (start, end) = (task.start.map(|(time, _)| time), task.end.map(|(time, _)| time));
        TaskFacts { id, name: task.name, start, end }
    }

    /// Returns its length in nanoseconds, if the trace has all of it.
    pub fn duration(&self) -> Option<i64> {
        Some(self.end?.since(self.start?))
    }
}

/// Type of tasks; without their beginning it is not known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum TaskKind {
    /// Type that the program chose, which may be empty.
    Type(NameId),
    /// Type that is not known, since they began before the trace.
    BegunBefore,
    /// Type that is not known, since they began before the trace; and they ended after it or never.
    NeitherEnd,
}

/// Tasks of one type.
#[derive(Debug)]
struct Kind {
    kind: TaskKind,
    count: u64,
    complete: Sketch,
}

/// Sums of tasks by type. Memory grows with the different types, as
/// [`SumRegions`](crate::analysis::goroutines::SumRegions) says, which is as exact too.
#[derive(Debug, Default)]
pub struct TaskSums {
    count: u64,
    kinds: Vec<Kind>,
    places: FxHashMap<TaskKind, u32>,
    resolution: Resolution,
}

impl TaskSums {
    /// Adds a task.
    pub fn add(&mut self, task: &TaskFacts) {
        let kind = match (task.start, task.end) {
            (Some(_), _) => TaskKind::Type(task.name),
            (None, Some(_)) => TaskKind::BegunBefore,
            (None, None) => TaskKind::NeitherEnd,
        };
        let at = *self.places.entry(kind).or_insert_with(|| {
            self.kinds.push(Kind { kind, count: 0, complete: Sketch::default() });
            // Saturation is never reached: types are fewer than bytes in the file.
            u32::try_from(self.kinds.len() - 1).unwrap_or(u32::MAX)
        });
        let Some(of) = self.kinds.get_mut(at as usize) else { return };
        self.count += 1;
        of.count += 1;
        if let Some(took) = task.duration() {
            of.complete.add(took, &mut self.resolution);
            while self.resolution.is_exceeded() {
                self.resolution.halve(self.kinds.iter_mut().map(|kind| &mut kind.complete));
            }
        }
    }

    /// Returns the number of tasks.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the number of types.
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// Returns whether there are no tasks.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Returns the first `most` types: the longest in sum, then the most frequent, then by name.
    pub fn longest(&self, most: usize, names: &Names) -> Vec<TaskType> {
        let text = |kind: &Kind| match kind.kind {
            TaskKind::Type(name) => (0, names.get(name)),
            TaskKind::BegunBefore => (1, &b""[..]),
            TaskKind::NeitherEnd => (2, &b""[..]),
        };
        let figures = |kind: &Kind| Reverse((kind.complete.sum(), kind.count));
        let mut kinds: Vec<&Kind> = self.kinds.iter().collect();
        first(&mut kinds, most, |a, b| figures(a).cmp(&figures(b)).then_with(|| text(a).cmp(&text(b))));
        let report = |of: &Kind| TaskType {
            kind: of.kind,
            count: of.count,
            complete: of.complete.durations(&self.resolution),
            histogram: of.complete.decades(),
        };
        kinds.into_iter().map(report).collect()
    }
}

/// Tasks of one type.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TaskType {
    /// Type.
    pub kind: TaskKind,
    /// Number of tasks.
    pub count: u64,
    /// Lengths of those that began and ended in the trace.
    pub complete: Durations,
    /// Lengths of the same, in Go's buckets.
    pub histogram: Decades,
}

/// A task that has not ended. In a place of its own, which is used again once it has.
#[derive(Clone, Copy, Debug)]
struct Open {
    id: TaskId,
    /// Time of its beginning, or [`NEVER`].
    start: Time,
    name: NameId,
    /// True if the place is in use.
    is_open: bool,
}

const NEVER: Time = Time(i64::MIN);

/// Adds up the tasks that pass by type, and finds the longest. Memory grows with the tasks that
/// are open at one time, with the types, and by two bits for each task.
#[derive(Debug)]
pub struct SumTasks<F> {
    passes: F,
    /// Number of the longest tasks that are asked for.
    most: usize,
    /// True if the background task counts as a task.
    background: bool,
    places: Paged<u32>,
    open: Vec<Open>,
    free: Vec<u32>,
    over: TaskIds,
    regions: OpenRegions<()>,
    sums: TaskSums,
    /// The first that is not among them, if one more comes, on top.
    longest: BinaryHeap<(Reverse<i64>, TaskId)>,
    any: bool,
    begun_again: bool,
}

impl<F: FnMut(&TaskFacts, &Names) -> bool> SumTasks<F> {
    /// Returns no tasks. Those for which `passes` holds are added up.
    pub fn new(passes: F) -> SumTasks<F> {
        SumTasks {
            passes,
            most: 0,
            background: false,
            places: Paged::default(),
            open: Vec::new(),
            free: Vec::new(),
            over: TaskIds::default(),
            regions: OpenRegions::default(),
            sums: TaskSums::default(),
            longest: BinaryHeap::new(),
            any: false,
            begun_again: false,
        }
    }

    /// Returns it with a list of the `most` longest tasks.
    #[must_use]
    pub fn longest(self, most: usize) -> SumTasks<F> {
        SumTasks { most, ..self }
    }

    /// Returns it with the background task, which stands for no task.
    #[must_use]
    pub fn with_background(self) -> SumTasks<F> {
        SumTasks { background: true, ..self }
    }

    /// Returns a task that has not ended, which may be new; none if it has.
    fn mention(&mut self, id: TaskId) -> Option<&mut Open> {
        if id == TaskId::BACKGROUND && !self.background {
            return None;
        }
        let at = match self.places.get(id.0) {
            u32::VACANT if self.over.contains(id) => return None,
            u32::VACANT => self.add(id),
            at => at,
        };
        self.open.get_mut(at as usize)
    }

    fn add(&mut self, id: TaskId) -> u32 {
        self.any |= id != TaskId::BACKGROUND;
        let open = Open { id, start: NEVER, name: NameId::EMPTY, is_open: true };
        // Saturation is never reached: tasks are fewer than bytes in the file.
        let at = self.free.pop().unwrap_or(u32::try_from(self.open.len()).unwrap_or(u32::MAX - 1));
        match self.open.get_mut(at as usize) {
            Some(place) => *place = open,
            None => self.open.push(open),
        }
        self.places.insert(id.0, at);
        at
    }

    fn begins(&mut self, time: Time, task: &Task<'_>, follower: &mut Follower) {
        self.regions.begin_task(task.id);
        self.begun_again |= self.over.contains(task.id);
        let name = follower.stacks_mut().names.intern(task.kind);
        if let Some(open) = self.mention(task.id) {
            (open.start, open.name) = (time, name);
        }
        if let Some(parent) = task.parent {
            self.mention(parent);
        }
    }

    fn ends(&mut self, time: Time, task: &Task<'_>, follower: &mut Follower) {
        let name = follower.stacks_mut().names.intern(task.kind);
        if let Some(open) = self.mention(task.id) {
            open.name = if open.start == NEVER { name } else { open.name };
            open.is_open = false;
            let over = *open;
            self.free.push(self.places.get(task.id.0));
            self.places.remove(task.id.0);
            self.over.insert(task.id);
            self.add_up(&over, Some(time), follower);
        }
        if let Some(parent) = task.parent {
            self.mention(parent);
        }
    }

    /// Adds a task that is over to the sums.
    fn add_up(&mut self, open: &Open, end: Option<Time>, follower: &Follower) {
        let start = Some(open.start).filter(|start| *start != NEVER);
        let task = TaskFacts { id: open.id, name: open.name, start, end };
        if !(self.passes)(&task, &follower.stacks().names) {
            return;
        }
        self.sums.add(&task);
        let took = end.unwrap_or(follower.last()).since(start.unwrap_or(follower.start()));
        if self.most > 0 {
            self.longest.push((Reverse(took), task.id));
            if self.longest.len() > self.most {
                self.longest.pop();
            }
        }
    }

    /// Takes note of the beginning or end of a region, which mentions its task.
    fn region(&mut self, event: &SharedEvent<'_, '_>, region: &Region<'_>, ends: bool, follower: &mut Follower) {
        let name = follower.stacks_mut().names.intern(region.kind);
        let Some(on) = event.goroutine().and_then(|id| follower.goroutine(id)) else { return };
        let key = (region.task, name);
        if !ends {
            self.regions.begin(on, key, ());
        } else if self.regions.end(on, key) != Ended::Early {
            // An end that ends nothing mentions no task either.
            return;
        }
        self.mention(region.task);
    }
}

impl<F: FnMut(&TaskFacts, &Names) -> bool> Analysis for SumTasks<F> {
    type Output = TaskTypes;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(event, UserRegionBegin | UserRegionEnd | UserTaskBegin | UserTaskEnd | UserLog | GoStart)
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if self.regions.ends_life(transition, follower) {
            self.regions.end_all(transition.id());
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        match event.kind() {
            EventKind::TaskBegin(task) => self.begins(event.time(), task, follower),
            EventKind::TaskEnd(task) => self.ends(event.time(), task, follower),
            EventKind::RegionBegin(region) => self.region(event, region, false, follower),
            EventKind::RegionEnd(region) => self.region(event, region, true, follower),
            EventKind::Log(log) => _ = self.mention(log.task),
            _ => {}
        }
    }

    fn finish(mut self, follower: &Follower) -> TaskTypes {
        for open in std::mem::take(&mut self.open).iter().filter(|open| open.is_open) {
            self.add_up(open, None, follower);
        }
        TaskTypes {
            sums: self.sums,
            longest: self.longest.into_sorted_vec().into_iter().map(|(_, id)| id).collect(),
            any: self.any,
            begun_again: self.begun_again,
            stacks: Arc::clone(follower.stacks()),
        }
    }
}

/// Tasks by type.
#[derive(Debug)]
#[non_exhaustive]
pub struct TaskTypes {
    /// Sums by type.
    pub sums: TaskSums,
    /// The longest tasks, as many as were asked for; of equally long ones the lower numbers.
    pub longest: Vec<TaskId>,
    /// True if the trace mentions any task besides the background one.
    pub any: bool,
    /// True if a task has begun again after its end, as in a trace appended to another: only the
    /// first of that number was added up, while a list has the last one.
    pub begun_again: bool,
    /// Stacks and names.
    pub stacks: Arc<Stacks>,
}
