//! A trace's figures under the names and units of `runtime/metrics`.
//!
//! The runtime counts since the program began, a trace since it began itself; the
//! runtime samples what a trace has in full; and some things a trace can only
//! approximate. Each metric says in what.

mod census;
mod collect;

pub use census::{Census, CollectCensus};
pub use collect::CollectMetrics;

use crate::analysis::histogram::RuntimeBuckets;

/// The figures of a trace; made by [`CollectMetrics`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Metrics {
    /// How long the trace is, in nanoseconds: what cumulative metrics are over.
    pub span: i64,
    /// The metrics, by name.
    pub all: Vec<Metric>,
}

impl Metrics {
    /// The metric of that name, such as `/sched/gomaxprocs:threads`.
    pub fn get(&self, name: &str) -> Option<&Metric> {
        self.all.iter().find(|metric| metric.name == name)
    }
}

/// One metric.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Metric {
    /// Its name in `runtime/metrics`, with the unit.
    pub name: &'static str,
    /// What it is.
    pub help: &'static str,
    /// In what way it is not what the runtime would have said, besides that it is
    /// about the time of the trace.
    pub approximation: Option<&'static str>,
    /// Its value.
    pub value: Value,
}

/// The value of a metric.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// How many there are when the trace ends, in the metric's unit.
    Gauge(u64),
    /// How many there were, in the metric's unit.
    Counter(u64),
    /// How long that took, in nanoseconds; the metric's unit is seconds.
    Time(i64),
    /// How long each of these took.
    Histogram {
        /// In the runtime's buckets.
        buckets: RuntimeBuckets,
        /// All together, in nanoseconds.
        sum: i64,
    },
}

impl Metric {
    /// The unit.
    pub fn unit(&self) -> &'static str {
        self.name.split_once(':').map_or("", |(_, unit)| unit)
    }

    /// What Prometheus's Go collector calls it: `go_sched_gomaxprocs_threads`.
    /// Without the suffix `_total` that the text of OpenMetrics adds to counters;
    /// [`prometheus_name`](Self::prometheus_name) has it.
    pub fn family(&self) -> String {
        let (path, unit) = self.name.split_once(':').unwrap_or((self.name, ""));
        format!("go{}_{}", path, unit).replace(['/', '-'], "_")
    }

    /// What a query in Prometheus calls it: `go_gc_cycles_total_gc_cycles_total`.
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
            let metric = Metric { name, help: "", approximation: None, value };
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
