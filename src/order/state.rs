//! The state that events change: Gs, Ps and Ms, tasks and the collector.

mod goroutines;
mod procs;
mod threads;

pub(crate) use goroutines::{G, Goroutines, Region};
pub(crate) use procs::Procs;
pub(crate) use threads::{Thread, Threads};

use crate::error::{Error, ErrorKind, Result};
use crate::generation::tables::Tables;
use crate::ids::StringId;
use crate::limits::Limits;
use crate::order::gc::Gc;
use crate::order::guess::Guess;
use crate::order::record::MOST_RECORDS;
use crate::order::{Advance, Record, Step};
use crate::paged::Vacant;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::sync::Arc;

/// A place in one of the slabs.
pub(crate) type Slot = u32;

/// No place.
pub(crate) const NONE: Slot = Slot::MAX;

impl Vacant for Slot {
    const VACANT: Slot = NONE;
}

/// All that ordering knows at a point of the trace.
///
/// Handlers look things up by the slot that the context holds; only events
/// that name another G, P or M search by ID.
#[derive(Clone, Debug, Default)]
pub(crate) struct State<'a> {
    pub(crate) gs: Goroutines<'a>,
    pub(crate) ps: Procs,
    pub(crate) ms: Threads,
    /// Where the event that began each open task stands in the file.
    pub(crate) tasks: FxHashMap<u64, usize>,
    pub(crate) gc: Gc,
    /// The current generation, by its place in the trace.
    pub(crate) generation: u32,
    /// Whether it is the first that was read: what is unknown then is taken
    /// as it is stated.
    pub(crate) initial: bool,
    pub(crate) file: &'a [u8],
    pub(crate) tables: Arc<Tables>,
    /// Every string and stack ID up to these is in the tables.
    pub(crate) strings_prefix: u64,
    pub(crate) stacks_prefix: u64,
    /// Whether an ID missing from the tables is no error.
    pub(crate) lenient: bool,
    /// What lenient reading may cost.
    pub(crate) limits: Limits,
    /// The first such ID of the generation.
    pub(crate) first_missing: Option<Error>,
    /// What is taken for granted, while a generation is read on its own.
    pub(crate) guess: Option<Box<Guess<'a>>>,
    /// The records of an event that makes others than the plain one.
    pub(crate) made: SmallVec<[Record; MOST_RECORDS]>,
}

impl<'a> State<'a> {
    /// Sets the tables of the generation that begins.
    pub(crate) fn set_tables(&mut self, tables: Arc<Tables>) {
        (self.strings_prefix, self.stacks_prefix) = tables.prefixes();
        self.tables = tables;
    }

    /// Checks a string ID above `strings_prefix`.
    #[cold]
    #[inline(never)]
    pub(crate) fn check_string(&mut self, event: EventType, at: usize, id: u64) -> Result<()> {
        if self.tables.has_string(id) {
            return Ok(());
        }
        self.miss(at, ErrorKind::UnknownString { event, id: id.into() })
    }

    /// Checks a stack ID above `stacks_prefix`.
    #[cold]
    #[inline(never)]
    pub(crate) fn check_stack(&mut self, event: EventType, at: usize, id: u64) -> Result<()> {
        if self.tables.has_stack(id) {
            return Ok(());
        }
        self.miss(at, ErrorKind::UnknownStack { event, id: id.into() })
    }

    /// An ID is in no table: an error; or, leniently, the event stays and only
    /// its name or stack is lost, as where a trace was cut before its tables.
    fn miss(&mut self, at: usize, kind: ErrorKind) -> Result<()> {
        let error = Error::at(at, kind);
        if !self.lenient {
            return Err(error);
        }
        self.first_missing.get_or_insert(error);
        Ok(())
    }

    /// The name with that ID, which has been checked; empty where a cut trace
    /// lacks it.
    pub(crate) fn name(&self, id: u64) -> &'a [u8] {
        self.tables.string(self.file, StringId(id)).unwrap_or_default()
    }

    /// The M that holds a P; where a trace says that of several, the one with
    /// the greatest ID. The step is fresher than what the state has of its M.
    pub(crate) fn holder(&mut self, p: Slot, step: &Step<'_>) -> Option<Thread> {
        self.assume_holder(p);
        let fresh = self.ms.iter().map(|m| if m.id == step.thread() { Thread { cx: step.cx, ..*m } } else { *m });
        fresh.filter(|m| m.cx.p == p).max_by_key(|m| m.id)
    }

    /// Ends an event that makes that record.
    pub(crate) fn make(&mut self, record: Record) -> Result<Advance> {
        self.made.push(record);
        Ok(Advance::Made)
    }
}
