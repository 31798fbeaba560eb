//! Events written by all threads, in order.

use crate::input::Input;
use crate::output::Output;
use crate::progress::Progress;
use anyhow::Result;
use gotrace::export::EventWriter;
use gotrace::export::json::JsonStacks;
use gotrace::export::side_by_side::{Buffer, Choice};
use gotrace::wire::text::ConvertError;
use gotrace::{Event, Trace, Warning, Window};
use std::io::{self, Write};

/// Writes the events of a window that are chosen, with so many threads; `make` makes the writer of each.
/// Returns the defects that were passed over.
///
/// # Errors
/// If the output cannot be written to; in strict mode also the first defect, once the events
/// before it are written.
pub(crate) fn write<'t, W: EventWriter<'t>>(
    input: &Input,
    (trace, window): (&'t Trace<'t>, Window),
    threads: usize,
    out: &mut Output,
    make: impl Fn(Buffer) -> W + Sync,
    choose: impl Fn(&Event<'t>) -> Choice + Sync,
) -> Result<Vec<Warning>> {
    watched(input, trace, out, |each| window.write(trace, threads, make, choose, each))
}

/// Writes the events of a window that are chosen as JSON, as [`write`] does.
///
/// # Errors
/// As there.
pub(crate) fn write_json<'t>(
    input: &Input,
    (trace, window): (&'t Trace<'t>, Window),
    out: &mut Output,
    stacks: JsonStacks,
    choose: impl FnMut(&Event<'t>) -> Choice + Send,
) -> Result<Vec<Warning>> {
    let threads = trace.options().threads;
    watched(input, trace, out, |each| window.write_json(trace, threads, stacks, choose, each))
}

/// Receiver of pieces of text, each with the last event that is in it.
type Each<'a, 't> = &'a mut dyn FnMut(&[u8], &Event<'t>) -> io::Result<()>;

/// Hands the output to what writes, and shows how far that is.
fn watched<'t>(
    input: &Input,
    trace: &'t Trace<'t>,
    out: &mut Output,
    write: impl FnOnce(Each<'_, 't>) -> Result<Vec<Warning>, ConvertError>,
) -> Result<Vec<Warning>> {
    let progress = Progress::new(trace, out.is_terminal());
    let written = write(&mut |text, last| {
        progress.at(last);
        out.write_all(text)
    });
    drop(progress);
    written.map_err(|e| match e {
        ConvertError::Trace(e) => input.error(&e),
        ConvertError::Output(e) => e.into(),
        other => other.into(),
    })
}
