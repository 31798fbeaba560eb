//! A figure over time.

use crate::analysis::over_time;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// A figure over the time of the trace, as the means of stretches of one length.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct OverTime {
    /// Mean of each stretch, in order of time.
    pub means: Vec<f64>,
    /// Length of a stretch, in nanoseconds.
    pub width: i64,
}

impl OverTime {
    /// Reports the means of a figure over `span` nanoseconds.
    pub(super) fn new(of: &over_time::OverTime, span: i64) -> OverTime {
        OverTime { means: of.means(span).collect(), width: of.width() }
    }
}
