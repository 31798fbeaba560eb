//! What each P does, moment by moment.

use super::Proc;
use super::p::P;
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use rustc_hash::FxHashMap;

/// What a P does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Does {
    /// It does not exist.
    #[default]
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

/// IDs below this are looked up in a list: those of nearly all.
const SMALL: usize = 4096;

/// All Ps.
#[derive(Clone, Debug, Default)]
pub(super) struct Ps {
    /// By their numbers, with gaps.
    small: Vec<P>,
    others: FxHashMap<ProcId, P>,
    count: i64,
    held: i64,
}

impl Ps {
    /// A P does something else. Returns the goroutine that loses it, which is in a
    /// system call.
    #[inline(never)]
    pub(super) fn turn(&mut self, turn: Turn, time: Time, start: Time) -> Option<GoId> {
        let Turn { id, to, go, .. } = turn;
        self.held += i64::from(to.is_held());
        let Some(p) = self.find(id) else {
            self.add(id, P::new(turn, time, start));
            return None;
        };
        let (was, loser) = (p.does(), p.caller());
        p.turn(turn, time, start);
        self.held -= i64::from(was.is_held());
        loser.filter(|_| !(go == loser && matches!(to, Does::Calls | Does::Runs)))
    }

    fn add(&mut self, id: ProcId, p: P) {
        self.count += 1;
        let at = place(id);
        if at >= SMALL {
            self.others.insert(id, p);
            return;
        }
        if self.small.len() <= at {
            self.small.resize_with(at + 1, P::default);
        }
        if let Some(place) = self.small.get_mut(at) {
            *place = p;
        }
    }

    /// What is at a place of the list: a P, or one of which nothing is known.
    #[inline(always)]
    pub(super) fn at(&mut self, index: usize) -> Option<&mut P> {
        self.small.get_mut(index)
    }

    /// One of which something is known.
    pub(super) fn find(&mut self, id: ProcId) -> Option<&mut P> {
        let at = place(id);
        let p = if at < SMALL { self.small.get_mut(at) } else { self.others.get_mut(&id) };
        p.filter(|p| p.is_told())
    }

    /// How many have an M.
    pub(super) fn held(&self) -> i64 {
        self.held
    }

    /// How many there are.
    pub(super) fn count(&self) -> i64 {
        self.count
    }

    pub(super) fn finish(self, end: Time, start: Time) -> Vec<Proc> {
        let all = self.small.into_iter().chain(self.others.into_values());
        let mut all: Vec<Proc> = all.filter_map(|p| p.finish(end, start)).collect();
        all.sort_by_key(|p| p.id);
        let width = all.iter().map(|p| p.busy.width()).max().unwrap_or(0);
        all.iter_mut().for_each(|p| p.busy.widen_to(width));
        all
    }
}

fn place(id: ProcId) -> usize {
    usize::try_from(id.0).unwrap_or(usize::MAX)
}
