//! What each P does, moment by moment.

use super::Proc;
use crate::analysis::ByProc;
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
    /// That goroutine runs on it.
    Runs(GoId),
    /// That goroutine is in a system call.
    Calls(GoId),
}

impl Does {
    fn is_held(self) -> bool {
        !matches!(self, Does::Nothing | Does::Idles)
    }
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

#[derive(Clone, Debug)]
struct P {
    sums: Proc,
    does: Does,
    since: Time,
    /// Nothing but what it has done since before the trace is known.
    fresh: bool,
}

impl P {
    fn account(&mut self, start: Time, time: Time) {
        let nanos = time.since(self.since).max(0);
        let sum = match self.does {
            Does::Nothing => return,
            Does::Idles => &mut self.sums.idle,
            Does::Looks => &mut self.sums.looking,
            Does::Runs(_) => &mut self.sums.running,
            Does::Calls(_) => &mut self.sums.syscall,
        };
        *sum = sum.saturating_add(nanos);
        if let Does::Runs(_) = self.does {
            self.sums.busy.add(self.since.since(start), time.since(start), 1);
        }
    }
}

impl Ps {
    /// A P does something else. Returns the goroutine that loses it, which is in a
    /// system call.
    pub(super) fn turn(&mut self, id: ProcId, to: Does, since: Since, time: Time, start: Time) -> Option<GoId> {
        let at = self.place(id);
        let Some(p) = self.all.get_mut(at) else {
            let fresh = since == Since::Before;
            let sums = Proc::new(id);
            self.held += i64::from(to.is_held());
            self.add(P { sums, does: to, since: if fresh { start } else { time }, fresh });
            return None;
        };
        let was = p.does;
        self.held += i64::from(to.is_held()) - i64::from(was.is_held());
        // The statuses of a P and of the goroutine on it are two events, and tell of
        // one state.
        if !(p.fresh && since == Since::Before) {
            p.account(start, time);
            (p.since, p.fresh) = (time, false);
        }
        p.does = to;
        match was {
            Does::Calls(g) if to != was && to != Does::Runs(g) => Some(g),
            _ => None,
        }
    }

    /// Where a P is among all; beyond them, if it is none of them.
    #[inline]
    fn place(&self, id: ProcId) -> usize {
        self.places.get(id).unwrap_or(NOWHERE) as usize
    }

    #[inline(never)]
    fn add(&mut self, p: P) {
        self.places.insert(p.sums.id, u32::try_from(self.all.len()).unwrap_or(NOWHERE));
        self.all.push(p);
    }

    /// What one does.
    pub(super) fn does(&self, id: ProcId) -> Option<Does> {
        self.all.get(self.place(id)).map(|p| p.does)
    }

    /// The figures of one.
    pub(super) fn sums(&mut self, id: ProcId) -> Option<&mut Proc> {
        let at = self.place(id);
        self.all.get_mut(at).map(|p| &mut p.sums)
    }

    /// How many have an M.
    pub(super) fn held(&self) -> i64 {
        self.held
    }

    /// How many there are.
    pub(super) fn count(&self) -> i64 {
        self.all.len() as i64
    }

    pub(super) fn finish(self, start: Time, end: Time) -> Vec<Proc> {
        let mut all: Vec<Proc> = self
            .all
            .into_iter()
            .map(|mut p| {
                p.account(start, end);
                p.sums
            })
            .collect();
        all.sort_by_key(|p| p.id);
        let width = all.iter().map(|p| p.busy.width()).max().unwrap_or(0);
        all.iter_mut().for_each(|p| p.busy.widen_to(width));
        all
    }
}
