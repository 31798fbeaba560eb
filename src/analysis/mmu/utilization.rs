//! The pass that finds how the utilization changes.

use super::{Curve, Flags};
use crate::analysis::{Analysis, BySlot, Compat, Known, Seen, Step};
use crate::event::range::{Range, RangeName, RangeScope};
use crate::event::transition::{GoState, StateTransition};
use crate::event::{EventKind, MetricName};
use crate::ids::{GoId, ProcId};
use crate::wire::v2::spec::EventType;

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
    gs: BySlot<G>,
    /// How many of those collect.
    busy: usize,
    syncs: u64,
}

/// What a goroutine does for the collector.
#[derive(Clone, Copy, Debug, Default)]
struct G {
    /// It helps to mark.
    assists: bool,
    /// It is a worker.
    works: bool,
}

impl G {
    #[inline(always)]
    fn collects(self) -> bool {
        self.assists | self.works
    }
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
            gs: BySlot::default(),
            busy: 0,
            syncs: 0,
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

    /// Changes what a goroutine does for the collector, if it exists.
    fn set(&mut self, id: Option<GoId>, known: &mut Known, change: impl FnOnce(&mut G)) {
        let Some(slot) = id.and_then(|id| known.slot(id)) else { return };
        let g = self.gs.at(slot);
        let before = g.collects();
        change(g);
        self.busy = self.busy + usize::from(g.collects()) - usize::from(before);
    }

    /// A range begins, or is learned of.
    fn begin(&mut self, event: &Seen<'_, '_>, range: &Range<'_>, known: &mut Known) {
        if self.counts_stop(range) {
            self.stopped += 1;
        } else if range.name == RangeName::GcSweep && self.flags.sweep {
            self.collect(event.proc(), 1);
        } else if range.name == RangeName::GcMarkAssist && self.flags.assist {
            self.collect(event.proc(), 1);
            if let RangeScope::Goroutine(id) = range.scope {
                self.set(id, known, |g| g.assists = true);
            }
        }
    }

    fn end(&mut self, event: &Seen<'_, '_>, range: &Range<'_>, known: &mut Known) {
        if self.counts_stop(range) {
            self.stopped -= 1;
        } else if range.name == RangeName::GcSweep && self.flags.sweep {
            self.collect(event.proc(), -1);
        } else if range.name == RangeName::GcMarkAssist && self.flags.assist {
            self.collect(event.proc(), -1);
            if let RangeScope::Goroutine(id) = range.scope {
                self.set(id, known, |g| g.assists = false);
            }
        }
    }

    /// A range has been open since the trace began: what was counted until now
    /// has to go without it.
    fn learn(&mut self, event: &Seen<'_, '_>, range: &Range<'_>, known: &mut Known) {
        let assists = range.name == RangeName::GcMarkAssist && self.flags.assist;
        let runs = event.goroutine().and_then(|id| known.life(id)).is_some_and(|life| life.state.is_executing());
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

    /// A goroutine does something else, while some collect.
    #[inline(always)]
    fn transition(&mut self, step: &Step<'_, '_>) {
        if let Some(&g) = self.gs.get(step.slot)
            && g.collects()
        {
            self.busy_one(g, step.slot, (step.from(), step.to()), step.proc());
            if !self.procs.is_empty() {
                self.note(step.time().0);
            }
        }
    }

    #[inline(never)]
    fn busy_one(&mut self, mut g: G, slot: u32, (from, to): (GoState, GoState), proc: Option<ProcId>) {
        if !self.procs.is_empty() {
            if !from.is_executing() && to.is_executing() {
                self.collect(proc, 1);
            } else if from.is_executing() && !to.is_executing() {
                self.collect(proc, -1);
                // A worker says so anew each time it starts; Go forgets that it did.
                g.works &= self.compat == Compat::Go127;
            }
        }
        if to == GoState::NotExist {
            g = G::default();
        }
        self.busy -= usize::from(!g.collects());
        *self.gs.at(slot) = g;
    }

    fn is_first_generation(&self) -> bool {
        self.syncs <= 1
    }

    fn label(&mut self, event: &Seen<'_, '_>, label: &[u8], known: &mut Known) {
        let counts = self.flags.background && label.starts_with(b"GC ") && label != b"GC (idle)";
        if !counts || (self.flags.per_proc && label == b"GC (dedicated)") {
            return;
        }
        let mut new = true;
        self.set(event.goroutine(), known, |g| new = !std::mem::replace(&mut g.works, true));
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

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, _: &Known) {
        if self.busy != 0 {
            self.transition(step);
        }
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        let time = event.time().0;
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
                self.learn(event, range, known);
                self.begin(event, range, known);
            }
            EventKind::RangeBegin(range) => self.begin(event, range, known),
            EventKind::RangeEnd(range, _) => self.end(event, range, known),
            EventKind::Label(label) => self.label(event, label.label, known),
            // The status in a later generation of one that does not collect.
            EventKind::StateTransition(StateTransition::Goroutine { id, .. })
                if !known.slot(*id).and_then(|slot| self.gs.get(slot)).is_some_and(|g| g.collects()) =>
            {
                return;
            }
            _ => {}
        }
        self.note(time);
    }

    fn finish(mut self, known: &Known) -> Curve {
        let time = known.last().0;
        for proc in &self.procs {
            add(self.series.get_mut(proc.series), Point { time, utilization: 0.0 });
        }
        Curve::of(self.series, self.compat)
    }
}
