//! The table of figures: the truth, gotrace's figure, and the tolerance.

use std::fmt;

/// The distance from the truth's bounds that a figure may have, and why.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// The share of the lower bound by which the figure may be below it.
    pub below: f64,
    /// The share of the upper bound by which the figure may be above it.
    pub above: f64,
    /// The distance that is allowed besides, in the figure's unit.
    pub more: f64,
    pub why: &'static str,
}

/// No tolerance: for counts, and for bounds that allow for everything.
pub const NONE: Tolerance = Tolerance { below: 0.0, above: 0.0, more: 0.0, why: "" };

/// The row of a figure.
#[derive(Clone, Debug)]
pub struct Row {
    pub report: &'static str,
    pub figure: String,
    pub least: f64,
    pub most: f64,
    /// The figure of gotrace; none if the report does not have it.
    pub ours: Option<f64>,
    pub tolerance: Tolerance,
}

impl Row {
    pub fn is_right(&self) -> bool {
        let Tolerance { below, above, more, .. } = self.tolerance;
        self.ours.is_some_and(|ours| {
            (self.least - self.least.abs() * below - more..=self.most + self.most.abs() * above + more).contains(&ours)
        })
    }
}

impl fmt::Display for Row {
    /// Prints the row with the ratio of the figure to the nearer bound, or 1 within them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { report, figure, least, most, ours, tolerance } = self;
        let truth = if least == most { format!("{least}") } else { format!("{least} to {most}") };
        let (shown, ratio) = match *ours {
            None => ("missing".into(), String::new()),
            Some(ours) => {
                let near = ours.clamp(*least, most.max(*least));
                (format!("{ours}"), if ours == near { "1".into() } else { format!("{:.3}", ours / near) })
            }
        };
        let verdict = if self.is_right() { "" } else { "WRONG" };
        write!(f, "{verdict:<5} {report:<10} {figure:<58} {truth:>30} {shown:>20} {ratio:>8}  ")?;
        let Tolerance { below, above, more, why } = *tolerance;
        if below > 0.0 || above > 0.0 {
            write!(f, "-{:.1}% +{:.1}%", below * 100.0, above * 100.0)?;
        }
        if more > 0.0 {
            write!(f, " ±{more}")?;
        }
        write!(f, " {why}")
    }
}

/// All rows of a trace.
#[derive(Clone, Debug)]
pub struct Table {
    /// The minor version of Go: 21 for Go 1.21.
    pub minor: u32,
    pub rows: Vec<Row>,
}

impl Table {
    pub fn new(minor: u32) -> Table {
        Table { minor, rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row(
        &mut self,
        report: &'static str,
        figure: impl Into<String>,
        (least, most): (f64, f64),
        ours: Option<f64>,
        tolerance: Tolerance,
    ) {
        self.rows.push(Row { report, figure: figure.into(), least, most, ours, tolerance });
    }

    /// Adds a row for a count, which has no tolerance.
    pub fn counted(&mut self, report: &'static str, figure: impl Into<String>, truth: (f64, f64), ours: Option<f64>) {
        self.row(report, figure, truth, ours, NONE);
    }

    /// Adds a row for a time in nanoseconds that is the sum of so many stretches.
    pub fn timed(
        &mut self,
        report: &'static str,
        figure: impl Into<String>,
        truth: (f64, f64),
        ours: Option<f64>,
        stretches: f64,
    ) {
        self.row(report, figure, truth, ours, self.clock(stretches));
    }

    /// Returns the tolerance for the difference of the trace's clock from the program's, over
    /// so many stretches.
    pub fn clock(&self, stretches: f64) -> Tolerance {
        let more = 128.0 * stretches;
        if self.minor > 21 {
            let why = "the trace's clock counts 64 ns, at each end of a stretch";
            return Tolerance { below: 0.0, above: 0.0, more, why };
        }
        let why = "the trace's clock counts 64 ns, its rate measured while it traces";
        Tolerance { below: 0.001, above: 0.001, more, why }
    }

    pub fn wrong(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.is_right())
    }
}
