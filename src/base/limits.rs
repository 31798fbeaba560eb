//! Upper bounds of sizes, counts and memory, each with its source.

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

/// The size in bytes up to which a mapped file stays in memory as a whole; pages of a larger
/// one are given back once they are read.
pub const KEPT_FILE: usize = 16 << 20;

/// As [`KEPT_FILE`], for reading with one thread. Giving pages back and mapping them again
/// costs one thread 5% of its time; with two threads the other one hides that.
pub const KEPT_BY_ONE_THREAD: usize = 64 << 20;

/// The bytes that compressed data of any size may become in memory.
pub const DECOMPRESSED_AT_LEAST: u64 = 64 << 20;

/// The multiple of its size that compressed data may become in memory, beyond
/// [`DECOMPRESSED_AT_LEAST`]. Traces and logs shrink to a third or a tenth; a file that grows
/// a hundredfold is made for harm.
pub const DECOMPRESSED_RATIO: u64 = 100;

/// The most bytes that a v1 event with a length may have; Go's reader takes a longer one for
/// a broken trace (`tracev1.parser.readRawEvent`).
pub const MAX_V1_EVENT_SIZE: u64 = 2048;

/// The most bytes that a string of a v1 trace may have (`tracev1.parser.readRawEvent`).
pub const MAX_V1_STRING_SIZE: u64 = 1_000_000;

/// The most frames that a stack of a v1 trace may have (`tracev1.parser.readRawEvent`).
pub const MAX_V1_FRAMES: u64 = 1000;

/// The largest v1 trace, in bytes: ordering keeps the offset of an event in 40 bits.
pub const MAX_V1_FILE: u64 = 1 << 40;

/// The bytes behind a defect that are searched for the point where the trace goes on. A
/// thousand batches: more than a damaged disk loses of a file at one place, and little enough
/// to be held in memory.
pub const SEARCHED: usize = 64 << 20;

/// Bounds on the work and memory of lenient reading, set with
/// [`Options::limits`](crate::Options::limits). A good trace comes near none of
/// them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// The most warnings that are listed one by one; the rest are counted.
    pub warnings: usize,
    /// The number of failed attempts to order events of other Ms that each ordered event pays
    /// for. Beyond that an event that has to wait is placed at once, so that a hostile file
    /// cannot make ordering quadratic.
    pub patience: u64,
    /// The most Ms that are searched for the one that held a P or G which another M claims.
    /// With more Ms than this there is no search.
    pub threads_searched: usize,
    /// The bytes behind a defect that are searched for the point where the trace goes on. If
    /// nothing is found there, all the rest of the file is passed over unread: a file may be a
    /// good beginning with endless zeros behind it.
    pub searched: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { warnings: 1000, patience: 256, threads_searched: 256, searched: SEARCHED }
    }
}
