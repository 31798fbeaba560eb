//! A trace that has been opened, and the reports on it.

use crate::reports::Reports;
use gotrace::{Time, Trace};

/// A trace that can be read, and who can report on it.
pub struct Source {
    /// Name of the trace.
    pub name: String,
    /// The trace.
    pub trace: &'static Trace<'static>,
    /// Maker of the reports.
    pub reports: Box<dyn Reports>,
    /// Tells what is wrong with the input besides what its bytes say.
    pub flaws: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Tells whether the file has changed since it was opened.
    pub changed: Box<dyn Fn() -> bool + Send + Sync>,
}

/// A GODEBUG log that has been read, with a maker of reports on it.
pub struct LogSource {
    /// Name of the log.
    pub name: String,
    /// Number of its bytes.
    pub bytes: u64,
    /// Number of lines of the scheduler and of the collector in it.
    pub lines: u64,
    /// Defects, in words.
    pub warnings: Vec<String>,
    /// Maker of the reports.
    pub reports: Box<dyn Reports>,
    /// Returns whether the file lacks bytes that it had when it was opened.
    pub changed: Box<dyn Fn() -> bool + Send + Sync>,
}

/// A source, and when its trace begins.
pub(crate) struct Opened {
    pub(crate) source: Source,
    pub(crate) start: Time,
}
