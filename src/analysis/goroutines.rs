//! Times of each goroutine: running, waiting for a P, blocked by reason, and in system
//! calls; with the regions it was in, and the program's tasks.
//!
//! These are the figures of `go tool trace`'s pages of goroutines, tasks and
//! regions (`internal/trace/summary.go`). With [`Compat::Go127`] they are Go's to
//! the nanosecond; otherwise they differ where Go is wrong: see
//! `docs/differences.md`.
//!
//! [`Compat::Go127`]: crate::analysis::Compat::Go127

mod brief;
mod collect;
mod groups;
mod keep;
mod lists;
mod live;
mod packed;
mod record;
mod region_types;
mod regions;
mod share;
pub mod stats;
pub mod tasks;
#[cfg(test)]
mod tests;
mod within;

pub use collect::{CollectGoroutines, CollectLives};
pub use groups::{Common, Group, GroupBy, Groups, SumGroups};
pub use keep::Keep;
pub use lists::Lists;
pub use packed::Goroutines;
pub use region_types::{Longest, LongestRegions, RegionType, RegionTypes, SumRegions};
pub use regions::RegionSummary;
pub use share::CollectShares;
pub use stats::Stats;
pub use tasks::{TaskLog, TaskSummary};

use crate::analysis::Compat;
use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::{StackKey, Stacks};
use crate::base::ids::{GoId, TaskId, WIRE_NONE, optional};
use crate::base::time::Time;
use crate::spec::state::GoState;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Summary of one goroutine.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Goroutine {
    /// ID of the goroutine.
    pub id: GoId,
    /// Function it began with; empty if no stack in the trace names it.
    pub name: NameId,
    /// Time at which it was created; for a goroutine that existed before, the beginning of
    /// the generation that first mentions it.
    pub created: Time,
    creator: GoId,
    started: Time,
    ended: Time,
    /// True if the trace has its creation.
    pub creation_seen: bool,
    /// Stack that created it.
    pub creation_stack: StackKey,
    /// Times of the goroutine.
    pub stats: Stats,
    /// State at the end of the trace.
    pub state: GoState,
    /// Time since which it was in that state.
    pub since: Time,
    /// Reason for which it waits, if it does.
    pub reason: NameId,
    /// Stack with which it waits, or is in a system call.
    pub stack: StackKey,
    /// Regions of it, as indexes in [`Summaries::regions`], ordered by their start.
    pub regions: Box<[usize]>,
}

/// Time of an event that never happened.
const NEVER: Time = Time(i64::MIN);

fn unless_never(time: Time) -> Option<Time> {
    (time != NEVER).then_some(time)
}

/// Creator of a goroutine whose creation is not known.
const NO_GOROUTINE: GoId = GoId(WIRE_NONE);

impl Goroutine {
    /// Returns the goroutine that created it, if the trace has its creation.
    pub fn creator(&self) -> Option<GoId> {
        optional(self.creator.0)
    }

    /// Returns the time at which it first ran, if it did.
    pub fn started(&self) -> Option<Time> {
        unless_never(self.started)
    }

    /// Returns the time at which it ended, if it did; blocking forever counts as an end.
    pub fn ended(&self) -> Option<Time> {
        unless_never(self.ended)
    }

    /// Returns the summary of a goroutine of which only the creation time is known.
    fn new(id: GoId, created: Time) -> Goroutine {
        Goroutine {
            id,
            name: NameId::EMPTY,
            created,
            creator: NO_GOROUTINE,
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

/// Summaries of all goroutines, with their regions and tasks.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Summaries {
    /// Choice of figures where Go's tools are known to be wrong.
    pub compat: Compat,
    /// Time at which the trace begins.
    pub start: Time,
    /// Time at which it ends.
    pub end: Time,
    /// Goroutines, ordered by ID.
    pub goroutines: Goroutines,
    /// Regions of all goroutines.
    pub regions: Vec<RegionSummary>,
    /// Tasks that were mentioned, the background task included.
    pub tasks: BTreeMap<TaskId, TaskSummary>,
    /// Stacks and names.
    pub stacks: Arc<Stacks>,
    /// Number of goroutines over time: at most 256 times, each with the most goroutines
    /// until the next.
    pub counts: Vec<(Time, u64)>,
}

impl Summaries {
    /// Returns the names that keys in the summaries refer to.
    pub fn names(&self) -> &Names {
        &self.stacks.names
    }

    /// Returns the name of a goroutine's first function.
    pub fn name(&self, goroutine: &Goroutine) -> &[u8] {
        self.names().get(goroutine.name)
    }
}

/// Returns whether goroutines that begin with a function are not the program's: the
/// runtime's own, the tracer's, and those that write profiles.
pub fn is_of_tooling(name: &[u8]) -> bool {
    const PACKAGES: [&[u8]; 2] = [b"runtime/trace.", b"runtime/pprof."];
    !name.is_empty() && (is_system(name) || PACKAGES.iter().any(|package| name.starts_with(package)))
}

/// Returns whether goroutines that begin with a function are the runtime's own
/// (`internal/trace`, `IsSystemGoroutine`).
pub fn is_system(name: &[u8]) -> bool {
    name.is_empty() || (name.starts_with(b"runtime.") && name != b"runtime.main")
}
