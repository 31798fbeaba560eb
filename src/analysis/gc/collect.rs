//! The pass that follows the collector.

use super::{Cycle, Gc, Payer, Stop, StopKind};
use crate::analysis::names::{NameId, Names};
use crate::analysis::{Analysis, Follower, GoroutineState, Longest, SharedEvent};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::event::range::{RangeName, RangeScope, Swept};
use crate::event::{EventKind, Metric, MetricName};
use crate::spec::v2::EventType;
use crate::timeline::collector::{Collected, Marking, Work, WorkStretch};
use crate::timeline::{Capacity, is_gc_stop};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::Arc;

/// Makes a [`Gc`]. Memory grows with the cycles, and with the goroutines that
/// exist at one time.
#[derive(Debug, Default)]
pub struct CollectGc {
    /// Cycles before the current one.
    cycles: Vec<Cycle>,
    /// Current cycle, that events belong to; at first, one that ended before the trace.
    cycle: Cycle,
    marking: Marking,
    /// Processor time that stood still, in nanoseconds.
    pausing: i64,
    /// Length of the last stop that comes before a cycle, in nanoseconds.
    before: Option<i64>,
    /// Stops that are under way, by the goroutine that stopped the world.
    stopping: FxHashMap<Option<GoId>, Stop>,
    kinds: FxHashMap<NameId, StopKind>,
    longest: Longest<Stop>,
    sweeping: FxHashMap<Option<ProcId>, Time>,
    payers: FxHashMap<NameId, (u64, i64)>,
    heap: Option<u64>,
    goal: Option<u64>,
    capacity: Capacity,
}

impl CollectGc {
    fn worked(&mut self, worked: &WorkStretch) {
        let (cycle, nanos) = (&mut self.cycle, worked.nanos());
        let sum = match worked.work {
            Work::Dedicated => &mut cycle.dedicated,
            Work::Fractional => &mut cycle.fractional,
            Work::Idle => &mut cycle.idle,
            Work::Assist => &mut cycle.assisting,
        };
        *sum = sum.saturating_add(nanos);
        if worked.work == Work::Assist {
            let payer = self.payers.entry(worked.function).or_default();
            payer.1 = payer.1.saturating_add(nanos);
        }
    }

    fn assist_begins(&mut self, function: NameId) {
        self.payers.entry(function).or_default().0 += 1;
        self.cycle.assists += 1;
    }

    /// Takes note that marking begins, or has been under way since before the trace.
    fn mark(&mut self, time: Time, active: bool, synced: Time) {
        if self.marking.begin(if active { synced } else { time }) {
            let (heap, goal) = (self.heap, self.goal);
            let (start, sweep_termination) = ((!active).then_some(time), self.before.take());
            let new = Cycle { start, sweep_termination, heap_before: heap, heap_peak: heap, goal, ..Cycle::default() };
            self.cycles.push(std::mem::replace(&mut self.cycle, new));
        }
    }

    /// Takes note that marking ends, or that the trace ends during it.
    fn marked(&mut self, time: Time, end: Option<Time>) {
        if let Some(since) = self.marking.end() {
            (self.cycle.within, self.cycle.end) = (Some((since, time)), end);
        }
    }

    fn stopped(&mut self, stop: Stop, names: &Names) {
        let reason = names.get(stop.reason);
        let is_gc = is_gc_stop(reason);
        match reason {
            b"GC sweep termination" | b"sweep termination" => match self.marking.is_on() {
                true => self.cycle.sweep_termination = Some(stop.nanos),
                false => self.before = Some(stop.nanos),
            },
            b"GC mark termination" | b"mark termination" => self.cycle.mark_termination = Some(stop.nanos),
            _ => {}
        }
        let kind = self.kinds.entry(stop.reason).or_insert_with(|| StopKind {
            reason: stop.reason,
            is_gc,
            ..StopKind::default()
        });
        kind.times.add(stop.nanos);
        kind.delayed += stop.delayed;
        self.longest.keep(stop.nanos, stop.start, stop);
    }

    fn swept(&mut self, nanos: i64, swept: Option<Swept>) {
        let cycle = &mut self.cycle;
        cycle.sweeping = cycle.sweeping.saturating_add(nanos);
        if let Some(swept) = swept {
            cycle.swept = cycle.swept.saturating_add(swept.swept);
            cycle.reclaimed = cycle.reclaimed.saturating_add(swept.reclaimed);
        }
    }

    fn metric(&mut self, metric: Metric) {
        match metric.name {
            MetricName::HeapLive => {
                self.heap = Some(metric.value);
                if self.marking.is_on() {
                    let cycle = &mut self.cycle;
                    cycle.heap_peak = cycle.heap_peak.max(Some(metric.value));
                } else if self.cycle.end.is_some() {
                    self.cycle.heap_after.get_or_insert(metric.value);
                }
            }
            MetricName::HeapGoal => self.goal = metric.figure(),
            MetricName::GoMaxProcs => {}
        }
    }
}

impl Analysis for CollectGc {
    type Output = Gc;

    const FOLLOWS_COLLECTOR: bool = true;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(event, Sync | ProcsChange | HeapAlloc | HeapGoal | STWBegin | STWEnd)
            || matches!(event, GCBegin | GCActive | GCEnd | GCSweepBegin | GCSweepActive | GCSweepEnd)
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let time = event.time();
        let kind = event.kind();
        if let Some(value) = event.gomaxprocs() {
            self.capacity.set(value, time, follower.start());
        }
        match *kind {
            EventKind::Metric(metric) => self.metric(metric),
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => {
                    self.mark(time, matches!(kind, EventKind::RangeActive(_)), follower.synced());
                }
                (RangeName::GcSweep, RangeScope::Proc(proc)) => {
                    // A sweep that is active in a later generation goes on.
                    self.sweeping.entry(proc).or_insert(time);
                }
                (RangeName::StopTheWorld(reason), _) => {
                    let (reason, stack) = (follower.stacks_mut().names.intern(reason), follower.intern(event.stack()));
                    let goroutine = event.goroutine();
                    // The goroutine that stops the world is not delayed by that itself.
                    let itself = goroutine.and_then(|id| follower.goroutine(id)).is_some_and(GoroutineState::is_active);
                    let delayed = follower.active().saturating_sub(u64::from(itself));
                    let stop = Stop { reason, start: time, nanos: 0, goroutine, stack, delayed };
                    self.stopping.insert(goroutine, stop);
                }
                _ => {}
            },
            EventKind::RangeEnd(range, swept) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => self.marked(time, Some(time)),
                (RangeName::GcSweep, RangeScope::Proc(proc)) => {
                    if let Some(since) = self.sweeping.remove(&proc) {
                        self.swept(time.since(since), swept);
                    }
                }
                (RangeName::StopTheWorld(_), _) => {
                    if let Some(stop) = self.stopping.remove(&event.goroutine()) {
                        self.stopped(Stop { nanos: time.since(stop.start), ..stop }, &follower.stacks().names);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn collected(&mut self, collected: &Collected) {
        match collected {
            Collected::Worked(worked) => self.worked(worked),
            Collected::Paused(pause) => self.pausing = self.pausing.saturating_add(pause.proc_nanos()),
            Collected::AssistBegun(function) => self.assist_begins(*function),
        }
    }

    fn finish(mut self, follower: &Follower) -> Gc {
        let end = follower.last();
        self.marked(end, None);
        let names = &follower.stacks().names;
        let mut payers: Vec<Payer> =
            self.payers.iter().map(|(&function, &(assists, nanos))| Payer { function, assists, nanos }).collect();
        payers.sort_by_key(|payer| (Reverse(payer.nanos), names.get(payer.function)));
        let mut kinds: Vec<StopKind> = self.kinds.into_values().collect();
        kinds.sort_by_key(|kind| (Reverse(kind.times.sum()), names.get(kind.reason)));
        self.cycles.push(self.cycle);
        // The first cycle is none of the trace's if only its sweeping is in it.
        self.cycles.retain(|cycle| cycle.within.is_some());
        Gc {
            start: follower.start(),
            end,
            cycles: self.cycles,
            payers,
            kinds,
            longest: self.longest.into_list(),
            capacity: self.capacity.until(end, follower.start(), 0),
            pausing: self.pausing,
            heap: self.heap,
            goal: self.goal,
            stacks: Arc::clone(follower.stacks()),
        }
    }
}
