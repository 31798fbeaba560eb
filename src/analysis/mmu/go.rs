//! Changes of the utilization as Go counts them (`internal/trace/gc.go`): a worker that has
//! started once counts ever after, and each time twice.

use super::utilization::{Point, add};
use super::{Flags, proc_count};
use crate::analysis::{BySlot, Follower, SharedEvent, Transition};
use crate::base::ids::{GoId, ProcId};
use crate::event::range::{Range, RangeName, RangeScope};
use crate::event::transition::StateTransition;
use crate::event::{EventKind, MetricName};
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use crate::timeline::is_gc_stop;

/// Makes Go's series. Memory grows with the changes of the utilization.
#[derive(Clone, Debug)]
pub(super) struct GoSeries {
    flags: Flags,
    series: Vec<Vec<Point>>,
    procs: Vec<Proc>,
    /// Times since which there were how many Ps.
    counts: Vec<(i64, usize)>,
    stopped: i64,
    gs: BySlot<G>,
    /// Number of goroutines that collect.
    busy: usize,
    syncs: u64,
}

/// Work of a goroutine for the collector.
#[derive(Clone, Copy, Debug, Default)]
struct G {
    /// True if it assists marking.
    assists: bool,
    /// True if it is a worker.
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
    /// Number of things that the collector does on it.
    collecting: i64,
    /// Index of its series; a P that comes back gets a new one.
    series: usize,
}

impl GoSeries {
    pub(super) fn new(flags: Flags) -> GoSeries {
        GoSeries {
            flags,
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
        // A P that goes away ends its series.
        if self.flags.per_proc {
            for proc in self.procs.get(count..).unwrap_or_default() {
                add(self.series.get_mut(proc.series), Point { time, utilization: 0.0 });
            }
        }
        self.procs.truncate(count);
        while self.procs.len() < count {
            let mut series = 0;
            // With all Ps together there is one series.
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
        self.flags.stw && is_gc_stop(reason)
    }

    /// Changes the work of a goroutine for the collector, if the goroutine exists.
    fn set(&mut self, id: Option<GoId>, follower: &mut Follower, change: impl FnOnce(&mut G)) {
        let Some(slot) = id.and_then(|id| follower.slot(id)) else { return };
        let g = self.gs.at(slot);
        let before = g.collects();
        change(g);
        self.busy = self.busy + usize::from(g.collects()) - usize::from(before);
    }

    /// Takes note that a range begins, or is first seen active.
    fn begin(&mut self, event: &SharedEvent<'_, '_>, range: &Range<'_>, follower: &mut Follower) {
        if self.counts_stop(range) {
            self.stopped += 1;
        } else if range.name == RangeName::GcSweep && self.flags.sweep {
            self.collect(event.proc(), 1);
        } else if range.name == RangeName::GcMarkAssist && self.flags.assist {
            self.collect(event.proc(), 1);
            if let RangeScope::Goroutine(id) = range.scope {
                self.set(id, follower, |g| g.assists = true);
            }
        }
    }

    fn end(&mut self, event: &SharedEvent<'_, '_>, range: &Range<'_>, follower: &mut Follower) {
        if self.counts_stop(range) {
            self.stopped -= 1;
        } else if range.name == RangeName::GcSweep && self.flags.sweep {
            self.collect(event.proc(), -1);
        } else if range.name == RangeName::GcMarkAssist && self.flags.assist {
            self.collect(event.proc(), -1);
            if let RangeScope::Goroutine(id) = range.scope {
                self.set(id, follower, |g| g.assists = false);
            }
        }
    }

    /// Takes note of a range that has been active since the trace began: lowers the
    /// utilization until now by its P.
    fn learn(&mut self, event: &SharedEvent<'_, '_>, range: &Range<'_>, follower: &mut Follower) {
        let assists = range.name == RangeName::GcMarkAssist && self.flags.assist;
        let runs = event
            .goroutine()
            .and_then(|id| follower.goroutine(id))
            .is_some_and(|goroutine| goroutine.state.is_executing());
        let counts = (assists && runs) || (range.name == RangeName::GcSweep && self.flags.sweep);
        // Go corrects only the curve of all Ps together.
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

    /// Takes note of a transition of a goroutine that works for the collector.
    #[inline(always)]
    fn transition(&mut self, transition: &Transition<'_, '_>) {
        if let Some(&g) = self.gs.get(transition.slot)
            && g.collects()
        {
            self.transition_of_collector(g, transition.slot, (transition.from(), transition.to()), transition.proc());
            if !self.procs.is_empty() {
                self.note(transition.time().0);
            }
        }
    }

    #[inline(never)]
    fn transition_of_collector(&mut self, mut g: G, slot: u32, (from, to): (GoState, GoState), proc: Option<ProcId>) {
        if !self.procs.is_empty() {
            if !from.is_executing() && to.is_executing() {
                self.collect(proc, 1);
            } else if from.is_executing() && !to.is_executing() {
                // A worker labels itself anew each time it starts; Go does not take note
                // that it ended.
                self.collect(proc, -1);
            }
        }
        // A later goroutine in the same slot begins with nothing.
        if to == GoState::NotExist {
            g = G::default();
        }
        self.busy -= usize::from(!g.collects());
        *self.gs.at(slot) = g;
    }

    fn is_first_generation(&self) -> bool {
        self.syncs <= 1
    }

    fn label(&mut self, event: &SharedEvent<'_, '_>, label: &[u8], follower: &mut Follower) {
        let counts = self.flags.background && label.starts_with(b"GC ") && label != b"GC (idle)";
        // Idle workers take nothing from the program; dedicated ones leave no P to others.
        if !counts || (self.flags.per_proc && label == b"GC (dedicated)") {
            return;
        }
        self.set(event.goroutine(), follower, |g| g.works = true);
        self.collect(event.proc(), 1);
    }

    /// Adds the present utilization.
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

    #[inline]
    pub(super) fn wants(event: EventType) -> bool {
        use EventType::*;
        !matches!(event, HeapAlloc | HeapGoal | CPUSample | ProcStart | ProcStop | ProcSteal | ProcStatus)
    }

    #[inline(always)]
    pub(super) fn goroutine(&mut self, transition: &Transition<'_, '_>) {
        if self.busy != 0 {
            self.transition(transition);
        }
    }

    pub(super) fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let time = event.time().0;
        let kind = event.kind();
        match kind {
            EventKind::Sync(sync) => self.syncs = sync.number,
            EventKind::Metric(metric) if metric.name == MetricName::GoMaxProcs => {
                self.set_procs(time, proc_count(metric.value));
            }
            _ => {}
        }
        if self.procs.is_empty() {
            return; // Nothing can be said before the number of Ps is known.
        }
        match kind {
            EventKind::RangeActive(range) if self.is_first_generation() => {
                self.learn(event, range, follower);
                self.begin(event, range, follower);
            }
            EventKind::RangeBegin(range) => self.begin(event, range, follower),
            EventKind::RangeEnd(range, _) => self.end(event, range, follower),
            EventKind::Label(label) => self.label(event, label.label, follower),
            // The status in a later generation of a goroutine that does not work for the
            // collector changes nothing.
            EventKind::StateTransition(StateTransition::Goroutine { id, .. })
                if !follower.slot(*id).and_then(|slot| self.gs.get(slot)).is_some_and(|g| g.collects()) =>
            {
                return;
            }
            _ => {}
        }
        self.note(time);
    }

    pub(super) fn finish(mut self, time: i64) -> Vec<Vec<Point>> {
        for proc in &self.procs {
            add(self.series.get_mut(proc.series), Point { time, utilization: 0.0 });
        }
        self.series
    }
}
