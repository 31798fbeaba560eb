//! Rule for goroutines that wait for the network.

use super::{lasting, percent};
use crate::diagnose::finding::{Evidence, Finding, Pattern, Rule, Severity};
use crate::diagnose::observation::{Observation, Sample};
use crate::diagnose::thresholds::Thresholds;

/// Share of busy Ps up to which CPU use is low.
const BUSY: f64 = 0.5;

/// Returns whether nearly all goroutines wait for the network, and hardly any is runnable.
fn waits(s: &Sample, t: &Thresholds) -> bool {
    let (waiting, all) = (s.network_waiting.unwrap_or(0.0), s.goroutines.unwrap_or(0.0));
    let quiet = s.procs > 0.0 && s.runnable < s.procs && s.procs - s.idle_procs <= BUSY * s.procs;
    quiet && waiting >= t.io_waiting && waiting >= t.io_share * all
}

pub(super) fn saturation(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let found = lasting(o, t, |s| waits(s, t))?;
    let waiting = found.mean(|s| s.network_waiting.unwrap_or(0.0));
    let all = found.mean(|s| s.goroutines.unwrap_or(0.0));
    let mut evidence = found.lines(|s| {
        let figures =
            [s.network_waiting.unwrap_or(0.0), s.goroutines.unwrap_or(0.0), s.runnable, s.idle_procs, s.procs];
        let [waiting, all, runnable, idle, procs] = figures.map(super::short);
        format!("{waiting} of {all} goroutines are in IO wait, {runnable} wait to run, {idle} of {procs} Ps are idle")
    });
    evidence.push(Evidence::text(format!(
        "on average {:.1} of {:.0} Ps are busy, and {:.1} goroutines wait to run",
        found.mean(|s| s.procs - s.idle_procs),
        found.mean(|s| s.procs),
        found.mean(|s| s.runnable)
    )));
    Some(Finding {
        pattern: Pattern::NetpollerSaturation,
        severity: Severity::Info,
        headline: format!(
            "for {} of the time, {waiting:.0} of {all:.0} goroutines waited for the network, and hardly any wanted to run",
            percent(found.share)
        ),
        rule: Rule {
            text: "goroutines that wait for the network at a time".into(),
            value: waiting,
            threshold: "netpoller-saturation.waiting",
            limit: t.io_waiting,
        },
        when: found.when,
        evidence,
        advice: "This is not a scheduler problem: whoever the network wakes finds a P at once, and processors are \
                 free. If requests are slow, look at the network and at what is behind it: how long the peers take to \
                 answer (a block profile, `gotrace pprof net`), connection pools that are too small (MaxConnsPerHost, \
                 SetMaxOpenConns), missing timeouts and deadlines, DNS, a proxy or database that is full, limits of \
                 sockets and files (ulimit -n, listen backlog), and retransmissions (ss -ti, netstat -s). Many \
                 connections that are only kept open are as they should be; each costs a goroutine's stack.",
    })
}
