//! The pass that summarizes goroutines.

use super::person::Person;
use super::tasks::{Log, Task};
use super::{Goroutine, Region, Summaries, is_system};
use crate::analysis::names::NameId;
use crate::analysis::stacks::Stacks;
use crate::analysis::{Analysis, ByGo, ByProc, ByString, Compat, GoSlot, Known, OldSeen as Seen};
use crate::event::EventKind;
use crate::event::go::GoChange;
use crate::event::transition::{GoState, ProcState, StateTransition};
use crate::ids::{GoId, ProcId, StringId, TaskId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// How many moments the number of goroutines is told for.
const MOMENTS: usize = 256;

/// Makes [`Summaries`]. Memory grows with the goroutines and regions of the trace,
/// for those are the answer.
#[derive(Debug)]
pub struct Summarizer {
    pub(super) compat: Compat,
    pub(super) gs: ByGo<Person>,
    /// All goroutines so far, in the order in which they were mentioned.
    pub(super) all: Vec<Goroutine>,
    pub(super) regions: Vec<Region>,
    pub(super) tasks: BTreeMap<TaskId, Task>,
    pub(super) stacks: Stacks,
    reasons: ByString<NameId>,
    /// The goroutine that went into a system call with a P.
    in_syscall: ByProc<GoId>,
    /// The goroutine that a P's range is put down to.
    pub(super) proc_ranges: FxHashMap<(Option<ProcId>, NameId), Option<GoId>>,
    start: Option<Time>,
    pub(super) synced: Time,
    last: Time,
    alive: u64,
    counts: Vec<(Time, u64)>,
    /// Every so many nanoseconds at the least is a moment.
    step: i64,
}

impl Default for Summarizer {
    fn default() -> Summarizer {
        Summarizer::new(Compat::Right)
    }
}

impl Analysis for Summarizer {
    type Output = Summaries;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        !matches!(event, HeapAlloc | HeapGoal | ProcsChange | CPUSample | GoLabel)
    }

    #[inline]
    fn event_old(&mut self, event: &Seen<'_, '_>) {
        let time = event.time();
        if self.start.is_none() {
            (self.start, self.synced) = (Some(time), time);
            self.counts.push((time, 0));
        }
        self.last = time;
        match event.go() {
            Some(change) if change.from != change.to => self.transition(event, change),
            Some(_) => {} // The status in a later generation.
            None => self.other(event, event.kind()),
        }
    }

    fn finish(mut self, _: &Known) -> Summaries {
        let end = self.last;
        for slot in self.gs.slots() {
            self.end(slot, end, None);
        }
        let mut goroutines = std::mem::take(&mut self.all);
        // Of a number that came back, as those of callbacks from C do, Go knows the
        // last life only.
        goroutines.sort_by_cached_key(|g| (g.id, g.created));
        if self.compat == Compat::Go127 {
            goroutines.reverse();
            goroutines.dedup_by_key(|g| g.id);
            goroutines.reverse();
        }
        let regions = &self.regions;
        for goroutine in &mut goroutines {
            goroutine.regions.sort_by_key(|&at| regions.get(at).and_then(|region| region.start));
        }
        Summaries {
            start: self.start.unwrap_or_default(),
            end,
            goroutines,
            regions: self.regions,
            tasks: self.tasks,
            stacks: self.stacks,
            counts: self.counts,
        }
    }
}

impl Summarizer {
    /// One that has seen nothing yet.
    pub fn new(compat: Compat) -> Summarizer {
        Summarizer {
            compat,
            gs: ByGo::default(),
            all: Vec::new(),
            regions: Vec::new(),
            tasks: BTreeMap::new(),
            stacks: Stacks::default(),
            reasons: ByString::default(),
            in_syscall: ByProc::default(),
            proc_ranges: FxHashMap::default(),
            start: None,
            synced: Time(0),
            last: Time(0),
            alive: 0,
            counts: Vec::new(),
            step: 0,
        }
    }

    /// Takes note of what changes no goroutine.
    fn other(&mut self, event: &Seen<'_, '_>, kind: &EventKind<'_>) {
        let time = event.time();
        match *kind {
            EventKind::Sync(_) => self.synced = time,
            EventKind::StateTransition(StateTransition::Proc { id, from, to: ProcState::Idle })
                if from != ProcState::Idle =>
            {
                self.lose_proc(event, id);
            }
            EventKind::RangeBegin(range) => self.begin_range(event, &range, time),
            EventKind::RangeActive(range) => self.go_on_in_range(event, &range),
            EventKind::RangeEnd(range, _) => self.end_range(event, &range),
            EventKind::RegionBegin(region) => self.begin_region(event, region.kind, region.task),
            EventKind::RegionEnd(region) => self.end_region(event, region.kind, region.task),
            EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => {
                let at = (time, event.goroutine());
                let name = self.stacks.names.intern(task.kind);
                let known = self.tasks.entry(task.id).or_default();
                known.name = name;
                known.goroutines.extend(event.goroutine());
                match kind {
                    EventKind::TaskBegin(_) => known.start = Some(at),
                    _ => known.end = Some(at),
                }
                // At the end of tasks in traces up to Go 1.21, Go 1.27 takes the
                // background task for a parent.
                let ends = matches!(kind, EventKind::TaskEnd(_)) && event.has_origin();
                let as_go = self.compat == Compat::Go127 && event.is_v1() && ends;
                let parent = task.parent.or(as_go.then_some(TaskId::BACKGROUND));
                if let (Some(parent), None) = (parent, known.parent) {
                    known.parent = Some(parent);
                    self.tasks.entry(parent).or_default().children.push(task.id);
                }
            }
            EventKind::Log(log) => {
                let names = &mut self.stacks.names;
                let (category, message) = (names.intern(log.category), names.intern(log.message));
                let task = self.tasks.entry(log.task).or_default();
                task.goroutines.extend(event.goroutine());
                task.logs.push(Log { time, goroutine: event.goroutine(), category, message });
            }
            _ => {}
        }
    }

    #[inline]
    fn transition(&mut self, event: &Seen<'_, '_>, change: &GoChange) {
        let (GoChange { id, from, to, .. }, time) = (*change, event.time());
        let own = self.stacks.intern(event.stack_numbered(change.own_stack));
        let reason = match change.reason {
            StringId(0) => NameId::EMPTY,
            reason => self.reasons.get(event, reason, |reason| self.stacks.names.intern(reason)),
        };
        if matches!(from, GoState::Undetermined | GoState::NotExist) {
            self.meet(event, change, reason);
        }
        let (since, all) = (self.synced, &mut self.all);
        let person = self.gs.get_or_insert_with(event.slot(id), || {
            all.push(Goroutine::new(id, since));
            Person::new(all.len() - 1)
        });
        let Some(sum) = all.get_mut(person.at) else { return };
        if from == GoState::Syscall && person.syscall.is_some() {
            person.syscall_proc.and_then(|proc| self.in_syscall.remove(proc));
        }
        person.leave(&mut sum.stats, from, time);
        if sum.name == NameId::EMPTY {
            sum.name = self.stacks.root_name(own);
        }
        (sum.state, sum.since, sum.reason, sum.stack) = (to, time, reason, own);
        let mut ends = to == GoState::NotExist;
        match to {
            GoState::Running => {
                person.running = Some(time);
                sum.started.get_or_insert(time);
            }
            GoState::Runnable => person.runnable = Some(time),
            GoState::Waiting if self.stacks.names.get(reason) == b"forever" => ends = true,
            GoState::Waiting => person.blocked = Some((time, reason)),
            GoState::Syscall => {
                person.syscall = Some(time);
                person.syscall_proc = event.proc();
                event.proc().and_then(|proc| self.in_syscall.insert(proc, id));
            }
            GoState::NotExist | GoState::Undetermined => {}
        }
        if ends {
            self.end(event.slot(id), time, Some(time));
        }
        if to == GoState::NotExist {
            self.gs.remove(event.slot(id));
            self.alive = self.alive.saturating_sub(1);
            self.count(time);
        }
    }

    /// A goroutine that is mentioned for the first time, or created.
    fn meet(&mut self, event: &Seen<'_, '_>, change: &GoChange, reason: NameId) {
        let GoChange { id, from, to, .. } = *change;
        let (time, at) = (event.time(), self.all.len());
        if self.gs.remove(event.slot(id)).is_some() {
            self.alive = self.alive.saturating_sub(1);
        }
        self.alive += 1;
        self.count(time);
        let (mut sum, mut person) = (Goroutine::new(id, time), Person::new(at));
        if from == GoState::NotExist {
            sum.creation_seen = true;
            sum.creator = event.goroutine();
            sum.creation_stack = self.stacks.intern(event.stack_numbered(change.stack));
            // It inherits the task of the region that its creator is in.
            let creator = event.goroutine().and_then(|id| self.gs.get(event.slot(id)));
            let inherited = creator.and_then(|creator| creator.active.last().copied());
            if let Some(task) = inherited.and_then(|at| self.regions.get(at)).map(|region| region.task) {
                person.active.push(self.regions.len());
                let region = Region::new(id, NameId::EMPTY, task);
                self.regions.push(Region { start: Some(time), stack: sum.creation_stack, ..region });
            }
        } else {
            // What it is now it has been since the generation began.
            let (stats, since) = (&mut sum.stats, time.since(self.synced));
            sum.created = self.synced;
            match to {
                GoState::Running => stats.exec = since,
                GoState::Waiting => stats.block.add(reason, since),
                GoState::Runnable => stats.sched_wait = since,
                GoState::Syscall if event.proc().is_none() => stats.syscall_block = since,
                GoState::Syscall => stats.syscall = since,
                GoState::NotExist | GoState::Undetermined => {}
            }
        }
        self.all.push(sum);
        self.gs.get_or_insert_with(event.slot(id), || person);
    }

    /// Takes note of how many goroutines there are; when moments become too many,
    /// each two become one.
    fn count(&mut self, time: Time) {
        match self.counts.last_mut() {
            Some((since, most)) if time.since(*since) < self.step => *most = (*most).max(self.alive),
            _ => self.counts.push((time, self.alive)),
        }
        if self.counts.len() > MOMENTS {
            let whole = time.since(self.start.unwrap_or(time));
            self.step = (whole / (MOMENTS as i64 / 2)).max(1);
            let mut kept: Vec<(Time, u64)> = Vec::with_capacity(MOMENTS);
            for &(at, count) in &self.counts {
                match kept.last_mut() {
                    Some((since, most)) if at.since(*since) < self.step => *most = (*most).max(count),
                    _ => kept.push((at, count)),
                }
            }
            self.counts = kept;
        }
    }

    fn lose_proc(&mut self, event: &Seen<'_, '_>, proc: ProcId) {
        let Some(id) = self.in_syscall.remove(proc) else { return };
        if let Some(person) = self.gs.get_mut(event.slot(id)) {
            person.lost_proc = Some(event.time());
        }
    }

    /// Ends a goroutine, or with the trace its summary.
    fn end(&mut self, slot: GoSlot, time: Time, ended: Option<Time>) {
        let Some(person) = self.gs.get_mut(slot) else { return };
        let Some(sum) = self.all.get_mut(person.at) else { return };
        sum.ended = ended.or(sum.ended);
        person.settle(&mut sum.stats, sum.created, time, self.compat);
        let system = is_system(self.stacks.names.get(sum.name));
        for at in person.end() {
            let Some(region) = self.regions.get_mut(at).filter(|_| !system) else { continue };
            region.end = ended;
            region.stats = sum.stats.minus(&region.stats);
            region.counts = true;
            sum.regions.push(at);
        }
    }
}
