//! Tiles: the lanes of a stretch of time.

use super::item::Item;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::Time;
use std::sync::Arc;

/// Lanes of a stretch of time.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Tile {
    /// When it begins.
    pub from: Time,
    /// When it ends.
    pub to: Time,
    /// The length of a cell in nanoseconds.
    pub cell: i64,
    /// The lanes: Ps, Ms, goroutines, groups, packed goroutines, bands; each kind by its
    /// numbers.
    pub rows: Vec<Row>,
    /// The counters.
    pub counters: Vec<Steps>,
    /// GOMAXPROCS at its end; none if the trace has not told.
    pub gomaxprocs: Option<u64>,
}

/// The owner of a lane.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum LaneKind {
    /// A P's.
    Proc(ProcId),
    /// An M's.
    Thread(ThreadId),
    /// A goroutine's.
    Goroutine(GoId),
    /// All goroutines which began with that function: an item for each cell in
    /// which one ran, with the time that they did together.
    Group(Arc<[u8]>),
    /// All goroutines of the set of that number, as those of a group.
    Set(u32),
    /// Several goroutines which did not exist at one time.
    Packed(u32),
    /// The whole program's.
    Band(Band),
}

/// The state that a band shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Band {
    /// When the world was stopped.
    StopTheWorld,
    /// When the collector marked.
    Marking,
}

/// A lane.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The owner.
    pub kind: LaneKind,
    /// The items in it, in order.
    pub items: Vec<Item>,
}

/// A figure of the program.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Counter {
    /// Goroutines that run.
    Running,
    /// Goroutines that are ready to.
    Runnable,
    /// Goroutines that wait.
    Waiting,
    /// Goroutines in system calls.
    Syscall,
    /// The heap, in bytes.
    Heap,
    /// The heap's goal, in bytes; NaN while there is none.
    HeapGoal,
    /// Ms that run a goroutine.
    ThreadsRunning,
    /// Ms with a goroutine in a system call.
    ThreadsInSyscalls,
    /// GOMAXPROCS.
    Procs,
}

/// The value of a figure from a time on.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Step {
    /// When.
    pub time: Time,
    /// The value; where it changed within a cell, the mean.
    pub value: f64,
}

/// The course of a figure.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Steps {
    /// The figure that it shows.
    pub counter: Counter,
    /// The values, in order.
    pub steps: Vec<Step>,
}

impl Steps {
    pub(super) fn new(counter: Counter, steps: Vec<(Time, f64)>) -> Steps {
        let steps = steps.into_iter().map(|(time, value)| Step { time, value }).collect();
        Steps { counter, steps }
    }
}
