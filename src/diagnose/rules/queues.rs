//! Rules for goroutines that wait for a P.

use super::{Condition, felt_severity, lasting, nanos, percent, severity};
use crate::diagnose::finding::{Evidence, Finding, Pattern, Rule, Severity};
use crate::diagnose::observation::{Observation, Sample, Source};
use crate::diagnose::thresholds::Thresholds;

/// Mean number of idle Ps below which none counts as idle.
const LEAST_IDLE: f64 = 0.5;

/// Returns the share of the waiting time, or of the goroutines, that is the network's.
fn network_share(sample: &Sample) -> f64 {
    if let Some(share) = sample.network_runnable {
        return share;
    }
    // Among goroutines that are not runnable, the share that waits for the network.
    let others = sample.goroutines.unwrap_or(0.0) - sample.runnable;
    sample.network_waiting.filter(|_| others > 0.0).map_or(0.0, |waiting| waiting / others)
}

fn is_queue(sample: &Sample, each: f64) -> bool {
    // An M that looks for work has a P, and nothing to do.
    let without_work = sample.idle_procs + sample.spinning.unwrap_or(0.0);
    sample.procs > 0.0 && without_work < LEAST_IDLE && sample.runnable >= each * sample.procs
}

fn evidence(o: &Observation, found: &Condition<'_>) -> Vec<Evidence> {
    let mut evidence = found.lines(|s| {
        let [runnable, idle, procs] = [s.runnable, s.idle_procs, s.procs].map(super::short);
        format!("{runnable} goroutines wait to run, {idle} of {procs} Ps are idle")
    });
    evidence.extend(latency(o));
    if let (None, Some(wait)) = (&o.latency, o.slow_wait(found.mean(|s| s.runnable / s.procs))) {
        let text = format!("as fast as the Ps pick goroutines, one waits about {}", nanos(wait));
        evidence.push(Evidence::text(text));
    }
    evidence.extend(o.queued.iter().take(3).map(|hot| hot.evidence("waits to run")));
    evidence
}

/// Returns the times that goroutines wait for a P as evidence, where they were measured.
pub(super) fn latency(o: &Observation) -> Option<Evidence> {
    let (during, otherwise) = o.latency.as_ref()?;
    let mut all = during.clone();
    all.merge(otherwise);
    let [half, most, max] = [all.quantile(0.5), all.quantile(0.99), all.max()].map(|value| nanos(value as f64));
    let text = format!("a goroutine waits {half} for a P (median), {most} (p99), {max} (longest)");
    (!all.is_empty()).then(|| Evidence::text(text))
}

pub(super) fn saturation(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let found = lasting(o, t, |s| is_queue(s, t.queue) && network_share(s) < t.network_share)?;
    let each = found.mean(|s| s.runnable / s.procs);
    let mut evidence = evidence(o, &found);
    if o.source == (Source::Log { detailed: false }) {
        evidence.push(Evidence::text(
            "without scheddetail=1 a log does not tell what goroutines waited for: it may be the network",
        ));
    }
    Some(Finding {
        pattern: Pattern::CpuSaturation,
        // Where every goroutine has a turn soon, the machine is used as it should be.
        severity: felt_severity(o, each, severity(each, t.queue), Severity::Info),
        headline: format!(
            "for {} of the time, {:.0} goroutines waited to run for each P, and no P was idle",
            percent(found.share),
            each
        ),
        rule: Rule {
            text: "goroutines waiting to run, for each P".into(),
            value: each,
            threshold: "cpu-saturation.queue",
            limit: t.queue,
        },
        when: found.when,
        evidence,
        advice: "More goroutines want to compute than there are Ps (GOMAXPROCS) to run them, so each waits for its \
                 turn, and latency grows with the queue. More goroutines cannot make this faster. Look for the work \
                 itself first (a CPU profile), bound how much of it is started at once (a worker pool of GOMAXPROCS \
                 goroutines, a semaphore), and see that GOMAXPROCS is what the machine or container grants: a CPU \
                 limit below it throttles all Ps at once, one above it leaves processors unused. If nobody waits for single results, \
                 as in a batch job, and each goroutine has its turn soon, this is no fault: the processors are used.",
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
        pattern: Pattern::NetpollBacklog,
        severity: felt_severity(o, each, severity(each, t.network_queue), Severity::Info),
        headline: format!(
            "for {} of the time, {:.0} goroutines waited to run for each P, most of them made ready by the network",
            percent(found.share),
            each
        ),
        rule: Rule {
            text: "goroutines waiting to run, for each P, most of them the network's".into(),
            value: each,
            threshold: "netpoll-backlog.queue",
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
