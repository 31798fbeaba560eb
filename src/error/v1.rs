//! Defects that only traces of Go 1.5 to 1.21 can have.

use super::region::NamedRegion;
use crate::base::ids::{GoId, ProcId, StringId, TaskId};
use crate::spec::v1::EventType;

/// The ways a v1 trace can be wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum V1Error {
    // Defects that Go's reader refuses, and that this crate reads without a repair.
    /// A thread that C made calls back into Go for the first time, and the runtime did not
    /// write that its goroutine left the system call that it was in.
    #[error("C calls back into Go on goroutine {goroutine}, and the end of its system call is missing")]
    UnannouncedCallback {
        /// The goroutine.
        goroutine: GoId,
    },
    /// A goroutine woke up in vain.
    #[error("a wakeup in vain (FutileWakeup)")]
    FutileWakeup,

    // The wire.
    /// An event type that this version does not have.
    #[error("unknown event type {found}")]
    UnknownEventType {
        /// The lower six bits of the byte that stands there.
        found: u8,
    },
    /// An event stands before the first batch.
    #[error("{event} stands outside any batch")]
    OutsideBatch {
        /// The type of the event.
        event: EventType,
    },
    /// An event has too many arguments, or too few.
    #[error("{event} has {found} numbers; expected {expected}")]
    ArgumentCount {
        /// The type of the event.
        event: EventType,
        /// The number of varints that it has in this version, the time included.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// An event's arguments take more, or fewer, bytes than it states.
    #[error("the arguments of {event} do not fill the {stated} bytes that it states")]
    ArgumentBytes {
        /// The type of the event.
        event: EventType,
        /// The number of bytes it states.
        stated: u64,
    },
    /// An event states a length above the limit.
    #[error("{event} of {size} bytes; the maximum is {}", crate::base::limits::MAX_V1_EVENT_SIZE)]
    EventTooLong {
        /// The type of the event.
        event: EventType,
        /// The stated length in bytes.
        size: u64,
    },
    /// A string is longer than the limit.
    #[error("a string of {size} bytes; the maximum is {}", crate::base::limits::MAX_V1_STRING_SIZE)]
    StringTooLong {
        /// The stated length in bytes.
        size: u64,
    },
    /// A string has the ID that means "none".
    #[error("a string has ID 0")]
    StringZero,
    /// An entry of the string table is empty.
    #[error("string {id} is empty")]
    EmptyString {
        /// The ID of the string.
        id: StringId,
    },
    /// A stack is deeper than the limit.
    #[error("a stack of {frames} frames; the maximum is {}", crate::base::limits::MAX_V1_FRAMES)]
    TooManyFrames {
        /// The stated number of frames.
        frames: u64,
    },
    /// The clock does not go forward.
    #[error("a clock of {hz} ticks a second")]
    BadFrequency {
        /// The stated ticks a second.
        hz: i64,
    },
    /// The file is too large for this reader.
    #[error("a file of over {} bytes", crate::base::limits::MAX_V1_FILE)]
    FileTooLarge,

    // The order.
    /// No P's next event can happen.
    #[error(
        "no consistent order: P {proc} comes to {event}, but goroutine {goroutine} is {found} with sequence number {seq}"
    )]
    Stuck {
        /// The P with the earliest event left.
        proc: ProcId,
        /// The type of that event.
        event: EventType,
        /// The goroutine that it is about.
        goroutine: GoId,
        /// The state of that goroutine.
        found: GoPhase,
        /// The sequence number that goroutine has come to.
        seq: u64,
    },
    /// Two events that exclude each other were both due.
    #[error("{event}: goroutine {goroutine} is {found}")]
    ImpossibleTransition {
        /// The type of the event.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
        /// The state of the goroutine.
        found: GoPhase,
    },
    /// An event is earlier than the one before it in the causal order.
    #[error("time stamps out of order: {event} is {ticks} ticks before the event that it follows")]
    TimeOrder {
        /// The type of the event.
        event: EventType,
        /// The difference in ticks.
        ticks: u64,
    },
    /// A system call ends that has not begun.
    #[error("goroutine {goroutine} leaves a system call that it is not in")]
    StraySyscallExit {
        /// The goroutine.
        goroutine: GoId,
    },

    // The scheduler's rules.
    /// A P starts that runs already.
    #[error("{event}: P {proc} is running already")]
    ProcRuns {
        /// The type of the event.
        event: EventType,
        /// The P.
        proc: ProcId,
    },
    /// A P stops that does not run.
    #[error("{event}: P {proc} is not running")]
    ProcStopped {
        /// The type of the event.
        event: EventType,
        /// The P.
        proc: ProcId,
    },
    /// A P has a goroutine where it should have none, or another one.
    #[error("{event}: P {proc} runs goroutine {has}, expected {expected}")]
    ProcHas {
        /// The type of the event.
        event: EventType,
        /// The P.
        proc: ProcId,
        /// The goroutine that it runs; 0 is none.
        has: GoId,
        /// The goroutine expected; 0 is none.
        expected: GoId,
    },
    /// A goroutine is in another state than the event needs.
    #[error("{event}: goroutine {goroutine} is {found}, expected it {expected}")]
    Goroutine {
        /// The type of the event.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
        /// The state of the goroutine.
        found: GoPhase,
        /// The state it should be in.
        expected: GoPhase,
    },
    /// An event needs a goroutine, and the P runs none.
    #[error("{event} on no goroutine")]
    NoGoroutine {
        /// The type of the event.
        event: EventType,
    },
    /// A goroutine is created that exists already.
    #[error("{event}: goroutine {goroutine} exists already")]
    GoroutineExists {
        /// The type of the event.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
    },
    /// A range begins that is open already.
    #[error("{event}: the one before has not ended")]
    RangeOpen {
        /// The type of the event.
        event: EventType,
    },
    /// A range ends that is not open.
    #[error("{event}: none has begun")]
    RangeNotOpen {
        /// The type of the event.
        event: EventType,
    },
    /// A task begins twice.
    #[error("task {task} has begun already")]
    TaskExists {
        /// The task.
        task: TaskId,
    },
    /// A region ends that is not the innermost.
    #[error("goroutine {goroutine} ends region {ended}, but its innermost one is {innermost}")]
    RegionMismatch {
        /// The goroutine.
        goroutine: GoId,
        /// The region named at the end.
        ended: Box<NamedRegion>,
        /// The region that should have ended, the innermost.
        innermost: Box<NamedRegion>,
    },
    /// A region event neither begins nor ends one.
    #[error("a region's mode is {mode}, expected 0 or 1")]
    RegionMode {
        /// The number on the wire.
        mode: u64,
    },
}

/// The state of a goroutine in a v1 trace, as far as the format distinguishes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
#[non_exhaustive]
pub enum GoPhase {
    /// Not begun, or ended.
    #[default]
    Dead,
    /// Ready to run.
    Runnable,
    /// Running on a P.
    Running,
    /// Waiting, or in a system call.
    Waiting,
}

impl std::fmt::Display for GoPhase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            GoPhase::Dead => "dead",
            GoPhase::Runnable => "runnable",
            GoPhase::Running => "running",
            GoPhase::Waiting => "waiting",
        })
    }
}
