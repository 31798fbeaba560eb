//! Rules, each of which recognizes one pattern.

pub(super) mod caveats;
mod collector;
mod goroutines;
mod network;
mod processors;
mod queues;
mod starvation;
mod stuck;
mod syscalls;

use crate::diagnose::finding::{Evidence, Finding, Severity, Stretch, nanos};
use crate::diagnose::observation::{Observation, Sample};
use crate::diagnose::thresholds::Thresholds;

/// A rule: returns a finding, or none if the pattern does not apply.
type Rule = fn(&Observation, &Thresholds) -> Option<Finding>;

/// All rules.
pub(super) const ALL: [Rule; 13] = [
    starvation::starvation,
    syscalls::storm,
    network::saturation,
    collector::stall,
    stuck::stuck,
    queues::saturation,
    queues::network,
    stuck::unpreempted,
    starvation::idle,
    collector::latency,
    processors::pinned,
    goroutines::growth,
    goroutines::convoy,
];

/// Number of stretches of a finding that are reported.
const STRETCHES: usize = 3;
/// Factor beyond a limit from which on a finding is critical.
const CRITICAL: f64 = 3.0;

/// A state of the scheduler that lasted for a part of the observation.
struct Condition<'a> {
    /// Share of the time in which it held.
    share: f64,
    /// Longest stretches, in order of time.
    when: Vec<Stretch>,
    /// Samples that show it.
    samples: Vec<&'a Sample>,
}

impl Condition<'_> {
    /// Returns the mean of a value over the samples that show the state.
    fn mean(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        let total: f64 = self.samples.iter().map(|sample| sample.length() as f64).sum();
        let sum: f64 = self.samples.iter().map(|sample| of(sample) * sample.length() as f64).sum();
        if total > 0.0 { sum / total } else { 0.0 }
    }

    /// Returns the first few lines of the log that show the state, as evidence.
    fn lines(&self, tell: impl Fn(&Sample) -> String) -> Vec<Evidence> {
        let shown = self.samples.iter().filter(|sample| sample.line.is_some()).take(STRETCHES);
        shown
            .map(|sample| {
                let mut text = tell(sample);
                if let (Some(first), Some(last)) = (sample.line, sample.last_line)
                    && first < last
                {
                    text = format!("on average up to line {last}, {text}");
                }
                Evidence { text, line: sample.line, when: Some(moment(sample)), ..Evidence::default() }
            })
            .collect()
    }
}

/// Returns a state if it holds for long enough to be more than an accident.
fn lasting<'a>(o: &'a Observation, t: &Thresholds, is: impl Fn(&Sample) -> bool) -> Option<Condition<'a>> {
    let found = holding(o, is);
    (found.share >= t.lasting && found.samples.len() as f64 >= t.samples).then_some(found)
}

/// Returns the time for which a state holds.
fn holding(o: &Observation, is: impl Fn(&Sample) -> bool) -> Condition<'_> {
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
    Condition { share: time as f64 / total.max(1) as f64, when: in_order(when), samples }
}

/// Returns the time of a sample's line; for a sample of several lines, the time that it
/// stands for.
fn moment(sample: &Sample) -> Stretch {
    let start = if sample.line == sample.last_line { sample.end } else { sample.start };
    Stretch { start, end: sample.end }
}

/// Returns stretches in order of time, with overlapping ones merged.
fn in_order(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_by_key(|stretch| (stretch.start, stretch.end));
    let mut ordered: Vec<Stretch> = Vec::new();
    for stretch in stretches {
        match ordered.last_mut() {
            Some(last) if stretch.start < last.end || stretch == *last => last.end = last.end.max(stretch.end),
            _ => ordered.push(stretch),
        }
    }
    ordered
}

/// Returns the severity as it is felt by goroutines that wait, with `each` of them for each
/// P: at most `unfelt` where even the slowest hundredth waits less than a millisecond, and
/// not critical below ten, or where nothing is measured and the queues are short.
fn felt_severity(o: &Observation, each: f64, severity: Severity, unfelt: Severity) -> Severity {
    const SHORT_WAIT: f64 = 1e6;
    const LONG_WAIT: f64 = 10e6;
    const LONG_QUEUE: f64 = 10.0;
    match o.slow_wait(each) {
        Some(wait) if wait < SHORT_WAIT => severity.min(unfelt),
        Some(wait) if wait < LONG_WAIT => severity.min(Severity::Warning),
        None if each < LONG_QUEUE => severity.min(Severity::Warning),
        _ => severity,
    }
}

/// Returns the severity of a value that exceeds a limit.
fn severity(value: f64, limit: f64) -> Severity {
    if value >= limit * CRITICAL { Severity::Critical } else { Severity::Warning }
}

/// Returns a count, or a mean of counts, as text.
fn short(value: f64) -> String {
    if value.fract().abs() < 0.005 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_told_in_order_of_time_and_once() {
        let merged = |pairs: &[(i64, i64)]| -> Vec<(i64, i64)> {
            let stretches = pairs.iter().map(|&(start, end)| Stretch { start, end }).collect();
            in_order(stretches).iter().map(|stretch| (stretch.start, stretch.end)).collect()
        };
        assert_eq!(merged(&[(7, 9), (1, 2), (7, 9)]), [(1, 2), (7, 9)]);
        assert_eq!(merged(&[(5, 9), (1, 6), (9, 10)]), [(1, 9), (9, 10)]);
        assert_eq!(merged(&[(3, 3), (3, 3), (4, 4)]), [(3, 3), (4, 4)]);
        assert_eq!(merged(&[]), []);
    }
}
