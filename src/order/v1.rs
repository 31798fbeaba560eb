//! Ordering of v1 traces, of Go 1.5 to 1.21: from one stream for each P to one causal order.
//!
//! Sequence numbers say what has to happen before an event: in Go
//! 1.5 all events have one, since then goroutines count some of theirs. The end of a system
//! call states when it really ended, which may be long before it was written; the index of
//! the file says up to which time no such end is still to come:
//!
//! ```text
//! wire ──> merge (1.7+) ────> replay ──────> convert ─────> window
//!          sequence (1.5)     the rules      to records     late ends of system
//!                                            as of v2       calls; nanoseconds
//! ```
//!
//! Reading runs ahead of the output as far as it must, by a thousand
//! events or more; the [window] holds those.
//!
//! Rules and results are those of Go 1.27's `internal/trace/tracev1.go` and the files
//! behind it; for versions before 1.11, which it refuses, those of Go
//! 1.21's `internal/trace`.

mod convert;
mod cursor;
mod defects;
mod frontier;
mod futile;
mod gs;
mod head;
mod item;
mod merge;
mod replay;
mod sequence;
mod step;
mod window;

use crate::base::limits::Limits;
use crate::error::warning::Warning;
use crate::error::{Error, Result};
use crate::generation::Generation;
use crate::generation::v1::index::Index;
use crate::order::state::record::{Block, Record};
use crate::spec::version::Version;
use convert::{Convert, Form};
use frontier::Ties;
use futile::Futile;
use item::Item;
use merge::Merge;
use replay::Replay;
use std::sync::Arc;
use window::DROPPED;

/// The source of the events, in their merged order.
#[derive(Clone, Debug)]
enum Source<'a> {
    Merge(Box<Merge<'a>>),
    /// The events of Go 1.5 and 1.6, sorted by number.
    Numbered(std::vec::IntoIter<Item>),
    /// No more events.
    Over,
}

/// The ordering of a v1 trace.
#[derive(Clone, Debug)]
pub(crate) struct Ordering<'a> {
    source: Source<'a>,
    replay: Replay<'a>,
    /// The filter of futile wakeups, if there are any.
    futile: Option<Box<Futile<'a>>>,
    nanos_per_tick: f64,
    /// The error that ended the merge, in strict mode; it comes after the merged events.
    failed: Option<Error>,
}

impl<'a> Ordering<'a> {
    /// Creates the ordering that outputs records of v2 events.
    pub(crate) fn converted(file: &'a [u8], index: &Arc<Index>, leniency: Option<Limits>) -> Result<Ordering<'a>> {
        Ordering::new(file, index, leniency, Ties::Go127, Form::Converted(Convert::default()))
    }

    /// Creates the ordering of Go 1.21, which outputs one record for every v1 event, without a
    /// meaningful type.
    pub(crate) fn as_written(file: &'a [u8], index: &Arc<Index>, leniency: Option<Limits>) -> Result<Ordering<'a>> {
        Ordering::new(file, index, leniency, Ties::Go121, Form::AsWritten)
    }

    fn new(
        file: &'a [u8],
        index: &Arc<Index>,
        leniency: Option<Limits>,
        ties: Ties,
        form: Form,
    ) -> Result<Ordering<'a>> {
        let mut replay = Replay::new(file, index, leniency, form);
        index.blemishes.list().iter().try_for_each(|blemish| replay.order_defects.report_warning(blemish.clone()))?;
        let source = if index.version < Version::Go107 {
            Source::Numbered(sequence::by_number(file, index, &mut replay)?.into_iter())
        } else {
            Source::Merge(Box::new(Merge::new(file, index, ties)))
        };
        let mut ordering = Ordering {
            source,
            replay,
            futile: index.futile.then(|| Box::new(Futile::new(file, index.version))),
            nanos_per_tick: 1e9 / index.hz.unwrap_or(1_000_000_000) as f64,
            failed: None,
        };
        ordering.read_more();
        match ordering.failed.take_if(|_| ordering.replay.start.is_none()) {
            Some(e) => Err(e),
            None => Ok(ordering),
        }
    }

    /// Returns whether there is no event at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.replay.start.is_none()
    }

    /// Fills `out`; returns whether the trace is over.
    pub(crate) fn advance(&mut self, last_time: &mut i64, out: &mut Block) -> Result<bool> {
        while out.has_room() {
            if self.futile.is_none() {
                let (clock, window) = (self.clock(), &mut self.replay.window);
                window.output(last_time, out, clock);
                if !out.has_room() {
                    break;
                }
            }
            match self.next_ready() {
                Some(record) => out.push(last_time, record),
                None if self.read_more() => {}
                None => return self.failed.take().map_or(Ok(true), Err),
            }
        }
        Ok(false)
    }

    /// Returns the next record, whose time need not be above the last one's.
    pub(crate) fn next(&mut self) -> Result<Option<Record>> {
        loop {
            match self.next_ready() {
                Some(record) => return Ok(Some(record)),
                None if self.read_more() => {}
                None => return self.failed.take().map_or(Ok(None), Err),
            }
        }
    }

    /// Returns the next record that is ready, if any.
    #[inline(always)]
    fn next_ready(&mut self) -> Option<Record> {
        loop {
            let window = &mut self.replay.window;
            let record = match &mut self.futile {
                None => window.next()?,
                Some(futile) => futile.next(window, matches!(self.source, Source::Over))?,
            };
            if record.note & DROPPED == 0 {
                return Some(Record { time: self.clock()(record.time), ..record });
            }
        }
    }

    /// Returns the conversion of ticks to nanoseconds since the first event, as Go does it on
    /// amd64: a product of floats, truncated.
    #[inline(always)]
    fn clock(&self) -> impl Fn(i64) -> i64 + use<> {
        let (start, nanos_per_tick) = (self.replay.start.unwrap_or_default(), self.nanos_per_tick);
        move |ticks| match (ticks.wrapping_sub(start) as f64 * nanos_per_tick) as i64 {
            // The cast saturates where the number is too large; amd64 gives the smallest integer.
            i64::MAX => i64::MIN,
            nanos => nanos,
        }
    }

    /// Reads more events into the window; returns false if there are none.
    #[inline(never)]
    fn read_more(&mut self) -> bool {
        self.replay.window.drop_output();
        let more = match &mut self.source {
            Source::Merge(merge) => merge.advance(&mut self.replay),
            Source::Numbered(items) => sequence::replay(items, &mut self.replay),
            Source::Over => return false,
        };
        if !matches!(more, Ok(true)) {
            self.failed = more.err();
            self.source = Source::Over;
            self.replay.window.end();
        }
        true
    }

    /// Returns the defects found so far, in lenient mode.
    pub(crate) fn take_defects(&mut self) -> Vec<Warning> {
        self.replay.take_defects()
    }
}

/// Returns the index of a v1 trace's generation; `None` for other generations.
pub(crate) fn index_of<'g>(generation: &'g Generation<'_>) -> Option<&'g Arc<Index>> {
    generation.v1.as_ref()
}
