//! The tasks that the options ask for, added up by type or one by one.

use super::Options;
use crate::input::Input;
use crate::json;
use crate::select::regex;
use anyhow::Result;
use gotrace::analysis::Compat;
use gotrace::analysis::gc::{CollectGc, Gc};
use gotrace::analysis::goroutines::{CollectLives, Lists, Summaries, TaskSummary};
use gotrace::analysis::names::Names;
use gotrace::analysis::stacks::Stacks;
use gotrace::analysis::task_types::{SumTasks, TaskFacts, TaskSums};
use gotrace::{Selected, TaskId, Trace, Warning};
use std::cmp::Reverse;
use std::sync::Arc;

/// The tasks that are asked for.
pub(super) struct Found {
    /// True if the trace has any tasks.
    pub(super) any: bool,
    /// Number of those that are asked for.
    pub(super) count: u64,
    pub(super) tasks: Tasks,
}

/// The tasks in the form in which they are shown.
pub(super) enum Tasks {
    Types {
        sums: TaskSums,
        stacks: Arc<Stacks>,
    },
    Each {
        listed: Box<Summaries>,
        /// The tasks to show, in order.
        longest: Vec<TaskId>,
        /// The collector's cycles.
        gc: Gc,
    },
}

impl Options {
    /// Returns whether tasks are chosen by what happened for them, also after their end, or all
    /// are shown: then all are listed first.
    fn needs_list(&self) -> bool {
        let by_work = self.select.goroutines.is_asked() || self.select.work.region().is_some() || self.log.is_some();
        by_work || (self.each && self.top == 0)
    }

    /// Returns the number of types or tasks to print at most.
    pub(super) fn most(&self) -> usize {
        if self.top == 0 { usize::MAX } else { self.top }
    }

    /// Returns whether the background task counts. It stands for no task; only scripts that list
    /// all tasks get it.
    fn background(&self) -> bool {
        json::asked(self.json) && self.each
    }
}

/// Finds the tasks that are asked for; returns the defects that were met, too.
pub(super) fn find(
    options: &Options,
    compat: Compat,
    input: &Input,
    trace: &Trace<'_>,
    selected: &Selected,
) -> Result<(Found, Vec<Warning>)> {
    let kind = options.kind.as_deref().map(|kind| regex("--type", kind)).transpose()?;
    let passes = |task: &TaskFacts, names: &Names| {
        let took = task.duration();
        kind.as_ref().is_none_or(|kind| kind.is_match(&String::from_utf8_lossy(names.get(task.name))))
            && selected.tasks().is_none_or(|tasks| tasks.contains(task.id))
            && (!options.complete || took.is_some())
            && options.min.is_none_or(|min| took.is_some_and(|took| took >= min))
            && options.max.is_none_or(|max| took.is_some_and(|took| took <= max))
    };
    let within = &options.select.within;
    if !options.needs_list() && compat == Compat::Right {
        let sum = SumTasks::new(&passes).longest(if options.each { options.most() } else { 0 });
        let sum = if options.background() { sum.with_background() } else { sum };
        let (types, warnings) = within.analyze(input, trace, sum)?;
        if !types.begun_again {
            let (any, count) = (types.any, types.sums.count());
            let tasks = if options.each {
                let list = CollectLives::keeping(compat, Lists::tasks(types.longest.iter().copied()));
                let ((listed, gc), _) = within.analyze(input, trace, (list, CollectGc::default()))?;
                Tasks::Each { listed: Box::new(listed), longest: types.longest, gc }
            } else {
                Tasks::Types { sums: types.sums, stacks: types.stacks }
            };
            return Ok((Found { any, count, tasks }, warnings));
        }
    }
    let list = CollectLives::keeping(compat, Lists::work());
    let ((listed, gc), warnings) = within.analyze(input, trace, (list, CollectGc::default()))?;
    let names = listed.names();
    let has_region = |task: &TaskSummary, kind: &str| {
        let mut regions = task.regions.iter().filter_map(|&at| listed.regions.get(at));
        regions.any(|region| names.get(region.name) == kind.as_bytes())
    };
    let logged = |task: &TaskSummary, text: &str| {
        task.logs.iter().any(|log| String::from_utf8_lossy(names.get(log.message)).contains(text))
    };
    let passes = |(id, task): &(&TaskId, &TaskSummary)| {
        (options.background() || **id != TaskId::BACKGROUND)
            && passes(&TaskFacts::of(**id, task), names)
            && (!options.select.goroutines.is_asked() || task.goroutines.iter().any(|id| selected.has_goroutine(*id)))
            && options.select.work.region().is_none_or(|kind| has_region(task, kind))
            && options.log.as_ref().is_none_or(|text| logged(task, text))
    };
    let any = listed.tasks.keys().any(|id| *id != TaskId::BACKGROUND);
    let mut chosen: Vec<(&TaskId, &TaskSummary)> = listed.tasks.iter().filter(passes).collect();
    let count = chosen.len() as u64;
    let tasks = if options.each {
        chosen.sort_by_key(|(id, task)| (Reverse(took(task, &listed)), **id));
        let longest = chosen.iter().take(options.most()).map(|(id, _)| **id).collect();
        Tasks::Each { listed: Box::new(listed), longest, gc }
    } else {
        let mut sums = TaskSums::default();
        chosen.iter().for_each(|(id, task)| sums.add(&TaskFacts::of(**id, task)));
        Tasks::Types { sums, stacks: listed.stacks }
    };
    Ok((Found { any, count, tasks }, warnings))
}

/// Returns how long a task took within the trace, in nanoseconds.
pub(super) fn took(task: &TaskSummary, listed: &Summaries) -> i64 {
    let start = task.start.map_or(listed.start, |(time, _)| time);
    task.end.map_or(listed.end, |(time, _)| time).since(start)
}
