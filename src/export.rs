//! Writers of traces in other forms.

pub mod folded;
pub mod footprint;
pub mod json;
pub mod parsed;
#[cfg(feature = "export")]
pub mod pprof;
pub mod repair;
pub mod side_by_side;
pub mod speedscope;
pub mod v1;
pub mod wire;

use crate::event::Event;
use std::io;

/// Writes a trace in another form, event by event.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/hello.trace");
/// use gotrace::export::EventWriter;
/// use gotrace::export::json::JsonWriter;
/// use gotrace::{Event, Trace};
/// use std::io;
///
/// fn write_all<'t, W: EventWriter<'t>>(trace: &'t Trace<'t>, mut writer: W) -> io::Result<W::Output> {
///     for event in trace.events() {
///         writer.event(&event.map_err(io::Error::other)?)?;
///     }
///     writer.finish()
/// }
///
/// let trace = Trace::parse(bytes)?;
/// let lines = write_all(&trace, JsonWriter::new(Vec::new()))?;
/// assert!(lines.starts_with(b"{\"time\":"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait EventWriter<'t> {
    /// The result when all is written: the sink, or counts.
    type Output;

    /// Writes an event. The events of a trace have to come in the order of its stream.
    ///
    /// # Errors
    /// Returns the error if the sink cannot be written to.
    fn event(&mut self, event: &Event<'t>) -> io::Result<()>;

    /// Passes on to the sink what has been kept back.
    ///
    /// # Errors
    /// Returns the error if the sink cannot be written to.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Takes note of an event that is left out, for writers that know of others what it
    /// says, such as the functions of goroutines.
    fn pass_over(&mut self, event: &Event<'t>) {
        let _ = event;
    }

    /// Writes the rest.
    ///
    /// # Errors
    /// Returns the error if the sink cannot be written to.
    fn finish(self) -> io::Result<Self::Output>;
}
