//! An event as a pass shows it to its analyses.

use crate::event::go::GoChange;
use crate::event::{Event, EventKind};
use std::cell::OnceCell;
use std::ops::Deref;

/// An [`Event`] that several analyses look at: what is decoded of it is decoded
/// once for all of them, and not before one asks.
#[derive(Clone, Debug)]
pub struct Seen<'t> {
    event: Event<'t>,
    go: Option<GoChange>,
    kind: OnceCell<EventKind<'t>>,
}

impl<'t> Seen<'t> {
    /// That event.
    #[inline(always)]
    pub fn new(event: Event<'t>) -> Seen<'t> {
        Seen { event, go: event.go_change(), kind: OnceCell::new() }
    }

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
}

impl<'t> Deref for Seen<'t> {
    type Target = Event<'t>;

    #[inline(always)]
    fn deref(&self) -> &Event<'t> {
        &self.event
    }
}
