//! Ps that do the wrong thing, or nothing.

use super::{holding, lasting, nanos, percent, severity};
use crate::diagnose::observation::Observation;
use crate::diagnose::{Evidence, Finding, Pattern, Rule, Severity, Stretch, Thresholds};
use crate::ids::GoId;

pub(super) fn stuck(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let length = |when: Stretch| when.length() as f64;
    let runs: Vec<_> = o.long_runs.iter().filter(|run| length(run.when) >= t.stuck).collect();
    let longest = length(runs.first()?.when);
    let evidence = runs.iter().map(|run| {
        let who = run.goroutine.map_or_else(|| "a goroutine".into(), |id| format!("goroutine {id}"));
        let place = run.proc.map_or_else(String::new, |proc| format!(" on P {proc}"));
        Evidence {
            text: format!("{who} ran for {}{place} without a break", nanos(length(run.when))),
            when: Some(run.when),
            line: run.line,
            goroutine: run.goroutine,
            stack: run.stack.clone(),
        }
    });
    Some(Finding {
        pattern: Pattern::StuckP,
        severity: severity(longest, t.stuck),
        headline: format!("a goroutine kept its P for {} and could not be preempted", nanos(longest)),
        rule: Rule {
            text: "how long a goroutine kept a P, in nanoseconds".into(),
            value: longest,
            threshold: "stuck-p.run",
            limit: t.stuck,
        },
        when: runs.iter().map(|run| run.when).take(3).collect(),
        evidence: evidence.collect(),
        advice: "After 10 ms the runtime asks a goroutine to let others run, by a signal since Go 1.14. This one did \
                 not: what waits in its P's queue waits with it unless another P steals it, and a stop-the-world \
                 (every collection has two) has to wait for it with all others already stopped. Usual causes are a \
                 loop without calls under GODEBUG=asyncpreemptoff=1 or before Go 1.14, assembly, a signal mask that \
                 keeps SIGURG out, or a machine that did not run the thread: then look at CPU limits and throttling \
                 (nr_throttled in cpu.stat), for the goroutine is innocent.",
    })
}

pub(super) fn idle(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let share = o.mean(|s| s.idle_beside_runnable);
    let found = holding(o, |s| s.idle_beside_runnable > 0.5);
    if share < t.idle || (found.samples.len() as f64) < t.samples {
        return None;
    }
    let mut evidence =
        found.lines(|s| format!("{} of {} Ps are idle, {} goroutines wait to run", s.idle_procs, s.procs, s.runnable));
    evidence.extend(o.queued.iter().take(3).map(|hot| hot.evidence("waits to run")));
    Some(Finding {
        pattern: Pattern::IdlePs,
        severity: severity(share, t.idle),
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
                 them each time; where work comes in tiny pieces, that is most of the time. It also happens when a \
                 goroutine locked to its thread (LockOSThread) has to wait for that thread, while the world is being \
                 stopped, and when the machine has no processor free for the thread: then the trace shows it ready, \
                 but the kernel does not run it. Hand work over in larger pieces, avoid ping-pong between goroutines, \
                 and see whether the container's CPU limit is below GOMAXPROCS.",
    })
}

pub(super) fn pinned(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let several = o.mean(|s| s.procs) > 1.5;
    if !several || stuck(o, t).is_some() {
        return None;
    }
    // Whoever ran alone in most of the samples.
    let mut shares: Vec<(i64, GoId)> = Vec::new();
    for sample in &o.samples {
        let Some(id) = sample.alone else { continue };
        match shares.iter_mut().find(|(_, known)| *known == id) {
            Some((time, _)) => *time += sample.length(),
            None => shares.push((sample.length(), id)),
        }
    }
    let (_, id) = shares.into_iter().max()?;
    let found = lasting(o, t, |s| s.alone == Some(id))?;
    if found.share < t.pinned {
        return None;
    }
    let mut evidence = found.lines(|_| format!("only goroutine {id} runs"));
    let idle = found.mean(|s| s.idle_procs);
    evidence.push(Evidence::text(format!("{idle:.1} of {:.0} Ps were idle", found.mean(|s| s.procs))));
    if let Some(run) = o.long_runs.iter().find(|run| run.goroutine == Some(id)) {
        let text = format!("its longest run was {}", nanos(run.when.length() as f64));
        evidence.push(Evidence {
            text,
            when: Some(run.when),
            goroutine: Some(id),
            stack: run.stack.clone(),
            line: run.line,
        });
    }
    Some(Finding {
        pattern: Pattern::PinnedP,
        severity: Severity::Info,
        headline: format!(
            "for {} of the time goroutine {id} alone ran, and all other Ps were idle",
            percent(found.share)
        ),
        rule: Rule {
            text: "the share of time in which it was the only one".into(),
            value: found.share,
            threshold: "pinned-p.share",
            limit: t.pinned,
        },
        when: found.when,
        evidence,
        advice: "All the program's work is in one goroutine, so more processors cannot help: the others wait for it, \
                 or there is nothing else to do. If it is meant to be fast, split its work into parts that can run \
                 side by side, or look at a CPU profile of just that goroutine. If it is a batch job of one thread, \
                 this is as it should be.",
    })
}
