//! The ordered stream of a trace's events.

use crate::error::{Error, Result};
use crate::event::Event;
use crate::generation::Generation;
use crate::order::{Block, Order, Record};
use crate::trace::Trace;
use crate::warning::{Warning, Warnings};

/// All events of a trace in one causal order; made by [`Trace::events`].
///
/// Fused: after an error, and after the end, there is nothing. In lenient mode
/// there are no errors but [warnings](Events::warnings).
#[derive(Debug)]
pub struct Events<'t> {
    blocks: Blocks<'t>,
    at: usize,
}

impl<'t> Events<'t> {
    pub(crate) fn new(trace: &'t Trace<'t>) -> Events<'t> {
        Events { blocks: Blocks::new(trace), at: 0 }
    }

    /// The defects met so far, in lenient mode; empty in strict mode, where
    /// they are errors. Complete once the stream has ended.
    pub fn warnings(&self) -> &[Warning] {
        self.blocks.warnings.list()
    }

    #[inline(never)]
    fn refill(&mut self) -> Option<Result<Event<'t>>> {
        self.at = 0;
        match self.blocks.next_block() {
            Ok(true) => self.next(),
            Ok(false) => None,
            Err(e) => Some(Err(e)),
        }
    }
}

impl<'t> Iterator for Events<'t> {
    type Item = Result<Event<'t>>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let Some(record) = self.blocks.records.get(self.at) else { return self.refill() };
        self.at += 1;
        Some(Ok(Event::new(self.blocks.trace, self.blocks.generation, *record)))
    }
}

impl<'t> Events<'t> {
    /// How many of the events left there are of each wire type, by its number.
    /// Ends the stream; what is wrong comes as with iterating, after the good.
    pub fn count_by_type(&mut self) -> ([u64; 256], Option<Error>) {
        let mut counts = TypeCounts::default();
        counts.add(self.blocks.records.records().get(self.at..).unwrap_or_default());
        self.at = 0;
        loop {
            match self.blocks.next_block() {
                Ok(true) => counts.add(self.blocks.records.records()),
                Ok(false) => return (counts.total(), None),
                Err(e) => return (counts.total(), Some(e)),
            }
        }
    }
}

/// Counts by wire type. Two interleaved, for a count raised twice in a row
/// makes the second time wait for the first.
#[derive(Clone)]
pub(crate) struct TypeCounts([[u64; 256]; 2]);

impl Default for TypeCounts {
    fn default() -> Self {
        TypeCounts([[0; 256]; 2])
    }
}

impl TypeCounts {
    pub(crate) fn add(&mut self, records: &[Record]) {
        let [even, odd] = &mut self.0;
        let (pairs, rest) = records.as_chunks();
        for [first, second] in pairs {
            even[first.event as usize] += 1;
            odd[second.event as usize] += 1;
        }
        for last in rest {
            even[last.event as usize] += 1;
        }
    }

    pub(crate) fn merge(&mut self, more: TypeCounts) {
        for (count, more) in self.0.as_flattened_mut().iter_mut().zip(more.0.as_flattened()) {
            *count += more;
        }
    }

    pub(crate) fn total(&self) -> [u64; 256] {
        let [even, odd] = &self.0;
        std::array::from_fn(|event| even[event] + odd[event])
    }
}

impl std::iter::FusedIterator for Events<'_> {}

/// The same, a block of records of one generation at a time.
#[derive(Debug)]
pub(crate) struct Blocks<'t> {
    pub(crate) trace: &'t Trace<'t>,
    pub(crate) order: Order<'t>,
    pub(crate) records: Block,
    /// The generation of the records.
    pub(crate) generation: Option<&'t Generation<'t>>,
    pub(crate) warnings: Warnings,
    phase: Phase,
    next: usize,
    /// Whether to give back what a generation took when leaving it.
    gives_back: bool,
}

#[derive(Debug)]
enum Phase {
    Between,
    Inside,
    /// The records that came before it have been handed out.
    Failing(Error),
    Finished,
}

impl<'t> Blocks<'t> {
    pub(crate) fn new(trace: &'t Trace<'t>) -> Blocks<'t> {
        Blocks {
            trace,
            order: Order::new(trace.bytes(), trace.leniency()),
            records: Block::default(),
            generation: None,
            warnings: Warnings::beginning(trace.warnings(), trace.options().limits),
            phase: Phase::Between,
            next: 0,
            gives_back: true,
        }
    }

    /// The same for a consumer that lags behind, and gives back itself what
    /// reading a generation took.
    pub(crate) fn for_another_thread(trace: &'t Trace<'t>) -> Blocks<'t> {
        Blocks { gives_back: false, ..Blocks::new(trace) }
    }

    /// Replaces the records by the next ones; returns whether there are any.
    pub(crate) fn next_block(&mut self) -> Result<bool> {
        self.records.clear();
        loop {
            let done = match std::mem::replace(&mut self.phase, Phase::Finished) {
                Phase::Finished => return Ok(false),
                Phase::Failing(e) => return Err(e),
                Phase::Between => self.begin(),
                Phase::Inside => self.go_on(),
            };
            if done {
                return Ok(true);
            }
        }
    }

    /// Begins the next generation, or ends the trace.
    fn begin(&mut self) -> bool {
        if let Some(left) = self.generation.take().filter(|_| self.gives_back) {
            self.trace.leave(left);
        }
        let Some(generation) = self.trace.generations().get(self.next) else {
            self.order.sync(self.order.last_time, &mut self.records);
            if let Some(defect) = self.trace.defect().filter(|_| !self.trace.is_lenient()) {
                self.phase = Phase::Failing(defect.clone());
            }
            return true;
        };
        self.next += 1;
        self.generation = Some(generation);
        self.trace.approach(generation);
        self.phase = match self.order.enter(generation, &mut self.records) {
            Ok(()) => Phase::Inside,
            Err(e) => Phase::Failing(e),
        };
        false
    }

    fn go_on(&mut self) -> bool {
        self.phase = match self.order.advance(&mut self.records) {
            Ok(false) => Phase::Inside,
            Ok(true) => {
                self.warnings.extend(self.order.take_warnings());
                Phase::Between
            }
            Err(e) => Phase::Failing(e),
        };
        !self.records.is_empty()
    }
}

/// The events of a trace that concern one G, P or M, in order.
pub struct Stream<'t> {
    events: Events<'t>,
    concerns: Box<dyn Fn(&Event<'_>) -> bool + Send>,
}

impl<'t> Stream<'t> {
    pub(crate) fn new(events: Events<'t>, concerns: impl Fn(&Event<'_>) -> bool + Send + 'static) -> Stream<'t> {
        Stream { events, concerns: Box::new(concerns) }
    }

    /// As [`Events::warnings`].
    pub fn warnings(&self) -> &[Warning] {
        self.events.warnings()
    }
}

impl<'t> Iterator for Stream<'t> {
    type Item = Result<Event<'t>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.events.by_ref().find(|event| event.as_ref().map_or(true, &self.concerns))
    }
}

impl std::iter::FusedIterator for Stream<'_> {}

impl std::fmt::Debug for Stream<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("events", &self.events).finish_non_exhaustive()
    }
}
