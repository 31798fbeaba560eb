//! `gotrace check --json`.

use crate::error::Error;
use crate::go_reader::{GO_RELEASE, GoEnd, GoReading};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Result of checking a trace: whether it is good, and every defect. The program that
/// checks it fills this in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
pub struct CheckReport<'a> {
    /// Suggestion of what to try; null if there is nothing to be done.
    pub advice: Option<String>,
    /// Size of the trace, in bytes.
    pub bytes: usize,
    /// Defects, the one that ends strict reading first.
    pub defects: Vec<DefectReport>,
    /// Name of the file.
    pub file: &'a str,
    /// Result of Go's reader.
    pub go: GoReader,
    /// True if Go's reader accepts the trace, and there is an event in it.
    pub good: bool,
    /// Defects of the input besides those of its bytes: it changed while it was read, its
    /// compression is damaged, other data followed the trace, the connection broke.
    pub input: Vec<String>,
    /// Number of events that lenient reading gives.
    pub kept: u64,
    /// Number of events on the wire that lenient reading does not give.
    pub lost: u64,
    /// Summary in a sentence, for people.
    pub verdict: String,
    /// Number of events on the wire.
    pub wire_events: u64,
}

/// A defect of a trace, and the way that lenient reading deals with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct DefectReport {
    /// True if strict reading ends there.
    pub fatal: bool,
    /// Generation that it is in; null if it is in none.
    pub generation: Option<u64>,
    /// Number of events that it costs.
    pub lost: u64,
    /// Offset of the defect, in bytes from the beginning of the file.
    pub offset: u64,
    /// True if lenient reading goes on after it.
    pub recovered: bool,
    /// Repair by lenient reading; null if there is none.
    pub repair: Option<String>,
    /// Thread whose event it is; null if it is no thread's.
    pub thread: Option<u64>,
    /// Description of the defect, for people.
    pub what: String,
}

/// Result of Go's reader on a trace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GoReader {
    /// True if it reaches an end that it accepts; null if that is not known.
    pub accepts: Option<bool>,
    /// Number of events that it gives, syncs included; null if that is not known.
    pub events: Option<u64>,
    /// True if it ends in a panic.
    pub panics: bool,
    /// Release of Go.
    pub release: &'static str,
    /// Offset of the defect that ends it, in bytes; null if there is none.
    pub stops_at: Option<u64>,
}

impl DefectReport {
    /// Reports a defect, its repair and the number of events that it costs.
    pub fn new(error: &Error, fatal: bool, repair: Option<String>, lost: u64) -> DefectReport {
        DefectReport {
            fatal,
            generation: error.generation(),
            lost,
            offset: error.offset(),
            recovered: repair.is_some(),
            repair,
            thread: error.thread().map(|m| m.0),
            what: error.kind().to_string(),
        }
    }
}

impl From<&GoReading> for GoReader {
    fn from(go: &GoReading) -> GoReader {
        GoReader {
            accepts: match go.end {
                GoEnd::Accepts | GoEnd::EndsEarly(_) => Some(true),
                GoEnd::Unknown(_) => None,
                _ => Some(false),
            },
            events: go.events,
            panics: matches!(go.end, GoEnd::Panics(_)),
            release: GO_RELEASE,
            stops_at: go.defect().map(Error::offset),
        }
    }
}
