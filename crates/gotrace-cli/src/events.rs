//! `gotrace events`: the events in order, as lines or JSON.

mod line;

use crate::global::Global;
use crate::input::Input;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::select::SelectTime;
use crate::{within, written};
use anyhow::Result;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use gotrace::Event;
use gotrace::analysis::count::{KINDS, kind_of};
use gotrace::export::json::JsonStacks;
use gotrace::export::side_by_side::Choice;
use line::Lines;
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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
    select: SelectTime,

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
    if options.stacks == Some(StackForm::Ids) && !options.json {
        return Err(Usage("--stacks ids is for --json; below events, stacks stand as they are".into()).into());
    }
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let selected = options.select.events_of(&input, &trace, global.compat())?;
    let mut out = Output::open(global, Content::Text)?;
    let styles = out.styles;
    let window = selected.window();
    let left = AtomicU64::new(options.limit.unwrap_or(u64::MAX));
    let choose = |event: &Event<'_>| {
        if left.load(Relaxed) == 0 {
            return Choice::End;
        }
        if !options.is_of_kind(event) || !selected.contains(event) {
            return Choice::Skip;
        }
        if options.limit.is_some() {
            left.fetch_sub(1, Relaxed);
        }
        Choice::Write
    };
    let start = within::start(&trace);
    let ended = if options.json {
        let stacks = match options.stacks {
            Some(StackForm::Inline) => JsonStacks::Inline,
            Some(StackForm::None) => JsonStacks::None,
            Some(StackForm::Ids) | None => JsonStacks::Ids,
        };
        written::write_json(&input, (&trace, window), &mut out, stacks, choose)
    } else {
        let stacks = options.stacks == Some(StackForm::Inline);
        // Events are counted one after the other.
        let threads = if options.limit.is_some() { 1 } else { trace.options().threads };
        let lines = |buffer| Lines::new(buffer, start, stacks, styles);
        written::write(&input, (&trace, window), threads, &mut out, lines, choose)
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
