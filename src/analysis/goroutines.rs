//! What each goroutine did: how long it ran, waited for a P, blocked and for
//! what, and was in system calls; the regions it was in, and the program's tasks.
//!
//! These are the figures of `go tool trace`'s pages of goroutines, tasks and
//! regions (`internal/trace/summary.go`). With [`Compat::Go127`] they are Go's to
//! the nanosecond; otherwise they differ where Go is wrong: see
//! `docs/differences.md`.
//!
//! [`Compat::Go127`]: crate::analysis::Compat::Go127

mod collect;
mod packed;
mod person;
mod record;
mod regions;
pub mod stats;
pub mod tasks;
mod within;

pub use collect::Summarizer;
pub use packed::Goroutines;
pub use regions::Region;
pub use stats::Stats;
pub use tasks::{Log, Task};

use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::{StackKey, Stacks};
use crate::event::transition::GoState;
use crate::ids::{GoId, TaskId, WIRE_NONE, optional};
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What one goroutine did.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Goroutine {
    /// Which one.
    pub id: GoId,
    /// The function it began with; empty if no stack in the trace tells.
    pub name: NameId,
    /// When it was created; when the generation began that it is first mentioned
    /// in, for one that was there before.
    pub created: Time,
    creator: GoId,
    started: Time,
    ended: Time,
    /// Whether the trace has its creation.
    pub creation_seen: bool,
    /// The stack that created it.
    pub creation_stack: StackKey,
    /// How it spent its time.
    pub stats: Stats,
    /// What it was doing at the end of the trace.
    pub state: GoState,
    /// Since when.
    pub since: Time,
    /// For what it waits, if it does.
    pub reason: NameId,
    /// The stack with which it waits, or is in a system call.
    pub stack: StackKey,
    /// Its regions, as places in [`Summaries::regions`], by when they began.
    pub regions: Box<[usize]>,
}

/// When something was that never was.
const NEVER: Time = Time(i64::MIN);

fn unless_never(time: Time) -> Option<Time> {
    (time != NEVER).then_some(time)
}

/// Who created one that nobody did.
const NOBODY: GoId = GoId(WIRE_NONE);

impl Goroutine {
    /// Who created it, if the trace has that.
    pub fn creator(&self) -> Option<GoId> {
        optional(self.creator.0)
    }

    /// When it first ran, if it did.
    pub fn started(&self) -> Option<Time> {
        unless_never(self.started)
    }

    /// When it ended, if it did; blocking forever is an end.
    pub fn ended(&self) -> Option<Time> {
        unless_never(self.ended)
    }

    /// One of which nothing is known but when it was created.
    fn new(id: GoId, created: Time) -> Goroutine {
        Goroutine {
            id,
            name: NameId::EMPTY,
            created,
            creator: NOBODY,
            started: NEVER,
            ended: NEVER,
            creation_seen: false,
            creation_stack: StackKey::EMPTY,
            stats: Stats::default(),
            state: GoState::Undetermined,
            since: created,
            reason: NameId::EMPTY,
            stack: StackKey::EMPTY,
            regions: Box::default(),
        }
    }
}

/// What all goroutines did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summaries {
    /// When the trace begins.
    pub start: Time,
    /// When it ends.
    pub end: Time,
    /// The goroutines, by their numbers.
    pub goroutines: Goroutines,
    /// All regions.
    pub regions: Vec<Region>,
    /// All tasks that were mentioned, the background task included.
    pub tasks: BTreeMap<TaskId, Task>,
    /// The stacks, and all names.
    pub stacks: Arc<Stacks>,
    /// How many goroutines there were, over time: at most 256 moments, and the
    /// most there were until the next.
    pub counts: Vec<(Time, u64)>,
}

impl Summaries {
    /// The names.
    pub fn names(&self) -> &Names {
        &self.stacks.names
    }

    /// The name of a goroutine's first function.
    pub fn name(&self, goroutine: &Goroutine) -> &[u8] {
        self.names().get(goroutine.name)
    }
}

/// Whether goroutines that begin with that function are the runtime's own
/// (`internal/trace`, `IsSystemGoroutine`).
pub fn is_system(name: &[u8]) -> bool {
    name.is_empty() || (name.starts_with(b"runtime.") && name != b"runtime.main")
}
