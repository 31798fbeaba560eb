//! Statuses of Gs and Ps, as the wire states them.

use std::fmt;

/// A goroutine's status at the start of a generation, as `GoStatus` states it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum GoStatus {
    /// The number 0. The runtime never writes it; Go's reader lets it pass.
    Bad,
    /// Ready to run, in some run queue.
    Runnable,
    /// Running on a P.
    Running,
    /// In a system call or in C code, with or without a P.
    Syscall,
    /// Waiting for something.
    Waiting,
}

impl GoStatus {
    /// Returns the status with that number; `None` if there is none.
    pub fn from_wire(number: u64) -> Option<GoStatus> {
        Some(match number {
            0 => GoStatus::Bad,
            1 => GoStatus::Runnable,
            2 => GoStatus::Running,
            3 => GoStatus::Syscall,
            4 => GoStatus::Waiting,
            _ => return None,
        })
    }
}

impl fmt::Display for GoStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A P's status at the start of a generation, as `ProcStatus` states it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum ProcStatus {
    /// The number 0. The runtime never writes it; Go's reader lets it pass.
    Bad,
    /// Held by an M that runs Go code or the scheduler.
    Running,
    /// Held by no M.
    Idle,
    /// Held by an M that is in a system call; it may be stolen.
    Syscall,
    /// Held by an M in a system call that the runtime has lost track of; about to be stolen.
    SyscallAbandoned,
}

impl ProcStatus {
    /// Returns the status with that number; `None` if there is none.
    pub fn from_wire(number: u64) -> Option<ProcStatus> {
        Some(match number {
            0 => ProcStatus::Bad,
            1 => ProcStatus::Running,
            2 => ProcStatus::Idle,
            3 => ProcStatus::Syscall,
            4 => ProcStatus::SyscallAbandoned,
            _ => return None,
        })
    }
}

impl fmt::Display for ProcStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
