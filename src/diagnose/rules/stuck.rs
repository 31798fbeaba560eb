//! Rules for a P that runs nothing but one goroutine.

use super::{in_order, nanos, severity};
use crate::diagnose::finding::{Evidence, Finding, Pattern, Rule, Severity, Stretch};
use crate::diagnose::observation::{Observation, Source};
use crate::diagnose::thresholds::Thresholds;

/// Nanoseconds after which system calls are no passing phase of a trace.
const LONG: f64 = 1e9;

fn length(when: Stretch) -> f64 {
    when.length() as f64
}

pub(super) fn stuck(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let stuck: Vec<_> = o.stuck.iter().filter(|stuck| length(stuck.when) >= t.stuck).collect();
    let longest = length(stuck.first()?.when);
    // Many connections that are opened one after the other make many system calls, too.
    let lasts = longest >= LONG || longest >= t.lasting * o.span as f64;
    if o.source == Source::Trace && !lasts {
        return None;
    }
    // Where threads pile up in system calls, Ps naturally go from one to the next.
    if super::syscalls::storm(o, t).is_some() {
        return None;
    }
    let mut evidence: Vec<Evidence> = stuck.iter().map(|stuck| stuck.evidence.clone()).collect();
    if o.source == (Source::Log { detailed: false }) {
        evidence.push(Evidence::text(
            "without scheddetail=1 a log does not tell whether the P's goroutine makes system calls, or computes and \
             cannot be preempted (unpreempted)",
        ));
    }
    evidence.extend(o.syscalls.iter().take(3).map(|hot| hot.evidence("system calls lost their P")));
    // Without runnable goroutines the stuck P costs nothing.
    let missed = o.mean(|s| s.runnable) >= 1.0;
    Some(Finding {
        pattern: Pattern::StuckP,
        severity: if missed { severity(longest, t.stuck) } else { Severity::Warning },
        headline: match o.source {
            Source::Trace => format!("a goroutine went from one system call to the next for {}", nanos(longest)),
            Source::Log { .. } => format!("a P picked no goroutine for {}, and was not idle", nanos(longest)),
        },
        rule: Rule {
            text: "how long a P's goroutine let no other run, in nanoseconds".into(),
            value: longest,
            threshold: "stuck-p.still",
            limit: t.stuck,
        },
        when: in_order(stuck.iter().map(|stuck| stuck.when).take(3).collect()),
        evidence,
        advice: "A P's schedtick counts the goroutines that it picked. If it stands still while syscalltick runs up, \
                 one goroutine goes from one system call into the next, too short for the runtime to take the P away, \
                 and is never asked to let others run: preemption after 10 ms reaches Go code only. What waits in that \
                 P's queue waits with it, until another P steals it. Find the call (a CPU profile, strace -c -f on \
                 the thread): usual are reads and writes in tiny pieces (use bufio), polling in a loop, a descriptor \
                 that is always ready, and cgo calls in a loop. In a log without details it may also be a loop that \
                 cannot be preempted: GODEBUG=asyncpreemptoff=1, assembly, or a thread that the machine did not run.",
    })
}

pub(super) fn unpreempted(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let runs: Vec<_> = o.long_runs.iter().filter(|run| length(run.when) >= t.unpreempted).collect();
    let longest = length(runs.first()?.when);
    let evidence = runs.iter().map(|run| {
        let who = run.goroutine.map_or_else(|| "a goroutine".into(), |id| format!("goroutine {id}"));
        let place = run.proc.map_or_else(String::new, |proc| format!(" on P {proc}"));
        let until = run.lines.map_or_else(String::new, |(_, last)| format!(", up to line {last}"));
        Evidence {
            text: format!("{who} ran for {}{place} without a break{until}", nanos(length(run.when))),
            when: Some(run.when),
            line: run.lines.map(|(first, _)| first),
            goroutine: run.goroutine,
            stack: run.stack.clone(),
        }
    });
    Some(Finding {
        pattern: Pattern::Unpreempted,
        severity: severity(longest, t.unpreempted),
        headline: format!("a goroutine kept its P for {} and could not be preempted", nanos(longest)),
        rule: Rule {
            text: "how long a goroutine kept a P, in nanoseconds".into(),
            value: longest,
            threshold: "unpreempted.run",
            limit: t.unpreempted,
        },
        when: in_order(runs.iter().map(|run| run.when).take(3).collect()),
        evidence: evidence.collect(),
        advice: "After 10 ms the runtime asks a goroutine to let others run, by a signal since Go 1.14. This one did \
                 not: what waits in its P's queue waits with it unless another P steals it, and a stop-the-world \
                 (every collection has two) has to wait for it with all others already stopped. Usual causes are a \
                 loop without calls under GODEBUG=asyncpreemptoff=1 or before Go 1.14, assembly, a signal mask that \
                 keeps SIGURG out, or a machine that did not run the thread: then look at CPU limits and throttling \
                 (nr_throttled in cpu.stat), for the goroutine is innocent.",
    })
}
