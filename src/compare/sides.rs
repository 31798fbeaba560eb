//! Two sides of traces, and their comparison.

use super::adjust::adjust;
use super::condition::Condition;
use super::figures::Figures;
use super::metric::{Key, Metric, Subject};
use super::row::{Row, Sample, Test, Verdict};
use std::collections::BTreeMap;
use std::fmt;

/// Two sides of traces.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    a: &'a [Figures],
    b: &'a [Figures],
}

/// The comparison of two sides.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Comparison {
    /// Each figure that some trace has, in the order of [`Metric::ALL`]; of reasons, functions
    /// and types those that matter most, the weightiest first.
    pub rows: Vec<Row>,
    /// Number of the figures that were tested, which the p-values are corrected for.
    pub tested: usize,
    /// Number of figures that have to be as far apart as can be before one of them is told as a
    /// change: 1 if there are enough traces. None if no figure was tested.
    pub needed: Option<usize>,
}

/// A condition, with what came of it.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Judged<'c> {
    /// The condition.
    pub condition: &'c Condition,
    /// Figure that it is about; its p-value is corrected for the number of conditions.
    pub row: Row,
    /// True if the condition holds: the figure changed, by more than the limit. If the figure
    /// is not testable, its size alone decides.
    pub holds: bool,
}

/// One of the two sides.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Side {
    /// The first side.
    A,
    /// The second side.
    B,
}

/// The error of a condition about a figure that no trace of a side has.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no trace of {side} has the figure {key}{others}", others = others(*subject, known))]
#[non_exhaustive]
pub struct NoFigure {
    /// Figure that the condition is about.
    pub key: Key,
    /// Side without it.
    pub side: Side,
    /// Thing that the figure is about.
    pub subject: Subject,
    /// Names of the reasons, functions or types that there are, the weightiest first.
    pub known: Vec<String>,
}

/// Most names that an error lists.
const MOST_NAMES: usize = 20;

fn others(subject: Subject, known: &[String]) -> String {
    match subject {
        Subject::Program => String::new(),
        _ if known.is_empty() => format!("; there is no {} in the traces", subject.name()),
        _ => {
            let listed = known.get(..MOST_NAMES).unwrap_or(known).join(", ");
            format!("; there are {listed}{}", if known.len() > MOST_NAMES { " ..." } else { "" })
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::A => "A",
            Side::B => "B",
        })
    }
}

impl<'a> Sides<'a> {
    /// Returns the sides of these traces.
    pub fn new(a: &'a [Figures], b: &'a [Figures]) -> Sides<'a> {
        Sides { a, b }
    }

    /// Compares all figures of the program as a whole, and those of the `top` reasons, functions
    /// and types that matter most, of each kind. p-values are corrected for the number of all of
    /// them that can be tested.
    pub fn compare(&self, top: usize, alpha: f64) -> Comparison {
        let mut rows = Vec::new();
        for subject in Subject::ALL {
            let metrics = || Metric::ALL.iter().copied().filter(move |metric| metric.subject() == subject);
            if subject == Subject::Program {
                rows.extend(metrics().map(|metric| self.row(Key::program(metric))));
                continue;
            }
            let names = self.names(subject);
            for metric in metrics() {
                rows.extend(names.iter().take(top).map(|name| self.row(Key::of(metric, name))));
            }
        }
        rows.retain(|row| row.a.count() + row.b.count() > 0);
        let tested = correct(rows.iter_mut());
        // The least p-value that sides of these sizes can have.
        let least = rank_of_the_farthest(self.a.len(), self.b.len());
        let needed = (tested > 0).then(|| (tested as f64 * least / alpha).ceil().max(1.0) as usize);
        Comparison { rows, tested, needed }
    }

    /// Judges conditions, whose p-values are corrected for the number of them alone: they were
    /// chosen before there was anything to see.
    ///
    /// # Errors
    /// If no trace of a side has the figure that a condition is about.
    pub fn judge<'c>(&self, conditions: &'c [Condition], alpha: f64) -> Result<Vec<Judged<'c>>, NoFigure> {
        let mut rows = Vec::new();
        for condition in conditions {
            let row = self.row(condition.key.clone());
            let missing =
                [(Side::A, row.a.count()), (Side::B, row.b.count())].into_iter().find(|(_, count)| *count == 0);
            // Of a name that occurs nowhere, even zeros say nothing.
            let unknown =
                condition.key.of.as_ref().is_some_and(|name| !self.knows(condition.key.metric.subject(), name));
            if let Some(side) = missing.map(|(side, _)| side).or(unknown.then_some(Side::A)) {
                let (key, subject) = (condition.key.clone(), condition.key.metric.subject());
                let names = self.names(subject);
                let known = names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
                return Err(NoFigure { key, side, subject, known });
            }
            rows.push(row);
        }
        correct(rows.iter_mut());
        let judge = |(condition, row): (&'c Condition, Row)| {
            let told = matches!(row.verdict(alpha), Verdict::Changed | Verdict::NotTestable);
            let holds = told && condition.is_beyond(row.a.median().unwrap_or(0.0), row.b.median().unwrap_or(0.0));
            Judged { condition, row, holds }
        };
        Ok(conditions.iter().zip(rows).map(judge).collect())
    }

    /// Returns a figure of both sides.
    fn row(&self, key: Key) -> Row {
        let sample = |side: &[Figures]| Sample::new(side.iter().map(|figures| figures.get(&key)).collect());
        let (a, b) = (sample(self.a), sample(self.b));
        Row::new(key, a, b)
    }

    /// Returns whether a trace has a reason, function or type of that name.
    fn knows(&self, subject: Subject, name: &[u8]) -> bool {
        self.a.iter().chain(self.b).any(|figures| figures.names(subject).any(|(known, _)| **known == *name))
    }

    /// Returns the names of the reasons, functions or types, the weightiest in all traces
    /// first. Which side a trace is on plays no part, so that the choice favours no change.
    fn names(&self, subject: Subject) -> Vec<std::sync::Arc<[u8]>> {
        let mut weights = BTreeMap::<_, f64>::new();
        for (name, weight) in self.a.iter().chain(self.b).flat_map(|figures| figures.names(subject)) {
            *weights.entry(name).or_default() += weight;
        }
        let mut names: Vec<_> = weights.into_iter().collect();
        names.sort_by(|(_, one), (_, other)| other.total_cmp(one));
        names.into_iter().map(|(name, _)| name.clone()).collect()
    }
}

/// Corrects the p-values of rows for their number, which is returned. Figures that are the same
/// everywhere could not have shown a change, and so do not count.
fn correct<'r>(rows: impl Iterator<Item = &'r mut Row>) -> usize {
    let (values, slots): (Vec<f64>, Vec<&mut f64>) = rows
        .filter_map(|row| match &mut row.test {
            Test::Tested { p, adjusted } => Some((*p, adjusted)),
            Test::TooFew | Test::AllEqual => None,
        })
        .unzip();
    for (slot, adjusted) in slots.into_iter().zip(adjust(&values)) {
        *slot = adjusted;
    }
    values.len()
}

/// Returns the p-value of sides of `a` and `b` values all of which are apart: two of all the ways
/// to draw one side from both.
fn rank_of_the_farthest(a: usize, b: usize) -> f64 {
    let ways = (1..=b).map(|k| (a + k) as f64 / k as f64).product::<f64>();
    (2.0 / ways).min(1.0)
}
