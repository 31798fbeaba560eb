//! The events by which a selection takes the states of goroutines: by P, M, state and
//! reason.

use super::NameTest;
use crate::base::ids::{ProcId, ThreadId};
use crate::event::transition::StateTransition;
use crate::event::{Event, EventKind};
use crate::spec::state::GoState;
use rustc_hash::FxHashSet;
use std::fmt;

/// The Ps, Ms, states and reasons that are wanted; by default all.
#[derive(Default)]
pub(super) struct Changes {
    pub(super) procs: FxHashSet<ProcId>,
    pub(super) threads: FxHashSet<ThreadId>,
    pub(super) states: Vec<GoState>,
    pub(super) reason: Option<NameTest>,
}

impl Changes {
    /// Returns whether all events are wanted.
    pub(super) fn is_all(&self) -> bool {
        self.procs.is_empty() && self.threads.is_empty() && self.states.is_empty() && self.reason.is_none()
    }

    /// Returns whether an event is wanted: one that happened to such a P or while it ran,
    /// on such an M, and that brings a goroutine into such a state for such a reason.
    pub(super) fn include(&self, event: &Event<'_>) -> bool {
        (self.procs.is_empty() || self.procs.iter().any(|&id| event.involves_proc(id)))
            && (self.threads.is_empty() || event.thread().is_some_and(|id| self.threads.contains(&id)))
            && self.lead_to_a_state(event)
    }

    /// Returns whether an event brings a goroutine into a state that is wanted, for a
    /// reason that is.
    fn lead_to_a_state(&self, event: &Event<'_>) -> bool {
        if self.states.is_empty() && self.reason.is_none() {
            return true;
        }
        let EventKind::StateTransition(StateTransition::Goroutine { to, reason, .. }) = event.kind() else {
            return false;
        };
        (self.states.is_empty() || self.states.contains(&to))
            && self.reason.as_ref().is_none_or(|passes| !reason.is_empty() && passes(reason))
    }

    /// Returns whether the state of a goroutine is wanted that an event begins, or that
    /// the goroutine was in before the trace, as the event states. On which P and M
    /// it began to wait before the trace, nothing tells.
    pub(super) fn include_state(&self, event: &Event<'_>, from: GoState, to: GoState) -> bool {
        let began_before = from == GoState::Undetermined && !matches!(to, GoState::Running | GoState::Syscall);
        let placed = !self.procs.is_empty() || !self.threads.is_empty();
        !(began_before && placed) && self.include(event)
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("procs", &self.procs)
            .field("threads", &self.threads)
            .field("states", &self.states)
            .field("reason", &self.reason.is_some())
            .finish()
    }
}
