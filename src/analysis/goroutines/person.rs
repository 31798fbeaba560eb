//! A goroutine that exists, and what it is in the middle of.

use super::{Goroutine, Stats};
use crate::analysis::Compat;
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::event::transition::GoState;
use crate::ids::{GoId, ProcId};
use crate::time::Time;

/// What a goroutine that exists is in the middle of.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Where its summary is among all.
    pub(super) at: usize,
    pub(super) running: Option<Time>,
    pub(super) runnable: Option<Time>,
    pub(super) blocked: Option<(Time, NameId)>,
    pub(super) syscall: Option<Time>,
    /// With which P it went into the system call.
    pub(super) syscall_proc: Option<ProcId>,
    pub(super) lost_proc: Option<Time>,
    pub(super) ranges: Vec<(NameId, Time)>,
    /// The regions it is in, as places among all; what was counted before them
    /// is in their figures until they end.
    pub(super) active: Vec<usize>,
}

impl Goroutine {
    /// One of which nothing is known but when it was created.
    pub(super) fn new(id: GoId, created: Time) -> Goroutine {
        Goroutine {
            id,
            name: NameId::EMPTY,
            created,
            creator: None,
            creation_seen: false,
            creation_stack: StackKey::EMPTY,
            started: None,
            ended: None,
            stats: Stats::default(),
            state: GoState::Undetermined,
            since: created,
            reason: NameId::EMPTY,
            stack: StackKey::EMPTY,
            regions: Vec::new(),
        }
    }
}

impl Person {
    /// One whose summary is there.
    pub(super) fn new(at: usize) -> Person {
        Person {
            at,
            running: None,
            runnable: None,
            blocked: None,
            syscall: None,
            syscall_proc: None,
            lost_proc: None,
            ranges: Vec::new(),
            active: Vec::new(),
        }
    }

    /// Adds to its figures what it is in the middle of, up to `time`.
    pub(super) fn settle(&self, stats: &mut Stats, created: Time, time: Time, compat: Compat) {
        if stats.total == 0 {
            stats.total = time.since(created);
        }
        let since = |begun: Option<Time>| begun.map_or(0, |begun| time.since(begun));
        stats.exec = stats.exec.saturating_add(since(self.running));
        stats.sched_wait = stats.sched_wait.saturating_add(since(self.runnable));
        if let Some((begun, reason)) = self.blocked {
            stats.block.add(reason, time.since(begun));
        }
        match (self.syscall, self.lost_proc) {
            // Go counts all of it as with a P, and what was without one as waiting.
            (Some(_), Some(_)) | (None, Some(_)) if compat == Compat::Go127 => {
                stats.syscall = stats.syscall.saturating_add(since(self.syscall));
                stats.sched_wait = stats.sched_wait.saturating_add(since(self.lost_proc));
            }
            (Some(begun), Some(lost)) => {
                stats.syscall = stats.syscall.saturating_add(lost.since(begun));
                stats.syscall_block = stats.syscall_block.saturating_add(time.since(lost));
            }
            (begun, _) => stats.syscall = stats.syscall.saturating_add(since(begun)),
        }
        for &(name, begun) in &self.ranges {
            stats.ranges.add(name, time.since(begun));
        }
    }

    /// Its figures up to `time`, what it is in the middle of included.
    pub(super) fn until(&self, of: &Goroutine, time: Time, compat: Compat) -> Stats {
        let mut stats = of.stats.clone();
        self.settle(&mut stats, of.created, time, compat);
        stats
    }

    /// Ends the state it is in.
    #[inline]
    pub(super) fn leave(&mut self, stats: &mut Stats, state: GoState, time: Time) {
        match state {
            GoState::Running => {
                if let Some(begun) = self.running.take() {
                    stats.exec = stats.exec.saturating_add(time.since(begun));
                }
            }
            GoState::Runnable => {
                if let Some(begun) = self.runnable.take() {
                    stats.sched_wait = stats.sched_wait.saturating_add(time.since(begun));
                }
            }
            GoState::Waiting => {
                if let Some((begun, reason)) = self.blocked.take() {
                    stats.block.add(reason, time.since(begun));
                }
            }
            GoState::Syscall => {
                let Some(begun) = self.syscall.take() else { return };
                let with_proc = self.lost_proc.unwrap_or(time);
                stats.syscall = stats.syscall.saturating_add(with_proc.since(begun));
                stats.syscall_block = stats.syscall_block.saturating_add(time.since(with_proc));
                self.lost_proc = None;
            }
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    /// Ends all that it is in the middle of but its regions; returns those.
    pub(super) fn end(&mut self) -> Vec<usize> {
        (self.running, self.runnable, self.blocked) = (None, None, None);
        (self.syscall, self.lost_proc) = (None, None);
        self.ranges.clear();
        std::mem::take(&mut self.active)
    }
}
