//! Facts about a trace as a whole, known before the pass.

use crate::stack_ids::Fnv;
use crate::table::SCHEMA_VERSION;
use gotrace::{Time, Trace};
use std::collections::HashMap;

/// Bytes of a file that its trace's ID depends on.
const BEGINNING: usize = 64 << 10;

/// Returns the name that tells a trace from others: `t` and, in hexadecimal, the hash of the
/// length of its file and the first 64 KiB. A file that is cut or repaired is another trace.
pub fn trace_id(trace: &Trace<'_>) -> String {
    let bytes = trace.bytes();
    let beginning = bytes.get(..BEGINNING).unwrap_or(bytes);
    let hash = Fnv::NEW.with(&(bytes.len() as u64).to_le_bytes()).with(beginning).id();
    // With the letter, no engine takes the name of a folder for a number.
    format!("t{hash:016x}")
}

/// Name of the form of logs, in the place of a trace's format.
pub(crate) const FORMAT_OF_LOGS: &str = "godebug";

/// Returns the name that tells a log from others: `t` and, in hexadecimal, the hash of its
/// first 64 KiB, so that a log which grows stays the same one. `beginning` may be longer.
pub fn log_id(beginning: &[u8]) -> String {
    let hash = Fnv::NEW.with(beginning.get(..BEGINNING).unwrap_or(beginning)).id();
    format!("t{hash:016x}")
}

/// Returns the facts about a log as the metadata of a schema.
pub(crate) fn metadata_of_log(id: &str, path: Option<&str>) -> HashMap<String, String> {
    let facts = [
        ("trace_id", Some(id.to_owned())),
        ("path", path.map(str::to_owned)),
        ("format", Some(FORMAT_OF_LOGS.to_owned())),
        ("gotrace_version", Some(env!("CARGO_PKG_VERSION").to_owned())),
        ("schema_version", Some(SCHEMA_VERSION.to_string())),
    ];
    with_prefix(facts)
}

/// Returns the facts that are known under the names that they have as metadata.
fn with_prefix<const N: usize>(facts: [(&str, Option<String>); N]) -> HashMap<String, String> {
    facts.into_iter().filter_map(|(key, value)| Some((format!("gotrace.{key}"), value?))).collect()
}

/// Facts about a trace as a whole.
pub(crate) struct About {
    pub(crate) trace_id: String,
    pub(crate) path: Option<String>,
    /// `v1` up to Go 1.21, or `v2`.
    pub(crate) format: &'static str,
    /// The Go release that introduced the version of the format, such as `1.26`.
    pub(crate) go_version: String,
    /// Wall-clock time of the trace's start, in nanoseconds since 1970-01-01 00:00 UTC.
    pub(crate) wall_start: Option<i64>,
    /// Time of the first event, on the trace's clock.
    pub(crate) origin: Time,
    /// Ticks of the trace's clock in a second.
    pub(crate) clock_hz: Option<i64>,
    pub(crate) generations: usize,
}

impl About {
    /// Returns the facts about a trace whose file is at `path`.
    pub(crate) fn new(trace: &Trace<'_>, path: Option<&str>) -> About {
        let origin = trace.start().unwrap_or_default();
        let first = trace.generations().first();
        let wall = first.and_then(|generation| generation.clock_snapshot()).map(|clock| clock.wall_at(origin));
        let wall_start = wall.and_then(|wall| wall.secs.checked_mul(1_000_000_000)?.checked_add(wall.nanos.into()));
        let nanos_per_tick = first.map(|generation| generation.frequency().nanos_per_tick());
        About {
            trace_id: trace_id(trace),
            path: path.map(str::to_owned),
            format: if trace.version().is_v1() { "v1" } else { "v2" },
            go_version: format!("1.{}", trace.version().minor()),
            wall_start,
            origin,
            clock_hz: nanos_per_tick.map(|nanos| (1e9 / nanos).round() as i64),
            generations: trace.generations().len(),
        }
    }

    /// Returns the facts as the metadata of a schema.
    pub(crate) fn metadata(&self) -> HashMap<String, String> {
        let facts = [
            ("trace_id", Some(self.trace_id.clone())),
            ("path", self.path.clone()),
            ("format", Some(self.format.to_owned())),
            ("go_version", Some(self.go_version.clone())),
            ("gotrace_version", Some(env!("CARGO_PKG_VERSION").to_owned())),
            ("schema_version", Some(SCHEMA_VERSION.to_string())),
            ("wall_start", self.wall_start.map(|wall| wall.to_string())),
            ("origin", Some(self.origin.0.to_string())),
            ("clock_hz", self.clock_hz.map(|hz| hz.to_string())),
        ];
        with_prefix(facts)
    }
}
