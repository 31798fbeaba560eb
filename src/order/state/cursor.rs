//! Positions of ordering in the Ms' streams of events.

use crate::base::bytes::uvarint;
use crate::base::time::Frequency;
use crate::error::Result;
use crate::order::state::{NONE, Slot};
use crate::wire::v2::event::bad_varint;

/// An M's next event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cursor {
    /// The offset of the event in the file, in bytes.
    pub(crate) start: usize,
    /// The offset of the arguments behind the time, relative to `start`.
    pub(crate) args: u32,
    /// The time of the event in nanoseconds.
    pub(crate) time: i64,
    /// The offset of the end of the batch.
    pub(crate) end: usize,
    /// The index of the batch in [`Spans`].
    pub(crate) span: u32,
}

/// One batch of an M, and the index of the M's next one.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    end: usize,
    ticks: u64,
    next: u32,
}

/// The batches of all Ms in one generation, chained by M.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spans {
    spans: Vec<Span>,
    /// The first and last batch of each M, in the order of their first batches.
    chains: Vec<(Slot, u32, u32)>,
    chain_of: rustc_hash::FxHashMap<Slot, usize>,
}

impl Spans {
    pub(crate) fn clear(&mut self) {
        self.spans.clear();
        self.chains.clear();
        self.chain_of.clear();
    }

    /// Adds a batch to the chain of the M in that slot.
    pub(crate) fn add(&mut self, m: Slot, start: usize, end: usize, ticks: u64) {
        let span = self.spans.len() as u32;
        self.spans.push(Span { start, end, ticks, next: NONE });
        let chain = *self.chain_of.entry(m).or_insert(self.chains.len());
        match self.chains.get_mut(chain) {
            Some((_, _, last)) => {
                if let Some(last) = self.spans.get_mut(*last as usize) {
                    last.next = span;
                }
                *last = span;
            }
            None => self.chains.push((m, span, span)),
        }
    }

    /// Iterates over the Ms with their first batches, in the order of the file.
    pub(crate) fn chains(&self) -> impl Iterator<Item = (Slot, u32)> + '_ {
        self.chains.iter().map(|&(m, first, _)| (m, first))
    }

    /// Returns the next batch of the same M, or [`NONE`].
    pub(crate) fn after(&self, span: u32) -> u32 {
        self.spans.get(span as usize).map_or(NONE, |span| span.next)
    }

    /// Returns the bytes of events in a batch.
    pub(crate) fn size(&self, span: u32) -> u64 {
        self.spans.get(span as usize).map_or(0, |span| span.end.saturating_sub(span.start) as u64)
    }

    /// Returns the first event of a batch, or of the next one that is not empty; `None` if all are.
    /// `span` becomes that batch, also if its first event cannot be read.
    #[inline(never)]
    pub(crate) fn open(&self, file: &[u8], frequency: Frequency, span: &mut u32) -> Result<Option<Cursor>> {
        while let Some(place) = self.spans.get(*span as usize) {
            if place.start >= place.end {
                *span = place.next;
                continue;
            }
            let data = file.get(..place.end).unwrap_or_default();
            let mut args = place.start + 1;
            let ticks = uvarint(data, &mut args).map_err(|e| bad_varint(0, args, data.len(), e, "an event's time"))?;
            let time = frequency.nanos(place.ticks).wrapping_add(frequency.nanos(ticks));
            let (start, args) = (place.start, (args - place.start) as u32);
            return Ok(Some(Cursor { start, args, time, end: place.end, span: *span }));
        }
        Ok(None)
    }
}
