//! States of goroutines, as far as the rules need them.

use super::sums::{LeftState, Sums};
use super::windows::{Count, Windows};
use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::analysis::{BySlot, Follower, Memo, Transition, add_up};
use crate::base::ids::ProcId;
use crate::base::time::Time;
use crate::diagnose::observation::{Locked, Observation};
use crate::spec::state::GoState;
use crate::timeline::is_mutex;

/// Cause of a goroutine's wait, also after it has become runnable.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum WaitCause {
    #[default]
    Other,
    Network,
    Lock,
}

/// Record of a goroutine beside its state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct G {
    pub(super) wait_cause: WaitCause,
    /// True if it is in a system call without a P.
    pub(super) lost_proc: bool,
    /// Stack that created it, if the trace has that.
    creator: Option<StackKey>,
    /// Number of system calls since it last waited or let others run, and start of the
    /// first.
    pub(super) calls: u32,
    pub(super) calling: Time,
    pub(super) call: StackKey,
    /// Thread that it ran on last, number of runs on that, and number on others.
    thread: u64,
    stayed: u32,
    moved: u32,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Goroutines {
    gs: BySlot<G>,
    reasons: Memo<NameId, Reason>,
    /// True for stacks with which a goroutine waits for a lock.
    locks: Memo<StackKey, bool>,
    locked: Locked,
    sums: Sums,
}

/// Least number of system calls in a row that are looked at.
const MANY_CALLS: u32 = 100;
/// Number of runs on one thread, and hardly any on another, after which a goroutine counts
/// as locked to it.
const LOCKED_RUNS: u32 = 50;

impl G {
    /// Takes note that it runs on a thread.
    #[inline(always)]
    fn runs_on(&mut self, thread: u64) {
        if self.thread == thread {
            self.stayed += 1;
        } else {
            // A goroutine may lock itself to a thread only after a while.
            (self.thread, self.moved, self.stayed) = (thread, self.moved.saturating_add(self.stayed), 1);
        }
    }

    fn is_locked(&self) -> bool {
        self.stayed >= LOCKED_RUNS && self.stayed / 8 >= self.moved
    }
}

/// Kinds of reasons to block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reason {
    Network,
    /// Any wait in package sync.
    Sync,
    Other,
}

impl Reason {
    fn of(reason: &[u8]) -> Reason {
        match reason {
            b"network" => Reason::Network,
            b"sync" => Reason::Sync,
            _ => Reason::Other,
        }
    }
}

impl Goroutines {
    #[inline(always)]
    pub(super) fn transition(
        &mut self,
        transition: &Transition<'_, '_>,
        follower: &Follower,
        marking: bool,
        windows: &mut Windows,
    ) {
        let (was, now, stacks) = (transition.was, transition.now, follower.stacks());
        let g = self.gs.of(transition);
        if transition.new {
            // Goroutines from before the trace have no known creator.
            g.creator = (transition.from == GoState::NotExist).then_some(now.stack);
            windows.add(Count::Goroutines, 1);
        }
        let left = LeftState {
            was,
            state: transition.left,
            begun: transition.begun,
            took: transition.took,
            until: transition.time(),
            stack: now.own,
            root: now.root,
            marking,
        };
        self.sums.leave(g, left, &stacks.names, windows);
        g.wait_cause = match transition.to {
            GoState::Waiting => match self.reasons.get(now.reason, || Reason::of(stacks.names.get(now.reason))) {
                Reason::Network => WaitCause::Network,
                Reason::Sync if self.locks.get(now.own, || is_mutex(now.own, stacks)) => WaitCause::Lock,
                _ => WaitCause::Other,
            },
            // The cause of the wait stays that of the runnable goroutine, until it runs.
            GoState::Runnable if transition.left == GoState::Waiting && g.wait_cause == WaitCause::Network => {
                WaitCause::Network
            }
            _ => WaitCause::Other,
        };
        if transition.to == GoState::Running
            && let Some(thread) = transition.thread()
        {
            g.runs_on(thread.0);
        }
        // A wait, or yield to others, ends a series of system calls.
        let pauses = transition.to == GoState::Waiting
            || (transition.to == GoState::Runnable && transition.left == GoState::Running);
        if pauses || transition.to == GoState::NotExist {
            if g.calls >= MANY_CALLS {
                self.sums.called(g, now, transition.time());
            }
            g.calls = 0;
        }
        self.sums.enter(g, now, transition.to, windows);
        if transition.to == GoState::NotExist {
            windows.add(Count::Goroutines, -1);
            if g.is_locked() {
                self.locked(follower, transition.slot);
            }
        }
    }

    /// Counts a goroutine that ran on one thread only, when it or the trace ends.
    #[inline(never)]
    fn locked(&mut self, follower: &Follower, slot: u32) {
        self.locked.count += 1;
        add_up(&mut self.locked.wait, follower.time_in_states(slot).of(GoState::Runnable));
    }

    /// Takes note that a P is idle: a goroutine that went into a system call with it has
    /// lost it.
    pub(super) fn lost_proc(&mut self, follower: &Follower, proc: ProcId, windows: &mut Windows) {
        let Some(id) = self.sums.in_syscall.remove(proc) else { return };
        let calls = follower.find(id).filter(|(_, goroutine)| goroutine.state == GoState::Syscall);
        if let Some(g) = calls.and_then(|(slot, _)| self.gs.get_mut(slot)).filter(|g| !g.lost_proc) {
            g.lost_proc = true;
            windows.add(Count::BlockedThreads, 1);
        }
    }

    /// Adds the goroutines that exist when the trace ends.
    pub(super) fn finish(mut self, follower: &Follower, windows: &mut Windows, output: &mut Observation) {
        let (stacks, until) = (follower.stacks(), follower.last());
        for (slot, goroutine) in follower.alive() {
            let Some(mut g) = self.gs.get_mut(slot).copied() else { continue };
            if g.is_locked() {
                self.locked(follower, slot);
            }
            if g.calls >= MANY_CALLS {
                self.sums.called(&g, goroutine, until);
            }
            if let Some(creator) = g.creator {
                self.sums.created.add(creator.index(), 0);
            }
            // A wait for a P that has not ended is no latency; other states count up to the
            // end.
            if goroutine.state != GoState::Runnable {
                let took = if goroutine.begun { until.since(goroutine.since) } else { 0 };
                let left = LeftState {
                    was: goroutine,
                    state: goroutine.state,
                    begun: goroutine.begun,
                    took,
                    until,
                    stack: StackKey::EMPTY,
                    root: goroutine.root,
                    marking: false,
                };
                self.sums.leave(&mut g, left, &stacks.names, windows);
            }
        }
        output.locked = self.locked;
        self.sums.finish(follower.start(), stacks, output);
    }
}
