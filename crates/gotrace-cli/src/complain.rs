//! Messages on standard error: errors, warnings and notes.

use crate::outcome::Status;
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

/// Prints lines on standard error that tell what was done, for commands whose standard output
/// may be a file's bytes.
pub(crate) fn tell(text: &str) {
    // If standard error is closed, nobody can see it.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Messages that are printed when their time has come, each with its severity.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Vec<(&'static str, String)>);

impl Complaints {
    /// Adds a message.
    pub(crate) fn add(&mut self, severity: &'static str, message: String) {
        self.0.push((severity, message));
    }

    /// Adds the messages of others.
    pub(crate) fn append(&mut self, others: Complaints) {
        self.0.extend(others.0);
    }

    /// Prints all messages; returns whether there is something wrong.
    pub(crate) fn print(&self) -> Status {
        self.0.iter().for_each(|(severity, message)| complain(severity, message));
        if self.0.is_empty() { Status::Done } else { Status::Flawed }
    }
}
