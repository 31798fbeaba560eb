//! Entries: the assembled lines of a log.

use super::order::Mixed;
use crate::godebug::companion::{Finalizers, Scan};
use crate::godebug::gctrace::Gc;
use crate::godebug::scavenge::{HeapUse, Released, Scavenge};
use crate::godebug::scheddetail::{Goroutine, Proc, Thread};
use crate::godebug::schedtrace::{Sched, settled};
use crate::godebug::status::GoroutineState;
use std::sync::Arc;
use std::time::Duration;

/// An event in a log, with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// Name of the program, from the lines' prefix, or from the fields that a logger put
    /// about them; none if nothing tells programs apart.
    pub program: Option<Arc<str>>,
    /// Number of that program's run, from 0: a log may hold several, one after the other. A
    /// clock or a count that goes back begins a new one.
    pub run: u32,
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Offset of that line, in bytes.
    pub offset: u64,
    /// Time on the clock of the `SCHED` lines; before the first of them, since the runtime
    /// was initialised. For a GC cycle, the time at which it began.
    pub time: Duration,
    /// Event at that time.
    pub moment: Moment,
}

/// Event of an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant)]
pub enum Moment {
    /// A `SCHED` line with the lines that belong to it.
    Sched(Snapshot),
    /// A GC cycle.
    Gc(Gc<'static>),
    /// Work of the scavenger.
    Scavenge(Scavenge),
    /// Memory that the scavenger returned, up to Go 1.13.
    Released(Released),
    /// Heap in use, up to Go 1.13.
    HeapUse(HeapUse),
    /// Objects that the GC scanned.
    Scan(Scan),
    /// Notice that the next GC cycle comes because none did for two minutes.
    GcForced,
    /// Finalizers and cleanups that wait after a GC cycle.
    Finalizers(Finalizers),
    /// Notice that the lines of this program, those before included, cannot be judged.
    Mixed(Mixed),
}

/// A `SCHED` line, and the lines of Ps, Ms and Gs below it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// `SCHED` line itself.
    pub sched: Sched<'static>,
    /// Lines of every P; empty without `scheddetail`.
    pub procs: Vec<Proc<'static>>,
    /// Lines of every M, the youngest first; empty without `scheddetail`.
    pub threads: Vec<Thread<'static>>,
    /// Lines of every G, dead ones included; empty without `scheddetail`.
    pub goroutines: Vec<Goroutine<'static>>,
}

impl Snapshot {
    /// Returns the lengths of the Ps' local queues, ordered by ID, from either form. A
    /// length of less than 0 counts as 0.
    pub fn queues(&self) -> impl Iterator<Item = u32> + '_ {
        let summary = self.sched.queues().map(|queues| queues.lengths.as_slice()).unwrap_or_default();
        let detail = self.procs.iter().map(|p| p.runqsize);
        summary.iter().copied().chain(detail).map(settled)
    }

    /// Returns the number of times that each P has picked a goroutine to run, from either
    /// form; empty for a summary line of Go 1.24 or older.
    pub fn schedticks(&self) -> impl Iterator<Item = u32> + '_ {
        let ticks = self.sched.queues().and_then(|queues| queues.schedticks.as_deref());
        ticks.unwrap_or_default().iter().copied().chain(self.procs.iter().map(|p| p.schedtick))
    }

    /// Returns the number of goroutines in the global queue and in those of all Ps.
    pub fn runnable(&self) -> u64 {
        u64::from(self.sched.runqueue) + self.queues().map(u64::from).sum::<u64>()
    }

    /// Returns whether every P has its line where it should, and some M and G have: blocks
    /// at the end of a log are often cut. No line has the numbers of Ms and Gs to expect:
    /// `threads` counts Ms that are just being made, which have no line yet.
    pub fn is_complete(&self) -> bool {
        let procs = self.procs.len() as u64 == u64::from(self.sched.gomaxprocs);
        !self.sched.is_detailed() || (procs && !self.threads.is_empty() && !self.goroutines.is_empty())
    }

    /// Returns the number of goroutines in a state; none without `scheddetail`.
    pub fn count(&self, state: GoroutineState) -> Option<u64> {
        let count = || self.goroutines.iter().filter(|g| g.status.state == state).count() as u64;
        self.sched.is_detailed().then(count)
    }

    /// Returns the number of goroutines that are not dead; none without `scheddetail`.
    pub fn alive(&self) -> Option<u64> {
        let dead = self.count(GoroutineState::Dead)? + self.count(GoroutineState::DeadExtra)?;
        Some(self.goroutines.len() as u64 - dead)
    }
}
