//! States of Gs and Ps, as Go's reader distinguishes them.

use crate::spec::status::{GoStatus, ProcStatus};
use std::fmt;

/// The state of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum GoState {
    /// Unknown so far.
    Undetermined,
    /// Not created yet, or ended.
    NotExist,
    /// Ready to run, but on no P.
    Runnable,
    /// Running on a P.
    Running,
    /// Waiting for something.
    Waiting,
    /// In a system call or in C code.
    Syscall,
}

impl GoState {
    /// Every state, at the index that is its number.
    pub(crate) const ALL: [GoState; 6] = [
        GoState::Undetermined,
        GoState::NotExist,
        GoState::Runnable,
        GoState::Running,
        GoState::Waiting,
        GoState::Syscall,
    ];

    /// Returns the bit that stands for this state in a set of states.
    #[inline(always)]
    pub(crate) fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Returns whether a goroutine in this state is bound to an M.
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
    /// Unknown so far.
    Undetermined,
    /// Not existing.
    NotExist,
    /// Held by an M.
    Running,
    /// Held by no M.
    Idle,
}

impl ProcState {
    /// Returns whether a P in this state is bound to an M.
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
