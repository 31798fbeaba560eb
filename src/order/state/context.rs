//! The scheduling context: the P and the G that an event's M has.

use crate::base::ids::WIRE_NONE;
use crate::error::{Error, ErrorKind, Resource, Result};
use crate::order::state::step::Step;
use crate::order::state::{NONE, Slot};
use crate::spec::v2::EventType;

/// The P and the G that are bound to an M. A P's slot is its number; a G has
/// both a slot and an ID.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Context {
    pub(crate) go: u64,
    pub(crate) g: Slot,
    pub(crate) p: Slot,
}

impl Context {
    /// No P and no G.
    pub(crate) const EMPTY: Context = Context { go: WIRE_NONE, g: NONE, p: NONE };

    #[inline(always)]
    pub(crate) fn bind_g(&mut self, slot: Slot, id: u64) {
        (self.g, self.go) = (slot, id);
    }

    #[inline(always)]
    pub(crate) fn unbind_g(&mut self) {
        (self.g, self.go) = (NONE, WIRE_NONE);
    }
}

/// Demands that events have on their context. Events without an M never have a P or a
/// G, so only events that need neither have to check for the M.
impl Step<'_> {
    /// Demands an M, a P and a G, with which code of the program runs.
    #[inline(always)]
    pub(crate) fn needs_all(&self) -> Result<()> {
        self.needs_p()?;
        self.needs_g()
    }

    /// Demands an M and a P.
    #[inline(always)]
    pub(crate) fn needs_p(&self) -> Result<()> {
        if self.cx.p == NONE { Err(self.lacks(true)) } else { Ok(()) }
    }

    /// Demands an M and a G.
    #[inline(always)]
    pub(crate) fn needs_g(&self) -> Result<()> {
        if self.cx.g == NONE { Err(self.lacks(false)) } else { Ok(()) }
    }

    /// Demands an M.
    #[inline(always)]
    pub(crate) fn needs_m(&self) -> Result<()> {
        if self.thread() == WIRE_NONE { Err(self.lacks(true)) } else { Ok(()) }
    }

    /// Demands that no G is running.
    #[inline(always)]
    pub(crate) fn needs_no_g(&self) -> Result<()> {
        if self.cx.g != NONE { Err(has_g(self.event, self.at())) } else { Ok(()) }
    }

    #[inline(always)]
    fn lacks(&self, proc: bool) -> Error {
        lacking(self.event, self.at(), self.thread() == WIRE_NONE, proc)
    }
}

// The arguments are passed by value: taking the step's address would keep it out of registers.
#[cold]
#[inline(never)]
fn lacking(event: EventType, at: usize, thread: bool, proc: bool) -> Error {
    let missing = match (thread, proc) {
        (true, _) => Resource::Thread,
        (_, true) => Resource::Proc,
        _ => Resource::Goroutine,
    };
    Error::at(at, ErrorKind::ContextLacks { event, missing })
}

#[cold]
#[inline(never)]
fn has_g(event: EventType, at: usize) -> Error {
    Error::at(at, ErrorKind::ContextHas { event, present: Resource::Goroutine })
}
