//! `gotrace latency --json`.

use super::stack::stack;
use super::text::{name, text, texts};
use super::{Figures, Frame};
use crate::analysis::durations::Durations;
use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::latency::{ByCause, ByFunction, ByWaker, Latency, Wait, WaitCause};
use crate::analysis::stacks::Stacks;
use crate::error::warning::Warning;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Times that runnable goroutines waited for a P: the distribution of all waits, and groups
/// of them.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LatencyReport<'a> {
    /// Waits by cause.
    pub causes: Vec<CauseWaits<'a>>,
    /// Number of waits.
    pub count: u64,
    /// Waits by the function that the goroutines began with.
    pub functions: Vec<FunctionWaits<'a>>,
    /// Waits in the buckets of `runtime/metrics`.
    pub histogram: LatencyHistogram,
    /// Extremes, mean and quantiles of all waits.
    #[serde(flatten)]
    pub figures: Figures,
    /// Sum of all waits, in nanoseconds.
    pub sum: i64,
    /// Number of direct switches from one goroutine to another, which are no waits.
    pub switches: u64,
    /// Number of goroutines that still waited when the trace ended.
    pub unfinished: u64,
    /// Waits by the waker of the goroutines.
    pub wakers: Vec<WakerWaits<'a>>,
    /// Defects of the trace that were met.
    pub warnings: Vec<String>,
    /// Longest waits, the longest first.
    pub worst: Vec<WorstWait<'a>>,
}

/// Waits in the buckets of `runtime/metrics`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LatencyHistogram {
    /// Bounds between buckets, in seconds, ascending.
    pub bounds_seconds: Vec<f64>,
    /// Number of waits in each bucket. There is one bucket more than bounds: the first is
    /// below all of them, the last above.
    pub counts: Vec<u64>,
}

/// Cause for which a goroutine came to wait for a P.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum CauseName {
    /// The goroutine was created.
    Created,
    /// The goroutine was unblocked from a wait.
    Unblocked,
    /// The goroutine had to stop running.
    Stopped,
    /// The goroutine's system call returned after its P was taken away.
    #[serde(rename = "syscall ended")]
    SyscallEnded,
    /// The goroutine was waiting when the trace began.
    #[serde(rename = "at start")]
    AtStart,
}

/// Waits for one cause.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct CauseWaits<'a> {
    /// Cause of the waits.
    pub cause: CauseName,
    /// Number of waits.
    pub count: u64,
    /// Extremes, mean and quantiles.
    #[serde(flatten)]
    pub figures: Figures,
    /// Runtime's reason for the wait or stop before, such as `chan receive`; null if that
    /// began before the trace, and for causes that have none.
    pub reason: Option<Cow<'a, str>>,
    /// Sum of the waits, in nanoseconds.
    pub sum: i64,
}

/// Waits of goroutines that began with one function.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct FunctionWaits<'a> {
    /// Number of waits.
    pub count: u64,
    /// Name of the function; null for goroutines of which the trace has no stack.
    pub function: Option<Cow<'a, str>>,
    /// Extremes, mean and quantiles.
    #[serde(flatten)]
    pub figures: Figures,
    /// Sum of the waits, in nanoseconds.
    pub sum: i64,
}

/// Waits of goroutines that were woken by goroutines that began with one function.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct WakerWaits<'a> {
    /// Number of waits.
    pub count: u64,
    /// Function that the wakers began with; null if that is not known, or the scheduler
    /// woke them.
    pub function: Option<Cow<'a, str>>,
    /// Extremes, mean and quantiles.
    #[serde(flatten)]
    pub figures: Figures,
    /// True if the scheduler woke them, and no goroutine: for the network, or a timer.
    pub scheduler: bool,
    /// Sum of the waits, in nanoseconds.
    pub sum: i64,
}

/// A wait among the longest.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct WorstWait<'a> {
    /// Cause of the wait.
    pub cause: CauseName,
    /// Function that it began with; null if the trace has no stack of it.
    pub function: Option<Cow<'a, str>>,
    /// Goroutine that waited.
    pub goroutine: u64,
    /// Length of the wait, in nanoseconds.
    pub nanos: i64,
    /// True if the wait was over when the trace ended.
    pub over: bool,
    /// P that it ran on after the wait; null if it did not run, or that is not known.
    pub proc: Option<u64>,
    /// Runtime's reason for the wait or stop before; null if that began before the trace,
    /// and for causes that have none.
    pub reason: Option<Cow<'a, str>>,
    /// Stack of the goroutine.
    pub stack: Vec<Frame<'a>>,
    /// Time at which the wait began, in nanoseconds on the trace's clock.
    pub time: i64,
    /// Goroutine that made it runnable; null if none did.
    pub waker: Option<u64>,
    /// Function that the waker began with; null if that is not known.
    pub waker_function: Option<Cow<'a, str>>,
    /// Stack of the waker.
    pub waker_stack: Vec<Frame<'a>>,
}

impl<'a> LatencyReport<'a> {
    /// Reports the waits, in the order in which `latency` lists them.
    pub fn new(latency: &'a Latency, warnings: &[Warning]) -> LatencyReport<'a> {
        let bounds = RuntimeBuckets::bounds();
        let last = bounds.len().saturating_sub(1);
        LatencyReport {
            causes: latency.causes.iter().map(CauseWaits::from).collect(),
            count: latency.waits.count(),
            functions: latency.functions.iter().map(FunctionWaits::from).collect(),
            // JSON has no infinities: the first and the last bucket have no bound there.
            histogram: LatencyHistogram {
                bounds_seconds: bounds.get(1..last).unwrap_or_default().to_vec(),
                counts: latency.histogram.counts().to_vec(),
            },
            figures: Figures::from(&latency.waits),
            sum: latency.waits.sum(),
            switches: latency.switches,
            unfinished: latency.unfinished,
            wakers: latency.wakers.iter().map(WakerWaits::from).collect(),
            warnings: texts(warnings),
            worst: latency.worst.iter().map(|wait| WorstWait::new(wait, &latency.stacks)).collect(),
        }
    }
}

/// Returns a cause, with the reason that belongs to it.
fn cause(cause: &WaitCause) -> (CauseName, Option<Cow<'_, str>>) {
    match cause {
        WaitCause::Created => (CauseName::Created, None),
        WaitCause::Unblocked(reason) => (CauseName::Unblocked, name(reason)),
        WaitCause::Stopped(reason) => (CauseName::Stopped, name(reason)),
        WaitCause::SyscallEnded => (CauseName::SyscallEnded, None),
        WaitCause::AtStart => (CauseName::AtStart, None),
    }
}

impl<'a> From<&'a ByCause> for CauseWaits<'a> {
    fn from(by: &'a ByCause) -> CauseWaits<'a> {
        let waits: &Durations = &by.waits;
        let (cause, reason) = cause(&by.cause);
        CauseWaits { cause, count: waits.count(), figures: waits.into(), reason, sum: waits.sum() }
    }
}

impl<'a> From<&'a ByFunction> for FunctionWaits<'a> {
    fn from(by: &'a ByFunction) -> FunctionWaits<'a> {
        let waits = &by.waits;
        let function = by.function.as_deref().map(text);
        FunctionWaits { count: waits.count(), function, figures: waits.into(), sum: waits.sum() }
    }
}

impl<'a> From<&'a ByWaker> for WakerWaits<'a> {
    fn from(by: &'a ByWaker) -> WakerWaits<'a> {
        let waits = &by.waits;
        let function = by.function.as_deref().map(text);
        let scheduler = by.scheduler;
        WakerWaits { count: waits.count(), function, figures: waits.into(), scheduler, sum: waits.sum() }
    }
}

impl<'a> WorstWait<'a> {
    fn new(wait: &'a Wait, stacks: &'a Stacks) -> WorstWait<'a> {
        let (cause, reason) = cause(&wait.cause);
        WorstWait {
            cause,
            function: wait.function.as_deref().map(text),
            goroutine: wait.goroutine.0,
            nanos: wait.nanos,
            over: wait.over,
            proc: wait.proc.map(|proc| proc.0),
            reason,
            stack: stack(stacks, wait.own_stack),
            time: wait.since.0,
            waker: wait.waker.map(|waker| waker.0),
            waker_function: wait.waker_function.as_deref().map(text),
            waker_stack: stack(stacks, wait.waker_stack),
        }
    }
}
