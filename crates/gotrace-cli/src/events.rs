//! `gotrace events`: the events in order, as lines or JSON.

mod line;

use crate::global::Global;
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output};
use crate::progress::Progress;
use crate::select::SelectTime;
use crate::within;
use anyhow::Result;
use clap::Args;
use clap::builder::PossibleValuesParser;
use gotrace::analysis::count::{KINDS, kind_of};
use gotrace::export::EventWriter;
use gotrace::export::json::JsonWriter;
use gotrace::{Event, Selected, Trace, Warning};
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
  gotrace events --json trace.out | jq -c 'select(.reason == \"sync\")'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    #[command(flatten)]
    select: SelectTime,

    /// Only events of KIND
    #[arg(short, long, ignore_case = true, value_delimiter = ',', value_parser = PossibleValuesParser::new(KINDS))]
    kind: Vec<String>,

    /// At most N events
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<u64>,

    /// Print stacks below events
    #[arg(long, conflicts_with = "json")]
    stacks: bool,

    /// Print JSON, an object a line, stacks included
    #[arg(long)]
    json: bool,
}

impl Options {
    /// Returns whether an event is of a kind that is asked for.
    fn is_of_kind(&self, event: &Event<'_>) -> bool {
        self.kind.is_empty() || {
            let kind = kind_of(event.wire_type());
            self.kind.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted))
        }
    }
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let selected = options.select.events_of(&input, &trace, global)?;
    let mut out = Output::open(global, Content::Text)?;
    let styles = out.styles;
    let mut print = Print { options, selected, left: options.limit.unwrap_or(u64::MAX) };
    let progress = Progress::new(&trace, out.is_terminal());
    let ended = match options.json {
        true => print.each(&input, &trace, progress, JsonWriter::new(&mut out)),
        false => {
            let lines = Lines::new(&mut out, within::start(&trace), options.stacks, styles);
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
        let warnings = input.stream(trace, self.selected.window(), progress, |event| {
            if self.left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            if self.options.is_of_kind(event) && self.selected.contains(event) {
                self.left -= 1;
                writer.event(event)?;
            }
            Ok(ControlFlow::Continue(()))
        })?;
        writer.finish()?;
        Ok(warnings)
    }
}
