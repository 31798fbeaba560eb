//! Reading a generation on its own, before those in front of it have been.
//!
//! A generation states the status of every G and P at its first mention, so
//! it can be ordered by itself if one takes for granted what those statuses
//! imply: that a G said to be waiting was waiting before, that an M whose first
//! word is about P 3 had P 3, and so on. Everything taken for granted is
//! written down in a [`Guess`]. Once the generation in front has been read,
//! the guess is held against the state that it left: if all of it is true, the
//! generation's events are those that reading in sequence gives; if any is not,
//! the generation is read again.

use crate::generation::Generation;
use crate::ids::WIRE_NONE;
use crate::order::context::Context;
use crate::order::gc::{Gc, Phase};
use crate::order::state::{NONE, Region, Slot, State, Thread};
use crate::time::Frequency;
use crate::wire::v2::batch::{Batch, BatchKind};
use crate::wire::v2::event::RawEvents;
use crate::wire::v2::spec::EventType;
use crate::wire::v2::status::{GoStatus, ProcStatus};
use rustc_hash::{FxHashMap, FxHashSet};

/// What a generation that is read on its own takes for granted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guess<'a> {
    /// The generation in front.
    before: Option<&'a Generation<'a>>,
    /// The tasks that began in it, with the place of that event; looked for
    /// when first needed.
    begun: Option<FxHashMap<u64, usize>>,
    /// These Gs existed, with that status, and there were no others.
    gs: Vec<(u64, GoStatus)>,
    /// These Ps existed, with that status.
    ps: Vec<(Slot, ProcStatus)>,
    /// These Ms had that G and that P; an M not here had neither.
    ms: FxHashMap<u64, Holding>,
    /// These Gs had such a range open, and no others had.
    ranges: FxHashSet<(u64, EventType)>,
    /// These Ps were sweeping, and no others.
    sweeps: FxHashSet<u64>,
    /// The collector was there.
    gc: Option<Gc>,
    /// These tasks were open, with the place of the event that began them, or
    /// were not.
    tasks: FxHashMap<u64, Option<usize>>,
    /// These Gs had these regions open, innermost first, or had none left.
    regions: FxHashMap<u64, Vec<Region<'a>>>,
    /// No M of which this generation has nothing had one of these Ps.
    held: Vec<Slot>,
}

/// What an M is taken to have had; `None` where it is still open.
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
    /// Guesses what the M of a stream has from the stream's first events: an M
    /// states the status of what it has before it does anything.
    pub(crate) fn guess_thread(&mut self, m: Slot, thread: u64, first: &Batch<'_>) {
        let Some(guess) = &mut self.guess else { return };
        let mut holding = Holding::default();
        for event in RawEvents::new(first).flatten() {
            use EventType::*;
            match (event.event, event.args()) {
                (ProcStatus, &[p, 1 | 3]) => holding.p = holding.p.or(Some(p.min(u64::from(NONE)) as Slot)),
                (ProcStart, _) => holding.p = holding.p.or(Some(NONE)),
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
        // The G's slot follows with its status.
        self.ms.leave(m, Context { go: holding.go(), g: NONE, p: holding.p() });
        self.ms.rest(m);
    }

    /// Whether a range open at its first mention was so before.
    pub(crate) fn assume_range(&mut self, g: Slot, begin: EventType) -> bool {
        let Some(guess) = &mut self.guess else { return false };
        let id = self.gs.id(g);
        !self.gs.more_mut(g).ranged && !self.gs.came_back(g) && guess.ranges.insert((id, begin))
    }

    /// Whether a sweep going on at its first mention was so before.
    pub(crate) fn assume_sweep(&mut self, proc: u64) -> bool {
        let Some(guess) = &mut self.guess else { return false };
        self.ps.find(proc).is_some_and(|p| !p.swept) && guess.sweeps.insert(proc)
    }

    /// Whether a P at its first mention existed before, with that status.
    pub(crate) fn assume_proc(&mut self, id: Slot, status: ProcStatus) -> bool {
        let Some(guess) = &mut self.guess else { return false };
        guess.ps.push((id, status));
        true
    }

    /// Whether a G at its first mention existed before, with that status.
    pub(crate) fn assume_goroutine(&mut self, id: u64, status: GoStatus) -> bool {
        let Some(guess) = self.guess.as_mut().filter(|_| !self.gs.has_ended(id)) else { return false };
        guess.gs.push((id, status));
        true
    }

    /// Takes an M to have had that G before, as the status of a G in a syscall
    /// elsewhere says.
    pub(crate) fn assume_bound(&mut self, thread: u64, id: u64) {
        if let Some((holding, cx)) = self.untold(thread)
            && holding.go.is_none()
        {
            (holding.go, cx.go) = (Some(id), id);
        }
    }

    /// Takes an M to have had that P before, which is being stolen from it.
    pub(crate) fn assume_victim(&mut self, thread: u64, p: Slot) {
        if let Some((holding, cx)) = self.untold(thread)
            && holding.p.is_none()
        {
            (holding.p, cx.p) = (Some(p), p);
        }
    }

    /// What an M is taken to have, while guessing and if no event of it has
    /// happened yet: then the guess may still be made.
    fn untold(&mut self, thread: u64) -> Option<(&mut Holding, &mut Context)> {
        let guess = self.guess.as_mut()?;
        let m = self.ms.find(thread).unwrap_or_else(|| self.ms.add(thread));
        if self.ms.has_run(m) {
            return None;
        }
        Some((guess.ms.entry(thread).or_default(), self.ms.context_mut(m)?))
    }

    /// Takes no other M to have had a P, the holder of which is looked for.
    pub(crate) fn assume_holder(&mut self, p: Slot) {
        if let Some(guess) = &mut self.guess {
            guess.held.push(p);
        }
    }

    /// Takes the collector to have been where the first event of it says.
    pub(crate) fn assume_gc(&mut self, seq: u64, phase: Phase) {
        if let Some(guess) = &mut self.guess
            && guess.gc.is_none()
        {
            self.gc = Gc { seq: seq.wrapping_sub(1), phase };
            guess.gc = Some(self.gc);
        }
    }

    /// Takes a task that begins not to have been open, if this is its first
    /// mention.
    pub(crate) fn assume_no_task(&mut self, task: u64) {
        if let Some(guess) = &mut self.guess {
            guess.tasks.entry(task).or_insert(None);
        }
    }

    /// Where a task began that ends: taken from the generation in front, if
    /// this is its first mention.
    pub(crate) fn assume_task(&mut self, task: u64) -> Option<usize> {
        let guess = self.guess.as_mut().filter(|guess| !guess.tasks.contains_key(&task))?;
        let begun = guess.begun.get_or_insert_with(|| tasks_begun(guess.before));
        let begin = begun.get(&task).copied();
        guess.tasks.insert(task, begin);
        begin
    }

    /// Takes a G to have had a region open that ends without having begun.
    pub(crate) fn assume_region(&mut self, g: Slot, region: Region<'a>) {
        if let Some(guess) = &mut self.guess
            && !self.gs.came_back(g)
        {
            guess.regions.entry(self.gs.id(g)).or_default().push(region);
        }
    }

    /// Holds the guess that this state was reached with against the state
    /// before it. If the guess is true, takes over from that state what this
    /// one does not mention, and returns true.
    pub(crate) fn confirm(&mut self, before: &State<'a>) -> bool {
        let Some(guess) = self.guess.take() else { return false };
        self.gs.remember_ended(false);
        if !guess.holds(before) || !self.is_all_that_held(&guess.held, before) {
            return false;
        }
        for m in before.ms.iter() {
            let g = self.gs.find(m.cx.go).filter(|&g| !self.gs.came_back(g));
            // One that was left with a G that has ended keeps a slot that means nothing.
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
        for &(id, _) in &guess.gs {
            let regions = before.gs.find_ref(id).map(|slot| before.gs.regions(slot)).unwrap_or_default();
            let left = guess.regions.get(&id).map_or(0, Vec::len);
            let regions = regions.get(..regions.len().saturating_sub(left)).unwrap_or_default();
            if let (false, Some(slot)) = (regions.is_empty(), self.gs.find(id))
                && !self.gs.came_back(slot)
            {
                let own: Vec<Region<'a>> = std::mem::take(&mut self.gs.more_mut(slot).regions);
                self.gs.more_mut(slot).regions = [regions, &own[..]].concat();
            }
        }
        for (&task, &begin) in &before.tasks {
            if !guess.tasks.contains_key(&task) {
                self.tasks.insert(task, begin);
            }
        }
        if guess.gc.is_none() {
            self.gc = before.gc;
        }
        true
    }

    /// Whether these Ps were held by no M that only `before` knows.
    fn is_all_that_held(&self, held: &[Slot], before: &State<'_>) -> bool {
        held.is_empty() || before.ms.iter().all(|m| !held.contains(&m.cx.p) || self.ms.find(m.id).is_some())
    }
}

impl<'a> Guess<'a> {
    /// Nothing taken for granted yet.
    pub(crate) fn after(before: &'a Generation<'a>) -> Guess<'a> {
        Guess { before: Some(before), ..Guess::default() }
    }

    /// Whether all of it is true of a state.
    fn holds(&self, state: &State<'a>) -> bool {
        let g_is =
            |&(id, status): &(u64, GoStatus)| state.gs.find_ref(id).is_some_and(|g| state.gs.status(g) == Some(status));
        let p_is = |&(id, status): &(Slot, ProcStatus)| state.ps.get(id).is_some_and(|p| p.status == status);
        let m_is = |(&thread, holding): (&u64, &Holding)| {
            let cx = state.ms.find(thread).map_or(Context::EMPTY, |m| state.ms.context(m));
            cx.go == holding.go() && cx.p == holding.p()
        };
        // An M left with a G that has ended keeps a slot that means nothing here.
        let is_fresh = |m: &Thread| m.cx.go == WIRE_NONE || state.gs.id(m.cx.g) == m.cx.go;
        let gc = self
            .gc
            .is_none_or(|gc| gc == state.gc || (gc.phase == Phase::Off && state.gc.phase == Phase::Undetermined));
        let mut ranges = 0;
        let mut expected = true;
        for (slot, g) in state.gs.iter() {
            for begin in state.gs.ranges(slot) {
                ranges += 1;
                expected &= self.ranges.contains(&(g.id, begin));
            }
        }
        let sweeping: Vec<u64> = state.ps.iter().filter(|(_, p)| p.sweeping).map(|(id, _)| u64::from(id)).collect();
        let regions_are = |(&id, ended): (&u64, &Vec<Region<'a>>)| {
            let open = state.gs.find_ref(id).map(|slot| state.gs.regions(slot)).unwrap_or_default();
            open.iter().rev().zip(ended).all(|(open, ended)| open == ended)
        };
        let task_is = |(task, begin): (&u64, &Option<usize>)| state.tasks.get(task).copied() == *begin;
        self.gs.len() == state.gs.len()
            && self.gs.iter().all(g_is)
            && self.ps.iter().all(p_is)
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

/// Where in the file the tasks began that began in a generation.
fn tasks_begun(generation: Option<&Generation<'_>>) -> FxHashMap<u64, usize> {
    let batches = generation.into_iter().flat_map(|generation| generation.batches_of(BatchKind::Events));
    let events = batches.flat_map(|batch| RawEvents::new(&batch)).flatten();
    events
        .filter(|event| event.event == EventType::UserTaskBegin)
        .filter_map(|event| Some((*event.args().first()?, event.offset)))
        .collect()
}

/// The time that the records of a generation end with, guessed from the last
/// batch of each M: it is off only where events share that time.
pub(crate) fn guess_last_time(generation: &Generation<'_>) -> i64 {
    let mut last: FxHashMap<Option<crate::ThreadId>, Batch<'_>> = FxHashMap::default();
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
