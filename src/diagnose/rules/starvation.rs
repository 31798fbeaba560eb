//! Rules for goroutines that wait although a P is idle, or an M looks for work.

use super::{felt_severity, holding, lasting, percent, severity};
use crate::diagnose::finding::{Evidence, Finding, Pattern, Rule, Severity};
use crate::diagnose::observation::{Observation, Sample, Source};
use crate::diagnose::thresholds::Thresholds;

/// Least share of lines in which an M has to look for work, where only the number of
/// threads indicates goroutines that are locked to them.
const SPINNING: f64 = 0.15;

/// Runnable goroutines for each P, beside an idle one, that are more than a moment's work.
const LONG_QUEUES: f64 = 2.0;

/// Returns the share of the goroutines' waiting that was for a thread of their own.
fn locked_share(o: &Observation) -> f64 {
    let Some((during, otherwise)) = &o.latency else { return 0.0 };
    let all = during.sum().saturating_add(otherwise.sum());
    if all > 0 { o.locked.wait as f64 / all as f64 } else { 0.0 }
}

/// Returns whether another cause explains it: goroutines that queue for a lock or for the
/// processors, or stops of the world, which make all Ps idle.
fn has_other_cause(o: &Observation, t: &Thresholds) -> bool {
    use super::{collector, goroutines, queues};
    if o.source == Source::Trace && collector::stall(o, t).is_some() {
        return true;
    }
    [goroutines::convoy, queues::saturation, queues::network].iter().any(|rule| rule(o, t).is_some())
}

/// Returns the share of time that shows starvation; none if it is another pattern.
fn starving(o: &Observation, t: &Thresholds) -> Option<f64> {
    if has_other_cause(o, t) {
        return None;
    }
    let idle = |s: &Sample| s.idle_beside_runnable;
    match o.source {
        Source::Trace => {
            let found = holding(o, |s| idle(s) > 0.5);
            // Either the goroutines may not run elsewhere, or they are much more than a
            // moment's work.
            let long = found.mean(|s| s.runnable) >= LONG_QUEUES * found.mean(|s| s.procs);
            let is = (locked_share(o) > 0.5 || long) && found.samples.len() as f64 >= t.samples;
            Some(o.mean(idle)).filter(|_| is)
        }
        Source::Log { detailed } => {
            let found = lasting(o, t, |s| s.starved > 0.5)?;
            let spins = o.mean(|s| if s.spinning > Some(0.0) { 1.0 } else { 0.0 });
            (detailed || spins >= SPINNING).then_some(found.share)
        }
    }
    .filter(|share| *share >= t.starved)
}

/// Returns whether a log without details shows this pattern, and not system calls: both
/// have threads that are neither idle nor have a P.
pub(super) fn is_starved(o: &Observation, t: &Thresholds) -> bool {
    starving(o, t).is_some()
}

pub(super) fn starvation(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let share = starving(o, t)?;
    if super::syscalls::storm(o, t).is_some() {
        return None;
    }
    let trace = o.source == Source::Trace;
    let found = holding(o, |s| if trace { s.idle_beside_runnable > 0.5 } else { s.starved > 0.5 });
    let mut evidence = found.lines(|s| {
        let [idle, procs, runnable, blocked] = [s.idle_procs, s.procs, s.runnable, s.blocked_threads].map(super::short);
        let [spinning, queues] = [s.spinning, s.queues].map(|count| super::short(count.unwrap_or(0.0)));
        let last = match s.locked_runnable {
            Some(locked) => format!("goroutines that wait for the thread they are locked to: {}", super::short(locked)),
            None => format!("threads that are neither idle nor have a P: {blocked}"),
        };
        format!(
            "threads that look for work: {spinning}; idle Ps: {idle} of {procs}; goroutines that wait in queues: {runnable}, \
             in those of so many Ps: {queues}; {last}"
        )
    });
    if !trace {
        evidence.push(Evidence::text(format!(
            "in {} of the lines a thread looks for work (spinningthreads above 0)",
            percent(o.mean(|s| if s.spinning > Some(0.0) { 1.0 } else { 0.0 }))
        )));
    }
    if o.source == (Source::Log { detailed: false }) {
        evidence.push(Evidence::text(
            "without scheddetail=1 a log does not tell whether threads wait for goroutines that are locked to them, or \
             for system calls, nor whether a lock is behind it",
        ));
    }
    if o.locked.count > 0 && locked_share(o) > 0.5 {
        evidence.push(Evidence::text(format!(
            "{} goroutines ran on one thread each, as after LockOSThread, and account for {} of all waiting",
            o.locked.count,
            percent(locked_share(o).min(1.0))
        )));
    }
    evidence.extend(super::queues::latency(o));
    evidence.extend(o.queued.iter().take(3).map(|hot| hot.evidence("waits to run")));
    let headline = if trace && locked_share(o) > 0.5 {
        format!("for {} of the time goroutines waited for their threads while Ps were idle", percent(share))
    } else {
        format!("for {} of the time goroutines waited while threads looked for work or Ps were idle", percent(share))
    };
    Some(Finding {
        pattern: Pattern::MStarvation,
        severity: felt_severity(o, found.mean(|s| s.runnable / s.procs), severity(share, t.starved), Severity::Warning),
        headline,
        rule: Rule {
            text: "the share of time in which goroutines wait though Ms look for work or Ps are idle".into(),
            value: share,
            threshold: "m-starvation.share",
            limit: t.starved,
        },
        when: found.when,
        evidence,
        advice: "There is work, and there are Ps and threads for it, but they do not come together: threads burn \
                 processor time in search of work (spinning) while goroutines stand in the queues of a few Ps, or wait \
                 for the one thread that may run them. The usual cause is LockOSThread: each switch to a locked \
                 goroutine hands the P to another thread, and waits until the kernel has woken that. Lock only what \
                 has to be (cgo with thread-local state, some graphics libraries), keep one goroutine for it, and hand \
                 it work in batches. Otherwise look for work in tiny pieces, for which each time a thread is woken, \
                 and for a CPU limit of the container below GOMAXPROCS. Spinning alone is no fault: the runtime lets \
                 up to half as many threads spin as Ps are busy, so that new work starts at once.",
    })
}

pub(super) fn idle(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let share = o.mean(|s| s.idle_beside_runnable);
    let found = holding(o, |s| s.idle_beside_runnable > 0.5);
    if share < t.idle || (found.samples.len() as f64) < t.samples || is_starved(o, t) {
        return None;
    }
    if has_other_cause(o, t) {
        return None;
    }
    let mut evidence = found.lines(|s| {
        let [idle, procs, runnable] = [s.idle_procs, s.procs, s.runnable].map(super::short);
        format!("{idle} of {procs} Ps are idle, {runnable} goroutines wait to run")
    });
    evidence.extend(super::queues::latency(o));
    evidence.extend(o.queued.iter().take(3).map(|hot| hot.evidence("waits to run")));
    Some(Finding {
        pattern: Pattern::IdlePs,
        severity: felt_severity(o, found.mean(|s| s.runnable / s.procs), severity(share, t.idle), Severity::Warning),
        headline: format!("for {} of the time a P was idle while a goroutine waited to run", percent(share)),
        rule: Rule {
            text: "the share of time with an idle P beside a goroutine that waits to run".into(),
            value: share,
            threshold: "idle-ps.share",
            limit: t.idle,
        },
        when: found.when,
        evidence,
        advice: "A P that is idle needs a thread to be woken before it can take work, some microseconds to tens of \
                 them each time; where work comes in tiny pieces, that is most of the time. It also happens while the \
                 world is being stopped, and when the machine has no processor free for the thread: then the trace \
                 shows it ready, but the kernel does not run it. Hand work over in larger pieces, avoid ping-pong \
                 between goroutines, and see whether the container's CPU limit is below GOMAXPROCS.",
    })
}
