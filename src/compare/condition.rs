//! Conditions about changes, such as `latency.p99>+10%`.

use super::metric::{Key, Metric, Subject};
use std::fmt;
use std::str::FromStr;

/// Direction of a change.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Direction {
    /// The figure becomes larger.
    Up,
    /// The figure becomes smaller.
    Down,
}

/// A condition about the change of a figure: `latency.p99>+10%` holds if it grows by more
/// than a tenth, `running<-5%` if it shrinks by more than a twentieth.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Condition {
    /// Figure that it is about.
    pub key: Key,
    /// Direction of the change.
    pub direction: Direction,
    /// Limit of the change, in percent: a positive number.
    pub percent: f64,
}

/// The error of a text that is no condition.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConditionError {
    /// The text has another form.
    #[error("expected METRIC>+N% or METRIC<-N%, such as latency.p99>+10%")]
    Form,
    /// There is no metric of that name.
    #[error("there is no metric {name}; there are {all}", all = listed())]
    NoSuchMetric {
        /// The name.
        name: String,
    },
    /// The metric needs a name.
    #[error("{metric} is of one {}: expected {metric}:NAME", .metric.subject().name())]
    NameMissing {
        /// The metric.
        metric: Metric,
    },
    /// The metric has a name, but is of the program as a whole.
    #[error("{metric} is of the program as a whole, and takes no name behind a colon")]
    NameUnexpected {
        /// The metric.
        metric: Metric,
    },
}

/// Returns all metrics, those of a reason, function or type with a name.
fn listed() -> String {
    let shown = |metric: &Metric| match metric.subject() {
        Subject::Program => metric.name().to_owned(),
        Subject::Reason => format!("{metric}:REASON"),
        Subject::Function => format!("{metric}:FUNCTION"),
        Subject::TaskType | Subject::RegionType => format!("{metric}:TYPE"),
    };
    Metric::ALL.iter().map(shown).collect::<Vec<_>>().join(", ")
}

impl FromStr for Condition {
    type Err = ConditionError;

    fn from_str(text: &str) -> Result<Condition, ConditionError> {
        // A type may have such a sign in its name, a limit has not.
        let at = text.rfind(['>', '<']).ok_or(ConditionError::Form)?;
        let (key, limit) = text.split_at(at);
        let (direction, sign) = match limit.starts_with('>') {
            true => (Direction::Up, '+'),
            false => (Direction::Down, '-'),
        };
        let limit = limit.get(1..).unwrap_or_default().trim().strip_suffix('%').ok_or(ConditionError::Form)?;
        let limit = match direction {
            // `>10%` can mean only one thing; a fall by less than nothing cannot.
            Direction::Up => limit.strip_prefix(sign).unwrap_or(limit),
            Direction::Down => limit.strip_prefix(sign).ok_or(ConditionError::Form)?,
        };
        let is_number = limit.starts_with(|c: char| c.is_ascii_digit());
        let percent = limit.parse::<f64>().ok().filter(|percent| is_number && percent.is_finite());
        Ok(Condition { key: parse_key(key.trim())?, direction, percent: percent.ok_or(ConditionError::Form)? })
    }
}

fn parse_key(text: &str) -> Result<Key, ConditionError> {
    let (name, of) = match text.split_once(':') {
        Some((name, of)) => (name, Some(of)),
        None => (text, None),
    };
    let known = Metric::ALL.iter().copied().find(|metric| metric.name() == name);
    let metric = known.ok_or_else(|| ConditionError::NoSuchMetric { name: name.to_owned() })?;
    match (metric.subject(), of) {
        (Subject::Program, None) => Ok(Key::program(metric)),
        (Subject::Program, Some(_)) => Err(ConditionError::NameUnexpected { metric }),
        (_, Some(of)) => Ok(Key::of(metric, &of.as_bytes().into())),
        (_, None) => Err(ConditionError::NameMissing { metric }),
    }
}

impl Condition {
    /// Returns whether a change from one value to another is beyond the limit. From 0, every
    /// increase is.
    pub fn is_beyond(&self, from: f64, to: f64) -> bool {
        let limit = from.abs() * self.percent / 100.0;
        match self.direction {
            Direction::Up => to - from > limit,
            Direction::Down => from - to > limit,
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.direction {
            Direction::Up => ">+",
            Direction::Down => "<-",
        };
        write!(f, "{}{sign}{}%", self.key, self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_what_they_say() {
        // The text, how it is shown, and whether rises and falls by 5, 10 and 20 percent are beyond it.
        for (text, shown, beyond) in [
            ("latency.p99>+10%", "latency.p99>+10%", [false, false, true, false, false, false]),
            (" latency.p99 > 10.0% ", "latency.p99>+10%", [false, false, true, false, false, false]),
            ("running<-5%", "running<-5%", [false, false, false, false, true, true]),
            ("stops>0%", "stops>+0%", [true, true, true, false, false, false]),
            ("task.p50:a>b:c>+5%", "task.p50:a>b:c>+5%", [false, true, true, false, false, false]),
            ("blocked:>+5%", "blocked:>+5%", [false, true, true, false, false, false]),
        ] {
            let condition: Condition = text.parse().unwrap();
            assert_eq!(condition.to_string(), shown);
            let changes = [105.0, 110.0, 120.0, 95.0, 90.0, 80.0];
            assert_eq!(changes.map(|to| condition.is_beyond(100.0, to)), beyond, "{text}");
        }
        let any: Condition = "stops>+10%".parse().unwrap();
        assert!(any.is_beyond(0.0, 0.1) && !any.is_beyond(0.0, 0.0));
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, why) in [
            ("", "expected METRIC>+N% or METRIC<-N%"),
            ("latency.p99", "expected METRIC>+N%"),
            ("latency.p99>+10", "expected METRIC>+N%"),
            ("latency.p99>-10%", "expected METRIC>+N%"),
            ("latency.p99<10%", "expected METRIC>+N%"),
            ("latency.p99>+inf%", "expected METRIC>+N%"),
            ("latency.p99>++1%", "expected METRIC>+N%"),
            ("latency.p999>+10%", "there is no metric latency.p999; there are running, idle, "),
            ("p>+1%", "function.running:FUNCTION"),
            ("task.p50>+1%", "task.p50 is of one task type: expected task.p50:NAME"),
            ("running:main.main>+1%", "running is of the program as a whole"),
        ] {
            let told = text.parse::<Condition>().unwrap_err().to_string();
            assert!(told.contains(why), "{text}: {told}");
        }
    }
}
