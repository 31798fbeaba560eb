//! The event that is being tried, as handlers see it.

use crate::base::bytes::{Window, short_uvarint, uvarint};
use crate::error::Result;
use crate::order::state::State;
use crate::order::state::context::Context;
use crate::order::state::record::{CachedArgs, Record};
use crate::spec::v2::EventType;
use crate::wire::v2::event::bad_varint;

/// The outcome of trying an event. It has the size of an address, so that a `Result` of it
/// stays in registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub(crate) enum Advance {
    /// The event happened; its record is that of the step.
    Yes,
    /// The event happened; its records are in `State::made`.
    Made,
    /// Another event has to happen before.
    NotYet,
}

/// An event that is being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'e> {
    pub(crate) event: EventType,
    /// The offset, time, M and context of the event.
    pub(in crate::order) draft: &'e Record,
    /// The file up to the end of the event's batch.
    pub(in crate::order) data: &'e [u8],
    /// The bytes from the event's first one on, and the position in them of the next
    /// argument.
    pub(in crate::order) window: &'e Window,
    pub(in crate::order) pos: usize,
    /// The context before the event, which the handler changes to that after it.
    pub(crate) cx: Context,
    /// The arguments that a handler has read and analyses will need.
    pub(in crate::order) cached: CachedArgs,
}

impl Step<'_> {
    /// Returns the offset of the event in the file, in bytes.
    #[inline(always)]
    pub(crate) fn at(&self) -> usize {
        self.draft.offset
    }

    /// Returns the M of the event.
    #[inline(always)]
    pub(crate) fn thread(&self) -> u64 {
        self.draft.thread
    }

    /// Returns the event's record with the context as it is now.
    pub(crate) fn record(&self) -> Record {
        Record::new(self.event, self.draft.thread, self.cx, self.draft.offset, self.draft.time)
    }

    /// Reads the next argument; errs if the varint is malformed.
    #[inline(always)]
    pub(crate) fn arg(&mut self) -> Result<u64> {
        if let Some(value) = short_uvarint(self.window, &mut self.pos) {
            return Ok(value);
        }
        let (value, len) = long_uvarint(self.data, self.at() + self.pos, "an event's arguments")?;
        self.pos += len % 16;
        Ok(value)
    }

    /// Reads the next argument, a stack ID; errs as [`State::check_stack`].
    #[inline(always)]
    pub(crate) fn stack(&mut self, state: &mut State<'_>) -> Result<u64> {
        let id = self.arg()?;
        self.check_stack(state, id)?;
        Ok(id)
    }

    /// Checks the ID of a stack.
    ///
    /// A function that is not inlined gets values out of the step, not the step: one whose
    /// address is taken does not stay in registers, and ordering takes a fifth more
    /// instructions.
    #[inline(always)]
    pub(crate) fn check_stack(&self, state: &mut State<'_>, id: u64) -> Result<()> {
        if id > state.stacks_prefix && !state.tables.surely_has_stack(id) {
            state.check_stack(self.event, self.at(), id)?;
        }
        Ok(())
    }

    /// Reads the next argument, a string ID; errs as [`State::check_string`].
    #[inline(always)]
    pub(crate) fn string(&mut self, state: &mut State<'_>) -> Result<u64> {
        let id = self.arg()?;
        if id > state.strings_prefix && !state.tables.surely_has_string(id) {
            state.check_string(self.event, self.at(), id)?;
        }
        Ok(id)
    }
}

/// Reads a varint of any length at `pos`, in the part of an event that `inside` names; returns
/// the value and its length in bytes, ten at most.
#[cold]
#[inline(never)]
pub(in crate::order) fn long_uvarint(data: &[u8], pos: usize, inside: &'static str) -> Result<(u64, usize)> {
    let mut end = pos;
    match uvarint(data, &mut end) {
        Ok(value) => Ok((value, end - pos)),
        Err(e) => Err(bad_varint(0, pos, data.len(), e, inside)),
    }
}
