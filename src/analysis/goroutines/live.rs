//! The open summary of a goroutine that still exists.

use super::keep::Keep;
use super::{Goroutine, NEVER, NO_GOROUTINE, Stats, unless_never};
use crate::analysis::names::NameId;
use crate::analysis::{Compat, Follower, GoroutineState, TimeInStates, Transition};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::spec::state::GoState;

/// A goroutine that exists, with its summary so far.
#[derive(Clone, Debug)]
pub(super) struct LiveGoroutine {
    /// Summary so far: the figures before its present state, without the times that the
    /// pass adds up.
    pub(super) sum: Goroutine,
    pub(super) now: PresentState,
    within: Option<Box<Within>>,
}

/// Facts about the present state that [`GoroutineState`] does not have.
#[derive(Clone, Copy, Debug)]
pub(super) struct PresentState {
    /// Start of its system call, if it is in one.
    pub(super) calls: Time,
    /// Time at which it lost its P in that.
    lost_proc: Time,
    /// True if the present state is in the figures already.
    pub(super) settled: bool,
}

/// Open ranges and ended regions of a goroutine. Few have any.
#[derive(Clone, Debug, Default)]
pub(super) struct Within {
    pub(super) ranges: Vec<(NameId, Time)>,
    /// Numbers of the regions that it has left.
    pub(super) regions: Vec<usize>,
}

impl Default for LiveGoroutine {
    fn default() -> LiveGoroutine {
        LiveGoroutine::new(NO_GOROUTINE, Time::default())
    }
}

impl LiveGoroutine {
    /// Returns the record of a goroutine of which only the creation time is known.
    pub(super) fn new(id: GoId, created: Time) -> LiveGoroutine {
        let sum = Goroutine::new(id, created);
        let now = PresentState { calls: Time::default(), lost_proc: NEVER, settled: false };
        LiveGoroutine { sum, now, within: None }
    }

    /// Returns its open ranges and ended regions, if it has any.
    pub(super) fn within(&self) -> Option<&Within> {
        self.within.as_deref()
    }

    pub(super) fn within_mut(&mut self) -> &mut Within {
        self.within.get_or_insert_default()
    }

    /// Takes note of its creation.
    pub(super) fn create(&mut self, transition: &Transition<'_, '_>) {
        let sum = &mut self.sum;
        sum.creation_seen = true;
        sum.creator = transition.goroutine().unwrap_or(NO_GOROUTINE);
        sum.creation_stack = transition.now.stack;
    }

    /// Takes note that it runs.
    #[inline(always)]
    pub(super) fn run(&mut self, time: Time) {
        if self.sum.started == NEVER {
            self.sum.started = time;
        }
    }

    /// Takes note that it has lost its P in a system call; only the first loss counts.
    pub(super) fn lose_proc(&mut self, time: Time) {
        self.now.lost_proc = unless_never(self.now.lost_proc).unwrap_or(time);
    }

    /// Adds the state that it leaves, which lasted for `took` nanoseconds.
    #[inline(always)]
    pub(super) fn leave(&mut self, left: GoState, reason: NameId, took: i64, time: Time) {
        match left {
            // The pass adds up the times in these states.
            GoState::Running | GoState::Runnable | GoState::NotExist | GoState::Undetermined => {}
            // Blocking forever was counted as its end.
            GoState::Waiting if self.now.settled => self.now.settled = false,
            GoState::Waiting => self.sum.stats.block.add(reason, took),
            GoState::Syscall => self.come_back(time),
        }
    }

    /// Adds a system call that it returns from.
    fn come_back(&mut self, time: Time) {
        let stats = &mut self.sum.stats;
        let with_proc = unless_never(self.now.lost_proc).unwrap_or(time);
        self.now.lost_proc = NEVER;
        stats.syscall = stats.syscall.saturating_add(with_proc.since(self.now.calls));
        stats.syscall_block = stats.syscall_block.saturating_add(time.since(with_proc));
    }

    /// Takes back times that the pass added up for an earlier life under the same ID.
    pub(super) fn spent_before(&mut self, spent: &TimeInStates) {
        let stats = &mut self.sum.stats;
        stats.exec = stats.exec.saturating_sub(spent.of(GoState::Running));
        stats.sched_wait = stats.sched_wait.saturating_sub(spent.of(GoState::Runnable));
    }

    /// Adds the time in its present state from the last sync on, when it is first
    /// mentioned.
    pub(super) fn settle_before(&mut self, transition: &Transition<'_, '_>, synced: Time, compat: Compat) {
        let (stats, since) = (&mut self.sum.stats, transition.time().since(synced));
        // Up to Go 1.21, tracing begins with the world stopped: a goroutine that is in a
        // system call then has lost its P, though the trace names one.
        let stopped = transition.is_v1() && transition.new && compat == Compat::Right;
        match transition.now.state {
            // The pass adds up the other states, except for an earlier life under the same
            // ID.
            GoState::Syscall if stopped => {
                stats.syscall_block = since;
                self.now.lost_proc = transition.time();
            }
            GoState::Syscall if transition.now.proc().is_none() => stats.syscall_block = since,
            GoState::Syscall => stats.syscall = since,
            _ if transition.new => {}
            GoState::Running => stats.exec = since,
            GoState::Waiting => stats.block.add(transition.now.reason, since),
            GoState::Runnable => stats.sched_wait = since,
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    /// Writes its figures up to `time`, with its present state and ranges, to `stats`.
    pub(super) fn until(
        &self,
        stats: &mut Stats,
        goroutine: &GoroutineState,
        spent: &TimeInStates,
        time: Time,
        compat: Compat,
    ) {
        stats.clone_from(&self.sum.stats);
        stats.spend(spent);
        if stats.total == 0 {
            stats.total = time.since(self.sum.created);
        }
        self.now.settle(stats, goroutine, time, compat);
        for &(name, begun) in self.within().map_or(&[][..], |within| &within.ranges) {
            stats.ranges.add(name, time.since(begun));
        }
    }

    /// Returns its figures, once it has ended.
    pub(super) fn figures(&self, spent: &TimeInStates) -> Stats {
        let mut stats = self.sum.stats.clone();
        stats.spend(spent);
        stats
    }

    /// Ends its present state and ranges, but not its regions.
    pub(super) fn end(&mut self, goroutine: &GoroutineState, time: Time, compat: Compat) {
        let stats = &mut self.sum.stats;
        if stats.total == 0 {
            stats.total = time.since(self.sum.created);
        }
        self.now.settle(stats, goroutine, time, compat);
        (self.now.settled, self.now.lost_proc) = (true, NEVER);
        let Some(within) = &mut self.within else { return };
        for (name, begun) in within.ranges.drain(..) {
            self.sum.stats.ranges.add(name, time.since(begun));
        }
    }

    /// Completes its summary and hands it to `keep`.
    pub(super) fn close<K: Keep>(
        &mut self,
        goroutine: &GoroutineState,
        compat: Compat,
        follower: &Follower,
        keep: &mut K,
    ) {
        let sum = &mut self.sum;
        (sum.name, sum.state, sum.since) = (name(goroutine, compat), goroutine.state, goroutine.since);
        (sum.reason, sum.stack) = (goroutine.reason, goroutine.own);
        sum.regions = self.within.take().map(|within| within.regions.into()).unwrap_or_default();
        keep.goroutine(sum, follower);
        sum.id = NO_GOROUTINE;
    }
}

/// Returns the function that a goroutine began with. Go 1.27 knows it only from the
/// goroutine's own stacks.
pub(super) fn name(goroutine: &GoroutineState, compat: Compat) -> NameId {
    if compat == Compat::Go127 && !goroutine.named { NameId::EMPTY } else { goroutine.root }
}

impl PresentState {
    /// Adds the present state, up to `time`, to the figures of a goroutine.
    fn settle(&self, stats: &mut Stats, goroutine: &GoroutineState, time: Time, compat: Compat) {
        if !goroutine.begun || self.settled {
            return;
        }
        let took = time.since(goroutine.since);
        match goroutine.state {
            GoState::Running => stats.exec = stats.exec.saturating_add(took),
            GoState::Runnable => stats.sched_wait = stats.sched_wait.saturating_add(took),
            GoState::Waiting => stats.block.add(goroutine.reason, took),
            GoState::Syscall => self.in_syscall(stats, time, compat),
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    fn in_syscall(&self, stats: &mut Stats, time: Time, compat: Compat) {
        let (all, lost) = (time.since(self.calls), unless_never(self.lost_proc));
        let without = lost.map_or(0, |lost| time.since(lost));
        match lost {
            // Go counts all of it as with a P, and the part without one as waiting for a P
            // too.
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
