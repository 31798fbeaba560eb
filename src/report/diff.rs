//! `gotrace diff --json`.

use super::text::text;
use crate::compare::{Comparison, Direction, Figures, Judged, Row, Sample, Test};
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;

/// Comparison of two sides of traces.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct DiffReport<'a> {
    /// Traces in front of `--vs`.
    pub a: ComparedSide,
    /// Corrected p-value up to which a figure is called changed.
    pub alpha: f64,
    /// Traces behind `--vs`.
    pub b: ComparedSide,
    /// Conditions of `--fail-on`.
    pub conditions: Vec<JudgedCondition<'a>>,
    /// Figures that some trace has.
    pub figures: Vec<ComparedFigure<'a>>,
    /// Remarks on what the figures can tell, in words.
    pub notes: Vec<String>,
    /// Number of figures that were tested, which p-values are corrected for.
    pub tested: usize,
}

/// Traces of a side.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ComparedSide {
    /// Files that could not be used.
    pub left_out: Vec<LeftOutTrace>,
    /// Traces, in the order in which they were given.
    pub traces: Vec<ComparedTrace>,
}

/// A trace of a side.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ComparedTrace {
    /// Number of events.
    pub events: u64,
    /// Name of the file.
    pub file: String,
    /// GOMAXPROCS at the end; null if the trace does not say.
    pub gomaxprocs: Option<u64>,
    /// Length of the trace, in nanoseconds.
    pub span: i64,
    /// Time at which the trace begins, in nanoseconds on its clock.
    pub start: i64,
    /// Version of the format of the trace.
    pub version: String,
    /// Defects of the trace that were met.
    pub warnings: Vec<String>,
}

/// A file that could not be used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct LeftOutTrace {
    /// Name of the file.
    pub file: String,
    /// Reason, in words.
    pub why: String,
}

/// A figure of both sides.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct ComparedFigure<'a> {
    /// Values of A.
    pub a: SampleOfSide<'a>,
    /// Values of B.
    pub b: SampleOfSide<'a>,
    /// Change of the median from A to B, as a share of A's: 0.5 if it is half as much again. Null
    /// if a side has no value, or A's median is 0.
    pub change: Option<f64>,
    /// Share of the pairs of a trace of each side in which B's has the larger value, from 0 to
    /// 1; equal ones count half. Null if a side has no value.
    pub larger: Option<f64>,
    /// Name of the metric.
    pub metric: &'static str,
    /// Reason, function or type that the figure is of; null for the program as a whole.
    pub of: Option<Cow<'a, str>>,
    /// p-value of the Mann-Whitney U test of this figure alone, two-sided; null if it was not tested.
    pub p: Option<f64>,
    /// p-value corrected for all figures that were tested; null if it was not tested.
    pub p_adjusted: Option<f64>,
    /// Unit of the values.
    pub unit: &'static str,
    /// Verdict: `changed`; `not told`, which is not to say that nothing changed; `equal` in all
    /// traces; or `not testable` with so few traces.
    pub verdict: &'static str,
}

/// Values of a side.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct SampleOfSide<'a> {
    /// Number of traces that have a value.
    pub count: usize,
    /// Upper end of the interval that holds the true median with a confidence of 1 - `alpha`;
    /// null if there are too few traces for one.
    pub high: Option<f64>,
    /// Lower end of that interval; null likewise.
    pub low: Option<f64>,
    /// Median; null if no trace has a value.
    pub median: Option<f64>,
    /// Value of each trace, in the order of the traces; null for one that does not have it.
    pub values: &'a [Option<f64>],
}

/// A condition, with what came of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct JudgedCondition<'a> {
    /// Condition as `--fail-on` takes it.
    pub condition: String,
    /// Figure that it is about, whose p-value is corrected for the conditions alone.
    pub figure: ComparedFigure<'a>,
    /// True if the condition holds, and so fails the command.
    pub holds: bool,
    /// Limit of the change as a share, with its sign: 0.1 for `>+10%`.
    pub limit: f64,
}

impl<'a> DiffReport<'a> {
    /// Reports a comparison, where corrected p-values up to `alpha` mean a change.
    pub fn new(
        sides: [ComparedSide; 2],
        comparison: &'a Comparison,
        judged: &'a [Judged<'_>],
        notes: &[String],
        alpha: f64,
    ) -> DiffReport<'a> {
        let [a, b] = sides;
        let conditions = judged.iter().map(|judged| JudgedCondition::new(judged, alpha));
        let figures = comparison.rows.iter().map(|row| ComparedFigure::new(row, alpha));
        let (conditions, figures) = (conditions.collect(), figures.collect());
        DiffReport { a, alpha, b, conditions, figures, notes: notes.to_vec(), tested: comparison.tested }
    }
}

impl ComparedSide {
    /// Reports the traces of a side, and the files that could not be used.
    pub fn new(traces: Vec<ComparedTrace>, left_out: Vec<LeftOutTrace>) -> ComparedSide {
        ComparedSide { left_out, traces }
    }
}

impl ComparedTrace {
    /// Reports a trace of a file, with the defects that were met.
    pub fn new(file: &str, version: String, figures: &Figures, warnings: Vec<String>) -> ComparedTrace {
        ComparedTrace {
            events: figures.events,
            file: file.to_owned(),
            gomaxprocs: figures.gomaxprocs,
            span: figures.span(),
            start: figures.start.0,
            version,
            warnings,
        }
    }
}

impl LeftOutTrace {
    /// Reports a file that could not be used, and why.
    pub fn new(file: String, why: String) -> LeftOutTrace {
        LeftOutTrace { file, why }
    }
}

impl<'a> ComparedFigure<'a> {
    fn new(row: &'a Row, alpha: f64) -> ComparedFigure<'a> {
        let (p, p_adjusted) = match row.test {
            Test::Tested { p, adjusted } => (Some(p), Some(adjusted)),
            Test::TooFew | Test::AllEqual => (None, None),
        };
        ComparedFigure {
            a: SampleOfSide::new(&row.a, alpha),
            b: SampleOfSide::new(&row.b, alpha),
            change: row.change(),
            larger: row.larger,
            metric: row.key.metric.name(),
            of: row.key.of.as_deref().map(text),
            p,
            p_adjusted,
            unit: row.key.metric.unit().name(),
            verdict: row.verdict(alpha).name(),
        }
    }
}

impl<'a> SampleOfSide<'a> {
    fn new(sample: &'a Sample, alpha: f64) -> SampleOfSide<'a> {
        let interval = sample.interval(1.0 - alpha);
        SampleOfSide {
            count: sample.count(),
            high: interval.map(|interval| interval.high),
            low: interval.map(|interval| interval.low),
            median: sample.median(),
            values: &sample.values,
        }
    }
}

impl<'a> JudgedCondition<'a> {
    fn new(judged: &'a Judged<'_>, alpha: f64) -> JudgedCondition<'a> {
        let sign = match judged.condition.direction {
            Direction::Up => 1.0,
            Direction::Down => -1.0,
        };
        JudgedCondition {
            condition: judged.condition.to_string(),
            figure: ComparedFigure::new(&judged.row, alpha),
            holds: judged.holds,
            limit: sign * judged.condition.percent / 100.0,
        }
    }
}
