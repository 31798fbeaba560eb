//! `gotrace events`: the events in order, as lines or JSON.

mod line;

use crate::global::Global;
use crate::input::Input;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::progress::Progress;
use crate::select::{Select, regex};
use crate::within;
use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use gotrace::analysis::count::{KINDS, kind_of};
use gotrace::export::EventWriter;
use gotrace::export::json::{JsonStacks, JsonWriter};
use gotrace::{Event, GoState, ProcId, Selected, Selection, ThreadId, Trace, Warning};
use line::Lines;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Print events in order, one a line, as text or as JSON
#[derive(Args)]
#[command(after_help = "\
Each line begins with the time since the trace's start, in seconds, and the time since
the line above, in nanoseconds.

An event is printed if it satisfies every option; an option that is given more than once
is satisfied by any of its values. The events of a goroutine or P are those that happened
to it, and those that happened while it ran. The events of a task are its own, those of
its regions and messages, and those of goroutines while they worked for it: in its
regions, or on the goroutine that began and ended it, or that was created for it.

Examples:
  gotrace events trace.out -g 7 --stacks
  gotrace events trace.out --from 10ms --to 12ms
  gotrace events trace.out --kind RangeBegin --kind RangeEnd
  gotrace events trace.out --state waiting --reason sync
  gotrace events trace.out --task request --kind TaskBegin,TaskEnd,Log
  gotrace events --json trace.out --stacks none | jq -c 'select(.function == \"main.worker\")'
  gotrace events --json trace.out | jq -c 'select(.reason == \"sync\")'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    #[command(flatten)]
    select: Select,

    /// Only events of P; can be repeated
    #[arg(short, long, value_name = "P")]
    proc: Vec<u64>,

    /// Only events on thread M; can be repeated
    #[arg(short = 'm', long, value_name = "M")]
    thread: Vec<u64>,

    /// Only events that bring a goroutine into STATE
    #[arg(long, value_name = "STATE", value_delimiter = ',')]
    state: Vec<State>,

    /// Only events with which a goroutine blocks or stops for a reason that matches REGEX
    #[arg(long, value_name = "REGEX")]
    reason: Option<String>,

    /// Only events of KIND
    #[arg(short, long, ignore_case = true, value_delimiter = ',', value_parser = PossibleValuesParser::new(KINDS))]
    kind: Vec<String>,

    /// At most N events
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<u64>,

    /// Print stacks: all of them below events, or in JSON
    #[arg(long, value_name = "HOW", num_args = 0..=1, default_missing_value = "inline")]
    stacks: Option<StackForm>,

    /// Print JSON, an object a line; each stack once, on a line of its own
    #[arg(long)]
    json: bool,
}

/// Form in which stacks are printed.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum StackForm {
    /// With each event
    Inline,
    /// In JSON, as numbers, with a line in front of the first event that has the stack [default of --json]
    Ids,
    /// Not at all [default]
    None,
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

impl Options {
    /// Returns the selection that the options of this command alone make.
    fn selection(&self) -> Result<Selection> {
        let selection = Selection::default()
            .procs(self.proc.iter().map(|&id| ProcId(id)))
            .threads(self.thread.iter().map(|&id| ThreadId(id)))
            .states(self.state.iter().map(|&state| state.into()));
        let Some(reason) = &self.reason else { return Ok(selection) };
        let reason = regex("--reason", reason)?;
        Ok(selection.reason(move |text| reason.is_match(&String::from_utf8_lossy(text))))
    }

    /// Returns whether an event is of a kind that is asked for.
    fn is_of_kind(&self, event: &Event<'_>) -> bool {
        self.kind.is_empty() || {
            let kind = kind_of(event.wire_type());
            self.kind.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted))
        }
    }
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    if options.stacks == Some(StackForm::Ids) && !options.json {
        return Err(Usage("--stacks ids is for --json; below events, stacks stand as they are".into()).into());
    }
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let selected = options.select.of(&input, &trace, options.selection()?.compat(global.compat()))?;
    let mut out = Output::open(global, Content::Text)?;
    let styles = out.styles;
    let mut print = Print { options, selected, left: options.limit.unwrap_or(u64::MAX) };
    let progress = Progress::new(&trace, out.is_terminal());
    let ended = match options.json {
        true => {
            let stacks = match options.stacks {
                Some(StackForm::Inline) => JsonStacks::Inline,
                Some(StackForm::None) => JsonStacks::None,
                Some(StackForm::Ids) | None => JsonStacks::Ids,
            };
            print.each(&input, &trace, progress, JsonWriter::new(&mut out).stacks(stacks))
        }
        false => {
            let stacks = options.stacks == Some(StackForm::Inline);
            let lines = Lines::new(&mut out, within::start(&trace), stacks, styles);
            print.each(&input, &trace, progress, lines)
        }
    };
    match ended {
        Ok(warnings) => {
            out.finish()?;
            Ok(input.warn(&warnings))
        }
        Err(e) => {
            // What came before a defect is printed, if not to a file.
            out.flush()?;
            Err(e)
        }
    }
}

/// The events that are still to be printed.
struct Print<'a> {
    options: &'a Options,
    selected: Selected,
    /// Number of events that may still come.
    left: u64,
}

impl Print<'_> {
    /// Hands the events that are selected to a writer; returns the defects that were met.
    fn each<'t>(
        &mut self,
        input: &Input,
        trace: &'t Trace<'t>,
        progress: Progress,
        mut writer: impl EventWriter<'t>,
    ) -> Result<Vec<Warning>> {
        let to = self.selected.window().to();
        let warnings = input.stream(trace, progress, |event| {
            if to.is_some_and(|to| to <= event.time()) || self.left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            if self.options.is_of_kind(event) && self.selected.contains(event) {
                self.left -= 1;
                writer.event(event)?;
            } else {
                writer.pass_over(event);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        writer.finish()?;
        Ok(warnings)
    }
}
