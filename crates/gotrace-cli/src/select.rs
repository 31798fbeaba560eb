//! The options that select goroutines, tasks, regions and time: one name and one meaning
//! in all commands.
//!
//! A command takes the options that its report can honor: every command [`Within`], reports
//! about goroutines also [`Goroutines`] and [`Work`] ([`Select`] is all three), and reports
//! about their time or single events [`States`] too ([`SelectTime`] is all four).

use crate::input::Input;
use crate::outcome::Usage;
use crate::output::Output;
use crate::within::Within;
use anyhow::{Result, anyhow};
use clap::{Args, ValueEnum};
use gotrace::analysis::Compat;
use gotrace::analysis::annotations::NoSuch;
use gotrace::selection::{Answers, Questions};
use gotrace::{GoId, GoState, ProcId, Selected, Selection, ThreadId, Trace};
use regex_lite::Regex;
use std::ops::Deref;

/// Options that select goroutines.
#[derive(Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct Goroutines {
    /// Only goroutine G; can be repeated
    #[arg(short, long, value_name = "G")]
    goroutine: Vec<u64>,

    /// Only goroutines that began with a function whose name matches
    #[arg(long, value_name = "REGEX")]
    function: Option<String>,
}

impl Goroutines {
    /// Returns whether only some goroutines are asked for.
    pub(crate) fn is_asked(&self) -> bool {
        !self.goroutine.is_empty() || self.function.is_some()
    }

    /// Adds the goroutines that are asked for to a selection.
    ///
    /// # Errors
    /// If the function is no regular expression.
    fn select(&self, selection: Selection) -> Result<Selection> {
        let selection = selection.goroutines(self.goroutine.iter().map(|&id| GoId(id)));
        let Some(pattern) = &self.function else { return Ok(selection) };
        let pattern = regex("--function", pattern)?;
        Ok(selection.function(move |name| pattern.is_match(&String::from_utf8_lossy(name))))
    }

    /// Adds the choice, in words, to the parts of a heading.
    fn describe(&self, parts: &mut Vec<String>) {
        match &self.goroutine[..] {
            [] => {}
            [one] => parts.push(format!("of goroutine {one}")),
            several => {
                let all: Vec<_> = several.iter().map(u64::to_string).collect();
                parts.push(format!("of goroutines {}", all.join(", ")));
            }
        }
        if let Some(pattern) = &self.function {
            parts.push(format!("of goroutines that began with {}", crate::human::name(pattern.as_bytes())));
        }
    }
}

/// Options that select tasks and regions.
#[derive(Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct Work {
    /// Only work in regions of TYPE; with --task, in such regions of the task
    #[arg(long, value_name = "TYPE")]
    region: Option<String>,

    /// Only work for TASK and the tasks that are parts of it: the task of that number, or
    /// all tasks of that type (type:TYPE for a type that is a number)
    #[arg(long, value_name = "TASK")]
    task: Option<String>,

    /// With --task: leave out the tasks that are parts of it
    #[arg(long, requires = "task")]
    no_children: bool,
}

impl Work {
    /// Returns whether only some tasks or regions are asked for.
    fn is_asked(&self) -> bool {
        self.task.is_some() || self.region.is_some()
    }

    /// Returns the type of region that is asked for.
    pub(crate) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Adds the tasks and regions that are asked for to a selection.
    fn select(&self, mut selection: Selection) -> Selection {
        if let Some(task) = &self.task {
            selection = selection.task(task.as_bytes(), !self.no_children);
        }
        match &self.region {
            Some(region) => selection.region(region.as_bytes()),
            None => selection,
        }
    }

    /// Adds the choice, in words, to the parts of a heading.
    fn describe(&self, parts: &mut Vec<String>) {
        let name = |text: &str| crate::human::name(text.as_bytes()).into_owned();
        if let Some(region) = &self.region {
            parts.push(format!("in regions {}", name(region)));
        }
        if let Some(task) = &self.task {
            let alone = if self.no_children { " without its parts" } else { "" };
            parts.push(format!("for task {}{alone}", name(task)));
        }
    }
}

/// Options that select states of goroutines, by the event that began them.
#[derive(Args)]
#[command(next_help_heading = "Selection")]
pub(crate) struct States {
    /// Only what happened on P, and the states of goroutines that began there; can be
    /// repeated
    #[arg(short, long, value_name = "P")]
    proc: Vec<u64>,

    /// Only what happened on thread M, and the states of goroutines that began there; can
    /// be repeated
    #[arg(short = 'm', long, value_name = "M")]
    thread: Vec<u64>,

    /// Only goroutines' time in STATE, and the events that bring one into it
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<State>,

    /// Only states for which a goroutine blocked or stopped for a reason that matches REGEX,
    /// and the events that began them
    #[arg(long, value_name = "REGEX")]
    reason: Option<String>,
}

/// A state of a goroutine that an event leads to.
#[derive(Clone, Copy, ValueEnum)]
enum State {
    Running,
    Runnable,
    Waiting,
    Syscall,
    Ended,
}

impl State {
    /// Returns the state as options and headings name it.
    fn name(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Runnable => "runnable",
            State::Waiting => "waiting",
            State::Syscall => "syscall",
            State::Ended => "ended",
        }
    }
}

impl From<State> for GoState {
    fn from(state: State) -> GoState {
        match state {
            State::Running => GoState::Running,
            State::Runnable => GoState::Runnable,
            State::Waiting => GoState::Waiting,
            State::Syscall => GoState::Syscall,
            State::Ended => GoState::NotExist,
        }
    }
}

impl States {
    /// Returns whether only some states are asked for.
    fn is_asked(&self) -> bool {
        !(self.proc.is_empty() && self.thread.is_empty() && self.state.is_empty() && self.reason.is_none())
    }

    /// Adds the states that are asked for to a selection.
    ///
    /// # Errors
    /// If the reason is no regular expression.
    fn select(&self, selection: Selection) -> Result<Selection> {
        let selection = selection
            .procs(self.proc.iter().map(|&id| ProcId(id)))
            .threads(self.thread.iter().map(|&id| ThreadId(id)))
            .states(self.state.iter().map(|&state| state.into()));
        let Some(reason) = &self.reason else { return Ok(selection) };
        let reason = regex("--reason", reason)?;
        Ok(selection.reason(move |text| reason.is_match(&String::from_utf8_lossy(text))))
    }

    /// Adds the choice, in words, to the parts of a heading.
    fn describe(&self, parts: &mut Vec<String>) {
        let states: Vec<_> = self.state.iter().map(|state| state.name()).collect();
        if !states.is_empty() {
            parts.push(format!("in state {}", states.join(", ")));
        }
        if let Some(reason) = &self.reason {
            parts.push(format!("for reason {}", crate::human::name(reason.as_bytes())));
        }
        let list = |ids: &[u64], letter: &str| ids.iter().map(|id| format!("{letter}{id}")).collect::<Vec<_>>();
        let on = [list(&self.proc, "P"), list(&self.thread, "M")].concat();
        if !on.is_empty() {
            parts.push(format!("begun on {}", on.join(", ")));
        }
    }
}

/// Options that select goroutines, tasks, regions and time.
#[derive(Args)]
pub(crate) struct Select {
    #[command(flatten)]
    pub(crate) goroutines: Goroutines,

    #[command(flatten)]
    pub(crate) work: Work,

    #[command(flatten)]
    pub(crate) within: Within,
}

impl Select {
    /// Returns whether only a part of the trace is asked for.
    fn is_asked(&self) -> bool {
        self.goroutines.is_asked() || self.work.is_asked() || self.within.is_asked()
    }

    /// Returns whether some goroutines, tasks or regions are asked for.
    pub(crate) fn is_of_some(&self) -> bool {
        self.goroutines.is_asked() || self.work.is_asked()
    }

    /// Returns the choice in words.
    pub(crate) fn in_words(&self) -> String {
        let mut parts = Vec::new();
        self.describe(&mut parts);
        parts.join(", ")
    }

    /// Returns the selection that is asked for.
    ///
    /// # Errors
    /// If a regular expression is wrong, or the stretch of time.
    fn selection(&self, trace: &Trace<'_>, compat: Compat) -> Result<Selection> {
        let window = self.within.window(trace)?;
        let selection = Selection::default().compat(compat).window(window);
        Ok(self.work.select(self.goroutines.select(selection)?))
    }

    /// Returns what is selected of a trace. This takes a pass over the whole trace if
    /// functions, tasks or regions are asked for.
    ///
    /// # Errors
    /// If there is nothing of the kind, or a regular expression is wrong.
    pub(crate) fn of(&self, input: &Input, trace: &Trace<'_>, compat: Compat) -> Result<Selected> {
        resolve(self.selection(trace, compat)?, Selection::questions, input, trace)
    }

    /// Adds the choice, in words, to the parts of a heading.
    fn describe(&self, parts: &mut Vec<String>) {
        self.goroutines.describe(parts);
        self.work.describe(parts);
        self.within.describe(parts);
    }

    /// Prints which part of the trace a report is about; nothing if it is about all of it.
    pub(crate) fn heading(&self, out: &mut Output) -> std::io::Result<()> {
        let mut parts = Vec::new();
        self.describe(&mut parts);
        out.selection(&parts)
    }
}

/// Options that select goroutines, tasks, regions, time, and states of goroutines.
#[derive(Args)]
pub(crate) struct SelectTime {
    #[command(flatten)]
    select: Select,

    #[command(flatten)]
    states: States,
}

impl Deref for SelectTime {
    type Target = Select;

    fn deref(&self) -> &Select {
        &self.select
    }
}

impl SelectTime {
    /// Returns whether only a part of the trace is asked for.
    pub(crate) fn is_asked(&self) -> bool {
        self.select.is_asked() || self.states.is_asked()
    }

    /// Returns what is selected of a trace. This takes a pass over the whole trace if more
    /// than goroutines and time are asked for.
    ///
    /// # Errors
    /// As [`Select::of`].
    pub(crate) fn of(&self, input: &Input, trace: &Trace<'_>, compat: Compat) -> Result<Selected> {
        resolve(self.selection(trace, compat)?, Selection::questions, input, trace)
    }

    /// Returns which events are selected of a trace, as [`of`](Self::of) does; but this
    /// takes no pass over the trace for states of goroutines.
    ///
    /// # Errors
    /// As [`Select::of`].
    pub(crate) fn events_of(&self, input: &Input, trace: &Trace<'_>, compat: Compat) -> Result<Selected> {
        resolve(self.selection(trace, compat)?, Selection::event_questions, input, trace)
    }

    fn selection(&self, trace: &Trace<'_>, compat: Compat) -> Result<Selection> {
        self.states.select(self.select.selection(trace, compat)?)
    }

    /// Prints which part of the trace a report is about; nothing if it is about all of it.
    pub(crate) fn heading(&self, out: &mut Output) -> std::io::Result<()> {
        let mut parts = Vec::new();
        self.states.describe(&mut parts);
        self.select.describe(&mut parts);
        out.selection(&parts)
    }
}

/// Asks a trace what is selected of it.
///
/// # Errors
/// If there is nothing of the kind.
fn resolve(
    selection: Selection,
    questions: impl FnOnce(&Selection) -> Option<Questions<'_>>,
    input: &Input,
    trace: &Trace<'_>,
) -> Result<Selected> {
    let answers = match questions(&selection) {
        Some(questions) => input.analyze(trace, questions)?.0,
        None => Answers::default(),
    };
    selection.resolve(answers).map_err(|none| missing(input, &none))
}

/// Parses the regular expression that an option gives.
///
/// # Errors
/// If it is no regular expression; the error names the option.
pub(crate) fn regex(option: &str, pattern: &str) -> Result<Regex> {
    Ok(Regex::new(pattern).map_err(|e| Usage(format!("{option}: {e}")))?)
}

/// Returns the error that the trace has no goroutine, task or the like that was asked for.
pub(crate) fn missing(input: &Input, none: &NoSuch) -> anyhow::Error {
    anyhow!("{}: {none}", input.name())
}
