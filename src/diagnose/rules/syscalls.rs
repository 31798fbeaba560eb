//! Rule for Ms that block in the kernel or in C code.

use super::{lasting, percent, severity};
use crate::diagnose::finding::{Evidence, Finding, Pattern, Rule};
use crate::diagnose::observation::{Observation, Source};
use crate::diagnose::thresholds::Thresholds;

/// Factor beyond the limit from which on it is system calls, even if threads look for work.
const PLAIN: f64 = 2.0;

pub(super) fn storm(o: &Observation, t: &Thresholds) -> Option<Finding> {
    let found = lasting(o, t, |s| s.procs > 0.0 && s.blocked_threads >= (t.blocked * s.procs).max(t.blocked_least))?;
    let each = found.mean(|s| s.blocked_threads / s.procs);
    let blocked = found.mean(|s| s.blocked_threads);
    // Without details, threads that wait for goroutines locked to them look the same.
    let unclear = o.source == Source::Log { detailed: false } && each < PLAIN * t.blocked;
    if unclear && super::starvation::is_starved(o, t) {
        return None;
    }
    let threads = found.samples.iter().map(|s| s.threads).fold(0.0, f64::max);
    let mut evidence = found.lines(|s| {
        let [blocked, threads, procs] = [s.blocked_threads, s.threads, s.procs].map(super::short);
        format!("{blocked} of {threads} threads are blocked, with {procs} Ps")
    });
    evidence.push(Evidence::text(format!("up to {threads:.0} threads")));
    evidence.extend(o.syscalls.iter().map(|hot| hot.evidence("system calls lost their P")));
    Some(Finding {
        pattern: Pattern::SyscallStorm,
        severity: severity(each, t.blocked),
        headline: format!(
            "for {} of the time, {blocked:.0} threads were blocked in system calls or C code, {each:.0} for each P",
            percent(found.share),
        ),
        rule: Rule {
            text: "blocked threads, for each P".into(),
            value: each,
            threshold: "syscall-storm.blocked",
            limit: t.blocked,
        },
        when: found.when,
        evidence,
        advice: "A goroutine in a blocking system call or in C code takes its thread along; the runtime takes the P \
                 away and starts another thread for it. That is right for a few, but with many such calls threads \
                 pile up (each has a stack, the kernel has to schedule all of them, and at 10,000 the program is \
                 ended), and each call that takes long costs two handovers of a P. Find the calls by their stacks: \
                 usual are files (on disks or network file systems), DNS through C (try GODEBUG=netdns=go), and cgo. \
                 Bound how many run at once with a semaphore, batch them, or use what the network poller can wait \
                 for.",
    })
}
