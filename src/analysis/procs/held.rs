//! What each P does, moment by moment.

use super::Proc;
use crate::analysis::ByProc;
use crate::analysis::over_time::Level;
use crate::ids::{GoId, ProcId};
use crate::time::Time;

/// What a P does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Does {
    /// It does not exist.
    Nothing,
    /// No M has it.
    Idles,
    /// An M has it, and runs no goroutine.
    Looks,
    /// A goroutine runs on it.
    Runs,
    /// A goroutine is in a system call, and has not lost it.
    Calls,
}

/// How many things a P may do.
const KINDS: usize = 5;

impl Does {
    fn is_held(self) -> bool {
        !matches!(self, Does::Nothing | Does::Idles)
    }
}

/// What a P turns to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Turn {
    pub(super) id: ProcId,
    pub(super) to: Does,
    /// The goroutine that runs on it or is in a system call.
    pub(super) go: Option<GoId>,
    pub(super) since: Since,
}

/// Since when a P does something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Since {
    Now,
    /// It is the first that the trace tells of it, and has been so before.
    Before,
}

/// All Ps.
#[derive(Clone, Debug, Default)]
pub(super) struct Ps {
    all: Vec<P>,
    /// Where in the list they are.
    places: ByProc<u32>,
    held: i64,
}

/// Where no P is.
const NOWHERE: u32 = u32::MAX;

/// One P, and its figures.
#[derive(Clone, Debug)]
pub(super) struct P {
    does: Does,
    /// Nothing but what it has done since before the trace is known.
    fresh: bool,
    /// The goroutine that runs on it or is in a system call.
    go: Option<GoId>,
    since: Time,
    /// How long it did each thing. Time is not told twice: it fits.
    sums: [u64; KINDS],
    /// How long a goroutine ran.
    busy: Level,
    pub(super) runs: u64,
    pub(super) longest_run: i64,
    pub(super) stops: u64,
    pub(super) stolen: u64,
    id: ProcId,
}

impl P {
    /// It does something else, if it is something that is quickly told: an M has it
    /// and goes on having it, and no goroutine loses it.
    #[inline(always)]
    pub(super) fn turn(&mut self, to: Does, go: Option<GoId>, time: Time) -> bool {
        let quick = match self.does {
            Does::Looks | Does::Runs => to.is_held(),
            Does::Calls => to == Does::Runs && self.go == go,
            Does::Nothing | Does::Idles => false,
        };
        if !quick || self.fresh {
            return false;
        }
        self.account(time);
        self.begin(to, go);
        true
    }

    /// What it does comes to an end.
    #[inline(always)]
    fn account(&mut self, time: Time) {
        let sum = &mut self.sums[self.does as usize];
        *sum = sum.wrapping_add(time.0.wrapping_sub(self.since.0).cast_unsigned());
        if self.does == Does::Runs {
            self.busy.change(time, -1);
        }
        self.since = time;
    }

    #[inline(always)]
    fn begin(&mut self, to: Does, go: Option<GoId>) {
        if to == Does::Runs {
            self.busy.change(self.since, 1);
        }
        (self.does, self.go) = (to, go);
    }

    /// Whether that goroutine is in a system call, and has not lost it.
    pub(super) fn is_called_by(&self, id: GoId) -> bool {
        self.does == Does::Calls && self.go == Some(id)
    }

    fn finish(mut self, end: Time) -> Proc {
        self.account(end);
        let sum = |does: Does| i64::try_from(self.sums[does as usize]).unwrap_or(i64::MAX);
        Proc {
            id: self.id,
            running: sum(Does::Runs),
            syscall: sum(Does::Calls),
            looking: sum(Does::Looks),
            idle: sum(Does::Idles),
            runs: self.runs,
            longest_run: self.longest_run,
            stops: self.stops,
            stolen: self.stolen,
            busy: self.busy.finish(end),
        }
    }
}

impl Ps {
    /// A P does something else. Returns the goroutine that loses it, which is in a
    /// system call.
    #[inline(never)]
    pub(super) fn turn(&mut self, turn: Turn, time: Time, start: Time) -> Option<GoId> {
        let Turn { id, to, go, since } = turn;
        let at = self.place(id);
        let Some(p) = self.all.get_mut(at) else {
            self.held += i64::from(to.is_held());
            self.add(turn, time, start);
            return None;
        };
        let (was, loser) = (p.does, p.go);
        self.held += i64::from(to.is_held()) - i64::from(was.is_held());
        // The statuses of a P and of the goroutine on it are two events, and tell of
        // one state.
        if !(p.fresh && since == Since::Before) {
            p.account(time);
            p.fresh = false;
        } else if was == Does::Runs {
            p.busy.change(p.since, -1);
        }
        p.begin(to, go);
        loser.filter(|_| was == Does::Calls && !(go == loser && matches!(to, Does::Calls | Does::Runs)))
    }

    /// Where a P is among all; beyond them, if it is none of them.
    #[inline(always)]
    fn place(&self, id: ProcId) -> usize {
        self.places.get(id).unwrap_or(NOWHERE) as usize
    }

    fn add(&mut self, Turn { id, to, go, since }: Turn, time: Time, start: Time) {
        let fresh = since == Since::Before;
        let mut p = P {
            does: Does::Nothing,
            fresh,
            go: None,
            since: if fresh { start } else { time },
            sums: [0; KINDS],
            busy: Level::new(start),
            runs: 0,
            longest_run: 0,
            stops: 0,
            stolen: 0,
            id,
        };
        p.begin(to, go);
        self.places.insert(id, u32::try_from(self.all.len()).unwrap_or(NOWHERE));
        self.all.push(p);
    }

    /// One of them.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, id: ProcId) -> Option<&mut P> {
        let at = self.place(id);
        self.all.get_mut(at)
    }

    /// How many have an M.
    pub(super) fn held(&self) -> i64 {
        self.held
    }

    /// How many there are.
    pub(super) fn count(&self) -> i64 {
        self.all.len() as i64
    }

    pub(super) fn finish(self, end: Time) -> Vec<Proc> {
        let mut all: Vec<Proc> = self.all.into_iter().map(|p| p.finish(end)).collect();
        all.sort_by_key(|p| p.id);
        let width = all.iter().map(|p| p.busy.width()).max().unwrap_or(0);
        all.iter_mut().for_each(|p| p.busy.widen_to(width));
        all
    }
}
