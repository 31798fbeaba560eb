//! Synthetic events: the legal way from what a reader believes to what an event
//! needs. All do what they can; whether it was enough, the rules say when the
//! event itself is applied.

use super::model::{Model, NONE};
use crate::wire::v2::spec::EventType as E;
use crate::wire::v2::status::{GoStatus, ProcStatus};
use smallvec::SmallVec;

/// An event that is going to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Planned {
    pub(super) thread: u64,
    pub(super) event: E,
    /// The arguments behind the time difference.
    pub(super) args: [u64; 4],
}

/// The model, and the events since it was last asked for them.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) model: Model,
    pub(super) events: SmallVec<[Planned; 8]>,
}

/// What goroutine and P an event happened with, as the input has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) g: u64,
    pub(super) p: u64,
}

impl Plan {
    /// Plans an event, if the rules allow it.
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

    /// Makes an M one without a P.
    pub(super) fn drop_proc(&mut self, thread: u64) {
        if self.model.m(thread).p != NONE {
            self.emit(thread, E::ProcStop, &[]);
        }
    }

    /// Makes a P that is known one that no M has.
    pub(super) fn idle_proc(&mut self, p: u64, by: u64) {
        match self.model.p(p).map(|p| (p.status, p.holder)) {
            Some((ProcStatus::Running | ProcStatus::Syscall, holder)) => self.drop_proc(holder),
            Some((ProcStatus::SyscallAbandoned, _)) => _ = self.emit(by, E::ProcSteal, &[p, 0, by]),
            _ => {}
        }
    }

    /// Gives an M that P.
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

    /// Gives an M the wanted P; or, where the input does not say which, any.
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

    /// Makes an M one without a goroutine. It waits after that, for whatever
    /// comes next: anything may unblock it.
    pub(super) fn vacate(&mut self, thread: u64) {
        match self.model.own_status(thread) {
            Some(GoStatus::Running) => {
                self.need_proc(thread, NONE);
                self.emit(thread, E::GoBlock, &[]);
            }
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
            Some(GoStatus::Runnable) => self.run_briefly(g, if holder != NONE { holder } else { by }),
            _ => {}
        }
    }

    /// Lets a runnable goroutine run and block on an M, whose own one steps
    /// aside for that.
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

    /// Makes the wanted goroutine, or the one that the M has, run on an M with
    /// the wanted P.
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

    /// Brings the wanted goroutine, or the one that the M has, into a syscall.
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
