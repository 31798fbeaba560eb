//! Parts of a diagnosis.

use crate::base::ids::GoId;
use std::fmt;

/// Patterns of trouble that a diagnosis recognizes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Pattern {
    /// Goroutines wait for an M while others search for work: Ms spin, queues are
    /// uneven, Ps idle beside work that only some other thread may do.
    MStarvation,
    /// System calls or C code block so many Ms that the runtime keeps making more.
    SyscallStorm,
    /// Very many goroutines wait for the network, and hardly any is runnable.
    NetpollerSaturation,
    /// The garbage collector stops or takes over the program.
    GcStall,
    /// A P picks no goroutine any more: the one that it has makes system calls
    /// without end.
    StuckP,
    /// More goroutines want to compute than there are Ps.
    CpuSaturation,
    /// The network makes more goroutines runnable at a time than can be run.
    NetpollBacklog,
    /// A goroutine keeps its P and will not be preempted.
    Unpreempted,
    /// Ps are idle while goroutines wait for one.
    IdlePs,
    /// Goroutines become ever more.
    GoroutineGrowth,
    /// A single goroutine keeps one P busy, and the others have nothing to do.
    PinnedP,
    /// Many goroutines queue for one lock.
    LockConvoy,
    /// Goroutines wait much longer for a P while the collector marks.
    GcLatency,
}

impl Pattern {
    /// All patterns.
    pub const ALL: [Pattern; 13] = [
        Pattern::MStarvation,
        Pattern::SyscallStorm,
        Pattern::NetpollerSaturation,
        Pattern::GcStall,
        Pattern::StuckP,
        Pattern::CpuSaturation,
        Pattern::NetpollBacklog,
        Pattern::Unpreempted,
        Pattern::IdlePs,
        Pattern::GoroutineGrowth,
        Pattern::PinnedP,
        Pattern::LockConvoy,
        Pattern::GcLatency,
    ];

    /// Returns the name, for people and for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Pattern::MStarvation => "m-starvation",
            Pattern::SyscallStorm => "syscall-storm",
            Pattern::NetpollerSaturation => "netpoller-saturation",
            Pattern::GcStall => "gc-stall",
            Pattern::StuckP => "stuck-p",
            Pattern::CpuSaturation => "cpu-saturation",
            Pattern::NetpollBacklog => "netpoll-backlog",
            Pattern::Unpreempted => "unpreempted",
            Pattern::IdlePs => "idle-ps",
            Pattern::GoroutineGrowth => "goroutine-growth",
            Pattern::PinnedP => "pinned-p",
            Pattern::LockConvoy => "lock-convoy",
            Pattern::GcLatency => "gc-latency",
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Severity of a finding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Costs throughput or latency.
    Warning,
    /// Main trouble of the program.
    Critical,
}

impl Severity {
    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// A stretch of the observation, in nanoseconds: of a trace since its first event; of a log
/// on the clock of its `SCHED` lines, so that 2 s is `SCHED 2000ms`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Start of the stretch.
    pub start: i64,
    /// End of the stretch.
    pub end: i64,
}

impl Stretch {
    /// Returns the length in nanoseconds.
    pub fn length(self) -> i64 {
        self.end.saturating_sub(self.start)
    }
}

/// A piece of evidence for a finding.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Evidence {
    /// Evidence in words.
    pub text: String,
    /// Time of the evidence; none if it is about the whole time.
    pub when: Option<Stretch>,
    /// Number of the line in the log, from 1.
    pub line: Option<u64>,
    /// Goroutine that it concerns.
    pub goroutine: Option<GoId>,
    /// Functions of the goroutine's stack, innermost first.
    pub stack: Vec<String>,
}

impl Evidence {
    /// Returns evidence in words alone.
    pub(crate) fn text(text: impl Into<String>) -> Evidence {
        Evidence { text: text.into(), ..Evidence::default() }
    }
}

/// A rule that applied: a measurement, and the threshold that it exceeded.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Description of the measurement.
    pub text: String,
    /// Value measured, in the threshold's unit.
    pub value: f64,
    /// Name of the threshold in [`Thresholds`](crate::diagnose::Thresholds).
    pub threshold: &'static str,
    /// Value of the threshold.
    pub limit: f64,
}

/// A pattern that was found.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// Pattern that was found.
    pub pattern: Pattern,
    /// Severity of the finding.
    pub severity: Severity,
    /// Summary in one sentence.
    pub headline: String,
    /// Rule by which it was found.
    pub rule: Rule,
    /// Longest stretches in which it held, in order of time.
    pub when: Vec<Stretch>,
    /// Evidence for it.
    pub evidence: Vec<Evidence>,
    /// Explanation and suggestions, for somebody who has not seen it before.
    pub advice: &'static str,
}

/// Verdict on a program as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// A pattern was found, or several.
    Found,
    /// No pattern was found, in enough lines or time.
    Healthy,
    /// No pattern was found, but in too little to exclude one; with the reason.
    TooLittle(String),
}

impl Verdict {
    /// Returns the name, for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Found => "found",
            Verdict::Healthy => "healthy",
            Verdict::TooLittle(_) => "too-little",
        }
    }
}

/// Result of a diagnosis.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Verdict on the program as a whole.
    pub verdict: Verdict,
    /// Findings, the worst first.
    pub findings: Vec<Finding>,
    /// Limits of the diagnosis.
    pub notes: Vec<String>,
}

impl Diagnosis {
    /// Returns the diagnosis with times that count from so many nanoseconds before the
    /// observation began.
    #[must_use]
    pub fn beginning_at(mut self, offset: i64) -> Diagnosis {
        let shift = |when: &mut Stretch| {
            (when.start, when.end) = (when.start.saturating_add(offset), when.end.saturating_add(offset));
        };
        for finding in &mut self.findings {
            finding.when.iter_mut().for_each(shift);
            finding.evidence.iter_mut().filter_map(|evidence| evidence.when.as_mut()).for_each(shift);
        }
        self
    }
}

/// Returns a duration in nanoseconds as text for people.
pub(super) fn nanos(value: f64) -> String {
    match value.abs() {
        v if v < 1e3 => format!("{value:.0} ns"),
        v if v < 1e6 => format!("{:.0} µs", value / 1e3),
        v if v < 1e9 => format!("{:.1} ms", value / 1e6),
        _ => format!("{:.2} s", value / 1e9),
    }
}
