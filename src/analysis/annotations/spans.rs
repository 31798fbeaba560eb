//! Times that goroutines worked for tasks, or were in regions.

use super::select::{NoSuch, TaskSet};
use super::stays::{Scope, Stay, working_time};
use super::{Annotations, Region};
use crate::analysis::Compat;
use crate::analysis::profile::WorkIntervals;
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind};
use rustc_hash::FxHashMap;

/// Part of a trace that tasks and regions choose: time of goroutines, and events.
#[derive(Clone, Debug)]
pub struct Chosen {
    tasks: Option<TaskSet>,
    region: Option<Vec<u8>>,
    intervals: WorkIntervals,
}

impl Chosen {
    /// Returns the intervals in which goroutines worked for the tasks, or were in the
    /// regions.
    pub fn intervals(&self) -> &WorkIntervals {
        &self.intervals
    }

    /// Returns the tasks, if the choice is by tasks.
    pub fn tasks(&self) -> Option<&TaskSet> {
        self.tasks.as_ref()
    }

    /// Returns whether an event is chosen: one of such a task or region, or one that
    /// happens on or to a goroutine while it works for the tasks, or is in the regions.
    pub fn contains(&self, event: &Event<'_>) -> bool {
        let of_task = |id: TaskId| self.tasks.as_ref().is_some_and(|tasks| tasks.contains(id));
        let at_work = |id: Option<GoId>| id.is_some_and(|id| self.intervals.touch(id, event.time()));
        if at_work(event.goroutine()) {
            return true;
        }
        match event.kind() {
            EventKind::StateTransition(StateTransition::Goroutine { id, .. }) => at_work(Some(id)),
            _ if self.region.is_some() => false,
            EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => of_task(task.id),
            EventKind::RegionBegin(region) | EventKind::RegionEnd(region) => of_task(region.task),
            EventKind::Log(log) => of_task(log.task),
            _ => false,
        }
    }
}

impl Annotations {
    /// Returns the part of the trace that tasks, a type of region or both choose: with
    /// both, the regions of that type that belong to the tasks.
    ///
    /// # Errors
    /// Returns [`NoSuch`] if there is no such region, or no time of goroutines for the
    /// tasks.
    pub fn choose(&self, tasks: Option<TaskSet>, region: Option<&[u8]>) -> Result<Chosen, NoSuch> {
        let intervals = match (&tasks, region) {
            (_, Some(kind)) => self.in_regions(tasks.as_ref(), kind)?,
            (Some(tasks), None) => self.at_work(tasks),
            (None, None) => WorkIntervals::default(),
        };
        match tasks.is_some() && region.is_none() && intervals.is_empty() {
            true => Err(NoSuch::Work),
            false => Ok(Chosen { tasks, region: region.map(<[u8]>::to_vec), intervals }),
        }
    }

    /// Returns the part of the trace that tasks choose, which may have no time of
    /// goroutines.
    pub fn choose_tasks(&self, tasks: TaskSet) -> Chosen {
        let intervals = self.at_work(&tasks);
        Chosen { tasks: Some(tasks), region: None, intervals }
    }

    fn in_regions(&self, tasks: Option<&TaskSet>, kind: &[u8]) -> Result<WorkIntervals, NoSuch> {
        let mut intervals = WorkIntervals::default();
        for region in self.regions_of(kind, tasks)? {
            let to = match region.from {
                // Go leaves out a region that begins before time 0, as in traces of Go 1.21
                // and older, where it begins at -1.
                None if self.compat == Compat::Go127 && self.start < Time(0) => self.start,
                _ => region.to.unwrap_or(self.end),
            };
            intervals.add(region.goroutine, region.from.unwrap_or(self.start), to);
        }
        intervals.settle();
        Ok(intervals)
    }

    /// Returns the regions of a type; of those of some tasks, if they are given.
    ///
    /// # Errors
    /// If there is no such region.
    pub(super) fn regions_of(&self, kind: &[u8], tasks: Option<&TaskSet>) -> Result<Vec<&Region>, NoSuch> {
        let name = self.names.find(kind);
        let of_tasks = || self.regions.iter().filter(|region| tasks.is_none_or(|tasks| tasks.contains(region.task)));
        let found: Vec<&Region> = of_tasks().filter(|region| Some(region.name) == name).collect();
        if found.is_empty() {
            let there = self.counted(of_tasks().map(|region| region.name));
            let kind = kind.to_vec();
            return Err(if tasks.is_some() { NoSuch::RegionOfTasks(kind, there) } else { NoSuch::Region(kind, there) });
        }
        Ok(found)
    }

    pub(super) fn at_work(&self, tasks: &TaskSet) -> WorkIntervals {
        let mut stays: FxHashMap<GoId, Vec<Stay>> = FxHashMap::default();
        for region in &self.regions {
            let (from, to) = (region.from.unwrap_or(self.start), region.to.unwrap_or(self.end));
            stays.entry(region.goroutine).or_default().push(Stay { from, to, scope: Scope::Region(region.task) });
        }
        let made: FxHashMap<GoId, Time> = self.creations.iter().map(|made| (made.goroutine, made.time)).collect();
        for (&id, task) in &self.tasks {
            if let Some((goroutine, from, to)) = self.stay_of(task, &made) {
                stays.entry(goroutine).or_default().push(Stay { from, to, scope: Scope::Task(id) });
            }
        }
        // Creations are in order of time, so a creator's own inheritance is settled by
        // then.
        let mut working: FxHashMap<GoId, Vec<(Time, Time)>> = FxHashMap::default();
        for creation in &self.creations {
            let creator = working
                .entry(creation.creator)
                .or_insert_with(|| working_time(stays.get(&creation.creator).map_or(&[], Vec::as_slice), tasks));
            let after = creator.partition_point(|&(_, to)| to < creation.time);
            if creator.get(after).is_some_and(|&(from, _)| from <= creation.time) {
                let (from, to) = (creation.time, creation.ended.unwrap_or(self.end));
                stays.entry(creation.goroutine).or_default().push(Stay { from, to, scope: Scope::Inherited });
                working.remove(&creation.goroutine);
            }
        }
        let mut intervals = WorkIntervals::default();
        for (id, stays) in stays {
            for (from, to) in working_time(&stays, tasks) {
                intervals.add(id, from, to);
            }
        }
        intervals.settle();
        intervals
    }

    /// Returns the goroutine that a task stayed on for all its life, with the start and end
    /// of that.
    fn stay_of(&self, task: &super::Task, made: &FxHashMap<GoId, Time>) -> Option<(GoId, Time, Time)> {
        match (task.begun, task.ended) {
            (Some(begun), Some(ended)) if begun.goroutine == ended.goroutine => {
                Some((begun.goroutine, begun.time, ended.time))
            }
            // The task was handed to a goroutine that was created for it.
            (Some(begun), Some(ended)) => {
                let from = *made.get(&ended.goroutine)?;
                (begun.time <= from && from <= ended.time).then_some((ended.goroutine, from, ended.time))
            }
            (None, Some(ended)) => (!ended.created).then_some((ended.goroutine, self.start, ended.time)),
            (Some(begun), None) => {
                (!task.shared).then_some((begun.goroutine, begun.time, task.left.unwrap_or(self.end)))
            }
            (None, None) => None,
        }
    }
}
