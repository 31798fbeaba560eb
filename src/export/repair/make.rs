//! Synthetic events: the legal way from the state that a reader believes to the one that an
//! event needs. Each method does what it can; whether that was enough, the rules decide
//! when the event itself is applied.

use super::model::{Model, NONE};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType as E;
use smallvec::SmallVec;

/// An event that is going to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Planned {
    pub(crate) thread: u64,
    pub(crate) event: E,
    /// Arguments behind the time difference.
    pub(crate) args: [u64; 4],
}

/// Model of the reader, with the events planned since the last were taken.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) model: Model,
    pub(super) events: SmallVec<[Planned; 8]>,
}

/// Goroutine and P that an event happened with in the input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) g: u64,
    pub(super) p: u64,
}

impl Plan {
    /// Plans an event, if the rules allow it; returns whether they do.
    pub(super) fn emit(&mut self, thread: u64, event: E, args: &[u64]) -> bool {
        let mut all = [0; 4];
        for (to, from) in all.iter_mut().zip(args) {
            *to = *from;
        }
        let legal = self.model.apply(thread, event, &mut all);
        if legal {
            self.events.push(Planned { thread, event, args: all });
        }
        legal
    }

    /// Takes the P from an M, if it has one.
    pub(super) fn drop_proc(&mut self, thread: u64) {
        if self.model.m(thread).p != NONE {
            self.emit(thread, E::ProcStop, &[]);
        }
    }

    /// Takes a known P from its M, if an M has it.
    pub(super) fn idle_proc(&mut self, p: u64, by: u64) {
        match self.model.p(p).map(|p| (p.status, p.holder)) {
            Some((ProcStatus::Running | ProcStatus::Syscall, holder)) => self.drop_proc(holder),
            Some((ProcStatus::SyscallAbandoned, _)) => _ = self.emit(by, E::ProcSteal, &[p, 0, by]),
            _ => {}
        }
    }

    /// Gives an M a P.
    pub(super) fn take_proc(&mut self, thread: u64, p: u64) {
        if self.model.m(thread).p == p {
            return;
        }
        self.drop_proc(thread);
        if self.model.p(p).is_none() {
            self.emit(thread, E::ProcStatus, &[p, ProcStatus::Running as u64]);
        } else {
            self.idle_proc(p, thread);
            self.emit(thread, E::ProcStart, &[p, 0]);
        }
    }

    /// Gives an M the wanted P; any, if the input does not name one and it has none.
    pub(super) fn need_proc(&mut self, thread: u64, wanted: u64) {
        if thread == NONE {
            return;
        }
        if wanted != NONE {
            self.take_proc(thread, wanted);
        } else if self.model.m(thread).p == NONE {
            let spare = self.model.spare_proc();
            self.take_proc(thread, spare);
        }
    }

    /// Takes the goroutine from an M. It waits after that, ready for any next state, since
    /// any goroutine may unblock it.
    pub(super) fn vacate(&mut self, thread: u64) {
        match self.model.own_status(thread) {
            Some(GoStatus::Running) => {
                self.need_proc(thread, NONE);
                self.emit(thread, E::GoBlock, &[]);
            }
            // It still has its P in the syscall, and has to come back with that before it can block.
            Some(GoStatus::Syscall) if self.model.own_proc_status(thread) == Some(ProcStatus::Syscall) => {
                self.emit(thread, E::GoSyscallEnd, &[]);
                self.emit(thread, E::GoBlock, &[]);
            }
            Some(_) => _ = self.emit(thread, E::GoSyscallEndBlocked, &[]),
            None => {}
        }
    }

    /// Makes a goroutine runnable.
    pub(super) fn make_runnable(&mut self, g: u64, by: u64) {
        let holder = self.model.go_holder(g);
        if holder != NONE {
            self.vacate(holder);
        }
        match self.model.go_status(g) {
            None => _ = self.emit(by, E::GoStatus, &[g, NONE, GoStatus::Runnable as u64]),
            Some(GoStatus::Waiting) => _ = self.emit(by, E::GoUnblock, &[g, 0, 0]),
            _ => {}
        }
    }

    /// Makes a goroutine wait.
    pub(super) fn make_waiting(&mut self, g: u64, by: u64) {
        let holder = self.model.go_holder(g);
        if holder != NONE {
            self.vacate(holder);
        }
        match self.model.go_status(g) {
            None => _ = self.emit(by, E::GoStatus, &[g, NONE, GoStatus::Waiting as u64]),
            // Only a running goroutine can block.
            Some(GoStatus::Runnable) => self.run_briefly(g, if holder != NONE { holder } else { by }),
            _ => {}
        }
    }

    /// Runs a runnable goroutine on an M until it blocks; the M's own goroutine is stopped
    /// for that.
    fn run_briefly(&mut self, g: u64, thread: u64) {
        let before = self.model.m(thread);
        match self.model.own_status(thread) {
            None => self.need_proc(thread, NONE),
            Some(GoStatus::Running) if before.p != NONE => _ = self.emit(thread, E::GoStop, &[]),
            _ => return,
        }
        self.emit(thread, E::GoStart, &[g, 0]);
        self.emit(thread, E::GoBlock, &[]);
        if before.g != NONE {
            self.emit(thread, E::GoStart, &[before.g, 0]);
        }
        if before.p == NONE {
            self.drop_proc(thread);
        }
    }

    /// Makes a goroutine run on an M.
    pub(super) fn run_on(&mut self, thread: u64, g: u64) {
        if thread == NONE {
            return;
        }
        if self.model.m(thread).g == g {
            match (self.model.own_status(thread), self.model.own_proc_status(thread)) {
                (Some(GoStatus::Syscall), Some(ProcStatus::Syscall)) => _ = self.emit(thread, E::GoSyscallEnd, &[]),
                // Its P is gone, so it comes back runnable, and has to be started.
                (Some(GoStatus::Syscall), _) => {
                    self.emit(thread, E::GoSyscallEndBlocked, &[]);
                    self.need_proc(thread, NONE);
                    self.emit(thread, E::GoStart, &[g, 0]);
                }
                _ => {}
            }
            return;
        }
        self.vacate(thread);
        if self.model.go_status(g).is_none() {
            self.emit(thread, E::GoStatus, &[g, thread, GoStatus::Running as u64]);
            return;
        }
        self.make_runnable(g, thread);
        self.need_proc(thread, NONE);
        self.emit(thread, E::GoStart, &[g, 0]);
    }

    /// Runs the wanted goroutine, or else the M's own, on an M with the wanted P.
    pub(super) fn run_own(&mut self, thread: u64, wanted: Wanted) {
        let g = if wanted.g != NONE { wanted.g } else { self.model.m(thread).g };
        if g != NONE {
            self.need_proc(thread, wanted.p);
            self.run_on(thread, g);
        }
    }

    /// Gives an M the wanted goroutine and P, in whatever state.
    pub(super) fn need_all(&mut self, thread: u64, wanted: Wanted) {
        if wanted.g == NONE && self.model.m(thread).g == NONE {
            return;
        }
        self.need_proc(thread, wanted.p);
        if wanted.g != NONE && self.model.m(thread).g != wanted.g {
            self.run_on(thread, wanted.g);
        }
    }

    /// Brings the wanted goroutine, or else the M's own, into a syscall.
    pub(super) fn in_syscall(&mut self, thread: u64, wanted: Wanted) {
        let g = if wanted.g != NONE { wanted.g } else { self.model.m(thread).g };
        let has = self.model.m(thread).g;
        if g == NONE || has == g && self.model.own_status(thread) == Some(GoStatus::Syscall) {
            return;
        }
        if self.model.go_status(g).is_none() {
            self.vacate(thread);
            self.emit(thread, E::GoStatus, &[g, thread, GoStatus::Syscall as u64]);
            return;
        }
        self.run_own(thread, wanted);
        self.emit(thread, E::GoSyscallBegin, &[]);
    }
}
