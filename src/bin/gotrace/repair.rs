//! `gotrace repair`.

use crate::human::{self, number};
use crate::input::Input;
use crate::output::{Content, Output};
use crate::progress::Progress;
use crate::{Global, Status, Usage};
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::Warning;
use gotrace::export::repair::{RepairWriter, Report};
use serde_json::json;
use std::io::{Write, stdout};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Write a whole, valid trace, which Go's own tools open, from what is left of one
#[derive(Args)]
#[command(after_help = "\
Every event that can be placed is kept, with its time, stack and names. Where what
led to it is lost, events are made up in its stead, so that readers accept it: a
goroutine that starts twice blocks in between. The result is one generation of the
same version; of a trace of Go 1.21 or older, it is one of Go 1.26. The exit status is 0 if the trace was good, 1 if it needed repairs.

Examples:
  gotrace repair crashed.trace -o whole.trace && go tool trace whole.trace
  gotrace repair --json crashed.trace -o whole.trace | jq .synthesised
  kubectl exec pod -- cat /tmp/trace.out | gotrace repair - -o whole.trace")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Print JSON on standard output (needs -o): kept, synthesised, dropped,
    /// restated, experimental, warnings
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let to_stdout = global.output.as_deref().is_none_or(|path| path == Path::new("-"));
    if options.json && to_stdout {
        return Err(Usage("the report would be mixed with the trace; use -o FILE with --json".into()).into());
    }
    let mut out = Output::open(global, Content::Binary)?;
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let mut writer = RepairWriter::new(&trace, &mut out).map_err(|e| anyhow!("{}: {e}", input.name()))?;
    let warnings = input.stream(&trace, Progress::new(&trace, false), |event| {
        writer.event(event)?;
        Ok(ControlFlow::Continue(()))
    })?;
    let report = writer.finish()?;
    if let (0, Some(first)) = (report.kept, warnings.first()) {
        return Err(anyhow!("nothing can be salvaged: {first}"));
    }
    out.finish()?;
    if options.json {
        writeln!(stdout(), "{}", json(&report, &warnings))?;
    }
    tell(&report, &warnings);
    Ok(input.warn(&warnings))
}

fn json(report: &Report, warnings: &[Warning]) -> serde_json::Value {
    json!({
        "kept": report.kept,
        "synthesised": report.synthesised,
        "dropped": report.dropped,
        "restated": report.restated,
        "experimental": report.experimental,
        "warnings": warnings.len(),
    })
}

/// Says what was done, on standard error: standard output may be the trace.
fn tell(report: &Report, warnings: &[Warning]) {
    let mut said = if warnings.is_empty() { "nothing to repair: ".to_string() } else { String::new() };
    said += &format!("kept {}", human::count(report.kept, "event"));
    for (count, what) in
        [(report.synthesised, "made up"), (report.dropped, "dropped"), (report.experimental, "of experiments left out")]
    {
        if count > 0 {
            said += &format!(", {} {what}", number(count));
        }
    }
    // If standard error is closed, there is nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "{said}");
}
