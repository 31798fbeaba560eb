//! Traces without names: the same events, times and numbers, with pseudonyms for what the
//! program's authors have named.
//!
//! ```text
//! strings ──> roles ──────> pseudonyms ──────> the same batches with other tables
//!             what names    equal ones for
//!             each          equal names
//! ```
//!
//! Names of the standard library stay, as do the runtime's own words, on which figures
//! depend. Line numbers, program counters, times and counts stay too, and tell something:
//! [`REMAINS`] lists it.

mod function;
mod pseudonyms;
mod roles;
mod std_packages;
#[cfg(test)]
mod tests;
mod types;
mod v1;
mod v2;
mod words;

pub use pseudonyms::{Kind, Pseudonyms, Replaced};

use crate::error::Result;
use crate::trace::Trace;
use crate::wire::text::ConvertError;
use std::io::Write;

/// Sentences about what an anonymized trace still tells.
pub const REMAINS: [&str; 6] = [
    "when everything happened, in Go 1.25 and newer with the time of day",
    "how much there is of everything: goroutines, Ps, Ms, tasks, bytes of the heap",
    "which functions of the standard library are called, and so what the program uses",
    "line numbers, and which function calls which: who has the program may recognize it by them",
    "program counters: who has the executable can name every function by them",
    "the release of Go, the clock's frequency, and numbers of threads as the system gives them",
];

/// Writes a trace with other names: of functions and files outside of the standard
/// library, of tasks, regions, logs, labels, and of types in AllocFree experiments. Structure,
/// version and numbers stay.
///
/// Only a trace without defects can be anonymized: what cannot be read might hold names.
/// [`RepairWriter`](crate::export::repair::RepairWriter) makes one of a damaged trace.
///
/// ```
/// # let bytes = include_bytes!("../testdata/traces/go1.27/annotations.trace");
/// use gotrace::Trace;
/// use gotrace::anonymize::{Pseudonyms, anonymize};
///
/// let mut names = Pseudonyms::default();
/// let mut anonymous = Vec::new();
/// anonymize(&Trace::parse(bytes)?, &mut names, &mut anonymous)?;
/// assert!(names.replaced().iter().any(|replaced| replaced.name == b"main.tasks"));
/// assert!(Trace::parse(&anonymous)?.events().all(|event| event.is_ok()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns the trace's first defect in its frames, its tables or an event by itself, before
/// anything is written; or the error if the sink cannot be written to.
pub fn anonymize(
    trace: &Trace<'_>,
    names: &mut Pseudonyms,
    mut out: impl Write,
) -> std::result::Result<(), ConvertError> {
    check(trace)?;
    match trace.version().is_v1() {
        true => v1::write(trace, names, &mut out)?,
        false => {
            v2::check(trace)?;
            v2::write(trace, names, &mut out)?;
        }
    }
    out.flush()?;
    Ok(())
}

/// Returns an error if there is a defect in the frames.
fn check(trace: &Trace<'_>) -> Result<()> {
    let defect = trace.warnings().first().map(|warning| warning.error()).or(trace.defect());
    defect.cloned().map_or(Ok(()), Err)
}
