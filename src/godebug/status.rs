//! Status numbers of Gs and Ps, as `runtime/runtime2.go` defines them.

use crate::godebug::extent::Release;
use std::fmt;

/// The bit that is set while the GC scans a goroutine's stack.
const SCAN: u32 = 0x1000;

/// Status of a goroutine: the number after `status=` of a G line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GoroutineStatus {
    /// State of the goroutine.
    pub state: GoroutineState,
    /// True if its stack is being scanned (0x1000 is set), so that the state cannot change.
    /// Up to Go 1.27, only in some states.
    pub scan: bool,
}

/// State of a goroutine. The numbers are those of Go 1.5 to 1.27, whose meanings have not
/// changed; 9 came with Go 1.14, 10 and 11 with Go 1.26.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GoroutineState {
    /// 0: just made, not yet initialised. *Not* a goroutine that has nothing to do.
    Idle,
    /// 1: in a queue, ready to run.
    Runnable,
    /// 2: has an M and a P, and runs.
    Running,
    /// 3: in a system call, or in C.
    Syscall,
    /// 4: blocked, for the reason in parentheses.
    Waiting,
    /// 6: ended, and kept for the next `go` statement; or not yet begun. The list has such
    /// goroutines too, so its length is not the number of goroutines of a program.
    Dead,
    /// 8: its stack is being moved to a larger or smaller one.
    CopyStack,
    /// 9: stopped itself to let another suspend it. Since Go 1.14.
    Preempted,
    /// 10: waits, and nothing will ever wake it, as the GC found. Since Go 1.26.
    Leaked,
    /// 11: dead, and kept for callbacks of C threads. Since Go 1.26.
    DeadExtra,
    /// Another number: 5 and 7 are used by no Go since 1.5.
    Other(u32),
}

impl GoroutineState {
    const NAMES: [(GoroutineState, &'static str, u8); 12] = [
        (GoroutineState::Idle, "idle", 5),
        (GoroutineState::Runnable, "runnable", 5),
        (GoroutineState::Running, "running", 5),
        (GoroutineState::Syscall, "syscall", 5),
        (GoroutineState::Waiting, "waiting", 5),
        (GoroutineState::Other(5), "moribund_unused", 5),
        (GoroutineState::Dead, "dead", 5),
        (GoroutineState::Other(7), "enqueue_unused", 5),
        (GoroutineState::CopyStack, "copystack", 5),
        (GoroutineState::Preempted, "preempted", 14),
        (GoroutineState::Leaked, "leaked", 26),
        (GoroutineState::DeadExtra, "deadextra", 26),
    ];

    /// Returns the runtime's name of the state, without the `_G`; empty for a number that
    /// has none.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// Returns the name, if a release of Go knows the state.
    pub fn name_in(self, release: Release) -> Option<&'static str> {
        self.row().filter(|row| release.since(row.2)).map(|row| row.1)
    }

    fn row(self) -> Option<&'static (GoroutineState, &'static str, u8)> {
        Self::NAMES.iter().find(|row| row.0 == self)
    }

    fn code(self) -> u32 {
        match self {
            GoroutineState::Other(code) => code,
            state => Self::NAMES.iter().zip(0..).find(|(row, _)| row.0 == state).map_or(0, |(_, code)| code),
        }
    }
}

impl GoroutineStatus {
    /// Returns the status for a number that the runtime prints.
    pub fn of(number: u32) -> GoroutineStatus {
        let code = number & !SCAN;
        let state = GoroutineState::NAMES.get(code as usize).map_or(GoroutineState::Other(code), |row| row.0);
        GoroutineStatus { state, scan: number & SCAN != 0 }
    }

    /// Returns the number that the runtime prints.
    pub fn number(self) -> u32 {
        self.state.code() | if self.scan { SCAN } else { 0 }
    }
}

impl fmt::Display for GoroutineStatus {
    /// Writes `running`, `scan waiting`, or the number of a state that has no name.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scan {
            f.write_str("scan ")?;
        }
        match self.state.name() {
            "" => write!(f, "{}", self.state.code()),
            name => f.write_str(name),
        }
    }
}

/// Status of a P: the number after `status=` of a P line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcStatus {
    /// 0: no M has it.
    Idle,
    /// 1: an M has it, and runs a goroutine or the scheduler. Since Go 1.26, also while
    /// that goroutine is in a system call and keeps the P.
    Running,
    /// 2: its M is in a system call, and others may take it. Up to Go 1.25.
    Syscall,
    /// 3: halted, for the world is stopped.
    GcStop,
    /// 4: not in use, for GOMAXPROCS was made smaller.
    Dead,
    /// Another number.
    Other(u32),
}

impl ProcStatus {
    const NAMES: [(ProcStatus, &'static str); 5] = [
        (ProcStatus::Idle, "idle"),
        (ProcStatus::Running, "running"),
        (ProcStatus::Syscall, "syscall"),
        (ProcStatus::GcStop, "gcstop"),
        (ProcStatus::Dead, "dead"),
    ];

    /// Returns the status for a number that the runtime prints.
    pub fn of(number: u32) -> ProcStatus {
        Self::NAMES.get(number as usize).map_or(ProcStatus::Other(number), |row| row.0)
    }

    /// Returns the number that the runtime prints.
    pub fn number(self) -> u32 {
        match self {
            ProcStatus::Other(code) => code,
            status => Self::NAMES.iter().zip(0..).find(|(row, _)| row.0 == status).map_or(0, |(_, code)| code),
        }
    }

    /// Returns the runtime's name of the status, without the `_P`; empty for a number that
    /// has none.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|row| row.0 == self).map_or("", |row| row.1)
    }

    /// Returns the name, if a release of Go uses the status.
    pub fn name_in(self, release: Release) -> Option<&'static str> {
        let unused = self == ProcStatus::Syscall && release.since(26);
        Some(self.name()).filter(|name| !name.is_empty() && !unused)
    }
}

impl fmt::Display for ProcStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            "" => write!(f, "{}", self.number()),
            name => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        for number in (0..20).chain([0x1001, 0x1004, 0x100a, 0x1fff, u32::MAX]) {
            assert_eq!(GoroutineStatus::of(number).number(), number);
            assert_eq!(ProcStatus::of(number).number(), number);
        }
        let names: Vec<_> = [0, 4, 0x1002, 9, 12].map(|n| GoroutineStatus::of(n).to_string()).into();
        assert_eq!(names, ["idle", "waiting", "scan running", "preempted", "12"]);
        let [old, new] = [13, 26].map(|minor| Release::go1(minor).unwrap());
        assert_eq!(GoroutineState::Preempted.name_in(old), None);
        assert_eq!(GoroutineState::Leaked.name_in(new), Some("leaked"));
        assert_eq!(ProcStatus::Syscall.name_in(old), Some("syscall"));
        assert_eq!(ProcStatus::Syscall.name_in(new), None);
    }
}
