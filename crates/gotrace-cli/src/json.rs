//! Writers of reports as JSON, which all commands share.

use serde::Serialize;
use std::io::{self, Write};

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
