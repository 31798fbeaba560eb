//! Makes lanes of what a pass shows.

mod cut;
mod lost;

use super::choice::Choice;
use super::grid::Grid;
use super::groups::Groups;
use super::heat::Heat;
use super::item::LaneState;
use super::lane::Lane;
use super::procs::ProcLane;
use super::ranges::Ranges;
use super::steps::Course;
use super::threads::{Begun, Doing, Threads};
use super::tile::{Band, Tile};
use crate::analysis::Analysis;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::event::go::changes_go;
use crate::event::range::RangeName;
use crate::event::transition::StateTransition;
use crate::event::{EventKind, MetricName};
use crate::spec::state::{GoState, ProcState};
use crate::spec::v2::EventType;
use crate::timeline::{BySlot, Follower, GoroutineState, Procs, SharedEvent, Since, Transition, is_before, proc_of};
use rustc_hash::FxHashMap;

/// Makes the lanes of the events that it is shown: one [`Tile`].
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::lanes::{Choice, CollectLanes, Grid, LaneKind, LaneState};
/// use gotrace::{Time, Trace, Window};
///
/// let trace = Trace::parse(bytes)?;
/// let from = trace.generations()[0].start();
/// let to = Time(from.0 + 50_000_000);
/// let lanes = CollectLanes::new(Grid::new(from, 50_000_000, 100), Choice::overview());
/// let tile = Window::new(Some(from), Some(to)).analyze(&trace, lanes)?.output;
/// let procs = tile.rows.iter().filter(|row| matches!(row.kind, LaneKind::Proc(_)));
/// let ran = procs.flat_map(|row| &row.items).map(|item| item.time(LaneState::Running)).sum::<i64>();
/// assert!(ran > 0);
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct CollectLanes {
    pub(super) grid: Grid,
    choice: Choice,
    procs: Procs<ProcLane>,
    threads: Threads,
    /// Each goroutine that exists, as far as it is known.
    known: BySlot<Known>,
    /// Numbers of goroutines in each state: running, runnable, waiting, in a system call.
    states: [Heat; 4],
    groups: Groups,
    goroutines: FxHashMap<GoId, Lane>,
    packed: FxHashMap<u32, Lane>,
    sets: FxHashMap<u32, Heat>,
    ranges: Ranges,
    /// The heap, its goal, GOMAXPROCS.
    figures: [Course; 3],
    gomaxprocs: Option<u64>,
    reading: Reading,
}

/// A goroutine, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// The M on which it runs or is in a system call, by its place.
    thread: Option<u32>,
    /// Number of times that reading had started over when it was mentioned last.
    starts: u32,
}

/// The progress of reading, and whether it has started over.
#[derive(Clone, Copy, Debug)]
struct Reading {
    /// When the last event was.
    last: i64,
    /// When the last event before the last sync was.
    before_sync: i64,
    syncs: u64,
    /// Set when reading began, or started over, in this generation.
    fresh: bool,
    starts: u32,
    /// Since when something is known that is not lost.
    since: i64,
}

impl Analysis for CollectLanes {
    type Output = Tile;

    // When the last event was matters where something is lost.
    fn wants(&self, _: EventType) -> bool {
        true
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        if transition.from == GoState::Undetermined {
            self.start_over(follower);
        }
        self.transition(transition, follower);
        self.reading.last = transition.time().0;
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.other(event, follower);
        self.reading.last = event.time().0;
    }

    fn finish(mut self, follower: &Follower) -> Tile {
        self.cut(follower.last(), follower)
    }
}

/// Returns what a goroutine in that state is drawn as.
#[inline(always)]
fn drawn(state: GoState, collecting: bool) -> Option<LaneState> {
    Some(match state {
        GoState::Running if collecting => LaneState::Collecting,
        GoState::Running => LaneState::Running,
        GoState::Runnable => LaneState::Runnable,
        GoState::Waiting => LaneState::Waiting,
        GoState::Syscall => LaneState::Syscall,
        GoState::NotExist | GoState::Undetermined => return None,
    })
}

impl CollectLanes {
    /// Returns one that makes these lanes, in these cells.
    pub fn new(grid: Grid, choice: Choice) -> CollectLanes {
        let goroutines = choice.goroutines.iter().map(|id| (*id, Lane::default())).collect();
        CollectLanes {
            grid,
            choice,
            procs: Procs::default(),
            threads: Threads::default(),
            known: BySlot::default(),
            states: Default::default(),
            groups: Groups::default(),
            goroutines,
            packed: FxHashMap::default(),
            sets: FxHashMap::default(),
            ranges: Ranges::default(),
            figures: Default::default(),
            gomaxprocs: None,
            reading: Reading {
                last: i64::MIN,
                before_sync: i64::MIN,
                syncs: 0,
                fresh: false,
                starts: 0,
                since: i64::MIN,
            },
        }
    }

    #[inline(always)]
    fn transition(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let time = transition.time().0;
        let names = &follower.stacks().names;
        let collecting = self.groups.is_collecting(transition.now.root, names, &self.choice.groups);
        let starts = self.reading.starts;
        let known = self.known.of(transition);
        let was_known = transition.left != GoState::NotExist && known.starts == starts;
        let was_on = known.thread;
        known.starts = starts;
        if was_known {
            let span = (transition.was.since.0.max(self.reading.since), time);
            self.add(transition.id(), (transition.left, collecting), transition.now, span);
        }
        self.place(transition, follower, collecting, (was_known, was_on));
    }

    /// Adds a span of a goroutine.
    #[inline(always)]
    fn add(&mut self, id: GoId, (state, collecting): (GoState, bool), about: &GoroutineState, span: (i64, i64)) {
        let Some(state) = drawn(state, collecting) else { return };
        let counted = match state {
            LaneState::Runnable => 1,
            LaneState::Waiting => 2,
            LaneState::Syscall => 3,
            _ => 0,
        };
        if self.choice.counters {
            self.states[counted].add(self.grid, span);
        }
        if counted == 0 {
            self.groups.add(about.root, self.grid, span);
            for set in self.choice.sets.get(&id).into_iter().flatten() {
                self.sets.entry(*set).or_default().add(self.grid, span);
            }
        }
        if !self.goroutines.is_empty()
            && let Some(lane) = self.goroutines.get_mut(&id)
        {
            lane.add(self.grid, span, state, id.0);
        }
        if !self.choice.packed.is_empty()
            && let Some(number) = self.choice.packed.get(&id)
        {
            self.packed.entry(*number).or_default().add(self.grid, span, state, id.0);
        }
    }

    /// Follows the P and the M that a goroutine comes on, or leaves.
    #[inline(always)]
    fn place(
        &mut self,
        transition: &Transition<'_, '_>,
        follower: &Follower,
        collecting: bool,
        (was_known, was_on): (bool, Option<u32>),
    ) {
        let bound = transition.to.is_executing();
        if !bound && !transition.left.is_executing() && !transition.from.is_executing() {
            return;
        }
        let (grid, id, time) = (self.grid, transition.id(), transition.time().0);
        self.procs.follow(transition, follower);
        let (proc, thread) = self.on(transition, was_on);
        let before = is_before(transition) || (!was_known && transition.from != GoState::NotExist);
        let begun = match before {
            true => Begun::Before { start: follower.synced().0, last: self.reading.last },
            false => Begun::At(time),
        };
        let mut holder = None;
        if let Some(thread) = thread
            && (bound || (was_known && transition.from.is_executing()))
        {
            let place = self.threads.at(thread, proc, begun);
            holder = Some(place);
            if bound {
                let state = drawn(transition.to, collecting).unwrap_or(LaneState::Running);
                self.threads.turn(place, grid, Some((state, id.0)), begun);
            } else {
                self.threads.stop(place, grid, begun);
            }
        }
        if let Some(known) = self.known.get_mut(transition.slot) {
            known.thread = holder.filter(|_| bound).and_then(|place| u32::try_from(place).ok());
        }
        let holder = holder.or_else(|| transition.thread().and_then(|thread| self.threads.find(thread)));
        let comes = proc_of(transition).filter(|_| bound);
        if let Some(left) = transition.was.proc().filter(|left| Some(*left) != comes) {
            self.look(left, holder, (id, false, collecting));
        }
        if let Some(proc) = comes {
            self.look(proc, holder, (id, true, collecting));
        }
    }

    /// Takes note of what a P does after a transition.
    #[inline(always)]
    fn look(&mut self, proc: ProcId, holder: Option<usize>, (id, bound, collecting): (GoId, bool, bool)) {
        let Some(p) = self.procs.find(proc) else { return };
        let runs = bound && p.runs_something();
        p.record.look(self.grid, holder, if runs { (id.0, collecting) } else { (0, false) });
    }

    /// Returns the P and the M that a goroutine is on. In a v1 trace, which they were in a
    /// system call when the trace began is not known, and its return from one happens on a
    /// P that is none and says no M.
    #[inline(always)]
    fn on(&self, transition: &Transition<'_, '_>, was_on: Option<u32>) -> (Option<ProcId>, Option<ThreadId>) {
        match (transition.from, transition.to) {
            _ if !transition.is_v1() => (transition.proc(), transition.thread()),
            (GoState::Undetermined, GoState::Syscall) => (None, None),
            (GoState::Syscall, GoState::Runnable) => {
                // Its M may have gone on with another goroutine by then.
                let place = was_on.map(|place| place as usize);
                let still =
                    place.filter(|place| self.threads.does(*place).is_none_or(|(_, id)| id == transition.id().0));
                (None, still.and_then(|place| self.threads.id(place)))
            }
            _ => (transition.proc(), transition.thread()),
        }
    }

    /// Takes note of an event that is no transition of a goroutine.
    fn other(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let (grid, time, wire) = (self.grid, event.time().0, event.wire_type());
        use EventType::*;
        if changes_go(wire) {
            return self.restate(event, follower);
        }
        if matches!(wire, ProcStart | ProcStop | ProcSteal | ProcStatus) {
            return self.proc(event, follower);
        }
        match *event.kind() {
            EventKind::Sync(sync) if sync.generation.is_some() || self.reading.syncs == 0 => {
                self.reading.syncs += 1;
                self.reading.before_sync = self.reading.last;
                self.reading.fresh = self.reading.syncs == 1;
            }
            EventKind::RangeBegin(range) => self.range(range.name, |ranges, band| ranges.begin(band, time)),
            EventKind::RangeActive(range) => {
                let synced = follower.synced().0;
                self.range(range.name, |ranges, band| ranges.begin(band, synced));
            }
            EventKind::RangeEnd(range, _) => {
                let synced = follower.synced().0;
                self.range(range.name, |ranges, band| ranges.end(grid, band, (synced, time)));
            }
            EventKind::Metric(metric) if metric.name != MetricName::GoMaxProcs => {
                let value = metric.figure().map_or(f64::NAN, |value| value as f64);
                let [heap, goal, _] = &mut self.figures;
                let figure = if metric.name == MetricName::HeapLive { heap } else { goal };
                figure.set(grid, time, value);
            }
            _ => {}
        }
        if let Some(limit) = event.gomaxprocs() {
            self.procs.set_gomaxprocs(limit, event.time(), follower.synced());
            // The first that is told has been so since the beginning.
            let since = if self.gomaxprocs.is_none() { follower.start().0 } else { time };
            let [_, _, procs] = &mut self.figures;
            procs.set(grid, since, limit as f64);
            self.gomaxprocs = Some(limit);
        }
    }

    fn range(&mut self, name: RangeName<'_>, then: impl FnOnce(&mut Ranges, Band)) {
        match name {
            RangeName::StopTheWorld(_) => then(&mut self.ranges, Band::StopTheWorld),
            RangeName::GcMark => then(&mut self.ranges, Band::Marking),
            RangeName::GcSweep | RangeName::GcMarkAssist => {}
        }
    }

    /// An M takes a P, or lets go of it.
    #[inline(never)]
    fn proc(&mut self, event: &SharedEvent<'_, '_>, follower: &Follower) {
        let EventKind::StateTransition(StateTransition::Proc { id, from, to }) = *event.kind() else { return };
        if from == ProcState::Undetermined {
            self.start_over(follower);
        }
        let (grid, time, start) = (self.grid, event.time().0, follower.synced());
        let held = self.procs.find(id).filter(|p| p.activity().is_held()).and_then(|p| p.record.holder());
        let Some((since, _)) = self.procs.proc(event, (id, from, to), start) else { return };
        let Some(p) = self.procs.find(id) else { return };
        let begun = match since {
            Since::Before => Begun::Before { start: p.since().0, last: self.reading.last },
            Since::Now => Begun::At(time),
        };
        let holder = event.thread().map(|thread| self.threads.at(thread, None, begun));
        p.record.look(grid, holder, (0, false));
        match (to, holder) {
            (ProcState::Running, Some(place)) => {
                let does = self.with_goroutine(place, event.goroutine(), follower);
                self.threads.take(place, grid, id, does, begun);
            }
            // The M that loses it is not the event's, if it is stolen.
            (ProcState::Idle, _) => {
                if let Some(place) = held {
                    self.threads.lose(place, grid, Begun::At(time));
                }
            }
            _ => {}
        }
    }

    /// Returns what an M does that takes a P while it has that goroutine.
    fn with_goroutine(&self, place: usize, goroutine: Option<GoId>, follower: &Follower) -> Option<Doing> {
        let Some(id) = goroutine else { return Some((LaneState::Looking, 0)) };
        let does = self.threads.does(place).filter(|(_, other)| *other == id.0);
        does.or_else(|| Some((drawn(follower.goroutine(id)?.state, false)?, id.0)))
    }
}
