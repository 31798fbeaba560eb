//! Ordering v1 traces: one stream for each P, of Go 1.5 to 1.21.
//!
//! What an event needs before it can happen is told by sequence numbers, in Go
//! 1.5 of all events, since then of each goroutine's. The end of a system call
//! states when it really ended, which may be long before it was written; up to
//! when no such end is still to come, the index of the file tells:
//!
//! ```text
//! wire ──> merge (1.7+) ────> settle ──────────> replay ──────> convert
//!          sequence (1.5)     late ends, futile  the rules,     to records
//!          items of 24 bytes  wakeups            nanoseconds    as of v2
//! ```
//!
//! Merging runs ahead as far as it must, a thousand events or more, and the
//! others follow: what is held at a time is a `window`.
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
mod settle;
mod window;

pub(crate) use frontier::Ties;
pub(crate) use replay::{Replay, Step, TIMER_PROC};

use crate::error::{Error, ErrorKind, Result};
use crate::generation::Generation;
use crate::order::Block;
use crate::wire::v1::tables::Index;
use convert::Convert;
use std::sync::Arc;

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

/// The ordering of a v1 trace.
#[derive(Clone, Debug)]
pub(crate) struct Ordering<'a> {
    replay: Replay<'a>,
    convert: Convert,
}

impl<'a> Ordering<'a> {
    /// Begins to bring the events into order.
    pub(crate) fn new(file: &'a [u8], index: &Arc<Index>, lenient: bool) -> Result<Ordering<'a>> {
        Ok(Ordering { replay: Replay::new(file, index, lenient, Ties::Go127)?, convert: Convert::default() })
    }

    /// Whether there is no event at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.replay.is_empty()
    }

    /// Fills `out`; returns whether that was all.
    pub(crate) fn advance(&mut self, last_time: &mut i64, out: &mut Block) -> Result<bool> {
        let mut step = Step::BLANK;
        while out.has_room() {
            if self.convert.put_pending(last_time, out) {
                continue;
            }
            if !self.replay.next(&mut step)? {
                return Ok(true);
            }
            self.convert.step(&step, last_time, out);
        }
        Ok(false)
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
