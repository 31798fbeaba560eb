//! What the goroutines did, as far as the rules need to know.

use super::windows::Now;
use crate::analysis::durations::Durations;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::diagnose::Stretch;
use crate::diagnose::observation::{Hot, LongRun, Observation};
use crate::event::Event;
use crate::event::stack::Stack;
use crate::event::transition::GoState;
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use rustc_hash::FxHashMap;

/// How many of the longest runs are kept, and of the hottest stacks.
const RUNS: usize = 5;
const HOT: usize = 5;
/// How many frames of a stack are told.
const FRAMES: usize = 12;
/// A shorter run is never looked at: the runtime asks for one's end after 10 ms.
const SHORT_RUN: i64 = 15_000_000;

/// Why a goroutine waits, or became ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Matter {
    #[default]
    Other,
    Network,
    Lock,
}

/// A goroutine that exists.
#[derive(Clone, Copy, Debug)]
struct G {
    state: GoState,
    since: Time,
    matter: Matter,
    /// The stack that it waits, or is in a system call, with.
    stack: StackKey,
    /// Who created it, if the trace tells.
    creator: Option<StackKey>,
    /// The function it began with.
    root: NameId,
    /// The P that it went into a system call with, until it loses that.
    proc: Option<ProcId>,
    lost_proc: bool,
    /// Since when it works for the collector.
    collecting: Option<Time>,
    assists: bool,
    /// The P that it runs on.
    runs_on: Option<ProcId>,
}

/// How often, and how long.
type Tally = FxHashMap<StackKey, (u64, i64)>;

#[derive(Clone, Debug, Default)]
pub(super) struct People {
    gs: FxHashMap<GoId, G>,
    in_syscall: FxHashMap<ProcId, GoId>,
    stacks: Stacks,
    /// Whether a stack is that of a lock.
    locks: FxHashMap<StackKey, bool>,
    runners: u64,
    long_runs: Vec<(Time, Time, GoId, Option<ProcId>, StackKey, NameId)>,
    waits: Tally,
    syscalls: Tally,
    queued: FxHashMap<NameId, (u64, i64)>,
    during_gc: Durations,
    otherwise: Durations,
    /// Time that went to the collector.
    collected: i64,
}

impl People {
    #[allow(clippy::too_many_arguments, reason = "the parts of one transition")]
    pub(super) fn transition(
        &mut self,
        event: &Event<'_>,
        id: GoId,
        (from, to): (GoState, GoState),
        reason: &[u8],
        stack: Option<Stack<'_>>,
        marking: bool,
        now: &mut Now,
    ) {
        let time = event.time();
        let mut g = match self.gs.get(&id) {
            Some(&g) => g,
            None => {
                let creator = (from == GoState::NotExist).then(|| self.stacks.intern(event.stack()));
                now.goroutines += 1;
                G {
                    state: from,
                    since: time,
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
        };
        let key = self.stacks.intern(stack);
        if g.root == NameId::EMPTY {
            g.root = self.stacks.frames(key).last().map_or(NameId::EMPTY, |frame| frame.func);
        }
        self.leave(id, &mut g, time, key, marking, now);
        let woken = g.state == GoState::Waiting && g.matter == Matter::Network;
        (g.state, g.since, g.stack) = (to, time, key);
        g.matter = match to {
            GoState::Waiting => self.matter(reason, key),
            GoState::Runnable if woken => Matter::Network,
            _ => Matter::Other,
        };
        self.enter(id, &mut g, event, now);
        if to == GoState::NotExist {
            self.gs.remove(&id);
            now.goroutines -= 1;
        } else {
            self.gs.insert(id, g);
        }
    }

    /// Ends a state.
    fn leave(&mut self, id: GoId, g: &mut G, time: Time, key: StackKey, marking: bool, now: &mut Now) {
        let took = time.since(g.since);
        match g.state {
            GoState::Runnable => {
                now.runnable -= 1;
                now.network_runnable -= i64::from(g.matter == Matter::Network);
                let tally = self.queued.entry(g.root).or_default();
                *tally = (tally.0 + 1, tally.1.saturating_add(took));
                if marking { self.during_gc.add(took) } else { self.otherwise.add(took) }
            }
            GoState::Running => {
                now.running -= 1;
                self.runners ^= id.0;
                if let Some(since) = g.collecting.take() {
                    self.collected = self.collected.saturating_add(time.since(since));
                }
                if took > SHORT_RUN {
                    self.long_run((g.since, time, id, g.runs_on, key, g.root));
                }
            }
            GoState::Waiting => {
                now.network_waiting -= i64::from(g.matter == Matter::Network);
                if g.matter == Matter::Lock {
                    now.lock_waiting -= 1;
                    add(&mut self.waits, g.stack, took);
                }
            }
            GoState::Syscall => {
                if g.lost_proc {
                    now.blocked_threads -= 1;
                    add(&mut self.syscalls, g.stack, took);
                }
                if let Some(proc) = g.proc.take() {
                    self.in_syscall.remove(&proc);
                }
                g.lost_proc = false;
            }
            GoState::NotExist | GoState::Undetermined => {}
        }
        now.runner = (now.running == 1).then_some(GoId(self.runners));
    }

    /// Begins the state that it is in.
    fn enter(&mut self, id: GoId, g: &mut G, event: &Event<'_>, now: &mut Now) {
        match g.state {
            GoState::Runnable => {
                now.runnable += 1;
                now.network_runnable += i64::from(g.matter == Matter::Network);
            }
            GoState::Running => {
                now.running += 1;
                self.runners ^= id.0;
                g.runs_on = event.proc();
                g.collecting = g.assists.then_some(g.since);
            }
            GoState::Waiting => {
                now.network_waiting += i64::from(g.matter == Matter::Network);
                now.lock_waiting += i64::from(g.matter == Matter::Lock);
            }
            GoState::Syscall => match event.proc() {
                Some(proc) => {
                    g.proc = Some(proc);
                    self.in_syscall.insert(proc, id);
                }
                None => {
                    g.lost_proc = true;
                    now.blocked_threads += 1;
                }
            },
            GoState::NotExist | GoState::Undetermined => {}
        }
        now.runner = (now.running == 1).then_some(GoId(self.runners));
    }

    /// A P is idle: if a goroutine went into a system call with it, that one is
    /// without.
    pub(super) fn lost_proc(&mut self, proc: ProcId, now: &mut Now) {
        let Some(id) = self.in_syscall.remove(&proc) else { return };
        if let Some(g) = self.gs.get_mut(&id).filter(|g| g.state == GoState::Syscall && !g.lost_proc) {
            g.proc = None;
            g.lost_proc = true;
            now.blocked_threads += 1;
        }
    }

    /// A goroutine begins or ends to help the collector.
    pub(super) fn assist(&mut self, id: GoId, time: Time, begins: bool) {
        let Some(g) = self.gs.get_mut(&id) else { return };
        g.assists = begins;
        if begins && g.state == GoState::Running {
            g.collecting = Some(time);
        } else if let (false, Some(since)) = (begins, g.collecting.take()) {
            self.collected = self.collected.saturating_add(time.since(since));
        }
    }

    /// A goroutine works for the collector until it stops running.
    pub(super) fn worker(&mut self, id: GoId, time: Time) {
        if let Some(g) = self.gs.get_mut(&id) {
            g.collecting = Some(time);
        }
    }

    fn matter(&mut self, reason: &[u8], key: StackKey) -> Matter {
        match reason {
            b"network" => Matter::Network,
            b"sync" => {
                let stacks = &self.stacks;
                let is_lock = |func: &[u8]| {
                    [&b"Mutex).Lock"[..], b"Mutex).lockSlow", b"Mutex).RLock", b"semacquireMutex"]
                        .iter()
                        .any(|name| func.windows(name.len()).any(|part| part == *name))
                };
                let lock = *self
                    .locks
                    .entry(key)
                    .or_insert_with(|| stacks.frames(key).iter().any(|frame| is_lock(stacks.names.get(frame.func))));
                if lock { Matter::Lock } else { Matter::Other }
            }
            _ => Matter::Other,
        }
    }

    fn long_run(&mut self, run: (Time, Time, GoId, Option<ProcId>, StackKey, NameId)) {
        // The runtime's own may take their time.
        if self.stacks.names.get(run.5).starts_with(b"runtime.") && self.stacks.names.get(run.5) != b"runtime.main" {
            return;
        }
        self.long_runs.push(run);
        self.long_runs.sort_by_key(|run| std::cmp::Reverse(run.1.since(run.0)));
        self.long_runs.truncate(RUNS);
    }

    /// Ends the trace; returns how long goroutines worked for the collector.
    pub(super) fn finish(mut self, start: Time, end: Time, output: &mut Observation) -> i64 {
        let mut now = Now::default();
        let mut created = Tally::default();
        let mut gs: Vec<(GoId, G)> = std::mem::take(&mut self.gs).into_iter().collect();
        gs.sort_unstable_by_key(|(id, _)| *id);
        for (id, mut g) in gs {
            if let Some(creator) = g.creator {
                add(&mut created, creator, 0);
            }
            // What has not ended is no latency; all else counts as it is.
            if g.state != GoState::Runnable {
                self.leave(id, &mut g, end, StackKey::EMPTY, false, &mut now);
            }
        }
        let since = |time: Time| time.since(start);
        output.long_runs = self
            .long_runs
            .iter()
            .map(|&(from, to, id, proc, key, root)| {
                let mut stack: Vec<String> = self.told(key);
                // A goroutine that yields in its first function may have a stack of no name.
                stack.retain(|func| !func.is_empty());
                if stack.is_empty() && root != NameId::EMPTY {
                    stack.push(String::from_utf8_lossy(self.stacks.names.get(root)).into_owned());
                }
                let when = Stretch { start: since(from), end: since(to) };
                LongRun { when, goroutine: Some(id), proc, stack, line: None }
            })
            .collect();
        output.locks = self.hot(&self.waits);
        output.syscalls = self.hot(&self.syscalls);
        output.created = self.hot(&created);
        let mut queued: Vec<Hot> = self
            .queued
            .iter()
            .map(|(&name, &(count, total))| {
                let name = String::from_utf8_lossy(self.stacks.names.get(name)).into_owned();
                Hot { stack: vec![name], count, total }
            })
            .collect();
        queued.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.stack.cmp(&b.stack)));
        queued.truncate(HOT);
        output.queued = queued;
        output.latency = Some((self.during_gc, self.otherwise));
        self.collected
    }

    fn told(&self, key: StackKey) -> Vec<String> {
        let frames = self.stacks.frames(key).iter().take(FRAMES);
        frames.map(|frame| String::from_utf8_lossy(self.stacks.names.get(frame.func)).into_owned()).collect()
    }

    fn hot(&self, tally: &Tally) -> Vec<Hot> {
        let mut all: Vec<_> = tally.iter().map(|(&key, &(count, total))| (total, count, key)).collect();
        all.sort_unstable_by_key(|hot| std::cmp::Reverse(*hot));
        all.truncate(HOT);
        all.into_iter().map(|(total, count, key)| Hot { stack: self.told(key), count, total }).collect()
    }
}

fn add(tally: &mut Tally, key: StackKey, time: i64) {
    let entry = tally.entry(key).or_default();
    *entry = (entry.0 + 1, entry.1.saturating_add(time));
}
