//! `gotrace run --json`.

use super::DiagnosisReport;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Result of a program that was run with GODEBUG set. The program that runs it fills this
/// in.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct RunReport<'a> {
    /// Exit status; null if a signal ended it.
    pub code: Option<i32>,
    /// Program and its arguments.
    pub command: Vec<String>,
    /// Diagnoses of it, one for each run.
    pub diagnoses: Vec<DiagnosisReport<'a>>,
    /// Time that it ran, in nanoseconds.
    pub elapsed: u64,
    /// Value of GODEBUG.
    pub godebug: String,
    /// Number of lines of the runtime that could not be read.
    pub malformed_lines: u64,
    /// Number of `SCHED` lines that it printed.
    pub sched_lines: u64,
    /// Signal that ended it; null if none did.
    pub signal: Option<i32>,
}
