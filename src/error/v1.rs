//! What can be wrong with a trace of Go 1.5 to 1.21 and not with others.

use crate::ids::{GoId, ProcId, StringId, TaskId};
use crate::wire::v1::spec::EventType;

/// The ways a v1 trace can be wrong.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum V1Error {
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
        /// Its type.
        event: EventType,
    },
    /// An event has too many arguments, or too few.
    #[error("{event} has {found} numbers; expected {expected}")]
    ArgumentCount {
        /// Its type.
        event: EventType,
        /// How many it has in this version, the time included.
        expected: u64,
        /// How many stand there.
        found: u64,
    },
    /// An event's arguments take more, or fewer, bytes than it states.
    #[error("the arguments of {event} do not fill the {stated} bytes that it states")]
    ArgumentBytes {
        /// Its type.
        event: EventType,
        /// How many bytes it states.
        stated: u64,
    },
    /// An event states a length above the limit.
    #[error("{event} of {size} bytes; the maximum is {}", crate::limits::MAX_V1_EVENT_SIZE)]
    EventTooLong {
        /// Its type.
        event: EventType,
        /// The stated length in bytes.
        size: u64,
    },
    /// A string is longer than the limit.
    #[error("a string of {size} bytes; the maximum is {}", crate::limits::MAX_V1_STRING_SIZE)]
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
        /// Its ID.
        id: StringId,
    },
    /// A stack is deeper than the limit.
    #[error("a stack of {frames} frames; the maximum is {}", crate::limits::MAX_V1_FRAMES)]
    TooManyFrames {
        /// The stated number of frames.
        frames: u64,
    },
    /// The clock does not go forward.
    #[error("a clock of {hz} ticks a second")]
    BadFrequency {
        /// The stated frequency.
        hz: i64,
    },
    /// The file is too large for this reader.
    #[error("a file of over {} bytes", crate::limits::MAX_V1_FILE)]
    FileTooLarge,

    // The order.
    /// No P's next event can happen.
    #[error(
        "no consistent order: P {proc} comes to {event}, but goroutine {goroutine} is {found} with sequence number {seq}"
    )]
    Stuck {
        /// The P with the earliest event left.
        proc: ProcId,
        /// That event.
        event: EventType,
        /// The goroutine that it is about.
        goroutine: GoId,
        /// What that is doing.
        found: GoPhase,
        /// How many events have counted it on.
        seq: u64,
    },
    /// Two events that exclude each other were both due.
    #[error("{event}: goroutine {goroutine} is {found}")]
    ImpossibleTransition {
        /// The event's type.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
        /// What it is doing.
        found: GoPhase,
    },
    /// In its place in the order an event is earlier than the one before it.
    #[error("time stamps out of order: {event} is {ticks} ticks before the event that it follows")]
    TimeOrder {
        /// The event's type.
        event: EventType,
        /// How many ticks.
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
        /// The event's type.
        event: EventType,
        /// The P.
        proc: ProcId,
    },
    /// A P stops that does not run.
    #[error("{event}: P {proc} is not running")]
    ProcStopped {
        /// The event's type.
        event: EventType,
        /// The P.
        proc: ProcId,
    },
    /// A P has a goroutine where it should have none, or another one.
    #[error("{event}: P {proc} runs goroutine {has}, expected {expected}")]
    ProcHas {
        /// The event's type.
        event: EventType,
        /// The P.
        proc: ProcId,
        /// The goroutine that it runs; 0 is none.
        has: GoId,
        /// The goroutine expected; 0 is none.
        expected: GoId,
    },
    /// A goroutine is not as the event needs it.
    #[error("{event}: goroutine {goroutine} is {found}, expected it {expected}")]
    Goroutine {
        /// The event's type.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
        /// What it is doing.
        found: GoPhase,
        /// What it should be doing.
        expected: GoPhase,
    },
    /// An event happens on no goroutine that needs one.
    #[error("{event} on no goroutine")]
    NoGoroutine {
        /// The event's type.
        event: EventType,
    },
    /// A goroutine is created that exists already.
    #[error("{event}: goroutine {goroutine} exists already")]
    GoroutineExists {
        /// The event's type.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
    },
    /// A range begins that is open already.
    #[error("{event}: the one before has not ended")]
    RangeOpen {
        /// The event's type.
        event: EventType,
    },
    /// A range ends that is not open.
    #[error("{event}: none has begun")]
    RangeNotOpen {
        /// The event's type.
        event: EventType,
    },
    /// A task begins twice.
    #[error("task {task} has begun already")]
    TaskExists {
        /// The task.
        task: TaskId,
    },
    /// A region ends that is not the innermost.
    #[error("goroutine {goroutine} ends a region of task {task} that is not its innermost one")]
    RegionMismatch {
        /// The goroutine.
        goroutine: GoId,
        /// The task named at the end.
        task: TaskId,
    },
    /// A region event neither begins nor ends one.
    #[error("a region's mode is {mode}, expected 0 or 1")]
    RegionMode {
        /// The number on the wire.
        mode: u64,
    },
}

/// What a goroutine of a v1 trace is doing: the format tells no more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum GoPhase {
    /// It has not begun, or has ended.
    #[default]
    Dead,
    /// It could run.
    Runnable,
    /// A P runs it.
    Running,
    /// It waits, or is in a system call.
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
