//! The page of a comparison.

use crate::human::{bytes, count, duration, name, three_digits};
use crate::output::Styles;
use crate::table;
use gotrace::compare::{Comparison, Judged, Row, Sample, Subject, Test, Unit, Verdict};
use gotrace::report::{ComparedSide, ComparedTrace};
use std::io::{self, Write};

/// The page of a comparison.
pub(super) struct Page<'a> {
    pub(super) styles: Styles,
    pub(super) sides: [&'a ComparedSide; 2],
    pub(super) alpha: f64,
}

/// The most files that are named.
const MOST_FILES: usize = 3;

impl Page<'_> {
    /// Prints the page.
    pub(super) fn print(
        &self,
        out: &mut impl Write,
        comparison: &Comparison,
        judged: &[Judged<'_>],
        notes: &[String],
    ) -> io::Result<()> {
        let heading = self.styles.heading;
        for (label, side) in ["A", "B"].into_iter().zip(self.sides) {
            writeln!(out, "{heading}{label}{heading:#}  {}", described(side))?;
        }
        for subject in Subject::ALL {
            let rows = comparison.rows.iter().filter(|row| row.key.metric.subject() == subject);
            let rows = rows.map(|row| self.row(row));
            table::print(out, self.styles, &["A", "", "B", "", "change", "", title(subject)], rows)?;
        }
        if !judged.is_empty() {
            let rows = judged.iter().map(|judged| self.judged(judged));
            table::print(out, self.styles, &["A", "", "B", "", "change", "", "", "condition"], rows)?;
        }
        if !notes.is_empty() {
            writeln!(out)?;
        }
        notes.iter().try_for_each(|note| writeln!(out, "{note}"))
    }

    /// Returns the cells of a figure.
    fn row(&self, row: &Row) -> Vec<String> {
        let shown = match &row.key.of {
            None => row.key.metric.name().to_owned(),
            Some(of) if of.is_empty() => format!("{}: (began before the trace)", row.key.metric),
            Some(of) => format!("{}:{}", row.key.metric, name(of)),
        };
        self.figures(row).into_iter().chain([shown]).collect()
    }

    /// Returns the cells of a condition.
    fn judged(&self, judged: &Judged<'_>) -> Vec<String> {
        let verdict = if judged.holds { "FAILS" } else { "passes" };
        let condition = judged.condition.to_string();
        let end = [verdict.to_owned(), name(condition.as_bytes()).into_owned()];
        self.figures(&judged.row).into_iter().chain(end).collect()
    }

    /// Returns the values of both sides, and the change.
    fn figures(&self, row: &Row) -> [String; 6] {
        let [a, b] = [&row.a, &row.b].map(|sample| self.value(sample, row.key.metric.unit()));
        let ([a, a_spread], [b, b_spread]) = (a, b);
        let (change, why) = self.change(row);
        [a, a_spread, b, b_spread, change, why]
    }

    /// Returns the median of a side, and by how much it may be off.
    fn value(&self, sample: &Sample, unit: Unit) -> [String; 2] {
        let Some(median) = sample.median() else { return ["-".into(), String::new()] };
        let spread = match sample.interval(1.0 - self.alpha) {
            None => "± ∞".into(),
            Some(interval) if interval.low == interval.high => "± 0%".into(),
            Some(_) if median == 0.0 => "± ∞".into(),
            Some(interval) => {
                let off = (interval.high - median).max(median - interval.low) / median.abs();
                format!("± {:.0}%", off * 100.0)
            }
        };
        [shown(median, unit), spread]
    }

    /// Returns the change, and why it is known or not.
    fn change(&self, row: &Row) -> (String, String) {
        let counts = match (row.a.count(), row.b.count()) {
            (a, b) if a == b => format!("n={a}"),
            (a, b) => format!("n={a}+{b}"),
        };
        let p = match row.test {
            Test::Tested { adjusted, .. } => format!("(p={adjusted:.3} {counts})"),
            _ => format!("({counts})"),
        };
        match row.verdict(self.alpha) {
            Verdict::Changed => (percent(row.change()), p),
            Verdict::Equal => ("equal".into(), p),
            Verdict::NotTestable => (percent(row.change()), format!("not testable {p}")),
            _ => ("~".into(), p),
        }
    }
}

/// Returns what a table is about.
fn title(subject: Subject) -> &'static str {
    match subject {
        Subject::Program => "the program",
        Subject::Reason => "goroutines blocked, by reason",
        Subject::Function => "goroutines that began with",
        Subject::TaskType => "tasks",
        Subject::RegionType => "regions",
        _ => "others",
    }
}

/// Returns a side in words.
fn described(side: &ComparedSide) -> String {
    let spans = Sample::new(side.traces.iter().map(|trace| Some(trace.span as f64)).collect());
    let span = spans.median().map_or(String::new(), |span| format!(" of {}", duration(span as i64)));
    let versions = distinct(&side.traces, |trace| Some(trace.version.clone()));
    let procs = distinct(&side.traces, |trace| trace.gomaxprocs.map(|procs| procs.to_string()));
    let procs = if procs.is_empty() { procs } else { format!(", GOMAXPROCS {procs}") };
    let mut files: Vec<_> = side.traces.iter().map(|trace| trace.file.as_str()).take(MOST_FILES).collect();
    if side.traces.len() > MOST_FILES {
        files.push("...");
    }
    let traces = count(side.traces.len() as u64, "trace");
    format!("{traces}{span}, {versions}{procs}: {}", files.join(", "))
}

/// Returns the different values of a fact, in the order of the traces.
fn distinct(traces: &[ComparedTrace], fact: impl Fn(&ComparedTrace) -> Option<String>) -> String {
    let mut all: Vec<String> = Vec::new();
    for value in traces.iter().filter_map(fact) {
        if !all.contains(&value) {
            all.push(value);
        }
    }
    all.join(" and ")
}

/// Returns a value in its unit.
fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Share => format!("{}%", three_digits(value * 100.0)),
        Unit::Nanos => duration(value.round() as i64),
        Unit::Bytes => bytes(value.round() as u64),
        Unit::PerSecond => format!("{}/s", thousands(value)),
        Unit::PerSecondAndProc => format!("{}/s/P", thousands(value)),
        Unit::GoroutinesPerProc => format!("{}/P", thousands(value)),
        _ => thousands(value),
    }
}

/// Returns a number to three digits, in thousands or millions if it is that large.
fn thousands(value: f64) -> String {
    match value.abs() {
        m if m < 9_999.5 => three_digits(value),
        m if m < 999_500.0 => format!("{}k", three_digits(value / 1e3)),
        _ => format!("{}M", three_digits(value / 1e6)),
    }
}

/// Returns a change in percent, with its sign.
fn percent(change: Option<f64>) -> String {
    match change {
        None => "?".into(),
        Some(change) if change.abs() < 10.0 => format!("{:+.1}%", change * 100.0),
        Some(change) => format!("{:+.0}%", change * 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_units() {
        for (value, unit, text) in [
            (0.4567, Unit::Share, "45.7%"),
            (0.0012, Unit::Share, "0.12%"),
            (1_234_567.4, Unit::Nanos, "1.23 ms"),
            (3.0 * 1024.0 * 1024.0, Unit::Bytes, "3.00 MiB"),
            (1234.5, Unit::PerSecond, "1234/s"),
            (12_345.6, Unit::PerSecondAndProc, "12.3k/s/P"),
            (2_345_678.0, Unit::PerSecond, "2.35M/s"),
            (2.3456, Unit::Goroutines, "2.35"),
            (0.5, Unit::GoroutinesPerProc, "0.50/P"),
        ] {
            assert_eq!(shown(value, unit), text);
        }
        let changes = [Some(0.1234), Some(-0.5), Some(0.0), Some(12.3456), None].map(percent);
        assert_eq!(changes, ["+12.3%", "-50.0%", "+0.0%", "+1235%", "?"]);
    }
}
