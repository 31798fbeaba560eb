//! `gotrace tasks --json`, by type and one by one.

use super::Spread;
use super::regions::{Bucket, buckets};
use super::text::text;
use crate::analysis::durations::Durations;
use crate::analysis::goroutines::{Summaries, TaskSummary};
use crate::analysis::histogram::Decades;
use crate::base::ids::TaskId;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Tasks grouped by type.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct TaskTypesReport<'a> {
    /// Types, the longest in sum first.
    pub types: Vec<TaskType<'a>>,
}

/// Tasks of one type.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct TaskType<'a> {
    /// Number of complete tasks, which began and ended in the trace.
    pub complete: u64,
    /// Number of tasks.
    pub count: u64,
    /// Lengths of the complete tasks; null if there are none.
    pub durations: Option<Spread>,
    /// Complete tasks by length.
    pub histogram: Vec<Bucket>,
    /// Part of them that the trace lacks, where they began before it and so their type is
    /// not known; else null.
    pub not_whole: Option<&'static str>,
    /// Type, which the program chose; null if they began before the trace.
    #[serde(rename = "type")]
    pub kind: Option<Cow<'a, str>>,
}

/// A list of tasks.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct TasksReport<'a> {
    /// Number of tasks, including those that are not listed.
    pub count: usize,
    /// Tasks, the longest first.
    pub tasks: Vec<OneTask<'a>>,
}

/// A task.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct OneTask<'a> {
    /// Tasks that are part of it.
    pub children: Vec<u64>,
    /// True if it began and ended in the trace.
    pub complete: bool,
    /// Length in nanoseconds, as far as it is in the trace.
    pub duration: i64,
    /// Time at which it ended, in nanoseconds on the trace's clock; null if it had not.
    pub end: Option<i64>,
    /// Goroutines that took part.
    pub goroutines: Vec<u64>,
    /// Number of the task; 0 is the background task.
    pub id: u64,
    /// Messages that were logged for it, in order of time.
    pub logs: Vec<TaskLog<'a>>,
    /// Time in which the garbage collector marked during it, in nanoseconds.
    pub marking: i64,
    /// Type, which the program chose; null if it began before the trace.
    pub name: Option<Cow<'a, str>>,
    /// Task that it is part of; null if that is not known.
    pub parent: Option<u64>,
    /// Number of regions that belong to it.
    pub regions: usize,
    /// Time at which it began, in nanoseconds on the trace's clock; null if that was before
    /// the trace.
    pub start: Option<i64>,
}

/// A message that was logged for a task.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct TaskLog<'a> {
    /// Category, which may be empty.
    pub category: Cow<'a, str>,
    /// Text of the message.
    pub message: Cow<'a, str>,
    /// Time at which it was logged, in nanoseconds on the trace's clock.
    pub time: i64,
}

impl<'a> TaskTypesReport<'a> {
    /// Reports types of tasks.
    pub fn new(types: Vec<TaskType<'a>>) -> TaskTypesReport<'a> {
        TaskTypesReport { types }
    }
}

impl<'a> TaskType<'a> {
    /// Reports `count` tasks of a type, or with the part that the trace lacks of them; with
    /// the lengths of the complete ones.
    pub fn new(
        kind: Result<&'a str, &'static str>,
        count: u64,
        complete: &Durations,
        histogram: &Decades,
    ) -> TaskType<'a> {
        TaskType {
            complete: complete.count(),
            count,
            durations: Spread::unless_empty(complete),
            histogram: buckets(histogram),
            not_whole: kind.err(),
            kind: kind.ok().map(Cow::Borrowed),
        }
    }
}

impl<'a> TasksReport<'a> {
    /// Reports some tasks of `count`.
    pub fn new(count: usize, tasks: Vec<OneTask<'a>>) -> TasksReport<'a> {
        TasksReport { count, tasks }
    }
}

impl<'a> OneTask<'a> {
    /// Reports a task during which the collector marked for `marking` nanoseconds.
    pub fn new(id: TaskId, task: &TaskSummary, marking: i64, summaries: &'a Summaries) -> OneTask<'a> {
        let name = |id| text(summaries.names().get(id));
        let start = task.start.map_or(summaries.start, |(time, _)| time);
        let logs = task.logs.iter();
        OneTask {
            children: task.children.iter().map(|id| id.0).collect(),
            complete: task.is_complete(),
            duration: task.end.map_or(summaries.end, |(time, _)| time).since(start),
            end: task.end.map(|(time, _)| time.0),
            goroutines: task.goroutines.iter().map(|id| id.0).collect(),
            id: id.0,
            logs: logs
                .map(|log| TaskLog { category: name(log.category), message: name(log.message), time: log.time.0 })
                .collect(),
            marking,
            name: task.start.map(|_| name(task.name)),
            parent: task.parent.map(|id| id.0),
            regions: task.regions.len(),
            start: task.start.map(|(time, _)| time.0),
        }
    }
}
