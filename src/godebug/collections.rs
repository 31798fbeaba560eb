//! Figures of many GC cycles.

use super::gctrace::Gc;
use super::history::{Entry, Moment};
use crate::analysis::durations::Durations;
use std::time::Duration;

/// Number of points of the heap's curve beyond which they are merged, two by two.
const MOST: usize = 4096;

/// Figures of all `gc` lines of a log.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Collections {
    /// Number of cycles.
    pub cycles: u64,
    /// Number of cycles that the program forced.
    pub forced: u64,
    /// Number of cycles that looked for leaked goroutines.
    pub leak_checks: u64,
    /// Number of runs of a program with a cycle.
    pub runs: u64,
    /// Time from the beginning of a run's first cycle to the end of its last, summed up
    /// over all runs.
    pub span: Duration,
    /// Time of all Ps: `span` times their number.
    pub capacity: Duration,
    /// Lengths of the stops of the world, in nanoseconds: two a cycle, three with Go 1.5.
    pub pauses: Durations,
    /// Stops of the world added up for each cycle, in nanoseconds.
    pub cycle_pauses: Durations,
    /// Times of marking beside the program, one for each cycle, in nanoseconds.
    pub concurrent: Durations,
    /// Processor time of the phases.
    pub cpu: CpuTotals,
    /// Runtime's own percentage in the last cycle's line: the share of the Ps' time since
    /// that program began.
    pub last_percent: Option<u64>,
    /// Heap sizes over time.
    pub curve: Vec<HeapPoint>,
    /// Number of cycles that a point of the curve stands for.
    stride: u64,
    /// Present run, with the start of its first cycle and the end of its last.
    run: Option<(u32, Duration, Duration)>,
}

/// Processor time of all cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CpuTotals {
    /// Time while the world is stopped: the pauses times the Ps, not measured.
    pub stopped: Duration,
    /// Time of goroutines of the program that had to assist.
    pub assist: Duration,
    /// Time of the GC's own workers.
    pub background: Duration,
    /// Time of workers on Ps that had nothing else to do.
    pub idle: Duration,
}

impl CpuTotals {
    /// Returns the time of all phases without `idle`, which cost the program nothing.
    pub fn without_idle(&self) -> Duration {
        self.stopped.saturating_add(self.assist).saturating_add(self.background)
    }
}

/// Heap in some consecutive cycles, and what they cost; sizes in MiB, rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeapPoint {
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Number of the first cycle.
    pub first: u64,
    /// Time at which the first cycle began, since that program's runtime was initialised.
    pub start: Duration,
    /// Time at which the last cycle ended, on the same clock.
    pub end: Duration,
    /// Number of cycles.
    pub cycles: u64,
    /// Heap at which the first cycle began.
    pub before: u64,
    /// Largest heap at the end of marking.
    pub peak: u64,
    /// Live heap after the last cycle.
    pub live: u64,
    /// Goal of the last cycle; none if that had none, as with GOGC=off.
    pub goal: Option<u64>,
    /// Length of all stops of the world.
    pub paused: Duration,
    /// Length of the longest stop.
    pub longest_pause: Duration,
    /// Processor time of all phases, without that of workers on idle Ps.
    pub cpu: Duration,
    /// Number of Ps in the last cycle.
    pub procs: u32,
}

impl Collections {
    /// Adds an entry, if it is a GC cycle.
    pub fn push(&mut self, entry: &Entry) {
        if let Moment::Gc(gc) = &entry.moment {
            self.cycle(entry.run, gc);
        }
    }

    fn cycle(&mut self, run: u32, gc: &Gc<'_>) {
        self.cycles += 1;
        self.forced += u64::from(gc.forced);
        self.leak_checks += u64::from(gc.leak_check);
        let from = match &mut self.run {
            // The run's span is counted up to its last cycle already.
            Some((at, _, end)) if *at == run => std::mem::replace(end, gc.end()),
            other => {
                self.runs += 1;
                *other = Some((run, gc.start, gc.end()));
                gc.start
            }
        };
        let more = gc.end().saturating_sub(from);
        self.span = self.span.saturating_add(more);
        self.capacity = self.capacity.saturating_add(more.saturating_mul(gc.procs));
        let mut paused = Duration::ZERO;
        for pause in gc.clock.pauses() {
            self.pauses.add(nanos(pause));
            paused = paused.saturating_add(pause);
        }
        self.cycle_pauses.add(nanos(paused));
        self.concurrent.add(nanos(gc.clock.concurrent()));
        let (scan, install) = gc.cpu.scan.unwrap_or_default();
        let add = |total: &mut Duration, parts: &[Duration]| {
            *total = parts.iter().fold(*total, |total, part| total.saturating_add(*part));
        };
        let mut cpu = CpuTotals::default();
        add(&mut cpu.stopped, &[gc.cpu.sweep_termination, install, gc.cpu.mark_termination]);
        add(&mut cpu.assist, &[gc.cpu.assist]);
        add(&mut cpu.background, &[scan, gc.cpu.background]);
        add(&mut cpu.idle, &[gc.cpu.idle]);
        add(&mut self.cpu.stopped, &[cpu.stopped]);
        add(&mut self.cpu.assist, &[cpu.assist]);
        add(&mut self.cpu.background, &[cpu.background]);
        add(&mut self.cpu.idle, &[cpu.idle]);
        self.last_percent = Some(gc.cpu_percent);
        self.point(HeapPoint {
            run,
            first: gc.number,
            start: gc.start,
            end: gc.end(),
            cycles: 1,
            before: gc.heap.start,
            peak: gc.heap.end.max(gc.heap.start),
            live: gc.heap.live,
            goal: gc.goal.mib(),
            paused,
            longest_pause: gc.clock.pauses().max().unwrap_or_default(),
            cpu: cpu.without_idle(),
            procs: gc.procs,
        });
    }

    fn point(&mut self, point: HeapPoint) {
        match self.curve.last_mut() {
            Some(last) if last.cycles < self.stride && last.run == point.run => last.merge(&point),
            _ => self.curve.push(point),
        }
        if self.curve.len() >= MOST {
            self.curve = self.condensed(MOST / 2);
            self.stride = self.stride.max(1) * 2;
        }
    }

    /// Returns the heap's curve in at most `most` points.
    pub fn condensed(&self, most: usize) -> Vec<HeapPoint> {
        let group = self.curve.len().div_ceil(most.max(1)).max(1);
        let merge = |group: &[HeapPoint]| {
            let (first, rest) = group.split_first()?;
            let mut point = *first;
            rest.iter().for_each(|later| point.merge(later));
            Some(point)
        };
        self.curve.chunks(group).filter_map(merge).collect()
    }

    /// Returns the share of the Ps' time that all phases took, from the first cycle to the
    /// end of the last, from 0 to 1; with `idle`, work on otherwise idle Ps counts too.
    /// None if no time passed.
    pub fn cpu_share(&self, idle: bool) -> Option<f64> {
        let idle = if idle { self.cpu.idle } else { Duration::ZERO };
        let spent = self.cpu.without_idle().saturating_add(idle);
        (self.capacity > Duration::ZERO).then(|| (spent.as_secs_f64() / self.capacity.as_secs_f64()).min(1.0))
    }
}

impl HeapPoint {
    fn merge(&mut self, later: &HeapPoint) {
        self.end = later.end;
        self.cycles += later.cycles;
        self.peak = self.peak.max(later.peak);
        self.live = later.live;
        self.goal = later.goal;
        self.paused = self.paused.saturating_add(later.paused);
        self.longest_pause = self.longest_pause.max(later.longest_pause);
        self.cpu = self.cpu.saturating_add(later.cpu);
        self.procs = later.procs;
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
