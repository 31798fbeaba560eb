//! The state of the scheduler over time, as averages over stretches.
//!
//! There are at most [`MOST`] stretches; when time goes beyond the last one, each
//! two become one, so that a trace of any length fits.

use crate::diagnose::Sample;
use crate::ids::GoId;
use crate::time::Time;

/// How many stretches there may be.
const MOST: usize = 256;
/// How long a stretch is at first, in nanoseconds.
const FIRST_WIDTH: i64 = 1_000_000;
/// The share of a stretch in which a goroutine has to be the only one that runs.
const ALONE: f64 = 0.8;

/// What is the case at a moment, as counts: in floating point, in the order of the
/// sums they are added to, so that several are at once.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Now {
    pub(super) procs: f64,
    pub(super) idle_procs: f64,
    pub(super) threads: f64,
    pub(super) blocked_threads: f64,
    pub(super) runnable: f64,
    pub(super) network_runnable: f64,
    pub(super) goroutines: f64,
    pub(super) network_waiting: f64,
    pub(super) lock_waiting: f64,
    /// Whether the collector has stopped the world.
    pub(super) stopped: f64,
    pub(super) running: i64,
    /// The goroutine that runs, if it is one.
    pub(super) runner: Option<GoId>,
}

/// What to count for something that is or is not.
#[inline]
pub(super) fn one_if(is: bool) -> f64 {
    f64::from(u8::from(is))
}

/// Sums over a stretch: counts times nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    procs: f64,
    idle_procs: f64,
    threads: f64,
    blocked_threads: f64,
    runnable: f64,
    network_runnable: f64,
    goroutines: f64,
    network_waiting: f64,
    lock_waiting: f64,
    stopped: f64,
    idle_beside_runnable: f64,
    running: f64,
    time: i64,
    /// Who ran alone more than all others together, and by how much.
    alone: Option<(GoId, i64)>,
}

impl Window {
    #[inline]
    fn add(&mut self, now: &Now, time: i64) {
        let weight = time as f64;
        self.time += time;
        self.procs += now.procs * weight;
        self.idle_procs += now.idle_procs * weight;
        self.threads += now.threads * weight;
        self.blocked_threads += now.blocked_threads * weight;
        self.runnable += now.runnable * weight;
        self.network_runnable += now.network_runnable * weight;
        self.goroutines += now.goroutines * weight;
        self.network_waiting += now.network_waiting * weight;
        self.lock_waiting += now.lock_waiting * weight;
        self.stopped += now.stopped * weight;
        self.idle_beside_runnable += one_if(now.idle_procs > 0.0 && now.runnable > 0.0) * weight;
        self.running += one_if(now.running > 0) * weight;
        if let (1, Some(id)) = (now.running, now.runner) {
            self.vote(id, time);
        }
    }

    fn vote(&mut self, id: GoId, time: i64) {
        self.alone = match self.alone {
            Some((other, lead)) if other != id && lead > time => Some((other, lead - time)),
            Some((other, lead)) if other != id => Some((id, time - lead)),
            Some((_, lead)) => Some((id, lead + time)),
            None => Some((id, time)),
        };
    }

    fn merge(&mut self, other: &Window) {
        self.time += other.time;
        self.procs += other.procs;
        self.idle_procs += other.idle_procs;
        self.threads += other.threads;
        self.blocked_threads += other.blocked_threads;
        self.runnable += other.runnable;
        self.network_runnable += other.network_runnable;
        self.goroutines += other.goroutines;
        self.network_waiting += other.network_waiting;
        self.lock_waiting += other.lock_waiting;
        self.stopped += other.stopped;
        self.idle_beside_runnable += other.idle_beside_runnable;
        self.running += other.running;
        if let Some((id, lead)) = other.alone {
            self.vote(id, lead);
        }
    }

    fn sample(&self, start: i64, end: i64) -> Sample {
        let time = self.time.max(1) as f64;
        let share = if self.runnable > 0.0 { self.network_runnable / self.runnable } else { 0.0 };
        Sample {
            start,
            end,
            line: None,
            procs: self.procs / time,
            idle_procs: self.idle_procs / time,
            threads: self.threads / time,
            blocked_threads: self.blocked_threads / time,
            runnable: self.runnable / time,
            goroutines: Some(self.goroutines / time),
            network_waiting: Some(self.network_waiting / time),
            lock_waiting: Some(self.lock_waiting / time),
            stopped: self.stopped / time,
            idle_beside_runnable: self.idle_beside_runnable / time,
            network_runnable: Some(share),
            alone: self.alone.filter(|(_, lead)| *lead as f64 >= ALONE * time).map(|(id, _)| id),
            running: self.running / time,
        }
    }
}

/// All stretches, up to now.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    width: i64,
    list: Vec<Window>,
    latest: Latest,
    start: Option<Time>,
    last: Time,
}

/// The stretch that was added to last: from when to when it is, since the beginning.
#[derive(Clone, Copy, Debug, Default)]
struct Latest {
    at: usize,
    start: i64,
    end: i64,
}

impl Default for Windows {
    fn default() -> Windows {
        Windows { width: FIRST_WIDTH, list: Vec::new(), latest: Latest::default(), start: None, last: Time(0) }
    }
}

impl Windows {
    /// What was the case until `time`, since the last call.
    #[inline]
    pub(super) fn until(&mut self, time: Time, now: &Now) {
        let start = *self.start.get_or_insert(time);
        let (from, to) = (self.last.max(start).since(start), time.since(start));
        self.last = time.max(start);
        if to <= from {
            return;
        }
        let Latest { at, start, end } = self.latest;
        match self.list.get_mut(at) {
            Some(window) if start <= from && to <= end => window.add(now, to - from),
            _ => self.spread(from, to, now),
        }
    }

    #[inline(never)]
    fn spread(&mut self, mut from: i64, to: i64, now: &Now) {
        while (to - 1) / self.width >= MOST as i64 {
            self.coarsen();
        }
        while from < to {
            let at = (from / self.width) as usize;
            let end = to.min((from / self.width + 1).saturating_mul(self.width));
            if self.list.len() <= at {
                self.list.resize(at + 1, Window::default());
            }
            if let Some(window) = self.list.get_mut(at) {
                window.add(now, end - from);
            }
            let start = (at as i64).saturating_mul(self.width);
            self.latest = Latest { at, start, end: start.saturating_add(self.width) };
            from = end;
        }
    }

    fn coarsen(&mut self) {
        self.width = self.width.saturating_mul(2);
        let halves = std::mem::take(&mut self.list);
        for pair in halves.chunks(2) {
            let mut window = Window::default();
            pair.iter().for_each(|half| window.merge(half));
            self.list.push(window);
        }
    }

    /// When the first event was.
    pub(super) fn start(&self) -> Time {
        self.start.unwrap_or_default()
    }

    /// How long it has been since, in nanoseconds.
    pub(super) fn span(&self) -> i64 {
        self.last.since(self.start())
    }

    pub(super) fn samples(&self) -> Vec<Sample> {
        let starts = (0i64..).map(|at| at.saturating_mul(self.width));
        let ends = |start: i64| start.saturating_add(self.width).min(self.span());
        self.list.iter().zip(starts).map(|(window, start)| window.sample(start, ends(start))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However long it takes, sums are kept and stretches are few.
    #[test]
    fn averages_survive_coarsening() {
        let mut windows = Windows::default();
        let mut time = 0i64;
        windows.until(Time(time), &Now::default());
        for step in 1..2000i64 {
            time += step * 997;
            let now = Now { runnable: step as f64, procs: 4.0, running: 1, runner: Some(GoId(7)), ..Now::default() };
            windows.until(Time(time), &now);
        }
        let samples = windows.samples();
        assert!(samples.len() <= MOST && samples.len() > MOST / 4, "{}", samples.len());
        assert_eq!((samples[0].start, samples.last().unwrap().end, windows.span()), (0, time, time));
        let sum: f64 = samples.iter().map(|sample| sample.runnable * sample.length() as f64).sum();
        let want: f64 = (1..2000i64).map(|step| (step * step * 997) as f64).sum();
        assert!((sum / want - 1.0).abs() < 1e-9);
        assert!(samples.iter().all(|sample| sample.alone == Some(GoId(7)) && sample.procs == 4.0));
    }

    #[test]
    fn leaps_in_time_are_cheap() {
        let mut windows = Windows::default();
        for time in [0, 1, i64::MAX / 2, i64::MAX] {
            windows.until(Time(time), &Now::default());
        }
        assert!(windows.samples().len() <= MOST);
        windows.until(Time(i64::MIN), &Now::default());
    }
}
