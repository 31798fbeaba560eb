//! The pass that follows the collector.

use super::{Cycle, Gc, Payer, Stop, StopKind};
use crate::analysis::names::NameId;
use crate::analysis::stacks::Stacks;
use crate::analysis::{Analysis, ByGo, Known, OldSeen as Seen};
use crate::event::go::GoChange;
use crate::event::range::{RangeName, RangeScope, Swept};
use crate::event::transition::GoState;
use crate::event::{EventKind, Metric, MetricName};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;

/// Makes a [`Gc`]. Memory grows with the cycles, and with the goroutines that
/// exist at one time.
#[derive(Debug, Default)]
pub struct CollectGc {
    gs: ByGo<G>,
    /// Goroutines that run, or are ready to.
    active: i64,
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
    longest: Vec<Stop>,
    sweeping: FxHashMap<Option<ProcId>, Time>,
    payers: FxHashMap<NameId, (u64, i64)>,
    heap: Option<u64>,
    goal: Option<u64>,
    procs: i64,
    procs_since: Time,
    capacity: i64,
    start: Option<Time>,
    end: Time,
    stacks: Stacks,
}

/// How many of the longest stops are kept.
const LONGEST: usize = 100;

#[derive(Clone, Copy, Debug)]
struct G {
    state: GoState,
    root: NameId,
    works: Option<(Work, Time)>,
    assists: bool,
}

/// What a goroutine does for the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Work {
    Dedicated,
    Fractional,
    Idle,
    Assist,
}

fn is_active(state: GoState) -> bool {
    matches!(state, GoState::Running | GoState::Runnable)
}

impl CollectGc {
    #[inline]
    fn transition(&mut self, event: &Seen<'_, '_>, change: &GoChange) {
        let (GoChange { id, to, own_stack, .. }, time) = (*change, event.time());
        let new = || G { state: GoState::Undetermined, root: NameId::EMPTY, works: None, assists: false };
        let g = self.gs.get_or_insert_with(event.slot(id), new);
        if g.root == NameId::EMPTY && own_stack != 0 {
            let own = self.stacks.intern(event.stack_numbered(own_stack));
            g.root = self.stacks.root_name(own);
        }
        self.active += i64::from(is_active(to)) - i64::from(is_active(g.state));
        let (leaves, enters) =
            (g.state == GoState::Running && to != GoState::Running, to == GoState::Running && g.state != to);
        g.state = to;
        let (root, done) = (g.root, if leaves { g.works.take() } else { None });
        if enters && g.assists {
            g.works = Some((Work::Assist, time));
        }
        if to == GoState::NotExist {
            self.gs.remove(event.slot(id));
        }
        if let Some((work, since)) = done {
            self.worked(work, time.since(since), root);
        }
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

    fn label(&mut self, event: &Seen<'_, '_>, id: GoId, label: &[u8]) {
        let work = match label {
            b"GC (dedicated)" => Work::Dedicated,
            b"GC (fractional)" => Work::Fractional,
            b"GC (idle)" => Work::Idle,
            _ => return,
        };
        if let Some(g) = self.gs.get_mut(event.slot(id)) {
            g.works = Some((work, event.time()));
        }
    }

    fn assist(&mut self, event: &Seen<'_, '_>, id: GoId, begins: bool) {
        let time = event.time();
        let Some(g) = self.gs.get_mut(event.slot(id)) else { return };
        g.assists = begins;
        let root = g.root;
        if begins {
            if g.state == GoState::Running {
                g.works = Some((Work::Assist, time));
            }
            self.payers.entry(root).or_default().0 += 1;
            self.cycle.assists += 1;
        } else if let Some((Work::Assist, since)) = g.works.take() {
            self.worked(Work::Assist, time.since(since), root);
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

    fn stopped(&mut self, stop: Stop) {
        let reason = self.stacks.names.get(stop.reason);
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
        self.longest.push(stop);
        if self.longest.len() >= 2 * LONGEST {
            self.keep_longest();
        }
    }

    fn keep_longest(&mut self) {
        self.longest.sort_by_key(|stop| (std::cmp::Reverse(stop.nanos), stop.start));
        self.longest.truncate(LONGEST);
    }

    fn swept(&mut self, nanos: i64, swept: Option<Swept>) {
        let cycle = &mut self.cycle;
        cycle.sweeping = cycle.sweeping.saturating_add(nanos);
        if let Some(swept) = swept {
            cycle.swept = cycle.swept.saturating_add(swept.swept);
            cycle.reclaimed = cycle.reclaimed.saturating_add(swept.reclaimed);
        }
    }

    fn metric(&mut self, metric: Metric, time: Time) {
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
                self.capacity = self.capacity.saturating_add(known.saturating_mul(time.since(self.procs_since)));
                (self.procs, self.procs_since) = (i64::try_from(metric.value).unwrap_or(0), time);
            }
        }
    }
}

impl Analysis for CollectGc {
    type Output = Gc;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        !matches!(event, CPUSample | ProcStart | ProcStop | ProcSteal | ProcStatus)
    }

    fn event_old(&mut self, event: &Seen<'_, '_>) {
        let time = event.time();
        self.end = time;
        if self.start.is_none() {
            (self.start, self.procs_since) = (Some(time), time);
        }
        if let Some(change) = event.go() {
            return self.transition(event, change);
        }
        let kind = event.kind();
        match *kind {
            EventKind::Metric(metric) => self.metric(metric, time),
            EventKind::Label(label) => {
                if let Some(id) = label.goroutine {
                    self.label(event, id, label.label);
                }
            }
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => self.mark(matches!(kind, EventKind::RangeBegin(_)).then_some(time)),
                // One that is active in a later generation has been counted.
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id)))
                    if !self.gs.get_mut(event.slot(id)).is_some_and(|g| g.assists) =>
                {
                    self.assist(event, id, true);
                }
                (RangeName::GcSweep, RangeScope::Proc(proc)) => {
                    self.sweeping.entry(proc).or_insert(time);
                }
                (RangeName::StopTheWorld(reason), _) => {
                    let (reason, stack) = (self.stacks.names.intern(reason), self.stacks.intern(event.stack()));
                    let itself = event
                        .goroutine()
                        .and_then(|id| self.gs.get_mut(event.slot(id)))
                        .is_some_and(|g| is_active(g.state));
                    let delayed = u64::try_from(self.active - i64::from(itself)).unwrap_or(0);
                    let stop = Stop { reason, start: time, nanos: 0, goroutine: event.goroutine(), stack, delayed };
                    self.stopping.insert(event.goroutine(), stop);
                }
                _ => {}
            },
            EventKind::RangeEnd(range, swept) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => self.marked(time),
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => self.assist(event, id, false),
                (RangeName::GcSweep, RangeScope::Proc(proc)) => {
                    if let Some(since) = self.sweeping.remove(&proc) {
                        self.swept(time.since(since), swept);
                    }
                }
                (RangeName::StopTheWorld(_), _) => {
                    if let Some(stop) = self.stopping.remove(&event.goroutine()) {
                        self.stopped(Stop { nanos: time.since(stop.start), ..stop });
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn finish(mut self, _: &Known) -> Gc {
        let end = self.end;
        for (_, g) in self.gs.drain() {
            if let Some((work, since)) = g.works {
                self.worked(work, end.since(since), g.root);
            }
        }
        self.keep_longest();
        let mut payers: Vec<Payer> =
            self.payers.iter().map(|(&function, &(assists, nanos))| Payer { function, assists, nanos }).collect();
        payers.sort_by_key(|payer| (std::cmp::Reverse(payer.nanos), payer.function));
        let mut kinds: Vec<StopKind> = self.kinds.into_values().collect();
        kinds.sort_by_key(|kind| (std::cmp::Reverse(kind.times.sum()), kind.reason));
        self.cycles.push(self.cycle);
        // What was only swept in the trace was collected before it.
        let works =
            |c: &Cycle| c.dedicated != 0 || c.fractional != 0 || c.assisting != 0 || c.mark_termination.is_some();
        self.cycles.retain(|cycle| cycle.start.is_some() || cycle.end.is_some() || works(cycle));
        Gc {
            start: self.start.unwrap_or_default(),
            end,
            cycles: self.cycles,
            payers,
            kinds,
            longest: self.longest,
            capacity: self.capacity.saturating_add(self.procs.saturating_mul(end.since(self.procs_since))),
            goal: self.goal,
            stacks: self.stacks,
        }
    }
}
