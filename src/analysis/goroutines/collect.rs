//! The pass that summarizes goroutines.

use super::person::Person;
use super::tasks::{Log, Task};
use super::{Goroutines, Region, Summaries, is_system};
use crate::analysis::names::NameId;
use crate::analysis::{Analysis, Aside, ByProc, BySlot, Compat, Known, Life, Memo, Seen, Step};
use crate::event::EventKind;
use crate::event::transition::{GoState, ProcState, StateTransition};
use crate::ids::{GoId, ProcId, TaskId};
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many moments the number of goroutines is told for.
const MOMENTS: usize = 256;

/// Makes [`Summaries`]. Memory grows with the goroutines and regions of the trace,
/// for those are the answer.
#[derive(Debug)]
pub struct Summarizer {
    pub(super) compat: Compat,
    pub(super) gs: BySlot<Person>,
    /// Those that have ended so far.
    all: Goroutines,
    pub(super) regions: Vec<Region>,
    pub(super) tasks: BTreeMap<TaskId, Task>,
    /// Whether a reason to block is that of one that never ends.
    forever: Memo<NameId, bool>,
    /// The goroutine that went into a system call with a P.
    in_syscall: ByProc<GoId>,
    /// The goroutine that a P's range is put down to.
    pub(super) proc_ranges: FxHashMap<(Option<ProcId>, NameId), Option<GoId>>,
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

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        if step.from != step.to {
            self.step(step, known);
        }
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        if self.counts.is_empty() {
            self.counts.push((event.time(), 0));
        }
        self.other(event, known);
    }

    fn finish(mut self, known: &Known) -> Summaries {
        for (slot, life) in known.alive() {
            self.end(slot, life, known.last(), None, known);
            self.close(slot, life, known);
        }
        let mut goroutines = self.all;
        goroutines.sort();
        // Of a number that came back, as those of callbacks from C do, Go knows the
        // last life only.
        if self.compat == Compat::Go127 {
            goroutines.keep_last();
        }
        Summaries {
            start: known.start(),
            end: known.last(),
            goroutines,
            regions: self.regions,
            tasks: self.tasks,
            stacks: Arc::clone(known.stacks()),
            counts: self.counts,
        }
    }
}

impl Summarizer {
    /// One that has seen nothing yet.
    pub fn new(compat: Compat) -> Summarizer {
        Summarizer {
            compat,
            gs: BySlot::default(),
            all: Goroutines::default(),
            regions: Vec::new(),
            tasks: BTreeMap::new(),
            forever: Memo::default(),
            in_syscall: ByProc::default(),
            proc_ranges: FxHashMap::default(),
            alive: 0,
            counts: Vec::new(),
            step: 0,
        }
    }

    /// Takes note of what changes no goroutine.
    fn other(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        let (time, kind) = (event.time(), event.kind());
        match *kind {
            EventKind::StateTransition(StateTransition::Proc { id, from, to: ProcState::Idle })
                if from != ProcState::Idle =>
            {
                self.lose_proc(time, id, known);
            }
            EventKind::RangeBegin(range) => self.begin_range(event, &range, time, known),
            EventKind::RangeActive(range) => self.go_on_in_range(event, &range, known),
            EventKind::RangeEnd(range, _) => self.end_range(event, &range, known),
            EventKind::RegionBegin(region) => self.begin_region(event, region.kind, region.task, known),
            EventKind::RegionEnd(region) => self.end_region(event, region.kind, region.task, known),
            EventKind::TaskBegin(task) | EventKind::TaskEnd(task) => {
                let at = (time, event.goroutine());
                let name = known.stacks_mut().names.intern(task.kind);
                let told = self.tasks.entry(task.id).or_default();
                told.name = name;
                told.goroutines.extend(event.goroutine());
                match kind {
                    EventKind::TaskBegin(_) => told.start = Some(at),
                    _ => told.end = Some(at),
                }
                // At the end of tasks in traces up to Go 1.21, Go 1.27 takes the
                // background task for a parent.
                let ends = matches!(kind, EventKind::TaskEnd(_)) && event.has_origin();
                let as_go = self.compat == Compat::Go127 && event.is_v1() && ends;
                let parent = task.parent.or(as_go.then_some(TaskId::BACKGROUND));
                if let (Some(parent), None) = (parent, told.parent) {
                    told.parent = Some(parent);
                    self.tasks.entry(parent).or_default().children.push(task.id);
                }
            }
            EventKind::Log(log) => {
                let names = &mut known.stacks_mut().names;
                let (category, message) = (names.intern(log.category), names.intern(log.message));
                let task = self.tasks.entry(log.task).or_default();
                task.goroutines.extend(event.goroutine());
                task.logs.push(Log { time, goroutine: event.goroutine(), category, message });
            }
            _ => {}
        }
    }

    #[inline(always)]
    fn step(&mut self, step: &Step<'_, '_>, known: &Known) {
        let (was, now, time) = (step.was, step.now, step.time());
        // Go 1.21 and older tell anew of goroutines that call from C.
        let anew = step.from == GoState::Undetermined;
        if step.new || anew {
            self.meet(step.aside(), known);
        }
        let person = self.gs.at(step.slot);
        if step.begun && !anew {
            if step.left == GoState::Syscall {
                was.proc().and_then(|proc| self.in_syscall.remove(proc));
            }
            person.leave(step.left, was.reason, step.took, time);
        }
        let mut ends = false;
        match step.to {
            GoState::Running => {
                person.run(time);
            }
            GoState::Waiting => {
                ends = self.forever.get(now.reason, || known.stacks().names.get(now.reason) == b"forever");
                person.now.settled = ends;
            }
            GoState::Syscall => {
                person.now.calls = time;
                now.proc().and_then(|proc| self.in_syscall.insert(proc, now.id));
            }
            GoState::NotExist => ends = true,
            GoState::Runnable | GoState::Undetermined => {}
        }
        if ends {
            self.over(step.aside(), known);
        }
    }

    /// A goroutine ends, or blocks forever.
    #[inline(never)]
    fn over(&mut self, step: Aside<'_, '_>, known: &Known) {
        let step = step.step();
        let time = step.time();
        self.end(step.slot, step.now, time, Some(time), known);
        if step.to == GoState::NotExist {
            self.close(step.slot, step.now, known);
            self.alive = self.alive.saturating_sub(1);
            self.count(time, known);
        }
    }

    /// A goroutine that is mentioned for the first time, or as if it were.
    #[inline(never)]
    fn meet(&mut self, step: Aside<'_, '_>, known: &Known) {
        let step = step.step();
        let (id, time, synced) = (step.now.id, step.time(), known.synced());
        if !step.new {
            self.gs.at(step.slot).leave(step.left, step.was.reason, step.took, time);
            self.close(step.slot, step.was, known);
            self.alive = self.alive.saturating_sub(1);
        }
        // What is known of is as it is since the generation began.
        let known_since = if step.from == GoState::NotExist { time } else { synced };
        let inherited = if step.from == GoState::NotExist { self.inherited(&step, known) } else { None };
        let person = self.gs.at(step.slot);
        *person = Person::new(id, known_since);
        match step.from {
            GoState::NotExist => person.create(&step, inherited),
            GoState::Undetermined => person.settle_before(&step, synced),
            _ => {}
        }
        if !step.new {
            person.spent_before(known.spent(step.slot));
        }
        if matches!(step.from, GoState::NotExist | GoState::Undetermined) {
            self.alive += 1;
            self.count(time, known);
        }
    }

    /// The region that one which is created is in from the beginning: in the task of
    /// the region that its creator is in.
    fn inherited(&mut self, step: &Step<'_, '_>, known: &Known) -> Option<usize> {
        if self.regions.is_empty() {
            return None;
        }
        let creator = self.gs.get(known.slot(step.goroutine()?)?)?;
        let task = self.regions.get(*creator.within()?.active.last()?)?.task;
        let region = Region::new(step.now.id, NameId::EMPTY, task);
        self.regions.push(Region { start: Some(step.time()), stack: step.now.stack, ..region });
        Some(self.regions.len() - 1)
    }

    /// Takes note of how many goroutines there are; when moments become too many,
    /// each two become one.
    fn count(&mut self, time: Time, known: &Known) {
        match self.counts.last_mut() {
            Some((since, most)) if time.since(*since) < self.step => *most = (*most).max(self.alive),
            _ => self.counts.push((time, self.alive)),
        }
        if self.counts.len() > MOMENTS {
            let whole = time.since(known.start());
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

    fn lose_proc(&mut self, time: Time, proc: ProcId, known: &Known) {
        let loser = self.in_syscall.remove(proc).and_then(|id| known.slot(id));
        if let Some(person) = loser.and_then(|slot| self.gs.get_mut(slot)) {
            person.lose_proc(time);
        }
    }

    /// Ends a goroutine, or with the trace its summary.
    fn end(&mut self, slot: u32, life: &Life, time: Time, ended: Option<Time>, known: &Known) {
        let Some(person) = self.gs.get_mut(slot) else { return };
        person.sum.ended = ended.unwrap_or(person.sum.ended);
        let active = person.end(life, time, self.compat);
        if active.is_empty() || is_system(known.stacks().names.get(life.root)) {
            return;
        }
        for at in active {
            let Some(region) = self.regions.get_mut(at) else { continue };
            region.end = ended;
            region.stats = person.figures(known.spent(slot)).minus(&region.stats);
            region.counts = true;
            person.within_mut().regions.push(at);
        }
    }

    /// Writes down the summary of a goroutine.
    fn close(&mut self, slot: u32, life: &Life, known: &Known) {
        if let Some(person) = self.gs.get_mut(slot).filter(|person| person.sum.id == life.id) {
            person.close(life, known.spent(slot), &self.regions, &mut self.all);
        }
    }
}
