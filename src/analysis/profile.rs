//! Profiles of goroutines' time by stack, as `go tool trace -pprof=TYPE` computes them, and
//! two more.
//!
//! A span begins when a goroutine enters the state that a profile is about, and
//! ends when it leaves it; its stack is that of the event that began it. Spans
//! with one stack are a sample: how many there were, and how long they took.

pub mod filter;
pub mod functions;
mod go_spans;
mod ledger;
mod part;
mod profiler;
mod profiles;
mod spans;

pub use filter::{Filter, WorkIntervals};
pub use part::Part;
pub use profiler::CollectProfile;
pub use profiles::CollectProfiles;

use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::spec::state::GoState;
use rustc_hash::FxHashMap;
use std::sync::Arc;
use std::time::Duration;

/// Subject of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ProfileKind {
    /// Waiting for the network.
    Net,
    /// Waiting for channels, locks and the rest of `sync`, and `select`.
    Sync,
    /// In system calls.
    Syscall,
    /// Ready to run, but not running. The stack is that of the goroutine that made it so.
    Sched,
    /// All states, until the trace ends: each sample has the state, and the reason for a
    /// wait. Stacks are the goroutines' own: running time counts for the stack at which it
    /// ended.
    Wall,
    /// Samples that the CPU profiler recorded in the trace.
    Cpu,
}

impl ProfileKind {
    /// All kinds.
    pub const ALL: [ProfileKind; 6] = [
        ProfileKind::Net,
        ProfileKind::Sync,
        ProfileKind::Syscall,
        ProfileKind::Sched,
        ProfileKind::Wall,
        ProfileKind::Cpu,
    ];

    /// Returns whether a span of this kind begins with a state entered for a reason.
    fn is_about(self, state: GoState, reason: &[u8]) -> bool {
        let says = |part: &[u8]| reason.windows(part.len()).any(|here| here == part);
        match self {
            ProfileKind::Net => state == GoState::Waiting && reason == b"network",
            ProfileKind::Sync => state == GoState::Waiting && (says(b"chan") || says(b"sync") || says(b"select")),
            ProfileKind::Syscall => state == GoState::Syscall,
            ProfileKind::Sched => state == GoState::Runnable,
            ProfileKind::Wall => !matches!(state, GoState::NotExist | GoState::Undetermined),
            ProfileKind::Cpu => false,
        }
    }

    /// Returns the state that spans of this kind are in, if it is a single one.
    fn state(self) -> Option<GoState> {
        match self {
            ProfileKind::Net | ProfileKind::Sync => Some(GoState::Waiting),
            ProfileKind::Syscall => Some(GoState::Syscall),
            ProfileKind::Sched => Some(GoState::Runnable),
            ProfileKind::Wall | ProfileKind::Cpu => None,
        }
    }
}

/// All spans with one stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// Stack, in the profile's [`stacks`](Profile::stacks).
    pub stack: StackKey,
    /// State of the spans, in a [`ProfileKind::Wall`] profile.
    pub state: Option<GoState>,
    /// Reason of waits, in such a profile; a name in the profile's stacks.
    pub reason: NameId,
    /// Number of spans.
    pub count: u64,
    /// Time of the spans, in nanoseconds; 0 in a [`ProfileKind::Cpu`] profile, since the
    /// trace does not state the sampling rate.
    pub nanos: i64,
}

/// A profile, made by a [`CollectProfile`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Profile {
    /// Subject of the profile.
    pub kind: ProfileKind,
    /// Samples, the longest first.
    pub samples: Vec<Sample>,
    /// Stacks of the samples.
    pub stacks: Arc<Stacks>,
}

impl Profile {
    /// Returns the number of spans, and their time in nanoseconds.
    pub fn total(&self) -> (u64, i64) {
        self.samples.iter().fold((0, 0), |(count, nanos), sample| {
            (count.saturating_add(sample.count), nanos.saturating_add(sample.nanos))
        })
    }

    /// Returns the time of a number of its spans or samples, in nanoseconds. CPU samples have
    /// no time in the trace: each stands for `cpu_period`.
    pub fn time(&self, (count, nanos): (u64, i64), cpu_period: Duration) -> i64 {
        if self.kind != ProfileKind::Cpu {
            return nanos;
        }
        let period = i64::try_from(cpu_period.as_nanos()).unwrap_or(i64::MAX);
        i64::try_from(count).unwrap_or(i64::MAX).saturating_mul(period)
    }

    /// Returns the totals of each function, those with the most time of their own first.
    pub fn functions(&self) -> Vec<FunctionTotal> {
        let mut totals: FxHashMap<NameId, FunctionTotal> = FxHashMap::default();
        let mut seen = Vec::new();
        for sample in &self.samples {
            let frames = self.stacks.frames(sample.stack);
            seen.clear();
            // A sample without a stack belongs to the nameless function.
            seen.extend(frames.iter().map(|frame| frame.func));
            let innermost = seen.first().copied().unwrap_or(NameId::EMPTY);
            seen.push(innermost);
            seen.sort_unstable();
            seen.dedup();
            for &function in &seen {
                let none = FunctionTotal { function, flat: (0, 0), cumulative: (0, 0) };
                let total = totals.entry(function).or_insert(none);
                let add = |to: &mut (u64, i64)| *to = (to.0 + sample.count, to.1.saturating_add(sample.nanos));
                add(&mut total.cumulative);
                if function == innermost {
                    add(&mut total.flat);
                }
            }
        }
        let mut totals: Vec<FunctionTotal> = totals.into_values().collect();
        // Ordered by nanoseconds; in a CPU profile, where those are 0, by the count.
        let key = |total: &FunctionTotal| {
            let swap = |(count, nanos): (u64, i64)| (nanos, count);
            (swap(total.flat), swap(total.cumulative))
        };
        totals.sort_unstable_by(|a, b| {
            let name = |total: &FunctionTotal| self.stacks.names.get(total.function);
            key(b).cmp(&key(a)).then_with(|| name(a).cmp(name(b)))
        });
        totals
    }
}

/// Totals of a function in a profile, as `go tool pprof -top` lists it: number of spans,
/// and nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FunctionTotal {
    /// Name of the function in the profile's stacks; the empty one for samples without a
    /// stack or names.
    pub function: NameId,
    /// Totals of samples that have it as the innermost function.
    pub flat: (u64, i64),
    /// Totals of all samples that have it in their stack.
    pub cumulative: (u64, i64),
}
