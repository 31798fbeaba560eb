//! `SCHED` lines over time, as many points as one wants, whatever the log's size.

use super::gctrace::Gc;
use super::history::{Entry, Moment, Snapshot};
use smallvec::SmallVec;
use std::time::Duration;

/// More points than this are merged, two by two.
const MOST: usize = 4096;

/// What the scheduler looked like over time: one [`Point`] for each `SCHED`
/// line, or for several in succession if there are many. Holds at most some
/// thousand points.
#[derive(Clone, Debug)]
pub struct Series {
    /// Snapshots a point stands for.
    stride: u64,
    points: Vec<Point>,
    /// GC cycles before the first snapshot.
    before: Cycles,
    /// The last snapshot's run, time and schedticks.
    last: Option<(u32, Duration, Ticks)>,
}

/// A count for each P.
type Ticks = SmallVec<[u32; 16]>;

impl Default for Series {
    fn default() -> Series {
        Series { stride: 1, points: Vec::new(), before: Cycles::default(), last: None }
    }
}

/// What some `SCHED` lines in succession say, and the GC cycles that began
/// between the first of them and the line behind the last.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Point {
    /// Which run of a program, from 0.
    pub run: u32,
    /// Which line of the log the first is, from 1.
    pub line: u64,
    /// How many there are.
    pub snapshots: u64,
    /// When the first was printed, and the last, on the `SCHED` lines' clock.
    pub start: Duration,
    /// When the last was printed.
    pub end: Duration,
    /// GOMAXPROCS, at the last of them.
    pub gomaxprocs: u32,
    /// Ps with nothing to do.
    pub idleprocs: Gauge,
    /// Threads that exist.
    pub threads: Gauge,
    /// Threads that look for work.
    pub spinningthreads: Gauge,
    /// Threads that wait to be given work.
    pub idlethreads: Gauge,
    /// Goroutines in the global queue.
    pub runqueue: Gauge,
    /// Goroutines in all Ps' own queues together.
    pub local: Gauge,
    /// The most goroutines in each P's own queue.
    pub queues: SmallVec<[u32; 16]>,
    /// Goroutines that are not dead, with `scheddetail`.
    pub goroutines: Option<Gauge>,
    /// How many goroutines were picked to run since the lines before, and over
    /// how much time: of summary lines since Go 1.25, or with `scheddetail`.
    pub switches: Option<(u64, Duration)>,
    /// GC cycles.
    pub gc: Cycles,
}

/// A figure over several lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gauge {
    /// Of all lines together.
    pub sum: u64,
    /// How many lines.
    pub count: u64,
    /// The most.
    pub max: u64,
}

impl Gauge {
    fn of(value: u64) -> Gauge {
        Gauge { sum: value, count: 1, max: value }
    }

    fn merge(&mut self, other: Gauge) {
        self.sum = self.sum.saturating_add(other.sum);
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    /// The mean.
    pub fn mean(self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum as f64 / self.count as f64 }
    }
}

/// GC cycles in succession.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cycles {
    /// How many.
    pub count: u64,
    /// The number of the first, and of the last.
    pub numbers: Option<(u64, u64)>,
    /// How many were forced.
    pub forced: u64,
    /// How long the world was stopped, in all.
    pub paused: Duration,
    /// The longest stop.
    pub longest_pause: Duration,
    /// How long they lasted, in all.
    pub lasted: Duration,
    /// The heap that the last one found live, in MiB.
    pub live: u64,
    /// The largest size of the heap, in MiB.
    pub peak: u64,
}

impl Cycles {
    fn of(gc: &Gc<'_>) -> Cycles {
        Cycles {
            count: 1,
            numbers: Some((gc.number, gc.number)),
            forced: u64::from(gc.forced),
            paused: gc.clock.pauses().fold(Duration::ZERO, Duration::saturating_add),
            longest_pause: gc.clock.pauses().max().unwrap_or_default(),
            lasted: gc.clock.total(),
            live: gc.heap.live,
            peak: gc.heap.start.max(gc.heap.end),
        }
    }

    fn merge(&mut self, later: &Cycles) {
        if later.count == 0 {
            return;
        }
        self.count += later.count;
        self.numbers = match (self.numbers, later.numbers) {
            (Some((first, _)), Some((_, last))) => Some((first, last)),
            (a, b) => a.or(b),
        };
        self.forced += later.forced;
        self.paused = self.paused.saturating_add(later.paused);
        self.longest_pause = self.longest_pause.max(later.longest_pause);
        self.lasted = self.lasted.saturating_add(later.lasted);
        self.live = later.live;
        self.peak = self.peak.max(later.peak);
    }
}

impl Point {
    fn of(entry: &Entry, snapshot: &Snapshot) -> Point {
        let sched = &snapshot.sched;
        let queues: SmallVec<[u32; 16]> = snapshot.queues().collect();
        Point {
            run: entry.run,
            line: entry.line,
            snapshots: 1,
            start: entry.time,
            end: entry.time,
            gomaxprocs: sched.gomaxprocs,
            idleprocs: Gauge::of(sched.idleprocs.into()),
            threads: Gauge::of(sched.threads.into()),
            spinningthreads: Gauge::of(sched.spinningthreads.into()),
            idlethreads: Gauge::of(sched.idlethreads.into()),
            runqueue: Gauge::of(sched.runqueue.into()),
            local: Gauge::of(queues.iter().copied().map(u64::from).sum()),
            queues,
            goroutines: snapshot.alive().map(Gauge::of),
            switches: None,
            gc: Cycles::default(),
        }
    }

    /// Takes in the point behind it.
    fn merge(&mut self, later: &Point) {
        self.snapshots += later.snapshots;
        self.end = later.end;
        self.gomaxprocs = later.gomaxprocs;
        self.idleprocs.merge(later.idleprocs);
        self.threads.merge(later.threads);
        self.spinningthreads.merge(later.spinningthreads);
        self.idlethreads.merge(later.idlethreads);
        self.runqueue.merge(later.runqueue);
        self.local.merge(later.local);
        if self.queues.len() < later.queues.len() {
            self.queues.resize(later.queues.len(), 0);
        }
        for (most, length) in self.queues.iter_mut().zip(&later.queues) {
            *most = (*most).max(*length);
        }
        match (&mut self.goroutines, later.goroutines) {
            (Some(goroutines), Some(later)) => goroutines.merge(later),
            (goroutines, later) => *goroutines = goroutines.or(later),
        }
        self.switches = match (self.switches, later.switches) {
            (Some((a, time)), Some((b, more))) => Some((a.saturating_add(b), time.saturating_add(more))),
            (a, b) => a.or(b),
        };
        self.gc.merge(&later.gc);
    }

    /// How many goroutines were picked to run a second.
    pub fn switch_rate(&self) -> Option<f64> {
        let (switches, time) = self.switches?;
        (time > Duration::ZERO).then(|| switches as f64 / time.as_secs_f64())
    }
}

impl Series {
    /// Takes an entry in, if it is a snapshot or a GC cycle.
    pub fn push(&mut self, entry: &Entry) {
        match &entry.moment {
            Moment::Sched(snapshot) => self.sched(entry, snapshot),
            Moment::Gc(gc) => {
                // A cycle's line comes at its end; where it began is some lines back.
                let began = |point: &&mut Point| point.run == entry.run && point.start <= entry.time;
                let point = self.points.iter_mut().rev().take(64).find(began);
                point.map_or(&mut self.before, |point| &mut point.gc).merge(&Cycles::of(gc));
            }
            _ => {}
        }
    }

    fn sched(&mut self, entry: &Entry, snapshot: &Snapshot) {
        let mut point = Point::of(entry, snapshot);
        let ticks: Ticks = snapshot.schedticks().collect();
        if let Some((run, time, before)) = &self.last
            && *run == entry.run
            && !ticks.is_empty()
            && before.len() == ticks.len()
        {
            let switches = ticks.iter().zip(before).map(|(now, before)| u64::from(now.wrapping_sub(*before))).sum();
            point.switches = Some((switches, entry.time.saturating_sub(*time)));
        }
        self.last = Some((entry.run, entry.time, ticks));
        if self.before.count > 0 {
            point.gc = std::mem::take(&mut self.before);
        }
        match self.points.last_mut() {
            Some(last) if last.snapshots < self.stride && last.run == point.run => last.merge(&point),
            _ => self.points.push(point),
        }
        if self.points.len() >= MOST {
            self.points = merged(&self.points, MOST / 2);
            self.stride *= 2;
        }
    }

    /// All points: one for each `SCHED` line, if there are not many.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// At most `most` points, each of about as many lines.
    pub fn condensed(&self, most: usize) -> Vec<Point> {
        merged(&self.points, most.max(1))
    }

    /// All lines together.
    pub fn total(&self) -> Option<Point> {
        merged(&self.points, 1).pop()
    }

    /// How long the log is: all runs together.
    pub fn span(&self) -> Duration {
        let mut span = Duration::ZERO;
        for run in self.points.chunk_by(|a, b| a.run == b.run) {
            if let (Some(first), Some(last)) = (run.first(), run.last()) {
                span = span.saturating_add(last.end.saturating_sub(first.start));
            }
        }
        span
    }
}

/// At most `most` points, neighbours merged.
fn merged(points: &[Point], most: usize) -> Vec<Point> {
    let group = points.len().div_ceil(most).max(1);
    let merge = |group: &[Point]| {
        let (first, rest) = group.split_first()?;
        let mut point = first.clone();
        rest.iter().for_each(|later| point.merge(later));
        Some(point)
    };
    points.chunks(group).filter_map(merge).collect()
}
