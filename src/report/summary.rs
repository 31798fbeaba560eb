//! `gotrace summary --json`.

mod make;

use super::distribution::Distribution;
use super::text::{text, texts};
use crate::analysis::Compat;
use crate::analysis::latency::{CollectLatency, Latency};
use crate::analysis::mmu::{CollectUtilization, Curve, Flags};
use crate::analysis::procs::{CollectProcs, Procs};
use crate::analysis::profile::{CollectProfiles, Profile, ProfileKind};
use crate::analysis::summary::{CollectSummary, Summary};
use crate::diagnose::{CollectObservation, Diagnosis, Observation, Thresholds};
use crate::error::warning::Warning;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Lengths of the windows for the minimum mutator utilization, in nanoseconds.
pub const WINDOWS: [i64; 2] = [10_000_000, 100_000_000];

/// Analyses behind a summary, to be done in one pass.
pub type Questions =
    (CollectSummary, (CollectLatency, CollectProcs, CollectUtilization, CollectProfiles, CollectObservation));

/// Answers of those analyses.
type Answers = (Summary, (Latency, Procs, Curve, Vec<Profile>, Observation));

/// Returns the analyses behind a summary. [`Summarized::new`] makes it from their output.
pub fn questions() -> Questions {
    let mut flags = Flags::default();
    (flags.stw, flags.background, flags.assist) = (true, true, true);
    let blocked = [ProfileKind::Sync, ProfileKind::Net, ProfileKind::Syscall];
    let others = (
        CollectLatency::new(0),
        CollectProcs::default(),
        CollectUtilization::new(flags, Compat::Right),
        CollectProfiles::of(blocked),
        CollectObservation::default(),
    );
    (CollectSummary::default(), others)
}

/// Summary of a trace, by all analyses together.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summarized {
    /// Counts and times of its parts.
    pub summary: Summary,
    /// Times that goroutines waited for a P.
    pub latency: Latency,
    /// Figures of the Ps.
    pub procs: Procs,
    /// Minimum mutator utilization.
    pub mmu: Curve,
    /// Times that goroutines blocked.
    pub blocked: Blocked,
    /// Diagnosis of the scheduler.
    pub diagnosis: Diagnosis,
}

impl Summarized {
    /// Makes a summary from the answers to [`questions`], and the defects that were met.
    pub fn new((summary, (latency, procs, mmu, profiles, mut observed)): Answers, warnings: &[Warning]) -> Summarized {
        observed.damaged(warnings);
        let nanos = |kind| profiles.iter().find(|profile| profile.kind == kind).map_or(0, |p| p.total().1);
        let blocked = Blocked {
            net: nanos(ProfileKind::Net),
            sync: nanos(ProfileKind::Sync),
            syscall: nanos(ProfileKind::Syscall),
        };
        let diagnosis = Diagnosis::of(&observed, &Thresholds::default());
        Summarized { summary, latency, procs, mmu, blocked, diagnosis }
    }
}

/// Summary of a trace.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SummaryReport<'a> {
    /// Times that goroutines blocked, summed up.
    pub blocked: Blocked,
    /// Size of the trace, in bytes.
    pub bytes: usize,
    /// Number of CPU samples.
    pub cpu_samples: u64,
    /// Time at which the trace ends, in nanoseconds on its clock.
    pub end: i64,
    /// Number of events, syncs included.
    pub events: u64,
    /// Name of the file.
    pub file: &'a str,
    /// Findings about the scheduler, the worst first.
    pub findings: Vec<FoundPattern<'a>>,
    /// Work of the garbage collector.
    pub gc: GcWork,
    /// Number of generations that were read.
    pub generations: u64,
    /// GOMAXPROCS; null if the trace does not have it.
    pub gomaxprocs: Option<Values>,
    /// Figures of the goroutines.
    pub goroutines: Goroutines<'a>,
    /// Sizes of the heap.
    pub heap: Heap,
    /// Time in which Ps idled beside runnable goroutines.
    pub idle_beside: LostTime,
    /// Times that goroutines waited for a P.
    pub latency: Distribution,
    /// Number of log messages.
    pub logs: u64,
    /// Minimum mutator utilization of some windows; null if the trace does not say how many
    /// Ps there are.
    pub mmu: Option<Vec<WindowMmu>>,
    /// Time of the Ps.
    pub procs: PsTime,
    /// Number of regions that the trace has a part of.
    pub regions: u64,
    /// Length of the trace, in nanoseconds.
    pub span: i64,
    /// Time at which the trace begins, in nanoseconds on its clock.
    pub start: i64,
    /// Stops of the world by reason, the longest in sum first.
    pub stw: Vec<StopsFor<'a>>,
    /// Numbers of system calls.
    pub syscalls: SyscallCounts,
    /// Number of tasks that the trace mentions, without the background task.
    pub tasks: u64,
    /// Number of threads that appear.
    pub threads: usize,
    /// Verdict on the scheduler: `found`, `healthy` or `too-little`.
    pub verdict: &'static str,
    /// Version of the trace's format, such as `go 1.26`.
    pub version: String,
    /// Time of day when the trace began; null before Go 1.25.
    pub wall_start: Option<TimeOfDay>,
    /// Defects of the trace that were met.
    pub warnings: Vec<String>,
}

/// Times that goroutines blocked, summed up, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Blocked {
    /// Time blocked on the network, in nanoseconds.
    pub net: i64,
    /// Time blocked on channels, locks and select, in nanoseconds.
    pub sync: i64,
    /// Time in system calls, in nanoseconds.
    pub syscall: i64,
}

/// A pattern that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct FoundPattern<'a> {
    /// Summary of the finding, in a sentence.
    pub headline: &'a str,
    /// Name of the pattern, such as `gc-stall`.
    pub pattern: &'static str,
    /// Severity: `info`, `warning` or `critical`.
    pub severity: &'static str,
}

/// Work of the garbage collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GcWork {
    /// Processor time of mark assists, in nanoseconds.
    pub assisting: i64,
    /// Number of mark assists.
    pub assists: u64,
    /// Number of mark phases that the trace has a part of.
    pub cycles: u64,
    /// Time of those phases, in nanoseconds.
    pub marking: i64,
}

/// Values that a figure took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Values {
    /// Last value.
    pub last: u64,
    /// Greatest value.
    pub max: u64,
    /// Least value.
    pub min: u64,
}

/// Figures of the goroutines.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Goroutines<'a> {
    /// Number of goroutines when the trace ends.
    pub at_end: u64,
    /// Number of goroutines when the trace began.
    pub at_start: u64,
    /// Number of goroutines that were created.
    pub created: u64,
    /// Number of goroutines that ended.
    pub ended: u64,
    /// Most goroutines at one time.
    pub most: u64,
    /// Times of the goroutines, summed up.
    pub times: StateTimes,
    /// Functions whose goroutines ran longest.
    pub top: Vec<FunctionTimes<'a>>,
}

/// Times of goroutines in each state, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct StateTimes {
    /// Time ready to run, but without a P, in nanoseconds.
    pub runnable: i64,
    /// Time running, in nanoseconds.
    pub running: i64,
    /// Time in system calls or C code, in nanoseconds.
    pub syscall: i64,
    /// Time waiting for something, in nanoseconds.
    pub waiting: i64,
}

/// Goroutines that began with one function.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct FunctionTimes<'a> {
    /// Number of goroutines.
    pub count: u64,
    /// Name of the function; null for goroutines of which the trace has no stack.
    pub function: Option<Cow<'a, str>>,
    /// Times of the goroutines, summed up.
    pub times: StateTimes,
}

/// Sizes of the heap, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Heap {
    /// Heap size at which it is collected, in bytes; null if there was no such goal, as
    /// with GOGC=off.
    pub goal: Option<Values>,
    /// Live heap, in bytes; null if the trace does not have it.
    pub live: Option<Values>,
}

/// Time in which Ps idled beside runnable goroutines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LostTime {
    /// Processor time that the Ps could have run then, in nanoseconds.
    pub lost: i64,
    /// Time that a P idled beside a runnable goroutine, in nanoseconds.
    pub time: i64,
}

/// Minimum mutator utilization of windows of one length.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct WindowMmu {
    /// Least share of the processors that the program had, from 0 to 1.
    pub mmu: f64,
    /// Length in nanoseconds.
    pub window: i64,
}

/// Time of the Ps.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct PsTime {
    /// Time that they could have run, summed up, in nanoseconds.
    pub capacity: i64,
    /// Number of Ps that appear.
    pub count: usize,
    /// Time that threads had them, summed up, in nanoseconds.
    pub running: i64,
}

/// Stops of the world for one reason.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct StopsFor<'a> {
    /// Number of stops.
    pub count: u64,
    /// Length of the longest stop, in nanoseconds.
    pub max: i64,
    /// Reason in the runtime's words.
    pub reason: Cow<'a, str>,
    /// Length of all stops, in nanoseconds.
    pub total: i64,
}

/// Numbers of system calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SyscallCounts {
    /// Number that began.
    pub count: u64,
    /// Number that lost their P.
    pub lost: u64,
}

/// A time of day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct TimeOfDay {
    /// Nanoseconds of the second.
    pub nanos: u32,
    /// Seconds since 1970.
    pub secs: i64,
}
