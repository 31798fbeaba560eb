//! `gotrace count --json`.

use crate::analysis::count::Counts;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Counts of events.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct CountReport {
    /// Number of events, with those that ordering adds; with `--raw` the same as
    /// `wire_events`.
    pub events: u64,
    /// Number of generations that were read.
    pub generations: usize,
    /// Number of events of each kind; null with `--raw`, as kinds come with the order.
    pub kinds: Option<BTreeMap<&'static str, u64>>,
    /// Number of events of each type on the wire.
    pub types: BTreeMap<&'static str, u64>,
    /// Number of warnings.
    pub warnings: usize,
    /// Number of events on the wire.
    pub wire_events: u64,
}

impl CountReport {
    /// Reports counts of events, in their order or not; `wire_events` is the number of all
    /// events on the wire.
    pub fn new(counts: &Counts, ordered: bool, wire_events: u64, generations: usize, warnings: usize) -> CountReport {
        CountReport {
            events: counts.events(),
            generations,
            kinds: ordered.then(|| counts.by_kind().into_iter().collect()),
            types: counts.by_type_name().into_iter().collect(),
            warnings,
            wire_events,
        }
    }
}
