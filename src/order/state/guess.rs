//! Guesses: reading a generation ahead, before the ones in front of it have been read.
//!
//! A generation states the status of every G and P at its first mention, so
//! it can be ordered by itself on the assumption that those statuses
//! held before: that a G said to be waiting was waiting before, that an M whose first
//! event is about P 3 had P 3, and so on. Every assumption is
//! recorded in a [`Guess`]. Once the generation in front has been read,
//! the guess is compared with the state after it: if all of it is true, the
//! generation's events are those that reading in sequence gives; if any is not,
//! the generation is read again.

use crate::base::ids::{ThreadId, WIRE_NONE};
use crate::base::time::Frequency;
use crate::generation::Generation;
use crate::order::state::context::Context;
use crate::order::state::gc::{Gc, Phase};
use crate::order::state::{NONE, Region, Slot, State, Thread};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use crate::wire::v2::batch::{Batch, BatchKind};
use crate::wire::v2::event::RawEvents;
use rustc_hash::{FxHashMap, FxHashSet};

/// The assumptions about the state before a generation that is read ahead.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guess<'a> {
    /// The generation in front.
    before: Option<&'a Generation<'a>>,
    /// The tasks that began in it, with the offsets of those events; collected
    /// when first needed.
    begun: Option<FxHashMap<u64, usize>>,
    /// The Gs that existed, with their statuses; there were no others.
    gs: Vec<(u64, GoStatus)>,
    /// The Ps that existed, with their statuses.
    ps: Vec<(Slot, ProcStatus)>,
    /// The Gs and Ps that Ms had; an M not here had neither.
    ms: FxHashMap<u64, Holding>,
    /// The Gs with an open range, and the events that began it; there were no others.
    ranges: FxHashSet<(u64, EventType)>,
    /// The Ps that were sweeping; there were no others.
    sweeps: FxHashSet<u64>,
    /// The state of the collector.
    gc: Option<Gc>,
    /// The tasks that were open, with the offsets of the events that began them, and `None` for
    /// tasks that were not.
    tasks: FxHashMap<u64, Option<usize>>,
    /// The regions that Gs had open at least, innermost first.
    regions: FxHashMap<u64, Vec<Region<'a>>>,
    /// The Ps that were held by no M without events in this generation.
    held: Vec<Slot>,
    /// True if a defect does not refute the guess.
    pub(crate) is_trusted: bool,
}

/// The G and P that an M is assumed to have had; `None` if nothing is assumed yet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Holding {
    go: Option<u64>,
    p: Option<Slot>,
}

impl Holding {
    fn go(self) -> u64 {
        self.go.unwrap_or(WIRE_NONE)
    }

    fn p(self) -> Slot {
        self.p.unwrap_or(NONE)
    }
}

impl<'a> State<'a> {
    /// Guesses the P and G of an M from the first events of its stream: an M
    /// states the status of what it has before it does anything.
    pub(crate) fn guess_thread(&mut self, m: Slot, thread: u64, first: &Batch<'_>) {
        let Some(guess) = &mut self.guess else { return };
        let mut holding = Holding::default();
        for event in RawEvents::new(first).flatten() {
            use EventType::*;
            match (event.event, event.args()) {
                // 1 is running and 3 in a syscall: the M that says so has the P.
                (ProcStatus, &[p, 1 | 3]) => holding.p = holding.p.or(Some(p.min(u64::from(NONE)) as Slot)),
                (ProcStart, _) => holding.p = holding.p.or(Some(NONE)),
                // 2 is running; 3, in a syscall, is bound to the M that the event names.
                (GoStatus | GoStatusStack, &[g, _, 2, ..]) => holding.go = holding.go.or(Some(g)),
                (GoStatus | GoStatusStack, &[g, on, 3, ..]) if on == thread => holding.go = holding.go.or(Some(g)),
                (GoStart | GoCreateSyscall, _) => holding.go = holding.go.or(Some(WIRE_NONE)),
                (ProcStatus | GoStatus | GoStatusStack | GCSweepActive | GCMarkAssistActive | GCActive, _) => {}
                _ => break,
            }
            if holding.go.is_some() && holding.p.is_some() {
                break;
            }
        }
        guess.ms.insert(thread, holding);
        // The slot of the G is set when the status of the G is read.
        self.ms.set_context(m, Context { go: holding.go(), g: NONE, p: holding.p() });
        self.ms.mark_not_run(m);
    }

    /// Assumes that a range open at its first mention was open before; returns false if that
    /// cannot be.
    pub(crate) fn assume_range(&mut self, g: Slot, begin: EventType) -> bool {
        let Some(guess) = &mut self.guess else { return false };
        let id = self.gs.id(g);
        !self.gs.extra_mut(g).ranged && !self.gs.reused_id(g) && guess.ranges.insert((id, begin))
    }

    /// Assumes that a sweep under way at its first mention was so before; returns false if that
    /// cannot be.
    pub(crate) fn assume_sweep(&mut self, proc: u64) -> bool {
        let Some(guess) = &mut self.guess else { return false };
        self.ps.find(proc).is_some_and(|p| !p.swept) && guess.sweeps.insert(proc)
    }

    /// Assumes that a P had its status before its first mention; returns false without a guess.
    pub(crate) fn assume_proc(&mut self, id: Slot, status: ProcStatus) -> bool {
        let Some(guess) = &mut self.guess else { return false };
        guess.ps.push((id, status));
        true
    }

    /// Assumes that a G had its status before its first mention; returns false if that cannot
    /// be.
    pub(crate) fn assume_goroutine(&mut self, id: u64, status: GoStatus) -> bool {
        let Some(guess) = self.guess.as_mut().filter(|_| !self.gs.has_ended(id)) else { return false };
        guess.gs.push((id, status));
        true
    }

    /// Assumes that an M had a G before, as the status of a G in a syscall
    /// elsewhere says.
    pub(crate) fn assume_bound(&mut self, thread: u64, id: u64) {
        if let Some((holding, cx)) = self.assumptions(thread)
            && holding.go.is_none()
        {
            (holding.go, cx.go) = (Some(id), id);
        }
    }

    /// Assumes that an M had a P before, which is being stolen from it.
    pub(crate) fn assume_victim(&mut self, thread: u64, p: Slot) {
        if let Some((holding, cx)) = self.assumptions(thread)
            && holding.p.is_none()
        {
            (holding.p, cx.p) = (Some(p), p);
        }
    }

    /// Returns the assumptions about an M, if no event of it has happened yet, so that they may
    /// still be made; `None` without a guess.
    fn assumptions(&mut self, thread: u64) -> Option<(&mut Holding, &mut Context)> {
        let guess = self.guess.as_mut()?;
        let m = self.ms.find(thread).unwrap_or_else(|| self.ms.add(thread));
        if self.ms.has_run(m) {
            return None;
        }
        Some((guess.ms.entry(thread).or_default(), self.ms.context_mut(m)?))
    }

    /// Assumes that no M without events here had the P whose holder is searched for.
    pub(crate) fn assume_holder(&mut self, p: Slot) {
        if let Some(guess) = &mut self.guess {
            guess.held.push(p);
        }
    }

    /// Assumes that the collector's state was the one that its first event follows on.
    pub(crate) fn assume_gc(&mut self, seq: u64, phase: Phase) {
        if let Some(guess) = &mut self.guess
            && guess.gc.is_none()
        {
            self.gc = Gc { seq: seq.wrapping_sub(1), phase };
            guess.gc = Some(self.gc);
        }
    }

    /// Assumes that a task that begins was not open before, unless it has been mentioned.
    pub(crate) fn assume_no_task(&mut self, task: u64) {
        if let Some(guess) = &mut self.guess {
            guess.tasks.entry(task).or_insert(None);
        }
    }

    /// Returns the offset of the event that began a task that ends. At the first mention of
    /// the task it is searched for in the generation in front.
    pub(crate) fn assume_task(&mut self, task: u64) -> Option<usize> {
        let guess = self.guess.as_mut().filter(|guess| !guess.tasks.contains_key(&task))?;
        let begun = guess.begun.get_or_insert_with(|| tasks_begun(guess.before));
        let begin = begun.get(&task).copied();
        guess.tasks.insert(task, begin);
        begin
    }

    /// Assumes that a G had the region open that ends without having begun.
    pub(crate) fn assume_region(&mut self, g: Slot, region: Region<'a>) {
        if let Some(guess) = &mut self.guess
            && !self.gs.reused_id(g)
        {
            guess.regions.entry(self.gs.id(g)).or_default().push(region);
        }
    }

    /// Compares the guess that led to this state with the true state
    /// before it. If the guess is right, takes over from that state what this
    /// one does not mention, and returns true; that state is of no use then. What is open for
    /// long is moved, not copied: the work is in proportion to what this generation mentions,
    /// however many tasks and regions stay open over many generations.
    pub(crate) fn confirm(&mut self, before: &mut State<'a>) -> bool {
        let Some(guess) = self.guess.take() else { return false };
        self.gs.remember_ended(false);
        if !guess.holds(before) || !self.held_by_known(&guess.held, before) {
            return false;
        }
        for m in before.ms.iter() {
            let g = self.gs.find(m.cx.go).filter(|&g| !self.gs.reused_id(g));
            // An M that is left with a G that has ended would get a slot here that means nothing.
            if g.is_none() && m.cx.go != WIRE_NONE && self.ms.find(m.id).is_none() {
                return false;
            }
            self.ms.adopt(m, g.unwrap_or(NONE));
        }
        for (id, p) in before.ps.iter() {
            if self.ps.find(u64::from(id)).is_none() {
                *self.ps.add(id, p.status, 0) = *p;
            }
        }
        for (id, mut regions) in before.gs.take_regions() {
            let ended = guess.regions.get(&id).map_or(0, Vec::len);
            regions.truncate(regions.len().saturating_sub(ended));
            if let (false, Some(slot)) = (regions.is_empty(), self.gs.find(id))
                && !self.gs.reused_id(slot)
            {
                let own = &mut self.gs.extra_mut(slot).regions;
                regions.append(own);
                *own = regions;
            }
        }
        let own = std::mem::replace(&mut self.tasks, std::mem::take(&mut before.tasks));
        for task in guess.tasks.keys() {
            self.tasks.remove(task);
        }
        self.tasks.extend(own);
        if guess.gc.is_none() {
            self.gc = before.gc;
        }
        true
    }

    /// Returns whether these Ps were held by no M that only `before` has.
    fn held_by_known(&self, held: &[Slot], before: &State<'_>) -> bool {
        held.is_empty() || before.ms.iter().all(|m| !held.contains(&m.cx.p) || self.ms.find(m.id).is_some())
    }
}

impl<'a> Guess<'a> {
    /// Creates a guess without assumptions.
    pub(crate) fn after(before: &'a Generation<'a>) -> Guess<'a> {
        Guess { before: Some(before), ..Guess::default() }
    }

    /// Returns whether all assumptions are true of a state.
    fn holds(&self, state: &mut State<'a>) -> bool {
        if self.gs.len() != state.gs.len() {
            return false;
        }
        let mut g_is = |&(id, status): &(u64, GoStatus)| state.gs.find_mut(id).is_some_and(|(_, g)| g.status == status);
        if !self.gs.iter().all(&mut g_is) {
            return false;
        }
        let p_is = |&(id, status): &(Slot, ProcStatus)| state.ps.get(id).is_some_and(|p| p.status == status);
        let m_is = |(&thread, holding): (&u64, &Holding)| {
            let cx = state.ms.find(thread).map_or(Context::EMPTY, |m| state.ms.context(m));
            cx.go == holding.go() && cx.p == holding.p()
        };
        // An M left with a G that has ended has a slot there that cannot be translated.
        let is_fresh = |m: &Thread| m.cx.go == WIRE_NONE || state.gs.id(m.cx.g) == m.cx.go;
        let gc = self
            .gc
            .is_none_or(|gc| gc == state.gc || (gc.phase == Phase::Off && state.gc.phase == Phase::Undetermined));
        let mut ranges = 0;
        let mut expected = true;
        for (id, begin) in state.gs.open_ranges() {
            ranges += 1;
            expected &= self.ranges.contains(&(id, begin));
        }
        let sweeping: Vec<u64> = state.ps.iter().filter(|(_, p)| p.sweeping).map(|(id, _)| u64::from(id)).collect();
        let regions_are = |(&id, ended): (&u64, &Vec<Region<'a>>)| {
            let open = state.gs.find_ref(id).map(|slot| state.gs.regions(slot)).unwrap_or_default();
            open.iter().rev().zip(ended).all(|(open, ended)| open == ended)
        };
        let task_is = |(task, begin): (&u64, &Option<usize>)| state.tasks.get(task).copied() == *begin;
        self.ps.iter().all(p_is)
            && self.ms.iter().all(m_is)
            && state.ms.iter().all(is_fresh)
            && gc
            && expected
            && ranges == self.ranges.len()
            && sweeping.len() == self.sweeps.len()
            && sweeping.iter().all(|id| self.sweeps.contains(id))
            && self.tasks.iter().all(task_is)
            && self.regions.iter().all(regions_are)
    }
}

/// Collects the offsets in the file of the events of a generation that began tasks.
fn tasks_begun(generation: Option<&Generation<'_>>) -> FxHashMap<u64, usize> {
    let batches = generation.into_iter().flat_map(|generation| generation.batches_of(BatchKind::Events));
    let events = batches.flat_map(|batch| RawEvents::new(&batch)).flatten();
    events
        .filter(|event| event.event == EventType::UserTaskBegin)
        .filter_map(|event| Some((*event.args().first()?, event.offset)))
        .collect()
}

/// Guesses the time of the last record of a generation, in nanoseconds, from the last
/// batch of each M. It is wrong only if several events share that time.
pub(crate) fn guess_last_time(generation: &Generation<'_>) -> i64 {
    let mut last: FxHashMap<Option<ThreadId>, Batch<'_>> = FxHashMap::default();
    for batch in generation.batches_of(BatchKind::Events).filter(|batch| !batch.data.is_empty()) {
        last.insert(batch.thread, batch);
    }
    let frequency = generation.frequency();
    last.values().map(|batch| end_of(batch, frequency)).max().unwrap_or(i64::MIN)
}

fn end_of(batch: &Batch<'_>, frequency: Frequency) -> i64 {
    let mut ticks = batch.time.0;
    let mut time = frequency.nanos(ticks);
    for event in RawEvents::new(batch).flatten() {
        time = time.wrapping_add(frequency.nanos(event.time.0.wrapping_sub(ticks)));
        ticks = event.time.0;
    }
    time
}
