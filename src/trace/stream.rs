//! The ordered stream of a trace's events.

use crate::base::time::Time;
use crate::error::warning::{Warning, Warnings};
use crate::error::{Error, Result};
use crate::event::Event;
use crate::generation::Generation;
use crate::order::{Block, Order};
use crate::trace::Trace;

/// An iterator over all events of a trace in one causal order; made by [`Trace::events`].
///
/// It is fused: after an error, and after the end, it returns `None`. In lenient mode
/// there are no errors but [warnings](Events::warnings).
#[derive(Debug)]
pub struct Events<'t> {
    blocks: Blocks<'t>,
    at: usize,
}

impl<'t> Events<'t> {
    pub(crate) fn new(trace: &'t Trace<'t>) -> Events<'t> {
        Events::of_blocks(Blocks::new(trace))
    }

    /// Returns the events of some blocks.
    pub(crate) fn of_blocks(blocks: Blocks<'t>) -> Events<'t> {
        Events { blocks, at: 0 }
    }

    /// Returns the defects found so far in lenient mode; empty in strict mode, where
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
        Some(Ok(Event::new(self.blocks.trace.framed(), self.blocks.generation, *record)))
    }
}

impl std::iter::FusedIterator for Events<'_> {}

/// The records of all events of a trace in order, in blocks of one generation each.
#[derive(Clone, Debug)]
pub(crate) struct Blocks<'t> {
    pub(crate) trace: &'t Trace<'t>,
    pub(crate) order: Order<'t>,
    pub(crate) records: Block,
    /// The generation of the records.
    pub(crate) generation: Option<&'t Generation<'t>>,
    pub(crate) warnings: Warnings,
    phase: Phase,
    next: usize,
    /// The time at which reading ends, behind the block that reaches it.
    to: Option<Time>,
    /// True if the records are still to be handed out.
    held: bool,
    /// True if this has the pages of a generation come before it is read.
    prefetches: bool,
    /// True if this releases a generation that has been read.
    releases: bool,
}

#[derive(Clone, Debug)]
enum Phase {
    Between,
    Inside,
    /// An error follows, once the records before it have been handed out.
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
            to: None,
            held: false,
            prefetches: true,
            releases: true,
        }
    }

    /// Returns the blocks from the present one on.
    pub(crate) fn again(&self) -> Blocks<'t> {
        Blocks { held: true, ..self.clone() }
    }

    /// Returns the blocks up to that which reaches a time, for consumers that need no later ones.
    pub(crate) fn up_to(self, to: Option<Time>) -> Blocks<'t> {
        Blocks { to, ..self }
    }

    /// Returns the blocks for a consumer that needs the first events alone.
    pub(crate) fn for_a_look(self) -> Blocks<'t> {
        Blocks { prefetches: false, ..self }
    }

    /// Returns the blocks for a consumer on another thread, which lags behind and releases
    /// generations itself.
    pub(crate) fn for_another_thread(self) -> Blocks<'t> {
        Blocks { releases: false, ..self }
    }

    /// Creates the blocks from the generation of that index on. The state in which the generation
    /// begins is guessed from its own events.
    pub(crate) fn beginning_with(trace: &'t Trace<'t>, place: usize) -> Blocks<'t> {
        let mut blocks = Blocks::new(trace);
        let generations = trace.generations();
        let before = place.checked_sub(1).and_then(|before| generations.get(before));
        if let (Some(before), Some(generation)) = (before, generations.get(place)) {
            blocks.order = Order::guessing(trace.bytes(), trace.leniency(), generation, before);
            blocks.next = place;
        }
        blocks
    }

    /// Replaces the records by the next ones; returns false if there are none.
    pub(crate) fn next_block(&mut self) -> Result<bool> {
        if std::mem::take(&mut self.held) {
            return Ok(true);
        }
        self.records.clear();
        loop {
            let done = match std::mem::replace(&mut self.phase, Phase::Finished) {
                Phase::Finished => return Ok(false),
                Phase::Failing(e) => return Err(e),
                Phase::Between => self.begin(),
                Phase::Inside => self.advance(),
            };
            if done {
                if self.to.is_some_and(|to| self.records.records().last().is_some_and(|last| to.0 <= last.time)) {
                    self.phase = Phase::Finished;
                }
                return Ok(true);
            }
        }
    }

    /// Begins the next generation, or ends the trace; returns whether there are records.
    fn begin(&mut self) -> bool {
        if let Some(left) = self.generation.take().filter(|_| self.releases) {
            self.trace.release(left);
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
        if self.prefetches {
            self.trace.prefetch(generation);
        }
        self.phase = match self.order.enter(generation, &mut self.records) {
            Ok(()) => Phase::Inside,
            Err(e) => Phase::Failing(e),
        };
        false
    }

    fn advance(&mut self) -> bool {
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

/// An iterator over the events of a trace that concern one G, P or M, in order.
pub struct Stream<'t> {
    events: Events<'t>,
    concerns: Box<dyn Fn(&Event<'_>) -> bool + Send>,
}

impl<'t> Stream<'t> {
    pub(crate) fn new(events: Events<'t>, concerns: impl Fn(&Event<'_>) -> bool + Send + 'static) -> Stream<'t> {
        Stream { events, concerns: Box::new(concerns) }
    }

    /// Returns the warnings so far, as [`Events::warnings`] does.
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
