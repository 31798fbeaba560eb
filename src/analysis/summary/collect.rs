//! The pass that makes a summary.

use super::{Extent, Group, Stops, Summary, Times};
use crate::analysis::names::NameId;
use crate::analysis::{Analysis, ByProc, Known, Life, Memo, Seen, Step};
use crate::event::range::{RangeName, RangeScope};
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
    /// How many goroutines exist.
    alive: u64,
    ps: ByProc<Option<Time>>,
    groups: Groups,
    /// Since when the collector marks.
    marking: Option<Time>,
    assists: FxHashMap<Option<GoId>, Time>,
    stops: FxHashMap<Option<GoId>, Time>,
    gomaxprocs_since: Time,
}

impl Analysis for Summarize {
    type Output = Summary;

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        self.summary.events += 1;
        if step.new {
            self.meet(step.from);
        }
        if step.to() == GoState::NotExist {
            let times = Times::of(known.spent(step.slot));
            self.alive -= 1;
            self.summary.goroutines.ended += 1;
            self.groups.leave(step.now, times, known);
        }
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        let (summary, time) = (&mut self.summary, event.time());
        if summary.events == 0 {
            self.gomaxprocs_since = time;
        }
        summary.events += 1;
        let kind = event.kind();
        match *kind {
            EventKind::StateTransition(StateTransition::Proc { id, to, .. }) => self.proc(id, to, time, known.synced()),
            EventKind::Metric(metric) => self.metric(metric, time),
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match (range.name, range.scope) {
                (RangeName::GcMark, _) if self.marking.is_none() => {
                    summary.gc.cycles += 1;
                    self.marking = Some(if summary.gc.cycles == 1 && matches!(kind, EventKind::RangeActive(_)) {
                        known.start()
                    } else {
                        time
                    });
                }
                (RangeName::GcMarkAssist, RangeScope::Goroutine(g)) => {
                    let synced = known.synced();
                    self.assists.entry(g).or_insert_with(|| {
                        summary.gc.assists += 1;
                        if matches!(kind, EventKind::RangeActive(_)) { synced } else { time }
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

    fn finish(mut self, known: &Known) -> Summary {
        let end = known.last();
        for (slot, life) in known.alive() {
            let spent = known.spent(slot).with(life.state, end.since(life.since));
            self.groups.leave(life, Times::of(&spent), known);
        }
        let mut summary = self.summary;
        (summary.start, summary.end) = (known.start(), end);
        for since in self.ps.values().flatten() {
            summary.procs_running = summary.procs_running.saturating_add(end.since(since));
        }
        if let Some(since) = self.marking {
            summary.gc.marking = summary.gc.marking.saturating_add(end.since(since));
        }
        for since in self.assists.values() {
            summary.gc.assisting = summary.gc.assisting.saturating_add(end.since(*since));
        }
        summary.threads = known.threads();
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
    /// A goroutine is mentioned for the first time.
    fn meet(&mut self, from: GoState) {
        let people = &mut self.summary.goroutines;
        *(if from == GoState::NotExist { &mut people.created } else { &mut people.at_start }) += 1;
        self.alive += 1;
        people.most = people.most.max(self.alive);
    }

    fn proc(&mut self, id: ProcId, to: ProcState, time: Time, synced: Time) {
        let known = self.ps.get(id);
        let running = match (to == ProcState::Running, known.flatten()) {
            (true, None) if known.is_none() && self.summary.generations == 1 => Some(synced),
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

/// The groups, found by the function that goroutines begin with.
#[derive(Clone, Debug, Default)]
struct Groups {
    list: Vec<Group>,
    by_root: Memo<NameId, usize>,
    /// Those of functions without a name, by what stands for that, or nothing.
    others: FxHashMap<Option<Box<[u8]>>, usize>,
}

impl Groups {
    /// The group of a goroutine. A function has no name in traces of Go 1.5 and 1.6;
    /// its program counter stands for that.
    fn of(&mut self, life: &Life, known: &Known) -> usize {
        let (list, stacks) = (&mut self.list, known.stacks());
        let mut add = |function: Option<Box<[u8]>>| {
            list.push(Group { function, count: 0, times: Times::default() });
            list.len() - 1
        };
        if life.root != NameId::EMPTY {
            return self.by_root.get(life.root, || add(Some(stacks.names.get(life.root).into())));
        }
        let outermost = stacks.frames(life.last_own).last();
        let function = outermost.map(|frame| format!("{:#x}", frame.pc).into_bytes().into_boxed_slice());
        *self.others.entry(function).or_insert_with_key(|function| add(function.clone()))
    }

    /// Takes note of all that a goroutine did until it or the trace ended.
    fn leave(&mut self, life: &Life, times: Times, known: &Known) {
        let at = self.of(life, known);
        if let Some(group) = self.list.get_mut(at) {
            group.count += 1;
            group.times = group.times.plus(times);
        }
    }
}
