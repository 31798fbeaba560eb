//! Figures of a trace under the names of the default Go collector of Prometheus's
//! client_golang, which dashboards ask for: `go_goroutines`, `go_threads`, ...

use super::census::Census;
use crate::analysis::gc::Gc;
use crate::analysis::procs::Procs;
use crate::generation::WallTime;

/// A metric of the default Go collector.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Family {
    /// Name of the metric, such as `go_goroutines`.
    pub name: &'static str,
    /// Description of the metric.
    pub help: &'static str,
    /// Difference from the collector's value, besides that it covers the time of the trace
    /// only.
    pub approximation: Option<&'static str>,
    /// Value of the metric.
    pub value: FamilyValue,
}

/// The value of a metric of the default Go collector.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub enum FamilyValue {
    /// Number at the end of the trace, in the unit that the name ends with.
    Gauge(u64),
    /// Time of an event, by the wall clock.
    Moment(WallTime),
    /// A text, as the value of a label.
    Info {
        /// Name of the label.
        label: &'static str,
        /// Value of the label.
        text: String,
    },
    /// Summary of durations.
    Summary {
        /// Number of durations.
        count: u64,
        /// Sum of the durations, in nanoseconds.
        sum: i64,
        /// Quantiles that the collector gives, each with its duration in nanoseconds; empty
        /// if there are no durations.
        quantiles: Vec<(f64, i64)>,
    },
}

impl Family {
    /// Returns the unit that the name ends with, if it has one.
    pub fn unit(&self) -> Option<&'static str> {
        ["bytes", "seconds"].into_iter().find(|unit| self.name.rsplit('_').next() == Some(unit))
    }
}

/// Returns the metrics that the trace has, ordered by name.
pub(super) fn families(gc: &Gc, procs: &Procs, census: &Census) -> Vec<Family> {
    const SIZE: Option<&str> =
        Some("what the last cycle found in use and what was allocated since, without what was freed since");
    let family = |name, help, approximation, value| Family { name, help, approximation, value };
    let gauge = |name, help, approximation, n| family(name, help, approximation, FamilyValue::Gauge(n));
    let mut all = vec![
        family(
            "go_gc_duration_seconds",
            "How long the world was stopped in each cycle of the collector.",
            Some("cycles whose two stops are both in the trace, where the collector has the last 256"),
            pauses(gc),
        ),
        gauge(
            "go_goroutines",
            "Goroutines that exist, without the runtime's own.",
            Some("goroutines of the runtime are told by their stacks, where there are any"),
            census.program_goroutines,
        ),
        gauge(
            "go_threads",
            "Threads of the runtime.",
            Some("those that did something in the trace"),
            procs.threads.seen,
        ),
    ];
    all.extend(census.version.map(|version| {
        let text = format!("go1.{}", version.minor());
        family(
            "go_info",
            "The version of Go.",
            Some("the first version of Go that writes such traces"),
            FamilyValue::Info { label: "version", text },
        )
    }));
    if let Some(bytes) = gc.heap {
        all.push(gauge("go_memstats_alloc_bytes", "The live heap.", SIZE, bytes));
        all.push(gauge("go_memstats_heap_alloc_bytes", "The live heap.", SIZE, bytes));
    }
    all.extend(gc.goal.map(|bytes| {
        gauge("go_memstats_next_gc_bytes", "Size of the heap that the next cycle is to end at.", None, bytes)
    }));
    // The collector of Prometheus shows the last cycle that has ended.
    let last = gc.cycles.iter().rev().find_map(|cycle| cycle.end);
    all.extend(last.zip(census.clock).map(|(end, clock)| {
        let value = FamilyValue::Moment(clock.wall_at(end));
        family("go_memstats_last_gc_time_seconds", "When the last cycle ended, in seconds since 1970.", None, value)
    }));
    all.extend(procs.gomaxprocs.map(|n| gauge("go_sched_gomaxprocs_threads", "The setting of GOMAXPROCS.", None, n)));
    all.sort_by_key(|family| family.name);
    all
}

/// Returns the lengths of the stops of the world in each cycle.
fn pauses(gc: &Gc) -> FamilyValue {
    const QUANTILES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
    let cycles = gc.cycles.iter().filter_map(|c| Some(c.sweep_termination?.saturating_add(c.mark_termination?)));
    let mut all: Vec<i64> = cycles.collect();
    all.sort_unstable();
    // Chosen as `debug.ReadGCStats` does.
    let quantile = |q: f64| Some((q, *all.get((all.len() as f64 * q) as usize).or(all.last())?));
    FamilyValue::Summary {
        count: all.len() as u64,
        sum: all.iter().copied().fold(0, i64::saturating_add),
        quantiles: QUANTILES.into_iter().filter_map(quantile).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_the_ends_of_names() {
        let unit = |name| Family { name, help: "", approximation: None, value: FamilyValue::Gauge(0) }.unit();
        assert_eq!(unit("go_memstats_alloc_bytes"), Some("bytes"));
        assert_eq!(unit("go_gc_duration_seconds"), Some("seconds"));
        assert_eq!(unit("go_goroutines"), None);
    }
}
