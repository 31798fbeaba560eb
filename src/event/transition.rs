//! State transitions of goroutines and Ps.

use crate::event::stack::Stack;
use crate::ids::{GoId, ProcId};
use crate::wire::v2::status::{GoStatus, ProcStatus};
use std::fmt;

/// The state of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum GoState {
    /// Nothing is known of it yet.
    Undetermined,
    /// It has not been created, or has ended.
    NotExist,
    /// It could run, but no P runs it.
    Runnable,
    /// A P runs it.
    Running,
    /// It waits for something.
    Waiting,
    /// It is in a system call or in C code.
    Syscall,
}

impl GoState {
    /// All there are, each at the place of its number.
    pub(crate) const ALL: [GoState; 6] = [
        GoState::Undetermined,
        GoState::NotExist,
        GoState::Runnable,
        GoState::Running,
        GoState::Waiting,
        GoState::Syscall,
    ];

    /// A bit of its own, for sets of states.
    #[inline(always)]
    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether it is bound to an M.
    pub fn is_executing(self) -> bool {
        matches!(self, GoState::Running | GoState::Syscall)
    }

    pub(crate) fn of(status: GoStatus) -> GoState {
        match status {
            GoStatus::Bad => GoState::Undetermined,
            GoStatus::Runnable => GoState::Runnable,
            GoStatus::Running => GoState::Running,
            GoStatus::Syscall => GoState::Syscall,
            GoStatus::Waiting => GoState::Waiting,
        }
    }

    pub(crate) fn from_note(state: u8) -> GoState {
        use GoState::*;
        [Undetermined, NotExist, Runnable, Running, Waiting, Syscall]
            .get(usize::from(state))
            .copied()
            .unwrap_or(Undetermined)
    }
}

impl fmt::Display for GoState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// The state of a P.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum ProcState {
    /// Nothing is known of it yet.
    Undetermined,
    /// It does not exist.
    NotExist,
    /// An M has it.
    Running,
    /// No M has it.
    Idle,
}

impl ProcState {
    /// Whether it is bound to an M.
    pub fn is_executing(self) -> bool {
        self == ProcState::Running
    }

    pub(crate) fn of(status: ProcStatus) -> ProcState {
        match status {
            ProcStatus::Bad => ProcState::Undetermined,
            ProcStatus::Running | ProcStatus::Syscall => ProcState::Running,
            ProcStatus::Idle | ProcStatus::SyscallAbandoned => ProcState::Idle,
        }
    }

    pub(crate) fn from_note(state: u8) -> ProcState {
        use ProcState::*;
        [Undetermined, NotExist, Running, Idle].get(usize::from(state)).copied().unwrap_or(Undetermined)
    }
}

impl fmt::Display for ProcState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A change of the state of a goroutine or a P.
#[derive(Clone, Copy, Debug)]
pub enum StateTransition<'t> {
    /// Of a goroutine.
    Goroutine {
        /// Which one; not necessarily the one whose context the event is in.
        id: GoId,
        /// The state before.
        from: GoState,
        /// The state after.
        to: GoState,
        /// Why it blocked or stopped, in the runtime's words; empty for other
        /// transitions.
        reason: &'t [u8],
        /// The stack of the goroutine, where the event has one: for a
        /// creation, the function it will run.
        stack: Option<Stack<'t>>,
    },
    /// Of a P.
    Proc {
        /// Which one.
        id: ProcId,
        /// The state before.
        from: ProcState,
        /// The state after.
        to: ProcState,
    },
}
