//! What a pass knows of one goroutine.

use crate::analysis::names::NameId;
use crate::analysis::stacks::StackKey;
use crate::event::transition::GoState;
use crate::ids::{GoId, ProcId};
use crate::time::Time;

/// A goroutine that exists, and the state that it is in. Stacks and names are those
/// of [`Known::stacks`](super::Known::stacks).
#[derive(Clone, Copy, Debug)]
pub struct Life {
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

/// How long a goroutine was in each state, in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Spent([u64; GoState::ALL.len()]);

impl Spent {
    /// Of one that was in none.
    pub(super) const NONE: Spent = Spent([0; GoState::ALL.len()]);

    /// How long it was in that state.
    #[inline(always)]
    pub(crate) fn of(&self, state: GoState) -> i64 {
        i64::try_from(self.0[state as usize]).unwrap_or(i64::MAX)
    }

    /// The same if it was in that state for longer.
    #[must_use]
    pub(crate) fn with(mut self, state: GoState, nanos: i64) -> Spent {
        self.add(state, nanos);
        self
    }

    #[inline(always)]
    pub(super) fn add(&mut self, state: GoState, nanos: i64) {
        // No time is spent twice: together it fits.
        let sum = &mut self.0[state as usize];
        *sum = sum.wrapping_add(nanos.cast_unsigned());
    }
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

    /// Which one.
    pub fn id(&self) -> GoId {
        self.id
    }

    /// The state that it is in.
    pub fn state(&self) -> GoState {
        self.state
    }

    /// Since when. If that was so when the trace began, since the last sync before it
    /// was mentioned; none if it was so before a gap in the trace, or before the
    /// generations that the pass is shown.
    pub fn since(&self) -> Option<Time> {
        self.begun.then_some(self.since)
    }

    /// The runtime's reason for it to block or stop; empty where there is none.
    pub fn reason(&self) -> NameId {
        self.reason
    }

    /// The stack of who brought it into the state: of one that could run, that of who
    /// woke or created it; else its own, where the trace tells.
    pub fn stack(&self) -> StackKey {
        self.stack
    }

    /// The last stack of its own that the trace tells.
    pub fn own_stack(&self) -> StackKey {
        self.last_own
    }

    /// The function that it began with; empty as long as no stack tells.
    pub fn function(&self) -> NameId {
        self.root
    }

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
    pub fn proc(&self) -> Option<ProcId> {
        (self.on != u32::MAX).then_some(ProcId(u64::from(self.on)))
    }

    /// That P's place in a table by number; without one, a place beyond all.
    #[inline(always)]
    pub(crate) fn proc_index(&self) -> usize {
        self.on as usize
    }
}
