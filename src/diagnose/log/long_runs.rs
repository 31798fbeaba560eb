//! Runs of one goroutine on a P from one block to the next, with `scheddetail`.

use super::samples::is_worker;
use crate::base::ids::{GoId, ProcId};
use crate::diagnose::finding::Stretch;
use crate::diagnose::observation::LongRun;
use crate::godebug::{GoroutineState, Snapshot};

/// Number of the longest runs that are kept.
const RUNS: usize = 5;
/// Least number of lines that have to show a run: two may be an accident.
const LINES: u32 = 3;

/// Follows the Ps from block to block.
#[derive(Clone, Debug, Default)]
pub(super) struct LongRuns {
    /// Present run of each P, by its ID.
    procs: Vec<Option<Run>>,
    longest: Vec<LongRun>,
    /// True if there was a block at all.
    can_tell: bool,
}

/// A run that may still go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Run {
    when: Stretch,
    lines: u32,
    /// Numbers of the first and the last line that show it.
    first: u64,
    line: u64,
    /// Number of goroutines that the P had picked, and the last of them.
    picked: Option<(u32, GoId)>,
}

impl LongRuns {
    pub(super) fn push(&mut self, time: i64, line: u64, snapshot: &Snapshot) {
        if !snapshot.sched.is_detailed() || !snapshot.is_complete() {
            return;
        }
        self.can_tell = true;
        self.procs.resize(self.procs.len().max(snapshot.procs.len()), None);
        for p in &snapshot.procs {
            let runner = snapshot.threads.iter().find(|m| m.proc == Some(p.id)).and_then(|m| m.curg);
            let runs = |id: &GoId| {
                let runs = |state| state == GoroutineState::Running;
                // The collector's workers are not asked to stop.
                snapshot.goroutines.iter().any(|g| g.id == *id && runs(g.status.state) && !is_worker(&g.wait_reason))
            };
            let picked = runner.filter(runs).map(|id| (p.schedtick, id));
            let at = usize::try_from(p.id.0).unwrap_or(usize::MAX);
            let Some(run) = self.procs.get_mut(at) else { continue };
            match run {
                // The same goroutine without another pick in between has run all the time.
                Some(run) if run.picked == picked => {
                    run.when.end = time;
                    (run.lines, run.line) = (run.lines + 1, line);
                }
                _ => {
                    let when = Stretch { start: time, end: time };
                    let begins = picked.is_some().then_some(Run { when, lines: 1, first: line, line, picked });
                    let ended = std::mem::replace(run, begins);
                    self.keep(ended, p.id);
                }
            }
        }
    }

    fn keep(&mut self, ended: Option<Run>, proc: ProcId) {
        let Some(run) = ended.filter(|run| run.lines >= LINES) else { return };
        let goroutine = run.picked.map(|(_, id)| id);
        let lines = Some((run.first, run.line));
        self.longest.push(LongRun { when: run.when, goroutine, proc: Some(proc), stack: Vec::new(), lines });
        super::longest(&mut self.longest, RUNS, |run| run.when.length());
    }

    /// Returns whether there was a block at all.
    pub(super) fn can_tell(&self) -> bool {
        self.can_tell
    }

    /// Returns the longest runs, the longest first.
    pub(super) fn finish(mut self) -> Vec<LongRun> {
        for (at, run) in std::mem::take(&mut self.procs).into_iter().enumerate() {
            self.keep(run, ProcId(at as u64));
        }
        self.longest
    }
}
