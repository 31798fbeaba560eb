//! A trace that has been opened, and the reports on it.

use crate::reports::Reports;
use gotrace::{Time, Trace};

/// A trace that can be read, and who can report on it.
pub struct Source {
    /// What it is called.
    pub name: String,
    /// The trace.
    pub trace: &'static Trace<'static>,
    /// Who makes the reports.
    pub reports: Box<dyn Reports>,
    /// Tells what is wrong with the input besides what its bytes say.
    pub flaws: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Tells whether the file has changed since it was opened.
    pub changed: Box<dyn Fn() -> bool + Send + Sync>,
}

/// A GODEBUG log that has been read, and who can report on it.
pub struct LogSource {
    /// What it is called.
    pub name: String,
    /// The number of its bytes.
    pub bytes: u64,
    /// The number of lines of the scheduler and of the collector in it.
    pub lines: u64,
    /// What is wrong with it.
    pub warnings: Vec<String>,
    /// Who makes the reports.
    pub reports: Box<dyn Reports>,
    /// Tells whether the file lacks what was there when it was opened.
    pub changed: Box<dyn Fn() -> bool + Send + Sync>,
}

/// A source, and when its trace begins.
pub(crate) struct Opened {
    pub(crate) source: Source,
    pub(crate) start: Time,
}
