//! A goroutine that exists, and what it is in the middle of.

use super::{Goroutine, Stats};
use crate::analysis::names::NameId;
use crate::analysis::{Compat, Life, Step};
use crate::event::transition::GoState;
use crate::time::Time;

/// A goroutine that exists. What it comes to is written into its summary in the
/// end: that of one that comes and goes is touched twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    /// How it spent its time before the state that it is in.
    pub(super) stats: Stats,
    /// Since when it is in a system call, if it is in one.
    pub(super) calls: Time,
    /// When it lost its P in that.
    pub(super) lost_proc: Option<Time>,
    /// Where its summary is among all.
    pub(super) at: usize,
    /// The state that it is in is in its figures already.
    pub(super) settled: bool,
    pub(super) started: Option<Time>,
    pub(super) ended: Option<Time>,
    pub(super) ranges: Vec<(NameId, Time)>,
    /// The regions it is in, as places among all; what was counted before them
    /// is in their figures until they end.
    pub(super) active: Vec<usize>,
    /// Those that it was in.
    pub(super) regions: Vec<usize>,
}

impl Person {
    /// It leaves a state in which it was for `took` nanoseconds.
    #[inline(always)]
    pub(super) fn leave(&mut self, was: &Life, took: i64, time: Time) {
        if self.settled {
            self.settled = false;
            return;
        }
        let stats = &mut self.stats;
        match was.state {
            GoState::Running => stats.exec = stats.exec.saturating_add(took),
            GoState::Runnable => stats.sched_wait = stats.sched_wait.saturating_add(took),
            GoState::Waiting => stats.block.add(was.reason, took),
            GoState::Syscall => {
                let with_proc = self.lost_proc.take().unwrap_or(time);
                stats.syscall = stats.syscall.saturating_add(with_proc.since(self.calls));
                stats.syscall_block = stats.syscall_block.saturating_add(time.since(with_proc));
            }
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    /// Counts what it is in, when it is first mentioned, from the last sync on.
    pub(super) fn settle_before(&mut self, step: &Step<'_, '_>, synced: Time) {
        let (stats, since) = (&mut self.stats, step.time().since(synced));
        match step.now.state {
            // The pass counts the others so, unless it has known of them.
            GoState::Syscall if step.now.proc().is_none() => stats.syscall_block = since,
            GoState::Syscall => stats.syscall = since,
            _ if step.new => {}
            GoState::Running => stats.exec = since,
            GoState::Waiting => stats.block.add(step.now.reason, since),
            GoState::Runnable => stats.sched_wait = since,
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    /// Its figures up to `time`, what it is in the middle of included.
    pub(super) fn until(&self, life: &Life, created: Time, time: Time, compat: Compat) -> Stats {
        let mut stats = self.stats.clone();
        self.settle(&mut stats, life, created, time, compat);
        stats
    }

    /// Adds what it is in the middle of to its figures.
    fn settle(&self, stats: &mut Stats, life: &Life, created: Time, time: Time, compat: Compat) {
        if stats.total == 0 {
            stats.total = time.since(created);
        }
        if life.begun && !self.settled {
            let took = time.since(life.since);
            match life.state {
                GoState::Running => stats.exec = stats.exec.saturating_add(took),
                GoState::Runnable => stats.sched_wait = stats.sched_wait.saturating_add(took),
                GoState::Waiting => stats.block.add(life.reason, took),
                GoState::Syscall => self.in_syscall(stats, time, compat),
                GoState::NotExist | GoState::Undetermined => {}
            }
        }
        for &(name, begun) in &self.ranges {
            stats.ranges.add(name, time.since(begun));
        }
    }

    fn in_syscall(&self, stats: &mut Stats, time: Time, compat: Compat) {
        let (all, lost) = (time.since(self.calls), self.lost_proc);
        let without = lost.map_or(0, |lost| time.since(lost));
        match lost {
            // Go counts all of it as with a P, and what was without one as waiting.
            Some(_) if compat == Compat::Go127 => {
                stats.syscall = stats.syscall.saturating_add(all);
                stats.sched_wait = stats.sched_wait.saturating_add(without);
            }
            _ => {
                stats.syscall = stats.syscall.saturating_add(all.saturating_sub(without));
                stats.syscall_block = stats.syscall_block.saturating_add(without);
            }
        }
    }

    /// Ends all that it is in the middle of; returns its regions.
    pub(super) fn end(&mut self, life: &Life, created: Time, time: Time, compat: Compat) -> Vec<usize> {
        let mut stats = std::mem::take(&mut self.stats);
        self.settle(&mut stats, life, created, time, compat);
        self.stats = stats;
        (self.settled, self.lost_proc) = (true, None);
        self.ranges.clear();
        std::mem::take(&mut self.active)
    }

    /// Writes down what it comes to.
    pub(super) fn close(&mut self, life: &Life, sum: &mut Goroutine) {
        sum.stats = std::mem::take(&mut self.stats);
        sum.regions = std::mem::take(&mut self.regions);
        (sum.started, sum.ended) = (self.started, self.ended);
        (sum.name, sum.state, sum.since) = (life.root, life.state, life.since);
        (sum.reason, sum.stack) = (life.reason, life.own);
    }
}
