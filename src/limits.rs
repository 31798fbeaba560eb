//! Every cap in one place, each with its source.

/// The most bytes a batch may carry after its header
/// (`tracev2.MaxBatchSize`).
pub const MAX_BATCH_SIZE: u64 = 64 << 10;

/// The most frames a stack may have (`tracev2.MaxFramesPerStack`).
pub const MAX_FRAMES_PER_STACK: u64 = 128;

/// The most bytes a string may have (`tracev2.MaxEventTrailerDataSize`).
pub const MAX_STRING_SIZE: u64 = 1 << 10;

/// The most arguments a timed event has, the time difference included
/// (`tracev2.MaxTimedEventArgs`).
pub const MAX_TIMED_ARGS: usize = 5;

/// The most bytes that one varint of 64 bits takes.
pub const MAX_VARINT_BYTES: usize = 10;

/// The largest P number. `GOMAXPROCS` could not exceed 1024 until Go 1.10, and
/// no machine comes near this; it bounds what a bad file makes us allocate.
pub const MAX_PROC_ID: u64 = (1 << 16) - 1;

/// The size up to which all of a mapped file stays in memory, in bytes: it is
/// not worth letting its pages go.
pub const KEPT_FILE: usize = 16 << 20;

/// The same where one thread does all: it pays a twentieth of its time for pages
/// that go and have to be mapped again, which with two threads is hidden.
pub const KEPT_BY_ONE_THREAD: usize = 64 << 20;

/// The most bytes that a v1 event with a length may have, by which Go's reader
/// tells a broken trace (`tracev1.parser.readRawEvent`).
pub const MAX_V1_EVENT_SIZE: u64 = 2048;

/// The most bytes that a string of a v1 trace may have (as above).
pub const MAX_V1_STRING_SIZE: u64 = 1_000_000;

/// The most frames that a stack of a v1 trace may have (as above).
pub const MAX_V1_FRAMES: u64 = 1000;

/// The largest v1 trace, in bytes: where an event stands takes 40 bits while
/// all of them are brought into order.
pub const MAX_V1_FILE: usize = 1 << 40;

/// What lenient reading may cost; set with
/// [`Options::limits`](crate::Options::limits). A good trace comes near none of
/// them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The most warnings that are listed one by one; the rest are counted.
    pub warnings: usize,
    /// How many events of other Ms may be tried in vain for each event that
    /// happens; beyond that an event that has to wait is placed at once, so that
    /// a hostile file cannot make ordering quadratic.
    pub patience: u64,
    /// With more Ms than this, nobody looks for the one that held a P or G which
    /// another one claims.
    pub threads_searched: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { warnings: 1000, patience: 256, threads_searched: 256 }
    }
}
