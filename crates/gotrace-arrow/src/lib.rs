//! Go execution traces as tables, in the form of [Apache Arrow](https://arrow.apache.org).
//!
//! A trace becomes some tables, such as `states` (each state of each goroutine), `wakeups`
//! (who woke whom) and `stacks`; `docs/tables.md` describes each column. All tables that are
//! asked for are made in one pass over the trace, on the follower that gotrace's analyses
//! share, and come in batches of 65,536 rows:
//!
//! ```text
//! Trace ──one pass──> Collect ──rows──> RecordBatch ──> Tables::write: your function
//!                                                  └──> Batches: an iterator, which owns its trace
//! ```
//!
//! ```
//! # let bytes = include_bytes!("../../../testdata/traces/go1.27/mixed.trace");
//! use gotrace::Trace;
//! use gotrace_arrow::{Table, Tables};
//!
//! let trace = Trace::parse(bytes)?;
//! let tables = Tables::new([Table::States]).columns(Table::States, ["goroutine", "state", "duration"])?;
//! let mut rows = 0;
//! tables.write(&trace, |table, batch| {
//!     assert_eq!((table, batch.num_columns()), (Table::States, 3));
//!     rows += batch.num_rows();
//!     Ok::<(), gotrace_arrow::Error>(())
//! })?;
//! assert!(rows > 1000);
//! # Ok::<(), gotrace_arrow::Error>(())
//! ```
//!
//! # The form of the tables
//!
//! - Numbers are signed, of 64 bits; names are dictionaries of UTF-8 with keys of 32 bits.
//!   Every column can be null by its type. A name that is not UTF-8 has U+FFFD in place of
//!   each wrong part.
//! - Times are nanoseconds since the trace's start, the time of its first event. The schema's
//!   metadata, and the table `trace`, say when that was.
//! - `trace_id` is the same in all rows of a trace, and another in other traces: `t` and the
//!   hash, in hexadecimal, of the file's length and its first 64 KiB.
//! - `stack` is a hash of the functions, files and lines, so that one call path has one key
//!   in all traces: FNV-1a of 64 bits without the highest bit over, for each frame from the
//!   innermost on, the function, a zero byte, the file, a zero byte and the line as eight
//!   bytes, the lowest first (the program counter instead, where there is no function).
//! - A state that goes on when the trace ends is a row with `ended` false, one from before
//!   the trace a row with `begun` false.
//!
//! Memory does not grow with the trace, but with its different stacks and names, with the
//! goroutines that exist at one time and, where they are asked for, with regions and tasks.
//!
//! A GODEBUG log has two tables, `sched` and `gc`: see [`Tables::write_log`].
//!
//! # Features
//!
//! - `ipc` writes a table as an Arrow IPC stream: `ipc::StreamWriter`.
//! - `parquet` writes tables as Parquet files: `parquet::TableWriter`.

// No input may bring the library down.
#![warn(unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

// The layers, as in ARCHITECTURE.md: each uses only those above it.

// Which tables there are, and what may be wrong.
mod error;
mod table;

// Values to batches.
mod dictionary;
mod rows;
mod values;

// What rows are made of.
mod about;
mod stack_ids;

// Rows to the tables that are asked for.
mod out;

// Events to rows.
mod collect;

// The choice of tables, and the pass that makes them.
mod log;
mod read;
mod tables;

#[cfg(feature = "ipc")]
pub mod ipc;
#[cfg(feature = "parquet")]
pub mod parquet;

pub use about::{log_id, trace_id};
pub use error::Error;
pub use read::{Batches, Stop, TableReader, Take};
pub use table::{NoSuchColumn, NoSuchTable, SCHEMA_VERSION, Table};
pub use tables::{Tables, Written};
pub use values::BATCH_ROWS;

// For callers, whose version has to be the same.
pub use {arrow_array, arrow_schema};
