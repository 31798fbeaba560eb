//! (going away)
use crate::event::go::GoChange;
use crate::event::{Event, EventKind};
use crate::ids::GoId;
use crate::paged::{Paged, Vacant};
use std::cell::OnceCell;
use std::ops::Deref;

/// An [`Event`] that several analyses look at: what is decoded of it is decoded
/// once for all of them, and not before one asks.
#[derive(Clone, Debug)]
pub struct OldSeen<'p, 't> {
    pub(super) event: Event<'t>,
    pub(super) go: Option<GoChange>,
    /// The slot of the goroutine that it changes.
    pub(super) at: u32,
    pub(super) slots: &'p Slots,
    pub(super) kind: OnceCell<EventKind<'t>>,
}

impl<'t> OldSeen<'_, 't> {
    /// The event's [kind](Event::kind).
    #[inline]
    pub fn kind(&self) -> &EventKind<'t> {
        self.kind.get_or_init(|| self.event.kind())
    }

    /// What it does to a goroutine, with less to decode than the kind has;
    /// nothing for other events.
    #[inline(always)]
    pub(crate) fn go(&self) -> Option<&GoChange> {
        self.go.as_ref()
    }

    /// The same, if the goroutine's state changes: the statuses of goroutines in
    /// later generations are left out.
    #[inline(always)]
    pub(crate) fn go_step(&self) -> Option<&GoChange> {
        self.go.as_ref().filter(|go| go.from != go.to)
    }

    /// The slot of a goroutine; a quick look if it is the one that
    /// [`go`](Self::go) is about.
    #[inline(always)]
    pub(crate) fn slot(&self, id: GoId) -> GoSlot {
        let at = match &self.go {
            Some(go) if go.id == id => self.at,
            _ => self.slots.find(id),
        };
        GoSlot { id, at }
    }
}

impl<'t> Deref for OldSeen<'_, 't> {
    type Target = Event<'t>;

    #[inline(always)]
    fn deref(&self) -> &Event<'t> {
        &self.event
    }
}

/// A goroutine, and where in the tables of a pass what is known of it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GoSlot {
    pub(crate) id: GoId,
    pub(crate) at: u32,
}

/// The slot of a goroutine that has none.
pub(crate) const NOWHERE: u32 = u32::VACANT;

/// The slots of goroutines that exist; those that ended leave theirs to others.
#[derive(Clone, Debug, Default)]
pub(super) struct Slots {
    index: Paged<u32>,
    free: Vec<u32>,
    used: u32,
}

impl Slots {
    /// The slot of a goroutine, which gets one if it has none.
    #[inline(always)]
    pub(super) fn of(&mut self, id: GoId) -> u32 {
        match self.index.get(id.0) {
            NOWHERE => self.add(id),
            at => at,
        }
    }

    #[inline(never)]
    fn add(&mut self, id: GoId) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            // There are fewer goroutines than bytes in the file, and of those 4 Gi at most.
            self.used = self.used.saturating_add(1);
            self.used - 1
        });
        self.index.insert(id.0, at);
        at
    }

    #[inline(never)]
    fn find(&self, id: GoId) -> u32 {
        self.index.get_cold(id.0).unwrap_or(NOWHERE)
    }

    #[inline(never)]
    pub(super) fn release(&mut self, id: GoId) {
        let at = self.index.get(id.0);
        if at != NOWHERE {
            self.index.remove(id.0);
            self.free.push(at);
        }
    }
}
