//! Ps that stand still: they pick no goroutine from one summary line to the next, though
//! they are not idle. This needs Go 1.25, whose lines count the picks of each P, and the
//! idle Ps, but do not say which those are.

use super::run::Run;
use crate::base::ids::ProcId;
use crate::diagnose::finding::{Evidence, Stretch};
use crate::diagnose::observation::StuckProc;
use crate::godebug::Snapshot;

/// Number of the longest times that are kept.
const RUNS: usize = 5;
/// Least number of lines that have to show it: a goroutine that is woken by the P that it
/// ran on before goes on with its time slice, and is not counted as picked.
const LINES: u32 = 4;
/// Least number of lines where the P may have been idle, and only the use of the others
/// indicates that it was not.
const LONE_LINES: u32 = 5;
/// Least number of picks of all other Ps between two lines then, and in all: Ps that are
/// used in turn are all used, and about equally.
const LIVELY: u32 = 10;
const MANY: u32 = 500;
/// Largest ratio between the picks of two Ps that are used equally.
const ALIKE: u32 = 4;

/// Follows the Ps from line to line.
#[derive(Clone, Debug, Default)]
pub(super) struct Standstill {
    before: LineBefore,
    stuck: Vec<StuckProc>,
    /// True if the lines count picks.
    can_tell: bool,
}

/// A P that picks no goroutine while all others do.
#[derive(Clone, Debug)]
struct LoneProc {
    at: usize,
    run: Run,
    /// Picks of all Ps when it began.
    from: Vec<u32>,
}

/// State up to the line before, and the runs that may go on from it.
#[derive(Clone, Debug, Default)]
struct LineBefore {
    ticks: Vec<u32>,
    /// Number of Ps that are idle, or that an M looks for work with.
    idle: u32,
    time: i64,
    line: u64,
    /// Ps that have picked no goroutine since the run began: more than are idle.
    suspects: Vec<usize>,
    run: Option<Run>,
    /// The only P that picks no goroutine while all others are used, and some P is busy in
    /// every line.
    lone: Option<LoneProc>,
    /// Lines in which no P picks any goroutine, and the number of those in which one is
    /// busy nevertheless.
    none: Option<(Run, u32)>,
}

impl LineBefore {
    /// Returns the run of this line and the next.
    fn run_to(&self, time: i64, line: u64) -> Run {
        Run::begin(self.time, self.line).with(time, line)
    }
}

impl Standstill {
    pub(super) fn push(&mut self, time: i64, line: u64, snapshot: &Snapshot) {
        let ticks: Vec<u32> = snapshot.schedticks().collect();
        // Blocks have more: see `long_runs` and `syscalls`.
        if ticks.is_empty() || snapshot.sched.is_detailed() {
            return;
        }
        self.can_tell = true;
        let mut before = std::mem::take(&mut self.before);
        // A P that an M looks for work with picks no goroutine either.
        let without_work = snapshot.sched.idleprocs.saturating_add(snapshot.sched.spinningthreads);
        let idle = before.idle.max(without_work) as usize;
        let lone = self.lone(&mut before, &ticks, idle, time, line);
        let busy = snapshot.sched.idleprocs < snapshot.sched.gomaxprocs && snapshot.sched.spinningthreads == 0;
        let none = self.none(&before, before.ticks == ticks, busy, time, line);
        let is_still = |at: &usize| before.ticks.get(*at).is_some_and(|old| ticks.get(*at) == Some(old));
        let still: Vec<usize> = (0..ticks.len()).filter(is_still).collect();
        let suspects: Vec<usize> = before.suspects.iter().copied().filter(is_still).collect();
        let (run, suspects) = match before.run {
            // More Ps stand still than are idle, so one of them is busy.
            Some(run) if suspects.len() > idle => (Some(run.with(time, line)), suspects),
            ended => {
                self.keep_stuck(ended, single(&before.suspects), LINES);
                ((still.len() > idle).then(|| before.run_to(time, line)), still)
            }
        };
        self.before = LineBefore { ticks, idle: without_work, time, line, suspects, run, lone, none };
    }

    /// Follows lines between which no P picks a goroutine. A goroutine that a timer wakes
    /// again and again is not counted either, but it leaves the Ps idle nearly always, or
    /// is preempted, and then counted.
    fn none(&mut self, before: &LineBefore, still: bool, busy: bool, time: i64, line: u64) -> Option<(Run, u32)> {
        if !still {
            self.end_none(before.none);
            return None;
        }
        let (run, seen) = before.none.unwrap_or_else(|| (Run::begin(before.time, before.line), 0));
        Some((run.with(time, line), seen + u32::from(busy)))
    }

    fn end_none(&mut self, ended: Option<(Run, u32)>) {
        // A timer's wakeups leave the Ps idle in nearly all lines.
        let often = |seen: u32, lines: u32| seen >= 2 && seen * 4 >= lines;
        let Some((run, seen)) = ended.filter(|(run, seen)| run.lines >= LONE_LINES && often(*seen, run.lines)) else {
            return;
        };
        let took = crate::diagnose::finding::nanos(run.when.length() as f64);
        let text = format!(
            "no P picked a goroutine for {took}: all schedticks stand still up to line {}, but a P was busy in {seen} of \
             {} lines",
            run.line, run.lines
        );
        self.push_stuck(run, text);
    }

    /// Follows the only P that picks no goroutine while all others do. A P that never
    /// picked one is idle; and if all are idle in a line, that one was, too.
    fn lone(&mut self, before: &mut LineBefore, ticks: &[u32], idle: usize, time: i64, line: u64) -> Option<LoneProc> {
        // A counter of 0 is that of a P that was never used.
        let picked = |at: usize| match (before.ticks.get(at), ticks.get(at)) {
            (Some(old), Some(new)) if *new > 0 => Some(new.wrapping_sub(*old)),
            _ => None,
        };
        let used: Vec<(usize, u32)> = (0..ticks.len()).filter_map(|at| Some((at, picked(at)?))).collect();
        let mut still = used.iter().filter(|(_, picked)| *picked == 0).map(|(at, _)| *at);
        let alone = still.next().filter(|_| still.next().is_none()).filter(|_| {
            let lively = used.iter().filter(|(_, picked)| *picked >= LIVELY).count();
            idle < ticks.len() && used.len() > 1 && lively + 1 == used.len()
        });
        match (before.lone.take(), alone) {
            // The same P stands still as before.
            (Some(mut lone), Some(at)) if lone.at == at => {
                lone.run = lone.run.with(time, line);
                Some(lone)
            }
            (ended, alone) => {
                self.end_lone(ended, &before.ticks);
                alone.map(|at| LoneProc { at, run: before.run_to(time, line), from: before.ticks.clone() })
            }
        }
    }

    fn end_lone(&mut self, ended: Option<LoneProc>, ticks: &[u32]) {
        let Some(LoneProc { at, run, from }) = ended else { return };
        let others = from.iter().zip(ticks).enumerate().filter(|(other, (_, now))| *other != at && **now > 0);
        let picked: Vec<u32> = others.map(|(_, (then, now))| now.wrapping_sub(*then)).collect();
        let [least, most] = [picked.iter().min(), picked.iter().max()].map(|count| count.copied().unwrap_or(0));
        // Others that picked little, or unequally, may be idle by turns as well.
        if least >= MANY && most / ALIKE <= least {
            self.keep_stuck(Some(run), Some(ProcId(at as u64)), LONE_LINES);
        }
    }

    fn keep_stuck(&mut self, ended: Option<Run>, proc: Option<ProcId>, least: u32) {
        let Some(run) = ended.filter(|run| run.lines >= least) else { return };
        let who = proc.map_or_else(|| "a P".to_string(), |proc| format!("P {proc}"));
        let took = crate::diagnose::finding::nanos(run.when.length() as f64);
        let others = if least == LONE_LINES { ", while all others that are ever used picked many" } else { "" };
        let text = format!(
            "{who} picked no goroutine for {took}: its schedticks stand still up to line {}{others}, and more Ps were \
             busy than the others account for",
            run.line
        );
        self.push_stuck(run, text);
    }

    fn push_stuck(&mut self, run: Run, text: String) {
        let evidence = Evidence { text, when: Some(run.when), line: Some(run.first), ..Evidence::default() };
        self.stuck.push(StuckProc { when: run.when, evidence });
        super::longest(&mut self.stuck, RUNS, |stuck| stuck.when.length());
    }

    /// Returns whether the lines count picks at all.
    pub(super) fn can_tell(&self) -> bool {
        self.can_tell
    }

    /// Returns the Ps that stood still for longest, the longest first; without times during
    /// which the collector marked, since its workers are not preempted.
    pub(super) fn finish(mut self, marks: &[Stretch]) -> Vec<StuckProc> {
        let LineBefore { run, suspects, lone, none, ticks, .. } = std::mem::take(&mut self.before);
        // A P that is proved to stand still need not be inferred as well.
        let proved = run.is_some_and(|run| run.lines >= LINES);
        self.keep_stuck(run, single(&suspects), LINES);
        self.end_lone(lone.filter(|_| !proved), &ticks);
        self.end_none(none.filter(|_| !proved));
        // During a mark phase a P may run a worker all the time.
        let marked = |stuck: &StuckProc| {
            let when = stuck.when;
            let overlap = |mark: &Stretch| (mark.end.min(when.end) - mark.start.max(when.start)).max(0);
            marks.iter().map(overlap).sum::<i64>() * 2 > when.length()
        };
        self.stuck.retain(|stuck| !marked(stuck));
        self.stuck
    }
}

/// Returns the P of a list with a single one; none for any other list.
fn single(suspects: &[usize]) -> Option<ProcId> {
    match suspects {
        [at] => Some(ProcId(*at as u64)),
        _ => None,
    }
}
