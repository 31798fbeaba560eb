//! IDs of a trace's resources: goroutines, Ps, Ms, tasks, strings and stacks.
//!
//! Each is a newtype over the number on the wire. "None" is `Option`, never a
//! sentinel: where Go writes -1, this crate says `None`.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<u64> for $name {
            fn from(id: u64) -> Self {
                $name(id)
            }
        }
    )*};
}

ids! {
    /// A goroutine: the runtime's `goid`, never reused within a process.
    GoId,
    /// A P, the right to run Go code; there are `GOMAXPROCS` of them, from 0.
    ProcId,
    /// An M, an operating system thread, by the id the system gave it.
    ThreadId,
    /// A `runtime/trace` task. 0 is the background task, which regions and
    /// logs outside any task belong to.
    TaskId,
    /// A string in its generation's string table; 0 is the empty string.
    StringId,
    /// A stack in its generation's stack table; 0 is "no stack".
    StackId,
}

impl TaskId {
    /// The task that regions and logs belong to when the program named none.
    pub const BACKGROUND: TaskId = TaskId(0);
}

/// The number that stands for "no M", "no P" or "no G" on the wire (-1).
pub(crate) const WIRE_NONE: u64 = u64::MAX;

/// Reads a wire number whose all-ones value means "none".
pub(crate) fn optional<T: From<u64>>(raw: u64) -> Option<T> {
    (raw != WIRE_NONE).then(|| T::from(raw))
}
