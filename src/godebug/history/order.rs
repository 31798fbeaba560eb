//! Check whether lines can be one program's.
//!
//! A program's clock and the numbers of its GC cycles go on, and start over when it does.
//! Where they go back to another value, or back and then on from where they were, lines of
//! several programs are mixed.

use crate::godebug::gctrace::Gc;
use crate::godebug::schedtrace::Sched;
use smallvec::SmallVec;
use std::time::Duration;

/// Number of signs that are needed.
const SIGNS: u32 = 2;
/// Clock time below which a program has started over.
pub(super) const BEGINNING: Duration = Duration::from_millis(100);
/// Least time between lines for pairs to count as a sign: a program asked for lines a
/// second apart does not print two at once.
const PAIR_GAP: Duration = Duration::from_millis(400);
const PAIRS: u32 = 3;
/// Number of times that GOMAXPROCS may go there and back in succession.
const FLIPS: u32 = 4;

/// Reason why lines cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mixed {
    /// Lines are several programs', and nothing tells these apart.
    Several {
        /// Sign that shows it.
        sign: &'static str,
    },
    /// Lines are in reverse order, the newest first.
    Reversed,
}

/// Relation of a line to those before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The program goes on.
    On,
    /// The program started over.
    Anew,
}

/// State of the lines so far.
#[derive(Debug, Default)]
pub(super) struct Order {
    sched: Option<LastSched>,
    gc: Option<(u64, Duration, u64)>,
    /// Clock and number when they last went back.
    before: (Option<Duration>, Option<u64>),
    signs: u32,
    sign: &'static str,
    forward: u64,
    backward: u64,
    pairs: u32,
    flips: u32,
}

#[derive(Debug, Default)]
struct LastSched {
    time: Duration,
    line: u64,
    gomaxprocs: u32,
    before: Option<u32>,
    ticks: SmallVec<[u32; 16]>,
    gap: Option<Duration>,
    /// Gap before `gap`.
    earlier: Option<Duration>,
}

impl Order {
    /// Checks a `SCHED` line.
    pub(super) fn sched(&mut self, sched: &Sched<'_>, line: u64) -> Step {
        let queues = sched.queues();
        let ticks: SmallVec<[u32; 16]> =
            queues.and_then(|queues| queues.schedticks.as_deref()).unwrap_or_default().into();
        let mut next = LastSched { time: sched.time, line, gomaxprocs: sched.gomaxprocs, ticks, ..Default::default() };
        let Some(last) = self.sched.take() else {
            self.sched = Some(next);
            return Step::On;
        };
        // A line that was cut is only known when its end comes, after later lines.
        if line <= last.line {
            self.sched = Some(last);
            return Step::On;
        }
        if next.time < last.time {
            self.backward += 1;
            // A program that starts over begins near 0: another time is another program's.
            if next.time >= BEGINNING {
                self.sign("the clock of the SCHED lines jumps back");
            }
            self.before = (Some(last.time), self.gc.take().map(|(number, ..)| number).or(self.before.1));
            self.sched = Some(next);
            return Step::Anew;
        }
        self.forward += u64::from(next.time > last.time);
        let gap = next.time - last.time;
        // Going on from before the jump back: two programs alternate.
        if let Some(before) = self.before.0
            && next.time > before
            && gap > (next.time - before).saturating_mul(3)
        {
            self.sign("the clock of the SCHED lines jumps back and forth");
        }
        let fell = |(now, before): (&u32, &u32)| (now.wrapping_sub(*before) as i32) < 0;
        if last.ticks.len() == next.ticks.len() && next.ticks.iter().zip(&last.ticks).any(fell) {
            self.sign("schedticks fall while time goes on");
        }
        (next.gap, next.earlier) = (Some(gap), last.gap);
        self.flip(&last, &mut next);
        if let (Some(short), Some(long)) = (last.gap, last.earlier) {
            let similar = long.abs_diff(gap) <= gap / 4;
            if gap >= PAIR_GAP && similar && short.saturating_mul(8) <= gap {
                self.pairs += 1;
            } else if gap.saturating_mul(8) > short || short < PAIR_GAP {
                self.pairs = 0;
            }
            if self.pairs >= PAIRS {
                self.signs = self.signs.max(SIGNS - 1);
                self.sign("SCHED lines come in pairs");
            }
        }
        self.sched = Some(next);
        Step::On
    }

    fn flip(&mut self, last: &LastSched, next: &mut LastSched) {
        if next.gomaxprocs != last.gomaxprocs {
            next.before = Some(last.gomaxprocs);
            self.flips = if last.before == Some(next.gomaxprocs) { self.flips + 1 } else { 0 };
        } else {
            self.flips = 0;
        }
        if self.flips >= FLIPS {
            self.signs = self.signs.max(SIGNS - 1);
            self.sign("gomaxprocs changes there and back with each line");
        }
    }

    /// Starts over with another process of the same program.
    pub(super) fn start_over(&mut self) {
        (self.sched, self.gc, self.before) = (None, None, (None, None));
    }

    /// Checks a `gc` line.
    pub(super) fn gc(&mut self, gc: &Gc<'_>, line: u64) -> Step {
        let next = (gc.number, gc.start, line);
        let Some((number, start, last)) = self.gc.replace(next) else { return Step::On };
        if line <= last {
            self.gc = Some((number, start, last));
            return Step::On;
        }
        // Cycles follow each other; both clocks are rounded.
        let earlier = gc.start + Duration::from_millis(2) < start;
        if gc.number <= number || earlier {
            self.backward += 1;
            // A program that starts over begins with cycle 1.
            if gc.number > 1 {
                let back = if gc.number <= number {
                    "the numbers of GC cycles jump back"
                } else {
                    "the clock of the gc lines jumps back"
                };
                self.sign(back);
            }
            self.before = (self.sched.take().map(|last| last.time).or(self.before.0), Some(number));
            return Step::Anew;
        }
        self.forward += 1;
        let on = |from: u64| from.checked_add(1) == Some(gc.number);
        // Going on from before the jump back: two programs alternate.
        if self.before.1.is_some_and(on) && !on(number) {
            self.sign("the numbers of GC cycles jump back and forth");
        }
        Step::On
    }

    fn sign(&mut self, sign: &'static str) {
        self.signs = self.signs.saturating_add(1);
        self.sign = sign;
    }

    /// Returns why the lines cannot be judged, if they cannot.
    pub(super) fn mixed(&self) -> Option<Mixed> {
        if self.signs < SIGNS {
            return None;
        }
        if self.forward == 0 && self.backward >= 2 {
            return Some(Mixed::Reversed);
        }
        Some(Mixed::Several { sign: self.sign })
    }
}
