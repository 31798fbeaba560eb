//! `gotrace export perfetto` and `gotrace export chrome`: a trace as tracks, for viewers.

use crate::global::Global;
use crate::human;
use crate::input::{Input, given_up};
use crate::outcome::Status;
use crate::output::{Content, Output};
use crate::select::{SelectTime, missing};
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::selection::Scope;
use gotrace::tracks::{ExportError, Form, Tracks, USUAL_GOROUTINES, Written};
use std::path::PathBuf;

/// Bytes of which ui.perfetto.dev can hardly open more: it has 4 GB of memory.
const MOST_IN_A_BROWSER: u64 = 2 << 30;

/// The trace, and the part of it that is exported.
#[derive(Args)]
struct Part {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    #[command(flatten)]
    select: SelectTime,

    /// Give every goroutine a track of its own, not only the first 10,000
    #[arg(long)]
    all: bool,
}

/// Write a trace for Perfetto: ui.perfetto.dev, trace_processor
#[derive(Args)]
#[command(after_help = "\
There are tracks for phases of the collector and stops of the world, for counters, Ps, CPU
samples, Ms, tasks, and for goroutines by the function that they began with. Flows lead from
the waking of a goroutine to its next run. docs/exports.md describes them.

The states of goroutines are state tracks, which Perfetto knows since version 57 (June 2026);
with --slices they are slices, for older ones.

Examples:
  gotrace export perfetto trace.out -o trace.pftrace
  gotrace export perfetto trace.out --from 1s --to 1.5s -o window.pftrace
  gotrace export perfetto trace.out --function 'conn.*serve' --all -o conns.pftrace
  curl -o trace.out localhost:6060/debug/pprof/trace?seconds=5
  gotrace export perfetto --slices trace.out -o trace.pftrace")]
pub(super) struct Perfetto {
    #[command(flatten)]
    part: Part,

    /// Write states of goroutines as slices, for Perfetto older than version 57
    #[arg(long)]
    slices: bool,
}

/// Write a trace as JSON in Chrome's Trace Event Format
#[derive(Args)]
#[command(after_help = "\
Perfetto, catapult (chrome://tracing) and speedscope open it. It has what `gotrace export
perfetto` writes, in several times the space.

Examples:
  gotrace export chrome trace.out -o trace.json
  gotrace export chrome trace.out --from 1s --to 1.1s | gzip > window.json.gz")]
pub(super) struct Chrome {
    #[command(flatten)]
    part: Part,
}

impl Perfetto {
    pub(super) fn run(&self, global: &Global) -> Result<Status> {
        let form = if self.slices { Form::PerfettoSlices } else { Form::Perfetto };
        self.part.export(form, Content::Binary, global)
    }
}

impl Chrome {
    pub(super) fn run(&self, global: &Global) -> Result<Status> {
        self.part.export(Form::Chrome, Content::Exact, global)
    }
}

impl Part {
    fn export(&self, form: Form, content: Content, global: &Global) -> Result<Status> {
        let input = Input::open(&self.trace, global)?;
        let trace = input.trace()?;
        let mut out = Output::open(global, content)?;
        let selected = self.select.is_asked().then(|| self.select.of(&input, &trace, global.compat())).transpose()?;
        let scope = Scope::new(selected.as_ref()).map_err(|none| missing(&input, &none))?;
        let most = Some(USUAL_GOROUTINES).filter(|_| !self.all);
        let progress = input.progress(&trace);
        let written = Tracks::new(form).scope(scope).goroutines(most).write(&trace, &mut out, |event| {
            progress.at(event);
            input.is_wanted()
        });
        drop(progress);
        let written = written.map_err(|e| match e {
            ExportError::Trace(e) => input.error(&e),
            ExportError::Io(e) => e.into(),
            e => e.into(),
        })?;
        let written = written.ok_or_else(given_up)?;
        if self.select.within.is_asked() && written.events == 0 {
            return Err(self.select.within.no_event(&input, &trace));
        }
        if self.select.is_asked() && written.goroutines == 0 {
            return Err(anyhow!("{}: there is no such goroutine in that time", input.name()));
        }
        out.finish()?;
        notes(&written, form, global);
        Ok(input.warn(&written.warnings))
    }
}

/// Prints what viewers will not show.
fn notes(written: &Written, form: Form, global: &Global) {
    if written.left_out > 0 {
        let (all, with) = (written.goroutines, written.goroutines - written.left_out);
        global.note(&format!(
            "the first {} of {} have tracks of their own; --all gives each one, and -g, --function, --from \
                 and --to select some",
            human::number(with),
            human::count(all, "goroutine"),
        ));
    }
    if written.bytes > MOST_IN_A_BROWSER && form != Form::Chrome {
        global.note(&format!(
            "{} are more than ui.perfetto.dev may open; --from and --to select a part, and \
                 `trace_processor_shell --httpd FILE` opens it outside of the browser",
            human::bytes(written.bytes),
        ));
    }
}
