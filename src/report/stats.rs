//! Times of goroutines by state.

use super::text::text;
use crate::analysis::goroutines::stats::{self, ByName};
use crate::analysis::names::Names;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Times of a goroutine, or of several together, by state, in nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Stats<'a> {
    /// Time in special ranges (mark assists, sweeps, stops of the world), by name, in
    /// nanoseconds. They overlap with the other figures and with each other.
    pub ranges: BTreeMap<Cow<'a, str>, i64>,
    /// Time ready to run, but without a P, in nanoseconds.
    pub runnable: i64,
    /// Time running, in nanoseconds.
    pub running: i64,
    /// Time in system calls, with a P, in nanoseconds.
    pub syscall: i64,
    /// Time in system calls, after the P was taken away, in nanoseconds.
    pub syscall_without_p: i64,
    /// Whole time, in nanoseconds.
    pub total: i64,
    /// Part of the total that is in none of the states, in nanoseconds.
    pub unknown: i64,
    /// Time waiting, by the runtime's reason, in nanoseconds; reasons without a time are
    /// left out.
    pub waiting: BTreeMap<Cow<'a, str>, i64>,
}

impl<'a> Stats<'a> {
    /// Reports times with their names.
    pub(super) fn new(stats: &stats::Stats, names: &'a Names) -> Stats<'a> {
        let named = |times: &ByName| {
            let times = times.iter().filter(|(_, time)| *time != 0);
            times.map(|(name, time)| (text(names.get(name)), time)).collect()
        };
        Stats {
            ranges: named(&stats.ranges),
            runnable: stats.sched_wait,
            running: stats.exec,
            syscall: stats.syscall,
            syscall_without_p: stats.syscall_block,
            total: stats.total,
            unknown: stats.unknown(),
            waiting: named(&stats.block),
        }
    }
}
