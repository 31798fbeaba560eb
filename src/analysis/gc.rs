//! The garbage collector's cycles, and every stop of the world.

mod collect;

pub use collect::CollectGc;

use crate::analysis::durations::Durations;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::ids::GoId;
use crate::time::Time;
use std::sync::Arc;

/// One collection, as far as the trace has it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Cycle {
    /// When marking began; none if it had when the trace did.
    pub start: Option<Time>,
    /// When marking ended; none if it had not when the trace did.
    pub end: Option<Time>,
    /// How long the world was stopped before it: sweep termination, in
    /// nanoseconds.
    pub sweep_termination: Option<i64>,
    /// How long the world was stopped after it: mark termination.
    pub mark_termination: Option<i64>,
    /// How often goroutines had to help.
    pub assists: u64,
    /// How long they did, in nanoseconds, as far as they ran.
    pub assisting: i64,
    /// How long dedicated workers ran.
    pub dedicated: i64,
    /// How long fractional workers ran.
    pub fractional: i64,
    /// How long workers ran where nothing else wanted to.
    pub idle: i64,
    /// The live heap when it began, in bytes.
    pub heap_before: Option<u64>,
    /// The most that it came to while it marked.
    pub heap_peak: Option<u64>,
    /// What was left when it ended.
    pub heap_after: Option<u64>,
    /// The size that it was to be kept below.
    pub goal: Option<u64>,
    /// How many bytes were swept after it, until the next one.
    pub swept: u64,
    /// How many of them were free.
    pub reclaimed: u64,
    /// How long goroutines swept, in nanoseconds.
    pub sweeping: i64,
}

impl Cycle {
    /// How long it marked, if the trace has all of that, in nanoseconds.
    pub fn marking(&self) -> Option<i64> {
        Some(self.end?.since(self.start?))
    }
}

/// A stop of the world.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Stop {
    /// For what, in the runtime's words.
    pub reason: NameId,
    /// When it began.
    pub start: Time,
    /// How long it took, in nanoseconds.
    pub nanos: i64,
    /// Who stopped it.
    pub goroutine: Option<GoId>,
    /// With which stack.
    pub stack: StackKey,
    /// How many goroutines it delayed: those that ran, or were ready to, besides
    /// the one that stopped it.
    pub delayed: u64,
}

/// Stops for one reason.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StopKind {
    /// The reason.
    pub reason: NameId,
    /// Whether it is the collector's, as `runtime/metrics` tells them apart.
    pub is_gc: bool,
    /// How long they took.
    pub times: Durations,
    /// How many goroutines they delayed, all together.
    pub delayed: u64,
}

/// Who helped to mark most.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Payer {
    /// The function that the goroutines began with.
    pub function: NameId,
    /// How often they helped.
    pub assists: u64,
    /// How long, in nanoseconds.
    pub nanos: i64,
}

/// What the collector did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Gc {
    /// When the trace begins.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// The cycles, in order.
    pub cycles: Vec<Cycle>,
    /// Who paid for assists, the most first.
    pub payers: Vec<Payer>,
    /// The stops of the world by reason, those that took longest first.
    pub kinds: Vec<StopKind>,
    /// The longest stops, the longest first.
    pub longest: Vec<Stop>,
    /// The processors' time: `GOMAXPROCS` times the trace's, in nanoseconds.
    pub capacity: i64,
    /// The size that the heap is to be kept below, at the end, in bytes.
    pub goal: Option<u64>,
    /// The stacks, and all names.
    pub stacks: Arc<Stacks>,
}

impl Gc {
    /// The stops of the world, those of the collector or the others.
    pub fn pauses(&self, of_gc: bool) -> Durations {
        let mut all = Durations::default();
        self.kinds.iter().filter(|kind| kind.is_gc == of_gc).for_each(|kind| all.merge(&kind.times));
        all
    }

    /// For how long of a time the collector marked, in nanoseconds.
    pub fn marking_within(&self, start: Time, end: Time) -> i64 {
        let begins = |cycle: &Cycle| cycle.start.unwrap_or(self.start);
        let ends = |cycle: &Cycle| cycle.end.unwrap_or(self.end);
        let later = self.cycles.partition_point(|cycle| ends(cycle) <= start);
        let during = self.cycles.iter().skip(later).take_while(|cycle| begins(cycle) < end);
        during.map(|cycle| ends(cycle).min(end).since(begins(cycle).max(start)).max(0)).fold(0, i64::saturating_add)
    }

    /// The processors' time that the collector took from the program, in
    /// nanoseconds: workers that are not idle ones, assists, and sweeping.
    pub fn taken(&self) -> i64 {
        let of = |cycle: &Cycle| {
            [cycle.dedicated, cycle.fractional, cycle.assisting, cycle.sweeping]
                .into_iter()
                .fold(0, i64::saturating_add)
        };
        self.cycles.iter().map(of).fold(0, i64::saturating_add)
    }
}
