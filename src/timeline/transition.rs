//! Arguments of observers: events, and transitions of goroutines.

use super::follower::Follower;
use super::goroutine::GoroutineState;
use crate::base::ids::GoId;
use crate::event::{Event, EventKind, MetricName};
use crate::spec::state::GoState;
use std::cell::OnceCell;
use std::ops::Deref;

/// An [`Event`] that several analyses look at: its kind is decoded once for all of them,
/// and only when one asks.
#[derive(Clone, Debug)]
pub struct SharedEvent<'p, 't> {
    pub(super) event: &'p Event<'t>,
    pub(super) kind: OnceCell<EventKind<'t>>,
    /// True if its thread did nothing before.
    pub(super) new_thread: bool,
}

impl<'t> SharedEvent<'_, 't> {
    /// Returns the event's [kind](Event::kind).
    #[inline]
    pub fn kind(&self) -> &EventKind<'t> {
        self.kind.get_or_init(|| self.event.kind())
    }

    /// Returns GOMAXPROCS, if the event states it.
    #[inline]
    pub fn gomaxprocs(&self) -> Option<u64> {
        match *self.kind() {
            EventKind::Metric(metric) if metric.name == MetricName::GoMaxProcs => Some(metric.value),
            // Traces up to Go 1.21 may have no event for it: their first sync says it.
            EventKind::Sync(_) => self.gomaxprocs_at_start(),
            _ => None,
        }
    }

    /// Returns whether it is the first event of its thread.
    pub fn is_first_of_thread(&self) -> bool {
        self.new_thread
    }
}

impl<'t> Deref for SharedEvent<'_, 't> {
    type Target = Event<'t>;

    #[inline(always)]
    fn deref(&self) -> &Event<'t> {
        self.event
    }
}

/// An event with which a goroutine leaves one state for another, or with which the trace
/// mentions one for the first time.
///
/// The compiler keeps its fields in registers, or as constants, as long as nothing takes
/// its address.
#[derive(Clone, Copy, Debug)]
pub struct Transition<'p, 't> {
    pub(super) event: &'p SharedEvent<'p, 't>,
    /// Slot of the goroutine in the tables of the observers.
    pub(crate) slot: u32,
    /// True if the trace mentions the goroutine for the first time, which the event may
    /// have created.
    pub(crate) new: bool,
    /// State that the goroutine leaves, as the event says.
    pub(crate) from: GoState,
    /// State that it leaves, which is that of `was`. The follower's code is compiled for
    /// each common pair of states, where this and `to` are constants.
    pub(crate) left: GoState,
    /// State that it enters, which is that of `now`.
    pub(crate) to: GoState,
    /// True if the beginning of the state that it leaves was followed.
    pub(crate) begun: bool,
    /// State that it leaves. A new goroutine did not exist before, and leaves none.
    pub(crate) was: &'p GoroutineState,
    /// Time in the state that it leaves, in nanoseconds.
    pub(crate) took: i64,
    /// State that it is in from now on.
    pub(crate) now: &'p GoroutineState,
}

/// A [`Transition`] for code that is not inlined. The fields have another order: of a copy
/// with the same layout the compiler would pass the original's address, and so force that
/// into memory.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct OutlinedTransition<'p, 't> {
    begun: bool,
    new: bool,
    to: GoState,
    left: GoState,
    from: GoState,
    slot: u32,
    now: &'p GoroutineState,
    was: &'p GoroutineState,
    event: &'p SharedEvent<'p, 't>,
    took: i64,
}

impl<'p, 't> OutlinedTransition<'p, 't> {
    /// Returns the transition.
    #[inline(always)]
    pub(crate) fn inlined(self) -> Transition<'p, 't> {
        let OutlinedTransition { begun, new, to, left, from, slot, now, was, event, took } = self;
        Transition { event, slot, new, from, left, to, begun, was, took, now }
    }
}

impl<'p, 't> Transition<'p, 't> {
    /// Returns a copy for code that is not inlined.
    #[inline(always)]
    pub(crate) fn outlined(&self) -> OutlinedTransition<'p, 't> {
        let Transition { event, slot, new, from, left, to, begun, was, took, now } = *self;
        OutlinedTransition { begun, new, to, left, from, slot, now, was, event, took }
    }
}

impl Transition<'_, '_> {
    /// Returns the goroutine.
    pub fn id(&self) -> GoId {
        self.now.id
    }

    /// Returns the state that it leaves, as the event says.
    pub fn from(&self) -> GoState {
        self.from
    }

    /// Returns the state that it enters.
    pub fn to(&self) -> GoState {
        self.to
    }

    /// Returns the state that it leaves; none if the trace did not mention it before.
    pub fn before(&self) -> Option<&GoroutineState> {
        Some(self.was).filter(|was| was.exists())
    }

    /// Returns the state that it enters, [`to`](Self::to), with its reason, stacks and
    /// time.
    pub fn after(&self) -> &GoroutineState {
        self.now
    }

    /// Returns the time in the state that it leaves, in nanoseconds; 0 if that is not
    /// known.
    pub fn took(&self) -> i64 {
        self.took
    }

    /// Returns whether it begins another life under the number of a goroutine that exists:
    /// Go 1.21 and older mention one that calls from C as if for the first time.
    #[inline(always)]
    pub(crate) fn begins_again(&self) -> bool {
        !self.new && self.from == GoState::Undetermined
    }

    /// Returns whether the goroutine begins to wait for what cannot happen.
    #[inline(always)]
    pub(crate) fn blocks_forever(&self, follower: &Follower) -> bool {
        self.to == GoState::Waiting && follower.stacks().names.get(self.now.reason) == b"forever"
    }

    /// Returns whether a life of the goroutine ends: blocking forever is an end.
    #[inline(always)]
    pub(crate) fn ends_life(&self, follower: &Follower) -> bool {
        self.to == GoState::NotExist || self.begins_again() || self.blocks_forever(follower)
    }
}

impl<'p, 't> Deref for Transition<'p, 't> {
    type Target = SharedEvent<'p, 't>;

    #[inline(always)]
    fn deref(&self) -> &SharedEvent<'p, 't> {
        self.event
    }
}
