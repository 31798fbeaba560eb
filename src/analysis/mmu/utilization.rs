//! The pass that finds how the utilization changes.

use super::{Curve, Flags};
use crate::analysis::{Analysis, ByGo, Compat, Known, OldSeen as Seen};
use crate::event::go::GoChange;
use crate::event::range::{Range, RangeName, RangeScope};
use crate::event::transition::GoState;
use crate::event::{EventKind, MetricName};
use crate::ids::{GoId, ProcId};
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashSet;

/// From a time on, how much of the processors the program has.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// The time, in nanoseconds.
    pub time: i64,
    /// The share of the processors, 0 to 1.
    pub utilization: f64,
}

/// Makes a [`Curve`]. Memory grows with the changes of the utilization.
#[derive(Clone, Debug)]
pub struct Utilization {
    flags: Flags,
    compat: Compat,
    series: Vec<Vec<Point>>,
    procs: Vec<Proc>,
    /// Since when there were how many Ps.
    counts: Vec<(i64, usize)>,
    stopped: i64,
    /// Goroutines that help to mark, and workers.
    assisting: FxHashSet<GoId>,
    working: FxHashSet<GoId>,
    /// Whether goroutines execute; asked of in the first generation only.
    executing: ByGo<bool>,
    syncs: u64,
    last: Option<i64>,
}

/// A P.
#[derive(Clone, Copy, Debug)]
struct Proc {
    /// How many things the collector does on it.
    collecting: i64,
    /// Its series; one that comes back gets a new one.
    series: usize,
}

impl Utilization {
    /// With those flags, and those figures.
    pub fn new(flags: Flags, compat: Compat) -> Utilization {
        Utilization {
            flags,
            compat,
            series: Vec::new(),
            procs: Vec::new(),
            counts: Vec::new(),
            stopped: 0,
            assisting: FxHashSet::default(),
            working: FxHashSet::default(),
            executing: ByGo::default(),
            syncs: 0,
            last: None,
        }
    }

    fn set_procs(&mut self, time: i64, count: usize) {
        // More than a machine has are no Ps.
        let count = count.min(crate::limits::MAX_PROC_ID as usize + 1);
        if self.flags.per_proc {
            for proc in self.procs.get(count..).unwrap_or_default() {
                add(self.series.get_mut(proc.series), Point { time, utilization: 0.0 });
            }
        }
        self.procs.truncate(count);
        while self.procs.len() < count {
            let mut series = 0;
            if self.flags.per_proc || self.series.is_empty() {
                series = self.series.len();
                self.series.push(vec![Point { time, utilization: 1.0 }]);
            }
            self.procs.push(Proc { collecting: 0, series });
        }
        if self.counts.last().is_none_or(|(_, last)| *last != count) {
            self.counts.push((time, count));
        }
    }

    fn collect(&mut self, proc: Option<ProcId>, more: i64) {
        let index = proc.and_then(|proc| usize::try_from(proc.0).ok());
        if let Some(proc) = index.and_then(|index| self.procs.get_mut(index)) {
            proc.collecting += more;
        }
    }

    fn counts_stop(&self, range: &Range<'_>) -> bool {
        let RangeName::StopTheWorld(reason) = range.name else { return false };
        self.flags.stw && reason.windows(2).any(|pair| pair == b"GC")
    }

    /// A range begins, or is learned of.
    fn begin(&mut self, event: &Seen<'_, '_>, range: &Range<'_>) {
        if self.counts_stop(range) {
            self.stopped += 1;
        } else if range.name == RangeName::GcSweep && self.flags.sweep {
            self.collect(event.proc(), 1);
        } else if range.name == RangeName::GcMarkAssist && self.flags.assist {
            self.collect(event.proc(), 1);
            if let RangeScope::Goroutine(Some(id)) = range.scope {
                self.assisting.insert(id);
            }
        }
    }

    fn end(&mut self, event: &Seen<'_, '_>, range: &Range<'_>) {
        if self.counts_stop(range) {
            self.stopped -= 1;
        } else if range.name == RangeName::GcSweep && self.flags.sweep {
            self.collect(event.proc(), -1);
        } else if range.name == RangeName::GcMarkAssist && self.flags.assist {
            self.collect(event.proc(), -1);
            if let RangeScope::Goroutine(Some(id)) = range.scope {
                self.assisting.remove(&id);
            }
        }
    }

    /// A range has been open since the trace began: what was counted until now
    /// has to go without it.
    fn learn(&mut self, event: &Seen<'_, '_>, range: &Range<'_>) {
        let assists = range.name == RangeName::GcMarkAssist && self.flags.assist;
        let runs = event.goroutine().and_then(|id| self.executing.get(event.slot(id))).copied().unwrap_or(false);
        let counts = (assists && runs) || (range.name == RangeName::GcSweep && self.flags.sweep);
        if !counts || self.flags.per_proc {
            return;
        }
        let Some(points) = self.series.first_mut() else { return };
        let mut at = 0;
        for point in points {
            while self.counts.get(at + 1).is_some_and(|(since, _)| *since < point.time) {
                at += 1;
            }
            if let Some((_, procs)) = self.counts.get(at) {
                point.utilization = (point.utilization - 1.0 / *procs as f64).max(0.0);
            }
        }
    }

    /// A goroutine does something else; whether that may change the utilization.
    #[inline]
    fn transition(&mut self, event: &Seen<'_, '_>, change: &GoChange) -> bool {
        let GoChange { id, from, to, .. } = *change;
        if self.is_first_generation() {
            if to == GoState::NotExist {
                self.executing.remove(event.slot(id));
            } else {
                *self.executing.get_or_insert_with(event.slot(id), || false) = to.is_executing();
            }
        }
        let works = self.working.contains(&id);
        let collects = works || self.assisting.contains(&id);
        if collects {
            if !from.is_executing() && to.is_executing() {
                self.collect(event.proc(), 1);
            } else if from.is_executing() && !to.is_executing() {
                self.collect(event.proc(), -1);
                // A worker says so anew each time it starts; Go forgets that it did.
                if works && self.compat == Compat::Right {
                    self.working.remove(&id);
                }
            }
        }
        collects
    }

    fn is_first_generation(&self) -> bool {
        self.syncs <= 1
    }

    fn label(&mut self, event: &Seen<'_, '_>, label: &[u8]) {
        let counts = self.flags.background && label.starts_with(b"GC ") && label != b"GC (idle)";
        if !counts || (self.flags.per_proc && label == b"GC (dedicated)") {
            return;
        }
        let new = event.goroutine().is_none_or(|id| self.working.insert(id));
        if new || self.compat == Compat::Go127 {
            self.collect(event.proc(), 1);
        }
    }

    /// Takes note of how it is now.
    fn note(&mut self, time: i64) {
        if self.flags.per_proc {
            for proc in &self.procs {
                let busy = self.stopped > 0 || proc.collecting > 0;
                let utilization = if busy { 0.0 } else { 1.0 };
                add(self.series.get_mut(proc.series), Point { time, utilization });
            }
            return;
        }
        let collecting = match self.stopped > 0 {
            true => self.procs.len(),
            false => self.procs.iter().filter(|proc| proc.collecting > 0).count(),
        };
        let utilization = 1.0 - collecting as f64 / self.procs.len() as f64;
        add(self.series.first_mut(), Point { time, utilization });
    }
}

/// Adds a point, if it changes anything; at one time the least counts.
fn add(series: Option<&mut Vec<Point>>, point: Point) {
    let Some(series) = series else { return };
    match series.last_mut() {
        Some(last) if last.utilization == point.utilization => {}
        Some(last) if last.time == point.time => {
            if point.utilization < last.utilization {
                *last = point;
            }
        }
        _ => series.push(point),
    }
}

impl Analysis for Utilization {
    type Output = Curve;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        !matches!(event, HeapAlloc | HeapGoal | CPUSample | ProcStart | ProcStop | ProcSteal | ProcStatus)
    }

    fn event_old(&mut self, event: &Seen<'_, '_>) {
        let time = event.time().0;
        self.last = Some(time);
        if let Some(change) = event.go() {
            if !self.procs.is_empty() && self.transition(event, change) {
                self.note(time);
            }
            return;
        }
        let kind = event.kind();
        match kind {
            EventKind::Sync(sync) => self.syncs = sync.number,
            EventKind::Metric(metric) if metric.name == MetricName::GoMaxProcs => {
                self.set_procs(time, usize::try_from(metric.value).unwrap_or(usize::MAX));
            }
            _ => {}
        }
        if self.procs.is_empty() {
            return; // Nothing can be said before the number of Ps is known.
        }
        match kind {
            EventKind::RangeActive(range) if self.is_first_generation() => {
                self.learn(event, range);
                self.begin(event, range);
            }
            EventKind::RangeBegin(range) => self.begin(event, range),
            EventKind::RangeEnd(range, _) => self.end(event, range),
            EventKind::Label(label) => self.label(event, label.label),
            _ => {}
        }
        self.note(time);
    }

    fn finish(mut self, _: &Known) -> Curve {
        if let Some(time) = self.last {
            for proc in &self.procs {
                add(self.series.get_mut(proc.series), Point { time, utilization: 0.0 });
            }
        }
        Curve::of(self.series, self.compat)
    }
}
