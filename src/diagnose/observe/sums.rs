//! What goroutines did together.

use super::people::{G, Matter};
use super::windows::{Count, Windows};
use crate::analysis::durations::Durations;
use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{ByProc, Life, Longest, Table, add_up};
use crate::diagnose::Stretch;
use crate::diagnose::observation::{Hot, LongRun, Observation};
use crate::event::transition::GoState;
use crate::ids::{GoId, ProcId};
use crate::time::Time;

/// How many of the longest runs are told, and of the hottest stacks.
const RUNS: usize = 5;
const HOT: usize = 5;
/// How many frames of a stack are told.
const FRAMES: usize = 12;
/// A shorter run is never looked at: the runtime asks for one's end after 10 ms.
const SHORT_RUN: i64 = 15_000_000;

/// How often something was, and how long, by the index of a stack or name.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Table<(u64, i64)>);

impl Tally {
    #[inline(always)]
    pub(super) fn add(&mut self, at: usize, time: i64) {
        let sum = self.0.at(at);
        sum.0 += 1;
        add_up(&mut sum.1, time);
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
    long_runs: Longest<Run>,
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

/// A state that a goroutine leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Left<'a> {
    /// The state.
    pub(super) was: &'a Life,
    /// Which one it is, and whether it began in what was seen: as [`Step`] has it, for
    /// there they are constants most often.
    ///
    /// [`Step`]: crate::analysis::Step
    pub(super) state: GoState,
    pub(super) begun: bool,
    /// How long it was in that, in nanoseconds; 0 if that is not known.
    pub(super) took: i64,
    pub(super) until: Time,
    /// The goroutine's stack as it left, and the function that it began with.
    pub(super) stack: StackKey,
    pub(super) root: NameId,
    /// Whether the collector marks.
    pub(super) marking: bool,
}

impl Sums {
    /// Ends a state.
    #[inline(always)]
    pub(super) fn leave(&mut self, g: &mut G, left: Left<'_>, names: &Names, windows: &mut Windows) {
        match left.state {
            GoState::Runnable => {
                windows.queue(-1);
                if g.matter == Matter::Network {
                    windows.add(Count::NetworkRunnable, -1);
                }
                if left.begun {
                    self.queued.add(left.root.index(), left.took);
                    if left.marking { self.during_gc.add(left.took) } else { self.otherwise.add(left.took) }
                }
            }
            GoState::Running => {
                windows.run(left.was.id, -1);
                if let Some(since) = g.collecting.take() {
                    self.collected(since, left.until);
                }
                if left.took > SHORT_RUN {
                    self.long_run(names, left);
                }
            }
            GoState::Waiting => match g.matter {
                Matter::Network => windows.add(Count::NetworkWaiting, -1),
                Matter::Lock => {
                    windows.add(Count::LockWaiting, -1);
                    self.waits.add(left.was.own.index(), left.took);
                }
                Matter::Other => {}
            },
            GoState::Syscall => {
                if g.lost_proc {
                    windows.add(Count::BlockedThreads, -1);
                    self.syscalls.add(left.was.own.index(), left.took);
                } else if let Some(proc) = left.was.proc() {
                    self.in_syscall.remove(proc);
                }
                g.lost_proc = false;
            }
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    /// Begins the state that it is in.
    #[inline(always)]
    pub(super) fn enter(&mut self, g: &mut G, now: &Life, state: GoState, windows: &mut Windows) {
        match state {
            GoState::Runnable => {
                windows.queue(1);
                if g.matter == Matter::Network {
                    windows.add(Count::NetworkRunnable, 1);
                }
            }
            GoState::Running => {
                windows.run(now.id, 1);
                g.collecting = g.assists.then_some(now.since);
            }
            GoState::Waiting => match g.matter {
                Matter::Network => windows.add(Count::NetworkWaiting, 1),
                Matter::Lock => windows.add(Count::LockWaiting, 1),
                Matter::Other => {}
            },
            GoState::Syscall => match now.proc() {
                Some(proc) => {
                    self.in_syscall.insert(proc, now.id);
                }
                None => {
                    g.lost_proc = true;
                    windows.add(Count::BlockedThreads, 1);
                }
            },
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    /// A goroutine has worked for the collector.
    pub(super) fn collected(&mut self, since: Time, until: Time) {
        self.collected = self.collected.saturating_add(until.since(since));
    }

    #[inline(never)]
    fn long_run(&mut self, names: &Names, left: Left<'_>) {
        // The runtime's own may take their time.
        let root = names.get(left.root);
        if root.starts_with(b"runtime.") && root != b"runtime.main" {
            return;
        }
        let Left { was, until, stack, root, .. } = left;
        let run = (was.since, until, was.id, was.proc(), stack, root);
        self.long_runs.keep(until.since(was.since), was.since, run);
    }

    /// Tells of all; returns how long goroutines worked for the collector.
    pub(super) fn finish(self, start: Time, stacks: &Stacks, output: &mut Observation) -> i64 {
        let since = |time: Time| time.since(start);
        let run = |(from, to, id, proc, key, root): Run| {
            let mut stack: Vec<String> = told(stacks, key);
            // A goroutine that yields in its first function may have a stack of no name.
            stack.retain(|func| !func.is_empty());
            if stack.is_empty() && root != NameId::EMPTY {
                stack.push(text(&stacks.names, root));
            }
            let when = Stretch { start: since(from), end: since(to) };
            LongRun { when, goroutine: Some(id), proc, stack, line: None }
        };
        output.long_runs = self.long_runs.into_list().into_iter().take(RUNS).map(run).collect();
        output.locks = hot(stacks, &self.waits);
        output.syscalls = hot(stacks, &self.syscalls);
        output.created = hot(stacks, &self.created);
        let names: Vec<NameId> = stacks.names.ids().collect();
        let of_name = |(at, count, total): (usize, u64, i64)| {
            let name = names.get(at).copied().unwrap_or_default();
            let told = if name == NameId::EMPTY { "(unknown)".into() } else { text(&stacks.names, name) };
            Hot { stack: vec![told], count, total }
        };
        let mut queued: Vec<Hot> = self.queued.iter().map(of_name).collect();
        queued.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.stack.cmp(&b.stack)));
        queued.truncate(HOT);
        output.queued = queued;
        output.latency = Some((self.during_gc, self.otherwise));
        self.collected
    }
}

/// The hottest stacks of a tally. Of equally hot ones those come first whose program
/// counters do: when a stack was kept depends on what else was asked.
fn hot(stacks: &Stacks, tally: &Tally) -> Vec<Hot> {
    let mut all: Vec<(StackKey, u64, i64)> =
        stacks.keys().zip(&tally.0).map(|(key, &(count, total))| (key, count, total)).collect();
    all.retain(|(_, count, _)| *count != 0);
    all.sort_by(|a, b| (b.2, b.1).cmp(&(a.2, a.1)).then_with(|| stacks.order(a.0, b.0)));
    all.truncate(HOT);
    all.into_iter().map(|(key, count, total)| Hot { stack: told(stacks, key), count, total }).collect()
}

fn told(stacks: &Stacks, key: StackKey) -> Vec<String> {
    stacks.frames(key).iter().take(FRAMES).map(|frame| text(&stacks.names, frame.func)).collect()
}

fn text(names: &Names, name: NameId) -> String {
    String::from_utf8_lossy(names.get(name)).into_owned()
}
