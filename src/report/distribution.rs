//! A distribution of durations, as all reports show one.

use crate::analysis::durations::Durations;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// A distribution of durations, in nanoseconds. All figures are 0 if there are no
/// durations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Distribution {
    /// Number of durations.
    pub count: u64,
    /// Extremes, mean and quantiles.
    #[serde(flatten)]
    pub figures: Figures,
    /// Sum of all durations, in nanoseconds.
    pub sum: i64,
}

/// A distribution beside a field that has the number of its durations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Spread {
    /// Extremes, mean and quantiles.
    #[serde(flatten)]
    pub figures: Figures,
    /// Sum of all durations, in nanoseconds.
    pub sum: i64,
}

/// Extremes, mean and quantiles of durations, in nanoseconds; quantiles are within 1/128
/// of the true ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct Figures {
    /// Longest, in nanoseconds.
    pub max: i64,
    /// Mean, in nanoseconds, rounded down.
    pub mean: i64,
    /// Shortest, in nanoseconds.
    pub min: i64,
    /// Median, in nanoseconds.
    pub p50: i64,
    /// Length that nine in ten do not exceed, in nanoseconds.
    pub p90: i64,
    /// Length that 99 in 100 do not exceed, in nanoseconds.
    pub p99: i64,
    /// Length that 999 in 1000 do not exceed, in nanoseconds.
    pub p999: i64,
}

impl From<&Durations> for Figures {
    fn from(of: &Durations) -> Figures {
        Figures {
            max: of.max(),
            mean: of.mean(),
            min: of.min(),
            p50: of.quantile(0.5),
            p90: of.quantile(0.9),
            p99: of.quantile(0.99),
            p999: of.quantile(0.999),
        }
    }
}

impl From<&Durations> for Distribution {
    fn from(of: &Durations) -> Distribution {
        Distribution { count: of.count(), figures: of.into(), sum: of.sum() }
    }
}

impl Spread {
    /// Returns the distribution; none if it is empty.
    pub(super) fn unless_empty(of: &Durations) -> Option<Spread> {
        (!of.is_empty()).then(|| Spread { figures: of.into(), sum: of.sum() })
    }
}
