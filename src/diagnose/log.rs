//! The log that GODEBUG writes as [`Observation`]s, one for each run of a program.

mod held;
mod moments;

use crate::analysis::durations::Durations;
use crate::diagnose::observation::{Hot, Observation, Pause, Source};
use crate::diagnose::{Pattern, Stretch};
use crate::godebug::{Entry, Gc, GoroutineState, Moment, Snapshot};
use held::Held;
use moments::Moments;
use std::collections::BTreeMap;
use std::time::Duration;

/// How many of the longest pauses and marks are kept.
const PAUSES: usize = 5;
const MARKS: usize = 64;
/// How many reasons to wait are told.
const REASONS: usize = 5;

/// Makes an [`Observation`] of each run in a log. Memory does not grow with the
/// log.
#[derive(Clone, Debug, Default)]
pub struct ObserveLog {
    run: Option<(u32, Run)>,
}

impl ObserveLog {
    /// Takes the next entry of the log. If it begins another run, the one before is
    /// over: its number, from 0, and what was observed of it.
    pub fn push(&mut self, entry: &Entry) -> Option<(u32, Observation)> {
        let began_anew = self.run.as_ref().is_some_and(|(number, _)| *number != entry.run);
        let over = if began_anew { self.end() } else { None };
        let (_, run) = self.run.get_or_insert_with(|| (entry.run, Run::begin(entry.time)));
        match &entry.moment {
            Moment::Sched(snapshot) => run.sched(entry, snapshot),
            Moment::Gc(gc) => run.gc(entry, gc),
            _ => {}
        }
        over
    }

    /// The last run, if there was one.
    pub fn finish(mut self) -> Option<(u32, Observation)> {
        self.end()
    }

    fn end(&mut self) -> Option<(u32, Observation)> {
        self.run.take().map(|(number, run)| (number, run.finish()))
    }
}

/// One run of a program, as far as it was read.
#[derive(Clone, Debug)]
struct Run {
    /// When it began, on the clock of the `SCHED` lines.
    start: Duration,
    moments: Moments,
    held: Held,
    /// Lines with and without details.
    lines: [u64; 2],
    /// What goroutines waited for in the last block.
    reasons: BTreeMap<String, u64>,
    cycles: u64,
    pauses: Vec<Pause>,
    pause_times: Durations,
    /// The longest marks.
    marks: Vec<Stretch>,
    /// The processors' time that the collector took from the program.
    collected: Duration,
    /// The Ps of the last cycle.
    procs: u32,
    end: i64,
}

impl Run {
    fn begin(start: Duration) -> Run {
        Run {
            start,
            moments: Moments::default(),
            held: Held::default(),
            lines: [0; 2],
            reasons: BTreeMap::new(),
            cycles: 0,
            pauses: Vec::new(),
            pause_times: Durations::default(),
            marks: Vec::new(),
            collected: Duration::ZERO,
            procs: 0,
            end: 0,
        }
    }

    /// Nanoseconds since it began.
    fn since(&self, time: Duration) -> i64 {
        nanos(time) - nanos(self.start)
    }

    fn sched(&mut self, entry: &Entry, snapshot: &Snapshot) {
        // A block that was cut says less than its first line does.
        let detailed = snapshot.sched.is_detailed() && snapshot.is_complete();
        self.lines[usize::from(detailed)] += 1;
        let time = self.since(entry.time);
        self.end = self.end.max(time);
        self.moments.push(time, entry.line, snapshot);
        self.held.push(time, entry.line, snapshot);
        if detailed {
            self.reasons.clear();
            for g in snapshot.goroutines.iter().filter(|g| g.status.state == GoroutineState::Waiting) {
                *self.reasons.entry(g.wait_reason.to_string()).or_default() += 1;
            }
        }
    }

    fn gc(&mut self, entry: &Entry, gc: &Gc<'_>) {
        let (start, line) = (self.since(entry.time), Some(entry.line));
        let end = start.saturating_add(nanos(gc.clock.total()));
        self.end = self.end.max(end);
        self.cycles += 1;
        self.procs = gc.procs;
        // Work on Ps that had nothing else to do takes nothing from the program.
        self.collected = self.collected.saturating_add(gc.cpu.total().saturating_sub(gc.cpu.idle));
        let phases: Vec<i64> = gc.clock.pauses().map(nanos).collect();
        for (at, &length) in phases.iter().enumerate() {
            self.pause_times.add(length);
            // The first begins the cycle, the last ends it.
            let begins = if at + 1 == phases.len() { end.saturating_sub(length) } else { start };
            self.pauses.push(Pause { when: Stretch { start: begins, end: begins.saturating_add(length) }, line });
        }
        longest(&mut self.pauses, PAUSES, |pause| pause.when.length());
        self.marks.push(Stretch { start, end });
        longest(&mut self.marks, MARKS, |mark| mark.length());
    }

    fn finish(self) -> Observation {
        let detailed = self.lines[1] > self.lines[0];
        let mut o = Observation::new(Source::Log { detailed });
        o.span = self.end;
        o.lines = self.lines.iter().sum();
        o.unseen = unseen(detailed, self.held.can_tell(), self.cycles > 0);
        o.long_runs = self.held.finish(&self.marks);
        o.samples = self.moments.finish();
        o.gc_cycles = self.cycles;
        (o.pauses, o.pause_times) = (self.pauses, self.pause_times);
        let sampled: f64 = o.samples.iter().map(|s| s.procs * s.length() as f64).sum();
        let capacity = if sampled > 0.0 { sampled } else { f64::from(self.procs) * o.span as f64 };
        o.gc_cpu = (self.cycles > 0 && capacity > 0.0).then(|| (nanos(self.collected) as f64 / capacity).min(1.0));
        o.waits =
            self.reasons.into_iter().map(|(reason, count)| Hot { stack: vec![reason], count, total: 0 }).collect();
        longest(&mut o.waits, REASONS, |hot| i64::try_from(hot.count).unwrap_or(i64::MAX));
        o
    }
}

/// What such a log cannot show.
fn unseen(detailed: bool, ticks: bool, cycles: bool) -> Vec<Pattern> {
    use Pattern::*;
    let patterns = [
        (NetpollerSaturation, detailed),
        (GcStall, detailed || cycles),
        (StuckP, ticks),
        (GoroutineGrowth, detailed),
        (PinnedP, detailed),
        (LockConvoy, detailed),
        (GcLatency, false),
    ];
    patterns.into_iter().filter(|(_, shown)| !shown).map(|(pattern, _)| pattern).collect()
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX / 4)
}

/// Keeps the `most` that are longest, the longest first.
fn longest<T>(list: &mut Vec<T>, most: usize, length: impl Fn(&T) -> i64) {
    list.sort_by_key(|item| std::cmp::Reverse(length(item)));
    list.truncate(most);
}
