//! `gotrace metrics --json`.

use crate::analysis::histogram::RuntimeBuckets;
use crate::analysis::metrics::{Family, FamilyValue, Metrics, RuntimeMetric, Untold, Value};
use crate::generation::WallTime;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Figures of a trace under the names of `runtime/metrics`, and under those of Prometheus's
/// Go collector.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct MetricsReport<'a> {
    /// Figures of the default Go collector of Prometheus's client_golang.
    pub go_collector: GoCollector<'a>,
    /// Metrics of `runtime/metrics`, by name.
    pub metrics: BTreeMap<&'static str, MetricReport>,
    /// Length of the trace, in nanoseconds, which counters and histograms are over.
    pub span: i64,
    /// Metrics of Go 1.27 that the trace does not have, by name, with the reason; `*` in a
    /// name is any text.
    pub untold: BTreeMap<&'static str, &'static str>,
}

/// A metric of `runtime/metrics`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct MetricReport {
    /// Difference from the runtime's value; null if there is none.
    pub approximation: Option<&'static str>,
    /// Description in a sentence.
    pub help: &'static str,
    /// Kind of metric.
    pub kind: MetricKind,
    /// Name for queries in Prometheus.
    pub prometheus: String,
    /// Unit of the value, such as `bytes` or `gc-cycles`.
    pub unit: &'static str,
    /// Value, in that unit.
    pub value: MetricValue,
}

/// A kind of metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MetricKind {
    /// A figure at the end of the trace.
    Gauge,
    /// A sum over the trace.
    Counter,
    /// A distribution over the trace, in buckets.
    Histogram,
    /// A distribution over the trace, by quantiles.
    Summary,
}

/// The value of a metric.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(untagged)]
#[non_exhaustive]
pub enum MetricValue {
    /// A count, or a size in bytes.
    Count(u64),
    /// A time, in seconds.
    Seconds(f64),
    /// A distribution of times.
    Histogram(MetricHistogram),
}

/// A distribution of times, in the buckets of the runtime.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct MetricHistogram {
    /// Buckets, without the empty ones.
    pub buckets: Vec<MetricBucket>,
    /// Number of times.
    pub count: u64,
    /// Upper end of the bucket with the median, in seconds; null if it is infinite.
    pub p50: Option<f64>,
    /// Upper end of the bucket that nine in ten are at most in, in seconds; null if it is
    /// infinite.
    pub p90: Option<f64>,
    /// Upper end of the bucket that 99 in 100 are at most in, in seconds; null if it is
    /// infinite.
    pub p99: Option<f64>,
    /// Sum of all times, in seconds.
    pub sum: f64,
}

/// A bucket of a distribution.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct MetricBucket {
    /// Number of times in it.
    pub count: u64,
    /// Lower bound, in seconds; null if it has none.
    pub from: Option<f64>,
    /// Upper bound, in seconds; null if it has none.
    pub to: Option<f64>,
}

/// Figures under the names of the default Go collector of Prometheus's client_golang.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct GoCollector<'a> {
    /// Metrics of the collector, by name.
    pub metrics: BTreeMap<&'static str, CollectorMetric<'a>>,
    /// Metrics of the collector that the trace does not have, by name, with the reason.
    pub untold: BTreeMap<&'static str, &'static str>,
}

/// A metric of the Go collector.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct CollectorMetric<'a> {
    /// Difference from the collector's value; null if there is none.
    pub approximation: Option<&'static str>,
    /// Description in a sentence.
    pub help: &'static str,
    /// Kind of metric.
    pub kind: MetricKind,
    /// Value, in the unit that the name ends with.
    pub value: CollectorValue<'a>,
}

/// The value of a metric of the Go collector.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(untagged)]
#[non_exhaustive]
pub enum CollectorValue<'a> {
    /// A count, or a size in bytes.
    Count(u64),
    /// A time, in seconds since 1970.
    Seconds(f64),
    /// Labels, by name.
    Labels(BTreeMap<&'static str, &'a str>),
    /// A distribution of times.
    Summary(CollectorSummary),
}

/// A distribution of times, by quantiles.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct CollectorSummary {
    /// Number of times.
    pub count: u64,
    /// Quantiles; none if there are no times.
    pub quantiles: Vec<CollectorQuantile>,
    /// Sum of all times, in seconds.
    pub sum: f64,
}

/// A quantile of a distribution.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct CollectorQuantile {
    /// Quantile, from 0 to 1.
    pub quantile: f64,
    /// Time in seconds.
    pub value: f64,
}

impl<'a> From<&'a Metrics> for MetricsReport<'a> {
    fn from(metrics: &'a Metrics) -> MetricsReport<'a> {
        let families = metrics.go_collector.iter().map(|family| (family.name, CollectorMetric::from(family)));
        MetricsReport {
            go_collector: GoCollector { metrics: families.collect(), untold: untold(&metrics.go_collector_untold) },
            metrics: metrics.all.iter().map(|metric| (metric.name, MetricReport::from(metric))).collect(),
            span: metrics.span,
            untold: untold(&metrics.untold),
        }
    }
}

fn untold(all: &[Untold]) -> BTreeMap<&'static str, &'static str> {
    all.iter().map(|untold| (untold.name, untold.reason)).collect()
}

impl From<&RuntimeMetric> for MetricReport {
    fn from(metric: &RuntimeMetric) -> MetricReport {
        let (kind, value) = match &metric.value {
            Value::Gauge(value) => (MetricKind::Gauge, MetricValue::Count(*value)),
            Value::Counter(value) => (MetricKind::Counter, MetricValue::Count(*value)),
            Value::Time(nanos) => (MetricKind::Counter, MetricValue::Seconds(seconds(*nanos))),
            Value::Histogram { buckets, sum } => {
                (MetricKind::Histogram, MetricValue::Histogram(MetricHistogram::new(buckets, *sum)))
            }
        };
        MetricReport {
            approximation: metric.approximation,
            help: metric.help,
            kind,
            prometheus: metric.prometheus_name(),
            unit: metric.unit(),
            value,
        }
    }
}

impl MetricHistogram {
    fn new(buckets: &RuntimeBuckets, sum: i64) -> MetricHistogram {
        let bounds = RuntimeBuckets::bounds();
        let finite = |bound: f64| bound.is_finite().then_some(bound);
        let ends = bounds.iter().zip(bounds.iter().skip(1));
        let filled = ends.zip(buckets.counts()).filter(|(_, count)| **count > 0);
        MetricHistogram {
            buckets: filled
                .map(|((from, to), count)| MetricBucket { count: *count, from: finite(*from), to: finite(*to) })
                .collect(),
            count: buckets.counts().iter().sum(),
            p50: finite(buckets.quantile(0.5)),
            p90: finite(buckets.quantile(0.9)),
            p99: finite(buckets.quantile(0.99)),
            sum: seconds(sum),
        }
    }
}

impl<'a> From<&'a Family> for CollectorMetric<'a> {
    fn from(family: &'a Family) -> CollectorMetric<'a> {
        let (kind, value) = match &family.value {
            FamilyValue::Gauge(value) => (MetricKind::Gauge, CollectorValue::Count(*value)),
            FamilyValue::Moment(time) => (MetricKind::Gauge, CollectorValue::Seconds(unix(*time))),
            FamilyValue::Info { label, text } => {
                (MetricKind::Gauge, CollectorValue::Labels(BTreeMap::from([(*label, text.as_str())])))
            }
            FamilyValue::Summary { count, sum, quantiles } => {
                let quantiles = quantiles.iter();
                let quantiles = quantiles.map(|&(q, nanos)| CollectorQuantile { quantile: q, value: seconds(nanos) });
                let summary = CollectorSummary { count: *count, quantiles: quantiles.collect(), sum: seconds(*sum) };
                (MetricKind::Summary, CollectorValue::Summary(summary))
            }
        };
        CollectorMetric { approximation: family.approximation, help: family.help, kind, value }
    }
}

/// Returns nanoseconds in seconds.
fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

/// Returns a time of day in seconds since 1970.
fn unix(time: WallTime) -> f64 {
    time.secs as f64 + f64::from(time.nanos) / 1e9
}
