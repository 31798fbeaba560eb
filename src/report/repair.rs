//! `gotrace repair --json`.

use crate::export::repair::Report;
use crate::go_reader::{GO_RELEASE, GoEnd, GoReading};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Result of a repair.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct RepairReport {
    /// Number of events that were left out, as they contradict the others.
    pub dropped: u64,
    /// Number of events of experiments that were left out.
    pub experimental: u64,
    /// Number of generations that became one.
    pub generations: u64,
    /// Verdict of Go's reader on the trace as it was.
    pub go: GoAccepts,
    /// Number of events that were kept.
    pub kept: u64,
    /// Number of statuses that were left out, as every generation states them again.
    pub restated: u64,
    /// Number of events that were made up.
    pub synthesised: u64,
    /// Number of defects.
    pub warnings: usize,
}

/// Verdict of Go's reader on a trace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GoAccepts {
    /// True if it accepts the trace.
    pub accepts: bool,
    /// Release of Go.
    pub release: &'static str,
}

impl RepairReport {
    /// Reports a repaired trace, with the number of its defects and Go's reading of it.
    pub fn new(report: &Report, warnings: usize, go: &GoReading) -> RepairReport {
        RepairReport {
            dropped: report.dropped,
            experimental: report.experimental,
            generations: report.generations,
            go: GoAccepts { accepts: matches!(go.end, GoEnd::Accepts), release: GO_RELEASE },
            kept: report.kept,
            restated: report.restated,
            synthesised: report.synthesised,
            warnings,
        }
    }
}
