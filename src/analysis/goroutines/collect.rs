//! The pass that summarizes goroutines.

use super::keep::Keep;
use super::lists::Lists;
use super::live::{LiveGoroutine, name};
use super::within::OpenRegion;
use super::{Goroutine, Goroutines, RegionSummary, Stats, Summaries, is_system};
use crate::analysis::names::NameId;
use crate::analysis::{
    Analysis, ByProc, BySlot, Compat, Follower, GoroutineState, Memo, OpenRegions, OutlinedTransition, SharedEvent,
    Transition,
};
use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::transition::StateTransition;
use crate::spec::state::{GoState, ProcState};
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most times for which the number of goroutines is kept.
const MOMENTS: usize = 256;

/// Makes [`Summaries`] with lists of everything. Memory grows with the goroutines, regions and
/// tasks of the trace, which are the answer.
pub type CollectGoroutines = CollectLives<Lists>;

/// Follows goroutines, the regions they are in, and tasks, and hands each to a [`Keep`] when it
/// is over. Memory grows with those that exist at one time, and with what is kept.
#[derive(Debug)]
pub struct CollectLives<K> {
    pub(super) compat: Compat,
    pub(super) keep: K,
    pub(super) gs: BySlot<LiveGoroutine>,
    /// Open regions, as places in `regions`.
    pub(super) open: OpenRegions<usize>,
    pub(super) regions: Vec<OpenRegion>,
    /// Places in `regions` that are not in use.
    pub(super) free: Vec<usize>,
    /// Figures at an event, kept for their memory.
    pub(super) now: Stats,
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

impl<K: Keep> Analysis for CollectLives<K> {
    type Output = K::Output;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        match event {
            UserRegionBegin | UserRegionEnd => self.keep.wants_regions(),
            UserTaskBegin => self.keep.wants_regions() || self.keep.wants_tasks(),
            UserTaskEnd | UserLog => self.keep.wants_tasks(),
            // None of these has a part in any summary.
            HeapAlloc | HeapGoal | ProcsChange | CPUSample | GoLabel => false,
            _ => true,
        }
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

    fn finish(mut self, follower: &Follower) -> K::Output {
        for (slot, goroutine) in follower.alive() {
            self.end(slot, goroutine, follower.last(), None, follower);
            self.close(slot, goroutine, follower);
        }
        // Regions that nothing ended, as Go forgets some.
        for open in &mut self.regions {
            if !open.is_over {
                self.keep.region(open.number, &mut open.region, follower);
            }
        }
        self.keep.finish(Summaries {
            compat: self.compat,
            start: follower.start(),
            end: follower.last(),
            goroutines: Goroutines::default(),
            regions: Vec::new(),
            tasks: BTreeMap::new(),
            stacks: Arc::clone(follower.stacks()),
            counts: self.counts.iter().map(|&(at, more)| (at, self.at_start.saturating_add_signed(more))).collect(),
        })
    }
}

impl CollectLives<Lists> {
    /// Returns a summarizer that has seen nothing yet.
    pub fn new(compat: Compat) -> CollectGoroutines {
        CollectLives::keeping(compat, Lists::everything())
    }

    /// Gives the summary of each goroutine that has ended to `each`, in the order in which
    /// they ended, and forgets it: memory grows then with the goroutines that exist at one
    /// time, and the answer has those of the end alone.
    pub fn take_ended(&mut self, each: impl FnMut(Goroutine)) {
        self.keep.take_ended(each);
    }
}

impl<K: Keep> CollectLives<K> {
    /// Returns a summarizer that has seen nothing yet, and hands what is over to `keep`.
    pub fn keeping(compat: Compat, keep: K) -> CollectLives<K> {
        CollectLives {
            compat,
            keep,
            gs: BySlot::default(),
            open: OpenRegions::new(compat),
            regions: Vec::new(),
            free: Vec::new(),
            now: Stats::default(),
            forever: Memo::default(),
            in_syscall: ByProc::default(),
            proc_ranges: FxHashMap::default(),
            at_start: 0,
            more: 0,
            counts: Vec::new(),
            step: 0,
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
            EventKind::TaskBegin(task) => {
                self.open.begin_task(task.id);
                self.keep.task(event, &task, false, self.compat, follower);
            }
            EventKind::TaskEnd(task) => self.keep.task(event, &task, true, self.compat, follower),
            EventKind::Log(log) => self.keep.log(event, &log, follower),
            _ => {}
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
        let Some(task) = creator.and_then(|&at| self.regions.get(at)).map(|open| open.region.task) else { return };
        let (id, start) = (transition.now.id, Some(transition.time()));
        let region = RegionSummary::new(id, NameId::EMPTY, task);
        self.now.clone_from(&Stats::default());
        let at = self.begin(RegionSummary { inherited: true, start, stack: transition.now.stack, ..region });
        self.open.inherit(id, at);
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
        let figures = live.figures(follower.time_in_states(slot));
        for at in open {
            let Some(region) = self.regions.get_mut(at).map(|open| &mut open.region) else { continue };
            let counts = !system || self.compat == Compat::Right && !region.inherited;
            self.over_region(slot, at, ended, counts.then_some(&figures), follower);
        }
    }

    /// Stores the summary of a goroutine.
    fn close(&mut self, slot: u32, goroutine: &GoroutineState, follower: &Follower) {
        if let Some(live) = self.gs.get_mut(slot).filter(|live| live.sum.id == goroutine.id) {
            live.sum.stats.spend(follower.time_in_states(slot));
            live.close(goroutine, self.compat, follower, &mut self.keep);
        }
    }
}
