//! Events written by all threads, in order.

use crate::input::Input;
use crate::output::Output;
use crate::progress::Progress;
use anyhow::Result;
use gotrace::export::EventWriter;
use gotrace::export::side_by_side::{Buffer, Choice};
use gotrace::wire::text::ConvertError;
use gotrace::{Event, Trace, Warning, Window};
use std::io::Write;

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
    let progress = Progress::new(trace, out.is_terminal());
    let written = window.write(trace, threads, make, choose, |text, last| {
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
