//! `gotrace dump`: the trace as Go's own tools print it.

use crate::global::Global;
use crate::human::utc_offset;
use crate::input::Input;
use crate::json;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::written;
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::export::footprint::Footprint;
use gotrace::export::parsed::ParsedWriter;
use gotrace::export::side_by_side::Choice;
use gotrace::export::{v1, wire};
use gotrace::report::FootprintReport;
use gotrace::spec::v2::EventType;
use gotrace::wire::text::ConvertError;
use gotrace::{Error, ErrorKind, Window};
use std::io::Write;
use std::path::PathBuf;

/// Print the trace in a form of `go tool trace -d=MODE` of Go 1.27, byte for byte
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace dump trace.out | less
  gotrace dump --mode wire trace.out
  diff <(go tool trace -d=parsed trace.out) <(gotrace dump trace.out)")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Form to print
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,

    /// Print the footprint as JSON (for the events, `gotrace events --json`)
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Mode {
    /// All events in order, decoded, with their stacks
    #[default]
    Parsed,
    /// Every record of the file as it stands there
    Wire,
    /// Bytes of the file that each event type takes
    Footprint,
    /// The events of a trace of Go 1.5 to 1.21 as `go tool trace -d` of Go 1.21 prints them
    V1,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    match options.mode {
        _ if json::asked(options.json) && !matches!(options.mode, Mode::Footprint) => {
            Err(Usage("--json is for --mode footprint; for the events there is `gotrace events --json`".into()).into())
        }
        Mode::Parsed => dump_parsed(&input, global),
        Mode::Wire => dump_wire(&input, global),
        Mode::V1 => dump_v1(&input, global),
        Mode::Footprint => dump_footprint(&input, global, json::asked(options.json)),
    }
}

fn dump_parsed(input: &Input, global: &Global) -> Result<Status> {
    let trace = input.framed()?;
    input.strict_as_go(&trace)?;
    let mut out = Output::open(global, Content::Exact)?;
    let writer = |buffer| ParsedWriter::new(buffer, utc_offset());
    let ended = written::write(input, (&trace, Window::default()), trace.options().threads, &mut out, writer, |_| {
        Choice::Write
    });
    // What came before a defect is printed, as Go does.
    out.flush()?;
    let warnings = ended?;
    out.finish()?;
    Ok(input.warn(&warnings))
}

fn dump_v1(input: &Input, global: &Global) -> Result<Status> {
    let trace = input.framed()?;
    if !trace.version().is_v1() {
        let what = format!("{} is a {} trace; --mode v1 is for go 1.5 to go 1.21", input.name(), trace.version());
        return Err(Usage(what).into());
    }
    let mut out = Output::open(global, Content::Exact)?;
    match v1::write(&trace, &mut out) {
        Ok(warnings) => {
            out.finish()?;
            Ok(input.warn(&warnings))
        }
        Err(ConvertError::Trace(e)) => {
            out.flush()?;
            Err(input.error(&e))
        }
        Err(other) => Err(other.into()),
    }
}

fn dump_wire(input: &Input, global: &Global) -> Result<Status> {
    let mut out = Output::open(global, Content::Exact)?;
    match wire::write_with(input.bytes(), input.mode(), global.threads(), &mut out) {
        Ok(defect) => {
            out.finish()?;
            Ok(finish(input, defect.as_ref()))
        }
        Err(ConvertError::Trace(e)) => {
            out.flush()?;
            Err(input.error(&e))
        }
        Err(other) => Err(other.into()),
    }
}

fn dump_footprint(input: &Input, global: &Global, as_json: bool) -> Result<Status> {
    let footprint = Footprint::of(input.bytes(), input.mode()).map_err(|e| input.error(&e))?;
    let mut out = Output::open(global, Content::Exact)?;
    if as_json {
        let defect = footprint.defect().filter(|e| !only_go_refuses(e));
        json::line(&mut out, &FootprintReport::new(&footprint, defect.map(Error::to_string).into_iter().collect()))?;
    } else {
        footprint.write(&mut out)?;
    }
    out.finish()?;
    Ok(finish(input, footprint.defect()))
}

fn finish(input: &Input, defect: Option<&Error>) -> Status {
    let defect = defect.filter(|e| !only_go_refuses(e));
    input.warn(defect.cloned().as_slice())
}

/// Returns whether an error is about an experimental event of Go 1.23 to 1.25, which Go's
/// raw reader does not know, but which is no defect of the trace.
fn only_go_refuses(e: &Error) -> bool {
    let ErrorKind::UnknownEventType { found } = e.kind() else { return false };
    EventType::from_wire(*found).is_some_and(|event| event.spec().experimental)
}
