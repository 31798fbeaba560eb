//! A trace's figures under the names and units of `runtime/metrics`.
//!
//! The runtime counts since the program began, a trace since the trace began; the runtime
//! samples some things that a trace has in full; and some things a trace can only
//! approximate. Each metric says how it differs.

mod census;
mod collect;
mod go_collector;
mod untold;

pub use census::{Census, CollectCensus};
pub use collect::CollectMetrics;
pub use go_collector::{Family, FamilyValue};
pub use untold::Untold;

use crate::analysis::histogram::RuntimeBuckets;

/// Figures of a trace, as metrics; made by [`CollectMetrics`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// Length of the trace in nanoseconds, which cumulative metrics are over.
    pub span: i64,
    /// Metrics, ordered by name.
    pub all: Vec<RuntimeMetric>,
    /// Metrics of `runtime/metrics` that the trace does not have, grouped by the reason.
    pub untold: Vec<Untold>,
    /// Metrics that the default Go collector of Prometheus's client_golang has, ordered by
    /// name.
    pub go_collector: Vec<Family>,
    /// Metrics of that collector that the trace does not have.
    pub go_collector_untold: Vec<Untold>,
}

impl Metrics {
    /// Returns the metric with a name, such as `/sched/gomaxprocs:threads`.
    pub fn get(&self, name: &str) -> Option<&RuntimeMetric> {
        self.all.iter().find(|metric| metric.name == name)
    }
}

/// A metric.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct RuntimeMetric {
    /// Name in `runtime/metrics`, with the unit.
    pub name: &'static str,
    /// Description of the metric.
    pub help: &'static str,
    /// Difference from the runtime's value, besides that it covers the time of the trace
    /// only.
    pub approximation: Option<&'static str>,
    /// Value of the metric.
    pub value: Value,
}

/// The value of a metric.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Number at the end of the trace, in the metric's unit.
    Gauge(u64),
    /// Number counted during the trace, in the metric's unit.
    Counter(u64),
    /// Time in nanoseconds; the metric's unit is seconds.
    Time(i64),
    /// Distribution of durations.
    Histogram {
        /// Counts in the runtime's buckets.
        buckets: RuntimeBuckets,
        /// Sum of the durations, in nanoseconds.
        sum: i64,
    },
}

impl RuntimeMetric {
    /// Returns the unit, which the name ends with.
    pub fn unit(&self) -> &'static str {
        self.name.split_once(':').map_or("", |(_, unit)| unit)
    }

    /// Returns the name in Prometheus's Go collector, such as
    /// `go_sched_gomaxprocs_threads`. It lacks the suffix `_total` that the text of
    /// OpenMetrics adds to counters; [`prometheus_name`](Self::prometheus_name) has it.
    pub fn family(&self) -> String {
        let (path, unit) = self.name.split_once(':').unwrap_or((self.name, ""));
        format!("go{}_{}", path, unit).replace(['/', '-'], "_")
    }

    /// Returns the name for queries in Prometheus, such as
    /// `go_gc_cycles_total_gc_cycles_total`.
    pub fn prometheus_name(&self) -> String {
        let total = if matches!(self.value, Value::Counter(_) | Value::Time(_)) { "_total" } else { "" };
        self.family() + total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_go_collector() {
        let name = |name, value| {
            let metric = RuntimeMetric { name, help: "", approximation: None, value };
            (metric.family(), metric.prometheus_name(), metric.unit())
        };
        assert_eq!(
            name("/gc/cycles/total:gc-cycles", Value::Counter(1)),
            ("go_gc_cycles_total_gc_cycles".into(), "go_gc_cycles_total_gc_cycles_total".into(), "gc-cycles")
        );
        assert_eq!(
            name("/sched/gomaxprocs:threads", Value::Gauge(1)),
            ("go_sched_gomaxprocs_threads".into(), "go_sched_gomaxprocs_threads".into(), "threads")
        );
        assert_eq!(name("/cpu/classes/user:cpu-seconds", Value::Time(1)).1, "go_cpu_classes_user_cpu_seconds_total");
        let value = Value::Histogram { buckets: RuntimeBuckets::default(), sum: 0 };
        assert_eq!(name("/sched/latencies:seconds", value).1, "go_sched_latencies_seconds");
    }
}
