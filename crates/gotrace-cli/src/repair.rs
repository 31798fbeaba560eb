//! `gotrace repair`: a valid trace from a damaged one.

use crate::global::Global;
use crate::human::{self, number};
use crate::input::Input;
use crate::json;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::progress::Progress;
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::export::EventWriter;
use gotrace::export::repair::{RepairWriter, Report};
use gotrace::go_reader::{GO_RELEASE, GoEnd, GoReading};
use gotrace::report::RepairReport;
use gotrace::{Version, Warning, Window};
use std::io::stdout;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Write a whole, valid trace, which Go's own tools open, from what is left of one
#[derive(Args)]
#[command(after_help = "\
Every event that can be placed is kept, with its time, stack and names. Where the
events before it are lost, others are made up for them, so that readers accept it: a
goroutine that starts twice blocks in between. The result is a trace of the same
version with one generation; a trace of Go 1.21 or older becomes one of Go 1.26. Two
things have no place in one generation, and are counted as left out: statuses that
every generation states again, and the syncs between generations.

Some traces have no defect, and yet Go's reader (of Go 1.27.3) refuses them: those
of Go 1.5 to 1.10, and those of Go 1.11 to 1.21 in which C calls back into Go. They
too become traces that it reads. The exit status is 0 if the trace was good, 1 if it
needed repairs.

Examples:
  gotrace repair crashed.trace -o whole.trace; go tool trace whole.trace
  gotrace repair --json crashed.trace -o whole.trace | jq .synthesised
  kubectl exec pod -- cat /tmp/trace.out | gotrace repair - -o whole.trace")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Print JSON on standard output (needs -o): kept, synthesised, dropped,
    /// restated, generations, experimental, warnings, go
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
    let warnings = input.stream(&trace, Window::default(), Progress::new(&trace, false), |event, _| {
        writer.event(event)?;
        Ok(ControlFlow::Continue(()))
    })?;
    let report = writer.finish()?;
    if let (0, Some(first)) = (report.kept, warnings.first()) {
        return Err(anyhow!("nothing can be salvaged: {first}"));
    }
    out.finish()?;
    let go = GoReading::of(&trace, || ());
    if options.json {
        json::line(&mut stdout(), &RepairReport::new(&report, warnings.len(), &go))?;
    }
    global.tell(&summary(&report, &warnings, &go, trace.version()));
    match input.warn(&warnings) {
        Status::Done if !matches!(go.end, GoEnd::Accepts) => Ok(Status::Flawed),
        status => Ok(status),
    }
}

/// Returns what was done, in words.
fn summary(report: &Report, warnings: &[Warning], go: &GoReading, version: Version) -> String {
    let mut text = match (go.defect(), warnings) {
        (None, []) if version.is_v1() => "nothing to repair, now a trace of Go 1.26: ".to_string(),
        (None, []) => "nothing to repair: ".to_string(),
        // In other cases a warning says what is wrong.
        (Some(e), []) => format!("Go {GO_RELEASE}'s reader does not accept it ({e}), but accepts what was written: "),
        _ => String::new(),
    };
    text += &format!("kept {}", human::count(report.kept, "event"));
    for (count, what) in [
        (report.synthesised, "made up"),
        (report.dropped, "dropped, as they contradict the others"),
        (report.experimental, "of experiments left out"),
    ] {
        if count > 0 {
            text += &format!(", {} {what}", number(count));
        }
    }
    if let Some(left_out) = left_out(report) {
        text += &format!("\n{left_out}");
    }
    text
}

/// Returns, as a sentence, which parts of the trace were left out and why; none if there
/// are no such parts.
fn left_out(report: &Report) -> Option<String> {
    let syncs = report.generations.saturating_sub(1);
    // Each generation begins with the statuses of all goroutines and Ps.
    let known = if syncs > 0 { "that each generation states anew" } else { "known before" };
    let restated = match report.restated {
        0 => None,
        1 => Some(format!("1 status {known}")),
        many => Some(format!("{} statuses {known}", number(many))),
    };
    let syncs = (syncs > 0).then(|| {
        format!("{} between generations: the {} are one now", human::count(syncs, "sync"), number(report.generations))
    });
    let all: Vec<String> = restated.into_iter().chain(syncs).collect();
    (!all.is_empty()).then(|| format!("left out {}", all.join(" and ")))
}
