//! Figures of `SCHED` lines over time, in a limited number of points.

use super::census::Tally;
use super::gctrace::Gc;
use super::history::{Entry, Moment, Snapshot};
use super::scheddetail::Goroutine;
use super::schedtrace::Detail;
use super::status::GoroutineState;
use super::ticks::{Ticked, Ticks};
use smallvec::SmallVec;
use std::time::Duration;

/// Number of points beyond which they are merged, two by two.
const MOST: usize = 4096;

/// Number of locked goroutines that are kept.
const MOST_LOCKED: usize = 64;

/// States of the scheduler over time: one [`Point`] for each `SCHED` line, or for several
/// consecutive ones if there are many. Holds at most some thousand points.
#[derive(Clone, Debug)]
pub struct Series {
    /// Number of snapshots that a point stands for.
    stride: u64,
    points: Vec<Point>,
    /// GC cycles before the first snapshot.
    before: Cycles,
    ticks: Ticks,
    /// Goroutines of the last block that are locked to an M.
    locked: Vec<Goroutine<'static>>,
}

impl Default for Series {
    fn default() -> Series {
        Series { stride: 1, points: Vec::new(), before: Cycles::default(), ticks: Ticks::default(), locked: Vec::new() }
    }
}

/// Figures of some consecutive `SCHED` lines, and of the GC cycles that began between the
/// first of them and the line behind the last.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Point {
    /// Number of the program's run, from 0.
    pub run: u32,
    /// Number of the first line in the log, from 1.
    pub line: u64,
    /// Number of lines.
    pub snapshots: u64,
    /// Time at which the first line was printed, on the `SCHED` lines' clock.
    pub start: Duration,
    /// Time at which the last line was printed, on the same clock.
    pub end: Duration,
    /// GOMAXPROCS in the last line.
    pub gomaxprocs: u32,
    /// Number of Ps with nothing to do.
    pub idleprocs: Gauge,
    /// Number of threads that exist.
    pub threads: Gauge,
    /// Number of threads that look for work.
    pub spinningthreads: Gauge,
    /// Number of threads that wait to be given work.
    pub idlethreads: Gauge,
    /// Number of goroutines in the global queue.
    pub runqueue: Gauge,
    /// Number of goroutines in all Ps' local queues together.
    pub local: Gauge,
    /// Most goroutines in each P's local queue.
    pub queues: SmallVec<[u32; 16]>,
    /// Number of goroutines that are not dead, with `scheddetail`.
    pub goroutines: Option<Gauge>,
    /// Increase of the Ps' counters since the line before: in summary lines since Go 1.25,
    /// or with `scheddetail`.
    pub ticked: Option<Ticked>,
    /// Flag that a thread should begin to look for work, 0 or 1, since Go 1.20.
    pub needspinning: Option<Gauge>,
    /// Flag that a stop of the world is on, 0 or 1, with `scheddetail`.
    pub gcwaiting: Option<Gauge>,
    /// Number of Ps that a stop of the world still waits for, with `scheddetail`.
    pub stopwait: Option<Gauge>,
    /// Counts of Gs, Ps and Ms by status, with `scheddetail`.
    pub tally: Option<Tally>,
    /// GC cycles that began in the time of the lines.
    pub gc: Cycles,
}

/// A figure over several lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gauge {
    /// Sum over all lines.
    pub sum: u64,
    /// Number of lines.
    pub count: u64,
    /// Greatest value.
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

    /// Returns the mean; 0 if there are no lines.
    pub fn mean(self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum as f64 / self.count as f64 }
    }
}

/// Figures of consecutive GC cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cycles {
    /// Number of cycles.
    pub count: u64,
    /// Numbers of the first cycle and the last.
    pub numbers: Option<(u64, u64)>,
    /// Number of cycles that were forced.
    pub forced: u64,
    /// Length of all stops of the world.
    pub paused: Duration,
    /// Length of the longest stop.
    pub longest_pause: Duration,
    /// Length of all cycles.
    pub lasted: Duration,
    /// Heap that the last cycle found live, in MiB.
    pub live: u64,
    /// Largest size of the heap, in MiB.
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
        let (gcwaiting, stopwait) = match sched.detail {
            Detail::Summary(_) => (None, None),
            Detail::Block { gcwaiting, stopwait, .. } => {
                (Some(u64::from(gcwaiting)), Some(u64::try_from(stopwait).unwrap_or(0)))
            }
        };
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
            ticked: None,
            needspinning: sched.needspinning.map(|value| Gauge::of(value.into())),
            gcwaiting: gcwaiting.map(Gauge::of),
            stopwait: stopwait.map(Gauge::of),
            tally: snapshot.census().map(Tally::of),
            gc: Cycles::default(),
        }
    }

    /// Merges the following point into this one.
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
        for (gauge, later) in [
            (&mut self.goroutines, later.goroutines),
            (&mut self.needspinning, later.needspinning),
            (&mut self.gcwaiting, later.gcwaiting),
            (&mut self.stopwait, later.stopwait),
        ] {
            match (gauge, later) {
                (Some(gauge), Some(later)) => gauge.merge(later),
                (gauge, later) => *gauge = gauge.or(later),
            }
        }
        match (&mut self.ticked, &later.ticked) {
            (Some(ticked), Some(later)) => ticked.merge(later),
            (ticked, later) => *ticked = ticked.or(*later),
        }
        match (&mut self.tally, &later.tally) {
            (Some(tally), Some(later)) => tally.merge(later),
            (tally @ None, Some(later)) => *tally = Some(later.clone()),
            (_, None) => {}
        }
        self.gc.merge(&later.gc);
    }
}

impl Series {
    /// Adds an entry, if it is a snapshot or a GC cycle.
    pub fn push(&mut self, entry: &Entry) {
        match &entry.moment {
            Moment::Sched(snapshot) => self.sched(entry, snapshot),
            Moment::Gc(gc) => {
                // A cycle's line comes at its end; it began some lines before.
                let began = |point: &&mut Point| point.run == entry.run && point.start <= entry.time;
                let point = self.points.iter_mut().rev().take(64).find(began);
                point.map_or(&mut self.before, |point| &mut point.gc).merge(&Cycles::of(gc));
            }
            _ => {}
        }
    }

    fn sched(&mut self, entry: &Entry, snapshot: &Snapshot) {
        let mut point = Point::of(entry, snapshot);
        point.ticked = self.ticks.push(entry);
        if snapshot.sched.is_detailed() {
            let alive =
                |g: &&Goroutine<'_>| !matches!(g.status.state, GoroutineState::Dead | GoroutineState::DeadExtra);
            let locked = snapshot.goroutines.iter().filter(|g| g.lockedm.is_some()).filter(alive);
            self.locked = locked.take(MOST_LOCKED).cloned().collect();
        }
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

    /// Returns all points: one for each `SCHED` line, if there are not many.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Returns the counters of each P, and their rates.
    pub fn ticks(&self) -> &Ticks {
        &self.ticks
    }

    /// Returns the goroutines that were locked to an M in the last block with
    /// `scheddetail`; at most 64.
    pub fn locked(&self) -> &[Goroutine<'static>] {
        &self.locked
    }

    /// Returns at most `most` points, each of about as many lines.
    pub fn condensed(&self, most: usize) -> Vec<Point> {
        merged(&self.points, most.max(1))
    }

    /// Returns about `most` points, as [`condensed`](Series::condensed) does, of which none
    /// spans two runs: at most one more for each run.
    pub fn condensed_by_run(&self, most: usize) -> Vec<Point> {
        let group = self.points.len().div_ceil(most.max(1)).max(1);
        let runs = self.points.chunk_by(|a, b| a.run == b.run);
        runs.flat_map(|run| merged(run, run.len().div_ceil(group))).collect()
    }

    /// Returns the figures of all lines together; none without lines.
    pub fn total(&self) -> Option<Point> {
        merged(&self.points, 1).pop()
    }

    /// Returns the length of the log, summed up over all runs.
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

/// Returns at most `most` points, with neighbours merged.
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
