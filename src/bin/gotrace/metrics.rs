//! `gotrace metrics`.

mod openmetrics;

use crate::human::{bytes, duration, number};
use crate::input::Input;
use crate::output::{Content, Output, Styles};
use crate::{Global, Status, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::histogram::RuntimeBuckets;
use gotrace::analysis::metrics::{CollectMetrics, Metric, Metrics, Value};
use serde_json::json;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the trace's figures under the names of runtime/metrics, or as OpenMetrics
/// under those of Prometheus's Go collector
///
/// Counters and histograms are about the time of the trace, not since the program
/// began. Where a trace can only approximate a metric, the help line of OpenMetrics
/// says in what.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace metrics trace.out
  gotrace metrics --openmetrics trace.out >trace.prom
  gotrace metrics --json trace.out | jq '.metrics[\"/sched/latencies:seconds\"].value.p99'")]
pub(crate) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// Print JSON; values in the unit that a metric's name says
    #[arg(long)]
    json: bool,

    /// Print OpenMetrics text, for Prometheus
    #[arg(long, conflicts_with = "json")]
    openmetrics: bool,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (metrics, warnings) = input.analyze(&trace, CollectMetrics::default())?;
    let mut out = Output::open(global, Content::Text)?;
    if options.openmetrics {
        openmetrics::write(&mut out, &metrics)?;
    } else if options.json {
        writeln!(out, "{:#}", report(&metrics))?;
    } else {
        let styles = out.styles;
        print(&mut out, styles, &metrics)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

fn print(out: &mut impl Write, styles: Styles, metrics: &Metrics) -> io::Result<()> {
    let heading = styles.heading;
    writeln!(out, "{heading}{} metrics{heading:#} of {}", metrics.all.len(), duration(metrics.span))?;
    let rows = metrics.all.iter().map(|metric| {
        let about = if metric.approximation.is_some() { "~" } else { "" };
        let [value, p50, p99] = shown(metric);
        vec![format!("{about}{value}"), p50, p99, metric.name.to_string()]
    });
    table::below(out, styles, &["value", "p50", "p99", "metric"], rows)?;
    let dim = styles.dim;
    writeln!(out, "\n{dim}~ approximated; --json says in what. p50 and p99 are the ends of their buckets.{dim:#}")
}

/// The value, or how many there are, and two quantiles.
fn shown(metric: &Metric) -> [String; 3] {
    let value = match &metric.value {
        Value::Gauge(value) if metric.unit() == "bytes" => bytes(*value),
        Value::Gauge(value) | Value::Counter(value) => number(*value),
        Value::Time(nanos) => duration(*nanos),
        Value::Histogram { buckets, .. } => {
            let count: u64 = buckets.counts().iter().sum();
            let quantile = |q| if count == 0 { "-".into() } else { duration((buckets.quantile(q) * 1e9) as i64) };
            return [number(count), quantile(0.5), quantile(0.99)];
        }
    };
    [value, String::new(), String::new()]
}

fn report(metrics: &Metrics) -> serde_json::Value {
    let all = metrics.all.iter().map(|metric| {
        let (kind, value) = match &metric.value {
            Value::Gauge(value) => ("gauge", json!(value)),
            Value::Counter(value) => ("counter", json!(value)),
            Value::Time(nanos) => ("counter", json!(seconds(*nanos))),
            Value::Histogram { buckets, sum } => ("histogram", histogram(buckets, *sum)),
        };
        let fields = json!({
            "prometheus": metric.prometheus_name(),
            "unit": metric.unit(),
            "kind": kind,
            "help": metric.help,
            "approximation": metric.approximation,
            "value": value,
        });
        (metric.name.to_string(), fields)
    });
    json!({ "span": metrics.span, "metrics": all.collect::<serde_json::Map<_, _>>() })
}

/// The buckets that are not empty.
fn histogram(buckets: &RuntimeBuckets, sum: i64) -> serde_json::Value {
    let bounds = RuntimeBuckets::bounds();
    let finite = |bound: f64| bound.is_finite().then_some(bound);
    let filled = bounds.windows(2).zip(buckets.counts()).filter(|(_, count)| **count > 0);
    let filled = filled.map(|(bound, count)| match bound {
        [from, to] => json!({ "from": finite(*from), "to": finite(*to), "count": count }),
        _ => json!(null),
    });
    json!({
        "count": buckets.counts().iter().sum::<u64>(),
        "sum": seconds(sum),
        "p50": finite(buckets.quantile(0.5)),
        "p90": finite(buckets.quantile(0.9)),
        "p99": finite(buckets.quantile(0.99)),
        "buckets": filled.collect::<serde_json::Value>(),
    })
}

fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}
