//! A goroutine that exists, and what it is in the middle of.

use super::{Goroutine, Goroutines, NEVER, NOBODY, Region, Stats, unless_never};
use crate::analysis::names::NameId;
use crate::analysis::{Compat, Life, Spent, Step};
use crate::event::transition::GoState;
use crate::ids::GoId;
use crate::time::Time;

/// A goroutine that exists.
#[derive(Clone, Debug)]
pub(super) struct Person {
    /// Its summary, as far as it has come: its figures are what was before the
    /// state that it is in, without what the pass keeps count of.
    pub(super) sum: Goroutine,
    pub(super) now: Present,
    within: Option<Box<Within>>,
}

/// What of the state that a goroutine is in its [`Life`] does not tell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Present {
    /// Since when it is in a system call, if it is in one.
    pub(super) calls: Time,
    /// When it lost its P in that.
    lost_proc: Time,
    /// It is in its figures already.
    pub(super) settled: bool,
}

/// The ranges and regions that a goroutine is in, which few are.
#[derive(Clone, Debug, Default)]
pub(super) struct Within {
    pub(super) ranges: Vec<(NameId, Time)>,
    /// The regions it is in, as places among all; what was counted before them
    /// is in their figures until they end.
    pub(super) active: Vec<usize>,
    /// Those that it was in.
    pub(super) regions: Vec<usize>,
}

impl Default for Person {
    fn default() -> Person {
        Person::new(NOBODY, Time::default())
    }
}

impl Person {
    /// One of which nothing is known but when it was created.
    pub(super) fn new(id: GoId, created: Time) -> Person {
        let sum = Goroutine::new(id, created);
        let now = Present { calls: Time::default(), lost_proc: NEVER, settled: false };
        Person { sum, now, within: None }
    }

    /// The ranges and regions that it is in, if it is in any.
    pub(super) fn within(&self) -> Option<&Within> {
        self.within.as_deref()
    }

    pub(super) fn within_mut(&mut self) -> &mut Within {
        self.within.get_or_insert_default()
    }

    /// It is created, in that region, if it inherits one.
    pub(super) fn create(&mut self, step: &Step<'_, '_>, inherited: Option<usize>) {
        let sum = &mut self.sum;
        sum.creation_seen = true;
        sum.creator = step.goroutine().unwrap_or(NOBODY);
        sum.creation_stack = step.now.stack;
        if let Some(region) = inherited {
            self.within_mut().active.push(region);
        }
    }

    /// It runs.
    #[inline(always)]
    pub(super) fn run(&mut self, time: Time) {
        if self.sum.started == NEVER {
            self.sum.started = time;
        }
    }

    /// It loses its P in a system call.
    pub(super) fn lose_proc(&mut self, time: Time) {
        self.now.lost_proc = time;
    }

    /// It leaves a state in which it was for `took` nanoseconds.
    #[inline(always)]
    pub(super) fn leave(&mut self, left: GoState, reason: NameId, took: i64, time: Time) {
        match left {
            // The pass keeps count of these.
            GoState::Running | GoState::Runnable | GoState::NotExist | GoState::Undetermined => {}
            GoState::Waiting if self.now.settled => self.now.settled = false,
            GoState::Waiting => self.sum.stats.block.add(reason, took),
            GoState::Syscall => self.come_back(time),
        }
    }

    /// It comes back from a system call.
    fn come_back(&mut self, time: Time) {
        let stats = &mut self.sum.stats;
        let with_proc = unless_never(self.now.lost_proc).unwrap_or(time);
        self.now.lost_proc = NEVER;
        stats.syscall = stats.syscall.saturating_add(with_proc.since(self.now.calls));
        stats.syscall_block = stats.syscall_block.saturating_add(time.since(with_proc));
    }

    /// What the pass says that it spent its time with was before it was as it is now.
    pub(super) fn spent_before(&mut self, spent: &Spent) {
        let stats = &mut self.sum.stats;
        stats.exec = stats.exec.saturating_sub(spent.of(GoState::Running));
        stats.sched_wait = stats.sched_wait.saturating_sub(spent.of(GoState::Runnable));
    }

    /// Counts what it is in, when it is first mentioned, from the last sync on.
    pub(super) fn settle_before(&mut self, step: &Step<'_, '_>, synced: Time) {
        let (stats, since) = (&mut self.sum.stats, step.time().since(synced));
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
    pub(super) fn until(&self, life: &Life, spent: &Spent, time: Time, compat: Compat) -> Stats {
        let mut stats = self.figures(spent);
        if stats.total == 0 {
            stats.total = time.since(self.sum.created);
        }
        self.now.settle(&mut stats, life, time, compat);
        for &(name, begun) in self.within().map_or(&[][..], |within| &within.ranges) {
            stats.ranges.add(name, time.since(begun));
        }
        stats
    }

    /// Its figures, once it has ended.
    pub(super) fn figures(&self, spent: &Spent) -> Stats {
        let mut stats = self.sum.stats.clone();
        stats.spend(spent);
        stats
    }

    /// Ends all that it is in the middle of; returns the regions it is in.
    pub(super) fn end(&mut self, life: &Life, time: Time, compat: Compat) -> Vec<usize> {
        let stats = &mut self.sum.stats;
        if stats.total == 0 {
            stats.total = time.since(self.sum.created);
        }
        self.now.settle(stats, life, time, compat);
        (self.now.settled, self.now.lost_proc) = (true, NEVER);
        let Some(within) = &mut self.within else { return Vec::new() };
        for (name, begun) in within.ranges.drain(..) {
            self.sum.stats.ranges.add(name, time.since(begun));
        }
        std::mem::take(&mut within.active)
    }

    /// Writes down what it comes to, with its regions by when they began.
    pub(super) fn close(&mut self, life: &Life, spent: &Spent, regions: &[Region], all: &mut Goroutines) {
        let sum = &mut self.sum;
        (sum.name, sum.state, sum.since) = (life.root, life.state, life.since);
        (sum.reason, sum.stack) = (life.reason, life.own);
        sum.stats.spend(spent);
        if let Some(within) = self.within.take() {
            sum.regions = within.regions.into();
            sum.regions.sort_by_key(|&at| regions.get(at).and_then(|region| region.start));
        }
        all.push(sum);
        sum.id = NOBODY;
    }
}

impl Present {
    /// Adds it to the figures of a goroutine.
    fn settle(&self, stats: &mut Stats, life: &Life, time: Time, compat: Compat) {
        if !life.begun || self.settled {
            return;
        }
        let took = time.since(life.since);
        match life.state {
            GoState::Running => stats.exec = stats.exec.saturating_add(took),
            GoState::Runnable => stats.sched_wait = stats.sched_wait.saturating_add(took),
            GoState::Waiting => stats.block.add(life.reason, took),
            GoState::Syscall => self.in_syscall(stats, time, compat),
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    fn in_syscall(&self, stats: &mut Stats, time: Time, compat: Compat) {
        let (all, lost) = (time.since(self.calls), unless_never(self.lost_proc));
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
}
