//! Figures of the runtime.

/// A figure of the runtime, named as in `runtime/metrics`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// The name of the figure.
    pub name: MetricName,
    /// The value as the trace has it, in the unit of the name. A
    /// heap goal may be a number that stands for none, which [`figure`](Self::figure)
    /// returns as `None`.
    pub value: u64,
}

impl Metric {
    /// Returns the value in the unit of the name; none for a heap goal if there is
    /// no goal, as with GOGC=off.
    pub fn figure(self) -> Option<u64> {
        match self.name {
            MetricName::HeapGoal if self.value == 0 => None,
            MetricName::HeapGoal => heap_goal(self.value),
            MetricName::GoMaxProcs | MetricName::HeapLive => Some(self.value),
        }
    }
}

/// A bound in bytes above which a heap goal stands for none, as in Go's own tools: no heap is
/// meant to be as large.
const MOST_GOAL: u64 = 1 << 50;

/// Returns the heap goal that the runtime has stated as so many bytes; none if the number
/// stands for no goal.
///
/// Without a goal, traces since Go 1.25 have 0. Older traces and `gc` lines have the number
/// that the runtime computes with: 2^64 - 1 up to Go 1.18, which traces write as 0, and since
/// then the rest of the memory limit, which is 97% of 2^63 unless the program sets
/// it (Go's issue 63864). With a memory limit that rest is a goal, but traces since Go 1.25 do
/// not state it.
pub(crate) fn heap_goal(bytes: u64) -> Option<u64> {
    (bytes <= MOST_GOAL).then_some(bytes)
}

/// The figures that traces carry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum MetricName {
    /// The number of Ps.
    GoMaxProcs,
    /// The heap that is live or not yet swept, in bytes.
    HeapLive,
    /// The heap size at which the next GC cycle will end, in bytes.
    HeapGoal,
}

impl MetricName {
    /// Returns the name that Go gives the figure.
    pub fn name(self) -> &'static str {
        match self {
            MetricName::GoMaxProcs => "/sched/gomaxprocs:threads",
            MetricName::HeapLive => "/memory/classes/heap/objects:bytes",
            MetricName::HeapGoal => "/gc/heap/goal:bytes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks with numbers of real traces and lines.
    #[test]
    fn no_goal_is_no_figure() {
        let goal = |value| Metric { name: MetricName::HeapGoal, value }.figure();
        for none in [0, u64::MAX, 8_946_670_875_741_721_813, i64::MAX as u64 - (1 << 20), MOST_GOAL + 1] {
            assert_eq!(goal(none), None, "{none}");
        }
        for some in [1, 4 << 20, 1 << 40, MOST_GOAL] {
            assert_eq!(goal(some), Some(some));
        }
        // A goal below 1 MiB is 0 MB in a `gc` line, and is one.
        assert_eq!(heap_goal(0), Some(0));
        assert_eq!(Metric { name: MetricName::HeapLive, value: 0 }.figure(), Some(0));
        assert_eq!(Metric { name: MetricName::HeapLive, value: u64::MAX }.figure(), Some(u64::MAX));
    }
}
