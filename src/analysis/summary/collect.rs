//! The pass that makes a summary.

use super::program::Program;
use super::{Extent, Group, Stops, Summary, Times};
use crate::analysis::names::NameId;
use crate::analysis::{Analysis, Follower, GoroutineState, Memo, SharedEvent, Transition};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::event::range::{RangeName, RangeScope};
use crate::event::transition::StateTransition;
use crate::event::{EventKind, Metric, MetricName};
use crate::spec::state::GoState;
use crate::timeline::collector::{Collected, Marking, Work, WorkStretch};
use crate::timeline::{Activity, Capacity, ProcRecord, Procs};
use rustc_hash::FxHashMap;

/// Makes a [`Summary`]. Memory grows with the goroutines that exist at one time, with the
/// functions that goroutines begin with, and by some bits for each task of the program; not
/// otherwise with the trace.
#[derive(Clone, Debug, Default)]
pub struct CollectSummary {
    summary: Summary,
    /// Number of goroutines beyond those when the trace began, now and at most.
    more: i64,
    most: i64,
    procs: Procs<HeldTime>,
    capacity: Capacity,
    groups: Groups,
    marking: Marking,
    stops: FxHashMap<Option<GoId>, Time>,
    /// Number of events that restate the beginning of a window, which are not the trace's.
    restated: u64,
    program: Program,
}

impl Analysis for CollectSummary {
    type Output = Summary;

    const FOLLOWS_COLLECTOR: bool = true;

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.summary.events += 1;
        self.restated += u64::from(transition.new && transition.is_restated());
        if transition.new {
            self.meet(transition.from);
        }
        self.program.transition(transition, follower);
        if transition.to() == GoState::NotExist {
            let times = Times::of(follower.time_in_states(transition.slot));
            self.more -= 1;
            self.summary.goroutines.ended += 1;
            self.groups.leave(transition.now, times, follower);
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let (summary, time) = (&mut self.summary, event.time());
        summary.events += 1;
        self.restated += u64::from(event.is_restated());
        if let Some(value) = event.gomaxprocs() {
            self.capacity.set(value, time, follower.start());
            Extent::note(&mut summary.gomaxprocs, value);
        }
        let kind = event.kind();
        match *kind {
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => {
                // A P that is first mentioned in a later generation has not run before.
                let start = if summary.generations == 1 { follower.synced() } else { time };
                self.procs.proc(event, (id, from, to), start);
            }
            EventKind::Metric(metric) => self.metric(metric),
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => {
                    let active = matches!(kind, EventKind::RangeActive(_));
                    summary.gc.cycles += u64::from(self.marking.begin(if active { follower.synced() } else { time }));
                }
                (RangeName::StopTheWorld(_), RangeScope::Goroutine(g)) => {
                    self.stops.insert(g, time);
                }
                _ => {}
            },
            EventKind::RangeEnd(range, _) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => {
                    let since = self.marking.end().unwrap_or(time);
                    summary.gc.marking = summary.gc.marking.saturating_add(time.since(since));
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
            EventKind::TaskBegin(task) => self.program.begin_task(&task),
            EventKind::TaskEnd(task) => self.program.end_task(&task),
            EventKind::RegionBegin(region) => self.program.begin_region(event, &region, follower),
            EventKind::RegionEnd(region) => self.program.end_region(event, &region, follower),
            EventKind::Log(log) => {
                summary.logs += 1;
                self.program.mention(log.task);
            }
            _ => {}
        }
    }

    fn collected(&mut self, collected: &Collected) {
        let gc = &mut self.summary.gc;
        match collected {
            Collected::AssistBegun(_) => gc.assists += 1,
            Collected::Worked(worked @ WorkStretch { work: Work::Assist, .. }) => {
                gc.assisting = gc.assisting.saturating_add(worked.nanos());
            }
            _ => {}
        }
    }

    fn finish(mut self, follower: &Follower) -> Summary {
        let end = follower.last();
        for (slot, goroutine) in follower.alive() {
            let spent = follower.time_in_states(slot).with(goroutine.state, end.since(goroutine.since));
            self.groups.leave(goroutine, Times::of(&spent), follower);
        }
        let mut summary = self.summary;
        summary.events -= self.restated;
        (summary.start, summary.end) = (follower.start(), end);
        summary.goroutines.most = summary.goroutines.at_start.saturating_add_signed(self.most);
        if let Some(since) = self.marking.end() {
            summary.gc.marking = summary.gc.marking.saturating_add(end.since(since));
        }
        (summary.tasks, summary.regions) = self.program.counts();
        summary.threads = follower.threads();
        summary.procs = self.procs.mentioned();
        summary.capacity = self.capacity.until(end, follower.start(), summary.procs as u64);
        let held = self.procs.into_all().filter_map(|p| p.finish(end, follower.start()));
        summary.procs_running = held.fold(0, |sum: i64, (_, _, HeldTime(nanos))| sum.saturating_add(nanos));
        summary.groups = self.groups.list;
        summary.groups.retain(|group| group.count != 0);
        summary.groups.sort_by(|a, b| b.times.running.cmp(&a.times.running).then_with(|| a.function.cmp(&b.function)));
        summary.stops.sort_by(|a, b| b.total.cmp(&a.total).then_with(|| a.reason.cmp(&b.reason)));
        summary
    }
}

impl CollectSummary {
    /// Counts a goroutine that is mentioned for the first time.
    fn meet(&mut self, from: GoState) {
        let population = &mut self.summary.goroutines;
        if from == GoState::NotExist {
            population.created += 1;
            self.more += 1;
            self.most = self.most.max(self.more);
        } else {
            // Though its first mention may come late, it existed from the start.
            population.at_start += 1;
        }
    }

    fn metric(&mut self, metric: Metric) {
        let summary = &mut self.summary;
        match metric.name {
            MetricName::HeapLive => Extent::note(&mut summary.heap_live, metric.value),
            MetricName::HeapGoal => {
                if let Some(goal) = metric.figure() {
                    Extent::note(&mut summary.heap_goal, goal);
                }
            }
            MetricName::GoMaxProcs => {}
        }
    }
}

/// Time that Ms had a P, in nanoseconds.
#[derive(Clone, Copy, Debug, Default)]
struct HeldTime(i64);

impl ProcRecord for HeldTime {
    fn began(&mut self, _: Activity, _: Time, _: impl Fn() -> Time) {}

    fn ended(&mut self, activity: Activity, since: Time, time: Time, _: impl Fn() -> Time) {
        if activity.is_held() {
            self.0 = self.0.saturating_add(time.since(since));
        }
    }
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

/// Groups of goroutines, found by the function that they began with.
#[derive(Clone, Debug, Default)]
struct Groups {
    list: Vec<Group>,
    by_root: Memo<NameId, usize>,
    /// Groups of functions without a name, by the text that stands for it, if any.
    others: FxHashMap<Option<Box<[u8]>>, usize>,
}

impl Groups {
    /// Returns the group of a goroutine. Traces of Go 1.5 and 1.6 may lack the function's
    /// name; its program counter stands for it then.
    fn of(&mut self, goroutine: &GoroutineState, follower: &Follower) -> usize {
        let (list, stacks) = (&mut self.list, follower.stacks());
        let mut add = |function: Option<Box<[u8]>>| {
            list.push(Group { function, count: 0, times: Times::default() });
            list.len() - 1
        };
        if goroutine.root != NameId::EMPTY {
            return self.by_root.get(goroutine.root, || add(Some(stacks.names.get(goroutine.root).into())));
        }
        let outermost = stacks.frames(goroutine.last_own).last();
        let function = outermost.map(|frame| format!("{:#x}", frame.pc).into_bytes().into_boxed_slice());
        *self.others.entry(function).or_insert_with_key(|function| add(function.clone()))
    }

    /// Adds the times of a goroutine that has ended, or exists when the trace ends.
    fn leave(&mut self, goroutine: &GoroutineState, times: Times, follower: &Follower) {
        let at = self.of(goroutine, follower);
        if let Some(group) = self.list.get_mut(at) {
            group.count += 1;
            group.times = group.times.plus(times);
        }
    }
}
