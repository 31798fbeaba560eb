//! The state that events change: Gs, Ps and Ms, tasks and the collector.

pub(crate) mod context;
pub(crate) mod cursor;
pub(crate) mod gc;
mod goroutines;
pub(crate) mod guess;
mod procs;
pub(crate) mod ranges;
pub(crate) mod record;
mod seq;
pub(crate) mod step;
mod threads;

pub(crate) use goroutines::{G, Goroutines, Region};
pub(crate) use procs::Procs;
pub(crate) use threads::{Thread, Threads};

use crate::base::ids::StringId;
use crate::base::limits::Limits;
use crate::base::paged::Vacant;
use crate::error::{Error, ErrorKind, Result};
use crate::generation::tables::Tables;
use crate::order::state::gc::Gc;
use crate::order::state::guess::Guess;
use crate::order::state::record::MOST_RECORDS;
use crate::order::state::record::Record;
use crate::order::state::step::{Advance, Step};
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::sync::Arc;

/// An index into one of the slabs of Gs, Ps and Ms.
pub(crate) type Slot = u32;

/// The index that stands for none.
pub(crate) const NONE: Slot = Slot::MAX;

impl Vacant for Slot {
    const VACANT: Slot = NONE;
}

/// The state of ordering at a point of the trace.
///
/// Handlers look things up by the slot in the context; only events
/// that name another G, P or M search by ID.
#[derive(Clone, Debug, Default)]
pub(crate) struct State<'a> {
    pub(crate) gs: Goroutines<'a>,
    pub(crate) ps: Procs,
    pub(crate) ms: Threads,
    /// The offsets of the events that began the open tasks, by task ID.
    pub(crate) tasks: FxHashMap<u64, usize>,
    pub(crate) gc: Gc,
    /// The index of the current generation in the trace.
    pub(crate) generation: u32,
    /// True in the first generation that is read: statuses of unknown Gs and Ps are believed
    /// then.
    pub(crate) initial: bool,
    pub(crate) file: &'a [u8],
    pub(crate) tables: Arc<Tables>,
    /// The largest string ID and stack ID up to which all are in the tables.
    pub(crate) strings_prefix: u64,
    pub(crate) stacks_prefix: u64,
    /// True if an ID missing from the tables is no error.
    pub(crate) lenient: bool,
    /// The bounds on the work of lenient reading.
    pub(crate) limits: Limits,
    /// The error of the first such ID of the generation.
    pub(crate) first_missing: Option<Error>,
    /// The guess at the state before, while a generation is read ahead.
    pub(crate) guess: Option<Box<Guess<'a>>>,
    /// The records of an event that makes others than one of its own type and context.
    pub(crate) made: SmallVec<[Record; MOST_RECORDS]>,
}

impl<'a> State<'a> {
    /// Sets the tables of the generation that begins.
    pub(crate) fn set_tables(&mut self, tables: Arc<Tables>) {
        (self.strings_prefix, self.stacks_prefix) = tables.prefixes();
        self.tables = tables;
    }

    /// Checks a string ID above `strings_prefix`; errs if it is missing, in strict mode.
    #[cold]
    #[inline(never)]
    pub(crate) fn check_string(&mut self, event: EventType, at: usize, id: u64) -> Result<()> {
        if self.tables.has_string(id) {
            return Ok(());
        }
        self.miss(at, ErrorKind::UnknownString { event, id: id.into() })
    }

    /// Checks a stack ID above `stacks_prefix`; errs if it is missing, in strict mode.
    #[cold]
    #[inline(never)]
    pub(crate) fn check_stack(&mut self, event: EventType, at: usize, id: u64) -> Result<()> {
        if self.tables.has_stack(id) {
            return Ok(());
        }
        self.miss(at, ErrorKind::UnknownStack { event, id: id.into() })
    }

    /// Reports an ID that is in no table: with an error in strict mode. In lenient mode only the
    /// name or stack is lost, as in a trace cut before its tables, and the event stays.
    fn miss(&mut self, at: usize, kind: ErrorKind) -> Result<()> {
        let error = Error::at(at, kind);
        if !self.lenient {
            return Err(error);
        }
        self.first_missing.get_or_insert(error);
        Ok(())
    }

    /// Returns the string with that ID, which has been checked; empty if a cut trace
    /// lacks it.
    pub(crate) fn name(&self, id: u64) -> &'a [u8] {
        self.tables.string(self.file, StringId(id)).unwrap_or_default()
    }

    /// Returns the M that holds a P; if several do in a bad trace, the one with
    /// the greatest ID. For the step's own M, the step has the current context.
    pub(crate) fn holder(&mut self, p: Slot, step: &Step<'_>) -> Option<Thread> {
        self.assume_holder(p);
        let fresh = self.ms.iter().map(|m| if m.id == step.thread() { Thread { cx: step.cx, ..*m } } else { *m });
        fresh.filter(|m| m.cx.p == p).max_by_key(|m| m.id)
    }

    /// Ends an event with that record instead of the one that its step would make.
    pub(crate) fn make(&mut self, record: Record) -> Result<Advance> {
        self.made.push(record);
        Ok(Advance::Made)
    }
}
