//! What is wrong with a scheduler, if anything: the patterns that most trouble
//! in production comes down to, recognised in an execution trace or in the log
//! that `GODEBUG=schedtrace` writes.
//!
//! ```text
//! trace ──> observe ──┐
//!                     ├──> Observation ──> rules ──> findings
//! log ────> log ──────┘    samples, facts
//! ```
//!
//! Both are first brought into one form: a series of [`Sample`]s of what the
//! scheduler looked like, and facts besides. The rules see nothing else, so a
//! pattern is the same thing in both.

mod log;
pub mod observation;
mod observe;
mod rules;
pub mod thresholds;

pub use log::ObserveLog;
pub use observation::{Observation, Sample, Source};
pub use observe::Observe;
pub use thresholds::Thresholds;

use crate::ids::GoId;
use std::fmt;

/// What can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Pattern {
    /// More goroutines want to run than the Ms and Ps there are can, all the time.
    MStarvation,
    /// System calls or C code block so many Ms that the runtime keeps making more.
    SyscallStorm,
    /// The network makes more goroutines ready at a time than can be run.
    NetpollerSaturation,
    /// The garbage collector stops or takes over the program.
    GcStall,
    /// A P does nothing but one goroutine that will not be preempted.
    StuckP,
    /// Ps are idle while goroutines wait for one.
    IdlePs,
    /// Goroutines become ever more.
    GoroutineGrowth,
    /// One goroutine keeps one P busy, and the others have nothing to do.
    PinnedP,
    /// Many goroutines queue for one lock.
    LockConvoy,
    /// Goroutines wait much longer for a P while the collector marks.
    GcLatency,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Pattern; 10] = [
        Pattern::MStarvation,
        Pattern::SyscallStorm,
        Pattern::NetpollerSaturation,
        Pattern::GcStall,
        Pattern::StuckP,
        Pattern::IdlePs,
        Pattern::GoroutineGrowth,
        Pattern::PinnedP,
        Pattern::LockConvoy,
        Pattern::GcLatency,
    ];

    /// Its name, for people and for scripts.
    pub fn name(self) -> &'static str {
        match self {
            Pattern::MStarvation => "m-starvation",
            Pattern::SyscallStorm => "syscall-storm",
            Pattern::NetpollerSaturation => "netpoller-saturation",
            Pattern::GcStall => "gc-stall",
            Pattern::StuckP => "stuck-p",
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

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It costs throughput or latency.
    Warning,
    /// It is what ails the program.
    Critical,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }
}

/// A stretch of the observation, in nanoseconds since its beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// Where it begins.
    pub start: i64,
    /// Where it ends.
    pub end: i64,
}

impl Stretch {
    /// How long it is, in nanoseconds.
    pub fn length(self) -> i64 {
        self.end.saturating_sub(self.start)
    }
}

/// Something that was seen and speaks for a finding.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Evidence {
    /// What was seen, in words.
    pub text: String,
    /// When.
    pub when: Option<Stretch>,
    /// In which line of the log, from 1.
    pub line: Option<u64>,
    /// Of which goroutine.
    pub goroutine: Option<GoId>,
    /// The functions of its stack, innermost first.
    pub stack: Vec<String>,
}

impl Evidence {
    /// Evidence that is told in words alone.
    pub(crate) fn text(text: impl Into<String>) -> Evidence {
        Evidence { text: text.into(), ..Evidence::default() }
    }
}

/// A rule that fired: what was measured, and what it was held against.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// What was measured, in words.
    pub text: String,
    /// How much it came to.
    pub value: f64,
    /// The name of the threshold in [`Thresholds`].
    pub threshold: &'static str,
    /// The threshold.
    pub limit: f64,
}

/// Something that is wrong.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// Which pattern.
    pub pattern: Pattern,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub headline: String,
    /// Why this was concluded.
    pub rule: Rule,
    /// When it was so, longest stretches first; not all of them.
    pub when: Vec<Stretch>,
    /// What speaks for it.
    pub evidence: Vec<Evidence>,
    /// What it means and what to try, for somebody who has not seen it before.
    pub advice: &'static str,
}

/// What a diagnosis came to.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What was found, the worst first.
    pub findings: Vec<Finding>,
    /// What limits the diagnosis.
    pub notes: Vec<String>,
}

impl Diagnosis {
    /// What the observation shows.
    pub fn of(observation: &Observation, thresholds: &Thresholds) -> Diagnosis {
        let mut findings: Vec<Finding> = rules::ALL.iter().filter_map(|rule| rule(observation, thresholds)).collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.pattern));
        Diagnosis { findings, notes: rules::caveats::of(observation) }
    }

    /// How bad the worst is.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}
