//! What analyses are shown: events, and steps of goroutines.

use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::event::transition::GoState;
use crate::event::{Event, EventKind};
use crate::ids::{GoId, ProcId};
use crate::time::Time;
use std::cell::OnceCell;
use std::ops::Deref;

/// A goroutine that exists, and the state that it is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) id: GoId,
    /// Since when it is in that state. In one that it was in when the trace began,
    /// since the last sync before it was mentioned.
    pub(crate) since: Time,
    /// The P that the event was on, or all ones; see [`Life::proc`].
    pub(crate) on: u32,
    pub(crate) state: GoState,
    /// Whether what it began with is in what the pass has seen, or it has been so
    /// since before.
    pub(crate) begun: bool,
    /// For what it blocked or stopped.
    pub(crate) reason: NameId,
    /// The stack of who brought it into that state: itself, most often.
    pub(crate) stack: StackKey,
    /// Its own stack as it entered that state; the empty one if that is not told.
    pub(crate) own: StackKey,
    /// The last one of its own that was told; the empty one if the trace lost that.
    pub(crate) last_own: StackKey,
    /// The function that it began with, as soon as that is known.
    pub(crate) root: NameId,
}

impl Default for Life {
    fn default() -> Life {
        Life::NONE
    }
}

impl Life {
    /// Of a goroutine that does not exist.
    pub(super) const NONE: Life = Life {
        id: GoId(u64::MAX),
        since: Time(0),
        on: u32::MAX,
        state: GoState::NotExist,
        begun: false,
        reason: NameId::EMPTY,
        stack: StackKey::EMPTY,
        own: StackKey::EMPTY,
        last_own: StackKey::EMPTY,
        root: NameId::EMPTY,
    };

    #[inline(always)]
    pub(super) fn exists(&self) -> bool {
        self.state != GoState::NotExist
    }

    /// Whether it runs, or is ready to.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.state, GoState::Running | GoState::Runnable)
    }

    /// The P that it entered the state on: that which it runs on, if it runs.
    #[inline(always)]
    pub(crate) fn proc(&self) -> Option<ProcId> {
        (self.on != u32::MAX).then_some(ProcId(u64::from(self.on)))
    }

    /// That P's place in a table by number; without one, a place beyond all.
    #[inline(always)]
    pub(crate) fn proc_index(&self) -> usize {
        self.on as usize
    }
}

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
#[derive(Clone, Debug)]
pub struct Step<'p, 't> {
    pub(super) seen: &'p Seen<'p, 't>,
    /// Where in an analysis's table the goroutine is.
    pub(crate) slot: u32,
    /// Whether it is the first that the trace tells of it; it may have been created.
    pub(crate) new: bool,
    pub(crate) from: GoState,
    /// The [bit](GoState::bit) of the state that it leaves.
    pub(crate) left: u8,
    /// The state that it leaves. A new one does not exist before, and leaves none.
    pub(crate) was: &'p Life,
    /// How long it was in that, in nanoseconds.
    pub(crate) took: i64,
    /// The state that it is in from now on.
    pub(crate) now: &'p Life,
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
        self.now.state
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
