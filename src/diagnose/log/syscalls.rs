//! Ps that pick no other goroutine, and are never found to run Go code, while their count
//! of system calls rises: with `scheddetail`.
//!
//! Such a P is in status 2 up to Go 1.25, and in status 1 with a goroutine in a system
//! call since. Often it is in status 0: `sysmon`, which prints the lines, has taken it
//! away from the system call just before.

use crate::base::ids::{GoId, ProcId};
use crate::diagnose::finding::{Evidence, Stretch};
use crate::diagnose::observation::StuckProc;
use crate::godebug::{GoroutineState, Proc, ProcStatus, Snapshot};

/// Number of the longest times that are kept.
const KEPT: usize = 5;
/// Least number of lines that have to show it.
const LINES: u64 = 4;
/// System calls in a second that keep a P busy, even if no line finds it in one.
const BUSY: f64 = 1000.0;

/// Follows the Ps from block to block.
#[derive(Clone, Debug, Default)]
pub(super) struct Syscalls {
    procs: Vec<Option<StillProc>>,
    longest: Vec<StuckProc>,
}

/// A P whose `schedtick` stands still.
#[derive(Clone, Copy, Debug)]
struct StillProc {
    when: Stretch,
    /// Number of the first line that shows it, and the number of lines that do.
    line: u64,
    lines: u64,
    schedtick: u32,
    /// First and last `syscalltick`, and the number of lines in which it rose.
    first: u32,
    now: u32,
    rises: u64,
    /// Number of lines that find it in a system call, and that find it to run Go code.
    calling: u64,
    running: u64,
    /// Goroutine of the last system call.
    goroutine: Option<GoId>,
}

impl Syscalls {
    pub(super) fn push(&mut self, time: i64, line: u64, snapshot: &Snapshot) {
        if !snapshot.sched.is_detailed() || !snapshot.is_complete() {
            return;
        }
        self.procs.resize(self.procs.len().max(snapshot.procs.len()), None);
        for p in &snapshot.procs {
            let at = usize::try_from(p.id.0).unwrap_or(usize::MAX);
            let Some(place) = self.procs.get_mut(at) else { continue };
            let (calling, running, goroutine) = activity(p, snapshot);
            let before = place.take();
            let begins = StillProc {
                when: Stretch { start: time, end: time },
                line,
                lines: 0,
                schedtick: p.schedtick,
                first: p.syscalltick,
                now: p.syscalltick,
                rises: 0,
                calling: 0,
                running: 0,
                goroutine: None,
            };
            // Another pick ends the time in which the P stands still.
            let goes_on = before.filter(|still| still.schedtick == p.schedtick);
            let ended = if goes_on.is_some() { None } else { before };
            let mut still = goes_on.unwrap_or(begins);
            still.when.end = time;
            still.lines += 1;
            still.rises += u64::from(p.syscalltick != still.now);
            still.now = p.syscalltick;
            still.calling += u64::from(calling);
            still.running += u64::from(running);
            still.goroutine = goroutine.or(still.goroutine);
            *place = Some(still);
            self.keep(ended, p.id);
        }
    }

    fn keep(&mut self, ended: Option<StillProc>, id: ProcId) {
        let Some(still) = ended.filter(StillProc::is_stuck) else { return };
        self.longest.push(still.report(id));
        super::longest(&mut self.longest, KEPT, |stuck| stuck.when.length());
    }

    pub(super) fn finish(mut self) -> Vec<StuckProc> {
        for (at, still) in std::mem::take(&mut self.procs).into_iter().enumerate() {
            self.keep(still, ProcId(at as u64));
        }
        self.longest
    }
}

impl StillProc {
    fn is_stuck(&self) -> bool {
        let calls = f64::from(self.now.wrapping_sub(self.first));
        let rate = calls / (self.when.length() as f64 / 1e9).max(1e-9);
        // Calls must rise in most lines, and Go code be rare.
        self.lines >= LINES
            && self.rises * 2 + 1 >= self.lines
            && self.running * 4 <= self.lines
            && (self.calling * 2 >= self.lines || rate >= BUSY)
    }

    fn report(&self, id: ProcId) -> StuckProc {
        let StillProc { when, line, lines, schedtick, first, now, calling, running, goroutine, .. } = *self;
        let whose = goroutine.map_or_else(String::new, |id| format!(", last of goroutine {id}"));
        let text = format!(
            "P {id} picked no goroutine in {lines} blocks: schedtick stands at {schedtick}, while syscalltick runs up \
             from {first} to {now}; {calling} find it in a system call{whose}, {running} running Go code",
        );
        let evidence = Evidence { text, when: Some(when), line: Some(line), goroutine, ..Evidence::default() };
        StuckProc { when, evidence }
    }
}

/// Returns whether a P is in a system call, whether it runs Go code, and the goroutine.
fn activity(p: &Proc<'_>, snapshot: &Snapshot) -> (bool, bool, Option<GoId>) {
    let state = |id: GoId| snapshot.goroutines.iter().find(|g| g.id == id).map(|g| g.status.state);
    match p.status {
        ProcStatus::Syscall => {
            // The P has no M then; if only one goroutine is in a system call, it is the
            // P's.
            let mut calls = snapshot.goroutines.iter().filter(|g| g.status.state == GoroutineState::Syscall);
            let goroutine = calls.next().filter(|_| calls.next().is_none()).map(|g| g.id);
            (true, false, goroutine)
        }
        ProcStatus::Running => {
            let runs = snapshot.threads.iter().find(|m| m.proc == Some(p.id)).and_then(|m| m.curg);
            let calling = runs.filter(|id| state(*id) == Some(GoroutineState::Syscall));
            (calling.is_some(), calling.is_none(), calling)
        }
        _ => (false, false, None),
    }
}
