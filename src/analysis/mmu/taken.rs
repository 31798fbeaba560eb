//! Changes of the utilization by what the collector takes, as
//! [`collector`](crate::analysis::collector) defines it.

use super::utilization::{Point, add};
use super::{Flags, proc_count};
use crate::analysis::{Follower, SharedEvent, Table};
use crate::base::ids::ProcId;
use crate::base::limits::MAX_PROC_ID;
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::range::{RangeName, RangeScope};
use crate::spec::v2::EventType;
use crate::timeline::collector::{Collected, Work, WorkStretch};
use rustc_hash::FxHashMap;

/// Makes the series of the processor share that the collector leaves the program. Memory
/// grows with the number of times that the collector took something.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    flags: Flags,
    /// Start of the sweep on each P that sweeps.
    sweeps: FxHashMap<ProcId, Time>,
    /// Changes with their times, unordered: an end of marking is only inferred later.
    changes: Vec<(Time, Change)>,
}

#[derive(Clone, Copy, Debug)]
enum Change {
    /// Sets the number of Ps.
    Procs(usize),
    /// Adds to the number of things that the collector does on a P.
    On(usize, i32),
    /// Adds to the number of stops of the world.
    World(i32),
    /// Adds to the number of stops that a P is excepted from, since it still ran.
    Except(usize, i32),
}

/// Work of the collector on a P.
#[derive(Clone, Copy, Debug, Default)]
struct ProcWork {
    things: i32,
    /// Number of stops of the world that it is excepted from.
    excepted: i32,
}

impl Taken {
    pub(super) fn new(flags: Flags) -> Taken {
        Taken { flags, sweeps: FxHashMap::default(), changes: Vec::new() }
    }

    #[inline]
    pub(super) fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(event, Sync | ProcsChange)
            || (self.flags.sweep && matches!(event, GCSweepBegin | GCSweepActive | GCSweepEnd))
    }

    pub(super) fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let time = event.time();
        if let Some(value) = event.gomaxprocs() {
            self.changes.push((time, Change::Procs(proc_count(value))));
        }
        match *event.kind() {
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => {
                if let (RangeName::GcSweep, RangeScope::Proc(Some(proc))) = (range.name, range.scope)
                    && self.flags.sweep
                {
                    let active = matches!(event.kind(), EventKind::RangeActive(_));
                    // A sweep that is active in a later generation goes on.
                    self.sweeps.entry(proc).or_insert(if active { follower.synced() } else { time });
                }
            }
            EventKind::RangeEnd(range, _) => {
                if let (RangeName::GcSweep, RangeScope::Proc(Some(proc))) = (range.name, range.scope)
                    && let Some(since) = self.sweeps.remove(&proc)
                {
                    self.on(Some(proc), since, time);
                }
            }
            _ => {}
        }
    }

    /// Takes note of what the collector has taken.
    pub(super) fn collected(&mut self, collected: &Collected) {
        match collected {
            &Collected::Worked(WorkStretch { work, proc, start, end, .. }) => {
                let counts = match work {
                    Work::Dedicated => self.flags.background && !self.flags.per_proc,
                    Work::Fractional => self.flags.background,
                    Work::Idle => false,
                    Work::Assist => self.flags.assist,
                };
                if counts {
                    self.on(proc, start, end);
                }
            }
            Collected::Paused(pause) if self.flags.stw => {
                self.changes.extend([(pause.start, Change::World(1)), (pause.end, Change::World(-1))]);
                // Ps that stopped late still ran for the program until then.
                for (&proc, &stopped) in &pause.late {
                    if let Some(at) = index(proc) {
                        self.changes.push((pause.start, Change::Except(at, 1)));
                        self.changes.push((stopped, Change::Except(at, -1)));
                    }
                }
            }
            Collected::Paused(_) | Collected::AssistBegun(_) => {}
        }
    }

    /// Adds a time in which the collector did something on a P.
    fn on(&mut self, proc: Option<ProcId>, start: Time, end: Time) {
        if let Some(at) = proc.and_then(index) {
            self.changes.extend([(start, Change::On(at, 1)), (end, Change::On(at, -1))]);
        }
    }

    pub(super) fn finish(mut self, follower: &Follower) -> Vec<Vec<Point>> {
        let end = follower.last();
        for (proc, since) in std::mem::take(&mut self.sweeps) {
            self.on(Some(proc), since, end);
        }
        // Sorting is stable: changes at one time stay in the order of their events.
        self.changes.sort_by_key(|(time, _)| *time);
        let mut curves = Curves::new(self.flags.per_proc);
        for at_once in self.changes.chunk_by(|a, b| a.0 == b.0) {
            let time = at_once.first().map_or(0, |(time, _)| time.0);
            at_once.iter().for_each(|(_, change)| curves.apply(*change, time));
            curves.note(time);
        }
        curves.finish(end.0)
    }
}

/// Returns a P's index in lists; none if its number is too high.
fn index(proc: ProcId) -> Option<usize> {
    (proc.0 <= MAX_PROC_ID).then_some(proc.0 as usize)
}

/// The series under construction.
#[derive(Debug)]
struct Curves {
    per_proc: bool,
    /// Work of the collector on each P, also on those that do not exist at the time.
    doing: Table<ProcWork>,
    stops: i32,
    /// Index of the series of each P that exists; a P that comes back gets a new one.
    procs: Vec<usize>,
    series: Vec<Vec<Point>>,
}

impl Curves {
    fn new(per_proc: bool) -> Curves {
        Curves { per_proc, doing: Table::default(), stops: 0, procs: Vec::new(), series: Vec::new() }
    }

    fn apply(&mut self, change: Change, time: i64) {
        match change {
            Change::Procs(count) => self.set_procs(time, count),
            Change::On(proc, more) => self.doing.at(proc).things += more,
            Change::World(more) => self.stops += more,
            Change::Except(proc, more) => self.doing.at(proc).excepted += more,
        }
    }

    fn set_procs(&mut self, time: i64, count: usize) {
        if self.per_proc {
            for series in self.procs.get(count..).unwrap_or_default() {
                add(self.series.get_mut(*series), Point { time, utilization: 0.0 });
            }
        }
        self.procs.truncate(count);
        while self.procs.len() < count {
            if self.per_proc || self.series.is_empty() {
                self.series.push(vec![Point { time, utilization: 1.0 }]);
            }
            self.procs.push(self.series.len() - 1);
        }
    }

    /// Returns whether the collector has a P.
    fn has(&self, proc: usize) -> bool {
        let doing = self.doing.get(proc).copied().unwrap_or_default();
        doing.things > 0 || self.stops > doing.excepted
    }

    /// Adds the present utilization, once there are Ps.
    fn note(&mut self, time: i64) {
        if self.per_proc {
            for (proc, &series) in self.procs.iter().enumerate() {
                let utilization = if self.has(proc) { 0.0 } else { 1.0 };
                add(self.series.get_mut(series), Point { time, utilization });
            }
        } else if !self.procs.is_empty() {
            let taken = (0..self.procs.len()).filter(|&proc| self.has(proc)).count();
            let utilization = 1.0 - taken as f64 / self.procs.len() as f64;
            add(self.series.first_mut(), Point { time, utilization });
        }
    }

    fn finish(mut self, time: i64) -> Vec<Vec<Point>> {
        for series in &self.procs {
            add(self.series.get_mut(*series), Point { time, utilization: 0.0 });
        }
        self.series
    }
}
