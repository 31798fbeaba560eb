//! Ordered events, as the rules pass them on to conversion.

use crate::spec::v1::EventType;

/// Pseudo Ps to which Go attributes events.
pub(crate) const TIMER_PROC: u32 = 1_000_001;
pub(crate) const NETPOLL_PROC: u32 = 1_000_002;
pub(crate) const SYSCALL_PROC: u32 = 1_000_003;
pub(crate) const GC_PROC: u32 = 1_000_004;

/// An ordered event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// The offset of the event in the file, in bytes.
    pub(crate) at: usize,
    /// The goroutine that the event happened on; 0 for none.
    pub(crate) g: u64,
    pub(crate) ticks: i64,
    /// The goroutine that is created or woken.
    pub(crate) other: u64,
    /// The M of the event's P; all ones if it is not known.
    pub(crate) thread: u64,
    /// The P that the event is attributed to; all ones for none.
    pub(crate) proc: u32,
    pub(crate) event: EventType,
    /// True if the event is to be put at the time that it states.
    pub(crate) moved: bool,
    /// True if a region begins.
    pub(crate) begins: bool,
    /// True if a timer's goroutine wakes another one.
    pub(crate) timer: bool,
    /// The offset of the event that began what this one ends, or 0.
    pub(crate) began: usize,
    /// True if the start of a goroutine also ends its first system call, for a
    /// callback from C.
    pub(crate) called_back: bool,
    /// True if the event is the first start or stop of its P.
    pub(crate) first_of_proc: bool,
}
