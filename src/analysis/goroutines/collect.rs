//! The pass that summarizes goroutines.

use super::live::{LiveGoroutine, name};
use super::tasks::{TaskLog, TaskSummary};
use super::{Goroutine, Goroutines, RegionSummary, Summaries, is_system};
use crate::analysis::names::NameId;
use crate::analysis::{
    Analysis, ByProc, BySlot, Compat, Follower, GoroutineState, Memo, OpenRegions, OutlinedTransition, SharedEvent,
    Transition,
};
use crate::base::ids::{GoId, ProcId, TaskId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::task as user;
use crate::event::transition::StateTransition;
use crate::spec::state::{GoState, ProcState};
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most times for which the number of goroutines is kept.
const MOMENTS: usize = 256;

/// Makes [`Summaries`]. Memory grows with the goroutines and regions of the trace, which
/// are the answer.
#[derive(Debug)]
pub struct CollectGoroutines {
    pub(super) compat: Compat,
    pub(super) gs: BySlot<LiveGoroutine>,
    /// Goroutines that have ended so far.
    all: Goroutines,
    pub(super) regions: Vec<RegionSummary>,
    /// Open regions, as indexes in all.
    pub(super) open: OpenRegions<usize>,
    pub(super) tasks: BTreeMap<TaskId, TaskSummary>,
    /// True for the reason of goroutines that block forever.
    forever: Memo<NameId, bool>,
    /// Goroutine that went into a system call with each P.
    in_syscall: ByProc<GoId>,
    /// Goroutine that each range of a P counts for.
    pub(super) proc_ranges: FxHashMap<(Option<ProcId>, NameId), Option<GoId>>,
    /// Number of goroutines when the trace began, including those that it mentions later.
    at_start: u64,
    /// Number of goroutines beyond that, now and over time.
    more: i64,
    counts: Vec<(Time, i64)>,
    /// Least nanoseconds between two times in `counts`.
    step: i64,
}

impl Default for CollectGoroutines {
    fn default() -> CollectGoroutines {
        CollectGoroutines::new(Compat::Right)
    }
}

impl Analysis for CollectGoroutines {
    type Output = Summaries;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        // None of these has a part in any summary.
        !matches!(event, HeapAlloc | HeapGoal | ProcsChange | CPUSample | GoLabel)
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        let (was, now, time) = (transition.was, transition.now, transition.time());
        let again = transition.begins_again();
        if transition.new || again {
            self.meet(transition.outlined(), follower);
        }
        let live = self.gs.at(transition.slot);
        if transition.begun && !again {
            if transition.left == GoState::Syscall {
                was.proc().and_then(|proc| self.in_syscall.remove(proc));
            }
            live.leave(transition.left, was.reason, transition.took, time);
        }
        let mut ends = false;
        match transition.to {
            GoState::Running => {
                live.run(time);
            }
            GoState::Waiting => {
                ends = self.forever.get(now.reason, || transition.blocks_forever(follower));
                live.now.settled = ends;
            }
            GoState::Syscall => {
                live.now.calls = time;
                now.proc().and_then(|proc| self.in_syscall.insert(proc, now.id));
            }
            GoState::NotExist => ends = true,
            GoState::Runnable | GoState::Undetermined => {}
        }
        if ends {
            self.over(transition.outlined(), follower);
        }
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        if self.counts.is_empty() {
            self.counts.push((event.time(), 0));
        }
        self.other(event, follower);
    }

    fn finish(mut self, follower: &Follower) -> Summaries {
        for (slot, goroutine) in follower.alive() {
            self.end(slot, goroutine, follower.last(), None, follower);
            self.close(slot, goroutine, follower);
        }
        let mut goroutines = self.all;
        goroutines.sort();
        // Go knows only the last life of a number that is used again, as by callbacks from
        // C.
        if self.compat == Compat::Go127 {
            goroutines.keep_last();
        }
        Summaries {
            start: follower.start(),
            end: follower.last(),
            goroutines,
            regions: self.regions,
            tasks: self.tasks,
            stacks: Arc::clone(follower.stacks()),
            counts: self.counts.iter().map(|&(at, more)| (at, self.at_start.saturating_add_signed(more))).collect(),
        }
    }
}

impl CollectGoroutines {
    /// Returns a summarizer that has seen nothing yet.
    pub fn new(compat: Compat) -> CollectGoroutines {
        CollectGoroutines {
            compat,
            gs: BySlot::default(),
            all: Goroutines::default(),
            regions: Vec::new(),
            open: OpenRegions::new(compat),
            tasks: BTreeMap::new(),
            forever: Memo::default(),
            in_syscall: ByProc::default(),
            proc_ranges: FxHashMap::default(),
            at_start: 0,
            more: 0,
            counts: Vec::new(),
            step: 0,
        }
    }

    /// Gives the summary of each goroutine that has ended to `each`, in the order in which
    /// they ended, and forgets it: memory grows then with the goroutines that exist at one
    /// time, and the answer has those of the end alone.
    pub fn take_ended(&mut self, each: impl FnMut(Goroutine)) {
        if !self.all.is_empty() {
            self.all.drain(each);
        }
    }

    /// Takes note of an event that changes no goroutine.
    fn other(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let (time, kind) = (event.time(), event.kind());
        match *kind {
            EventKind::StateTransition(StateTransition::Proc { id, from, to: ProcState::Idle })
                if from != ProcState::Idle =>
            {
                self.lose_proc(time, id, follower);
            }
            EventKind::RangeBegin(range) => self.begin_range(event, &range, time, follower),
            EventKind::RangeActive(range) => self.go_on_in_range(event, &range, follower),
            EventKind::RangeEnd(range, _) => self.end_range(event, &range, follower),
            EventKind::RegionBegin(region) => self.begin_region(event, region.kind, region.task, follower),
            EventKind::RegionEnd(region) => self.end_region(event, region.kind, region.task, follower),
            EventKind::TaskBegin(task) => self.task(event, &task, false, follower),
            EventKind::TaskEnd(task) => self.task(event, &task, true, follower),
            EventKind::Log(log) => {
                let names = &mut follower.stacks_mut().names;
                let (category, message) = (names.intern(log.category), names.intern(log.message));
                let task = self.tasks.entry(log.task).or_default();
                task.goroutines.extend(event.goroutine());
                task.logs.push(TaskLog { time, goroutine: event.goroutine(), category, message });
            }
            _ => {}
        }
    }

    /// Takes note of the beginning or end of a task. A second end is ignored; Go takes the
    /// last end, and loses the type.
    fn task(&mut self, event: &SharedEvent<'_, '_>, task: &user::Task<'_>, ends: bool, follower: &mut Follower) {
        let at = Some((event.time(), event.goroutine()));
        let name = follower.stacks_mut().names.intern(task.kind);
        let go = self.compat == Compat::Go127;
        let entry = self.tasks.entry(task.id).or_default();
        entry.goroutines.extend(event.goroutine());
        if !ends {
            self.open.begin_task(task.id);
            // A task that begins again is another one, in a trace appended to this one.
            (entry.name, entry.start, entry.end) = (name, at, entry.end.filter(|_| go));
        } else if go || entry.end.is_none() {
            entry.end = at;
            entry.name = if go || entry.start.is_none() { name } else { entry.name };
        }
        // At the end of tasks in traces up to Go 1.21, Go 1.27 takes the background task
        // for a parent.
        let as_go = go && event.is_v1() && ends && event.has_origin();
        let parent = task.parent.or(as_go.then_some(TaskId::BACKGROUND));
        let Some(parent) = parent else { return };
        let first = entry.parent.is_none();
        entry.parent.get_or_insert(parent);
        // A second parent, as a damaged trace may have, is mentioned but has no part.
        let mentioned = self.tasks.entry(parent).or_default();
        if first {
            mentioned.children.push(task.id);
        }
    }

    /// Ends a goroutine that ends, or blocks forever.
    #[inline(never)]
    fn over(&mut self, transition: OutlinedTransition<'_, '_>, follower: &Follower) {
        let transition = transition.inlined();
        let time = transition.time();
        self.end(transition.slot, transition.now, time, Some(time), follower);
        if transition.to == GoState::NotExist {
            self.close(transition.slot, transition.now, follower);
            self.more -= 1;
            self.count(time, follower);
        }
    }

    /// Begins the summary of a goroutine that is mentioned for the first time, or as if it
    /// were.
    #[inline(never)]
    fn meet(&mut self, transition: OutlinedTransition<'_, '_>, follower: &Follower) {
        let transition = transition.inlined();
        let (id, time, synced) = (transition.now.id, transition.time(), follower.synced());
        // The same ID begins another life: the one before ends here.
        if !transition.new {
            self.gs.at(transition.slot).leave(transition.left, transition.was.reason, transition.took, time);
            match self.compat {
                Compat::Right => self.end_regions(transition.slot, transition.was, Some(time), follower),
                // Go forgets them.
                Compat::Go127 => _ = self.open.end_all(id),
            }
            self.close(transition.slot, transition.was, follower);
            self.more -= 1;
        }
        // A goroutine that existed before has been as it is since the generation began.
        let known_since = if transition.from == GoState::NotExist { time } else { synced };
        // Only a creation in the trace has a creator whose region could be inherited.
        if transition.from == GoState::NotExist {
            self.inherit(&transition);
        }
        let live = self.gs.at(transition.slot);
        *live = LiveGoroutine::new(id, known_since);
        match transition.from {
            GoState::NotExist => live.create(&transition),
            GoState::Undetermined => live.settle_before(&transition, synced, self.compat),
            _ => {}
        }
        if !transition.new {
            live.spent_before(follower.time_in_states(transition.slot));
        }
        // A first mention in a later generation is of a goroutine that existed from the
        // start.
        if transition.new && transition.from != GoState::NotExist {
            self.at_start += 1;
        } else {
            self.more += 1;
            self.count(time, follower);
        }
    }

    /// Puts a created goroutine into a region from the beginning, for the task of the region
    /// that its creator is in.
    fn inherit(&mut self, transition: &Transition<'_, '_>) {
        let creator = transition.goroutine().and_then(|creator| self.open.innermost(creator));
        let Some(region) = creator.and_then(|&at| self.regions.get(at)) else { return };
        let id = transition.now.id;
        self.open.inherit(id, self.regions.len());
        self.regions.push(RegionSummary {
            inherited: true,
            start: Some(transition.time()),
            stack: transition.now.stack,
            ..RegionSummary::new(id, NameId::EMPTY, region.task)
        });
    }

    /// Takes note of the number of goroutines; halves the times that are kept when they
    /// become too many.
    fn count(&mut self, time: Time, follower: &Follower) {
        match self.counts.last_mut() {
            Some((since, most)) if time.since(*since) < self.step => *most = (*most).max(self.more),
            _ => self.counts.push((time, self.more)),
        }
        if self.counts.len() > MOMENTS {
            let whole = time.since(follower.start());
            self.step = (whole / (MOMENTS as i64 / 2)).max(1);
            let mut kept: Vec<(Time, i64)> = Vec::with_capacity(MOMENTS);
            for &(at, count) in &self.counts {
                match kept.last_mut() {
                    Some((since, most)) if at.since(*since) < self.step => *most = (*most).max(count),
                    _ => kept.push((at, count)),
                }
            }
            self.counts = kept;
        }
    }

    fn lose_proc(&mut self, time: Time, proc: ProcId, follower: &Follower) {
        let loser = self.in_syscall.remove(proc).and_then(|id| follower.slot(id));
        if let Some(live) = loser.and_then(|slot| self.gs.get_mut(slot)) {
            live.lose_proc(time);
        }
    }

    /// Ends a goroutine; at the end of the trace, with `ended` none, only its figures.
    fn end(&mut self, slot: u32, goroutine: &GoroutineState, time: Time, ended: Option<Time>, follower: &Follower) {
        let Some(live) = self.gs.get_mut(slot) else { return };
        live.sum.ended = ended.unwrap_or(live.sum.ended);
        live.end(goroutine, time, self.compat);
        self.end_regions(slot, goroutine, ended, follower);
    }

    /// Ends the regions that a goroutine is in; at the end of the trace, with `ended` none,
    /// only their figures.
    fn end_regions(&mut self, slot: u32, goroutine: &GoroutineState, ended: Option<Time>, follower: &Follower) {
        let open = self.open.end_all(goroutine.id);
        let Some(live) = self.gs.get_mut(slot).filter(|_| !open.is_empty()) else { return };
        // Regions that the runtime's own goroutines inherit belong to no task.
        let system = is_system(follower.stacks().names.get(name(goroutine, self.compat)));
        for at in open {
            let counts = |region: &RegionSummary| !system || self.compat == Compat::Right && !region.inherited;
            let Some(region) = self.regions.get_mut(at).filter(|region| counts(region)) else { continue };
            region.end = ended;
            region.stats = live.figures(follower.time_in_states(slot)).minus(&region.stats);
            region.counts = true;
            live.within_mut().regions.push(at);
        }
    }

    /// Stores the summary of a goroutine.
    fn close(&mut self, slot: u32, goroutine: &GoroutineState, follower: &Follower) {
        if let Some(live) = self.gs.get_mut(slot).filter(|live| live.sum.id == goroutine.id) {
            live.close(goroutine, follower.time_in_states(slot), &self.regions, self.compat, &mut self.all);
        }
    }
}
