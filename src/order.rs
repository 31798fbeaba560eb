//! Ordering: from one stream for each M to one causal order, checked.
//!
//! Clocks of different Ms disagree, so time alone does not order a trace.
//! Events about a G or P carry sequence numbers; an event is held back until
//! the one before it has happened. The loop is Go's (`internal/trace/reader.go`
//! and `order.go`), and so is the result, event for event:
//!
//! 1. try the earliest event of the [frontier];
//! 2. if it cannot happen yet, try the others by time;
//! 3. if none can, the trace is broken: [`Stuck`] tells what blocks it.
//!
//! `dispatch` is the one match from event type to handler. The handlers
//! stand in the files of their families, all of one signature, and obey one
//! law: check everything, then commit; "not yet" and an error leave the state
//! as it was.

pub(crate) mod context;
pub(crate) mod cursor;
mod dispatch;
pub(crate) mod frontier;
mod gc;
mod goroutine;
pub(crate) mod guess;
mod patience;
pub(crate) mod pdqsort;
mod place;
mod proc;
mod ranges;
mod record;
mod recover;
mod run;
mod seq;
pub(crate) mod state;
mod stuck;
mod syscall;
mod user;
pub(crate) mod v1;

pub(crate) use dispatch::{Advance, Step};
pub(crate) use record::{Block, Record, note};
pub use stuck::{Stuck, StuckThread};

use crate::error::{Error, ErrorKind, Result};
use crate::generation::Generation;
use crate::ids::WIRE_NONE;
use crate::limits::Limits;
use crate::time::Frequency;
use crate::warning::{Repair, Warning, Warnings};
use crate::wire::v2::batch::BatchKind;
use crate::wire::v2::samples::RawSample;
use crate::wire::v2::spec::EventType;
use context::Context;
use cursor::Spans;
use frontier::{Entry, Frontier};
use patience::Patience;
use run::Ran;
use state::{NONE, Slot, State};

/// The ordering of a trace, one generation after the other.
#[derive(Clone, Debug)]
pub(crate) struct Order<'a> {
    file: &'a [u8],
    pub(crate) state: State<'a>,
    frequency: Frequency,
    generation: u64,
    frontier: Frontier,
    spans: Spans,
    /// CPU samples by time, latest first.
    samples: Vec<(i64, RawSample)>,
    /// The time of the next of them.
    sample_time: i64,
    /// The time of the last record: they increase strictly.
    pub(crate) last_time: i64,
    syncs: u64,
    entered: bool,
    /// The ordering of a v1 trace, which goes its own way.
    v1: Option<Box<v1::Ordering<'a>>>,
    /// What lenient mode got past and has not been told of yet.
    warnings: Warnings,
    /// How many events may still be tried in vain.
    patience: Patience,
}

impl<'a> Order<'a> {
    /// The ordering of a trace from its beginning. A lenient one keeps events
    /// that name missing strings or stacks.
    pub(crate) fn new(file: &'a [u8], lenient: Option<Limits>) -> Order<'a> {
        let limits = lenient.unwrap_or_default();
        Order {
            file,
            state: State { file, lenient: lenient.is_some(), limits, ..State::default() },
            frequency: Frequency::from_hz(1_000_000_000),
            generation: 0,
            frontier: Frontier::default(),
            spans: Spans::default(),
            sample_time: i64::MAX,
            samples: Vec::new(),
            last_time: 0,
            syncs: 0,
            entered: false,
            v1: None,
            warnings: Warnings::new(limits),
            patience: Patience::new(limits),
        }
    }

    /// An ordering that begins with that generation of the trace, taking for
    /// granted what came before: see [`guess`].
    pub(crate) fn guessing(
        file: &'a [u8],
        lenient: Option<Limits>,
        generation: &Generation<'a>,
        before: &'a Generation<'a>,
    ) -> Order<'a> {
        let mut order = Order::new(file, lenient);
        order.state.guess = Some(Box::new(guess::Guess::after(before)));
        order.state.gs.remember_ended(true);
        order.last_time = guess::guess_last_time(before);
        order.syncs = generation.index as u64;
        order.entered = true;
        order
    }

    /// Whether a [guess](Self::guessing) has turned out true: then this is the
    /// ordering that `before` would have come to. `began` is the time that the
    /// guess began with.
    pub(crate) fn confirm(&mut self, before: &Order<'a>, began: i64) -> bool {
        before.entered
            && before.last_time == began
            && before.syncs + 1 == self.syncs
            // With less left, reading in sequence might have given up.
            && before.patience.is_full()
            && self.state.confirm(&before.state)
    }

    /// Forgets all but how far it has come: the next generation is taken as
    /// if it were the first.
    fn start_over(&mut self) {
        let (last_time, syncs, limits) = (self.last_time, self.syncs, self.state.limits);
        let warnings = std::mem::replace(&mut self.warnings, Warnings::new(limits));
        let lenient = self.state.lenient.then_some(limits);
        *self = Order { last_time, syncs, warnings, ..Order::new(self.file, lenient) };
    }

    /// Begins a generation: its tables, its Ms' first events, its samples, and
    /// the record of the sync that it begins with.
    pub(crate) fn enter(&mut self, generation: &Generation<'a>, out: &mut Block) -> Result<()> {
        if let Some(index) = v1::index_of(generation) {
            return self.enter_v1(index, out);
        }
        if generation.begins_trace() && self.entered {
            self.start_over();
        }
        let tables = generation.tables();
        let (samples, bad_sample) = generation.good_samples();
        match tables.defect().cloned().or(bad_sample) {
            Some(defect) if !self.state.lenient => return Err(defect),
            defect => self.state.first_missing = defect,
        }
        self.state.set_tables(tables);
        self.state.initial = !self.entered;
        self.state.generation = generation.index as u32;
        self.entered = true;
        self.generation = generation.number();
        self.frequency = generation.frequency();
        self.enter_streams(generation).map_err(|e| e.in_generation(self.generation))?;

        let frequency = self.frequency;
        let mut samples: Vec<_> = samples.into_iter().map(|s| (frequency.nanos(s.time.0), s)).collect();
        pdqsort::sort(&mut samples, &|a, b| a.0 < b.0);
        samples.reverse();
        self.samples = samples;
        self.next_sample();

        self.sync(generation.start().0, out);
        Ok(())
    }

    /// The same for the one generation that a v1 trace is.
    #[inline(never)]
    fn enter_v1(&mut self, index: &std::sync::Arc<crate::wire::v1::tables::Index>, out: &mut Block) -> Result<()> {
        self.entered = true;
        // Times are counted from the first event; the sync comes before it.
        self.last_time = -2;
        let ordering = match v1::Ordering::converted(self.file, index, self.state.lenient.then_some(self.state.limits))
        {
            Ok(ordering) => ordering,
            Err(e) if self.state.lenient => {
                self.warnings.push(Warning::new(e, Repair::UsedAsFarAsItGoes, 0));
                return Ok(());
            }
            Err(e) => return Err(e),
        };
        if ordering.is_empty() {
            self.last_time = -1;
        } else {
            self.sync(-1, out);
        }
        self.v1 = Some(Box::new(ordering));
        Ok(())
    }

    fn enter_streams(&mut self, generation: &Generation<'a>) -> Result<()> {
        self.frontier.clear();
        self.spans.clear();
        for batch in generation.batches_of(BatchKind::Events) {
            let thread = batch.thread.map_or(WIRE_NONE, |t| t.0);
            let m = match self.state.ms.find(thread) {
                Some(m) => m,
                None => {
                    let m = self.state.ms.add(thread);
                    self.state.guess_thread(m, thread, &batch);
                    m
                }
            };
            self.spans.add(m, batch.data_offset, batch.end(), batch.time.0);
        }
        for (m, first) in self.spans.chains().collect::<Vec<_>>() {
            let opened = if self.state.lenient {
                self.open(self.state.ms.id(m), first)
            } else {
                self.spans.open(self.file, self.frequency, &mut { first })?
            };
            let (Some(cursor), Some(thread)) = (opened, self.state.ms.get_mut(m)) else { continue };
            thread.cursor = cursor;
            self.frontier.insert(Entry { time: cursor.time, m });
        }
        Ok(())
    }

    /// Fills `out` up to [`BLOCK`] records; returns whether the generation is
    /// over. What is in `out` is good even if an error follows.
    pub(crate) fn advance(&mut self, out: &mut Block) -> Result<bool> {
        if let Some(v1) = &mut self.v1 {
            return match v1.advance(&mut self.last_time, out) {
                Err(e) if self.state.lenient => {
                    self.warnings.push(Warning::new(e, Repair::UsedAsFarAsItGoes, 0));
                    Ok(true)
                }
                done => done,
            };
        }
        self.patience.begin(out);
        while out.has_room() {
            match self.frontier.get(0) {
                Some(head) if head.time <= self.sample_time => match self.run(out) {
                    Ok(Ran::Advanced) => {}
                    Ok(Ran::NotYet) => self.search(out)?,
                    Err(e) => self.recover(0, e, out)?,
                },
                None if self.samples.is_empty() => {
                    self.patience.regain(out);
                    return Ok(true);
                }
                _ => self.sample(out)?,
            }
        }
        self.patience.regain(out);
        Ok(false)
    }

    /// The head of the frontier cannot happen yet: tries the rest by time.
    #[inline(never)]
    fn search(&mut self, out: &mut Block) -> Result<()> {
        if self.state.lenient && !self.patience.allows(self.frontier.len(), out) {
            return self.give_way(out);
        }
        self.frontier.sort();
        for at in 1..self.frontier.len() {
            match self.run_one(at, out) {
                Ok(Ran::Advanced) => return Ok(()),
                Ok(Ran::NotYet) => {}
                Err(e) => return self.recover(at, e, out),
            }
        }
        if self.state.lenient {
            return self.give_way(out);
        }
        let head = self.frontier.get(0).and_then(|head| self.state.ms.get(head.m));
        let at = head.map_or(0, |m| m.cursor.start);
        let stuck = Stuck::new(self);
        Err(Error::at(at, ErrorKind::Stuck(Box::new(stuck))).in_generation(self.generation))
    }

    fn next_sample(&mut self) {
        self.sample_time = self.samples.last().map_or(i64::MAX, |&(time, _)| time);
    }

    /// Puts out the next CPU sample.
    #[inline(never)]
    fn sample(&mut self, out: &mut Block) -> Result<()> {
        let Some((time, sample)) = self.samples.pop() else { return Ok(()) };
        self.next_sample();
        if sample.stack.0 > self.state.stacks_prefix {
            let checked = self.state.check_stack(EventType::CPUSample, sample.offset, sample.stack.0);
            checked.map_err(|e| e.in_generation(self.generation))?;
        }
        let thread = sample.thread.map_or(WIRE_NONE, |m| m.0);
        let context = Context {
            go: sample.goroutine.map_or(WIRE_NONE, |g| g.0),
            p: sample.proc.map_or(NONE, |p| p.0.min(u64::from(NONE)) as Slot),
            ..Context::EMPTY
        };
        out.push(&mut self.last_time, Record::new(EventType::CPUSample, thread, context, sample.offset, time));
        Ok(())
    }

    /// The record of a sync: where a generation begins, and where the trace ends.
    pub(crate) fn sync(&mut self, time: i64, out: &mut Block) {
        self.syncs += 1;
        let record = Record { extra: self.syncs, ..Record::new(EventType::Sync, WIRE_NONE, Context::EMPTY, 0, time) };
        out.push(&mut self.last_time, record);
    }
}
