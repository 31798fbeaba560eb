//! What is in a trace, on one page.

mod collect;

pub use collect::Summarize;

use crate::analysis::Spent;
use crate::event::transition::GoState;
use crate::generation::WallTime;
use crate::time::Time;

/// What is in a trace.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Summary {
    /// When it begins.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// What time of day it was when it began (Go 1.25+).
    pub wall_start: Option<WallTime>,
    /// How many events it has, syncs included.
    pub events: u64,
    /// How many generations were read.
    pub generations: u64,
    /// How many Ms appear.
    pub threads: usize,
    /// How many Ps appear.
    pub procs: usize,
    /// `GOMAXPROCS`, where the trace tells.
    pub gomaxprocs: Option<Extent>,
    /// The time that Ps could have run: the integral of `GOMAXPROCS`, or of
    /// the number of Ps where the trace does not tell.
    pub capacity: i64,
    /// The time that Ps belonged to Ms, all together.
    pub procs_running: i64,
    /// How many goroutines there were.
    pub goroutines: Population,
    /// The goroutines by the function they began with, those that ran longest
    /// first.
    pub groups: Vec<Group>,
    /// The garbage collector's work.
    pub gc: GcWork,
    /// Stops of the world by reason, the longest together first.
    pub stops: Vec<Stops>,
    /// The live heap in bytes.
    pub heap_live: Option<Extent>,
    /// The size at which the heap is collected, in bytes.
    pub heap_goal: Option<Extent>,
    /// CPU profile samples.
    pub samples: u64,
    /// Tasks that began.
    pub tasks: u64,
    /// Regions that began.
    pub regions: u64,
    /// Log messages.
    pub logs: u64,
}

impl Summary {
    /// How long it is, in nanoseconds.
    pub fn span(&self) -> i64 {
        self.end.since(self.start)
    }

    /// The times of all goroutines together.
    pub fn times(&self) -> Times {
        self.groups.iter().fold(Times::default(), |sum, group| sum.plus(group.times))
    }
}

/// The values that a figure took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// The least.
    pub min: u64,
    /// The most.
    pub max: u64,
    /// The last.
    pub last: u64,
}

impl Extent {
    fn note(slot: &mut Option<Extent>, value: u64) {
        let (min, max) = slot.map_or((value, value), |e| (e.min.min(value), e.max.max(value)));
        *slot = Some(Extent { min, max, last: value });
    }
}

/// How many goroutines there were.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Population {
    /// Those that existed when the trace began.
    pub at_start: u64,
    /// Those created since.
    pub created: u64,
    /// Those that ended.
    pub ended: u64,
    /// The most that existed at one time.
    pub most: u64,
}

impl Population {
    /// Those that exist when the trace ends.
    pub fn at_end(&self) -> u64 {
        (self.at_start + self.created).saturating_sub(self.ended)
    }
}

/// The time that goroutines spent in each state, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
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
    fn of(spent: &Spent) -> Times {
        Times {
            running: spent.of(GoState::Running),
            runnable: spent.of(GoState::Runnable),
            waiting: spent.of(GoState::Waiting),
            syscall: spent.of(GoState::Syscall),
        }
    }

    /// The sum of both.
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

/// The goroutines that began with one function.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its name, not necessarily UTF-8; none for goroutines that no stack in
    /// the trace tells it of.
    pub function: Option<Box<[u8]>>,
    /// How many there were.
    pub count: u64,
    /// What they did, all together.
    pub times: Times,
}

/// What the garbage collector did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct GcWork {
    /// Mark phases, those that the trace holds a part of included.
    pub cycles: u64,
    /// How long they took.
    pub marking: i64,
    /// How often a goroutine had to help mark.
    pub assists: u64,
    /// How long that took, all goroutines together.
    pub assisting: i64,
}

/// Stops of the world for one reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stops {
    /// The reason in the runtime's words; not necessarily UTF-8.
    pub reason: Box<[u8]>,
    /// How many there were.
    pub count: u64,
    /// How long they took.
    pub total: i64,
    /// How long the longest took.
    pub max: i64,
}
