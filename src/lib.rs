//! Reads Go execution traces, as written by `runtime/trace`, `/debug/pprof/trace` and the
//! flight recorder of a Go program.
//!
//! A trace holds one stream of events for each operating system thread (M). This crate
//! merges them into one causal order, checks that they are consistent, and reconstructs
//! from them the states of every goroutine (G), processor (P) and thread. Data flows one
//! way, and each layer can be used alone:
//!
//! ```text
//! TraceFile ──> Generation ──> Trace::events ──┬──> Timelines: states of G, P and M
//! map or        tables and     one causal      ├──> analysis ──> diagnose
//! read          batches        order, checked  └──> export
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
//! A moment of a trace is a [`Time`] on its clock. Lengths of time are `i64` nanoseconds: the
//! difference of two moments, which in a damaged trace may be negative, and sums of such. What a
//! program states as a length, as in the lines of GODEBUG, is a `Duration`.
//!
//! Traces of Go 1.5 to 1.21 have another format, with a stream for each P; they are read as
//! the same events, in one generation.
//!
//! Names are `&[u8]` slices of the file, for Go's strings need not be UTF-8. [`Options`]
//! choose between [strict](Mode::Strict) reading, where a defect is an error as in Go's own
//! reader, and [lenient](Mode::Lenient) reading, which keeps the good parts and warns; and
//! how many threads may be used.
//!
//! # Features
//!
//! No feature is on by default: the crate is the decoder, its states and analyses, on six
//! small dependencies.
//!
//! - `compressed` reads data that gzip or zstd compressed: `compressed::Decompressed`.
//! - `export` writes profiles in the form of pprof (`export::pprof`), and traces for Perfetto and
//!   other viewers: `tracks`.
//! - `shared` has traces that own their file: `SharedTrace`.
//! - `serde` has the reports behind the command's `--json`: `report`.
//! - `schema` has their JSON Schema: `report::schemas`.
//! - `symbols` reads the names of old traces' functions from executables:
//!   `Symbols::of_executable`.

// No input may bring the library down.
#![warn(unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

// The layers, as in ARCHITECTURE.md: each uses only those above it.

// Ground that needs no trace.
mod base;

// The format, as Go's sources define it.
pub mod spec;

// Defects and their costs.
pub mod error;

// Bytes to raw events.
#[doc(hidden)] // For tools that look at bytes, such as the command; it may change in any version.
pub mod wire;

// Program counters to names.
pub mod symbols;

// A file cut into generations, and their tables.
mod generation;

// Raw events in one causal order, checked.
mod order;

// Events as programs see them.
pub mod event;

// The entry point, and the ways to read events.
mod trace;

// Events to states of G, P and M.
pub mod timeline;

// Events to figures.
pub mod analysis;

// Lines that GODEBUG makes a program print.
pub mod godebug;

// Figures to findings.
pub mod diagnose;

// Two sides of traces to what changed.
pub mod compare;

// Prediction of Go's own reader.
pub mod go_reader;

// Writers of traces in other forms.
pub mod export;

// Figures and findings as types that serialize: the output of `--json`.
#[cfg(feature = "serde")]
pub mod report;

// A stretch of a trace as if it were a trace of its own.
mod window;

// Traces without names.
pub mod anonymize;

// Critical paths of many stretches.
pub mod paths;

// Parts of a trace that are wanted.
pub mod selection;

// A trace as tracks, which other viewers open.
#[cfg(feature = "export")]
pub mod tracks;

// What is drawn along a time axis.
pub mod lanes;

// Compressed files.
#[cfg(feature = "compressed")]
pub mod compressed;

pub use base::ids::{GoId, ProcId, StackId, StringId, TaskId, ThreadId};
pub use base::limits::{self, Limits};
pub use base::time::{Frequency, Time, Timestamp};
pub use error::warning::{Repair, Warning};
pub use error::{Error, ErrorKind, Result, Stuck, StuckThread};
pub use event::range::{Range, RangeName, RangeScope, Swept};
pub use event::task::{Label, Log, Region, Task};
pub use event::transition::StateTransition;
pub use event::{Event, EventKind, Metric, MetricName, SyncPoint};
pub use generation::stack::{Frame, Frames, Stack};
pub use generation::{ClockSnapshot, Generation, LOST_NAME, WallTime};
pub use selection::{Selected, Selection};
pub use spec::state::{GoState, ProcState};
pub use spec::status::{GoStatus, ProcStatus};
pub use spec::version::{HEADER_LEN, Version};
pub use symbols::{Symbols, SymbolsError};
pub use trace::file::TraceFile;
pub use trace::fold::Folded;
#[cfg(feature = "shared")]
pub use trace::shared::{OpenError, SharedTrace};
pub use trace::stream::{Events, Stream};
pub use trace::watch::TraceWatch;
pub use trace::{Mode, Options, Trace};
pub use window::{SliceReport, Window, WindowEvents};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
