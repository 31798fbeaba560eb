//! The pass that summarizes goroutines.

use super::tasks::{Log, Task};
use super::{Goroutine, Region, Stats, Summaries, is_system};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, ByGo, Compat};
use crate::event::range::{Range, RangeScope};
use crate::event::transition::{GoState, ProcState, StateTransition};
use crate::event::{Event, EventKind};
use crate::ids::{GoId, ProcId, TaskId};
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
    compat: Compat,
    gs: ByGo<Person>,
    gone: Vec<Goroutine>,
    regions: Vec<Region>,
    tasks: BTreeMap<TaskId, Task>,
    stacks: Stacks,
    /// The goroutine that went into a system call with a P; none for no P.
    in_syscall: FxHashMap<Option<ProcId>, GoId>,
    /// The goroutine that a P's range is put down to.
    proc_ranges: FxHashMap<(Option<ProcId>, NameId), Option<GoId>>,
    start: Option<Time>,
    synced: Time,
    last: Time,
    alive: u64,
    counts: Vec<(Time, u64)>,
    /// Every so many nanoseconds at the least is a moment.
    step: i64,
}

/// A goroutine, and what it is in the middle of.
#[derive(Clone, Debug)]
struct Person {
    sum: Goroutine,
    running: Option<Time>,
    runnable: Option<Time>,
    blocked: Option<(Time, NameId)>,
    syscall: Option<Time>,
    /// With which P it went into the system call.
    syscall_proc: Option<ProcId>,
    lost_proc: Option<Time>,
    ranges: Vec<(NameId, Time)>,
    /// The regions it is in, as places among all; what was counted before them
    /// is in their figures until they end.
    active: Vec<usize>,
}

impl Default for Summarizer {
    fn default() -> Summarizer {
        Summarizer::new(Compat::Right)
    }
}

impl Person {
    fn new(id: GoId, created: Time) -> Person {
        let sum = Goroutine {
            id,
            name: NameId::EMPTY,
            created,
            creator: None,
            creation_seen: false,
            creation_stack: StackKey::EMPTY,
            started: None,
            ended: None,
            stats: Stats::default(),
            state: GoState::Undetermined,
            since: created,
            reason: NameId::EMPTY,
            stack: StackKey::EMPTY,
            regions: Vec::new(),
        };
        Person {
            sum,
            running: None,
            runnable: None,
            blocked: None,
            syscall: None,
            syscall_proc: None,
            lost_proc: None,
            ranges: Vec::new(),
            active: Vec::new(),
        }
    }

    /// Its figures up to `time`, what it is in the middle of included.
    fn until(&self, time: Time, compat: Compat) -> Stats {
        let mut stats = self.sum.stats.clone();
        if stats.total == 0 {
            stats.total = time.since(self.sum.created);
        }
        let since = |begun: Option<Time>| begun.map_or(0, |begun| time.since(begun));
        stats.exec = stats.exec.saturating_add(since(self.running));
        stats.sched_wait = stats.sched_wait.saturating_add(since(self.runnable));
        if let Some((begun, reason)) = self.blocked {
            stats.block.add(reason, time.since(begun));
        }
        match (self.syscall, self.lost_proc) {
            // Go counts all of it as with a P, and what was without one as waiting.
            (Some(_), Some(_)) | (None, Some(_)) if compat == Compat::Go127 => {
                stats.syscall = stats.syscall.saturating_add(since(self.syscall));
                stats.sched_wait = stats.sched_wait.saturating_add(since(self.lost_proc));
            }
            (Some(begun), Some(lost)) => {
                stats.syscall = stats.syscall.saturating_add(lost.since(begun));
                stats.syscall_block = stats.syscall_block.saturating_add(time.since(lost));
            }
            (begun, _) => stats.syscall = stats.syscall.saturating_add(since(begun)),
        }
        for &(name, begun) in &self.ranges {
            stats.ranges.add(name, time.since(begun));
        }
        stats
    }

    /// Ends the state it is in.
    fn leave(&mut self, state: GoState, time: Time) {
        let stats = &mut self.sum.stats;
        match state {
            GoState::Running => {
                if let Some(begun) = self.running.take() {
                    stats.exec = stats.exec.saturating_add(time.since(begun));
                }
            }
            GoState::Runnable => {
                if let Some(begun) = self.runnable.take() {
                    stats.sched_wait = stats.sched_wait.saturating_add(time.since(begun));
                }
            }
            GoState::Waiting => {
                if let Some((begun, reason)) = self.blocked.take() {
                    stats.block.add(reason, time.since(begun));
                }
            }
            GoState::Syscall => {
                let Some(begun) = self.syscall.take() else { return };
                let with_proc = self.lost_proc.unwrap_or(time);
                stats.syscall = stats.syscall.saturating_add(with_proc.since(begun));
                stats.syscall_block = stats.syscall_block.saturating_add(time.since(with_proc));
                self.lost_proc = None;
            }
            GoState::NotExist | GoState::Undetermined => {}
        }
    }
}

impl Analysis for Summarizer {
    type Output = Summaries;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        !matches!(event, HeapAlloc | HeapGoal | ProcsChange | CPUSample | GoLabel)
    }

    fn event(&mut self, event: &Event<'_>, kind: &EventKind<'_>) {
        let time = event.time();
        if self.start.is_none() {
            (self.start, self.synced) = (Some(time), time);
            self.counts.push((time, 0));
        }
        self.last = time;
        match *kind {
            EventKind::Sync(_) => self.synced = time,
            EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, stack }) if from != to => {
                let own = self.stacks.intern(stack);
                self.transition(event, id, (from, to), reason, own);
            }
            EventKind::StateTransition(StateTransition::Proc { id, from, to: ProcState::Idle })
                if from != ProcState::Idle =>
            {
                self.lose_proc(id, time);
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

    fn finish(mut self) -> Summaries {
        let end = self.last;
        for (_, mut person) in self.gs.drain() {
            self.end(&mut person, end, None);
            self.gone.push(person.sum);
        }
        let mut goroutines = std::mem::take(&mut self.gone);
        // Of a number that came back, as those of callbacks from C do, Go knows the
        // last life only.
        goroutines.sort_by_key(|g| (g.id, g.created));
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
            gone: Vec::new(),
            regions: Vec::new(),
            tasks: BTreeMap::new(),
            stacks: Stacks::default(),
            in_syscall: FxHashMap::default(),
            proc_ranges: FxHashMap::default(),
            start: None,
            synced: Time(0),
            last: Time(0),
            alive: 0,
            counts: Vec::new(),
            step: 0,
        }
    }

    fn transition(
        &mut self,
        event: &Event<'_>,
        id: GoId,
        (from, to): (GoState, GoState),
        reason: &[u8],
        own: StackKey,
    ) {
        let time = event.time();
        let reason = if reason.is_empty() { NameId::EMPTY } else { self.stacks.names.intern(reason) };
        if matches!(from, GoState::Undetermined | GoState::NotExist) {
            self.meet(event, id, (from, to), reason);
        }
        let root = self.stacks.frames(own).last().map_or(NameId::EMPTY, |frame| frame.func);
        let mut ends = to == GoState::NotExist;
        {
            let since = self.synced;
            let person = self.gs.get_or_insert_with(id, || Person::new(id, since));
            if from == GoState::Syscall && person.syscall.is_some() {
                self.in_syscall.remove(&person.syscall_proc);
            }
            person.leave(from, time);
            let sum = &mut person.sum;
            if sum.name == NameId::EMPTY {
                sum.name = root;
            }
            (sum.state, sum.since, sum.reason, sum.stack) = (to, time, reason, own);
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
                    self.in_syscall.insert(event.proc(), id);
                }
                GoState::NotExist | GoState::Undetermined => {}
            }
        }
        if ends && let Some(mut person) = self.gs.remove(id) {
            self.end(&mut person, time, Some(time));
            if to == GoState::NotExist {
                self.gone.push(person.sum);
                self.alive = self.alive.saturating_sub(1);
                self.count(time);
            } else {
                self.gs.get_or_insert_with(id, || person);
            }
        }
    }

    /// A goroutine that is mentioned for the first time, or created.
    fn meet(&mut self, event: &Event<'_>, id: GoId, (from, to): (GoState, GoState), reason: NameId) {
        if let Some(before) = self.gs.remove(id) {
            self.gone.push(before.sum);
            self.alive = self.alive.saturating_sub(1);
        }
        self.alive += 1;
        self.count(event.time());
        let mut person = Person::new(id, event.time());
        if from == GoState::NotExist {
            person.sum.creation_seen = true;
            person.sum.creator = event.goroutine();
            person.sum.creation_stack = self.stacks.intern(event.stack());
            // It inherits the task of the region that its creator is in.
            let creator = event.goroutine().and_then(|id| self.gs.get_mut(id));
            let inherited = creator.and_then(|creator| creator.active.last().copied());
            if let Some(task) = inherited.and_then(|at| self.regions.get(at)).map(|region| region.task) {
                person.active.push(self.regions.len());
                let stack = person.sum.creation_stack;
                self.regions.push(region(id, NameId::EMPTY, task, Some(event.time()), stack));
            }
        } else {
            // What it is now it has been since the generation began.
            let (stats, since) = (&mut person.sum.stats, event.time().since(self.synced));
            person.sum.created = self.synced;
            match to {
                GoState::Running => stats.exec = since,
                GoState::Waiting => stats.block.add(reason, since),
                GoState::Runnable => stats.sched_wait = since,
                GoState::Syscall if event.proc().is_none() => stats.syscall_block = since,
                GoState::Syscall => stats.syscall = since,
                GoState::NotExist | GoState::Undetermined => {}
            }
        }
        self.gs.get_or_insert_with(id, || person);
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

    fn lose_proc(&mut self, proc: ProcId, time: Time) {
        let Some(id) = self.in_syscall.remove(&Some(proc)) else { return };
        if let Some(person) = self.gs.get_mut(id) {
            person.lost_proc = Some(time);
        }
    }

    /// Ends a goroutine, or the trace.
    fn end(&mut self, person: &mut Person, time: Time, ended: Option<Time>) {
        if ended.is_some() {
            person.sum.ended = ended;
        }
        person.sum.stats = person.until(time, self.compat);
        let system = is_system(self.stacks.names.get(person.sum.name));
        for at in std::mem::take(&mut person.active) {
            let Some(region) = self.regions.get_mut(at).filter(|_| !system) else { continue };
            region.end = ended;
            region.stats = person.sum.stats.minus(&region.stats);
            region.counts = true;
            person.sum.regions.push(at);
        }
        (person.running, person.runnable, person.blocked) = (None, None, None);
        (person.syscall, person.lost_proc) = (None, None);
        person.ranges.clear();
    }

    /// Whose time a range is: its own goroutine's, or of one on a P, that of the
    /// goroutine which runs there.
    fn begin_range(&mut self, event: &Event<'_>, range: &Range<'_>, since: Time) {
        let name = self.stacks.names.intern(&range.name.name());
        let id = match range.scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(id) => id,
            RangeScope::Proc(proc) => {
                if event.goroutine().is_some_and(|id| self.gs.get_mut(id).is_some()) {
                    self.proc_ranges.insert((proc, name), event.goroutine());
                }
                event.goroutine()
            }
        };
        let Some(person) = id.and_then(|id| self.gs.get_mut(id)) else { return };
        match person.ranges.iter_mut().find(|(known, _)| *known == name) {
            Some((_, begun)) => *begun = since,
            None => person.ranges.push((name, since)),
        }
    }

    fn go_on_in_range(&mut self, event: &Event<'_>, range: &Range<'_>) {
        let (name, synced) = (self.stacks.names.intern(&range.name.name()), self.synced);
        let id = match range.scope {
            RangeScope::Global => return,
            RangeScope::Goroutine(id) => id,
            RangeScope::Proc(_) => event.goroutine(),
        };
        if let Some(person) = id.and_then(|id| self.gs.get_mut(id))
            && let Some((_, begun)) = person.ranges.iter().find(|(known, _)| *known == name)
        {
            let time = synced.since(*begun);
            person.sum.stats.ranges.add(name, time);
        }
        self.begin_range(event, range, synced);
    }

    fn end_range(&mut self, event: &Event<'_>, range: &Range<'_>) {
        let name = self.stacks.names.intern(&range.name.name());
        let id = match range.scope {
            RangeScope::Global => None,
            RangeScope::Goroutine(id) => id,
            // It counts only if it ends on the goroutine that it began on.
            RangeScope::Proc(proc) => {
                let begun = self.proc_ranges.remove(&(proc, name)).flatten();
                begun.filter(|_| begun == event.goroutine())
            }
        };
        let Some(person) = id.and_then(|id| self.gs.get_mut(id)) else { return };
        let Some(at) = person.ranges.iter().position(|(known, _)| *known == name) else { return };
        let (_, begun) = person.ranges.swap_remove(at);
        person.sum.stats.ranges.add(name, event.time().since(begun));
    }

    fn begin_region(&mut self, event: &Event<'_>, kind: &[u8], task: TaskId) {
        let (name, stack) = (self.stacks.names.intern(kind), self.stacks.intern(event.stack()));
        let Some(id) = event.goroutine() else { return };
        let Some(person) = self.gs.get_mut(id) else { return };
        let at = self.regions.len();
        // Until it ends, its figures are what was before it.
        let stats = person.until(event.time(), self.compat);
        person.active.push(at);
        self.regions.push(Region { stats, ..region(id, name, task, Some(event.time()), stack) });
        self.join(task, id, at);
    }

    fn end_region(&mut self, event: &Event<'_>, kind: &[u8], task: TaskId) {
        let name = self.stacks.names.intern(kind);
        let Some(id) = event.goroutine() else { return };
        let Some(person) = self.gs.get_mut(id) else { return };
        let now = person.until(event.time(), self.compat);
        let (at, new) = match person.active.pop() {
            Some(at) => (at, false),
            None => (self.regions.len(), true),
        };
        person.sum.regions.push(at);
        if new {
            self.regions.push(region(id, name, task, None, StackKey::EMPTY));
            self.join(task, id, at);
        }
        if let Some(region) = self.regions.get_mut(at) {
            region.stats = now.minus(&region.stats);
            region.end = Some(event.time());
            region.counts = true;
        }
    }

    /// A goroutine takes part in a task with a region.
    fn join(&mut self, task: TaskId, id: GoId, at: usize) {
        let task = self.tasks.entry(task).or_default();
        task.regions.push(at);
        task.goroutines.insert(id);
    }
}

fn region(goroutine: GoId, name: NameId, task: TaskId, start: Option<Time>, stack: StackKey) -> Region {
    Region { goroutine, name, task, start, stack, end: None, stats: Stats::default(), counts: false }
}
