//! State transitions of goroutines and Ps.

use crate::base::ids::{GoId, ProcId};
use crate::generation::stack::Stack;
use crate::spec::state::{GoState, ProcState};

/// A change of the state of a goroutine or a P.
#[derive(Clone, Copy, Debug)]
pub enum StateTransition<'t> {
    /// A change of a goroutine.
    Goroutine {
        /// The goroutine; not necessarily that of the event's context.
        id: GoId,
        /// The state before.
        from: GoState,
        /// The state after.
        to: GoState,
        /// The reason for blocking or stopping, in the runtime's words; empty for other
        /// transitions.
        reason: &'t [u8],
        /// The stack of the goroutine, if the event has one: for a
        /// creation, the function that the goroutine will run.
        stack: Option<Stack<'t>>,
    },
    /// A change of a P.
    Proc {
        /// The P.
        id: ProcId,
        /// The state before.
        from: ProcState,
        /// The state after.
        to: ProcState,
    },
}
