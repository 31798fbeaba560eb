//! Diagnosis of a scheduler: recognizes the patterns behind most trouble in production, in
//! an execution trace or in the log that `GODEBUG=schedtrace` writes.
//!
//! ```text
//! trace ──> observe ──┐
//!                     ├──> Observation ──> rules ──> findings
//! log ────> log ──────┘    samples, facts
//! ```
//!
//! Both are first converted to one form: a series of [`Sample`]s of the scheduler's state,
//! and further facts. The rules see nothing else, so a pattern is the same thing in both.

mod finding;
mod log;
pub mod observation;
mod observe;
mod rules;
pub mod thresholds;

pub use finding::{Diagnosis, Evidence, Finding, Pattern, Rule, Severity, Stretch, Verdict};
pub use log::ObserveLog;
pub use observation::{Observation, Sample, Source};
pub use observe::CollectObservation;
pub use thresholds::Thresholds;

impl Diagnosis {
    /// Returns the diagnosis of an observation.
    pub fn of(observation: &Observation, thresholds: &Thresholds) -> Diagnosis {
        let mut findings: Vec<Finding> = rules::ALL.iter().filter_map(|rule| rule(observation, thresholds)).collect();
        findings.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.pattern));
        let verdict = match rules::caveats::too_little(observation) {
            _ if !findings.is_empty() => Verdict::Found,
            Some(why) => Verdict::TooLittle(why),
            None => Verdict::Healthy,
        };
        Diagnosis { verdict, findings, notes: rules::caveats::of(observation) }
    }

    /// Returns the severity of the worst finding; none without findings.
    pub fn severity(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }
}
