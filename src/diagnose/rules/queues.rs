//! Goroutines that wait for a P.

use super::{Lasting, lasting, nanos, percent, severity};
use crate::diagnose::observation::{Observation, Sample, Source};
use crate::diagnose::{Evidence, Finding, Pattern, Rule, Thresholds};

/// An idle P, on average, that does not count as one.
const HARDLY: f64 = 0.5;

/// The share of the waiting, or of the goroutines, that is the network's.
fn network_share(sample: &Sample) -> f64 {
    if let Some(share) = sample.network_runnable {
        return share;
    }
    // Of those that do not wait to run, so many wait for the network.
    let others = sample.goroutines.unwrap_or(0.0) - sample.runnable;
    sample.network_waiting.filter(|_| others > 0.0).map_or(0.0, |waiting| waiting / others)
}

fn is_queue(sample: &Sample, each: f64) -> bool {
    sample.procs > 0.0 && sample.idle_procs < HARDLY && sample.runnable >= each * sample.procs
}

fn evidence(o: &Observation, found: &Lasting<'_>) -> Vec<Evidence> {
    let mut evidence =
        found.lines(|s| format!("{} goroutines wait to run, {} of {} Ps are idle", s.runnable, s.idle_procs, s.procs));
    if let Some((during, otherwise)) = &o.latency {
        let mut all = during.clone();
        all.merge(otherwise);
        let [half, most, max] = [all.quantile(0.5), all.quantile(0.99), all.max()].map(|value| nanos(value as f64));
        evidence
            .push(Evidence::text(format!("a goroutine waits {half} for a P (median), {most} (p99), {max} (longest)")));
    }
    evidence.extend(o.queued.iter().take(3).map(|hot| hot.evidence("waits to run")));
    evidence
}

pub(super) fn starvation(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let found = lasting(o, t, |s| is_queue(s, t.queue) && network_share(s) < t.network_share)?;
    let each = found.mean(|s| s.runnable / s.procs);
    let mut evidence = evidence(o, &found);
    if o.source == (Source::Log { detailed: false }) {
        evidence.push(Evidence::text(
            "without scheddetail=1 a log does not tell what goroutines waited for: it may be the network",
        ));
    }
    Some(Finding {
        pattern: Pattern::MStarvation,
        severity: severity(each, t.queue),
        headline: format!(
            "for {} of the time, {:.0} goroutines waited to run for each P, and no P was idle",
            percent(found.share),
            each
        ),
        rule: Rule {
            text: "goroutines waiting to run, for each P".into(),
            value: each,
            threshold: "m-starvation.queue",
            limit: t.queue,
        },
        when: found.when,
        evidence,
        advice: "More goroutines want to compute than there are Ps (GOMAXPROCS) to run them, so each waits for its \
                 turn, and latency grows with the queue. More goroutines cannot make this faster. Look for the work \
                 itself first (a CPU profile), bound how much of it is started at once (a worker pool of GOMAXPROCS \
                 goroutines, a semaphore), and see that GOMAXPROCS is what the machine or container grants: a CPU \
                 limit below it throttles all Ps at once, one above it leaves processors unused.",
    })
}

pub(super) fn network(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let found = lasting(o, t, |s| is_queue(s, t.network_queue) && network_share(s) >= t.network_share)?;
    let each = found.mean(|s| s.runnable / s.procs);
    let mut evidence = evidence(o, &found);
    if let Some(waiting) = found.samples.first().and_then(|s| s.network_waiting) {
        evidence.insert(0, Evidence::text(format!("{waiting:.0} goroutines besides wait for the network")));
    }
    Some(Finding {
        pattern: Pattern::NetpollerSaturation,
        severity: severity(each, t.network_queue),
        headline: format!(
            "for {} of the time, {:.0} goroutines waited to run for each P, most of them made ready by the network",
            percent(found.share),
            each
        ),
        rule: Rule {
            text: "goroutines waiting to run, for each P, most of them the network's".into(),
            value: each,
            threshold: "netpoller-saturation.queue",
            limit: t.network_queue,
        },
        when: found.when,
        evidence,
        advice: "The network poller hands over more goroutines than the Ps can run: connections that became readable \
                 at the same time wait in the run queues, and that wait is part of each request's latency. The \
                 poller itself is seldom slow; what each request then computes is too much for the processors, or \
                 requests come in bursts. Limit how many requests are worked on at once and refuse the rest early, \
                 spread clients' timers and reconnections out, make the handler cheaper (a CPU profile), or add \
                 processors.",
    })
}
