//! Summary of a trace, on one page.

mod collect;
mod program;

pub use collect::CollectSummary;

use crate::analysis::TimeInStates;
use crate::base::time::Time;
use crate::generation::WallTime;
use crate::spec::state::GoState;

/// Summary of a trace.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// Time at which it begins.
    pub start: Time,
    /// Time at which it ends.
    pub end: Time,
    /// Time of day at which it began (Go 1.25+).
    pub wall_start: Option<WallTime>,
    /// Number of events, syncs included.
    pub events: u64,
    /// Number of generations that were read.
    pub generations: u64,
    /// Number of Ms that appear.
    pub threads: usize,
    /// Number of Ps that appear.
    pub procs: usize,
    /// Values of `GOMAXPROCS`, where the trace states them.
    pub gomaxprocs: Option<Extent>,
    /// Time that Ps could have run, in nanoseconds: `GOMAXPROCS` summed up over time, or
    /// the number of Ps where the trace does not state it.
    pub capacity: i64,
    /// Time that Ps belonged to Ms, summed up, in nanoseconds.
    pub procs_running: i64,
    /// Number of goroutines.
    pub goroutines: Population,
    /// Goroutines by the function that they began with, the longest running first.
    pub groups: Vec<Group>,
    /// Work of the garbage collector.
    pub gc: GcWork,
    /// Stops of the world by reason, the longest in sum first.
    pub stops: Vec<Stops>,
    /// Sizes of the live heap in bytes.
    pub heap_live: Option<Extent>,
    /// Heap goals in bytes, as far as there were any: there is none with GOGC=off.
    pub heap_goal: Option<Extent>,
    /// Number of CPU profile samples.
    pub samples: u64,
    /// Number of tasks that the trace mentions, without the background task.
    pub tasks: u64,
    /// Number of regions that the trace has a part of.
    pub regions: u64,
    /// Number of log messages.
    pub logs: u64,
}

impl Summary {
    /// Returns the length of the trace, in nanoseconds.
    pub fn span(&self) -> i64 {
        self.end.since(self.start)
    }

    /// Returns the times of all goroutines together.
    pub fn times(&self) -> Times {
        self.groups.iter().fold(Times::default(), |sum, group| sum.plus(group.times))
    }
}

/// The values that a figure took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Extent {
    /// Least value.
    pub min: u64,
    /// Greatest value.
    pub max: u64,
    /// Last value.
    pub last: u64,
}

impl Extent {
    fn note(slot: &mut Option<Extent>, value: u64) {
        let (min, max) = slot.map_or((value, value), |e| (e.min.min(value), e.max.max(value)));
        *slot = Some(Extent { min, max, last: value });
    }
}

/// Counts of goroutines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Population {
    /// Number that existed when the trace began.
    pub at_start: u64,
    /// Number that were created since.
    pub created: u64,
    /// Number that ended.
    pub ended: u64,
    /// Most that existed at one time.
    pub most: u64,
}

impl Population {
    /// Returns the number that exist when the trace ends.
    pub fn at_end(&self) -> u64 {
        (self.at_start + self.created).saturating_sub(self.ended)
    }
}

/// Times of goroutines in each state, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Times {
    /// Running on a P.
    pub running: i64,
    /// Ready to run, but not running.
    pub runnable: i64,
    /// Waiting for something.
    pub waiting: i64,
    /// In system calls or C code.
    pub syscall: i64,
}

impl Times {
    fn of(spent: &TimeInStates) -> Times {
        Times {
            running: spent.of(GoState::Running),
            runnable: spent.of(GoState::Runnable),
            waiting: spent.of(GoState::Waiting),
            syscall: spent.of(GoState::Syscall),
        }
    }

    /// Returns the sum of two.
    #[must_use]
    pub fn plus(self, other: Times) -> Times {
        Times {
            running: self.running.saturating_add(other.running),
            runnable: self.runnable.saturating_add(other.runnable),
            waiting: self.waiting.saturating_add(other.waiting),
            syscall: self.syscall.saturating_add(other.syscall),
        }
    }
}

/// Goroutines that began with one function.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Group {
    /// Name of the function, not necessarily UTF-8; none for goroutines without a stack in
    /// the trace.
    pub function: Option<Box<[u8]>>,
    /// Number of goroutines.
    pub count: u64,
    /// Times of the goroutines, summed up.
    pub times: Times,
}

/// Work of the garbage collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct GcWork {
    /// Number of mark phases, those that the trace has only a part of included.
    pub cycles: u64,
    /// Time of the mark phases, in nanoseconds.
    pub marking: i64,
    /// Number of mark assists.
    pub assists: u64,
    /// Processor time of the mark assists, in nanoseconds, without the time that they
    /// waited.
    pub assisting: i64,
}

/// Stops of the world for one reason.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Stops {
    /// Reason in the runtime's words; not necessarily UTF-8.
    pub reason: Box<[u8]>,
    /// Number of stops.
    pub count: u64,
    /// Length of all stops, in nanoseconds.
    pub total: i64,
    /// Length of the longest stop, in nanoseconds.
    pub max: i64,
}
