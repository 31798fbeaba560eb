//! Reads the lines that the Go runtime prints to standard error for `GODEBUG`:
//! `schedtrace`, `scheddetail`, `gctrace` and `scavtrace`.
//!
//! The format is that of `runtime/proc.go` (`schedtrace`), `runtime/mgc.go`,
//! `mgcscavenge.go`, `mheap.go` and `mgcmark.go` of Go 1.5 to 1.27; each field's docs say
//! in which version it changed. There are three ways in, each built on the one before:
//!
//! ```text
//! Record::parse   one line's text            -> a typed record that borrows it
//! Scanner         a log, piece by piece      -> records with their line numbers
//! History         the records of a Scanner   -> snapshots and GC cycles on one clock
//! ```
//!
//! From a [`History`]'s entries, [`Series`] makes the scheduler's figures over time, and
//! [`Collections`] those of the GC; the size of neither grows with the log.
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
//! A line need not stand alone: a prefix (a time, a container's name) and text behind it
//! are skipped, lines wrapped in JSON are unwrapped, and a line that another writer's line
//! cuts in two is joined again. Lines of several programs are told apart by their prefix,
//! or by the fields about them.

mod census;
mod collections;
mod companion;
mod cursor;
mod encoding;
mod extent;
mod found;
mod gctrace;
mod history;
mod join;
mod json;
mod labels;
mod line;
mod marks;
mod origin;
mod prefix;
mod scanner;
mod scavenge;
mod scheddetail;
mod schedtrace;
mod series;
mod status;
mod ticks;
mod unwrap;

pub use census::{Activity, Census, Counted, Tally};
pub use collections::{Collections, CpuTotals, HeapPoint};
pub use companion::{Finalizers, Scan, ScanClass, ScanCount};
pub use cursor::{Malformed, Unknown};
pub use extent::Release;
pub use found::{Found, Item, LogWarning};
pub use gctrace::{Clock, CpuTime, Gc, Goal, HeapSizes};
pub use history::{Entry, History, MOST_PROGRAMS, Mixed, Moment, Program, Snapshot};
pub use line::Record;
pub use scanner::Scanner;
pub use scavenge::{HeapUse, Released, Scavenge, ScavengeWork, Unit};
pub use scheddetail::{Goroutine, MId, Proc, Thread};
pub use schedtrace::{Detail, Queues, Sched};
pub use series::{Cycles, Gauge, Point, Series};
pub use status::{GoroutineState, GoroutineStatus, ProcStatus};
pub use ticks::{ProcTotal, Ticked, Ticks};
