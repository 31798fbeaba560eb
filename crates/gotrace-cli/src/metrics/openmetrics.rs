//! The text format of OpenMetrics 1.0, which Prometheus reads.

use super::seconds;
use gotrace::WallTime;
use gotrace::analysis::histogram::RuntimeBuckets;
use gotrace::analysis::metrics::{Family, FamilyValue, Metrics, RuntimeMetric, Value};
use std::io::{self, Write};

/// Writes all metrics; with `go_collector`, also those of the default Go collector.
pub(super) fn write(out: &mut impl Write, metrics: &Metrics, go_collector: bool) -> io::Result<()> {
    for metric in &metrics.all {
        of_runtime(out, metric)?;
    }
    if go_collector {
        // Metrics that both have under one name are written once.
        let new = |family: &&Family| metrics.all.iter().all(|metric| metric.family() != family.name);
        metrics.go_collector.iter().filter(new).try_for_each(|family| of_collector(out, family))?;
    }
    writeln!(out, "# EOF")
}

/// Writes a metric of runtime/metrics.
fn of_runtime(out: &mut impl Write, metric: &RuntimeMetric) -> io::Result<()> {
    let name = metric.family();
    let kind = match metric.value {
        Value::Gauge(_) => "gauge",
        Value::Counter(_) | Value::Time(_) => "counter",
        Value::Histogram { .. } => "histogram",
    };
    let unit = metric.unit().replace('-', "_");
    let help = format!("{} In the trace; {}.", metric.help, metric.name);
    head(out, &name, kind, Some(&unit), &help, metric.approximation)?;
    match &metric.value {
        Value::Gauge(value) => writeln!(out, "{name} {value}"),
        Value::Counter(value) => writeln!(out, "{name}_total {value}"),
        Value::Time(nanos) => writeln!(out, "{name}_total {}", seconds(*nanos)),
        Value::Histogram { buckets, sum } => histogram(out, &name, buckets, *sum),
    }
}

/// Writes a metric of the default Go collector.
fn of_collector(out: &mut impl Write, family: &Family) -> io::Result<()> {
    let name = family.name;
    let kind = if matches!(family.value, FamilyValue::Summary { .. }) { "summary" } else { "gauge" };
    let help = format!("{} In the trace.", family.help);
    head(out, name, kind, family.unit(), &help, family.approximation)?;
    match &family.value {
        FamilyValue::Gauge(value) => writeln!(out, "{name} {value}"),
        FamilyValue::Moment(time) => writeln!(out, "{name} {:?}", unix(*time)),
        FamilyValue::Info { label, text } => writeln!(out, "{name}{{{label}=\"{text}\"}} 1"),
        FamilyValue::Summary { count, sum, quantiles } => {
            for (q, nanos) in quantiles {
                writeln!(out, "{name}{{quantile=\"{q:?}\"}} {}", seconds(*nanos))?;
            }
            writeln!(out, "{name}_count {count}")?;
            writeln!(out, "{name}_sum {}", seconds(*sum))
        }
        _ => Ok(()),
    }
}

/// Writes the lines TYPE, UNIT and HELP of a metric.
fn head(
    out: &mut impl Write,
    name: &str,
    kind: &str,
    unit: Option<&str>,
    help: &str,
    approximation: Option<&str>,
) -> io::Result<()> {
    writeln!(out, "# TYPE {name} {kind}")?;
    if let Some(unit) = unit {
        writeln!(out, "# UNIT {name} {unit}")?;
    }
    let about = approximation.map_or(String::new(), |how| format!(" Approximated: {how}."));
    writeln!(out, "# HELP {name} {help}{about}")
}

/// Writes a histogram.
fn histogram(out: &mut impl Write, name: &str, buckets: &RuntimeBuckets, sum: i64) -> io::Result<()> {
    let mut count = 0;
    for (bound, in_bucket) in RuntimeBuckets::bounds().into_iter().skip(1).zip(buckets.counts()) {
        count += in_bucket;
        if bound == f64::INFINITY {
            writeln!(out, "{name}_bucket{{le=\"+Inf\"}} {count}")?;
        } else if bound > 0.0 {
            // The runtime's buckets end below their bound, those of OpenMetrics at it.
            // Negative durations, which only a damaged trace has, count in the first bucket:
            // OpenMetrics allows no sum beside a bound below 0.
            writeln!(out, "{name}_bucket{{le=\"{:?}\"}} {count}", bound.next_down())?;
        }
    }
    writeln!(out, "{name}_count {count}")?;
    writeln!(out, "{name}_sum {}", seconds(sum.max(0)))
}

/// Returns a time as seconds since 1970.
fn unix(time: WallTime) -> f64 {
    time.secs as f64 + f64::from(time.nanos) / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the demands of OpenMetrics: bounds rise and none is below 0 beside a sum,
    /// counts do not fall, and the last of them is the count of all.
    #[test]
    fn histograms_are_sound() {
        let mut all = RuntimeBuckets::default();
        [-5, 0, 1, 255, 256, 70_000, i64::MAX].into_iter().for_each(|nanos| all.add(nanos));
        let mut text = Vec::new();
        histogram(&mut text, "x", &all, -3).unwrap();
        let text = String::from_utf8(text).unwrap();
        let buckets = text.lines().filter_map(|line| line.strip_prefix("x_bucket{le=\"")?.split_once("\"} "));
        let buckets: Vec<(f64, u64)> = buckets.map(|(le, n)| (le.parse().unwrap(), n.parse().unwrap())).collect();
        assert!(buckets.is_sorted_by(|one, other| one.0 < other.0 && one.1 <= other.1), "{buckets:?}");
        assert!(buckets[0].0 > 0.0 && buckets.last() == Some(&(f64::INFINITY, 7)), "{buckets:?}");
        assert!(text.ends_with("x_count 7\nx_sum 0\n"), "{text}");
    }
}
