//! What the goroutines did, as far as the rules need to know.

use super::sums::{Left, Sums};
use super::windows::{Count, Windows};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{BySlot, Known, Memo, Step};
use crate::diagnose::observation::Observation;
use crate::event::transition::GoState;
use crate::ids::{GoId, ProcId};
use crate::time::Time;

/// Why a goroutine waits, or became ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Matter {
    #[default]
    Other,
    Network,
    Lock,
}

/// What is known of a goroutine beside its state.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct G {
    pub(super) matter: Matter,
    /// Whether it is in a system call without a P.
    pub(super) lost_proc: bool,
    pub(super) assists: bool,
    /// Since when it works for the collector.
    pub(super) collecting: Option<Time>,
    /// Who created it, if the trace tells.
    creator: Option<StackKey>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct People {
    gs: BySlot<G>,
    reasons: Memo<NameId, Reason>,
    /// Whether a stack is that of a lock.
    locks: Memo<StackKey, bool>,
    sums: Sums,
}

/// What a reason to block says of what is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reason {
    Network,
    /// Something of package sync.
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

impl People {
    #[inline(always)]
    pub(super) fn step(&mut self, step: &Step<'_, '_>, known: &Known, marking: bool, windows: &mut Windows) {
        let (was, now, stacks) = (step.was, step.now, known.stacks());
        let g = self.gs.of(step);
        if step.new {
            g.creator = (step.from == GoState::NotExist).then_some(now.stack);
            windows.add(Count::Goroutines, 1);
        }
        let left = Left {
            was,
            state: step.left,
            begun: step.begun,
            took: step.took,
            until: step.time(),
            stack: now.own,
            root: now.root,
            marking,
        };
        self.sums.leave(g, left, &stacks.names, windows);
        g.matter = match step.to {
            GoState::Waiting => match self.reasons.get(now.reason, || Reason::of(stacks.names.get(now.reason))) {
                Reason::Network => Matter::Network,
                Reason::Sync if self.locks.get(now.own, || is_lock(stacks, now.own)) => Matter::Lock,
                _ => Matter::Other,
            },
            GoState::Runnable if step.left == GoState::Waiting && g.matter == Matter::Network => Matter::Network,
            _ => Matter::Other,
        };
        self.sums.enter(g, now, step.to, windows);
        if step.to == GoState::NotExist {
            windows.add(Count::Goroutines, -1);
        }
    }

    /// A P is idle: if a goroutine went into a system call with it, that one is
    /// without.
    pub(super) fn lost_proc(&mut self, known: &Known, proc: ProcId, windows: &mut Windows) {
        let Some(id) = self.sums.in_syscall.remove(proc) else { return };
        let calls = known.find(id).filter(|(_, life)| life.state == GoState::Syscall);
        if let Some(g) = calls.and_then(|(slot, _)| self.gs.get_mut(slot)).filter(|g| !g.lost_proc) {
            g.lost_proc = true;
            windows.add(Count::BlockedThreads, 1);
        }
    }

    /// A goroutine begins or ends to help the collector.
    pub(super) fn assist(&mut self, known: &Known, id: GoId, time: Time, begins: bool) {
        let Some((slot, life)) = known.find(id) else { return };
        let Some(g) = self.gs.get_mut(slot) else { return };
        g.assists = begins;
        if begins && life.state == GoState::Running {
            g.collecting = Some(time);
        } else if let (false, Some(since)) = (begins, g.collecting.take()) {
            self.sums.collected(since, time);
        }
    }

    /// A goroutine works for the collector until it stops running.
    pub(super) fn worker(&mut self, known: &Known, id: GoId, time: Time) {
        if let Some(g) = known.slot(id).and_then(|slot| self.gs.get_mut(slot)) {
            g.collecting = Some(time);
        }
    }

    /// Ends the trace; returns how long goroutines worked for the collector.
    pub(super) fn finish(mut self, known: &Known, windows: &mut Windows, output: &mut Observation) -> i64 {
        let (stacks, until) = (known.stacks(), known.last());
        for (slot, life) in known.alive() {
            let Some(mut g) = self.gs.get_mut(slot).copied() else { continue };
            if let Some(creator) = g.creator {
                self.sums.created.add(creator.index(), 0);
            }
            // What has not ended is no latency; all else counts as it is.
            if life.state != GoState::Runnable {
                let took = if life.begun { until.since(life.since) } else { 0 };
                let left = Left {
                    was: life,
                    state: life.state,
                    begun: life.begun,
                    took,
                    until,
                    stack: StackKey::EMPTY,
                    root: life.root,
                    marking: false,
                };
                self.sums.leave(&mut g, left, &stacks.names, windows);
            }
        }
        self.sums.finish(known.start(), stacks, output)
    }
}

/// Whether what waits with that stack waits for a lock.
fn is_lock(stacks: &Stacks, key: StackKey) -> bool {
    let is_lock = |func: &[u8]| {
        [&b"Mutex).Lock"[..], b"Mutex).lockSlow", b"Mutex).RLock", b"semacquireMutex"]
            .iter()
            .any(|name| func.windows(name.len()).any(|part| part == *name))
    };
    stacks.frames(key).iter().any(|frame| is_lock(stacks.names.get(frame.func)))
}
