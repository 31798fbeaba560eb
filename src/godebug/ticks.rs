//! Rates of the Ps' counters.

use super::history::{Entry, Moment};
use super::status::ProcStatus;
use std::time::Duration;

/// Number of Ps beyond which there are no figures for each.
const MOST_PS: usize = 1024;

/// Follows the counters of the Ps from one `SCHED` line to the next.
#[derive(Clone, Debug, Default)]
pub struct Ticks {
    /// Run, time and counters of each P in the last line.
    last: Option<(u32, Duration, Vec<At>)>,
    totals: Vec<ProcTotal>,
}

/// Increase of the counters of all Ps together, from one line to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ticked {
    /// Number of goroutines picked to run.
    pub schedticks: u64,
    /// Number of system calls that ended on a P or lost it; only with `scheddetail`.
    pub syscallticks: Option<u64>,
    /// Time between the lines.
    pub time: Duration,
}

impl Ticked {
    /// Returns the number of goroutines picked to run, a second.
    pub fn schedtick_rate(&self) -> Option<f64> {
        rate(self.schedticks, self.time)
    }

    /// Returns the number of system calls that ended on a P or lost it, a second.
    pub fn syscalltick_rate(&self) -> Option<f64> {
        rate(self.syscallticks?, self.time)
    }

    /// Adds a later increase.
    pub(super) fn merge(&mut self, later: &Ticked) {
        self.schedticks = self.schedticks.saturating_add(later.schedticks);
        self.time = self.time.saturating_add(later.time);
        self.syscallticks = match (self.syscallticks, later.syscallticks) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
    }
}

fn rate(ticks: u64, time: Duration) -> Option<f64> {
    (time > Duration::ZERO).then(|| ticks as f64 / time.as_secs_f64())
}

/// Counters of a P at a line.
#[derive(Clone, Copy, Debug)]
struct At {
    schedtick: u32,
    syscalltick: Option<u32>,
    /// True if it had work; only known with `scheddetail`.
    busy: bool,
    /// Time since which it has had the same schedtick, and work.
    since: Duration,
}

/// Figures of a P over all lines of a log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProcTotal {
    /// Number of lines with each status; empty without `scheddetail`.
    pub statuses: Vec<(ProcStatus, u64)>,
    /// Number of times that it picked a goroutine to run, in `time`.
    pub schedticks: u64,
    /// Number of system calls that ended on it or took it away, in `time`; only with
    /// `scheddetail`.
    pub syscallticks: Option<u64>,
    /// Time over which the counters were followed.
    pub time: Duration,
    /// Longest time that its schedtick stood still while it was not idle, so that one
    /// goroutine or system call had it; only with `scheddetail`.
    pub stood_still: Duration,
    /// Most goroutines in its local queue.
    pub longest_queue: u32,
}

impl ProcTotal {
    /// Returns the number of goroutines that it picked to run, a second.
    pub fn schedtick_rate(&self) -> Option<f64> {
        rate(self.schedticks, self.time)
    }

    /// Returns the number of system calls that ended on it or took it away, a second.
    pub fn syscalltick_rate(&self) -> Option<f64> {
        rate(self.syscallticks?, self.time)
    }

    /// Returns the share of lines in which it had a status, from 0 to 1.
    pub fn share(&self, status: ProcStatus) -> f64 {
        let lines: u64 = self.statuses.iter().map(|(_, count)| count).sum();
        let of = self.statuses.iter().find(|(known, _)| *known == status).map_or(0, |(_, count)| *count);
        if lines == 0 { 0.0 } else { of as f64 / lines as f64 }
    }
}

impl Ticks {
    /// Adds an entry; returns the increase of the counters since the last line, if that is
    /// known.
    pub fn push(&mut self, entry: &Entry) -> Option<Ticked> {
        let Moment::Sched(snapshot) = &entry.moment else { return None };
        let mut now: Vec<At> = snapshot
            .schedticks()
            .map(|schedtick| At { schedtick, syscalltick: None, busy: false, since: entry.time })
            .collect();
        for (at, p) in now.iter_mut().zip(&snapshot.procs) {
            at.syscalltick = Some(p.syscalltick);
            at.busy = matches!(p.status, ProcStatus::Running | ProcStatus::Syscall);
        }
        let count = now.len().max(snapshot.queues().count()).min(MOST_PS);
        if self.totals.len() < count {
            self.totals.resize_with(count, ProcTotal::default);
        }
        for (total, p) in self.totals.iter_mut().zip(&snapshot.procs) {
            // There are five statuses, but a damaged log may have any number.
            let few = total.statuses.len() < 8;
            match total.statuses.iter_mut().find(|(known, _)| *known == p.status) {
                Some((_, lines)) => *lines += 1,
                None if few => total.statuses.push((p.status, 1)),
                None => {}
            }
        }
        for (total, length) in self.totals.iter_mut().zip(snapshot.queues()) {
            total.longest_queue = total.longest_queue.max(length);
        }
        let ticked = self.compare(entry, &mut now);
        self.last = Some((entry.run, entry.time, now));
        ticked
    }

    fn compare(&mut self, entry: &Entry, now: &mut [At]) -> Option<Ticked> {
        let (run, time, before) = self.last.as_ref()?;
        if *run != entry.run || now.is_empty() || before.len() != now.len() {
            return None;
        }
        let time = entry.time.saturating_sub(*time);
        let mut ticked = Ticked { schedticks: 0, syscallticks: None, time };
        for (i, (at, before)) in now.iter_mut().zip(before).enumerate() {
            let schedticks = u64::from(at.schedtick.wrapping_sub(before.schedtick));
            let both = at.syscalltick.zip(before.syscalltick);
            let syscallticks = both.map(|(now, before)| u64::from(now.wrapping_sub(before)));
            if schedticks == 0 && at.busy && before.busy {
                at.since = before.since;
            }
            ticked.merge(&Ticked { schedticks, syscallticks, time: Duration::ZERO });
            if let Some(total) = self.totals.get_mut(i) {
                total.schedticks = total.schedticks.saturating_add(schedticks);
                total.time = total.time.saturating_add(time);
                total.stood_still = total.stood_still.max(entry.time.saturating_sub(at.since));
                if let Some(more) = syscallticks {
                    total.syscallticks = Some(total.syscallticks.unwrap_or(0).saturating_add(more));
                }
            }
        }
        Some(ticked)
    }

    /// Returns the figures of each P, ordered by ID, at most 1,024.
    pub fn procs(&self) -> &[ProcTotal] {
        &self.totals
    }
}
