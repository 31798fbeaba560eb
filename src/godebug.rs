//! Reads what the Go runtime prints to standard error when it is asked to by
//! `GODEBUG`: `schedtrace`, `scheddetail`, `gctrace` and `scavtrace`.
//!
//! The format is that of `runtime/proc.go` (`schedtrace`), `runtime/mgc.go`,
//! `mgcscavenge.go`, `mheap.go` and `mgcmark.go` of Go 1.5 to 1.27; what changed
//! when stands beside each field. Three ways in, each resting on the one before:
//!
//! ```text
//! Record::parse   one line's text            -> a typed record that borrows it
//! Scanner         a log, piece by piece      -> records with their line numbers
//! History         the records of a Scanner   -> snapshots and GC cycles on one clock
//! ```
//!
//! Of a [`History`]'s entries, [`Series`] is the scheduler over time, and
//! [`Collections`] are the figures of the GC; both of a size that does not grow
//! with the log.
//!
//! ```
//! use gotrace::godebug::{Item, Record, Scanner};
//!
//! let log = b"2026-11-23T10:00:00Z stderr F SCHED 1002ms: gomaxprocs=2 idleprocs=1 threads=5 \
//!             spinningthreads=0 needspinning=0 idlethreads=2 runqueue=3 [1 0]\nsome other line\n";
//! let mut longest = 0;
//! let mut scanner = Scanner::default();
//! scanner.feed(log, &mut |item| {
//!     match item {
//!         Item::Found(found) => {
//!             if let Record::Sched(sched) = found.record {
//!                 longest = longest.max(sched.runqueue);
//!             }
//!         }
//!         Item::Warning(warning) => eprintln!("{warning}"),
//!     }
//!     Ok::<(), std::convert::Infallible>(())
//! })?;
//! assert_eq!(longest, 3);
//! # Ok::<(), std::convert::Infallible>(())
//! ```
//!
//! A line need not stand alone: a prefix (a time, a container's name) and text
//! behind it are passed over, lines wrapped in JSON are unwrapped, and a line in
//! whose middle another writer's line stands is put together again.

mod collections;
mod companion;
mod cursor;
mod extent;
mod found;
mod gctrace;
mod history;
mod join;
mod line;
mod scanner;
mod scavenge;
mod scheddetail;
mod schedtrace;
mod series;
mod status;
mod unwrap;

pub use collections::{Collections, CpuTotals, HeapPoint};
pub use companion::{Finalizers, Scan, ScanClass, ScanCount};
pub use cursor::{Malformed, Unknown};
pub use extent::Release;
pub use found::{Found, Item, LogWarning};
pub use gctrace::{Clock, CpuTime, Gc, HeapSizes};
pub use history::{Entry, History, Moment, Snapshot};
pub use line::Record;
pub use scanner::Scanner;
pub use scavenge::{HeapUse, Released, Scavenge, ScavengeWork, Unit};
pub use scheddetail::{Goroutine, MId, Proc, Thread};
pub use schedtrace::{Detail, Queues, Sched};
pub use series::{Cycles, Gauge, Point, Series};
pub use status::{GoroutineState, GoroutineStatus, ProcStatus};
