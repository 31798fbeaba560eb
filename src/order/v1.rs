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
mod item;
mod merge;
mod replay;
mod sequence;
mod window;

use crate::error::{Error, ErrorKind, Result};
use crate::generation::Generation;
use crate::order::{Block, Record};
use crate::version::Version;
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
#[derive(Clone, Debug, Default)]
pub(crate) struct Defects {
    lenient: bool,
    met: Vec<Error>,
}

impl Defects {
    /// Stops a strict ordering. A lenient one keeps the first of each kind,
    /// for one of them usually has many behind it.
    #[cold]
    #[inline(never)]
    pub(crate) fn meet(&mut self, e: Error) -> Result<()> {
        if !self.lenient {
            return Err(e);
        }
        let kind = |e: &Error| match e.kind() {
            ErrorKind::V1(what) => (std::mem::discriminant(e.kind()), Some(std::mem::discriminant(what))),
            other => (std::mem::discriminant(other), None),
        };
        if self.met.iter().all(|before| kind(before) != kind(&e)) {
            self.met.push(e);
        }
        Ok(())
    }

    pub(crate) fn take(&mut self) -> Vec<Error> {
        std::mem::take(&mut self.met)
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
    pub(crate) fn converted(file: &'a [u8], index: &Arc<Index>, lenient: bool) -> Result<Ordering<'a>> {
        Ordering::new(file, index, lenient, Ties::Go127, Form::Converted(Convert::default()))
    }

    /// The ordering of Go 1.21, that has every v1 event come out as a record of
    /// no certain type.
    pub(crate) fn as_written(file: &'a [u8], index: &Arc<Index>, lenient: bool) -> Result<Ordering<'a>> {
        Ordering::new(file, index, lenient, Ties::Go121, Form::AsWritten)
    }

    fn new(file: &'a [u8], index: &Arc<Index>, lenient: bool, ties: Ties, form: Form) -> Result<Ordering<'a>> {
        let mut replay = Replay::new(file, index, lenient, form);
        if let Some(blemish) = &index.blemish {
            replay.order_defects.meet(blemish.clone())?;
        }
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
    pub(crate) fn take_defects(&mut self) -> Vec<Error> {
        self.replay.take_defects()
    }
}

/// The index of a generation of a v1 trace.
pub(crate) fn index_of<'g>(generation: &'g Generation<'_>) -> Option<&'g Arc<Index>> {
    generation.v1.as_ref()
}
