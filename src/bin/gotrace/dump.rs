//! `gotrace dump`.

use crate::human::utc_offset;
use crate::input::Input;
use crate::output::{Content, Output};
use crate::progress::Progress;
use crate::{Global, Status};
use anyhow::Result;
use clap::{Args, ValueEnum};
use gotrace::export::parsed;
use std::ops::ControlFlow;
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

    /// What to print
    #[arg(long, value_enum, default_value_t)]
    mode: Mode,
}

#[derive(Clone, Copy, Default, ValueEnum)]
enum Mode {
    /// All events in order, decoded, with their stacks
    #[default]
    Parsed,
    /// Every record of the file as it stands there
    Wire,
    /// How many bytes of the file each event type takes
    Footprint,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    match options.mode {
        Mode::Parsed => dump_parsed(&input, global),
        Mode::Wire => todo!(),
        Mode::Footprint => todo!(),
    }
}

fn dump_parsed(input: &Input, global: &Global) -> Result<Status> {
    let trace = input.trace()?;
    let mut out = Output::open(global, Content::Text)?;
    let progress = Progress::new(&trace, out.is_terminal());
    let mut writer = parsed::Writer::new(&mut out, utc_offset());
    let ended = input.stream(&trace, progress, |event| {
        writer.write(event)?;
        Ok(ControlFlow::Continue(()))
    });
    // What came before a defect is printed, as Go does.
    writer.finish()?;
    let warnings = ended?;
    out.finish()?;
    Ok(input.warn(&warnings))
}
