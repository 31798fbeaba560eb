//! Sums over the states of goroutines.

use super::goroutines::{G, WaitCause};
use super::windows::{Count, Windows};
use crate::analysis::durations::Durations;
use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{ByProc, GoroutineState, Longest, Table, add_up};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::diagnose::finding::{Evidence, Stretch};
use crate::diagnose::observation::{Hot, LongRun, Observation, StuckProc};
use crate::spec::state::GoState;

/// Number of the longest runs that are reported, and of the hottest stacks.
const RUNS: usize = 5;
const HOT_STACKS: usize = 5;
/// Most frames of a stack that are reported.
const FRAMES: usize = 12;
/// Nanoseconds below which a run is not looked at: the runtime preempts it after 10 ms.
const SHORT_RUN: i64 = 15_000_000;
/// Mean nanoseconds for a system call below which a goroutine does nothing else.
const CALL: i64 = 200_000;

/// Number and time of states, by the index of a stack or name.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally(Table<(u64, i64)>);

impl Tally {
    #[inline(always)]
    pub(super) fn add(&mut self, at: usize, time: i64) {
        let sum = self.0.at(at);
        sum.0 += 1;
        add_up(&mut sum.1, time);
    }

    /// Returns the entries that are not empty, with their index.
    fn iter(&self) -> impl Iterator<Item = (usize, u64, i64)> + '_ {
        let all = self.0.iter().enumerate().map(|(at, &(count, time))| (at, count, time));
        all.filter(|(_, count, _)| *count != 0)
    }
}

/// Sums over the states of goroutines.
#[derive(Clone, Debug, Default)]
pub(super) struct Sums {
    pub(super) in_syscall: ByProc<GoId>,
    long_runs: Longest<Run>,
    /// Goroutines that made system calls and did nothing else.
    calls: Longest<(Run, u32)>,
    waits: Tally,
    syscalls: Tally,
    /// Goroutines that exist, by the stack that created them.
    pub(super) created: Tally,
    /// Waits for a P, by the function that goroutines began with.
    queued: Tally,
    during_gc: Durations,
    otherwise: Durations,
}

/// A run of a goroutine: start, end, goroutine, P, the stack at its end, and the function
/// that the goroutine began with.
type Run = (Time, Time, GoId, Option<ProcId>, StackKey, NameId);

/// A state that a goroutine leaves.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeftState<'a> {
    /// Record of the state.
    pub(super) was: &'a GoroutineState,
    /// State, and whether its beginning was seen: copies from [`Transition`], where they
    /// are constants most often.
    ///
    /// [`Transition`]: crate::analysis::Transition
    pub(super) state: GoState,
    pub(super) begun: bool,
    /// Length of the state, in nanoseconds; 0 if that is not known.
    pub(super) took: i64,
    pub(super) until: Time,
    /// Stack of the goroutine at its end, and the function that it began with.
    pub(super) stack: StackKey,
    pub(super) root: NameId,
    /// True if the collector marks.
    pub(super) marking: bool,
}

impl Sums {
    /// Ends a state of a goroutine.
    #[inline(always)]
    pub(super) fn leave(&mut self, g: &mut G, left: LeftState<'_>, names: &Names, windows: &mut Windows) {
        match left.state {
            GoState::Runnable => {
                windows.queue(-1);
                if g.wait_cause == WaitCause::Network {
                    windows.add(Count::NetworkRunnable, -1);
                }
                // A wait whose beginning is not known has no length.
                if left.begun {
                    self.queued.add(left.root.index(), left.took);
                    if left.marking { self.during_gc.add(left.took) } else { self.otherwise.add(left.took) }
                }
            }
            GoState::Running => {
                windows.run(left.was.id, -1);
                if left.took > SHORT_RUN {
                    self.long_run(names, left);
                }
            }
            GoState::Waiting => match g.wait_cause {
                WaitCause::Network => windows.add(Count::NetworkWaiting, -1),
                WaitCause::Lock => {
                    windows.add(Count::LockWaiting, -1);
                    self.waits.add(left.was.own.index(), left.took);
                }
                WaitCause::Other => {}
            },
            GoState::Syscall => {
                // Calls that kept their P block no thread.
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

    /// Begins a state of a goroutine.
    #[inline(always)]
    pub(super) fn enter(&mut self, g: &mut G, now: &GoroutineState, state: GoState, windows: &mut Windows) {
        match state {
            GoState::Runnable => {
                windows.queue(1);
                if g.wait_cause == WaitCause::Network {
                    windows.add(Count::NetworkRunnable, 1);
                }
            }
            GoState::Running => windows.run(now.id, 1),
            GoState::Waiting => match g.wait_cause {
                WaitCause::Network => windows.add(Count::NetworkWaiting, 1),
                WaitCause::Lock => windows.add(Count::LockWaiting, 1),
                WaitCause::Other => {}
            },
            GoState::Syscall => {
                // The first call of a series names the stack for all.
                if g.calls == 0 {
                    (g.calling, g.call) = (now.since, now.own);
                }
                g.calls = g.calls.saturating_add(1);
                match now.proc() {
                    Some(proc) => {
                        self.in_syscall.insert(proc, now.id);
                    }
                    // Without a P from the beginning, the call blocks its thread at once.
                    None => {
                        g.lost_proc = true;
                        windows.add(Count::BlockedThreads, 1);
                    }
                }
            }
            GoState::NotExist | GoState::Undetermined => {}
        }
    }

    /// Takes note of a goroutine that has made many system calls until a time, and neither
    /// waited nor let others run between them.
    #[inline(never)]
    pub(super) fn called(&mut self, g: &G, goroutine: &GoroutineState, until: Time) {
        let took = until.since(g.calling);
        // With this much time for each call, the goroutine did something else between them.
        if i64::from(g.calls).saturating_mul(CALL) < took {
            return;
        }
        let run = (g.calling, until, goroutine.id, goroutine.proc(), g.call, goroutine.root);
        self.calls.keep(took, g.calling, (run, g.calls));
    }

    #[inline(never)]
    fn long_run(&mut self, names: &Names, left: LeftState<'_>) {
        // Goroutines of the runtime may run long without harm.
        let root = names.get(left.root);
        if root.starts_with(b"runtime.") && root != b"runtime.main" {
            return;
        }
        let LeftState { was, until, stack, root, .. } = left;
        let run = (was.since, until, was.id, was.proc(), stack, root);
        self.long_runs.keep(until.since(was.since), was.since, run);
    }

    /// Adds the results to an observation.
    pub(super) fn finish(self, start: Time, stacks: &Stacks, output: &mut Observation) {
        let since = |time: Time| time.since(start);
        let run = |(from, to, id, proc, key, root): Run| {
            let mut stack: Vec<String> = function_names(stacks, key);
            // A goroutine that yields in its first function may have a stack without names.
            stack.retain(|func| !func.is_empty());
            if stack.is_empty() && root != NameId::EMPTY {
                stack.push(text(&stacks.names, root));
            }
            let when = Stretch { start: since(from), end: since(to) };
            LongRun { when, goroutine: Some(id), proc, stack, lines: None }
        };
        let stuck = |(from_to, calls): (Run, u32)| {
            let LongRun { when, goroutine, stack, .. } = run(from_to);
            let took = crate::diagnose::finding::nanos(when.length() as f64);
            let who = goroutine.map_or_else(String::new, |id| format!(" {id}"));
            let text = format!(
                "goroutine{who} made {calls} system calls in {took}, and neither waited nor let others run between them"
            );
            StuckProc { when, evidence: Evidence { text, when: Some(when), line: None, goroutine, stack } }
        };
        output.stuck = self.calls.into_list().into_iter().take(RUNS).map(stuck).collect();
        output.long_runs = self.long_runs.into_list().into_iter().take(RUNS).map(run).collect();
        output.locks = hot(stacks, &self.waits);
        output.syscalls = hot(stacks, &self.syscalls);
        output.created = hot(stacks, &self.created);
        let names: Vec<NameId> = stacks.names.ids().collect();
        let of_name = |(at, count, total): (usize, u64, i64)| {
            let name = names.get(at).copied().unwrap_or_default();
            let function = if name == NameId::EMPTY { "(unknown)".into() } else { text(&stacks.names, name) };
            Hot { stack: vec![function], count, total }
        };
        let mut queued: Vec<Hot> = self.queued.iter().map(of_name).collect();
        queued.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.stack.cmp(&b.stack)));
        queued.truncate(HOT_STACKS);
        output.queued = queued;
        output.latency = Some((self.during_gc, self.otherwise));
    }
}

/// Returns the hottest stacks of a tally. Equally hot ones are ordered by their program
/// counters, since the order in which they were kept depends on the other analyses of the
/// pass.
fn hot(stacks: &Stacks, tally: &Tally) -> Vec<Hot> {
    let mut all: Vec<(StackKey, u64, i64)> =
        stacks.keys().zip(&tally.0).map(|(key, &(count, total))| (key, count, total)).collect();
    all.retain(|(_, count, _)| *count != 0);
    all.sort_by(|a, b| (b.2, b.1).cmp(&(a.2, a.1)).then_with(|| stacks.order(a.0, b.0)));
    all.truncate(HOT_STACKS);
    all.into_iter().map(|(key, count, total)| Hot { stack: function_names(stacks, key), count, total }).collect()
}

fn function_names(stacks: &Stacks, key: StackKey) -> Vec<String> {
    stacks.frames(key).iter().take(FRAMES).map(|frame| text(&stacks.names, frame.func)).collect()
}

fn text(names: &Names, name: NameId) -> String {
    String::from_utf8_lossy(names.get(name)).into_owned()
}
