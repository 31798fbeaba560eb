//! Reports: the output of the command's `--json`, as types that serialize.
//!
//! Each form of `--json` is a type here, made from the result of an analysis, with names in
//! the place of their numbers. Its fields are in order of their names, which is the order
//! in which they are printed.
//!
//! - Times are in nanoseconds on the trace's clock, durations in nanoseconds, sizes in bytes;
//!   a field of another unit says so in its name or its docs.
//! - Null stands for a value that the trace or log does not have, or that does not apply.
//! - A name that is not UTF-8 has U+FFFD in place of the bytes that are not.
//!
//! ```
//! # let bytes = include_bytes!("../testdata/traces/go1.27/mixed.trace");
//! use gotrace::analysis::latency::CollectLatency;
//! use gotrace::report::LatencyReport;
//!
//! let trace = gotrace::Trace::parse(bytes)?;
//! let analyzed = trace.analyze(CollectLatency::new(3))?;
//! let report = LatencyReport::new(&analyzed.output, &analyzed.warnings);
//! assert_eq!(report.worst.len(), 3);
//! println!("{}", serde_json::to_string_pretty(&report)?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the feature `schema`, [`schemas`] returns the JSON Schema of each.

mod check;
mod comparison;
mod count;
mod diagnose;
mod diff;
mod distribution;
mod events;
mod footprint;
mod gc;
mod gctrace;
pub mod goroutines;
mod latency;
pub mod log;
mod metrics;
mod mmu;
mod over_time;
mod path;
pub mod pprof;
mod procs;
mod regions;
mod repair;
mod run;
mod schedtrace;
#[cfg(feature = "schema")]
mod schemas;
mod stack;
mod stats;
mod stw;
pub mod summary;
mod tasks;
mod text;

pub use check::{CheckReport, DefectReport, GoReader};
pub use comparison::{ComparedFigures, ComparedLog, ComparisonReport};
pub use count::CountReport;
pub use diagnose::{DiagnosisReport, EvidenceReport, FindingReport, InputKind, RuleReport, StretchReport};
pub use diff::{ComparedFigure, ComparedSide, ComparedTrace, DiffReport, JudgedCondition, LeftOutTrace, SampleOfSide};
pub use distribution::{Distribution, Figures, Spread};
pub use events::{EventFrame, EventLine, EventStack, EventsLine, StackLine};
pub use footprint::{FootprintReport, FootprintRow};
pub use gc::{AssistPayer, CutAt, Cycle, GcReport};
pub use gctrace::{GctraceCpu, GctraceHeap, GctraceReport};
pub use goroutines::{GoroutineCountsReport, GoroutineGroupsReport, GoroutinesReport, LeaksReport};
pub use latency::{CauseName, CauseWaits, FunctionWaits, LatencyHistogram, LatencyReport, WakerWaits, WorstWait};
pub use log::{LogLine, LogLines};
pub use metrics::{
    CollectorMetric, CollectorQuantile, CollectorSummary, CollectorValue, GoCollector, MetricBucket, MetricHistogram,
    MetricKind, MetricReport, MetricValue, MetricsReport,
};
pub use mmu::{MmuReport, WindowLength, WorstWindow};
pub use over_time::OverTime;
pub use path::{
    PathCause, PathComparison, PathPart, PathParts, PathReport, PathSegment, PathStep, PathTree, PathsReport,
};
pub use pprof::ProfileReport;
pub use procs::{
    IdleBesideRunnable, LongRun, LongestBeside, OneProc, PTakers, ProcsReport, SyscallsAt, SyscallsReport,
    ThreadsReport, WaitsBeside,
};
pub use regions::{Bucket, OneRegion, RegionType, RegionTypesReport, RegionsReport};
pub use repair::{GoAccepts, RepairReport};
pub use run::RunReport;
pub use schedtrace::{SchedtraceCycles, SchedtraceGauge, SchedtraceReport, SchedtraceRow};
#[cfg(feature = "schema")]
pub use schemas::schemas;
pub use stack::Frame;
pub use stats::Stats;
pub use stw::{LongStop, StopReason, StwReport};
pub use summary::SummaryReport;
pub use tasks::{OneTask, TaskLog, TaskType, TaskTypesReport, TasksReport};
