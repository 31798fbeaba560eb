//! Ordering v1 traces: one stream for each P, of Go 1.5 to 1.21.
//!
//! What an event needs before it can happen is told by sequence numbers, in Go
//! 1.5 of all events, since then of each goroutine's. The end of a system call
//! states when it really ended, which may be long before it was written, so
//! that no event has its final place before all have been read:
//!
//! ```text
//! wire ──> merge (1.7+) ────> settle ──────────> replay ──────> convert
//!          sequence (1.5)     late ends, futile  the rules,     to records
//!          items of 24 bytes  wakeups            nanoseconds    as of v2
//! ```
//!
//! Facts and results are those of Go 1.27's `internal/trace/tracev1.go` and what
//! stands behind it, and for versions before 1.11, which it refuses, of Go
//! 1.21's `internal/trace`.

mod convert;
mod cursor;
mod frontier;
mod gs;
mod item;
mod merge;
mod replay;
mod sequence;
mod settle;

pub(crate) use frontier::Ties;
pub(crate) use replay::{Replay, Step, TIMER_PROC};

use crate::error::{Error, Result};
use crate::generation::Generation;
use crate::limits::Limits;
use crate::order::Block;
use crate::order::recover::PATIENCE_AT_FIRST;
use crate::warning::{Repair, Warning, Warnings};
use crate::wire::v1::tables::Index;
use convert::Convert;
use std::sync::Arc;

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
        let patience = |limits: Limits| limits.patience.saturating_mul(events as u64).saturating_add(PATIENCE_AT_FIRST);
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

/// The ordering of a v1 trace.
#[derive(Clone, Debug)]
pub(crate) struct Ordering<'a> {
    replay: Replay<'a>,
    convert: Convert,
}

impl<'a> Ordering<'a> {
    /// Reads all events and brings them into order.
    pub(crate) fn new(file: &'a [u8], index: &Arc<Index>, leniency: Option<Limits>) -> Result<Ordering<'a>> {
        Ok(Ordering { replay: Replay::new(file, index, leniency, Ties::Go127)?, convert: Convert::default() })
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
    pub(crate) fn take_defects(&mut self) -> Vec<Warning> {
        self.replay.defects.take()
    }
}

/// The index of a generation of a v1 trace.
pub(crate) fn index_of<'g>(generation: &'g Generation<'_>) -> Option<&'g Arc<Index>> {
    generation.v1.as_ref()
}
