//! The ordered stream, with ordering on one thread and its consumer on another.
//!
//! ```text
//! ordering ── full loads, at most 4 ──> consumer
//!    ^                                      │
//!    └────────── empty loads ──────────────┘
//! ```
//!
//! A load is several blocks, for each time that a thread has to wait for the other costs as
//! much as ordering some hundreds of events.
//!
//! A second thread is worth it if the consumer has work of its own, such as printing: records
//! pass through the cache that the threads share.

use crate::error::Result;
use crate::error::warning::{Warning, Warnings};
use crate::event::Event;
use crate::generation::Generation;
use crate::order::{Block, Record};
use crate::trace::Trace;
use crate::trace::stream::Blocks;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// The number of loads in the channel.
const DEPTH: usize = 4;
/// The number of blocks of a load.
const BLOCKS: usize = 8;

/// A block of records on its way to the consumer.
#[derive(Debug, Default)]
struct Full<'t> {
    records: Block,
    generation: Option<&'t Generation<'t>>,
    /// The defects found since the block in front.
    warnings: Vec<Warning>,
}

type Load<'t> = Vec<Full<'t>>;

impl<'a> Trace<'a> {
    /// Calls `each` with every event in order until it breaks. If the
    /// options allow two threads, ordering runs ahead on one of its own.
    /// Returns the warnings of lenient mode.
    ///
    /// ```
    /// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
    /// use gotrace::{Options, Trace};
    /// use std::ops::ControlFlow;
    ///
    /// let trace = Trace::with_options(bytes, Options::default().threads(2))?;
    /// let mut last = None;
    /// trace.for_each(|event| {
    ///     last = Some(event.time());
    ///     ControlFlow::Continue(())
    /// })?;
    /// assert!(last.is_some());
    /// # Ok::<(), gotrace::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first defect, in strict mode, after the events before it.
    pub fn for_each<'t>(&'t self, mut each: impl FnMut(Event<'t>) -> ControlFlow<()>) -> Result<Vec<Warning>> {
        self.for_each_block(|generation, records| {
            records.iter().try_for_each(|&record| each(Event::new(self.framed(), generation, record)))
        })
    }

    /// Calls `each` with every block of records, as [`Blocks::for_each`] does.
    #[inline]
    pub(crate) fn for_each_block<'t>(
        &'t self,
        each: impl FnMut(Option<&'t Generation<'t>>, &[Record]) -> ControlFlow<()>,
    ) -> Result<Vec<Warning>> {
        Blocks::new(self).for_each(each)
    }
}

impl<'t> Blocks<'t> {
    /// Calls `each` with every block of records, of one generation or of none, until it breaks.
    /// If the trace's options allow two threads, ordering runs ahead on one of its own. Returns
    /// the defects of what `each` was called with, in lenient mode.
    ///
    /// # Errors
    /// The first defect, in strict mode, after the records before it.
    #[inline]
    pub(crate) fn for_each(
        mut self,
        mut each: impl FnMut(Option<&'t Generation<'t>>, &[Record]) -> ControlFlow<()>,
    ) -> Result<Vec<Warning>> {
        if self.trace.options().threads < 2 {
            while self.next_block()? {
                if each(self.generation, self.records.records()).is_break() {
                    break;
                }
            }
            return Ok(self.warnings.take());
        }
        let trace = self.trace;
        let (full, from_order) = sync_channel::<Load<'t>>(DEPTH);
        let (empty, to_order) = sync_channel::<Load<'t>>(DEPTH + 2);
        std::thread::scope(|scope| {
            let ordering = scope.spawn(move || order_ahead(self.for_another_thread(), &full, &to_order));
            let mut warnings = Warnings::new(trace.options().limits);
            let consumed = consume(trace, &from_order, &empty, &mut warnings, &mut each);
            // A closed channel ends the ordering, if the consumer has had enough.
            drop((from_order, empty));
            let ended = match ordering.join() {
                Ok(ended) => ended,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            // What ordering met beyond the consumer's last block is nobody's concern.
            if consumed.is_continue() {
                warnings.extend(ended?);
            }
            Ok(warnings.take())
        })
    }
}

/// Calls `each` with every block until it breaks, and adds their defects to `warnings`.
#[inline]
fn consume<'t>(
    trace: &'t Trace<'t>,
    full: &Receiver<Load<'t>>,
    empty: &SyncSender<Load<'t>>,
    warnings: &mut Warnings,
    each: &mut impl FnMut(Option<&'t Generation<'t>>, &[Record]) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut current: Option<&Generation<'_>> = None;
    for mut load in full {
        for Full { records, generation, warnings: more } in &mut load {
            let generation = *generation;
            if let Some(left) = current.filter(|left| generation.is_none_or(|now| now.index() != left.index())) {
                trace.release(left);
            }
            current = generation;
            warnings.extend(more.drain(..));
            each(generation, records.records())?;
        }
        // Without room, or once ordering has ended, the load is dropped.
        let _ = empty.try_send(load);
    }
    if let Some(left) = current {
        trace.release(left);
    }
    ControlFlow::Continue(())
}

/// Orders as far ahead as there is room for; returns the defects behind the last block.
fn order_ahead<'t>(
    mut blocks: Blocks<'t>,
    full: &SyncSender<Load<'t>>,
    empty: &Receiver<Load<'t>>,
) -> Result<Vec<Warning>> {
    let (mut load, mut used) = (Load::with_capacity(BLOCKS), Load::new());
    loop {
        let more = blocks.next_block();
        if let Ok(true) = more {
            let next = used.pop().map_or_else(Block::default, |used| used.records);
            load.push(Full {
                records: std::mem::replace(&mut blocks.records, next),
                generation: blocks.generation,
                warnings: blocks.warnings.take(),
            });
        }
        if load.len() == BLOCKS || (!matches!(more, Ok(true)) && !load.is_empty()) {
            if full.send(std::mem::replace(&mut load, Load::with_capacity(BLOCKS))).is_err() {
                break;
            }
            used = empty.try_recv().unwrap_or_default();
        }
        if !more? {
            break;
        }
    }
    Ok(blocks.warnings.take())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::testdata::traces;
    use crate::trace::{Mode, Options};

    /// Defects further on are not told to those who stop early, though ordering may have met them already.
    #[test]
    fn defects_behind_the_last_event_that_is_looked_at_are_nobodys_concern() {
        let (_, bytes) = traces().into_iter().find(|(name, _)| name.ends_with("go1.27/mixed.trace")).unwrap();
        let cut = &bytes[..bytes.len() - 1000];
        for threads in [1, 2] {
            for mode in [Mode::Strict, Mode::Lenient] {
                let trace = Trace::with_options(cut, Options::default().mode(mode).threads(threads)).unwrap();
                let read_on = |go_on: ControlFlow<()>| {
                    trace.for_each(|_| {
                        // As long as ordering may take to come to the end.
                        std::thread::sleep(std::time::Duration::from_millis(if go_on.is_break() { 50 } else { 0 }));
                        go_on
                    })
                };
                let to_the_end = read_on(ControlFlow::Continue(()));
                assert!(to_the_end.map_or(true, |warnings| !warnings.is_empty()), "{threads} threads, {mode:?}");
                let begun =
                    read_on(ControlFlow::Break(())).unwrap_or_else(|e| panic!("{threads} threads, {mode:?}: {e}"));
                assert_eq!(format!("{begun:?}"), format!("{:?}", trace.warnings()), "{threads} threads, {mode:?}");
            }
        }
    }
}
