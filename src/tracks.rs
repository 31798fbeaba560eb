//! A trace as tracks of slices, states and counters, which other viewers open.
//!
//! ```text
//! events ──> Collect ──> TrackWriter ──┬──> Perfetto: ui.perfetto.dev, trace_processor
//!            one pass    slices,       └──> Chrome: Perfetto, catapult, speedscope
//!                        states, flows
//! ```
//!
//! One pass makes all of it, and writes it as it comes: memory grows with the goroutines
//! that have tracks, and with the different stacks and names.
//!
//! | tracks | what is on them |
//! |---|---|
//! | collector | phases of the collector, sweeps, mark assists, stops of the world |
//! | counters | goroutines by state, heap and its goal, threads, GOMAXPROCS |
//! | Ps | goroutines as they ran and were in system calls; wakings and creations, from which flows lead to the next run of the goroutine that was woken or created |
//! | CPU samples | samples of the CPU profiler, by P |
//! | Ms | goroutines as they were on the thread |
//! | tasks, regions | those of `runtime/trace`, with messages |
//! | goroutines, by function | states of each goroutine |
//!
//! Times are nanoseconds since the first event of the trace.

mod chrome;
mod collect;
mod counters;
mod label;
mod lanes;
mod perfetto;
mod ranges;
mod spans;
mod track;
mod wakings;
mod work;
mod writer;

use crate::base::time::Time;
use crate::error::Error;
use crate::error::warning::Warning;
use crate::event::Event;
use crate::generation::WallTime;
use crate::selection::{Scope, Selected};
use crate::trace::Trace;
use crate::window::Window;
use chrome::Chrome;
use collect::{Collect, Failure};
use perfetto::Perfetto;
use std::io::{self, Write};
use writer::TrackWriter;

/// Number of goroutines that usually have tracks of their own: about as many as viewers can
/// show.
pub const USUAL_GOROUTINES: u64 = 10_000;

/// Form of the file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Form {
    /// Perfetto's own, a protocol buffer. Goroutines have state tracks (`TYPE_STATE`), which
    /// Perfetto knows since version 57.
    Perfetto,
    /// Perfetto's own, in which the states of goroutines are slices, as older Perfetto needs
    /// it.
    PerfettoSlices,
    /// The JSON of Chrome's Trace Event Format.
    Chrome,
}

/// An export of a trace as tracks.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
/// use gotrace::Trace;
/// use gotrace::tracks::{Form, Tracks};
///
/// let trace = Trace::parse(bytes)?;
/// let mut json = Vec::new();
/// let written = Tracks::new(Form::Chrome).write(&trace, &mut json, |_| true)?.expect("it went on");
/// assert!(written.goroutines > 0 && json.starts_with(b"{\"displayTimeUnit\":\"ns\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Tracks<'s> {
    form: Form,
    scope: Scope<'s>,
    most: Option<u64>,
}

/// The end of an export.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Written {
    /// Goroutines that are selected.
    pub goroutines: u64,
    /// Goroutines that have no tracks of their own, for they were too many.
    pub left_out: u64,
    /// Bytes that were written.
    pub bytes: u64,
    /// Events of the trace that are in the window.
    pub events: u64,
    /// Defects that were met, in lenient mode.
    pub warnings: Vec<Warning>,
}

/// A reason for which an export broke off.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The output could not be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The trace has a defect, and is read strictly.
    #[error(transparent)]
    Trace(#[from] Error),
}

impl<'s> Tracks<'s> {
    /// Returns the export of all of a trace, with tracks for the first
    /// [`USUAL_GOROUTINES`].
    pub fn new(form: Form) -> Tracks<'s> {
        Tracks { form, scope: Scope::default(), most: Some(USUAL_GOROUTINES) }
    }

    /// Returns the export of a part of the trace alone.
    #[must_use]
    pub fn scope(self, scope: Scope<'s>) -> Tracks<'s> {
        Tracks { scope, ..self }
    }

    /// Returns the export with tracks for the first goroutines alone, or for all if there is
    /// no limit. The other tracks have those without a track, too.
    #[must_use]
    pub fn goroutines(self, most: Option<u64>) -> Tracks<'s> {
        Tracks { most, ..self }
    }

    /// Writes the export, as long as `go_on` returns true, which is called with an event now
    /// and then; returns nothing if it did not.
    ///
    /// # Errors
    /// If `out` cannot be written to; and the first defect, in strict mode.
    pub fn write(
        &self,
        trace: &Trace<'_>,
        out: impl Write,
        go_on: impl FnMut(&Event<'_>) -> bool,
    ) -> Result<Option<Written>, ExportError> {
        let origin = trace.start().unwrap_or_default();
        let out = Counted { out, bytes: 0 };
        match self.form {
            Form::Perfetto | Form::PerfettoSlices => {
                let states = self.form == Form::Perfetto;
                self.write_with(trace, Perfetto::new(out, states, wall(trace, origin)), origin, go_on)
            }
            Form::Chrome => self.write_with(trace, Chrome::new(out), origin, go_on),
        }
    }

    fn write_with<O: Write, W: TrackWriter<Output = Counted<O>>>(
        &self,
        trace: &Trace<'_>,
        writer: W,
        origin: Time,
        mut go_on: impl FnMut(&Event<'_>) -> bool,
    ) -> Result<Option<Written>, ExportError> {
        let window = self.scope.selected().map_or_else(Window::default, Selected::window);
        let failure = Failure::default();
        let collect = Collect::new(writer, origin, self.scope, self.most, &failure);
        let analyzed = window.analyze_while(trace, collect, |event| go_on(event) && !failure.is_there())?;
        if let Some(e) = failure.take() {
            return Err(e.into());
        }
        let Some(analyzed) = analyzed else { return Ok(None) };
        let (out, seen) = analyzed.output?;
        let left_out = self.most.map_or(0, |most| seen.goroutines.saturating_sub(most));
        Ok(Some(Written {
            goroutines: seen.goroutines,
            left_out,
            bytes: out.bytes,
            events: seen.events,
            warnings: analyzed.warnings,
        }))
    }
}

/// Returns the wall-clock time of a moment, if the trace tells it.
fn wall(trace: &Trace<'_>, at: Time) -> Option<WallTime> {
    Some(trace.generations().first()?.clock_snapshot()?.wall_at(at))
}

/// An output whose bytes are counted.
pub(crate) struct Counted<O> {
    out: O,
    bytes: u64,
}

impl<O: Write> Write for Counted<O> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.out.write(data)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
