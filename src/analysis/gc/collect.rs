//! The pass that follows the collector.

use super::{Cycle, Gc, Payer, Stop, StopKind};
use crate::analysis::names::{NameId, Names};
use crate::analysis::{Analysis, BySlot, Known, Life, Longest, Seen, Step};
use crate::event::range::{RangeName, RangeScope, Swept};
use crate::event::transition::GoState;
use crate::event::{EventKind, Metric, MetricName};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::Arc;

/// Makes a [`Gc`]. Memory grows with the cycles, and with the goroutines that
/// exist at one time.
#[derive(Debug, Default)]
pub struct CollectGc {
    gs: BySlot<G>,
    /// How many of those do something for the collector.
    busy: usize,
    /// The cycles before the current one.
    cycles: Vec<Cycle>,
    /// The one that what happens now belongs to; at first, one that ended before
    /// the trace.
    cycle: Cycle,
    marking: bool,
    /// The stop that comes before a cycle.
    before: Option<i64>,
    /// Who stops the world, since when, with how many others active.
    stopping: FxHashMap<Option<GoId>, Stop>,
    kinds: FxHashMap<NameId, StopKind>,
    longest: Longest<Stop>,
    sweeping: FxHashMap<Option<ProcId>, Time>,
    payers: FxHashMap<NameId, (u64, i64)>,
    heap: Option<u64>,
    goal: Option<u64>,
    procs: i64,
    /// None while it is what it was when the trace began.
    procs_since: Option<Time>,
    capacity: i64,
}

/// What a goroutine does for the collector, and since when.
#[derive(Clone, Copy, Debug, Default)]
struct G {
    since: Time,
    works: Option<Work>,
    assists: bool,
    /// Whether it does any of that.
    busy: bool,
}

impl G {
    fn work(&mut self, work: Work, since: Time) {
        (self.works, self.since) = (Some(work), since);
    }

    fn done(&mut self) -> Option<(Work, Time)> {
        Some((self.works.take()?, self.since))
    }

    /// Whether it does anything now, and whether it did.
    fn settle(&mut self) -> (bool, bool) {
        let busy = self.assists || self.works.is_some();
        (busy, std::mem::replace(&mut self.busy, busy))
    }
}

/// What a goroutine does for the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Work {
    Dedicated,
    Fractional,
    Idle,
    Assist,
}

impl CollectGc {
    /// A goroutine does something else, while some work for the collector.
    #[inline(always)]
    fn transition(&mut self, step: &Step<'_, '_>) {
        if self.gs.get(step.slot).is_some_and(|g| g.busy) {
            self.busy_one(step.slot, step.left, step.to(), step.time(), step.now.root);
        }
    }

    #[inline(never)]
    fn busy_one(&mut self, slot: u32, from: GoState, to: GoState, time: Time, root: NameId) {
        let Some(g) = self.gs.get_mut(slot) else { return };
        let done = if from == GoState::Running && to != GoState::Running { g.done() } else { None };
        if from != GoState::Running && to == GoState::Running && g.assists {
            g.work(Work::Assist, time);
        }
        if to == GoState::NotExist {
            *g = G { busy: true, ..G::default() };
        }
        self.busy -= usize::from(!g.settle().0);
        if let Some((work, since)) = done {
            self.worked(work, time.since(since), root);
        }
    }

    /// Changes what a goroutine that exists does for the collector.
    fn set(&mut self, slot: u32, change: impl FnOnce(&mut G)) {
        let g = self.gs.at(slot);
        change(g);
        let (now, before) = g.settle();
        self.busy = self.busy + usize::from(now) - usize::from(before);
    }

    fn worked(&mut self, work: Work, nanos: i64, root: NameId) {
        let cycle = &mut self.cycle;
        let sum = match work {
            Work::Dedicated => &mut cycle.dedicated,
            Work::Fractional => &mut cycle.fractional,
            Work::Idle => &mut cycle.idle,
            Work::Assist => &mut cycle.assisting,
        };
        *sum = sum.saturating_add(nanos);
        if work == Work::Assist {
            let payer = self.payers.entry(root).or_default();
            payer.1 = payer.1.saturating_add(nanos);
        }
    }

    fn label(&mut self, slot: u32, label: &[u8], time: Time) {
        let work = match label {
            b"GC (dedicated)" => Work::Dedicated,
            b"GC (fractional)" => Work::Fractional,
            b"GC (idle)" => Work::Idle,
            _ => return,
        };
        self.set(slot, |g| g.work(work, time));
    }

    fn assist_begins(&mut self, slot: u32, life: &Life, time: Time) {
        self.set(slot, |g| {
            g.assists = true;
            if life.state == GoState::Running {
                g.work(Work::Assist, time);
            }
        });
        self.payers.entry(life.root).or_default().0 += 1;
        self.cycle.assists += 1;
    }

    fn assist_ends(&mut self, slot: u32, life: &Life, time: Time) {
        let mut worked = None;
        self.set(slot, |g| {
            g.assists = false;
            worked = g.done();
        });
        if let Some((Work::Assist, since)) = worked {
            self.worked(Work::Assist, time.since(since), life.root);
        }
    }

    /// Marking begins, or has been under way since before the trace.
    fn mark(&mut self, start: Option<Time>) {
        if !std::mem::replace(&mut self.marking, true) {
            let (heap, goal) = (self.heap, self.goal);
            let sweep_termination = self.before.take();
            let new = Cycle { start, sweep_termination, heap_before: heap, heap_peak: heap, goal, ..Cycle::default() };
            self.cycles.push(std::mem::replace(&mut self.cycle, new));
        }
    }

    fn marked(&mut self, time: Time) {
        if std::mem::replace(&mut self.marking, false) {
            self.cycle.end = Some(time);
        }
    }

    fn stopped(&mut self, stop: Stop, names: &Names) {
        let reason = names.get(stop.reason);
        let is_gc = reason.windows(2).any(|pair| pair == b"GC");
        match reason {
            b"GC sweep termination" | b"sweep termination" => match self.marking {
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

    fn metric(&mut self, metric: Metric, time: Time, start: Time) {
        match metric.name {
            MetricName::HeapLive => {
                self.heap = Some(metric.value);
                if self.marking {
                    let cycle = &mut self.cycle;
                    cycle.heap_peak = cycle.heap_peak.max(Some(metric.value));
                } else if self.cycle.end.is_some() {
                    self.cycle.heap_after.get_or_insert(metric.value);
                }
            }
            MetricName::HeapGoal => self.goal = Some(metric.value),
            MetricName::GoMaxProcs => {
                let known = if self.procs == 0 { i64::try_from(metric.value).unwrap_or(0) } else { self.procs };
                let since = self.procs_since.unwrap_or(start);
                self.capacity = self.capacity.saturating_add(known.saturating_mul(time.since(since)));
                (self.procs, self.procs_since) = (i64::try_from(metric.value).unwrap_or(0), Some(time));
            }
        }
    }
}

impl Analysis for CollectGc {
    type Output = Gc;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(event, GoStart | GoLabel | ProcsChange | HeapAlloc | HeapGoal | STWBegin | STWEnd)
            || matches!(event, GCBegin | GCActive | GCEnd | GCMarkAssistBegin | GCMarkAssistActive | GCMarkAssistEnd)
            || matches!(event, GCSweepBegin | GCSweepActive | GCSweepEnd)
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, _: &Known) {
        if self.busy != 0 {
            self.transition(step);
        }
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        let time = event.time();
        let kind = event.kind();
        match *kind {
            EventKind::Metric(metric) => self.metric(metric, time, known.start()),
            EventKind::Label(label) => {
                if let Some(slot) = label.goroutine.and_then(|id| known.slot(id)) {
                    self.label(slot, label.label, time);
                }
            }
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => self.mark(matches!(kind, EventKind::RangeBegin(_)).then_some(time)),
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => {
                    // One that is active in a later generation has been counted.
                    if let Some((slot, life)) = known.find(id)
                        && !self.gs.get(slot).is_some_and(|g| g.assists)
                    {
                        self.assist_begins(slot, life, time);
                    }
                }
                (RangeName::GcSweep, RangeScope::Proc(proc)) => {
                    self.sweeping.entry(proc).or_insert(time);
                }
                (RangeName::StopTheWorld(reason), _) => {
                    let (reason, stack) = (known.stacks_mut().names.intern(reason), known.intern(event.stack()));
                    let goroutine = event.goroutine();
                    let itself = goroutine.and_then(|id| known.life(id)).is_some_and(Life::is_active);
                    let delayed = known.active().saturating_sub(u64::from(itself));
                    let stop = Stop { reason, start: time, nanos: 0, goroutine, stack, delayed };
                    self.stopping.insert(goroutine, stop);
                }
                _ => {}
            },
            EventKind::RangeEnd(range, swept) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => self.marked(time),
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => {
                    if let Some((slot, life)) = known.find(id) {
                        self.assist_ends(slot, life, time);
                    }
                }
                (RangeName::GcSweep, RangeScope::Proc(proc)) => {
                    if let Some(since) = self.sweeping.remove(&proc) {
                        self.swept(time.since(since), swept);
                    }
                }
                (RangeName::StopTheWorld(_), _) => {
                    if let Some(stop) = self.stopping.remove(&event.goroutine()) {
                        self.stopped(Stop { nanos: time.since(stop.start), ..stop }, &known.stacks().names);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn finish(mut self, known: &Known) -> Gc {
        let end = known.last();
        for (slot, life) in known.alive() {
            if let Some((work, since)) = self.gs.get(slot).and_then(|g| Some((g.works?, g.since))) {
                self.worked(work, end.since(since), life.root);
            }
        }
        let names = &known.stacks().names;
        let mut payers: Vec<Payer> =
            self.payers.iter().map(|(&function, &(assists, nanos))| Payer { function, assists, nanos }).collect();
        payers.sort_by_key(|payer| (Reverse(payer.nanos), names.get(payer.function)));
        let mut kinds: Vec<StopKind> = self.kinds.into_values().collect();
        kinds.sort_by_key(|kind| (Reverse(kind.times.sum()), names.get(kind.reason)));
        self.cycles.push(self.cycle);
        // What was only swept in the trace was collected before it.
        let works =
            |c: &Cycle| c.dedicated != 0 || c.fractional != 0 || c.assisting != 0 || c.mark_termination.is_some();
        self.cycles.retain(|cycle| cycle.start.is_some() || cycle.end.is_some() || works(cycle));
        let since = self.procs_since.unwrap_or(known.start());
        Gc {
            start: known.start(),
            end,
            cycles: self.cycles,
            payers,
            kinds,
            longest: self.longest.into_list(),
            capacity: self.capacity.saturating_add(self.procs.saturating_mul(end.since(since))),
            goal: self.goal,
            stacks: Arc::clone(known.stacks()),
        }
    }
}
