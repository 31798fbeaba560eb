//! The rules: each recognises one pattern, or does not.

pub(super) mod caveats;
mod collector;
mod goroutines;
mod processors;
mod queues;
mod syscalls;

use crate::diagnose::observation::{Observation, Sample};
use crate::diagnose::{Evidence, Finding, Severity, Stretch, Thresholds};

/// A rule.
type Rule = fn(&Observation, &Thresholds) -> Option<Finding>;

/// All rules.
pub(super) const ALL: [Rule; 10] = [
    queues::starvation,
    queues::network,
    syscalls::storm,
    collector::stall,
    collector::latency,
    processors::stuck,
    processors::idle,
    processors::pinned,
    goroutines::growth,
    goroutines::convoy,
];

/// How many stretches of a finding are told.
const STRETCHES: usize = 3;
/// From how many times its limit on something is critical.
const CRITICAL: f64 = 3.0;

/// How long a state lasted.
struct Lasting<'a> {
    /// The share of the time.
    share: f64,
    /// The longest stretches, the longest first.
    when: Vec<Stretch>,
    /// The samples that show it.
    samples: Vec<&'a Sample>,
}

impl Lasting<'_> {
    /// The mean of something over the samples that show the state.
    fn mean(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        let total: f64 = self.samples.iter().map(|sample| sample.length() as f64).sum();
        let sum: f64 = self.samples.iter().map(|sample| of(sample) * sample.length() as f64).sum();
        if total > 0.0 { sum / total } else { 0.0 }
    }

    /// The lines of the log that show it: the first and the last few.
    fn lines(&self, tell: impl Fn(&Sample) -> String) -> Vec<Evidence> {
        let shown = self.samples.iter().filter(|sample| sample.line.is_some()).take(STRETCHES);
        shown
            .map(|sample| {
                let when = Some(Stretch { start: sample.start, end: sample.end });
                Evidence { text: tell(sample), line: sample.line, when, ..Evidence::default() }
            })
            .collect()
    }
}

/// A state that holds for long enough to be more than an accident.
fn lasting<'a>(o: &'a Observation, t: &Thresholds, is: impl Fn(&Sample) -> bool) -> Option<Lasting<'a>> {
    let found = holding(o, is);
    (found.share >= t.lasting && found.samples.len() as f64 >= t.samples).then_some(found)
}

/// How long a state holds.
fn holding(o: &Observation, is: impl Fn(&Sample) -> bool) -> Lasting<'_> {
    let (mut time, mut total) = (0, 0);
    let (mut when, mut samples): (Vec<Stretch>, Vec<&Sample>) = (Vec::new(), Vec::new());
    for sample in &o.samples {
        total += sample.length();
        if !is(sample) {
            continue;
        }
        time += sample.length();
        samples.push(sample);
        match when.last_mut() {
            Some(last) if last.end == sample.start => last.end = sample.end,
            _ => when.push(Stretch { start: sample.start, end: sample.end }),
        }
    }
    when.sort_by_key(|stretch| (std::cmp::Reverse(stretch.length()), stretch.start));
    when.truncate(STRETCHES);
    Lasting { share: time as f64 / total.max(1) as f64, when, samples }
}

/// How bad something is that is so many times its limit.
fn severity(value: f64, limit: f64) -> Severity {
    if value >= limit * CRITICAL { Severity::Critical } else { Severity::Warning }
}

/// A duration for people.
pub(super) fn nanos(value: f64) -> String {
    match value.abs() {
        v if v < 1e3 => format!("{value:.0} ns"),
        v if v < 1e6 => format!("{:.0} µs", value / 1e3),
        v if v < 1e9 => format!("{:.1} ms", value / 1e6),
        _ => format!("{:.2} s", value / 1e9),
    }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}
