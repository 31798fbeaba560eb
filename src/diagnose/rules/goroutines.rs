//! Rules for goroutines that become too many, or wait for the same lock.

use super::{lasting, percent, severity};
use crate::diagnose::finding::{Evidence, Finding, Pattern, Rule};
use crate::diagnose::observation::Observation;
use crate::diagnose::thresholds::Thresholds;

/// Number of parts of the observation between which growth is measured.
const PARTS: usize = 8;

pub(super) fn growth(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let counts: Vec<(f64, f64)> = o.samples.iter().filter_map(|s| Some((s.goroutines?, s.length() as f64))).collect();
    if counts.len() < PARTS || (counts.len() as f64) < t.samples {
        return None;
    }
    let parts: Vec<f64> = counts
        .chunks(counts.len().div_ceil(PARTS))
        .map(|part| part.iter().map(|(n, w)| n * w).sum::<f64>() / part.iter().map(|(_, w)| w).sum::<f64>().max(1.0))
        .collect();
    let (first, last) = (*parts.first()?, *parts.last()?);
    let (factor, more) = (last / first.max(1.0), last - first);
    // Growth has to go on all the time: a pool that is filled once is no leak.
    let step = more / (4 * parts.len()) as f64;
    let grows = parts.windows(2).filter(|pair| matches!(pair, [a, b] if b - a >= step)).count();
    if factor < t.growth || more < t.grown || grows + 2 < parts.len() {
        return None;
    }
    let counts: Vec<String> = parts.iter().map(|count| format!("{count:.0}")).collect();
    let mut evidence = vec![Evidence::text(format!("goroutines, over time: {}", counts.join(", ")))];
    let most = o.created.first().map_or(0, |hot| hot.count);
    // Creators of few are left out: the runtime starts some for itself.
    evidence.extend(o.created.iter().filter(|hot| hot.count * 10 >= most).take(3).map(|hot| Evidence {
        text: format!("{} that were created here have not ended", hot.count),
        stack: hot.stack.clone(),
        ..Evidence::default()
    }));
    evidence.extend(waits(o));
    let lines = [o.samples.first(), o.samples.last()].into_iter().flatten().filter(|s| s.line.is_some());
    evidence.extend(lines.map(|s| Evidence {
        text: format!("{:.0} goroutines", s.goroutines.unwrap_or(0.0)),
        line: s.line,
        when: Some(super::moment(s)),
        ..Evidence::default()
    }));
    Some(Finding {
        pattern: Pattern::GoroutineGrowth,
        severity: severity(factor, t.growth),
        headline: format!("goroutines grew from {first:.0} to {last:.0}, and never became fewer"),
        rule: Rule {
            text: "how many times as many at the end".into(),
            value: factor,
            threshold: "goroutine-growth.factor",
            limit: t.growth,
        },
        when: Vec::new(),
        evidence,
        advice: "Goroutines are started faster than they end. If that goes on they are leaking: each keeps its stack \
                 and whatever it refers to. Look where they were created and what they wait for (`gotrace \
                 goroutines --leaks` on a trace, /debug/pprof/goroutine on the program): usual are a send to a \
                 channel that nobody reads any more, a receive without a context's Done beside it, a response body \
                 that is not closed, and a ticker loop without an end. A program that is just warming up grows, too, \
                 but stops: observe it for longer.",
    })
}

pub(super) fn convoy(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let found = lasting(o, t, |s| {
        let waiting = s.lock_waiting.unwrap_or(0.0);
        waiting >= t.convoy && waiting >= t.convoy_share * s.goroutines.unwrap_or(f64::INFINITY)
    })?;
    let waiting = found.mean(|s| s.lock_waiting.unwrap_or(0.0));
    let mut evidence = found.lines(|s| {
        let [waiting, all] = [s.lock_waiting, s.goroutines].map(|count| super::short(count.unwrap_or(0.0)));
        format!("{waiting} of {all} goroutines wait for a lock")
    });
    evidence.extend(o.locks.iter().take(3).map(|hot| hot.evidence("waits for a lock")));
    evidence.extend(waits(o));
    Some(Finding {
        pattern: Pattern::LockConvoy,
        severity: severity(waiting, t.convoy),
        headline: format!("for {} of the time, {waiting:.0} goroutines waited for a lock", percent(found.share)),
        rule: Rule {
            text: "goroutines that wait for a lock at a time".into(),
            value: waiting,
            threshold: "lock-convoy.waiting",
            limit: t.convoy,
        },
        when: found.when,
        evidence,
        advice: "Most goroutines queue for the same lock, so the program is as fast as what is done under it, on one \
                 processor. Once a queue has formed, each unlock wakes a goroutine that has to get a P first, and \
                 after 1 ms of waiting a sync.Mutex is handed over strictly in turn, which is fair, but slow: the \
                 queue keeps itself up. Do less under the lock (no I/O, no allocation, no logging), split what it \
                 guards (shards), read without it (atomic values, copy on write), or give the data to one goroutine. \
                 `gotrace pprof sync` shows who waits.",
    })
}

/// Returns the wait reasons of goroutines at the end, where a log has them.
fn waits(o: &Observation) -> Option<Evidence> {
    let waits: Vec<String> = o.waits.iter().map(|hot| format!("{} {}", hot.count, hot.stack.join(" "))).collect();
    (!waits.is_empty()).then(|| Evidence::text(format!("at the end they wait for: {}", waits.join(", "))))
}
