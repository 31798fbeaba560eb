//! What analyses are shown: events, and steps of goroutines.

use super::life::Life;
use crate::event::transition::GoState;
use crate::event::{Event, EventKind};
use crate::ids::GoId;
use std::cell::OnceCell;
use std::ops::Deref;

/// An [`Event`] that several analyses look at: what is decoded of it is decoded
/// once for all of them, and not before one asks.
#[derive(Clone, Debug)]
pub struct Seen<'p, 't> {
    pub(super) event: &'p Event<'t>,
    pub(super) kind: OnceCell<EventKind<'t>>,
    /// Whether its thread did nothing before.
    pub(super) new_thread: bool,
}

impl<'t> Seen<'_, 't> {
    /// The event's [kind](Event::kind).
    #[inline]
    pub fn kind(&self) -> &EventKind<'t> {
        self.kind.get_or_init(|| self.event.kind())
    }

    /// Whether it is the first event of its thread.
    pub fn is_first_of_thread(&self) -> bool {
        self.new_thread
    }
}

impl<'t> Deref for Seen<'_, 't> {
    type Target = Event<'t>;

    #[inline(always)]
    fn deref(&self) -> &Event<'t> {
        self.event
    }
}

/// An event with which a goroutine leaves one state for another, or with which
/// the trace tells of one for the first time.
///
/// What is told of it is kept in registers, or is constant, as long as nobody asks where
/// it stands in memory.
#[derive(Clone, Copy, Debug)]
pub struct Step<'p, 't> {
    pub(super) seen: &'p Seen<'p, 't>,
    /// Where in an analysis's table the goroutine is.
    pub(crate) slot: u32,
    /// Whether it is the first that the trace tells of it; it may have been created.
    pub(crate) new: bool,
    pub(crate) from: GoState,
    /// Which state it leaves, and which it enters: that of the next two. The code of a
    /// pass is compiled for each pair that is common, where these are constants.
    pub(crate) left: GoState,
    pub(crate) to: GoState,
    /// Whether it began that in what the pass has seen, or has been so since before.
    pub(crate) begun: bool,
    /// The state that it leaves. A new one does not exist before, and leaves none.
    pub(crate) was: &'p Life,
    /// How long it was in that, in nanoseconds.
    pub(crate) took: i64,
    /// The state that it is in from now on.
    pub(crate) now: &'p Life,
}

/// A [`Step`] for code that is not inlined. It is laid out otherwise: of a copy as it
/// is the compiler would hand on the original's address, which had to stand in memory
/// for that.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Aside<'p, 't> {
    begun: bool,
    new: bool,
    to: GoState,
    left: GoState,
    from: GoState,
    slot: u32,
    now: &'p Life,
    was: &'p Life,
    seen: &'p Seen<'p, 't>,
    took: i64,
}

impl<'p, 't> Aside<'p, 't> {
    /// The step.
    #[inline(always)]
    pub(crate) fn step(self) -> Step<'p, 't> {
        let Aside { begun, new, to, left, from, slot, now, was, seen, took } = self;
        Step { seen, slot, new, from, left, to, begun, was, took, now }
    }
}

impl<'p, 't> Step<'p, 't> {
    /// The same for code that is not inlined.
    #[inline(always)]
    pub(crate) fn aside(&self) -> Aside<'p, 't> {
        let Step { seen, slot, new, from, left, to, begun, was, took, now } = *self;
        Aside { begun, new, to, left, from, slot, now, was, seen, took }
    }
}

impl Step<'_, '_> {
    /// The goroutine.
    pub fn id(&self) -> GoId {
        self.now.id
    }

    /// The state that it leaves, as the event tells.
    pub fn from(&self) -> GoState {
        self.from
    }

    /// The state that it enters.
    pub fn to(&self) -> GoState {
        self.to
    }

    /// The state that it leaves; none if the trace did not tell of it before.
    pub fn before(&self) -> Option<&Life> {
        Some(self.was).filter(|was| was.exists())
    }

    /// The state that it enters, [`to`](Self::to), with what belongs to that.
    pub fn after(&self) -> &Life {
        self.now
    }

    /// How long it was in the state that it leaves, in nanoseconds; 0 if that is
    /// not known.
    pub fn took(&self) -> i64 {
        self.took
    }
}

impl<'p, 't> Deref for Step<'p, 't> {
    type Target = Seen<'p, 't>;

    #[inline(always)]
    fn deref(&self) -> &Seen<'p, 't> {
        self.seen
    }
}
