//! The stretches of some tasks, without all else that is known of tasks and regions.

use super::Stretch;
use crate::analysis::{Analysis, Follower, SharedEvent};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::task::Task;
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;

/// Collects the stretches of the tasks that a text names, as
/// [`Annotations::tasks`](super::Annotations::tasks) reads it: those that
/// [`Annotations::stretches_of_tasks`](super::Annotations::stretches_of_tasks) returns, in less
/// time and memory. That grows with these tasks, not with all.
///
/// ```
/// # let bytes = include_bytes!("../../../testdata/traces/go1.27/annotations.trace");
/// use gotrace::analysis::annotations::{CollectAnnotations, CollectStretches};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// let parents = trace.analyze(CollectStretches::of_tasks(b"parent"))?.output;
/// let all = trace.analyze(CollectAnnotations::default())?.output;
/// let named = all.tasks(b"parent", false).expect("there are such tasks");
/// assert_eq!(parents, all.stretches_of_tasks(&named));
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CollectStretches {
    number: Option<TaskId>,
    text: Vec<u8>,
    /// Tasks that have begun and not ended.
    open: FxHashMap<TaskId, Begun>,
    over: Vec<(Named, Stretch)>,
}

/// Beginning of a task.
#[derive(Clone, Copy, Debug)]
struct Begun {
    named: Named,
    time: Time,
    goroutine: GoId,
}

/// Reading of the text by which it names a task; the first that any task has holds for all.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Named {
    Number,
    Type,
    /// Type behind `type:`.
    TypeAlone,
}

impl CollectStretches {
    /// Returns a collector of the stretches of the tasks that a text names.
    pub fn of_tasks(text: &[u8]) -> CollectStretches {
        let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).map(TaskId);
        let number = number.filter(|id| *id != TaskId::BACKGROUND);
        CollectStretches { number, text: text.to_vec(), open: FxHashMap::default(), over: Vec::new() }
    }

    fn named(&self, task: &Task<'_>) -> Option<Named> {
        match task.kind {
            _ if Some(task.id) == self.number => Some(Named::Number),
            kind if kind == self.text => Some(Named::Type),
            kind if self.text.strip_prefix(b"type:") == Some(kind) => Some(Named::TypeAlone),
            _ => None,
        }
    }

    fn end(&mut self, task: TaskId, ended: Option<(Time, GoId)>, follower: &Follower) {
        let begun = self.open.remove(&task);
        let named = match begun {
            Some(begun) => begun.named,
            // It began before the trace, if this is its first end.
            None if Some(task) == self.number && self.over.iter().all(|(named, _)| *named != Named::Number) => {
                Named::Number
            }
            None => return,
        };
        let Some(goroutine) = ended.map(|(_, by)| by).or(begun.map(|begun| begun.goroutine)) else { return };
        let stretch = Stretch {
            task: Some(task),
            goroutine,
            start: begun.map_or(follower.start(), |begun| begun.time),
            end: ended.map_or(follower.last(), |(time, _)| time),
            is_complete: begun.is_some() && ended.is_some(),
        };
        self.over.push((named, stretch));
    }
}

impl Analysis for CollectStretches {
    /// The stretches, in the order of the tasks' numbers.
    type Output = Vec<Stretch>;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        matches!(event, EventType::UserTaskBegin | EventType::UserTaskEnd)
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let Some(goroutine) = event.goroutine() else { return };
        match event.kind() {
            EventKind::TaskBegin(task) => {
                if let Some(named) = self.named(task) {
                    self.open.insert(task.id, Begun { named, time: event.time(), goroutine });
                }
            }
            EventKind::TaskEnd(task) => self.end(task.id, Some((event.time(), goroutine)), follower),
            _ => {}
        }
    }

    fn finish(mut self, follower: &Follower) -> Vec<Stretch> {
        let open: Vec<TaskId> = self.open.keys().copied().collect();
        open.into_iter().for_each(|task| self.end(task, None, follower));
        let mut over = self.over;
        let first = over.iter().map(|(named, _)| *named).min();
        over.retain(|(named, _)| Some(*named) == first);
        let mut stretches: Vec<Stretch> = over.into_iter().map(|(_, stretch)| stretch).collect();
        stretches.sort_by_key(|stretch| (stretch.task, std::cmp::Reverse(stretch.start)));
        // Of a task that begins again, as in a trace appended to another, the last holds.
        stretches.dedup_by_key(|stretch| stretch.task);
        stretches
    }
}
