//! Rule for Ps that have nothing to do beside one.

use super::{lasting, nanos, percent};
use crate::base::ids::GoId;
use crate::diagnose::finding::{Evidence, Finding, Pattern, Rule, Severity};
use crate::diagnose::observation::Observation;
use crate::diagnose::thresholds::Thresholds;

pub(super) fn pinned(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let several = o.mean(|s| s.procs) > 1.5;
    use super::{collector, network, stuck};
    let otherwise = [stuck::stuck, stuck::unpreempted, network::saturation, collector::stall];
    if !several || otherwise.iter().any(|rule| rule(o, t).is_some()) {
        return None;
    }
    // The goroutine that ran alone in most of the samples.
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
        let line = run.lines.map(|(first, _)| first);
        evidence.push(Evidence { text, when: Some(run.when), goroutine: Some(id), stack: run.stack.clone(), line });
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
