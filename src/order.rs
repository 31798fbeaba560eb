//! Ordering: from one stream of events for each M to one causal order, checked.
//!
//! Clocks of different Ms disagree, so time alone does not order a trace.
//! Events about a G or P carry sequence numbers; an event is held back until
//! the one before it has happened. The loop is Go's (`internal/trace/reader.go`
//! and `order.go`), and so is the result, event for event:
//!
//! 1. try the earliest event of the [frontier];
//! 2. if it cannot happen yet, try the others by time;
//! 3. if none can, the trace is broken: `Stuck` reports the states that block it.
//!
//! `dispatch` is the one match from event type to handler. The handlers
//! are in the files of their families and have one signature. Each
//! checks everything before it changes anything, so "not yet" and an error leave the state
//! as it was.

mod dispatch;
pub(crate) mod frontier;
mod gc;
mod goroutine;
mod patience;
mod place;
mod proc;
mod ranges;
mod recover;
mod run;
pub(crate) mod state;
mod stuck;
mod syscall;
mod user;
pub(crate) mod v1;

pub(crate) use state::record::{Block, Record, note};

use crate::base::ids::WIRE_NONE;
use crate::base::limits::Limits;
use crate::base::pdqsort;
use crate::base::time::Frequency;
use crate::error::warning::{Repair, Warning, Warnings};
use crate::error::{Error, ErrorKind, Result};
use crate::generation::Generation;
use crate::spec::v2::EventType;
use crate::wire::v2::batch::BatchKind;
use crate::wire::v2::samples::RawSample;
use frontier::{Entry, Frontier};
use patience::Patience;
use run::Ran;
use state::context::Context;
use state::cursor::Spans;
use state::{NONE, Slot, State, guess};

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
    /// The time of the next CPU sample.
    sample_time: i64,
    /// The time of the last record, in nanoseconds. Times of records increase strictly.
    pub(crate) last_time: i64,
    syncs: u64,
    entered: bool,
    /// The ordering of a v1 trace, which has rules of its own.
    v1: Option<Box<v1::Ordering<'a>>>,
    /// Warnings of lenient mode that have not been taken.
    warnings: Warnings,
    /// The failed tries that lenient mode may still spend.
    patience: Patience,
}

impl<'a> Order<'a> {
    /// Creates the ordering of a trace from its beginning. With `lenient`, events that
    /// name missing strings or stacks are kept.
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

    /// Creates an ordering that begins with that generation of the trace, from a guess at the
    /// state before it: see [`guess`].
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

    /// Returns whether a [guess](Self::guessing) was right: then this is the
    /// ordering that `before` would have come to. `began` is the time, in nanoseconds, that the
    /// guess began with. If so, what is open for long has been moved here out of `before`, which
    /// is of no use then.
    pub(crate) fn confirm(&mut self, before: &mut Order<'a>, began: i64) -> bool {
        before.entered
            && before.last_time == began
            && before.syncs + 1 == self.syncs
            // With less patience left, reading in sequence might have placed events earlier.
            && before.patience.is_full()
            && self.state.confirm(&mut before.state)
    }

    /// Takes a [guess](Self::guessing) for right, for a generation that has been read with it
    /// once: from now on lenient reading repairs defects instead of taking them for its fault.
    pub(crate) fn trust_guess(&mut self) {
        if let Some(guess) = &mut self.state.guess {
            guess.is_trusted = true;
        }
    }

    /// Resets all but the time, the number of syncs and the warnings, so that the next
    /// generation is read as if it were the first.
    fn start_over(&mut self) {
        let (last_time, syncs, limits) = (self.last_time, self.syncs, self.state.limits);
        let warnings = std::mem::replace(&mut self.warnings, Warnings::new(limits));
        let lenient = self.state.lenient.then_some(limits);
        *self = Order { last_time, syncs, warnings, ..Order::new(self.file, lenient) };
    }

    /// Begins a generation: its tables, its Ms' first events, its samples, and
    /// the record of the sync that it begins with. Errs if a table is malformed, in strict mode.
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

    /// Begins the one generation of a v1 trace.
    #[inline(never)]
    fn enter_v1(&mut self, index: &std::sync::Arc<crate::generation::v1::index::Index>, out: &mut Block) -> Result<()> {
        self.entered = true;
        // Go's reader counts times from the first event, so the sync before it has -1.
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

    /// Fills `out`, a block of records; returns whether the generation is
    /// over. The records in `out` are valid even if an error follows.
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
                // The end of the generation: no M has events left, and no sample is left.
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

    /// Tries the other events by time, for the head of the frontier cannot happen yet.
    #[inline(never)]
    fn search(&mut self, out: &mut Block) -> Result<()> {
        if self.state.lenient && !self.patience.allows(self.frontier.len(), out) {
            return self.place_earliest(out);
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
            return self.place_earliest(out);
        }
        let head = self.frontier.get(0).and_then(|head| self.state.ms.get(head.m));
        let at = head.map_or(0, |m| m.cursor.start);
        let stuck = stuck::stuck(self);
        Err(Error::at(at, ErrorKind::Stuck(Box::new(stuck))).in_generation(self.generation))
    }

    fn next_sample(&mut self) {
        self.sample_time = self.samples.last().map_or(i64::MAX, |&(time, _)| time);
    }

    /// Outputs the next CPU sample, which has its time of the trace but no effect on the state.
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

    /// Outputs the record of a sync: at the beginning of a generation, and at the end of the trace.
    pub(crate) fn sync(&mut self, time: i64, out: &mut Block) {
        self.syncs += 1;
        let record = Record { extra: self.syncs, ..Record::new(EventType::Sync, WIRE_NONE, Context::EMPTY, 0, time) };
        out.push(&mut self.last_time, record);
    }
}
