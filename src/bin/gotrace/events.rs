//! `gotrace events`.

mod line;

use crate::input::Input;
use crate::moment::Moment;
use crate::output::{Content, Output};
use crate::progress::Progress;
use crate::{Global, Status};
use anyhow::Result;
use clap::Args;
use clap::builder::PossibleValuesParser;
use gotrace::analysis::count::{KINDS, kind_of};
use gotrace::export::json;
use gotrace::{Event, GoId, ProcId, ThreadId};
use line::Lines;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;

/// Print events in order, one a line, for people or with --json for scripts
#[derive(Args)]
#[command(after_help = "\
An event passes if it satisfies each option given; an option given more than once
asks for any of its values. Of a goroutine or P are the events that happened to
it, or while it ran.

Examples:
  gotrace events trace.out -g 7 --stacks
  gotrace events trace.out --from 10ms --to 12ms
  gotrace events trace.out --kind RangeBegin --kind RangeEnd
  gotrace events --json trace.out | jq -c 'select(.reason == \"sync\")'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Only events of goroutine G
    #[arg(short, long, value_name = "G")]
    goroutine: Vec<u64>,

    /// Only events of P
    #[arg(short, long, value_name = "P")]
    proc: Vec<u64>,

    /// Only events on thread M
    #[arg(short = 'm', long, value_name = "M")]
    thread: Vec<u64>,

    /// Only events of that kind
    #[arg(short, long, ignore_case = true, value_delimiter = ',', value_parser = PossibleValuesParser::new(KINDS))]
    kind: Vec<String>,

    /// Only events from TIME on: since the trace's start, as 1.5ms (ns, us, ms,
    /// s), or a number of nanoseconds on the trace's clock
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,

    /// Only events before TIME
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,

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
    fn passes(&self, event: &Event<'_>) -> bool {
        let any = |ids: &[u64], involved: &dyn Fn(u64) -> bool| ids.is_empty() || ids.iter().any(|&id| involved(id));
        any(&self.goroutine, &|id| event.involves_goroutine(GoId(id)))
            && any(&self.proc, &|id| event.involves_proc(ProcId(id)))
            && any(&self.thread, &|id| event.thread() == Some(ThreadId(id)))
            && (self.kind.is_empty() || {
                let kind = kind_of(event.wire_type());
                self.kind.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted))
            })
    }
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let mut out = Output::open(global, Content::Text)?;
    let progress = Progress::new(&trace, out.is_terminal());
    let mut lines: Option<Lines> = None;
    let mut left = options.limit.unwrap_or(u64::MAX);
    let (mut json, mut text) = (json::Writer::default(), Vec::new());
    let ended = input.stream(&trace, progress, |event| {
        let lines = lines.get_or_insert_with(|| Lines::new(event.time(), options.stacks, out.styles));
        if options.to.is_some_and(|to| event.time() >= to.since(lines.start)) || left == 0 {
            return Ok(ControlFlow::Break(()));
        }
        if options.from.is_some_and(|from| event.time() < from.since(lines.start)) || !options.passes(event) {
            return Ok(ControlFlow::Continue(()));
        }
        left -= 1;
        text.clear();
        if options.json {
            json.write(&mut text, event)
        } else {
            lines.event(&mut text, event)?
        }
        out.write_all(&text)?;
        Ok(ControlFlow::Continue(()))
    });
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
