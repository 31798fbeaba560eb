//! What the garbage collector takes from the program.

use super::{nanos, percent, severity};
use crate::diagnose::observation::Observation;
use crate::diagnose::{Evidence, Finding, Pattern, Rule, Severity, Thresholds};

/// Fewer measurements have no hundredth.
const MANY: u64 = 100;

pub(super) fn stall(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let paused = (o.pause_times.sum() as f64 / o.span.max(1) as f64).max(o.mean(|s| s.stopped));
    let rules = [
        ("a stop-the-world of the collector, in nanoseconds", o.pause_times.max() as f64, "gc-stall.pause", t.pause),
        ("the share of time in which the collector stops the world", paused, "gc-stall.paused", t.pauses),
        ("the share of the processors' time that it takes", o.gc_cpu.unwrap_or(0.0), "gc-stall.cpu", t.gc_cpu),
    ];
    let times = |limit: f64, value: f64| if limit > 0.0 { value / limit } else { value };
    let worst = rules.into_iter().max_by(|a, b| times(a.3, a.1).total_cmp(&times(b.3, b.1)))?;
    if worst.1 < worst.3 || worst.1 == 0.0 {
        return None;
    }
    let (text, value, threshold, limit) = worst;
    let mut evidence = vec![Evidence::text(format!("{} collections in {}", o.gc_cycles, nanos(o.span as f64)))];
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
        "gc-stall.pause" => format!("the collector stopped the world for {}", nanos(value)),
        "gc-stall.paused" => format!("the collector stopped the world for {} of the time", percent(value)),
        _ => format!("the collector took {} of the processors' time", percent(value)),
    };
    Some(Finding {
        pattern: Pattern::GcStall,
        severity: if threshold == "gc-stall.cpu" && value >= 2.0 * limit {
            Severity::Critical
        } else {
            severity(value, limit)
        },
        headline,
        rule: Rule { text: text.into(), value, threshold, limit },
        when: o.pauses.iter().map(|pause| pause.when).take(3).collect(),
        evidence,
        advice: "The collector runs too often, or the world takes long to stop. It runs whenever the heap has grown \
                 by GOGC percent, so garbage that is made fast over a small live heap means a collection after the \
                 other: allocate less in the hot paths (an allocation profile, sync.Pool, buffers that are kept), \
                 raise GOGC, or set GOMEMLIMIT and let the heap grow up to it. Goroutines that allocate while it \
                 marks have to help (mark assist), which shows as latency. Of gctrace's three clock times only the \
                 first and the last are pauses; the middle one runs beside the program. A single long pause with \
                 few collections usually means that one goroutine would not stop: see stuck-p.",
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
