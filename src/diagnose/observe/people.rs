//! What the goroutines did, as far as the rules need to know.

use super::sums::{Change, Sums};
use super::windows::{Now, one_if};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{ByGo, ByStack, ByString, OldSeen as Seen};
use crate::diagnose::observation::Observation;
use crate::event::go::GoChange;
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

/// A goroutine that exists.
#[derive(Clone, Copy, Debug)]
pub(super) struct G {
    pub(super) state: GoState,
    pub(super) since: Time,
    pub(super) matter: Matter,
    /// The stack that it waits, or is in a system call, with.
    pub(super) stack: StackKey,
    /// Who created it, if the trace tells.
    pub(super) creator: Option<StackKey>,
    /// The function it began with.
    pub(super) root: NameId,
    /// The P that it went into a system call with, until it loses that.
    pub(super) proc: Option<ProcId>,
    pub(super) lost_proc: bool,
    /// Since when it works for the collector.
    pub(super) collecting: Option<Time>,
    pub(super) assists: bool,
    /// The P that it runs on.
    pub(super) runs_on: Option<ProcId>,
}

impl G {
    fn new(state: GoState, since: Time, creator: Option<StackKey>) -> G {
        G {
            state,
            since,
            matter: Matter::Other,
            stack: StackKey::EMPTY,
            creator,
            root: NameId::EMPTY,
            proc: None,
            lost_proc: false,
            collecting: None,
            assists: false,
            runs_on: None,
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct People {
    gs: ByGo<G>,
    stacks: Stacks,
    reasons: ByString<Reason>,
    /// Whether a stack is that of a lock.
    locks: ByStack<bool>,
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
    #[inline]
    pub(super) fn transition(&mut self, event: &Seen<'_, '_>, change: &GoChange, marking: bool, now: &mut Now) {
        let (GoChange { id, from, to, .. }, time) = (*change, event.time());
        let (stacks, mut new) = (&mut self.stacks, false);
        let g = self.gs.get_or_insert_with(event.slot(id), || {
            new = true;
            let created = from == GoState::NotExist;
            G::new(from, time, created.then(|| stacks.intern(event.stack_numbered(change.stack))))
        });
        now.goroutines += one_if(new);
        let key = stacks.intern(event.stack_numbered(change.own_stack));
        if g.root == NameId::EMPTY {
            g.root = stacks.root_name(key);
        }
        self.sums.leave(id, g, &Change { time, stack: key, marking, names: &stacks.names }, now);
        let woken = g.state == GoState::Waiting && g.matter == Matter::Network;
        (g.state, g.since, g.stack) = (to, time, key);
        g.matter = match to {
            GoState::Waiting => match self.reasons.get(event, change.reason, Reason::of) {
                Reason::Network => Matter::Network,
                Reason::Sync if self.locks.get(event, change.own_stack, |_| is_lock(stacks, key)) => Matter::Lock,
                _ => Matter::Other,
            },
            GoState::Runnable if woken => Matter::Network,
            _ => Matter::Other,
        };
        self.sums.enter(id, g, event.proc(), now);
        if to == GoState::NotExist {
            self.gs.remove(event.slot(id));
            now.goroutines -= 1.0;
        }
    }

    /// A P is idle: if a goroutine went into a system call with it, that one is
    /// without.
    pub(super) fn lost_proc(&mut self, event: &Seen<'_, '_>, proc: ProcId, now: &mut Now) {
        let Some(id) = self.sums.in_syscall.remove(proc) else { return };
        if let Some(g) = self.gs.get_mut(event.slot(id)).filter(|g| g.state == GoState::Syscall && !g.lost_proc) {
            g.proc = None;
            g.lost_proc = true;
            now.blocked_threads += 1.0;
        }
    }

    /// A goroutine begins or ends to help the collector.
    pub(super) fn assist(&mut self, event: &Seen<'_, '_>, id: GoId, begins: bool) {
        let Some(g) = self.gs.get_mut(event.slot(id)) else { return };
        let time = event.time();
        g.assists = begins;
        if begins && g.state == GoState::Running {
            g.collecting = Some(time);
        } else if let (false, Some(since)) = (begins, g.collecting.take()) {
            self.sums.collected(since, time);
        }
    }

    /// A goroutine works for the collector until it stops running.
    pub(super) fn worker(&mut self, event: &Seen<'_, '_>, id: GoId) {
        if let Some(g) = self.gs.get_mut(event.slot(id)) {
            g.collecting = Some(event.time());
        }
    }

    /// Ends the trace; returns how long goroutines worked for the collector.
    pub(super) fn finish(mut self, start: Time, end: Time, output: &mut Observation) -> i64 {
        let mut now = Now::default();
        let change = Change { time: end, stack: StackKey::EMPTY, marking: false, names: &self.stacks.names };
        for (id, mut g) in self.gs.drain() {
            if let Some(creator) = g.creator {
                self.sums.created.add(creator.index(), 0);
            }
            // What has not ended is no latency; all else counts as it is.
            if g.state != GoState::Runnable {
                self.sums.leave(id, &mut g, &change, &mut now);
            }
        }
        self.sums.finish(start, &self.stacks, output)
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
