//! Comparison of two sides of traces, such as two releases: which figures changed, and for which
//! that cannot be told.
//!
//! ```text
//! trace ──questions()──> Figures ──┐
//! trace ──questions()──> Figures ──┼─> Sides ──> Comparison: a Row for each figure
//! trace ──questions()──> Figures ──┘        └──> Judged: a verdict for each Condition
//! ```
//!
//! The trace is the sample: a thousand waits in one trace are one observation of a run. A
//! figure is one number of a trace, per second or per P where its size depends on how long
//! the trace is or how many Ps there are. With four traces or more on each side, figures are compared by the
//! [Mann-Whitney U test](rank_sum), corrected for [many comparisons](adjust); with fewer there
//! is the size of the change, and no verdict.
//!
//! ```
//! # let bytes = include_bytes!("../testdata/traces/go1.27/mixed.trace");
//! use gotrace::compare::{Figures, Sides, Verdict, questions};
//!
//! let trace = gotrace::Trace::parse(bytes)?;
//! let figures = [Figures::new(trace.analyze(questions())?.output)];
//! let sides = Sides::new(&figures, &figures);
//! let comparison = sides.compare(5, 0.05);
//! // Of one trace on a side nothing can be told.
//! assert!(comparison.rows.iter().all(|row| row.verdict(0.05) == Verdict::NotTestable));
//! # Ok::<(), gotrace::Error>(())
//! ```

mod adjust;
mod condition;
mod figures;
mod median;
mod metric;
mod rank_sum;
mod row;
mod sides;
#[cfg(test)]
mod tests;

pub use adjust::adjust;
pub use condition::{Condition, ConditionError, Direction};
pub use figures::{Answers, Figures, Questions, questions};
pub use median::{Interval, interval, median};
pub use metric::{Key, Metric, Subject, Unit};
pub use rank_sum::{RankSum, rank_sum};
pub use row::{MIN_TRACES, Row, Sample, Test, Verdict};
pub use sides::{Comparison, Judged, NoFigure, Side, Sides};
