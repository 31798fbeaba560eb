//! Headlines of the other reports: latency, procs, profiles, MMU and the diagnosis.

use crate::human::{count, duration, percent};
use gotrace::diagnose::Verdict;
use gotrace::report::summary::{Blocked, Summarized, WINDOWS};

/// Returns the headlines, each with its label.
pub(super) fn lines(all: &Summarized) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    let waits = &all.latency.waits;
    if waits.count() > 0 {
        let [p50, p99] = [0.5, 0.99].map(|q| duration(waits.quantile(q)));
        let most = duration(waits.max());
        let times = count(waits.count(), "wait");
        lines.push(("Latency", format!("{times} for a P, p50 {p50}, p99 {p99}, longest {most}")));
    }
    let (idle, span) = (&all.procs.idle, all.procs.span());
    let share = percent(idle.time, span);
    lines.push(("Idle Ps", format!("{} of the time beside a goroutine that could run", share)));
    let Blocked { sync, net, syscall, .. } = all.blocked;
    let blocked = [("sync", sync), ("the network", net), ("system calls", syscall)];
    let blocked = blocked.map(|(what, nanos)| format!("{what} {}", duration(nanos)));
    lines.push(("Blocked", format!("in {}, all goroutines together", blocked.join(", "))));
    let calls = &all.procs.syscalls;
    if calls.count + calls.lost > 0 {
        lines.push(("Syscalls", format!("{} began, {} lost the P", count(calls.count, "call"), calls.lost)));
    }
    if !all.mmu.is_empty() {
        let least = WINDOWS.map(|window| format!("{:.1}% in any {}", all.mmu.mmu(window) * 100.0, duration(window)));
        lines.push(("MMU", format!("the collector left the program at least {}", least.join(", "))));
    }
    let found = &all.diagnosis.findings;
    match &all.diagnosis.verdict {
        Verdict::TooLittle(why) => lines.push(("Diagnosis", format!("too little to judge: {why}"))),
        _ if found.is_empty() => {
            lines.push(("Diagnosis", "healthy: none of the patterns that `diagnose` knows".into()));
        }
        _ => {}
    }
    for (at, finding) in found.iter().enumerate() {
        let label = if at == 0 { "Diagnosis" } else { "" };
        let severity = finding.severity.name();
        lines.push((label, format!("{severity}, {}: {}", finding.pattern, finding.headline)));
    }
    lines
}
