//! `gotrace stw --json`.

use super::stack::stack;
use super::text::text;
use super::{Distribution, Frame};
use crate::analysis::gc::{Gc, Stop, StopKind};
use crate::analysis::stacks::Stacks;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Stops of the world. A stop lasts from when a goroutine sets out to stop the world to
/// when the world runs again.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct StwReport<'a> {
    /// Stops for the garbage collector.
    pub gc: Distribution,
    /// Stops by reason.
    pub kinds: Vec<StopReason<'a>>,
    /// Longest stops, the longest first.
    pub longest: Vec<LongStop<'a>>,
    /// Stops for other reasons.
    pub other: Distribution,
}

/// Stops for one reason.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct StopReason<'a> {
    /// Number of goroutines that they delayed, summed up: those that were running or
    /// runnable.
    pub delayed: u64,
    /// Lengths of the stops.
    pub durations: Distribution,
    /// True if the reason is the garbage collector.
    pub is_gc: bool,
    /// Reason in the runtime's words.
    pub reason: Cow<'a, str>,
}

/// A stop among the longest.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LongStop<'a> {
    /// Number of goroutines that it delayed: those that were running or runnable, without
    /// its own.
    pub delayed: u64,
    /// Goroutine that stopped the world; null if the runtime itself did.
    pub goroutine: Option<u64>,
    /// Length in nanoseconds.
    pub nanos: i64,
    /// Reason in the runtime's words.
    pub reason: Cow<'a, str>,
    /// Stack of the goroutine that stopped the world.
    pub stack: Vec<Frame<'a>>,
    /// Time at which it began, in nanoseconds on the trace's clock.
    pub start: i64,
}

impl<'a> StwReport<'a> {
    /// Reports all stops together, and the `top` longest in a list.
    pub fn new(gc: &'a Gc, top: usize) -> StwReport<'a> {
        StwReport {
            gc: (&gc.pauses(true)).into(),
            kinds: gc.kinds.iter().map(|kind| StopReason::new(kind, &gc.stacks)).collect(),
            longest: gc.longest.iter().take(top).map(|stop| LongStop::new(stop, &gc.stacks)).collect(),
            other: (&gc.pauses(false)).into(),
        }
    }
}

impl<'a> StopReason<'a> {
    fn new(kind: &StopKind, stacks: &'a Stacks) -> StopReason<'a> {
        StopReason {
            delayed: kind.delayed,
            durations: (&kind.times).into(),
            is_gc: kind.is_gc,
            reason: text(stacks.names.get(kind.reason)),
        }
    }
}

impl<'a> LongStop<'a> {
    fn new(stop: &Stop, stacks: &'a Stacks) -> LongStop<'a> {
        LongStop {
            delayed: stop.delayed,
            goroutine: stop.goroutine.map(|id| id.0),
            nanos: stop.nanos,
            reason: text(stacks.names.get(stop.reason)),
            stack: stack(stacks, stop.stack),
            start: stop.start.0,
        }
    }
}
