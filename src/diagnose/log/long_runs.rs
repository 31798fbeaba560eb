//! Runs of one goroutine on a P from one block to the next, with `scheddetail`.

use super::run::Run;
use super::samples::is_worker;
use crate::base::ids::{GoId, ProcId};
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
    procs: Vec<Option<PickedRun>>,
    longest: Vec<LongRun>,
    /// True if there was a block at all.
    can_tell: bool,
}

/// A run of one goroutine on a P.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct PickedRun {
    run: Run,
    /// Number of goroutines that the P had picked, and the last of them.
    picked: (u32, GoId),
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
            let Some(before) = self.procs.get_mut(at) else { continue };
            match before {
                // The same goroutine without another pick in between has run all the time.
                Some(before) if Some(before.picked) == picked => before.run = before.run.with(time, line),
                _ => {
                    let begins = picked.map(|picked| PickedRun { run: Run::begin(time, line), picked });
                    let ended = std::mem::replace(before, begins);
                    self.keep(ended, p.id);
                }
            }
        }
    }

    fn keep(&mut self, ended: Option<PickedRun>, proc: ProcId) {
        let Some(PickedRun { run, picked: (_, id) }) = ended.filter(|ended| ended.run.lines >= LINES) else { return };
        let lines = Some((run.first, run.line));
        self.longest.push(LongRun { when: run.when, goroutine: Some(id), proc: Some(proc), stack: Vec::new(), lines });
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
