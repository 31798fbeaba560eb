//! `gotrace dump --mode footprint --json`.

use crate::export::footprint::{Footprint, Row};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Number of bytes of each type of event in a trace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct FootprintReport {
    /// Size of the file, in bytes.
    pub bytes: usize,
    /// Number of events on the wire.
    pub events: u64,
    /// Types that occur, the largest first.
    pub rows: Vec<FootprintRow>,
    /// Defects that were met.
    pub warnings: Vec<String>,
}

/// A type of event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct FootprintRow {
    /// Number of bytes that its events take.
    pub bytes: u64,
    /// Number of its events.
    pub count: u64,
    /// Name of the type; null if there is no such type.
    pub event: Option<&'static str>,
}

impl FootprintReport {
    /// Reports the types that occur. The caller decides whether the footprint's defect is
    /// one of the warnings.
    pub fn new(footprint: &Footprint, warnings: Vec<String>) -> FootprintReport {
        let rows = footprint.rows().iter().filter(|row| row.count != 0);
        FootprintReport {
            bytes: footprint.file_size(),
            events: footprint.events(),
            rows: rows.map(FootprintRow::from).collect(),
            warnings,
        }
    }
}

impl From<&Row> for FootprintRow {
    fn from(row: &Row) -> FootprintRow {
        FootprintRow { bytes: row.bytes, count: row.count, event: row.name() }
    }
}
