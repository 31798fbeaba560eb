//! What the other analyses have to say, in a line each.

use crate::human::{count, duration, percent};
use gotrace::analysis::Compat;
use gotrace::analysis::latency::{Latencies, Latency};
use gotrace::analysis::mmu::{Curve, Flags, Utilization};
use gotrace::analysis::procs::{CollectProcs, Procs};
use gotrace::analysis::profile::{Profile, ProfileKind, Profiles};
use gotrace::diagnose::{Diagnosis, Observation, Observe, Thresholds};
use serde_json::{Value, json};

/// The windows whose minimum mutator utilization is told, in nanoseconds.
const WINDOWS: [i64; 2] = [10_000_000, 100_000_000];
/// The profiles whose totals are told, what they are about, and their field in JSON.
const PROFILES: [(ProfileKind, &str, &str); 3] = [
    (ProfileKind::Sync, "sync", "sync"),
    (ProfileKind::Net, "the network", "net"),
    (ProfileKind::Syscall, "system calls", "syscall"),
];

/// The analyses, to be done in one pass.
type Questions = (Latencies, CollectProcs, Utilization, Profiles, Observe);
type Answers = (Latency, Procs, Curve, Vec<Profile>, Observation);

pub(super) fn questions() -> Questions {
    let mut flags = Flags::default();
    (flags.stw, flags.background, flags.assist) = (true, true, true);
    (
        Latencies::new(0),
        CollectProcs::default(),
        Utilization::new(flags, Compat::Right),
        Profiles::of(PROFILES.map(|(kind, ..)| kind)),
        Observe::default(),
    )
}

pub(super) struct Headlines {
    latency: Latency,
    procs: Procs,
    mmu: Curve,
    /// As [`PROFILES`].
    blocked: Vec<i64>,
    diagnosis: Diagnosis,
}

impl Headlines {
    pub(super) fn new((latency, procs, mmu, profiles, mut observed): Answers, cut: bool) -> Headlines {
        observed.cut = cut;
        let blocked = profiles.iter().map(|profile| profile.total().1).collect();
        let diagnosis = Diagnosis::of(&observed, &Thresholds::default());
        Headlines { latency, procs, mmu, blocked, diagnosis }
    }

    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        let waits = &self.latency.waits;
        if waits.count() > 0 {
            let [p50, p99] = [0.5, 0.99].map(|q| duration(waits.quantile(q)));
            let most = duration(waits.max());
            let times = count(waits.count(), "wait");
            lines.push(("Latency", format!("{times} for a P, p50 {p50}, p99 {p99}, longest {most}")));
        }
        let (idle, span) = (&self.procs.idle, self.procs.span());
        let share = percent(idle.time, span);
        lines.push(("Idle Ps", format!("{} of the time beside a goroutine that could run", share)));
        let blocked: Vec<_> = PROFILES
            .iter()
            .zip(&self.blocked)
            .map(|((_, what, _), &nanos)| format!("{what} {}", duration(nanos)))
            .collect();
        lines.push(("Blocked", format!("in {}, all goroutines together", blocked.join(", "))));
        let calls = &self.procs.syscalls;
        if calls.count + calls.lost > 0 {
            lines.push(("Syscalls", format!("{} began, {} lost the P", count(calls.count, "call"), calls.lost)));
        }
        if !self.mmu.is_empty() {
            let least =
                WINDOWS.map(|window| format!("{:.1}% in any {}", self.mmu.mmu(window) * 100.0, duration(window)));
            lines.push(("MMU", format!("the collector left the program at least {}", least.join(", "))));
        }
        let found = &self.diagnosis.findings;
        if found.is_empty() {
            lines.push(("Diagnosis", "healthy: none of the patterns that `diagnose` knows".into()));
        }
        for (at, finding) in found.iter().enumerate() {
            let label = if at == 0 { "Diagnosis" } else { "" };
            let severity = finding.severity.name();
            lines.push((label, format!("{severity}, {}: {}", finding.pattern, finding.headline)));
        }
        lines
    }

    pub(super) fn json(&self) -> Value {
        let waits = &self.latency.waits;
        let mmu = (!self.mmu.is_empty())
            .then(|| WINDOWS.map(|window| json!({ "window": window, "mmu": self.mmu.mmu(window) })));
        let findings = self.diagnosis.findings.iter().map(|finding| {
            json!({ "pattern": finding.pattern.name(), "severity": finding.severity.name(), "headline": finding.headline })
        });
        let blocked: Value = PROFILES.iter().zip(&self.blocked).map(|((.., field), nanos)| (*field, *nanos)).collect();
        json!({
            "latency": crate::json::counted(waits),
            "idle_beside": { "time": self.procs.idle.time, "lost": self.procs.idle.lost },
            "blocked": blocked,
            "syscalls": { "count": self.procs.syscalls.count, "lost": self.procs.syscalls.lost },
            "mmu": mmu,
            "findings": findings.collect::<Value>(),
        })
    }
}
