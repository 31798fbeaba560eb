//! Writers of reports as JSON, which all commands share.

use serde::Serialize;
use std::io::{self, Write};

/// Returns whether a report is wanted as JSON: if `--json` is given, and always where reports
/// are built in, so that their pages are left out of the code.
pub(crate) const fn asked(option: bool) -> bool {
    option || cfg!(not(feature = "full"))
}

/// Writes a report over several lines, indented.
pub(crate) fn write(out: &mut impl Write, report: &impl Serialize) -> io::Result<()> {
    indented(out, report)?;
    out.write_all(b"\n")
}

/// Writes a report over several lines, without a line end behind it: an element of a list.
pub(crate) fn indented(out: &mut impl Write, report: &impl Serialize) -> io::Result<()> {
    Ok(serde_json::to_writer_pretty(out, report)?)
}

/// Writes a report as one line.
pub(crate) fn line(out: &mut impl Write, report: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, report)?;
    out.write_all(b"\n")
}
