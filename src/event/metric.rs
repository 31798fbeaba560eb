//! Figures of the runtime.

/// A figure of the runtime, named as in `runtime/metrics`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Metric {
    /// Which figure.
    pub name: MetricName,
    /// Its value, in the unit that the name tells.
    pub value: u64,
}

/// The figures that traces carry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum MetricName {
    /// How many Ps there are.
    GoMaxProcs,
    /// The heap that is live or not yet swept, in bytes.
    HeapLive,
    /// The heap size at which the next GC cycle will end, in bytes.
    HeapGoal,
}

impl MetricName {
    /// The name that Go gives it.
    pub fn name(self) -> &'static str {
        match self {
            MetricName::GoMaxProcs => "/sched/gomaxprocs:threads",
            MetricName::HeapLive => "/memory/classes/heap/objects:bytes",
            MetricName::HeapGoal => "/gc/heap/goal:bytes",
        }
    }
}
