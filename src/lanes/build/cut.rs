//! The cut where a tile ends and the next begins.

use super::CollectLanes;
use crate::analysis::Follower;
use crate::base::time::Time;
use crate::lanes::choice::Choice;
use crate::lanes::grid::Grid;
use crate::lanes::groups::Groups;
use crate::lanes::heat::Heat;
use crate::lanes::item::{Item, LaneState};
use crate::lanes::lane::Lane;
use crate::lanes::tile::{Counter, LaneKind, Row, Steps, Tile};

impl CollectLanes {
    /// Adds what all goroutines do until then.
    pub(super) fn cut_goroutines(&mut self, end: i64, follower: &Follower) {
        let names = &follower.stacks().names;
        for (slot, goroutine) in follower.alive() {
            if self.known.get(slot).is_some_and(|known| known.starts == self.reading.starts) {
                let collecting = self.groups.is_collecting(goroutine.root, names, &self.choice.groups);
                let span = (goroutine.since.0.max(self.reading.since), end);
                self.add(goroutine.id, (goroutine.state, collecting), goroutine, span);
            }
        }
    }

    pub(super) fn cut_procs(&mut self, end: i64) {
        for p in self.procs.iter_mut() {
            let (activity, since) = (p.activity(), p.since());
            p.record.grid = self.grid;
            p.record.add(activity, since, Time(end));
        }
    }

    /// Returns the lanes until then; what follows goes into the next.
    pub(in crate::lanes) fn cut(&mut self, end: Time, follower: &Follower) -> Tile {
        let end = Time(end.0.max(self.grid.from().0));
        self.cut_goroutines(end.0, follower);
        self.cut_procs(end.0);
        self.threads.cut(self.grid, end.0);
        self.ranges.cut(self.grid, end.0);
        let tile = Tile {
            from: self.grid.from(),
            to: end,
            cell: self.grid.cell(),
            rows: self.rows(end, follower),
            counters: self.counters(end),
            gomaxprocs: self.gomaxprocs,
        };
        self.begin(self.grid.beginning(end));
        tile
    }

    fn rows(&mut self, end: Time, follower: &Follower) -> Vec<Row> {
        let (grid, choice) = (self.grid, &self.choice);
        let mut rows = Vec::new();
        let mut add = |kind, items: Vec<Item>| {
            if !items.is_empty() {
                rows.push(Row { kind, items });
            }
        };
        for p in self.procs.iter_mut() {
            let items = p.record.lane.take();
            if let Some(id) = p.id().filter(|_| choice.procs) {
                add(LaneKind::Proc(id), items);
            }
        }
        for m in self.threads.iter_mut() {
            let items = m.lane.take();
            if choice.threads {
                add(LaneKind::Thread(m.id), items);
            }
        }
        self.goroutines.iter_mut().for_each(|(id, lane)| add(LaneKind::Goroutine(*id), lane.take()));
        let together = |heat: &mut Heat| {
            let cells = heat.times(grid).enumerate().filter(|(_, nanos)| *nanos > 0);
            let items = cells.map(|(index, nanos)| {
                let span = (grid.begin(index), grid.begin(index + 1).min(end.0));
                Item::together(span, LaneState::Running, nanos)
            });
            let items = items.collect();
            heat.clear();
            items
        };
        for (name, heat) in self.groups.heats() {
            add(LaneKind::Group(follower.stacks().names.shared(name)), together(heat));
        }
        self.sets.iter_mut().for_each(|(number, heat)| add(LaneKind::Set(*number), together(heat)));
        self.packed.iter_mut().for_each(|(number, lane)| add(LaneKind::Packed(*number), lane.take()));
        for (band, lane) in self.ranges.lanes() {
            let items = lane.take();
            if choice.bands {
                add(LaneKind::Band(band), items);
            }
        }
        rows.sort_by(|a, b| a.kind.cmp(&b.kind));
        rows
    }

    fn counters(&mut self, end: Time) -> Vec<Steps> {
        let grid = self.grid;
        let of_heat = |counter, heat: &mut Heat| {
            let steps = Steps::new(counter, heat.steps(grid, end.0));
            heat.clear();
            steps
        };
        let [running, runnable, waiting, syscall] = &mut self.states;
        let [busy, calls] = &mut self.threads.busy;
        let mut all = vec![
            of_heat(Counter::Running, running),
            of_heat(Counter::Runnable, runnable),
            of_heat(Counter::Waiting, waiting),
            of_heat(Counter::Syscall, syscall),
            of_heat(Counter::ThreadsRunning, busy),
            of_heat(Counter::ThreadsInSyscalls, calls),
        ];
        let figures = [Counter::Heap, Counter::HeapGoal, Counter::Procs];
        let courses = self.figures.iter_mut().zip(figures);
        all.extend(courses.map(|(course, counter)| Steps::new(counter, course.take(grid, end.0))));
        all.sort_by_key(|steps| steps.counter);
        all.retain(|steps| !steps.steps.is_empty());
        if self.choice.counters { all } else { Vec::new() }
    }

    /// Makes other lanes from now on, in other cells: what lies before them is followed, and
    /// not drawn.
    pub(in crate::lanes) fn turn_to(&mut self, grid: Grid, choice: Choice) {
        self.forget();
        self.begin(grid);
        self.figures.iter_mut().for_each(|course| course.begin(grid.from().0));
        self.goroutines = choice.goroutines.iter().map(|id| (*id, Lane::default())).collect();
        self.choice = choice;
    }

    /// Forgets all that was drawn.
    pub(in crate::lanes) fn forget(&mut self) {
        self.procs.iter_mut().for_each(|p| drop(p.record.lane.take()));
        self.threads.iter_mut().for_each(|m| drop(m.lane.take()));
        self.ranges.lanes().for_each(|(_, lane)| drop(lane.take()));
        self.figures.iter_mut().for_each(|course| course.begin(i64::MIN));
        self.states.iter_mut().chain(&mut self.threads.busy).for_each(Heat::clear);
        self.groups = Groups::default();
        self.goroutines.clear();
        self.packed.clear();
    }

    /// Goes on with these cells, which begin where the others ended.
    pub(in crate::lanes) fn begin(&mut self, grid: Grid) {
        self.grid = grid;
        self.procs.iter_mut().for_each(|p| p.record.grid = grid);
    }

    /// Makes one cell of each two; returns whether they could be longer.
    #[inline(never)]
    pub(in crate::lanes) fn widen(&mut self) -> bool {
        let old = self.grid;
        let grid = old.widened();
        if grid == old {
            return false;
        }
        self.begin(grid);
        self.procs.iter_mut().for_each(|p| p.record.lane.widen(grid));
        self.threads.iter_mut().for_each(|m| m.lane.widen(grid));
        self.goroutines.values_mut().chain(self.packed.values_mut()).for_each(|lane| lane.widen(grid));
        self.ranges.lanes().for_each(|(_, lane)| lane.widen(grid));
        let heats = self.states.iter_mut().chain(&mut self.threads.busy);
        let heats = heats.chain(self.groups.heats().map(|(_, heat)| heat)).chain(self.sets.values_mut());
        heats.for_each(|heat| heat.widen(old));
        self.figures.iter_mut().for_each(|course| course.widen(old, grid));
        true
    }
}
