//! The garbage collector's cycles, and every stop of the world.

mod collect;

pub use collect::CollectGc;

use crate::analysis::durations::Durations;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::base::ids::GoId;
use crate::base::time::Time;
use std::sync::Arc;

/// A collection, as far as it is in the trace.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Cycle {
    /// Time at which marking began; none if before the trace.
    pub start: Option<Time>,
    /// Time at which marking ended; none if it had not when the trace ended.
    pub end: Option<Time>,
    /// Start and end of the marking within the trace; none if it ended before the trace
    /// began.
    pub within: Option<(Time, Time)>,
    /// Length of the stop of the world before it (sweep termination), in nanoseconds.
    pub sweep_termination: Option<i64>,
    /// Length of the stop of the world after it (mark termination), in nanoseconds.
    pub mark_termination: Option<i64>,
    /// Number of mark assists.
    pub assists: u64,
    /// Time of the mark assists, in nanoseconds, as far as they ran and there was something
    /// to mark.
    pub assisting: i64,
    /// Time that dedicated workers marked, in nanoseconds.
    pub dedicated: i64,
    /// Time that fractional workers marked, in nanoseconds.
    pub fractional: i64,
    /// Time that workers marked where nothing else wanted to run, in nanoseconds.
    pub idle: i64,
    /// Live heap when it began, in bytes.
    pub heap_before: Option<u64>,
    /// Largest live heap while it marked, in bytes.
    pub heap_peak: Option<u64>,
    /// Live heap when it ended, in bytes.
    pub heap_after: Option<u64>,
    /// Heap size that the collector aimed to stay below, in bytes; none if there was no
    /// goal, as with GOGC=off, or the trace does not say.
    pub goal: Option<u64>,
    /// Number of bytes swept after it, until the next cycle.
    pub swept: u64,
    /// Number of swept bytes that were free.
    pub reclaimed: u64,
    /// Time that goroutines swept, in nanoseconds.
    pub sweeping: i64,
}

impl Cycle {
    /// Returns the time that it marked in the trace, in nanoseconds.
    pub fn marking(&self) -> i64 {
        self.within.map_or(0, |(from, to)| to.since(from))
    }

    /// Returns which ends of it the trace cuts off, if any.
    pub fn cut(&self) -> Option<Cut> {
        match (self.start, self.end) {
            (Some(_), Some(_)) => None,
            (None, Some(_)) => Some(Cut::Beginning),
            (Some(_), None) => Some(Cut::End),
            (None, None) => Some(Cut::Both),
        }
    }
}

/// Cuts of a [`Cycle`] by the ends of the trace.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cut {
    /// Marking had begun before the trace did.
    Beginning,
    /// Marking still went on when the trace ended.
    End,
    /// Both ends are missing.
    Both,
}

/// A stop-the-world.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Stop {
    /// Reason in the runtime's words.
    pub reason: NameId,
    /// Time at which it began.
    pub start: Time,
    /// Length in nanoseconds.
    pub nanos: i64,
    /// Goroutine that stopped the world.
    pub goroutine: Option<GoId>,
    /// Stack of that goroutine.
    pub stack: StackKey,
    /// Number of goroutines that it delayed: those that were running or runnable, besides
    /// the one that stopped the world.
    pub delayed: u64,
}

/// All stops of the world for one reason.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StopKind {
    /// Reason in the runtime's words.
    pub reason: NameId,
    /// True if the stops are the collector's, as `runtime/metrics` classifies them.
    pub is_gc: bool,
    /// Lengths of the stops, in nanoseconds.
    pub times: Durations,
    /// Number of goroutines that they delayed, summed up.
    pub delayed: u64,
}

/// Mark assists of the goroutines that began with one function.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Payer {
    /// Function that the goroutines began with.
    pub function: NameId,
    /// Number of assists.
    pub assists: u64,
    /// Time of the assists, in nanoseconds.
    pub nanos: i64,
}

/// Cycles, stops and costs of the garbage collector in a trace.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Gc {
    /// Time at which the trace begins.
    pub start: Time,
    /// Time at which it ends.
    pub end: Time,
    /// Cycles, in order.
    pub cycles: Vec<Cycle>,
    /// Mark assists by function, the longest first.
    pub payers: Vec<Payer>,
    /// Stops of the world by reason, the longest in sum first.
    pub kinds: Vec<StopKind>,
    /// Longest stops, the longest first.
    pub longest: Vec<Stop>,
    /// Processor time of the trace: `GOMAXPROCS` summed up over time, in nanoseconds.
    pub capacity: i64,
    /// Processor time in which Ps stood still for the collector, in nanoseconds: of each P
    /// from when it stopped to when the collector had done the work for which it stopped
    /// the world. [`Metrics`](crate::analysis::metrics::Metrics) count the same; a stop in
    /// [`kinds`](Self::kinds) lasts longer, until the world runs again.
    pub pausing: i64,
    /// Live heap at the end, in bytes; none if the trace does not say.
    pub heap: Option<u64>,
    /// Heap goal at the end, in bytes; none if there was no goal then, as with GOGC=off, or
    /// the trace does not say.
    pub goal: Option<u64>,
    /// Stacks and names.
    pub stacks: Arc<Stacks>,
}

impl Gc {
    /// Returns the lengths of the stops of the world: the collector's, or all others.
    pub fn pauses(&self, of_gc: bool) -> Durations {
        let mut all = Durations::default();
        self.kinds.iter().filter(|kind| kind.is_gc == of_gc).for_each(|kind| all.merge(&kind.times));
        all
    }

    /// Returns the time that the collector marked, in nanoseconds: the sum of all cycles,
    /// each as far as it is in the trace.
    pub fn marking(&self) -> i64 {
        self.cycles.iter().map(Cycle::marking).fold(0, i64::saturating_add)
    }

    /// Returns the time that the collector marked between two times, in nanoseconds.
    pub fn marking_within(&self, start: Time, end: Time) -> i64 {
        let marked = |cycle: &Cycle| cycle.within.unwrap_or((self.start, self.start));
        let later = self.cycles.partition_point(|cycle| marked(cycle).1 <= start);
        let during = self.cycles.iter().skip(later).map(marked).take_while(|(from, _)| *from < end);
        during.map(|(from, to)| to.min(end).since(from.max(start)).max(0)).fold(0, i64::saturating_add)
    }

    /// Returns the processor time that the collector took from the program, in nanoseconds:
    /// that of dedicated and fractional workers, assists, and pauses. Sweeping is the
    /// program's own work, as for the runtime.
    pub fn taken(&self) -> i64 {
        let of = |cycle: &Cycle| {
            [cycle.dedicated, cycle.fractional, cycle.assisting].into_iter().fold(0, i64::saturating_add)
        };
        self.cycles.iter().map(of).fold(self.pausing, i64::saturating_add)
    }
}
