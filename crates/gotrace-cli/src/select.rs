//! The options that select goroutines, tasks, regions and time: one name and one meaning
//! in all commands.
//!
//! A command takes the options that its report can honor: every command [`Within`], reports
//! about goroutines' time also [`Goroutines`] and [`Work`]; [`Select`] is all three.

use crate::input::Input;
use crate::outcome::Usage;
use crate::output::Output;
use crate::within::Within;
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::analysis::annotations::NoSuch;
use gotrace::{GoId, Selected, Selection, Trace};
use regex_lite::Regex;

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
    pub(crate) fn is_asked(&self) -> bool {
        self.goroutines.is_asked() || self.work.is_asked() || self.within.is_asked()
    }

    /// Returns what is selected of a trace. This takes a pass over the whole trace if
    /// functions, tasks or regions are asked for.
    ///
    /// # Errors
    /// If there is nothing of the kind, or a regular expression is wrong.
    pub(crate) fn of(&self, input: &Input, trace: &Trace<'_>, selection: Selection) -> Result<Selected> {
        let window = self.within.window(trace)?;
        let selection = self.work.select(self.goroutines.select(selection.window(window))?);
        let answers = match selection.asks() {
            true => input.analyze(trace, selection.questions())?.0,
            false => (None, None),
        };
        selection.resolve(answers).map_err(|none| missing(input, &none))
    }

    /// Prints which part of the trace a report is about; nothing if it is about all of it.
    pub(crate) fn heading(&self, out: &mut Output) -> std::io::Result<()> {
        let mut parts = Vec::new();
        self.goroutines.describe(&mut parts);
        self.work.describe(&mut parts);
        self.within.describe(&mut parts);
        out.selection(&parts)
    }
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
