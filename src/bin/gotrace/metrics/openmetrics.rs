//! The text format of OpenMetrics 1.0, which Prometheus reads.

use super::seconds;
use gotrace::analysis::histogram::RuntimeBuckets;
use gotrace::analysis::metrics::{Metric, Metrics, Value};
use std::io::{self, Write};

pub(super) fn write(out: &mut impl Write, metrics: &Metrics) -> io::Result<()> {
    for metric in &metrics.all {
        family(out, metric)?;
    }
    writeln!(out, "# EOF")
}

fn family(out: &mut impl Write, metric: &Metric) -> io::Result<()> {
    let name = metric.family();
    let kind = match metric.value {
        Value::Gauge(_) => "gauge",
        Value::Counter(_) | Value::Time(_) => "counter",
        Value::Histogram { .. } => "histogram",
    };
    writeln!(out, "# TYPE {name} {kind}")?;
    let unit = metric.unit().replace('-', "_");
    writeln!(out, "# UNIT {name} {unit}")?;
    let about = metric.approximation.map_or(String::new(), |how| format!(" Approximated: {how}."));
    writeln!(out, "# HELP {name} {} In the trace; {}.{about}", metric.help, metric.name)?;
    match &metric.value {
        Value::Gauge(value) => writeln!(out, "{name} {value}"),
        Value::Counter(value) => writeln!(out, "{name}_total {value}"),
        Value::Time(nanos) => writeln!(out, "{name}_total {}", seconds(*nanos)),
        Value::Histogram { buckets, sum } => histogram(out, &name, buckets, *sum),
    }
}

fn histogram(out: &mut impl Write, name: &str, buckets: &RuntimeBuckets, sum: i64) -> io::Result<()> {
    let mut count = 0;
    for (bound, in_bucket) in RuntimeBuckets::bounds().into_iter().skip(1).zip(buckets.counts()) {
        count += in_bucket;
        if bound.is_finite() {
            // The runtime's buckets end below their bound, those of OpenMetrics at it.
            writeln!(out, "{name}_bucket{{le=\"{:?}\"}} {count}", bound.next_down())?;
        } else {
            writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}")?;
        }
    }
    writeln!(out, "{name}_count {count}")?;
    writeln!(out, "{name}_sum {}", seconds(sum))
}
