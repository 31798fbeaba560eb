//! The pass that makes a summary.

use super::{Extent, Group, Stops, Summary, Times};
use crate::analysis::{Analysis, ByGo, ByProc, ByStack, Known, OldSeen as Seen, ThreadSet};
use crate::event::go::GoChange;
use crate::event::range::{RangeName, RangeScope};
use crate::event::stack::Stack;
use crate::event::transition::{GoState, ProcState, StateTransition};
use crate::event::{EventKind, Metric, MetricName};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use rustc_hash::FxHashMap;

/// Makes a [`Summary`]. Its memory grows with the goroutines that exist at one
/// time and with the functions that goroutines begin with, not with the trace.
#[derive(Clone, Debug, Default)]
pub struct Summarize {
    summary: Summary,
    last_sync: Time,
    ms: ThreadSet,
    gs: ByGo<G>,
    ps: ByProc<Option<Time>>,
    groups: Groups,
    /// The groups of the goroutines that have a stack.
    of_stacks: ByStack<Option<usize>>,
    /// Since when the collector marks.
    marking: Option<Time>,
    assists: FxHashMap<Option<GoId>, Time>,
    stops: FxHashMap<Option<GoId>, Time>,
    gomaxprocs_since: Time,
}

/// A goroutine that exists.
#[derive(Clone, Copy, Debug)]
struct G {
    state: GoState,
    since: Time,
    times: Times,
    group: Option<usize>,
}

impl Analysis for Summarize {
    type Output = Summary;

    fn event_old(&mut self, event: &Seen<'_, '_>) {
        let (summary, time) = (&mut self.summary, event.time());
        if summary.events == 0 {
            summary.start = time;
            self.gomaxprocs_since = time;
        }
        summary.events += 1;
        summary.end = time;
        self.ms.note(event.thread());
        if let Some(change) = event.go() {
            return self.goroutine(event, change);
        }
        let kind = event.kind();
        match *kind {
            EventKind::StateTransition(StateTransition::Proc { id, to, .. }) => self.proc(id, to, time),
            EventKind::Metric(metric) => self.metric(metric, time),
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match (range.name, range.scope) {
                (RangeName::GcMark, _) if self.marking.is_none() => {
                    summary.gc.cycles += 1;
                    self.marking = Some(if summary.gc.cycles == 1 && matches!(kind, EventKind::RangeActive(_)) {
                        summary.start
                    } else {
                        time
                    });
                }
                (RangeName::GcMarkAssist, RangeScope::Goroutine(g)) => {
                    let last_sync = self.last_sync;
                    self.assists.entry(g).or_insert_with(|| {
                        summary.gc.assists += 1;
                        if matches!(kind, EventKind::RangeActive(_)) { last_sync } else { time }
                    });
                }
                (RangeName::StopTheWorld(_), RangeScope::Goroutine(g)) => {
                    self.stops.insert(g, time);
                }
                _ => {}
            },
            EventKind::RangeEnd(range, _) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => {
                    let since = self.marking.take().unwrap_or(time);
                    summary.gc.marking = summary.gc.marking.saturating_add(time.since(since));
                }
                (RangeName::GcMarkAssist, RangeScope::Goroutine(g)) => {
                    let since = self.assists.remove(&g).unwrap_or(time);
                    summary.gc.assisting = summary.gc.assisting.saturating_add(time.since(since));
                }
                (RangeName::StopTheWorld(reason), RangeScope::Goroutine(g)) => {
                    if let Some(since) = self.stops.remove(&g) {
                        stopped(&mut summary.stops, reason, time.since(since));
                    }
                }
                _ => {}
            },
            EventKind::Sync(sync) => {
                self.last_sync = time;
                if sync.generation.is_some() {
                    summary.generations += 1;
                }
                if summary.events == 1 {
                    summary.wall_start = sync.clock_snapshot().map(|clock| clock.wall_at(time));
                }
            }
            EventKind::StackSample => summary.samples += 1,
            EventKind::TaskBegin(_) => summary.tasks += 1,
            EventKind::RegionBegin(_) => summary.regions += 1,
            EventKind::Log(_) => summary.logs += 1,
            _ => {}
        }
    }

    fn finish(mut self, _: &Known) -> Summary {
        let end = self.summary.end;
        for (_, g) in self.gs.drain() {
            self.groups.leave(g, end);
        }
        let mut summary = self.summary;
        for since in self.ps.values().flatten() {
            summary.procs_running = summary.procs_running.saturating_add(end.since(since));
        }
        if let Some(since) = self.marking {
            summary.gc.marking = summary.gc.marking.saturating_add(end.since(since));
        }
        for since in self.assists.values() {
            summary.gc.assisting = summary.gc.assisting.saturating_add(end.since(*since));
        }
        summary.threads = self.ms.len();
        summary.procs = self.ps.len();
        let procs = summary.gomaxprocs.map_or(summary.procs as u64, |extent| extent.last);
        summary.capacity = summary.capacity.saturating_add(area(procs, end.since(self.gomaxprocs_since)));
        summary.groups = self.groups.list;
        summary.groups.retain(|group| group.count != 0);
        summary.groups.sort_by(|a, b| b.times.running.cmp(&a.times.running).then_with(|| a.function.cmp(&b.function)));
        summary.stops.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.reason.cmp(&b.reason)));
        summary
    }
}

impl Summarize {
    fn goroutine(&mut self, event: &Seen<'_, '_>, change: &GoChange) {
        let (GoChange { id, from, to, own_stack, .. }, time) = (*change, event.time());
        let people = &mut self.summary.goroutines;
        let g = self.gs.get_or_insert_with(event.slot(id), || {
            // One that is first mentioned was in that state since the last sync.
            let created = from == GoState::NotExist;
            *(if created { &mut people.created } else { &mut people.at_start }) += 1;
            let (state, since) = if created { (from, time) } else { (to, self.last_sync) };
            G { state, since, times: Times::default(), group: None }
        });
        g.times.add(g.state, time.since(g.since));
        (g.state, g.since) = (to, time);
        // Every stack of a goroutine ends in the function that it began with.
        if g.group.is_none() && own_stack != 0 {
            let groups = &mut self.groups;
            g.group = self.of_stacks.get(event, own_stack, |stack| groups.of_stack(stack?));
        }
        if to == GoState::NotExist {
            let ended = *g;
            self.gs.remove(event.slot(id));
            people.ended += 1;
            self.groups.leave(ended, time);
        }
        people.most = people.most.max(self.gs.len() as u64);
    }

    fn proc(&mut self, id: ProcId, to: ProcState, time: Time) {
        let known = self.ps.get(id);
        let running = match (to == ProcState::Running, known.flatten()) {
            (true, None) if known.is_none() && self.summary.generations == 1 => Some(self.last_sync),
            (true, None) => Some(time),
            (false, Some(since)) => {
                self.summary.procs_running = self.summary.procs_running.saturating_add(time.since(since));
                None
            }
            (_, running) => running,
        };
        self.ps.insert(id, running);
    }

    fn metric(&mut self, metric: Metric, time: Time) {
        let summary = &mut self.summary;
        match metric.name {
            MetricName::HeapLive => Extent::note(&mut summary.heap_live, metric.value),
            MetricName::HeapGoal => Extent::note(&mut summary.heap_goal, metric.value),
            MetricName::GoMaxProcs => {
                let until_now = summary.gomaxprocs.map_or(metric.value, |extent| extent.last);
                summary.capacity = summary.capacity.saturating_add(area(until_now, time.since(self.gomaxprocs_since)));
                self.gomaxprocs_since = time;
                Extent::note(&mut summary.gomaxprocs, metric.value);
            }
        }
    }
}

fn area(procs: u64, time: i64) -> i64 {
    i64::try_from(procs).unwrap_or(i64::MAX).saturating_mul(time)
}

fn stopped(stops: &mut Vec<Stops>, reason: &[u8], time: i64) {
    match stops.iter_mut().find(|stops| *stops.reason == *reason) {
        Some(stops) => {
            stops.count += 1;
            stops.total = stops.total.saturating_add(time);
            stops.max = stops.max.max(time);
        }
        None => stops.push(Stops { reason: reason.into(), count: 1, total: time, max: time }),
    }
}

/// The groups, found by name.
#[derive(Clone, Debug, Default)]
struct Groups {
    list: Vec<Group>,
    by_name: FxHashMap<Option<Box<[u8]>>, usize>,
}

impl Groups {
    /// The group of the goroutines that have such a stack.
    fn of_stack(&mut self, stack: Stack<'_>) -> Option<usize> {
        stack.frames().last().map(|frame| self.of_name(Some(&frame.name())))
    }

    fn of_name(&mut self, name: Option<&[u8]>) -> usize {
        let name: Option<Box<[u8]>> = name.map(Box::from);
        *self.by_name.entry(name).or_insert_with_key(|name| {
            self.list.push(Group { function: name.clone(), count: 0, times: Times::default() });
            self.list.len() - 1
        })
    }

    /// Takes note of all that a goroutine did until it or the trace ended.
    fn leave(&mut self, mut g: G, time: Time) {
        g.times.add(g.state, time.since(g.since));
        let group = g.group.unwrap_or_else(|| self.of_name(None));
        if let Some(group) = self.list.get_mut(group) {
            group.count += 1;
            group.times = group.times.plus(g.times);
        }
    }
}
