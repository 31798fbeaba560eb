//! The state of each M.

use super::grid::Grid;
use super::heat::Heat;
use super::item::LaneState;
use super::lane::Lane;
use crate::base::ids::{ProcId, ThreadId, WIRE_NONE};
use rustc_hash::FxHashMap;

/// So many Ms that did something lately are found without a look at all; a power of two.
const RECENT: usize = 64;

/// All Ms, by the places that they got when they were first mentioned.
#[derive(Clone, Debug)]
pub(super) struct Threads {
    all: Vec<Thread>,
    places: FxHashMap<ThreadId, usize>,
    recent: [(ThreadId, usize); RECENT],
    /// Numbers of Ms that run a goroutine or look for one, and of Ms in system calls.
    pub(super) busy: [Heat; 2],
}

/// An M.
#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) id: ThreadId,
    pub(super) lane: Lane,
    /// The P that it has.
    proc: Option<ProcId>,
    does: Option<Doing>,
    since: i64,
    /// Set when it has done so since before the trace mentioned it.
    before: bool,
}

/// The state of an M, and its goroutine.
pub(super) type Doing = (LaneState, u64);

/// When something began.
#[derive(Clone, Copy, Debug)]
pub(super) enum Begun {
    /// At that time.
    At(i64),
    /// Before that time, from which on it counts; the last event before was then.
    Before { start: i64, last: i64 },
}

impl Default for Threads {
    fn default() -> Threads {
        let nobody = (ThreadId(WIRE_NONE), 0);
        Threads { all: Vec::new(), places: FxHashMap::default(), recent: [nobody; RECENT], busy: Default::default() }
    }
}

impl Threads {
    /// Returns the place of an M, if it was mentioned.
    #[inline(always)]
    pub(super) fn find(&mut self, id: ThreadId) -> Option<usize> {
        match self.recent[id.0 as usize % RECENT] {
            (known, place) if known == id => Some(place),
            _ => self.look_up(id),
        }
    }

    #[inline(never)]
    fn look_up(&mut self, id: ThreadId) -> Option<usize> {
        let place = *self.places.get(&id)?;
        self.recent[id.0 as usize % RECENT] = (id, place);
        Some(place)
    }

    /// Returns the place of an M, which has that P when it is first mentioned, and does
    /// nothing.
    pub(super) fn at(&mut self, id: ThreadId, proc: Option<ProcId>, begun: Begun) -> usize {
        if let Some(place) = self.find(id) {
            return place;
        }
        let (since, before) = match begun {
            Begun::At(time) => (time, false),
            Begun::Before { start, .. } => (start, true),
        };
        self.all.push(Thread { id, lane: Lane::default(), proc, does: None, since, before });
        self.places.insert(id, self.all.len() - 1);
        self.all.len() - 1
    }

    /// An M does something from now on, or nothing.
    #[inline(always)]
    pub(super) fn turn(&mut self, place: usize, grid: Grid, does: Option<Doing>, begun: Begun) {
        let Some(m) = self.all.get_mut(place) else { return };
        if m.does == does {
            return;
        }
        let time = match begun {
            Begun::At(time) => time,
            // Two events tell of the one state that it was in.
            Begun::Before { .. } if m.before => {
                m.does = does;
                return;
            }
            Begun::Before { start, last } => start.max(last),
        };
        if let Some((state, label)) = m.does {
            let span = (m.since, time);
            m.lane.add(grid, span, state, label);
            self.busy[usize::from(state == LaneState::Syscall)].add(grid, span);
        }
        (m.does, m.since, m.before) = (does, m.since.max(time), false);
    }

    /// The goroutine of an M stops: it looks for another one, if it has a P.
    #[inline(always)]
    pub(super) fn stop(&mut self, place: usize, grid: Grid, begun: Begun) {
        let has = self.all.get(place).is_some_and(|m| m.proc.is_some());
        self.turn(place, grid, has.then_some((LaneState::Looking, 0)), begun);
    }

    /// An M takes a P, with which it does that.
    pub(super) fn take(&mut self, place: usize, grid: Grid, proc: ProcId, does: Option<Doing>, begun: Begun) {
        if let Some(m) = self.all.get_mut(place) {
            m.proc = Some(proc);
        }
        self.turn(place, grid, does, begun);
    }

    /// An M loses its P.
    pub(super) fn lose(&mut self, place: usize, grid: Grid, begun: Begun) {
        let Some(m) = self.all.get_mut(place) else { return };
        m.proc = None;
        m.before = false;
        if m.does.is_some_and(|(state, _)| state == LaneState::Looking) {
            self.turn(place, grid, None, begun);
        }
    }

    /// Returns the number of the M at a place.
    pub(super) fn id(&self, place: usize) -> Option<ThreadId> {
        self.all.get(place).map(|m| m.id)
    }

    /// Returns what an M does.
    pub(super) fn does(&self, place: usize) -> Option<Doing> {
        self.all.get(place)?.does
    }

    /// Adds what all do until then, as far as they have not been cut there.
    pub(super) fn cut(&mut self, grid: Grid, end: i64) {
        for m in &mut self.all {
            if let Some((state, label)) = m.does {
                m.lane.add(grid, (m.since, end), state, label);
                self.busy[usize::from(state == LaneState::Syscall)].add(grid, (m.since, end));
            }
        }
    }

    /// Forgets what all Ms did: as far as is known, none does anything.
    pub(super) fn lose_all(&mut self, grid: Grid, end: i64, synced: i64) {
        self.cut(grid, end);
        for m in &mut self.all {
            (m.does, m.proc, m.since, m.before) = (None, None, synced, true);
        }
    }

    /// Returns all, in the order in which they were mentioned.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Thread> {
        self.all.iter_mut()
    }
}
