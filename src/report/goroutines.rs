//! `gotrace goroutines --json`, in its four forms.

use super::stack::stack;
use super::text::name;
use super::{Frame, Stats};
use crate::analysis::goroutines::{self, Goroutine, Summaries};
use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::StackKey;
use crate::spec::state::GoState;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Goroutines grouped by a property.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GoroutineGroupsReport<'a> {
    /// Property that the goroutines of a group share.
    pub by: GroupedBy,
    /// Number of goroutines in all groups, including those that are not listed.
    pub count: u64,
    /// Groups of goroutines.
    pub groups: Vec<GoroutineGroup<'a>>,
}

/// A property by which goroutines are grouped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GroupedBy {
    /// Function that they began with.
    Function,
    /// State when the trace ends.
    State,
    /// Function that created them.
    Creator,
}

/// Goroutines with the same property.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GoroutineGroup<'a> {
    /// Number of goroutines.
    pub count: u64,
    /// Value of the property, as text for people.
    pub name: Cow<'a, str>,
    /// Times of the goroutines, summed up.
    pub stats: Stats<'a>,
}

/// A list of goroutines.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GoroutinesReport<'a> {
    /// Number of goroutines, including those that are not listed.
    pub count: usize,
    /// Goroutines that are listed.
    pub goroutines: Vec<OneGoroutine<'a>>,
}

/// Summary of one goroutine.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct OneGoroutine<'a> {
    /// Time at which it was created, in nanoseconds on the trace's clock; for a goroutine
    /// from before the trace, the beginning of the generation that first mentions it.
    pub created: i64,
    /// True if the trace has its creation.
    pub creation_seen: bool,
    /// Goroutine that created it; null if that is not in the trace.
    pub creator: Option<u64>,
    /// Time at which it ended, in nanoseconds on the trace's clock; null if it had not.
    pub ended: Option<i64>,
    /// ID of the goroutine.
    pub id: u64,
    /// Function that it began with; null if the trace has no stack of it.
    pub name: Option<Cow<'a, str>>,
    /// Reason for which it waits when the trace ends, in the runtime's words; null if it
    /// does not wait, or that is not known.
    pub reason: Option<Cow<'a, str>>,
    /// Time at which it first ran, in nanoseconds on the trace's clock; null if it did not.
    pub started: Option<i64>,
    /// State when the trace ends: `running`, `runnable`, `waiting`, `syscall`, `notexist`
    /// if it has ended, `undetermined` if that is not known.
    pub state: String,
    /// Times of the goroutine.
    pub stats: Stats<'a>,
}

/// Number of goroutines over time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GoroutineCountsReport {
    /// Counts, in order of time.
    pub counts: Vec<CountFrom>,
    /// Time at which the trace begins, in nanoseconds on its clock.
    pub start: i64,
}

/// Number of goroutines from a time on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct CountFrom {
    /// Most goroutines until the next time.
    pub count: u64,
    /// Time in nanoseconds on the trace's clock.
    pub time: i64,
}

/// Goroutines that were created in the trace and wait at its end.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LeaksReport<'a> {
    /// Goroutines grouped by where they were created and where they wait.
    pub suspects: Vec<LeakSuspects<'a>>,
}

/// Goroutines that were created with one stack and wait with one.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LeakSuspects<'a> {
    /// Number of goroutines.
    pub count: u64,
    /// Stack that created them.
    pub created_by: Vec<Frame<'a>>,
    /// Number of one of them.
    pub example: u64,
    /// Time that the one that waits longest has waited, in nanoseconds.
    pub longest_wait: i64,
    /// Reason for which they wait, in the runtime's words; null if that is not known.
    pub reason: Option<Cow<'a, str>>,
    /// Stack with which they wait.
    pub waits_at: Vec<Frame<'a>>,
}

impl<'a> GoroutineGroupsReport<'a> {
    /// Reports the first groups of all, which have `count` goroutines together.
    pub fn new(by: GroupedBy, count: u64, groups: Vec<GoroutineGroup<'a>>) -> GoroutineGroupsReport<'a> {
        GoroutineGroupsReport { by, count, groups }
    }
}

impl<'a> GoroutineGroup<'a> {
    /// Reports `count` goroutines that have `name` in common.
    pub fn new(name: &'a str, count: u64, stats: &goroutines::Stats, names: &'a Names) -> GoroutineGroup<'a> {
        GoroutineGroup { count, name: name.into(), stats: Stats::new(stats, names) }
    }
}

impl<'a> GoroutinesReport<'a> {
    /// Reports some goroutines of `count`.
    pub fn new(
        count: usize,
        goroutines: impl IntoIterator<Item = Goroutine>,
        summaries: &'a Summaries,
    ) -> GoroutinesReport<'a> {
        let goroutines = goroutines.into_iter().map(|g| OneGoroutine::new(&g, summaries)).collect();
        GoroutinesReport { count, goroutines }
    }
}

impl<'a> OneGoroutine<'a> {
    fn new(g: &Goroutine, summaries: &'a Summaries) -> OneGoroutine<'a> {
        let names = summaries.names();
        OneGoroutine {
            created: g.created.0,
            creation_seen: g.creation_seen,
            creator: g.creator().map(|id| id.0),
            ended: g.ended().map(|time| time.0),
            id: g.id.0,
            name: name(names.get(g.name)),
            reason: name(names.get(g.reason)),
            started: g.started().map(|time| time.0),
            state: state(g.state),
            stats: Stats::new(&g.stats, names),
        }
    }
}

/// Returns the name of a state in reports.
pub(super) fn state(state: GoState) -> String {
    state.to_string().to_lowercase()
}

impl From<&Summaries> for GoroutineCountsReport {
    fn from(summaries: &Summaries) -> GoroutineCountsReport {
        let counts = summaries.counts.iter().map(|&(time, count)| CountFrom { count, time: time.0 });
        GoroutineCountsReport { counts: counts.collect(), start: summaries.start.0 }
    }
}

impl<'a> LeaksReport<'a> {
    /// Reports groups of suspects.
    pub fn new(suspects: Vec<LeakSuspects<'a>>) -> LeaksReport<'a> {
        LeaksReport { suspects }
    }
}

impl<'a> LeakSuspects<'a> {
    /// Reports goroutines that the stack `created` created and that wait at `waits` for
    /// `reason`; the caller fills in their number, an example and the longest wait.
    pub fn new(summaries: &'a Summaries, created: StackKey, waits: StackKey, reason: NameId) -> LeakSuspects<'a> {
        LeakSuspects {
            count: 0,
            created_by: stack(&summaries.stacks, created),
            example: 0,
            longest_wait: 0,
            reason: name(summaries.names().get(reason)),
            waits_at: stack(&summaries.stacks, waits),
        }
    }
}
