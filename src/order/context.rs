//! The scheduling context: which M, P and G an event happens on.

use crate::error::{Error, ErrorKind, Resource, Result};
use crate::ids::WIRE_NONE;
use crate::order::state::{NONE, Slot};
use crate::wire::v2::spec::EventType;

/// An M with the P and the G that are bound to it. A P's slot is its number;
/// a G has both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Context {
    pub(crate) thread: u64,
    pub(crate) go: u64,
    pub(crate) m: Slot,
    pub(crate) p: Slot,
    pub(crate) g: Slot,
}

impl Context {
    /// The context of nothing: no M, no P, no G.
    pub(crate) const EMPTY: Context = Context { thread: WIRE_NONE, go: WIRE_NONE, m: NONE, p: NONE, g: NONE };

    #[inline(always)]
    pub(crate) fn bind_g(&mut self, slot: Slot, id: u64) {
        (self.g, self.go) = (slot, id);
    }

    #[inline(always)]
    pub(crate) fn unbind_g(&mut self) {
        (self.g, self.go) = (NONE, WIRE_NONE);
    }

    /// Demands an M, a P and a G: what code of the program runs with.
    #[inline(always)]
    pub(crate) fn needs_all(self, event: EventType, at: usize) -> Result<()> {
        // An M that is none never has a P.
        if self.p == NONE || self.g == NONE { Err(self.lacking(event, at)) } else { Ok(()) }
    }

    /// Demands an M and a P.
    #[inline(always)]
    pub(crate) fn needs_p(self, event: EventType, at: usize) -> Result<()> {
        if self.p == NONE { Err(self.lacking(event, at)) } else { Ok(()) }
    }

    /// Demands an M.
    #[inline(always)]
    pub(crate) fn needs_m(self, event: EventType, at: usize) -> Result<()> {
        if self.m == NONE { Err(self.lacking(event, at)) } else { Ok(()) }
    }

    /// Demands an M and a G. An M that is none never has a G.
    #[inline(always)]
    pub(crate) fn needs_g(self, event: EventType, at: usize) -> Result<()> {
        if self.g == NONE { Err(Context { p: 0, ..self }.lacking(event, at)) } else { Ok(()) }
    }

    /// Demands that there be no G.
    #[inline(always)]
    pub(crate) fn needs_no_g(self, event: EventType, at: usize) -> Result<()> {
        if self.g != NONE {
            return Err(Error::at(at, ErrorKind::ContextHas { event, present: Resource::Goroutine }));
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn lacking(self, event: EventType, at: usize) -> Error {
        let missing = if self.m == NONE {
            Resource::Thread
        } else if self.p == NONE {
            Resource::Proc
        } else {
            Resource::Goroutine
        };
        Error::at(at, ErrorKind::ContextLacks { event, missing })
    }
}
