//! Rules for the garbage collector's costs to the program.

use super::{in_order, nanos, percent, severity};
use crate::diagnose::finding::{Evidence, Finding, Pattern, Rule, Severity};
use crate::diagnose::observation::{Observation, Source};
use crate::diagnose::thresholds::Thresholds;

/// Least number of measurements for a 99th percentile.
const MANY: u64 = 100;

pub(super) fn stall(o: &Observation, t: &Thresholds) -> Option<Finding> {
    // Figures of the collections themselves overrule samples of lines.
    let measured = o.gc_cycles > 0 || o.source == Source::Trace;
    let seen = o.samples.iter().filter(|s| s.stopped > 0.5).count() as f64;
    let paused = match measured {
        true => o.pause_times.sum() as f64 / o.judged().max(o.span).max(1) as f64,
        false if seen >= t.samples => o.mean(|s| s.stopped),
        false => 0.0,
    };
    // A few collections in a log are no trend, but the length of each pause counts.
    let few = o.source != Source::Trace && measured && (o.gc_cycles as f64) < t.samples;
    let (paused, gc_cpu) = if few { (0.0, 0.0) } else { (paused, o.gc_cpu.unwrap_or(0.0)) };
    let in_a_row = o.stops.iter().map(|stop| stop.lines).max().unwrap_or(0) as f64;
    let rules = [
        ("SCHED lines in a row that say gcwaiting", in_a_row, "gc-stall.lines", t.stops),
        ("a stop-the-world of the collector, in nanoseconds", o.pause_times.max() as f64, "gc-stall.pause", t.pause),
        ("the share of time in which the collector stops the world", paused, "gc-stall.paused", t.pauses),
        ("the share of the processors' time that it takes", gc_cpu, "gc-stall.cpu", t.gc_cpu),
    ];
    let times = |limit: f64, value: f64| if limit > 0.0 { value / limit } else { value };
    let most = rules.into_iter().max_by(|a, b| times(a.3, a.1).total_cmp(&times(b.3, b.1)));
    // Consecutive lines are the plainest of signs.
    let worst = rules.first().copied().filter(|rule| rule.1 >= rule.3).or(most)?;
    if worst.1 < worst.3 || worst.1 == 0.0 {
        return None;
    }
    let (text, value, threshold, limit) = worst;
    let mut evidence = Vec::new();
    if o.gc_cycles > 0 {
        evidence.push(Evidence::text(format!("{} collections in {}", o.gc_cycles, nanos(o.span as f64))));
    }
    let stops: Vec<_> = o.stops.iter().filter(|stop| stop.lines as f64 >= t.stops).take(3).collect();
    evidence.extend(stops.iter().map(|stop| Evidence {
        text: format!(
            "{} lines in a row say gcwaiting, for {}; {} Ps had not stopped yet (stopwait)",
            stop.lines,
            nanos(stop.when.length() as f64),
            stop.stopwait
        ),
        when: Some(stop.when),
        line: Some(stop.line),
        ..Evidence::default()
    }));
    let stopped = super::holding(o, |s| s.stopped > 0.5);
    if !measured {
        evidence.extend(stopped.lines(|_| "the world is being stopped (gcwaiting)".into()));
    }
    if let Some(cpu) = o.gc_cpu {
        evidence.push(Evidence::text(format!("the collector took {} of the processors' time", percent(cpu))));
    }
    if !o.pause_times.is_empty() {
        evidence.push(Evidence::text(format!(
            "{} pauses, {} together, {} the longest",
            o.pause_times.count(),
            nanos(o.pause_times.sum() as f64),
            nanos(o.pause_times.max() as f64)
        )));
    }
    let shown = o.pauses.iter().filter(|pause| threshold == "gc-stall.pause" && pause.when.length() as f64 >= limit);
    evidence.extend(shown.map(|pause| Evidence {
        text: format!("the world stood still for {}", nanos(pause.when.length() as f64)),
        when: Some(pause.when),
        line: pause.line,
        ..Evidence::default()
    }));
    let headline = match threshold {
        "gc-stall.lines" => format!("{value:.0} lines in a row say that the world is being stopped"),
        "gc-stall.pause" => format!("the collector stopped the world for {}", nanos(value)),
        "gc-stall.paused" => format!("the collector stopped the world for {} of the time", percent(value)),
        _ => format!("the collector took {} of the processors' time", percent(value)),
    };
    Some(Finding {
        pattern: Pattern::GcStall,
        severity: if threshold == "gc-stall.lines" || (threshold == "gc-stall.cpu" && value >= 2.0 * limit) {
            Severity::Critical
        } else {
            severity(value, limit)
        },
        headline,
        rule: Rule { text: text.into(), value, threshold, limit },
        when: match threshold {
            "gc-stall.lines" => in_order(stops.iter().map(|stop| stop.when).collect()),
            _ if !measured => stopped.when,
            _ => in_order(o.pauses.iter().map(|pause| pause.when).take(3).collect()),
        },
        evidence,
        advice: "The collector runs too often, or the world takes long to stop. It runs whenever the heap has grown \
                 by GOGC percent, so garbage that is made fast over a small live heap means a collection after the \
                 other: allocate less in the hot paths (an allocation profile, sync.Pool, buffers that are kept), \
                 raise GOGC, or set GOMEMLIMIT and let the heap grow up to it. Goroutines that allocate while it \
                 marks have to help (mark assist), which shows as latency. Of gctrace's three clock times only the \
                 first and the last are pauses; the middle one runs beside the program. A single long pause with \
                 few collections usually means that one goroutine would not stop: see unpreempted.",
    })
}

pub(super) fn latency(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let (during, otherwise) = o.latency.as_ref()?;
    if during.count() < MANY || otherwise.count() < MANY || stall(o, t).is_some() {
        return None;
    }
    let (slow, usual) = (during.quantile(0.99) as f64, otherwise.quantile(0.99).max(1) as f64);
    let factor = slow / usual;
    if factor < t.tail || slow < t.tail_wait {
        return None;
    }
    Some(Finding {
        pattern: Pattern::GcLatency,
        severity: severity(factor, t.tail),
        headline: format!(
            "the slowest hundredth waits {} for a P while the collector marks, {} otherwise",
            nanos(slow),
            nanos(usual)
        ),
        rule: Rule {
            text: "how many times as long as otherwise".into(),
            value: factor,
            threshold: "gc-latency.factor",
            limit: t.tail,
        },
        when: Vec::new(),
        evidence: vec![
            Evidence::text(format!(
                "{} waits while it marks, {} the longest",
                during.count(),
                nanos(during.max() as f64)
            )),
            Evidence::text(format!(
                "{} waits otherwise, {} the longest",
                otherwise.count(),
                nanos(otherwise.max() as f64)
            )),
        ],
        advice: "While the collector marks, it takes a quarter of the Ps, and goroutines that allocate have to help: \
                 for that time the program runs on fewer processors, and where those were nearly busy, run queues \
                 form. Spikes of p99 that come with every collection are this. Fewer collections (less garbage, a \
                 higher GOGC, GOMEMLIMIT), more headroom of processors, or less work for the marker (fewer pointers \
                 in what lives long) help.",
    })
}
