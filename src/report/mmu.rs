//! `gotrace mmu --json`.

use crate::analysis::mmu::Curve;
#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Serialize;

/// Quantiles of Go's plot: 100%, 99.9%, 99% and 95% of windows reach at least these.
const QUANTILES: [f64; 4] = [0.0, 1.0 - 0.999, 1.0 - 0.99, 1.0 - 0.95];

/// Minimum mutator utilization: the least share of the processors that the program had in
/// any window of a length. Shares are from 0 to 1.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct MmuReport {
    /// Number of changes of the utilization.
    pub changes: usize,
    /// Time up to which the utilization is known, in nanoseconds on the trace's clock.
    pub end: i64,
    /// Shares of windows that the quantiles of each length belong to, from 0 to 1.
    pub quantiles: Vec<f64>,
    /// Time from which the utilization is known, in nanoseconds on the trace's clock.
    pub start: i64,
    /// Windows by length.
    pub windows: Vec<WindowLength>,
}

/// The windows of one length.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct WindowLength {
    /// Utilization of the worst window, from 0 to 1.
    pub mmu: f64,
    /// Utilization that each share of windows does not exceed, from 0 to 1.
    pub quantiles: Vec<f64>,
    /// Length in nanoseconds.
    pub window: i64,
    /// Worst windows that do not overlap, the worst first.
    pub worst: Vec<WorstWindow>,
}

/// A window among the worst.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[non_exhaustive]
pub struct WorstWindow {
    /// Time at which it begins, in nanoseconds on the trace's clock.
    pub time: i64,
    /// Share of the processors that the program had in it, from 0 to 1.
    pub utilization: f64,
}

impl MmuReport {
    /// Reports windows of some lengths, in nanoseconds, with the `worst` ones of each.
    pub fn new(curve: &Curve, windows: &[i64], worst: usize) -> MmuReport {
        let (start, end) = curve.span();
        MmuReport {
            changes: curve.points().map(<[_]>::len).sum(),
            end,
            quantiles: QUANTILES.to_vec(),
            start,
            windows: windows.iter().map(|&window| WindowLength::new(curve, window, worst)).collect(),
        }
    }
}

impl WindowLength {
    fn new(curve: &Curve, window: i64, worst: usize) -> WindowLength {
        let worst = curve.worst(window, worst);
        WindowLength {
            mmu: curve.mmu(window),
            quantiles: curve.quantiles(window, &QUANTILES),
            window,
            worst: worst.iter().map(|w| WorstWindow { time: w.time, utilization: w.utilization }).collect(),
        }
    }
}
