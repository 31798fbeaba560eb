//! What goroutines did together.

use super::people::{G, Matter};
use super::windows::{Now, one_if};
use crate::analysis::ByProc;
use crate::analysis::durations::Durations;
use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::{StackKey, Stacks};
use crate::diagnose::Stretch;
use crate::diagnose::observation::{Hot, LongRun, Observation};
use crate::event::transition::GoState;
use crate::ids::{GoId, ProcId};
use crate::time::Time;

/// How many of the longest runs are kept, and of the hottest stacks.
const RUNS: usize = 5;
const HOT: usize = 5;
/// How many frames of a stack are told.
const FRAMES: usize = 12;
/// A shorter run is never looked at: the runtime asks for one's end after 10 ms.
const SHORT_RUN: i64 = 15_000_000;

/// How often something was, and how long, by the index of a stack or name.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Vec<(u64, i64)>);

impl Tally {
    #[inline]
    pub(super) fn add(&mut self, at: usize, time: i64) {
        if self.0.len() <= at {
            self.0.resize(at + 1, (0, 0));
        }
        if let Some(sum) = self.0.get_mut(at) {
            *sum = (sum.0 + 1, sum.1.saturating_add(time));
        }
    }

    /// What was, with its index.
    fn iter(&self) -> impl Iterator<Item = (usize, u64, i64)> + '_ {
        let all = self.0.iter().enumerate().map(|(at, &(count, time))| (at, count, time));
        all.filter(|(_, count, _)| *count != 0)
    }
}

/// What goroutines did together.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) in_syscall: ByProc<GoId>,
    runners: u64,
    long_runs: Vec<Run>,
    waits: Tally,
    syscalls: Tally,
    /// Of goroutines that exist, who created them.
    pub(super) created: Tally,
    /// By the function that goroutines began with.
    queued: Tally,
    during_gc: Durations,
    otherwise: Durations,
    /// Time that went to the collector.
    collected: i64,
}

/// From when to when which goroutine ran where, the stack at which it ended, and
/// the function that it began with.
type Run = (Time, Time, GoId, Option<ProcId>, StackKey, NameId);

/// How it is when a goroutine changes its state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub(super) time: Time,
    /// The goroutine's stack.
    pub(super) stack: StackKey,
    /// Whether the collector marks.
    pub(super) marking: bool,
    pub(super) names: &'a Names,
}

impl Sums {
    /// Ends a state.
    #[inline]
    pub(super) fn leave(&mut self, id: GoId, g: &mut G, change: &Change<'_>, now: &mut Now) {
        let &Change { time, stack, marking, names } = change;
        let took = time.since(g.since);
        match g.state {
            GoState::Runnable => {
                now.runnable -= 1.0;
                now.network_runnable -= one_if(g.matter == Matter::Network);
                self.queued.add(g.root.index(), took);
                if marking { self.during_gc.add(took) } else { self.otherwise.add(took) }
            }
            GoState::Running => {
                now.running -= 1;
                self.runners ^= id.0;
                if let Some(since) = g.collecting.take() {
                    self.collected(since, time);
                }
                if took > SHORT_RUN {
                    self.long_run(names, (g.since, time, id, g.runs_on, stack, g.root));
                }
            }
            GoState::Waiting => {
                now.network_waiting -= one_if(g.matter == Matter::Network);
                if g.matter == Matter::Lock {
                    now.lock_waiting -= 1.0;
                    self.waits.add(g.stack.index(), took);
                }
            }
            GoState::Syscall => {
                if g.lost_proc {
                    now.blocked_threads -= 1.0;
                    self.syscalls.add(g.stack.index(), took);
                }
                if let Some(proc) = g.proc.take() {
                    self.in_syscall.remove(proc);
                }
                g.lost_proc = false;
            }
            GoState::NotExist | GoState::Undetermined => {}
        }
        now.runner = (now.running == 1).then_some(GoId(self.runners));
    }

    /// Begins the state that it is in.
    #[inline]
    pub(super) fn enter(&mut self, id: GoId, g: &mut G, proc: Option<ProcId>, now: &mut Now) {
        match g.state {
            GoState::Runnable => {
                now.runnable += 1.0;
                now.network_runnable += one_if(g.matter == Matter::Network);
            }
            GoState::Running => {
                now.running += 1;
                self.runners ^= id.0;
                g.runs_on = proc;
                g.collecting = g.assists.then_some(g.since);
            }
            GoState::Waiting => {
                now.network_waiting += one_if(g.matter == Matter::Network);
                now.lock_waiting += one_if(g.matter == Matter::Lock);
            }
            GoState::Syscall => match proc {
                Some(proc) => {
                    g.proc = Some(proc);
                    self.in_syscall.insert(proc, id);
                }
                None => {
                    g.lost_proc = true;
                    now.blocked_threads += 1.0;
                }
            },
            GoState::NotExist | GoState::Undetermined => {}
        }
        now.runner = (now.running == 1).then_some(GoId(self.runners));
    }

    /// A goroutine has worked for the collector.
    pub(super) fn collected(&mut self, since: Time, until: Time) {
        self.collected = self.collected.saturating_add(until.since(since));
    }

    fn long_run(&mut self, names: &Names, run: Run) {
        // The runtime's own may take their time.
        let root = names.get(run.5);
        if root.starts_with(b"runtime.") && root != b"runtime.main" {
            return;
        }
        self.long_runs.push(run);
        self.long_runs.sort_by_key(|run| std::cmp::Reverse(run.1.since(run.0)));
        self.long_runs.truncate(RUNS);
    }

    /// Tells of all; returns how long goroutines worked for the collector.
    pub(super) fn finish(self, start: Time, stacks: &Stacks, output: &mut Observation) -> i64 {
        let since = |time: Time| time.since(start);
        let run = |&(from, to, id, proc, key, root): &Run| {
            let mut stack: Vec<String> = told(stacks, key);
            // A goroutine that yields in its first function may have a stack of no name.
            stack.retain(|func| !func.is_empty());
            if stack.is_empty() && root != NameId::EMPTY {
                stack.push(text(&stacks.names, root));
            }
            let when = Stretch { start: since(from), end: since(to) };
            LongRun { when, goroutine: Some(id), proc, stack, line: None }
        };
        output.long_runs = self.long_runs.iter().map(run).collect();
        output.locks = hot(stacks, &self.waits);
        output.syscalls = hot(stacks, &self.syscalls);
        output.created = hot(stacks, &self.created);
        let names: Vec<NameId> = stacks.names.ids().collect();
        let of_name = |(at, count, total): (usize, u64, i64)| {
            let name = names.get(at).copied().unwrap_or_default();
            Hot { stack: vec![text(&stacks.names, name)], count, total }
        };
        let mut queued: Vec<Hot> = self.queued.iter().map(of_name).collect();
        queued.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.stack.cmp(&b.stack)));
        queued.truncate(HOT);
        output.queued = queued;
        output.latency = Some((self.during_gc, self.otherwise));
        self.collected
    }
}

/// The hottest stacks of a tally.
fn hot(stacks: &Stacks, tally: &Tally) -> Vec<Hot> {
    let mut all: Vec<_> = tally.iter().map(|(at, count, total)| (total, count, at)).collect();
    all.sort_unstable_by_key(|hot| std::cmp::Reverse(*hot));
    all.truncate(HOT);
    let keys: Vec<StackKey> = stacks.keys().collect();
    let key = |at: usize| keys.get(at).copied().unwrap_or_default();
    all.into_iter().map(|(total, count, at)| Hot { stack: told(stacks, key(at)), count, total }).collect()
}

fn told(stacks: &Stacks, key: StackKey) -> Vec<String> {
    stacks.frames(key).iter().take(FRAMES).map(|frame| text(&stacks.names, frame.func)).collect()
}

fn text(names: &Names, name: NameId) -> String {
    String::from_utf8_lossy(names.get(name)).into_owned()
}
