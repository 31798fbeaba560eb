//! Ordering v1 traces: one stream for each P, of Go 1.5 to 1.21.
//!
//! What an event needs before it can happen is told by sequence numbers, in Go
//! 1.5 of all events, since then of each goroutine's. The end of a system call
//! states when it really ended, which may be long before it was written; up to
//! when no such end is still to come, the index of the file tells:
//!
//! ```text
//! wire ──> merge (1.7+) ────> replay ──────> convert ─────> window
//!          sequence (1.5)     the rules      to records     late ends of system
//!                                            as of v2       calls; nanoseconds
//! ```
//!
//! Reading runs ahead of what comes out as far as it must, which is a thousand
//! events or more; the [window] holds those.
//!
//! Facts and results are those of Go 1.27's `internal/trace/tracev1.go` and what
//! stands behind it, and for versions before 1.11, which it refuses, of Go
//! 1.21's `internal/trace`.

mod convert;
mod cursor;
mod frontier;
mod futile;
mod gs;
mod head;
mod item;
mod merge;
mod replay;
mod sequence;
mod window;

use crate::error::{Error, Result};
use crate::generation::Generation;
use crate::limits::Limits;
use crate::order::patience;
use crate::order::{Block, Record};
use crate::version::Version;
use crate::warning::{Repair, Warning, Warnings};
use crate::wire::v1::tables::Index;
use convert::{Convert, Form};
use frontier::Ties;
use futile::Futile;
use item::Item;
use merge::Merge;
use replay::Replay;
use std::sync::Arc;
use window::DROPPED;

/// What to do about defects, and those met.
#[derive(Clone, Debug)]
pub(crate) struct Defects {
    leniency: Option<Limits>,
    met: Warnings,
}

impl Defects {
    /// None so far. Without limits the first one ends a reading.
    pub(crate) fn new(leniency: Option<Limits>) -> Defects {
        Defects { leniency, met: Warnings::new(leniency.unwrap_or_default()) }
    }

    /// How many Ps may be looked at in vain, so many events having happened.
    pub(crate) fn patience(&self, events: usize) -> u64 {
        let patience =
            |limits: Limits| limits.patience.saturating_mul(events as u64).saturating_add(patience::AT_FIRST);
        self.leniency.map_or(u64::MAX, patience)
    }

    /// Stops a strict ordering. In a lenient one the event goes where its time
    /// says.
    #[cold]
    #[inline(never)]
    pub(crate) fn meet(&mut self, e: Error) -> Result<()> {
        self.get_past(Warning::new(e, Repair::Placed, 0))
    }

    /// Stops a strict ordering. A lenient one passes over so many bytes.
    #[cold]
    #[inline(never)]
    pub(crate) fn give_up(&mut self, e: Error, rest: usize) -> Result<()> {
        self.get_past(Warning::new(e, Repair::RestOfBatch(rest as u64), 1))
    }

    /// Stops a strict ordering.
    pub(crate) fn get_past(&mut self, warning: Warning) -> Result<()> {
        if self.leniency.is_none() {
            return Err(warning.error().clone());
        }
        self.met.push(warning);
        Ok(())
    }

    pub(crate) fn take(&mut self) -> Vec<Warning> {
        self.met.take()
    }
}

/// Where events come from, in order.
#[derive(Clone, Debug)]
enum Source<'a> {
    Merge(Box<Merge<'a>>),
    /// Of Go 1.5 and 1.6.
    Numbered(std::vec::IntoIter<Item>),
    /// There are no more.
    Over,
}

/// The ordering of a v1 trace.
#[derive(Clone, Debug)]
pub(crate) struct Ordering<'a> {
    source: Source<'a>,
    replay: Replay<'a>,
    /// If there are wakeups in vain.
    futile: Option<Box<Futile<'a>>>,
    nanos_per_tick: f64,
    /// What ended the merge, in strict mode. It comes after what was merged.
    failed: Option<Error>,
}

impl<'a> Ordering<'a> {
    /// The ordering that has v2 events come out.
    pub(crate) fn converted(file: &'a [u8], index: &Arc<Index>, leniency: Option<Limits>) -> Result<Ordering<'a>> {
        Ordering::new(file, index, leniency, Ties::Go127, Form::Converted(Convert::default()))
    }

    /// The ordering of Go 1.21, that has every v1 event come out as a record of
    /// no certain type.
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
        index.blemishes.list().iter().try_for_each(|blemish| replay.order_defects.get_past(blemish.clone()))?;
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
        ordering.read_on();
        match ordering.failed.take_if(|_| ordering.replay.start.is_none()) {
            Some(e) => Err(e),
            None => Ok(ordering),
        }
    }

    /// Whether there is no event at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.replay.start.is_none()
    }

    /// Fills `out`; returns whether that was all.
    pub(crate) fn advance(&mut self, last_time: &mut i64, out: &mut Block) -> Result<bool> {
        while out.has_room() {
            if self.futile.is_none() {
                let (clock, window) = (self.clock(), &mut self.replay.window);
                window.hand_out(last_time, out, clock);
                if !out.has_room() {
                    break;
                }
            }
            match self.next_ready() {
                Some(record) => out.push(last_time, record),
                None if self.read_on() => {}
                None => return self.failed.take().map_or(Ok(true), Err),
            }
        }
        Ok(false)
    }

    /// The next record, its time not yet made to increase.
    pub(crate) fn next(&mut self) -> Result<Option<Record>> {
        loop {
            match self.next_ready() {
                Some(record) => return Ok(Some(record)),
                None if self.read_on() => {}
                None => return self.failed.take().map_or(Ok(None), Err),
            }
        }
    }

    /// The next record that is ready.
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

    /// What makes nanoseconds since the first event of ticks. As Go does on
    /// amd64: the product of floats, truncated.
    #[inline(always)]
    fn clock(&self) -> impl Fn(i64) -> i64 + use<> {
        let (start, nanos_per_tick) = (self.replay.start.unwrap_or_default(), self.nanos_per_tick);
        move |ticks| match (ticks.wrapping_sub(start) as f64 * nanos_per_tick) as i64 {
            // There is no such number: it is too large.
            i64::MAX => i64::MIN,
            nanos => nanos,
        }
    }

    /// Has more records ready; returns whether there was anything left to read.
    #[inline(never)]
    fn read_on(&mut self) -> bool {
        self.replay.window.forget();
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

    /// The defects met so far, in lenient mode.
    pub(crate) fn take_defects(&mut self) -> Vec<Warning> {
        self.replay.take_defects()
    }
}

/// The index of a generation of a v1 trace.
pub(crate) fn index_of<'g>(generation: &'g Generation<'_>) -> Option<&'g Arc<Index>> {
    generation.v1.as_ref()
}
