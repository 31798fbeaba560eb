//! The items that lanes are made of.

use crate::base::time::Time;

/// A state that a lane shows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum LaneState {
    /// A goroutine runs.
    Running,
    /// The goroutine is ready to run.
    Runnable,
    /// The goroutine waits.
    Waiting,
    /// A goroutine is in a system call.
    Syscall,
    /// A P has an M, or an M a P, and no goroutine runs: it looks for one.
    Looking,
    /// A goroutine of the collector runs.
    Collecting,
    /// The world is stopped.
    Stopped,
    /// The collector marks.
    Marking,
}

impl LaneState {
    /// All of them.
    pub const ALL: [LaneState; 8] = [
        LaneState::Running,
        LaneState::Runnable,
        LaneState::Waiting,
        LaneState::Syscall,
        LaneState::Looking,
        LaneState::Collecting,
        LaneState::Stopped,
        LaneState::Marking,
    ];
}

/// A span of a lane, or several short ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Item {
    /// When it begins.
    pub start: Time,
    /// When it ends; of several, when the last one does.
    pub end: Time,
    /// The goroutine that the lane shows: the number of the goroutine; 0 where there is none, or where
    /// there are several.
    pub label: u64,
    /// Number of spans that it is made of; 0 of a group, whose spans overlap.
    pub spans: u32,
    times: [i64; LaneState::ALL.len()],
}

impl Item {
    /// Makes an item of one span.
    #[inline(always)]
    pub(super) fn new((start, end): (i64, i64), state: LaneState, label: u64) -> Item {
        let mut times = [0; LaneState::ALL.len()];
        times[state as usize] = end - start;
        Item { start: Time(start), end: Time(end), label, spans: 1, times }
    }

    /// Makes an item of spans that overlap in a cell.
    pub(super) fn together((start, end): (i64, i64), state: LaneState, nanos: i64) -> Item {
        let mut item = Item::new((start, end), state, 0);
        item.spans = 0;
        item.times[state as usize] = nanos;
        item
    }

    /// Takes in a later item.
    pub(super) fn take_in(&mut self, later: &Item) {
        self.end = later.end;
        self.spans = self.spans.saturating_add(later.spans);
        if self.label != later.label {
            self.label = 0;
        }
        self.times.iter_mut().zip(later.times).for_each(|(sum, more)| *sum += more);
    }

    /// Takes in a later span.
    #[inline(always)]
    pub(super) fn take_in_span(&mut self, (start, end): (i64, i64), state: LaneState, label: u64) {
        self.end = Time(end);
        self.spans = self.spans.saturating_add(1);
        if self.label != label {
            self.label = 0;
        }
        self.times[state as usize] += end - start;
    }

    /// Returns for how long that was the case, in nanoseconds.
    pub fn time(&self, state: LaneState) -> i64 {
        self.times[state as usize]
    }

    /// Returns for how long anything was the case, in nanoseconds.
    pub fn busy(&self) -> i64 {
        self.times.iter().sum()
    }

    /// Returns what was the case for longest.
    pub fn state(&self) -> LaneState {
        // Of two as long, the first.
        let longest = LaneState::ALL.into_iter().rev().max_by_key(|state| self.time(*state));
        longest.unwrap_or(LaneState::Running)
    }

    /// Returns how long it is, gaps included, in nanoseconds.
    pub fn nanos(&self) -> i64 {
        self.end.since(self.start)
    }
}
