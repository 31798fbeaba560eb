//! Stretches of goroutines' lives that tasks and regions mark.

use super::Annotations;
use super::select::{NoSuch, TaskSet};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;

/// The time of a task, or of a region.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Stretch {
    /// The task; for a region, the one that it belongs to, if it does.
    pub task: Option<TaskId>,
    /// Goroutine that ended it; if nobody did, the one that began it.
    pub goroutine: GoId,
    /// Time at which it began, or the trace did.
    pub start: Time,
    /// Time at which it ended, or the trace did.
    pub end: Time,
    /// True if it began and ended in the trace.
    pub is_complete: bool,
}

impl Stretch {
    /// Returns its length in nanoseconds.
    pub fn nanos(&self) -> i64 {
        self.end.since(self.start)
    }
}

impl Annotations {
    /// Returns the stretches of some tasks, in the order of the tasks' numbers.
    pub fn stretches_of_tasks(&self, tasks: &TaskSet) -> Vec<Stretch> {
        let chosen = self.tasks.iter().filter(|(id, _)| tasks.contains(**id));
        let stretch = |(&id, task): (&TaskId, &super::Task)| {
            let place = task.ended.or(task.begun)?;
            Some(Stretch {
                task: Some(id),
                goroutine: place.goroutine,
                start: task.begun.map_or(self.start, |begun| begun.time),
                end: task.ended.map_or(self.end, |ended| ended.time),
                is_complete: task.begun.is_some() && task.ended.is_some(),
            })
        };
        chosen.filter_map(stretch).collect()
    }

    /// Returns the stretches of the regions of a type; of those of some tasks, if they are
    /// given.
    ///
    /// # Errors
    /// If there is no such region.
    pub fn stretches_of_regions(&self, kind: &[u8], tasks: Option<&TaskSet>) -> Result<Vec<Stretch>, NoSuch> {
        let stretch = |region: &super::Region| Stretch {
            task: Some(region.task).filter(|task| *task != TaskId::BACKGROUND),
            goroutine: region.goroutine,
            start: region.from.unwrap_or(self.start),
            end: region.to.unwrap_or(self.end),
            is_complete: region.from.is_some() && region.to.is_some(),
        };
        Ok(self.regions_of(kind, tasks)?.into_iter().map(stretch).collect())
    }
}
