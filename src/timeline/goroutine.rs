//! State of one goroutine: the state that it is in, and the time that it spent in each.

use crate::base::ids::{GoId, ProcId};
use crate::base::time::Time;
use crate::spec::state::GoState;
use crate::timeline::names::NameId;
use crate::timeline::stacks::StackKey;

/// A goroutine that exists, and its present state. Stacks and names are keys of
/// [`Follower::stacks`](super::Follower::stacks).
#[derive(Clone, Copy, Debug)]
pub struct GoroutineState {
    pub(crate) id: GoId,
    /// Time since which it is in that state. For a state that it was in when the trace
    /// began: the last sync before its first mention.
    pub(crate) since: Time,
    /// Number of the P that the event happened on, or all ones; see
    /// [`GoroutineState::proc`].
    pub(crate) on: u32,
    pub(crate) state: GoState,
    /// True if a stack of its own names the function. A trace up to Go 1.21 may name it
    /// otherwise, in the list of the goroutines that existed when it began.
    pub(crate) named: bool,
    /// True if the runtime made it for threads of C, and not to call a function. Traces up
    /// to Go 1.21 mention such a goroutine while no thread uses it.
    pub(crate) for_c: bool,
    /// True if the event that began the state has been followed; false if the goroutine has
    /// been in it since before.
    pub(crate) begun: bool,
    /// True if its creation has been followed.
    pub(crate) created: bool,
    /// Reason for which it blocked or stopped.
    pub(crate) reason: NameId,
    /// Stack of the goroutine that caused the state: itself, most often.
    pub(crate) stack: StackKey,
    /// Own stack as it entered that state; the empty one if the trace has none.
    pub(crate) own: StackKey,
    /// Last stack of its own in the trace; the empty one if the trace lost it.
    pub(crate) last_own: StackKey,
    /// Function that it began with, as soon as that is known.
    pub(crate) root: NameId,
}

/// Time of a goroutine in each state, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TimeInStates([u64; GoState::ALL.len()]);

impl TimeInStates {
    /// No time in any state.
    pub(super) const NONE: TimeInStates = TimeInStates([0; GoState::ALL.len()]);

    /// Returns the time in a state, in nanoseconds.
    #[inline(always)]
    pub(crate) fn of(&self, state: GoState) -> i64 {
        i64::try_from(self.0[state as usize]).unwrap_or(i64::MAX)
    }

    /// Returns the times with `nanos` more in a state.
    #[must_use]
    pub(crate) fn with(mut self, state: GoState, nanos: i64) -> TimeInStates {
        self.add(state, nanos);
        self
    }

    #[inline(always)]
    pub(super) fn add(&mut self, state: GoState, nanos: i64) {
        // Wrapping suffices: the sum is at most the length of the trace.
        let sum = &mut self.0[state as usize];
        *sum = sum.wrapping_add(nanos.cast_unsigned());
    }
}

impl Default for GoroutineState {
    fn default() -> GoroutineState {
        GoroutineState::NONE
    }
}

impl GoroutineState {
    /// The state of a goroutine that does not exist.
    pub(super) const NONE: GoroutineState = GoroutineState {
        id: GoId(u64::MAX),
        since: Time(0),
        on: u32::MAX,
        state: GoState::NotExist,
        named: false,
        for_c: false,
        begun: false,
        created: false,
        reason: NameId::EMPTY,
        stack: StackKey::EMPTY,
        own: StackKey::EMPTY,
        last_own: StackKey::EMPTY,
        root: NameId::EMPTY,
    };

    /// Returns the goroutine's ID.
    pub fn id(&self) -> GoId {
        self.id
    }

    /// Returns its present state.
    pub fn state(&self) -> GoState {
        self.state
    }

    /// Returns the time since which it is in that state; none if since before the trace,
    /// before a gap in it, or before the generations that are followed.
    pub fn since(&self) -> Option<Time> {
        self.begun.then_some(self.since)
    }

    /// Returns whether its creation has been followed; if not, it existed before.
    pub fn creation_seen(&self) -> bool {
        self.created
    }

    /// Returns the runtime's reason for which it blocked or stopped; empty if there is
    /// none.
    pub fn reason(&self) -> NameId {
        self.reason
    }

    /// Returns the stack of the goroutine that caused the state: for a runnable goroutine,
    /// the one that woke or created it; else its own. Empty if the trace has none.
    pub fn stack(&self) -> StackKey {
        self.stack
    }

    /// Returns the last stack of its own in the trace.
    pub fn own_stack(&self) -> StackKey {
        self.last_own
    }

    /// Returns the function that it began with; empty until a stack names it.
    pub fn function(&self) -> NameId {
        self.root
    }

    /// Returns the function that it began with, if a stack of its own names it; else the
    /// empty name. The status that an old trace begins with may name a wrapper, which
    /// stacks leave out.
    #[inline(always)]
    pub(crate) fn reported_function(&self) -> NameId {
        if self.named { self.root } else { NameId::EMPTY }
    }

    #[inline(always)]
    pub(super) fn exists(&self) -> bool {
        self.state != GoState::NotExist
    }

    /// Returns whether it is running or runnable.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.state, GoState::Running | GoState::Runnable)
    }

    /// Returns the P on which it entered the state: the one that it runs on, if it runs.
    #[inline(always)]
    pub fn proc(&self) -> Option<ProcId> {
        (self.on != u32::MAX).then_some(ProcId(u64::from(self.on)))
    }

    /// Returns the place of [`proc`](Self::proc) in a table by number; a place beyond all
    /// tables if there is none.
    #[inline(always)]
    pub(crate) fn proc_index(&self) -> usize {
        self.on as usize
    }
}
