//! `gotrace metrics`: figures under the names of runtime/metrics, and as OpenMetrics.

mod openmetrics;

use crate::global::Global;
use crate::human::{bytes, duration, number};
use crate::input::Input;
use crate::outcome::Status;
use crate::output::{Content, Output, Styles};
use crate::whole::Whole;
use crate::{json, table};
use anyhow::Result;
use clap::Args;
use gotrace::analysis::metrics::{CollectMetrics, Metrics, RuntimeMetric, Untold, Value};
use gotrace::report::MetricsReport;
use std::io::{self, Write};
use std::path::PathBuf;

/// Show the trace's figures under the names of runtime/metrics, or as OpenMetrics
/// under the names of Prometheus's Go collector
///
/// Counters and histograms are about the time of the trace, not since the program
/// began. Where a trace can only approximate a metric, the help line of OpenMetrics
/// says how. Metrics of Go 1.27 that a trace cannot give are listed with the reason.
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace metrics trace.out
  gotrace metrics --openmetrics trace.out >trace.prom
  gotrace metrics --go-collector trace.out | grep ^go_goroutines
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

    /// Print OpenMetrics text with the metrics of the default Go collector of Prometheus's
    /// client_golang added: go_goroutines, go_threads, go_gc_duration_seconds, go_info,
    /// go_memstats_heap_alloc_bytes and others that a trace can give
    #[arg(long, conflicts_with = "json")]
    go_collector: bool,

    #[command(flatten)]
    within: Whole,
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let input = Input::open(&options.trace, global)?;
    let trace = input.trace()?;
    let (metrics, warnings) = options.within.analyze(&input, &trace, CollectMetrics::default())?;
    let mut out = Output::open(global, Content::Text)?;
    if options.openmetrics || options.go_collector {
        openmetrics::write(&mut out, &metrics, options.go_collector)?;
    } else if json::asked(options.json) {
        json::write(&mut out, &MetricsReport::from(&metrics))?;
    } else {
        options.within.heading(&mut out)?;
        let styles = out.styles;
        print(&mut out, styles, &metrics)?;
    }
    out.finish()?;
    Ok(input.warn(&warnings))
}

/// Prints the page.
fn print(out: &mut impl Write, styles: Styles, metrics: &Metrics) -> io::Result<()> {
    let heading = styles.heading;
    writeln!(out, "{heading}{} metrics{heading:#} of {}", metrics.all.len(), duration(metrics.span))?;
    let rows = metrics.all.iter().map(|metric| {
        let about = if metric.approximation.is_some() { "~" } else { "" };
        let [value, p50, p99] = shown(metric);
        vec![format!("{about}{value}"), p50, p99, metric.name.to_string()]
    });
    table::print(out, styles, &["value", "p50", "p99", "metric"], rows)?;
    let dim = styles.dim;
    writeln!(out, "\n{dim}~ approximated; --json says how. p50 and p99 are the ends of their buckets.{dim:#}")?;
    writeln!(out, "\n{heading}{} more{heading:#} of Go 1.27 cannot be had from this trace", metrics.untold.len())?;
    for alike in metrics.untold.chunk_by(|one, other| one.reason == other.reason) {
        let Some(Untold { reason, .. }) = alike.first() else { continue };
        writeln!(out, "\n{dim}{reason}:{dim:#}")?;
        alike.iter().try_for_each(|untold| writeln!(out, "  {}", untold.name))?;
    }
    Ok(())
}

/// Returns the cells of a metric: its value, or the count of a histogram, and two quantiles.
fn shown(metric: &RuntimeMetric) -> [String; 3] {
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

/// Returns nanoseconds as seconds.
fn seconds(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}
