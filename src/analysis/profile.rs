//! Where goroutines spend their time: profiles by stack, as `go tool trace
//! -pprof=TYPE` computes them, and two more.
//!
//! A span begins when a goroutine enters the state that a profile is about, and
//! ends when it leaves it; its stack is that of the event that began it. Spans
//! with one stack are a sample: how many there were, and how long they took.

pub mod filter;
pub mod functions;
mod gos;
mod ledger;
mod part;
mod profiler;
mod profiles;
pub mod regions;
mod spans;

pub use filter::{Filter, Intervals};
pub use part::Part;
pub use profiler::Profiler;
pub use profiles::Profiles;

use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::event::transition::GoState;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What a profile is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ProfileKind {
    /// Waiting for the network.
    Net,
    /// Waiting for channels, locks and the rest of `sync`, and `select`.
    Sync,
    /// In system calls.
    Syscall,
    /// Ready to run, but not running. The stack is that of who made it so.
    Sched,
    /// All states, until the trace ends: each sample tells which, and for what it
    /// waited. Stacks are the goroutines' own: running time is put down to the
    /// stack at which it ended.
    Wall,
    /// What the CPU profiler recorded in the trace.
    Cpu,
}

impl ProfileKind {
    /// All there are.
    pub const ALL: [ProfileKind; 6] = [
        ProfileKind::Net,
        ProfileKind::Sync,
        ProfileKind::Syscall,
        ProfileKind::Sched,
        ProfileKind::Wall,
        ProfileKind::Cpu,
    ];

    /// Whether a span of it begins in that state, entered for that reason.
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

    /// The state that spans of it are in, if it is one.
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
pub struct Sample {
    /// The stack, in the profile's [`stacks`](Profile::stacks).
    pub stack: StackKey,
    /// In a [`ProfileKind::Wall`] profile, what state they were in.
    pub state: Option<GoState>,
    /// In such a profile, for what they waited; a name among those of the stacks.
    pub reason: NameId,
    /// How many there were.
    pub count: u64,
    /// How long they took, in nanoseconds; 0 in a [`ProfileKind::Cpu`] profile,
    /// for the trace does not tell how often samples were taken.
    pub nanos: i64,
}

/// A profile, made by a [`Profiler`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Profile {
    /// What it is about.
    pub kind: ProfileKind,
    /// The samples, those that took longest first.
    pub samples: Vec<Sample>,
    /// Their stacks.
    pub stacks: Arc<Stacks>,
}

impl Profile {
    /// How many spans there were, and how long they took together, in
    /// nanoseconds.
    pub fn total(&self) -> (u64, i64) {
        self.samples.iter().fold((0, 0), |(count, nanos), sample| {
            (count.saturating_add(sample.count), nanos.saturating_add(sample.nanos))
        })
    }

    /// What each function has of it, those with the most of their own first.
    pub fn functions(&self) -> Vec<FunctionTotal> {
        let mut totals: FxHashMap<NameId, FunctionTotal> = FxHashMap::default();
        let mut seen = Vec::new();
        for sample in &self.samples {
            let frames = self.stacks.frames(sample.stack);
            seen.clear();
            // What has no stack belongs to the nameless function.
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
        // By nanoseconds; in a CPU profile, where those are 0, by the count.
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

/// What a function has of a profile, as `go tool pprof -top` lists it: spans, and
/// nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunctionTotal {
    /// Its name among those of the profile's stacks; the empty one for what has no
    /// stack or no names.
    pub function: NameId,
    /// Of stacks that it is the innermost of.
    pub flat: (u64, i64),
    /// Of all stacks that it is in.
    pub cumulative: (u64, i64),
}
