//! `gotrace gc --json`.

use super::Distribution;
use super::text::name;
use crate::analysis::gc::{self, Gc, Payer};
use crate::analysis::names::Names;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Cycles of the garbage collector and their costs.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GcReport<'a> {
    /// Processor time of the trace: GOMAXPROCS summed up over time, in nanoseconds.
    pub capacity: i64,
    /// Number of cycles, including those that are not listed.
    pub count: usize,
    /// Cycles, in order.
    pub cycles: Vec<Cycle>,
    /// Time at which the trace ends, in nanoseconds on its clock.
    pub end: i64,
    /// Time that the collector marked, in nanoseconds.
    pub marking: i64,
    /// Stops of the world by the collector.
    pub pauses: Distribution,
    /// Processor time in which Ps stood still for it, in nanoseconds.
    pub pausing: i64,
    /// Goroutines that assisted marking, by function, the most time first.
    pub payers: Vec<AssistPayer<'a>>,
    /// Time at which the trace begins, in nanoseconds on its clock.
    pub start: i64,
    /// Processor time that it took from the program, in nanoseconds: dedicated and
    /// fractional workers, assists and `pausing`.
    pub taken: i64,
}

/// A cycle, with the part of it that is in the trace.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Cycle {
    /// Processor time of assists, in nanoseconds.
    pub assisting: i64,
    /// Number of assists.
    pub assists: u64,
    /// Ends of the cycle that the trace cuts off; null if all of it is in the trace.
    pub cut: Option<CutAt>,
    /// Time of dedicated workers, in nanoseconds.
    pub dedicated: i64,
    /// Time at which marking ended, in nanoseconds on the trace's clock; null if that is
    /// not in the trace.
    pub end: Option<i64>,
    /// Time of fractional workers, in nanoseconds.
    pub fractional: i64,
    /// Heap size at which the cycle was to end, in bytes; null if there was no such goal,
    /// as with GOGC=off, or the trace does not have it.
    pub goal: Option<u64>,
    /// Heap when the cycle was over, in bytes; null if that is not in the trace.
    pub heap_after: Option<u64>,
    /// Heap when the cycle began, in bytes; null if that is not in the trace.
    pub heap_before: Option<u64>,
    /// Largest heap of the cycle, in bytes; null if that is not in the trace.
    pub heap_peak: Option<u64>,
    /// Time of workers on Ps that were idle otherwise, in nanoseconds.
    pub idle: i64,
    /// Length of the stop of the world that ended marking, in nanoseconds; null if it is
    /// not in the trace.
    pub mark_termination: Option<i64>,
    /// Time that it marked, in nanoseconds.
    pub marking: i64,
    /// Memory that sweeping freed, in bytes.
    pub reclaimed: u64,
    /// Time at which the cycle began, in nanoseconds on the trace's clock; null if that is
    /// not in the trace.
    pub start: Option<i64>,
    /// Length of the stop of the world that began it, in nanoseconds; null if it is not in
    /// the trace.
    pub sweep_termination: Option<i64>,
    /// Time of sweeping, in nanoseconds.
    pub sweeping: i64,
    /// Memory that was swept, in bytes.
    pub swept: u64,
}

/// Ends of a cycle that the trace cuts off.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CutAt {
    /// The cycle was under way when the trace began.
    Beginning,
    /// The cycle was under way when the trace ended.
    End,
    /// The cycle was under way all the time.
    #[serde(rename = "beginning and end")]
    Both,
}

/// Mark assists of the goroutines that began with one function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct AssistPayer<'a> {
    /// Number of assists.
    pub assists: u64,
    /// Name of the function; null for goroutines of which the trace has no stack.
    pub function: Option<Cow<'a, str>>,
    /// Processor time of the assists, in nanoseconds.
    pub nanos: i64,
}

impl<'a> GcReport<'a> {
    /// Reports the first `top` cycles, and the costs of all.
    pub fn new(gc: &'a Gc, top: usize) -> GcReport<'a> {
        let names = &gc.stacks.names;
        GcReport {
            capacity: gc.capacity,
            count: gc.cycles.len(),
            cycles: gc.cycles.iter().take(top).map(Cycle::from).collect(),
            end: gc.end.0,
            marking: gc.marking(),
            pauses: (&gc.pauses(true)).into(),
            pausing: gc.pausing,
            payers: gc.payers.iter().map(|payer| AssistPayer::new(payer, names)).collect(),
            start: gc.start.0,
            taken: gc.taken(),
        }
    }
}

impl From<&gc::Cycle> for Cycle {
    fn from(c: &gc::Cycle) -> Cycle {
        Cycle {
            assisting: c.assisting,
            assists: c.assists,
            cut: c.cut().map(CutAt::from),
            dedicated: c.dedicated,
            end: c.end.map(|time| time.0),
            fractional: c.fractional,
            goal: c.goal,
            heap_after: c.heap_after,
            heap_before: c.heap_before,
            heap_peak: c.heap_peak,
            idle: c.idle,
            mark_termination: c.mark_termination,
            marking: c.marking(),
            reclaimed: c.reclaimed,
            start: c.start.map(|time| time.0),
            sweep_termination: c.sweep_termination,
            sweeping: c.sweeping,
            swept: c.swept,
        }
    }
}

impl From<gc::Cut> for CutAt {
    fn from(cut: gc::Cut) -> CutAt {
        match cut {
            gc::Cut::Beginning => CutAt::Beginning,
            gc::Cut::End => CutAt::End,
            gc::Cut::Both => CutAt::Both,
        }
    }
}

impl<'a> AssistPayer<'a> {
    fn new(payer: &Payer, names: &'a Names) -> AssistPayer<'a> {
        AssistPayer { assists: payer.assists, function: name(names.get(payer.function)), nanos: payer.nanos }
    }
}
