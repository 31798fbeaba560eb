//! Observation of the log that GODEBUG writes: one [`Observation`] for each run of a
//! program.

mod long_runs;
mod run;
mod samples;
mod standstill;
mod stops;
mod syscalls;

use crate::analysis::durations::Durations;
use crate::diagnose::finding::{Pattern, Stretch};
use crate::diagnose::observation::{Hot, Observation, Pause, Source};
use crate::godebug::{Detail, Entry, Gc, GoroutineState, Moment, Snapshot};
use long_runs::LongRuns;
use samples::Samples;
use standstill::Standstill;
use std::collections::BTreeMap;
use std::time::Duration;
use stops::Stops;
use syscalls::Syscalls;

/// Number of the longest pauses and marks that are kept.
const PAUSES: usize = 5;
const MARKS: usize = 64;
/// Number of stuck Ps that are reported.
const STUCK: usize = 5;
/// Number of wait reasons that are reported.
const REASONS: usize = 5;

/// Makes an [`Observation`] of each run in a log. Memory does not grow with the log.
#[derive(Clone, Debug, Default)]
pub struct ObserveLog {
    run: Option<(u32, Run)>,
}

impl ObserveLog {
    /// Adds the next entry of the log. If it begins another run, returns the number of the
    /// run before, from 0, and its observation.
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

    /// Returns the number and the observation of the last run, if there was one.
    pub fn finish(mut self) -> Option<(u32, Observation)> {
        self.end()
    }

    fn end(&mut self) -> Option<(u32, Observation)> {
        self.run.take().map(|(number, run)| (number, run.finish()))
    }
}

/// Observation of a run, as far as it was read.
#[derive(Clone, Debug)]
struct Run {
    /// Start of the run, on the clock of the `SCHED` lines.
    start: Duration,
    samples: Samples,
    long_runs: LongRuns,
    standstill: Standstill,
    syscalls: Syscalls,
    stops: Stops,
    /// Number of goroutines that Ps picked between lines that count them, and the Ps' time,
    /// in nanoseconds.
    picks: (f64, f64),
    ticks: (i64, Vec<u32>),
    /// Number of lines without and with details.
    lines: [u64; 2],
    /// Goroutines by wait reason in the last block.
    reasons: BTreeMap<String, u64>,
    cycles: u64,
    pauses: Vec<Pause>,
    pause_times: Durations,
    /// Longest marks.
    marks: Vec<Stretch>,
    /// Processor time that the collector took from the program.
    collected: Duration,
    /// Number of Ps in the last cycle.
    procs: u32,
    end: i64,
}

impl Run {
    fn begin(start: Duration) -> Run {
        Run {
            start,
            samples: Samples::default(),
            long_runs: LongRuns::default(),
            standstill: Standstill::default(),
            syscalls: Syscalls::default(),
            stops: Stops::default(),
            picks: (0.0, 0.0),
            ticks: (0, Vec::new()),
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

    fn sched(&mut self, entry: &Entry, snapshot: &Snapshot) {
        // A block that was cut says less than its first line alone.
        let detailed = snapshot.sched.is_detailed() && snapshot.is_complete();
        self.lines[usize::from(detailed)] += 1;
        let time = nanos(entry.time);
        self.end = self.end.max(time);
        self.samples.push(time, entry.line, snapshot);
        self.long_runs.push(time, entry.line, snapshot);
        self.standstill.push(time, entry.line, snapshot);
        self.syscalls.push(time, entry.line, snapshot);
        if let Detail::Block { gcwaiting, stopwait, .. } = snapshot.sched.detail {
            self.stops.push(time, entry.line, gcwaiting.then_some(stopwait));
        }
        self.pick(time, snapshot);
        if detailed {
            self.reasons.clear();
            for g in snapshot.goroutines.iter().filter(|g| g.status.state == GoroutineState::Waiting) {
                *self.reasons.entry(g.wait_reason.to_string()).or_default() += 1;
            }
        }
    }

    /// Counts the goroutines that Ps picked since the line before.
    fn pick(&mut self, time: i64, snapshot: &Snapshot) {
        let ticks: Vec<u32> = snapshot.schedticks().collect();
        // Counters of Ps in both lines are compared; a P that is new has none before.
        let (since, before) = std::mem::replace(&mut self.ticks, (time, ticks));
        let pairs = before.iter().zip(&self.ticks.1);
        let picked: f64 = pairs.clone().map(|(old, new)| f64::from(new.wrapping_sub(*old))).sum();
        self.picks.0 += picked;
        self.picks.1 += pairs.count() as f64 * time.saturating_sub(since).max(0) as f64;
    }

    fn gc(&mut self, entry: &Entry, gc: &Gc<'_>) {
        let (start, line) = (nanos(entry.time), Some(entry.line));
        // The collection's own line has the lengths of its stops.
        self.stops.over();
        let end = start.saturating_add(nanos(gc.clock.total()));
        self.end = self.end.max(end);
        self.cycles += 1;
        self.procs = gc.procs;
        // Work on Ps that had nothing else to do takes nothing from the program.
        self.collected = self.collected.saturating_add(gc.cpu.total().saturating_sub(gc.cpu.idle));
        let phases: Vec<i64> = gc.clock.pauses().map(nanos).collect();
        for (at, &length) in phases.iter().enumerate() {
            self.pause_times.add(length);
            // The first pause begins the cycle, the last ends it.
            let begins = if at + 1 == phases.len() { end.saturating_sub(length) } else { start };
            self.pauses.push(Pause { when: Stretch { start: begins, end: begins.saturating_add(length) }, line });
        }
        longest(&mut self.pauses, PAUSES, |pause| pause.when.length());
        self.marks.push(Stretch { start, end });
        longest(&mut self.marks, MARKS, |mark| mark.length());
    }

    fn finish(self) -> Observation {
        // A log is detailed if most of its lines are.
        let detailed = self.lines[1] > self.lines[0];
        let mut o = Observation::new(Source::Log { detailed });
        o.span = self.end.saturating_sub(nanos(self.start)).max(0);
        o.lines = self.lines.iter().sum();
        o.unseen = unseen(
            detailed,
            self.long_runs.can_tell() || self.standstill.can_tell(),
            self.cycles > 0 || self.stops.can_tell(),
        );
        o.long_runs = self.long_runs.finish();
        o.stuck = self.standstill.finish(&self.marks);
        o.stuck.extend(self.syscalls.finish());
        longest(&mut o.stuck, STUCK, |stuck| stuck.when.length());
        o.stops = self.stops.finish();
        let (picked, time) = self.picks;
        o.picks = (time > 0.0).then(|| picked / time * 1e9);
        o.samples = self.samples.finish();
        o.gc_cycles = self.cycles;
        (o.pauses, o.pause_times) = (self.pauses, self.pause_times);
        // Without samples, the last cycle's Ps have to do for the whole time.
        let sampled: f64 = o.samples.iter().map(|s| s.procs * s.length() as f64).sum();
        let capacity = if sampled > 0.0 { sampled } else { f64::from(self.procs) * o.span as f64 };
        o.gc_cpu = (self.cycles > 0 && capacity > 0.0).then(|| (nanos(self.collected) as f64 / capacity).min(1.0));
        o.waits =
            self.reasons.into_iter().map(|(reason, count)| Hot { stack: vec![reason], count, total: 0 }).collect();
        longest(&mut o.waits, REASONS, |hot| i64::try_from(hot.count).unwrap_or(i64::MAX));
        o
    }
}

/// Returns the patterns that such a log cannot show.
fn unseen(detailed: bool, ticks: bool, cycles: bool) -> Vec<Pattern> {
    use Pattern::*;
    let patterns = [
        (NetpollerSaturation, detailed),
        (GcStall, detailed || cycles),
        (StuckP, ticks),
        (NetpollBacklog, detailed),
        (Unpreempted, detailed),
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

/// Keeps the `most` longest items, the longest first.
fn longest<T>(list: &mut Vec<T>, most: usize, length: impl Fn(&T) -> i64) {
    list.sort_by_key(|item| std::cmp::Reverse(length(item)));
    list.truncate(most);
}
