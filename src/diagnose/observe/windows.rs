//! The state of the scheduler over time, as averages over stretches.
//!
//! There are at most [`MOST`] stretches; when time goes beyond the last one, each
//! two become one, so that a trace of any length fits.
//!
//! A stretch begins with the sums that it has if no count changes; each change adds
//! what it makes of the rest of the stretch. So most events touch one or two sums.

use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::diagnose::observation::Sample;

/// Most stretches that are kept.
const MOST: usize = 256;
/// Length of a stretch at first, in nanoseconds.
const FIRST_WIDTH: i64 = 1_000_000;
/// Least share of a stretch in which a goroutine has to be the only one that runs.
const ALONE: f64 = 0.8;

/// Counts that are followed over time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Count {
    Procs,
    IdleProcs,
    Threads,
    BlockedThreads,
    Runnable,
    NetworkRunnable,
    Goroutines,
    NetworkWaiting,
    LockWaiting,
    /// 1 while the collector has stopped the world.
    Stopped,
    /// 1 while a P idles beside a runnable goroutine.
    IdleBesideRunnable,
    /// 1 while any goroutine runs.
    AnyRunning,
}

const COUNTS: usize = Count::AnyRunning as usize + 1;

/// Sums over a stretch: counts times nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    sums: [i64; COUNTS],
    time: i64,
    /// Goroutine that ran alone longer than all others together, and by how much.
    alone: Option<(GoId, i64)>,
}

impl Window {
    fn vote(&mut self, id: GoId, time: i64) {
        // Time does not go back, unless the trace is damaged.
        let time = time.max(0);
        self.alone = match self.alone {
            // A majority vote: the lead shrinks while others run alone.
            Some((other, lead)) if other != id && lead > time => Some((other, lead - time)),
            Some((other, lead)) if other != id => Some((id, time - lead)),
            Some((_, lead)) => Some((id, lead.saturating_add(time))),
            None => Some((id, time)),
        };
    }

    fn merge(&mut self, other: &Window) {
        self.time = self.time.saturating_add(other.time);
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum = sum.saturating_add(more);
        }
        if let Some((id, lead)) = other.alone {
            self.vote(id, lead);
        }
    }

    fn sample(&self, start: i64, end: i64) -> Sample {
        let sum = |of: Count| self.sums[of as usize] as f64;
        let mean = |of: Count| sum(of) / self.time.max(1) as f64;
        let runnable = sum(Count::Runnable);
        let share = if runnable > 0.0 { sum(Count::NetworkRunnable) / runnable } else { 0.0 };
        Sample {
            start,
            end,
            line: None,
            last_line: None,
            spinning: None,
            queues: None,
            locked_runnable: None,
            starved: 0.0,
            procs: mean(Count::Procs),
            idle_procs: mean(Count::IdleProcs),
            threads: mean(Count::Threads),
            blocked_threads: mean(Count::BlockedThreads),
            runnable: mean(Count::Runnable),
            goroutines: Some(mean(Count::Goroutines)),
            network_waiting: Some(mean(Count::NetworkWaiting)),
            lock_waiting: Some(mean(Count::LockWaiting)),
            stopped: mean(Count::Stopped),
            idle_beside_runnable: mean(Count::IdleBesideRunnable),
            network_runnable: Some(share),
            // The lead is a lower bound on the time that the goroutine ran alone.
            alone: self.alone.filter(|(_, lead)| *lead as f64 >= ALONE * self.time as f64).map(|(id, _)| id),
            running: mean(Count::AnyRunning),
        }
    }
}

/// All stretches, up to now.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    /// Stretches before the current one.
    list: Vec<Window>,
    width: i64,
    /// Sums of the current one, if nothing changes until it ends.
    current: Window,
    /// Time at which it ends.
    end: Time,
    now: Time,
    counts: [i64; COUNTS],
    /// Number of running goroutines, their IDs combined by XOR (of a single one, its own
    /// ID), and the time of the last change.
    running: (i64, u64, Time),
    start: Option<Time>,
}

impl Default for Windows {
    fn default() -> Windows {
        Windows {
            list: Vec::new(),
            width: FIRST_WIDTH,
            current: Window::default(),
            end: Time(i64::MIN),
            now: Time(0),
            counts: [0; COUNTS],
            running: (0, 0, Time(0)),
            start: None,
        }
    }
}

impl Windows {
    /// Advances to a time.
    #[inline(always)]
    pub(super) fn reach(&mut self, time: Time) {
        if time > self.end {
            self.turn(time);
        }
        self.now = time;
    }

    /// Adds to a count, from now on.
    #[inline(always)]
    pub(super) fn add(&mut self, of: Count, more: i64) {
        let sum = &mut self.current.sums[of as usize];
        *sum = sum.wrapping_add(more.wrapping_mul(self.end.0.wrapping_sub(self.now.0)));
        self.counts[of as usize] += more;
    }

    /// Takes note that a goroutine becomes runnable (1), or is not any more (-1).
    #[inline(always)]
    pub(super) fn queue(&mut self, more: i64) {
        self.add(Count::Runnable, more);
        if self.get(Count::IdleProcs) != 0 {
            self.note_idle_beside_runnable();
        }
    }

    /// Sets the number of idle Ps, from now on.
    pub(super) fn set_idle(&mut self, procs: i64) {
        self.set(Count::IdleProcs, procs);
        self.note_idle_beside_runnable();
    }

    fn note_idle_beside_runnable(&mut self) {
        let both = self.get(Count::Runnable) > 0 && self.get(Count::IdleProcs) > 0;
        self.flip(Count::IdleBesideRunnable, both);
    }

    /// Sets a count, from now on.
    pub(super) fn set(&mut self, of: Count, value: i64) {
        self.add(of, value.saturating_sub(self.get(of)));
    }

    /// Sets a count that is 0 or 1, from now on.
    #[inline(always)]
    fn flip(&mut self, of: Count, is: bool) {
        let change = i64::from(is) - self.get(of);
        if change != 0 {
            self.add(of, change);
        }
    }

    #[inline(always)]
    fn get(&self, of: Count) -> i64 {
        self.counts[of as usize]
    }

    /// Takes note that a goroutine begins (1) or stops (-1) running.
    #[inline(always)]
    pub(super) fn run(&mut self, id: GoId, more: i64) {
        let (count, ids, since) = self.running;
        // The interval with a single goroutine ends here, whoever comes or goes.
        if count == 1 {
            self.current.vote(GoId(ids), self.now.since(since));
        }
        let now = count + more;
        self.running = (now, ids ^ id.0, self.now);
        // The count goes from 0 to 1, or back.
        if now + count == 1 {
            self.add(Count::AnyRunning, more);
        }
    }

    /// Turns to the stretch that a time is in.
    #[inline(never)]
    fn turn(&mut self, time: Time) {
        if self.start.is_none() {
            self.start = Some(time);
            self.begin(time);
        }
        while time > self.end {
            let end = self.end;
            let window = self.until(end, self.width);
            self.list.push(window);
            self.running.2 = end;
            // With all stretches in use, each two become one.
            if self.list.len() == MOST {
                self.width = self.width.saturating_mul(2);
                let pair = |pair: &[Window]| {
                    let mut window = Window::default();
                    pair.iter().for_each(|half| window.merge(half));
                    window
                };
                self.list = self.list.chunks(2).map(pair).collect();
            }
            self.begin(end);
        }
    }

    /// Begins a stretch.
    fn begin(&mut self, at: Time) {
        self.end = Time(at.0.saturating_add(self.width));
        let length = self.end.since(at);
        self.current = Window { sums: self.counts.map(|count| count.saturating_mul(length)), ..Window::default() };
    }

    /// Returns the current stretch as if it ended at a time, with a length.
    fn until(&self, time: Time, length: i64) -> Window {
        let mut window = self.current;
        let rest = self.end.since(time);
        for (sum, count) in window.sums.iter_mut().zip(self.counts) {
            *sum = sum.saturating_sub(count.saturating_mul(rest)).max(0);
        }
        window.time = length;
        // The single goroutine's time up to here counts, too.
        if let (1, id, since) = self.running {
            window.vote(GoId(id), time.since(since));
        }
        window
    }

    /// Returns the time of the first event.
    pub(super) fn start(&self) -> Time {
        self.start.unwrap_or_default()
    }

    /// Returns the time since the first event, in nanoseconds.
    pub(super) fn span(&self) -> i64 {
        self.now.since(self.start())
    }

    pub(super) fn samples(&self) -> Vec<Sample> {
        let starts = (0i64..).map(|at| at.saturating_mul(self.width));
        let ends = |start: i64| start.saturating_add(self.width).min(self.span());
        let length = self.span().saturating_sub((self.list.len() as i64).saturating_mul(self.width));
        let last = (length > 0).then(|| self.until(self.now, length));
        self.list.iter().chain(&last).zip(starts).map(|(window, start)| window.sample(start, ends(start))).collect()
    }
}
