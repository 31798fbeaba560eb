//! The whole of a trace, coarse, while it is read.

use super::build::CollectLanes;
use super::choice::Choice;
use super::grid::Grid;
use super::tile::Tile;
use crate::analysis::Analysis;
use crate::base::time::Time;
use crate::spec::v2::EventType;
use crate::timeline::{Follower, SharedEvent, Transition};
use crate::trace::Trace;

/// A tile ends behind so many events, if the generation does not end before. Not much
/// fewer: a trace tells of goroutines that wait all along at the end of its first
/// generation, and tiles that have been handed out are not mended.
const MOST: u64 = 4_000_000;
/// Events between two tiles of a trace of Go 1.5 to 1.21, which is one generation.
const MOST_V1: u64 = 1_000_000;
/// The first tile of such a one is to be there soon.
const FIRST_V1: u64 = 100_000;

/// Makes one tile after the other, and hands each out as soon as it is complete: at the end
/// of each generation, or behind many events.
pub struct Overview<F> {
    lanes: CollectLanes,
    hand_out: F,
    /// Number of cells that there are to be in all.
    cells: u32,
    is_v1: bool,
    /// The size of the trace in bytes, and how far reading is.
    size: u64,
    reached: u64,
    /// Numbers of events since the last tile, and in all.
    events: u64,
    all: u64,
    begun: bool,
    start: Time,
}

impl<F: FnMut(Tile, u64)> Overview<F> {
    /// Returns one that cuts the trace into about so many cells, and calls `hand_out` with
    /// each tile and how many events there have been until its end.
    pub fn new(trace: &Trace<'_>, cells: u32, hand_out: F) -> Overview<F> {
        let starts = trace.generations().iter().map(|generation| generation.start());
        let (first, last, count) = (starts.clone().min(), starts.clone().max(), starts.count() as i64);
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        let is_v1 = trace.version().is_v1();
        // Of one generation, nothing tells how long it is.
        let span = if count > 1 { last.since(first) / (count - 1) * count } else { 0 };
        Overview {
            lanes: CollectLanes::new(Grid::new(first, span, cells), Choice::overview()),
            hand_out,
            cells,
            is_v1,
            size: trace.bytes().len() as u64,
            reached: 0,
            events: 0,
            all: 0,
            begun: false,
            start: first,
        }
    }

    /// Looks at an event that is about to be shown.
    #[inline(always)]
    fn come(&mut self, event: &SharedEvent<'_, '_>, follower: &Follower) {
        if !self.begun {
            self.begun = true;
            self.start = event.time();
            self.lanes.begin(self.lanes.grid.beginning(event.time()));
        }
        self.events += 1;
        // Before anything is drawn there: cells cost memory.
        while self.lanes.grid.index(event.time().0) >= self.cells as usize && self.lanes.widen() {}
        if self.events.is_multiple_of(256) {
            self.look_around(event, follower);
        }
    }

    #[inline(never)]
    fn look_around(&mut self, event: &SharedEvent<'_, '_>, follower: &Follower) {
        self.reached = self.reached.max(event.offset().unwrap_or(0));
        let most = match (self.is_v1, self.all) {
            (false, _) => MOST,
            (true, 0) => FIRST_V1,
            (true, _) => MOST_V1,
        };
        if self.events >= most {
            self.cut(event.time(), follower);
        }
    }

    fn cut(&mut self, end: Time, follower: &Follower) {
        if end <= self.lanes.grid.from() {
            return;
        }
        self.all += self.events;
        self.events = 0;
        let tile = self.lanes.cut(end, follower);
        (self.hand_out)(tile, self.all);
        // How long all of it will be, if it goes on like that.
        let read = end.since(self.start) as f64;
        let span = read * (self.size as f64 / self.reached.max(1) as f64).max(1.0);
        let expected = Grid::new(end, span as i64, self.cells);
        self.lanes.begin(if self.is_v1 { expected } else { self.lanes.grid.at_least(expected) });
    }
}

impl<F: FnMut(Tile, u64)> Analysis for Overview<F> {
    /// Returns the number of events.
    type Output = u64;

    fn wants(&self, _: EventType) -> bool {
        true
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.come(transition, follower);
        self.lanes.goroutine(transition, follower);
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.come(event, follower);
        if event.wire_type() == EventType::Sync {
            self.reached = self.reached.max(event.generation().map_or(0, |next| next.byte_range().start as u64));
            self.cut(event.time(), follower);
        }
        self.lanes.event(event, follower);
    }

    fn finish(mut self, follower: &Follower) -> u64 {
        self.cut(follower.last(), follower);
        self.all + self.events
    }
}

impl<F> std::fmt::Debug for Overview<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Overview").field("lanes", &self.lanes).field("cells", &self.cells).finish_non_exhaustive()
    }
}
