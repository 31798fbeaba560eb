//! Messages on standard error: errors, warnings and notes.

use crate::plain;
use anstyle::AnsiColor;
use std::io::Write;

/// Prints a message on standard error behind its severity: "error", "warning" or "note".
/// Characters in it that could drive the terminal are escaped, as it may quote a trace, a
/// file's name or a server's reply.
pub(crate) fn complain(severity: &str, message: &str) {
    let color = match severity {
        "error" => AnsiColor::Red,
        "note" => AnsiColor::Cyan,
        _ => AnsiColor::Yellow,
    };
    let style = color.on_default().bold();
    // If standard error is closed, nobody can see the message.
    let _ = writeln!(anstream::stderr().lock(), "{style}{severity}:{style:#} {}", plain::message(message));
}
