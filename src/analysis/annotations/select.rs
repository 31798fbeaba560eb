//! Selection of tasks by number or type.

use super::Annotations;
use crate::base::ids::TaskId;
use rustc_hash::{FxHashMap, FxHashSet};
use std::fmt;

/// A set of tasks that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TaskSet {
    tasks: FxHashSet<TaskId>,
    /// Descendants of the tasks that were not asked for.
    left_out: FxHashSet<TaskId>,
}

impl TaskSet {
    /// Returns whether a task is in the set.
    pub fn contains(&self, id: TaskId) -> bool {
        self.tasks.contains(&id)
    }

    /// Returns whether a task is a descendant of one in the set, but not asked for.
    pub(super) fn leaves_out(&self, id: TaskId) -> bool {
        self.left_out.contains(&id)
    }
}

/// A task, region or time that was asked for and is not in the trace.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum NoSuch {
    /// No task has that number; with the lowest and the highest number of a task, if any.
    Task(TaskId, Option<(TaskId, TaskId)>),
    /// No task has that type; with the types that tasks have and their numbers of tasks,
    /// and the number of tasks whose type is not known, for they began before the trace.
    TaskType(Vec<u8>, Vec<(Vec<u8>, u64)>, u64),
    /// No region has that type; with the types that regions have and their numbers of
    /// regions.
    Region(Vec<u8>, Vec<(Vec<u8>, u64)>),
    /// No region in the tasks has that type; with the types of the regions in them.
    RegionOfTasks(Vec<u8>, Vec<(Vec<u8>, u64)>),
    /// No goroutine began with a function whose name passes.
    Function,
    /// No goroutine is seen to work for the tasks at any time.
    Work,
    /// No goroutine is in such a state, for such a reason, on such a P or M, in the time
    /// that is selected otherwise.
    State,
}

/// Most types that a message lists.
const LISTED: usize = 12;

impl fmt::Display for NoSuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |name: &[u8]| format!("{:?}", String::from_utf8_lossy(name));
        let list = |f: &mut fmt::Formatter<'_>, of: &[(Vec<u8>, u64)], what: &str, none: &str| {
            if of.is_empty() {
                return write!(f, "; {none}");
            }
            let shown = of.iter().take(LISTED).map(|(name, count)| format!("{} ({count})", quoted(name)));
            let shown: Vec<_> = shown.collect();
            write!(f, "; {what}: {}", shown.join(", "))?;
            match of.len().checked_sub(LISTED) {
                Some(more @ 1..) => write!(f, " and {more} more types"),
                _ => Ok(()),
            }
        };
        match self {
            NoSuch::Task(id, None) => write!(f, "there is no task {id}; the trace has no tasks"),
            NoSuch::Task(id, Some((low, high))) if low == high => {
                write!(f, "there is no task {id}; the trace has task {low} only")
            }
            NoSuch::Task(id, Some((low, high))) => {
                write!(f, "there is no task {id}; the trace has tasks from {low} to {high}")
            }
            NoSuch::TaskType(kind, there, untyped) => {
                write!(f, "there is no task of type {}", quoted(kind))?;
                list(f, there, "the types of tasks are", "no task began in the trace")?;
                match untyped {
                    0 => Ok(()),
                    1 => f.write_str("; the type of 1 task is not known, for it began before the trace"),
                    _ => write!(f, "; the type of {untyped} tasks is not known, for they began before the trace"),
                }
            }
            NoSuch::Region(kind, there) => {
                write!(f, "there is no region of type {}", quoted(kind))?;
                list(f, there, "the types of regions are", "the trace has no regions")
            }
            NoSuch::RegionOfTasks(kind, there) => {
                write!(f, "there is no region of type {} in those tasks", quoted(kind))?;
                list(f, there, "the types of regions there are", "they have no regions")
            }
            NoSuch::Function => f.write_str("no goroutine began with a function that matches"),
            NoSuch::State => f.write_str(
                "no goroutine was in such a state: one of these states, for this reason, which it entered on one of \
                 these Ps and Ms",
            ),
            NoSuch::Work => f.write_str(
                "no goroutine can be seen to work for those tasks: they have no regions, and none began and ended \
                 on one goroutine",
            ),
        }
    }
}

impl std::error::Error for NoSuch {}

impl Annotations {
    /// Returns the tasks that a text names, with their descendants if `children` is true. A
    /// number names a task if there is one with it; any other text names a type. With
    /// `type:` in front a text always names a type.
    ///
    /// # Errors
    /// Returns [`NoSuch`] if there is no such task.
    pub fn tasks(&self, text: &[u8], children: bool) -> Result<TaskSet, NoSuch> {
        let id = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).map(TaskId);
        let known = |id: &TaskId| *id != TaskId::BACKGROUND && self.tasks.contains_key(id);
        let chosen = match id.filter(known) {
            Some(id) => vec![id],
            None => self.of_type(text).or_else(|| self.of_type(text.strip_prefix(b"type:")?)).unwrap_or_default(),
        };
        if !chosen.is_empty() {
            return Ok(self.with_children(chosen, children));
        }
        Err(match id {
            Some(id) => {
                let ids = || self.tasks.keys().copied().filter(known);
                NoSuch::Task(id, ids().min().zip(ids().max()))
            }
            None => {
                let kinds = self.tasks.values().filter_map(|task| task.kind);
                let untyped = self.tasks.iter().filter(|(id, task)| known(id) && task.kind.is_none()).count();
                NoSuch::TaskType(text.into(), self.counted(kinds), untyped as u64)
            }
        })
    }

    /// Returns the tasks of a type, if there are any.
    fn of_type(&self, kind: &[u8]) -> Option<Vec<TaskId>> {
        let kind = self.names.find(kind)?;
        let of: Vec<_> = self.tasks.iter().filter(|(_, task)| task.kind == Some(kind)).map(|(id, _)| *id).collect();
        Some(of).filter(|of| !of.is_empty())
    }

    fn with_children(&self, chosen: Vec<TaskId>, children: bool) -> TaskSet {
        let mut tasks = FxHashSet::from_iter(chosen.iter().copied());
        let (mut inside, mut open) = (FxHashSet::default(), chosen);
        while let Some(task) = open.pop().and_then(|id| self.tasks.get(&id)) {
            // In a damaged trace a task may be its own descendant.
            open.extend(task.children.iter().filter(|child| inside.insert(**child)));
        }
        if children {
            tasks.extend(inside);
            return TaskSet { tasks, left_out: FxHashSet::default() };
        }
        inside.retain(|id| !tasks.contains(id));
        TaskSet { tasks, left_out: inside }
    }

    /// Returns each name with the number of times it occurs, the most frequent first.
    pub(super) fn counted(&self, names: impl Iterator<Item = super::NameId>) -> Vec<(Vec<u8>, u64)> {
        let mut counts: FxHashMap<_, u64> = FxHashMap::default();
        names.for_each(|name| *counts.entry(name).or_default() += 1);
        let mut counts: Vec<_> =
            counts.into_iter().map(|(name, count)| (self.names.get(name).to_vec(), count)).collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        counts
    }
}
