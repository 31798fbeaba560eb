//! Ps that pick no other goroutine from one `SCHED` line to the next, though they
//! have something to do.

use super::moments::is_worker;
use crate::diagnose::Stretch;
use crate::diagnose::observation::LongRun;
use crate::godebug::{GoroutineState, Snapshot};
use crate::ids::{GoId, ProcId};

/// How many of the longest runs are kept.
const RUNS: usize = 5;
/// So many lines have to show a run: two may be an accident.
const LINES: u32 = 3;
/// So many do where they only count how many goroutines a P picked: one that is woken
/// by the P that it ran on before goes on with its time slice, and is not counted.
const SUMMARY_LINES: u32 = 4;

/// Follows the Ps from line to line.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    summary: Summary,
    /// With `scheddetail`: the run of each P, by its ID.
    procs: Vec<Option<Run>>,
    longest: Vec<LongRun>,
    /// Whether the lines could show such a run at all.
    can_tell: bool,
}

/// A run that may still go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Run {
    when: Stretch,
    lines: u32,
    line: u64,
    /// How many goroutines the P had picked, and which the last was; a summary
    /// line does not tell.
    picked: Option<(u32, GoId)>,
}

/// What summary lines tell: how many goroutines each P has picked, and how many
/// Ps are idle, but not which.
#[derive(Clone, Debug, Default)]
struct Summary {
    ticks: Vec<u32>,
    idle: u32,
    time: i64,
    /// The Ps that have picked none since the run began, one more than are idle.
    suspects: Vec<usize>,
    run: Option<Run>,
}

impl Held {
    pub(super) fn push(&mut self, time: i64, line: u64, snapshot: &Snapshot) {
        if !snapshot.sched.is_detailed() {
            self.summary(time, line, snapshot);
        } else if snapshot.is_complete() {
            self.block(time, line, snapshot);
        }
    }

    fn summary(&mut self, time: i64, line: u64, snapshot: &Snapshot) {
        let ticks: Vec<u32> = snapshot.schedticks().collect();
        if ticks.is_empty() {
            return;
        }
        self.can_tell = true;
        let before = std::mem::take(&mut self.summary);
        let idle = before.idle.max(snapshot.sched.idleprocs) as usize;
        let is_still = |at: &usize| before.ticks.get(*at).is_some_and(|old| ticks.get(*at) == Some(old));
        let still: Vec<usize> = (0..ticks.len()).filter(is_still).collect();
        let suspects: Vec<usize> = before.suspects.iter().copied().filter(is_still).collect();
        let (run, suspects) = match before.run {
            Some(run) if suspects.len() > idle => {
                let when = Stretch { end: time, ..run.when };
                (Some(Run { when, lines: run.lines + 1, line, ..run }), suspects)
            }
            ended => {
                self.keep(ended, only(&before.suspects));
                let when = Stretch { start: before.time, end: time };
                let begins = still.len() > idle;
                (begins.then_some(Run { when, lines: 2, line, picked: None }), still)
            }
        };
        self.summary = Summary { ticks, idle: snapshot.sched.idleprocs, time, suspects, run };
    }

    fn block(&mut self, time: i64, line: u64, snapshot: &Snapshot) {
        self.can_tell = true;
        self.procs.resize(self.procs.len().max(snapshot.procs.len()), None);
        for p in &snapshot.procs {
            let runner = snapshot.threads.iter().find(|m| m.proc == Some(p.id)).and_then(|m| m.curg);
            let runs = |id: &GoId| {
                let runs = |state| state == GoroutineState::Running;
                snapshot.goroutines.iter().any(|g| g.id == *id && runs(g.status.state) && !is_worker(&g.wait_reason))
            };
            let picked = runner.filter(runs).map(|id| (p.schedtick, id));
            let at = usize::try_from(p.id.0).unwrap_or(usize::MAX);
            let Some(run) = self.procs.get_mut(at) else { continue };
            match run {
                Some(run) if run.picked == picked => {
                    run.when.end = time;
                    (run.lines, run.line) = (run.lines + 1, line);
                }
                _ => {
                    let when = Stretch { start: time, end: time };
                    let begins = picked.is_some().then_some(Run { when, lines: 1, line, picked });
                    let ended = std::mem::replace(run, begins);
                    self.keep(ended, Some(p.id));
                }
            }
        }
    }

    fn keep(&mut self, ended: Option<Run>, proc: Option<ProcId>) {
        let least = |run: &Run| if run.picked.is_some() { LINES } else { SUMMARY_LINES };
        let Some(run) = ended.filter(|run| run.lines >= least(run)) else { return };
        let goroutine = run.picked.map(|(_, id)| id);
        self.longest.push(LongRun { when: run.when, goroutine, proc, stack: Vec::new(), line: Some(run.line) });
        super::longest(&mut self.longest, RUNS, |run| run.when.length());
    }

    /// Whether the lines could show such a run at all: summary lines can since
    /// Go 1.25.
    pub(super) fn can_tell(&self) -> bool {
        self.can_tell
    }

    /// The longest runs, the longest first, without those in which the collector
    /// marked: its workers are not asked to stop.
    pub(super) fn finish(mut self, marks: &[Stretch]) -> Vec<LongRun> {
        let Summary { run, suspects, .. } = std::mem::take(&mut self.summary);
        self.keep(run, only(&suspects));
        for (at, run) in std::mem::take(&mut self.procs).into_iter().enumerate() {
            self.keep(run, Some(ProcId(at as u64)));
        }
        let marked = |run: &LongRun| {
            let overlap = |mark: &Stretch| (mark.end.min(run.when.end) - mark.start.max(run.when.start)).max(0);
            run.goroutine.is_none() && marks.iter().map(overlap).sum::<i64>() * 2 > run.when.length()
        };
        self.longest.retain(|run| !marked(run));
        self.longest
    }
}

/// The P it has to be, if it can be but one.
fn only(suspects: &[usize]) -> Option<ProcId> {
    match suspects {
        [at] => Some(ProcId(*at as u64)),
        _ => None,
    }
}
