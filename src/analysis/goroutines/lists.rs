//! Lists of goroutines, regions and tasks.

use super::keep::Keep;
use super::tasks::{TaskLog, TaskSummary};
use super::{Goroutine, Goroutines, RegionSummary, Summaries};
use crate::analysis::names::NameId;
use crate::analysis::{Compat, Follower, SharedEvent};
use crate::base::ids::{GoId, TaskId};
use crate::event::task::{Log, Task};
use crate::spec::state::GoState;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// Lists everything, or all of some kind. Memory grows with what is listed.
#[derive(Debug)]
pub struct Lists {
    choice: Choice,
    goroutines: Goroutines,
    regions: Vec<RegionSummary>,
    tasks: BTreeMap<TaskId, TaskSummary>,
}

/// Choice of what is listed.
#[derive(Debug)]
enum Choice {
    Everything,
    Goroutines,
    /// Goroutines that exist when the trace ends.
    Alive,
    /// Regions and tasks.
    Work,
    /// Some tasks, and their regions.
    Tasks(FxHashSet<TaskId>),
}

impl Lists {
    fn of(choice: Choice) -> Lists {
        Lists { choice, goroutines: Goroutines::default(), regions: Vec::new(), tasks: BTreeMap::new() }
    }

    /// Lists goroutines, regions and tasks.
    pub fn everything() -> Lists {
        Lists::of(Choice::Everything)
    }

    /// Lists goroutines without their regions.
    pub fn goroutines() -> Lists {
        Lists::of(Choice::Goroutines)
    }

    /// Lists the goroutines that exist when the trace ends, without their regions.
    pub fn alive() -> Lists {
        Lists::of(Choice::Alive)
    }

    /// Lists regions and tasks.
    pub fn work() -> Lists {
        Lists::of(Choice::Work)
    }

    /// Lists these tasks with their regions, and, without those, the tasks that are parts of
    /// them.
    pub fn tasks(tasks: impl IntoIterator<Item = TaskId>) -> Lists {
        Lists::of(Choice::Tasks(tasks.into_iter().collect()))
    }

    /// Gives each goroutine that has ended to `each`, in the order in which they ended, and
    /// forgets it.
    pub(super) fn take_ended(&mut self, each: impl FnMut(Goroutine)) {
        if !self.goroutines.is_empty() {
            self.goroutines.drain(each);
        }
    }

    /// Returns whether a task is listed in full.
    fn has_task(&self, task: TaskId) -> bool {
        match &self.choice {
            Choice::Everything | Choice::Work => true,
            Choice::Goroutines | Choice::Alive => false,
            Choice::Tasks(tasks) => tasks.contains(&task),
        }
    }

    /// Takes note that a goroutine takes part in a task with a region.
    fn join(&mut self, task: TaskId, id: GoId, number: usize) {
        let task = self.tasks.entry(task).or_default();
        task.regions.push(number);
        task.goroutines.insert(id);
    }
}

impl Keep for Lists {
    type Output = Summaries;

    fn wants_regions(&self) -> bool {
        !matches!(self.choice, Choice::Goroutines | Choice::Alive)
    }

    fn wants_tasks(&self) -> bool {
        self.wants_regions()
    }

    fn begin_region(&mut self, region: &RegionSummary) -> usize {
        // A region's place among all is that of its beginning, though it comes when it is over.
        let number = self.regions.len();
        if self.has_task(region.task) {
            self.regions.push(RegionSummary::new(region.goroutine, region.name, region.task));
            // A goroutine takes no part in a task by being created in its region.
            if !region.inherited {
                self.join(region.task, region.goroutine, number);
            }
        }
        number
    }

    fn region(&mut self, number: usize, region: &mut RegionSummary, _: &Follower) {
        if !self.has_task(region.task) {
            return;
        }
        if let Some(place) = self.regions.get_mut(number) {
            std::mem::swap(place, region);
        }
    }

    fn goroutine(&mut self, goroutine: &mut Goroutine, _: &Follower) {
        match self.choice {
            Choice::Work | Choice::Tasks(_) => return,
            Choice::Alive if goroutine.state == GoState::NotExist => return,
            _ => {}
        }
        let start = |number: &usize| self.regions.get(*number).and_then(|region| region.start);
        goroutine.regions.sort_by_key(start);
        self.goroutines.push(goroutine);
    }

    /// Takes note of the beginning or end of a task. A second end is ignored; Go takes the
    /// last end, and loses the type.
    fn task(&mut self, event: &SharedEvent<'_, '_>, task: &Task<'_>, ends: bool, compat: Compat, known: &mut Follower) {
        let go = compat == Compat::Go127;
        // At the end of tasks in traces up to Go 1.21, Go 1.27 takes the background task
        // for a parent.
        let as_go = go && event.is_v1() && ends && event.has_origin();
        let parent = task.parent.or(as_go.then_some(TaskId::BACKGROUND));
        if !self.has_task(task.id) && !parent.is_some_and(|parent| self.has_task(parent)) {
            return;
        }
        let at = Some((event.time(), event.goroutine()));
        let name = known.stacks_mut().names.intern(task.kind);
        let entry = self.tasks.entry(task.id).or_default();
        entry.goroutines.extend(event.goroutine());
        if !ends {
            // A task that begins again is another one, in a trace appended to this one.
            (entry.name, entry.start, entry.end) = (name, at, entry.end.filter(|_| go));
        } else if go || entry.end.is_none() {
            entry.end = at;
            entry.name = if go || entry.start.is_none() { name } else { entry.name };
        }
        let Some(parent) = parent else { return };
        let first = entry.parent.is_none();
        entry.parent.get_or_insert(parent);
        // A second parent, as a damaged trace may have, is mentioned but has no part.
        let mentioned = self.tasks.entry(parent).or_default();
        if first {
            mentioned.children.push(task.id);
        }
    }

    fn log(&mut self, event: &SharedEvent<'_, '_>, log: &Log<'_>, known: &mut Follower) {
        if !self.has_task(log.task) {
            return;
        }
        let names = &mut known.stacks_mut().names;
        let [category, message]: [NameId; 2] = [log.category, log.message].map(|text| names.intern(text));
        let task = self.tasks.entry(log.task).or_default();
        task.goroutines.extend(event.goroutine());
        task.logs.push(TaskLog { time: event.time(), goroutine: event.goroutine(), category, message });
    }

    fn finish(self, whole: Summaries) -> Summaries {
        let mut goroutines = self.goroutines;
        goroutines.sort();
        // Go knows only the last life of a number that is used again, as by callbacks from
        // C.
        if whole.compat == Compat::Go127 {
            goroutines.keep_last();
        }
        Summaries { goroutines, regions: self.regions, tasks: self.tasks, ..whole }
    }
}
