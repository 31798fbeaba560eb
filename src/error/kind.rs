//! The table of all defects: the name, the fields and the message of each.

use super::lookalike::Lookalike;
use super::region::NamedRegion;
use super::stuck::Stuck;
use super::v1::V1Error;
use crate::base::ids::{GoId, ProcId, StackId, StringId, TaskId, ThreadId};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use std::fmt;

/// A part of a scheduling context, which an event may need.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Resource {
    /// An M.
    Thread,
    /// A P.
    Proc,
    /// A G.
    Goroutine,
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Resource::Thread => "thread",
            Resource::Proc => "proc",
            Resource::Goroutine => "goroutine",
        })
    }
}

/// The ways a trace can be wrong.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    // The file.
    /// There is no byte at all.
    #[error("the file is empty; expected a trace header, \"go 1.NN trace\"")]
    Empty,
    /// The header is not that of a trace.
    #[error("not a Go execution trace: expected the header \"go 1.NN trace\", found {found}")]
    NotATrace {
        /// The format that it looks like instead.
        found: Lookalike,
    },
    /// The header names a version that this crate cannot read.
    #[error(
        "trace format go 1.{minor} is not supported; this version reads go 1.5 to go 1.26 (written by Go 1.5 to 1.27)"
    )]
    UnsupportedVersion {
        /// The NN of `go 1.NN trace`.
        minor: u32,
    },

    /// The version is one that Go's own tools have given up, while this crate reads it.
    #[error("a go 1.{minor} trace, a format that Go has given up since 1.23")]
    GivenUp {
        /// The NN of `go 1.NN trace`.
        minor: u32,
    },

    // Framing.
    /// The file ends inside something.
    #[error("the file ends inside {inside}")]
    Truncated {
        /// The part that was being read.
        inside: &'static str,
    },
    /// A varint does not fit 64 bits.
    #[error("{inside} is a varint of more than 64 bits")]
    VarintOverflow {
        /// The part that was being read.
        inside: &'static str,
    },
    /// A byte between batches begins none.
    #[error("expected a batch, found event type {found}")]
    ExpectedBatch {
        /// The byte found instead.
        found: u8,
    },
    /// A batch states a size above the limit.
    #[error("a batch of {size} bytes; the maximum is {}", crate::base::limits::MAX_BATCH_SIZE)]
    BatchTooLarge {
        /// The stated size in bytes.
        size: u64,
    },
    /// The file ends inside a batch.
    #[error("a batch of {size} bytes, but only {left} are left in the file")]
    BatchTruncated {
        /// The stated size in bytes.
        size: u64,
        /// The bytes that are there.
        left: u64,
    },
    /// A batch says generation 0, which the runtime never uses.
    #[error("a batch of generation 0; generations count from 1")]
    ZeroGeneration,
    /// A batch of a generation that should be over, or not begun.
    #[error("a batch of generation {found} among those of generation {expected}")]
    GenerationsMixed {
        /// The generation being read.
        expected: u64,
        /// The generation the batch states.
        found: u64,
    },
    /// A generation of a Go 1.26+ trace has no end mark.
    #[error("the generation has no end mark: the trace was cut short")]
    MissingEndOfGeneration,

    // Tables.
    /// A table's batch contains another event than its entries.
    #[error("expected {expected}, found event type {found}")]
    ExpectedEntry {
        /// The entries that the batch is made of.
        expected: &'static str,
        /// The byte found instead.
        found: u8,
    },
    /// A string is longer than the limit.
    #[error("a string of {size} bytes; the maximum is {}", crate::base::limits::MAX_STRING_SIZE)]
    StringTooLong {
        /// The stated length in bytes.
        size: u64,
    },
    /// A stack is deeper than the limit.
    #[error("a stack of {frames} frames; the maximum is {}", crate::base::limits::MAX_FRAMES_PER_STACK)]
    TooManyFrames {
        /// The stated number of frames.
        frames: u64,
    },
    /// Two strings have one ID.
    #[error("string {id} is there twice")]
    DuplicateString {
        /// The ID.
        id: StringId,
    },
    /// Two stacks have one ID.
    #[error("stack {id} is there twice")]
    DuplicateStack {
        /// The ID.
        id: StackId,
    },
    /// A frame names a function or file that is not in the string table.
    #[error("stack {stack} names string {string}, which is not in the table")]
    FrameString {
        /// The stack.
        stack: StackId,
        /// The missing string.
        string: StringId,
    },
    /// A generation does not say how long a tick is.
    #[error("the generation has no frequency: its length of a tick is unknown")]
    MissingFrequency,
    /// A generation says twice how long a tick is.
    #[error("a second frequency in one generation")]
    DuplicateFrequency,
    /// A generation of a Go 1.25+ trace has no clock snapshot.
    #[error("the generation has no clock snapshot")]
    MissingClockSnapshot,
    /// A generation has two clock snapshots.
    #[error("a second clock snapshot in one generation")]
    DuplicateClockSnapshot,
    /// A batch belongs to an experiment that this crate does not know.
    #[error("a batch of unknown experiment {id}")]
    UnknownExperiment {
        /// The experiment's number.
        id: u8,
    },

    // Events.
    /// An event type that no version of Go writes.
    #[error("unknown event type {found}")]
    UnknownEventType {
        /// The byte found.
        found: u8,
    },
    /// An event that cannot stand in an M's stream.
    #[error("{event} cannot stand among the events of a thread")]
    UnexpectedEvent {
        /// The type of the event.
        event: EventType,
    },
    /// An event names a string that is not in its generation's table.
    #[error("{event} names string {id}, which is not in the table")]
    UnknownString {
        /// The type of the event.
        event: EventType,
        /// The missing string.
        id: StringId,
    },
    /// An event names a stack that is not in its generation's table.
    #[error("{event} names stack {id}, which is not in the table")]
    UnknownStack {
        /// The type of the event.
        event: EventType,
        /// The missing stack.
        id: StackId,
    },

    // The scheduler's rules.
    /// The context lacks what the event needs.
    #[error("{event}: expected a {missing} but there is none")]
    ContextLacks {
        /// The type of the event.
        event: EventType,
        /// The part that is missing.
        missing: Resource,
    },
    /// The context has what must not be there.
    #[error("{event}: expected no {present} but there is one")]
    ContextHas {
        /// The type of the event.
        event: EventType,
        /// The part that is there.
        present: Resource,
    },
    /// The running goroutine is in another status than the event needs.
    #[error("{event}: goroutine {goroutine} is {found}, expected {expected}")]
    GoroutineStatus {
        /// The type of the event.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
        /// The status it is in.
        found: GoStatus,
        /// The status it has to be in.
        expected: GoStatus,
    },
    /// The P is in another status than the event needs.
    #[error("{event}: proc {proc} is {found}, expected {expected}")]
    ProcStatus {
        /// The type of the event.
        event: EventType,
        /// The P.
        proc: ProcId,
        /// The status it is in.
        found: ProcStatus,
        /// The status it has to be in.
        expected: ProcStatus,
    },
    /// An event is about a goroutine that is not known.
    #[error("{event}: goroutine {goroutine} does not exist")]
    UnknownGoroutine {
        /// The type of the event.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
    },
    /// An event is about a P that is not known.
    #[error("{event}: proc {proc} does not exist")]
    UnknownProc {
        /// The type of the event.
        event: EventType,
        /// The P.
        proc: ProcId,
    },
    /// A goroutine is created that exists already.
    #[error("{event}: goroutine {goroutine} exists already")]
    GoroutineExists {
        /// The type of the event.
        event: EventType,
        /// The goroutine.
        goroutine: GoId,
    },
    /// A P's number is above the limit.
    #[error("proc {proc} is absurd; the maximum is {}", crate::base::limits::MAX_PROC_ID)]
    AbsurdProc {
        /// The P.
        proc: ProcId,
    },
    /// A goroutine's ID is the one that means "none".
    #[error("goroutine {goroutine} is absurd")]
    AbsurdGoroutine {
        /// The goroutine.
        goroutine: GoId,
    },
    /// A goroutine's status is none of those defined.
    #[error("goroutine {goroutine} has undefined status {status}")]
    BadGoStatus {
        /// The goroutine.
        goroutine: GoId,
        /// The number on the wire.
        status: u64,
    },
    /// A P's status is none of those defined.
    #[error("proc {proc} has undefined status {status}")]
    BadProcStatus {
        /// The P.
        proc: ProcId,
        /// The number on the wire.
        status: u64,
    },
    /// A generation states another status for a goroutine than the last left.
    #[error("goroutine {goroutine} was {before}, the new generation says {now}")]
    InconsistentGoStatus {
        /// The goroutine.
        goroutine: GoId,
        /// The status that the events before led to.
        before: GoStatus,
        /// The status stated.
        now: GoStatus,
    },
    /// A generation states another status for a P than the last left.
    #[error("proc {proc} was {before}, the new generation says {now}")]
    InconsistentProcStatus {
        /// The P.
        proc: ProcId,
        /// The status that the events before led to.
        before: ProcStatus,
        /// The status stated.
        now: ProcStatus,
    },
    /// A goroutine appears after the first generation without being created.
    #[error("goroutine {goroutine} appears in a later generation without having been created")]
    LateGoroutine {
        /// The goroutine.
        goroutine: GoId,
    },
    /// A goroutine is said to be in a syscall on no thread.
    #[error("goroutine {goroutine} is in a syscall on no thread")]
    SyscallWithoutThread {
        /// The goroutine.
        goroutine: GoId,
    },
    /// A goroutine is said to be in a syscall on a thread that runs another.
    #[error("goroutine {goroutine} is said to be in a syscall on thread {thread}, which has {}", OrNone(.has))]
    SyscallThread {
        /// The goroutine.
        goroutine: GoId,
        /// The M.
        thread: ThreadId,
        /// The goroutine that is bound to that M.
        has: Option<GoId>,
    },
    /// A P about to be stolen is bound to no thread.
    #[error("proc {proc} is about to be stolen, but no thread has it")]
    NoHolder {
        /// The P.
        proc: ProcId,
    },
    /// A P is stolen from a thread that does not have it.
    #[error("proc {proc} is stolen from thread {thread}, which has {}", OrNone(.has))]
    StealMismatch {
        /// The P.
        proc: ProcId,
        /// The M it is said to be stolen from.
        thread: ThreadId,
        /// The P that the M has.
        has: Option<ProcId>,
    },
    /// A P's sequence number does not follow the one before.
    #[error("{event}: sequence number {found} of proc {proc} does not follow {before}")]
    BrokenSequence {
        /// The type of the event.
        event: EventType,
        /// The P.
        proc: ProcId,
        /// The last sequence number.
        before: u64,
        /// The sequence number found.
        found: u64,
    },
    /// A range begins that is open already.
    #[error("{event}: that range is open already")]
    RangeOpen {
        /// The type of the event.
        event: EventType,
    },
    /// A range ends or goes on that is not open.
    #[error("{event}: no such range is open")]
    RangeNotOpen {
        /// The type of the event.
        event: EventType,
    },
    /// A GC event comes at the wrong time.
    #[error("{event}: the garbage collector is {found}")]
    GcState {
        /// The type of the event.
        event: EventType,
        /// The state of the collector.
        found: &'static str,
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
    /// No thread's next event can happen: the trace has no consistent order.
    #[error("no consistent order: {0}")]
    Stuck(Box<Stuck>),

    /// An event waits for another that never comes. It occurs in lenient mode only, which
    /// places the event and goes on; strict mode reports `Stuck` instead.
    #[error("{event} waits for an event that is not there")]
    NeverReady {
        /// The type of the event.
        event: EventType,
    },

    // Traces of Go 1.5 to 1.21.
    /// A defect of one of those traces that newer ones cannot have.
    #[error(transparent)]
    V1(#[from] V1Error),
    /// A trace of Go 1.5 to 1.21 was to be written in a form that only newer ones have.
    #[error("a go 1.{minor} trace; the text form is of traces of Go 1.22 and later")]
    NoTextForm {
        /// The NN of `go 1.NN trace`.
        minor: u32,
    },

    /// A trace of Go 1.22 or later was to be written in a form that only older ones have.
    #[error("a go 1.{minor} trace; this form is of traces of Go 1.5 to 1.21")]
    NotV1 {
        /// The NN of `go 1.NN trace`.
        minor: u32,
    },

    // The text form.
    /// A line of the text form is not as it should be.
    #[error("line {line}: {what}")]
    Text {
        /// The line, from 1.
        line: u64,
        /// The message: what was expected.
        what: String,
    },
}

/// Prints an ID that may be missing.
struct OrNone<'a, T>(&'a Option<T>);

impl<T: fmt::Display> fmt::Display for OrNone<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => id.fmt(f),
            None => f.write_str("none"),
        }
    }
}
