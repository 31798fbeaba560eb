//! Reads Go execution traces: what `runtime/trace`, `/debug/pprof/trace` and
//! the flight recorder of a Go program write.
//!
//! A trace holds one stream of events for each operating system thread (M).
//! This crate puts them into one causal order, checks that they make sense, and
//! rebuilds from them what every goroutine (G), processor (P) and thread did.
//! Data flows one way, and each layer can be used alone:
//!
//! ```text
//! TraceFile -> wire -> Generation -> Trace::events -> Timelines
//! map or       raw     tables and    one causal       states of
//! read         events  batches       order, checked   G, P and M
//! ```
//!
//! ```
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces/go1.27/hello.trace");
//! use gotrace::{Trace, TraceFile};
//!
//! // `unsafe { TraceFile::map(path)? }` maps the file instead of reading it.
//! let file = TraceFile::open(path)?;
//! let trace = Trace::parse(file.bytes())?;
//! for event in trace.events() {
//!     let event = event?;
//!     println!("{} {:?} {}", event.time(), event.goroutine(), event.kind().name());
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Traces of Go 1.5 to 1.21 are of another format, in which streams are those of
//! Ps; they come out as the same events, in one generation.
//!
//! Names are `&[u8]` slices of the file, for Go's strings need not be UTF-8.
//! [`Options`] choose between [strict](Mode::Strict) reading, where a defect is
//! an error as in Go's own reader, and [lenient](Mode::Lenient) reading, which
//! keeps what is good and warns; and how many threads may be used.
//!
//! # Features
//!
//! `cli` (default) is the binary `gotrace`; `http` (default) lets it fetch traces
//! from running programs. Without them, the crate is the
//! decoder, its states and analyses, on six small dependencies.
//! `symbols` (part of `cli`) reads the names of old traces' functions from
//! executables: `Symbols::of_executable`.

// No input may bring the library down.
#![warn(unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod ahead;
pub mod analysis;
mod bytes;
pub mod diagnose;
pub mod error;
pub mod event;
pub mod export;
mod file;
mod fold;
mod generation;
pub mod godebug;
mod ids;
pub mod limits;
mod order;
mod paged;
pub mod state;
mod stream;
pub mod symbols;
mod time;
mod trace;
mod version;
mod warning;
pub mod wire;

pub use error::{Error, ErrorKind, Result};
pub use event::range::{Range, RangeName, RangeScope, Swept};
pub use event::stack::{Frame, Frames, Stack};
pub use event::task::{Label, Log, Region, Task};
pub use event::transition::{GoState, ProcState, StateTransition};
pub use event::{Event, EventKind, Metric, MetricName, Sync};
pub use file::TraceFile;
pub use fold::Folded;
pub use generation::{ClockSnapshot, Generation, LOST_NAME, WallTime};
pub use ids::{GoId, ProcId, StackId, StringId, TaskId, ThreadId};
pub use limits::Limits;
pub use order::{Stuck, StuckThread};
pub use stream::{Events, Stream};
pub use symbols::{Symbols, SymbolsError};
pub use time::{Frequency, Time, Timestamp};
pub use trace::{Mode, Options, Trace};
pub use version::{HEADER_LEN, Version};
pub use warning::{Repair, Warning};
pub use wire::v2::status::{GoStatus, ProcStatus};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
