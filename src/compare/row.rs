//! One figure of both sides.

use super::median::{Interval, interval, median};
use super::metric::Key;
use super::rank_sum::rank_sum;

/// Least number of traces on each side of which a change can be told: with fewer, even sides whose values
/// are all apart are not rare among equal ones.
pub const MIN_TRACES: usize = 4;

/// A figure of all traces of a side.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// Value of each trace, in the order of the traces; none for a trace that does not have it.
    pub values: Vec<Option<f64>>,
    /// Values in ascending order.
    sorted: Vec<f64>,
}

impl Sample {
    /// Returns the sample of these values.
    pub fn new(values: Vec<Option<f64>>) -> Sample {
        let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
        sorted.sort_by(f64::total_cmp);
        Sample { values, sorted }
    }

    /// Returns the number of traces that have the figure.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// Returns the median of the traces that have the figure.
    pub fn median(&self) -> Option<f64> {
        median(&self.sorted)
    }

    /// Returns the interval that holds the median of all such runs with a confidence; none of
    /// too few traces.
    pub fn interval(&self, confidence: f64) -> Option<Interval> {
        interval(&self.sorted, confidence)
    }
}

/// Result of the test of a figure.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Test {
    /// Fewer than [`MIN_TRACES`] traces of a side have the figure.
    TooFew,
    /// The figure is the same in all traces of both sides.
    AllEqual,
    /// The p-value of the Mann-Whitney U test.
    Tested {
        /// Probability of sides so far apart if they do not differ, by this figure alone.
        p: f64,
        /// Probability, corrected for the number of figures that were tested with it.
        adjusted: f64,
    },
}

/// Verdict on a figure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// There are too few traces to tell.
    NotTestable,
    /// The figure is the same in all traces.
    Equal,
    /// The sides may differ or not.
    NotTold,
    /// The sides differ.
    Changed,
}

impl Verdict {
    /// Returns the word for the verdict.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::NotTestable => "not testable",
            Verdict::Equal => "equal",
            Verdict::NotTold => "not told",
            Verdict::Changed => "changed",
        }
    }
}

/// A figure of both sides.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Row {
    /// The figure.
    pub key: Key,
    /// Values of the first side.
    pub a: Sample,
    /// Values of the second side.
    pub b: Sample,
    /// Result of the test.
    pub test: Test,
    /// Share, from 0 to 1, of the pairs of a trace of each side in which the second side's has the larger value;
    /// equal ones count half. None if a side has no value.
    pub larger: Option<f64>,
}

impl Row {
    /// Compares two samples; the p-value is not corrected yet.
    pub(super) fn new(key: Key, a: Sample, b: Sample) -> Row {
        let ranked = rank_sum(&a.sorted, &b.sorted);
        let all_equal = a.sorted.first() == b.sorted.last() && b.sorted.first() == a.sorted.last();
        let test = match ranked {
            Some(ranked) if a.count().min(b.count()) >= MIN_TRACES => match all_equal {
                true => Test::AllEqual,
                false => Test::Tested { p: ranked.p, adjusted: ranked.p },
            },
            _ => Test::TooFew,
        };
        Row { key, a, b, test, larger: ranked.map(|ranked| ranked.larger) }
    }

    /// Returns the change of the median from the first side to the second, as a share of the first: 0.5 if
    /// it is half as much again. None if a side has no value, or the first has the median 0.
    pub fn change(&self) -> Option<f64> {
        let (a, b) = (self.a.median()?, self.b.median()?);
        match (a == 0.0, b == 0.0) {
            (true, true) => Some(0.0),
            (true, false) => None,
            _ => Some(b / a - 1.0),
        }
    }

    /// Returns the verdict, where the corrected p-value of a change is at most `alpha`.
    pub fn verdict(&self, alpha: f64) -> Verdict {
        match self.test {
            Test::TooFew => Verdict::NotTestable,
            Test::AllEqual => Verdict::Equal,
            Test::Tested { adjusted, .. } if adjusted <= alpha => Verdict::Changed,
            Test::Tested { .. } => Verdict::NotTold,
        }
    }
}
