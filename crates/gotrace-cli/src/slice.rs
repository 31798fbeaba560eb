//! `gotrace slice`: a part of a trace as a trace of its own.

use crate::global::Global;
use crate::human::{self, moment};
use crate::input::Input;
use crate::moment::{Moment, time};
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::select::Select;
use crate::within::{end, start};
use anyhow::{Result, anyhow};
use clap::Args;
use gotrace::analysis::Compat;
use gotrace::wire::text::ConvertError;
use gotrace::{SliceReport, Time, Trace, Window};
use std::fs::File;
use std::io::{self, Write};
use std::ops::{ControlFlow, Range};
use std::path::PathBuf;

/// Nanoseconds around a moment, if --margin does not say how many.
const MARGIN: i64 = 5_000_000;

/// Bytes of a trace that are worth a system call of their own.
const COPIED: usize = 256 << 10;

/// Write a part of a trace as a trace of its own, which Go's own tools open
#[derive(Args)]
#[command(after_help = "\
The slice has everything that the whole program did from one moment to another:
--from and --to, or --around. With -g, --function, --task or --region it is the stretch
from the first to the last event that `gotrace events` prints for them; what other
goroutines did meanwhile is in it too. --margin widens either.

A stretch that begins and ends with generations of a trace of Go 1.22 or newer (about a
second each; `gotrace events --kind sync` has their times) is a copy of bytes. Any other
becomes a trace of Go 1.26, which is the format of Go 1.27 too: the part of its first
generation is written anew, with the states at its beginning restated, those in the
middle are copied, and the last one is cut off. Traces of Go 1.5 to 1.21, and damaged
ones, become one generation of that format.

Reports on the slice are those on the trace with the same --from and --to, but for what
the format cannot state of the time before: why a goroutine waits that waited already,
the type of a task that began before, open regions, objects of the AllocFree experiment.
Statuses that are stated anew count as events. Where events follow each other by less
than a status for each new goroutine needs, they are moved by as many nanoseconds.

A damaged trace is read as far as it is good, with a warning; the slice is valid.

Examples:
  gotrace slice trace.out --from 1.2s --to 1.25s -o slow.trace; go tool trace slow.trace
  gotrace slice trace.out --around 39.2ms --margin 2ms -o stall.trace
  gotrace slice trace.out --task 17 --margin 1ms -o task17.trace
  gotrace slice http://localhost:6060 --from 1s --to 2s -o second.trace")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    #[command(flatten)]
    select: Select,

    /// Only from --margin before TIME to as long after it; TIME is given as for --from
    #[arg(long, value_name = "TIME", help_heading = "Selection", conflicts_with_all = ["from", "to"])]
    around: Option<Moment>,

    /// Also what is up to TIME before and after the selection [default: 5ms with --around,
    /// or else nothing]
    #[arg(long, value_name = "TIME", help_heading = "Selection", value_parser = time)]
    margin: Option<i64>,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let mut out = Output::open(global, Content::Binary)?;
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let window = options.window(&input, &trace)?;
    let progress = input.progress(&trace);
    let to = FromFile { out: &mut out, file: input.mapped(), bytes: input.bytes() };
    let sliced = window.slice(&trace, to, |event| progress.at(event));
    drop(progress);
    let (report, warnings) = sliced.map_err(|e| match e {
        ConvertError::Trace(e) => input.error(&e),
        other => other.into(),
    })?;
    if report.events == 0 && report.copied == 0 {
        return Err(options.empty(&input, &trace, window));
    }
    out.finish()?;
    global.tell(&summary(&report));
    Ok(input.warn(&warnings))
}

/// The output of a slice, for which the system copies parts of the trace's own file: bytes that are
/// written from a map are mapped first, page by page.
struct FromFile<'a> {
    out: &'a mut Output,
    /// The file of the trace, if it is mapped, and its bytes.
    file: Option<&'a File>,
    bytes: &'a [u8],
}

impl<'a> FromFile<'a> {
    /// Returns the file and the place in it of data that are a part of the trace's bytes, if
    /// they are long enough for it to pay.
    fn place_of(&self, data: &[u8]) -> Option<(&'a File, Range<u64>)> {
        let start = data.as_ptr().addr().checked_sub(self.bytes.as_ptr().addr())?;
        let end = start.checked_add(data.len()).filter(|end| *end <= self.bytes.len())?;
        Some((self.file.filter(|_| data.len() >= COPIED)?, start as u64..end as u64))
    }
}

impl Write for FromFile<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let place = self.place_of(data);
        match place {
            Some((file, part)) => self.out.copy(file, part).map(|()| data.len()),
            None => self.out.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Options {
    /// Returns the stretch of time that is asked for.
    ///
    /// # Errors
    /// If nothing is asked for, or there is nothing of the kind.
    fn window(&self, input: &Input, trace: &Trace<'_>) -> Result<Window> {
        let within = self.select.within.window(trace)?;
        let window = match self.around {
            Some(around) => {
                let around = around.since(start(trace));
                Window::new(Some(around), Some(Time(around.0.saturating_add(1))))
            }
            None => within,
        };
        let of_some = self.select.is_of_some();
        if window.is_whole() && !of_some {
            let options = "--from, --to, --around, -g, --function, --task or --region";
            return Err(Usage(format!("which part? Give {options}")).into());
        }
        let window = if of_some { self.extent(input, trace, window)? } else { window };
        let margin = self.margin.unwrap_or(if self.around.is_some() { MARGIN } else { 0 });
        let from = window.from().map(|from| Time(from.0.saturating_sub(margin)));
        let to = window.to().map(|to| Time(to.0.saturating_add(margin)));
        Ok(Window::new(from, to))
    }

    /// Returns the stretch from the first to the last selected event of a window.
    fn extent(&self, input: &Input, trace: &Trace<'_>, window: Window) -> Result<Window> {
        let selected = self.select.of(input, trace, Compat::Right)?;
        let mut extent: Option<(Time, Time)> = None;
        input.quiet().stream(trace, window, input.progress(trace), |event, is_within| {
            if is_within && event.offset().is_some() && selected.contains(event) {
                let time = event.time();
                extent = Some((extent.map_or(time, |(first, _)| first), time));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        match extent {
            Some((first, last)) => Ok(Window::new(Some(first), Some(Time(last.0.saturating_add(1))))),
            None => Err(anyhow!("{}: no event {}", input.name(), self.select.in_words())),
        }
    }

    /// Returns the error that the trace has no event in a stretch of time.
    fn empty(&self, input: &Input, trace: &Trace<'_>, window: Window) -> anyhow::Error {
        let begin = start(trace);
        let at = |time: Option<Time>, or: &str| time.map_or(or.to_string(), |time| moment(time.since(begin)));
        anyhow!(
            "{}: no event from {} to {}: the trace has events from 0s to {}",
            input.name(),
            at(window.from(), "its beginning"),
            at(window.to(), "its end"),
            moment(end(trace).since(begin))
        )
    }
}

/// Returns what was done, in words.
fn summary(report: &SliceReport) -> String {
    let parts = [
        (report.copied, "generation", " copied"),
        (report.events, "event", ""),
        (report.restated, "state", " restated"),
        (report.dropped, "event", " left out"),
    ];
    let parts = parts.into_iter().filter(|part| part.0 > 0);
    let parts: Vec<_> = parts.map(|(n, what, how)| format!("{}{how}", human::count(n, what))).collect();
    parts.join(", ")
}
