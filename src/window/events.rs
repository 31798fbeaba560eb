//! The events of a window, read from the generation in front of it on.

use super::{Start, Window, generation_of};
use crate::error::Result;
use crate::error::warning::Warning;
use crate::event::Event;
use crate::export::EventWriter;
use crate::export::json::{self, JsonStacks};
use crate::export::side_by_side::{Buffer, Choice, write_blocks};
use crate::trace::Trace;
use crate::trace::stream::{Blocks, Events};
use crate::wire::text::ConvertError;
use std::io;

impl Window {
    /// Iterates over the events of this window in one causal order, as
    /// [`Trace::events`] does over all.
    ///
    /// Only the generations that the window touches are read, and the one in front of them:
    /// so the [warnings](WindowEvents::warnings) are about those, the end of a task that began
    /// before has no type, and the status of a P that these mention for the first time looks
    /// like one that is stated again.
    ///
    /// ```
    /// # let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
    /// use gotrace::{Time, Trace, Window};
    ///
    /// let trace = Trace::parse(bytes)?;
    /// let first = trace.events().next().expect("a trace has events")?;
    /// let from = Time(first.time().0 + 1_000_000);
    /// for event in Window::new(Some(from), None).events(&trace) {
    ///     assert!(event?.time() >= from);
    /// }
    /// # Ok::<(), gotrace::Error>(())
    /// ```
    pub fn events<'t>(&self, trace: &'t Trace<'t>) -> WindowEvents<'t> {
        WindowEvents { window: *self, events: Events::of_blocks(self.blocks(trace)), ended: false }
    }

    /// Writes the events of this window that are chosen, as
    /// [`side_by_side::write`](crate::export::side_by_side::write) does of a whole trace.
    ///
    /// # Errors
    /// As there, of defects in the generations that are read.
    pub fn write<'t, W: EventWriter<'t>>(
        &self,
        trace: &'t Trace<'t>,
        threads: usize,
        make: impl Fn(Buffer) -> W + Sync,
        choose: impl Fn(&Event<'t>) -> Choice + Sync,
        out: impl FnMut(&[u8], &Event<'t>) -> io::Result<()>,
    ) -> std::result::Result<Vec<Warning>, ConvertError> {
        let chosen = |event: &Event<'t>| self.outside(event).unwrap_or_else(|| choose(event));
        write_blocks(self.blocks(trace), threads, make, chosen, out)
    }

    /// Writes the events of this window that are chosen as JSON, as
    /// [`json::write`] does of a whole trace.
    ///
    /// # Errors
    /// As there, of defects in the generations that are read.
    pub fn write_json<'t>(
        &self,
        trace: &'t Trace<'t>,
        threads: usize,
        stacks: JsonStacks,
        mut choose: impl FnMut(&Event<'t>) -> Choice + Send,
        out: impl FnMut(&[u8], &Event<'t>) -> io::Result<()>,
    ) -> std::result::Result<Vec<Warning>, ConvertError> {
        let chosen = |event: &Event<'t>| self.outside(event).unwrap_or_else(|| choose(event));
        json::write_blocks(self.blocks(trace), threads, stacks, chosen, out)
    }

    /// Returns the decision about an event outside of the window; none for one within.
    fn outside(&self, event: &Event<'_>) -> Option<Choice> {
        match self.to.is_some_and(|to| to <= event.time()) {
            true => Some(Choice::End),
            false => (!self.contains(event.time())).then_some(Choice::Skip),
        }
    }

    /// Returns the blocks that have the events of the window, and some in front.
    fn blocks<'t>(&self, trace: &'t Trace<'t>) -> Blocks<'t> {
        let far = self.from.filter(|&from| generation_of(trace, from) > 1);
        match far.map(|from| Start::of(trace, from)) {
            Some(Ok((start, _))) if start.generation > 0 => {
                let mut blocks = Blocks::beginning_with(trace, start.generation);
                // The state has been read from there: a defect is one of the trace.
                blocks.order.trust_guess();
                blocks
            }
            _ => Blocks::new(trace),
        }
    }
}

/// An iterator over the events of a window; made by [`Window::events`]. It is fused.
#[derive(Debug)]
pub struct WindowEvents<'t> {
    window: Window,
    events: Events<'t>,
    ended: bool,
}

impl<'t> WindowEvents<'t> {
    /// Returns the next event that is read, and whether it is one of the window: for those who
    /// learn from the events in front what those of the window do not say.
    pub fn next_read(&mut self) -> Option<Result<(Event<'t>, bool)>> {
        if self.ended {
            return None;
        }
        let event = match self.events.next()? {
            Ok(event) => event,
            Err(e) => return Some(Err(e)),
        };
        let outside = self.window.outside(&event);
        self.ended = outside == Some(Choice::End);
        (!self.ended).then_some(Ok((event, outside.is_none())))
    }

    /// Returns the defects found so far in lenient mode; empty in strict mode, where they
    /// are errors. Complete once the iterator has ended.
    pub fn warnings(&self) -> &[Warning] {
        self.events.warnings()
    }
}

impl<'t> Iterator for WindowEvents<'t> {
    type Item = Result<Event<'t>>;

    fn next(&mut self) -> Option<Result<Event<'t>>> {
        loop {
            match self.next_read()? {
                Ok((event, true)) => return Some(Ok(event)),
                Ok((_, false)) => {}
                Err(e) => return Some(Err(e)),
            }
        }
    }
}

impl std::iter::FusedIterator for WindowEvents<'_> {}
