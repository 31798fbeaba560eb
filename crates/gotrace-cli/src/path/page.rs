//! The page of `gotrace path`.

use super::{Found, Options};
use crate::human::{duration, moment, name, number, percent};
use crate::output::Styles;
use crate::table;
use gotrace::Time;
use gotrace::export::folded;
use gotrace::report::{PathCause, PathComparison, PathPart, PathReport, PathSegment, PathStep, PathTree};
use std::fmt::Write as _;
use std::io::{self, Write};

/// The page about paths.
pub(super) struct Page<'a> {
    pub(super) options: &'a Options,
    pub(super) found: &'a Found,
    /// Start of the trace, from which moments count.
    pub(super) start: Time,
    pub(super) styles: Styles,
}

impl Page<'_> {
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        self.all(out)?;
        for (place, path) in self.found.paths.iter().enumerate() {
            if place > 0 || self.found.comparison.is_some() {
                writeln!(out)?;
            }
            self.path(out, path)?;
        }
        Ok(())
    }

    /// Prints how long all tasks or regions took, and the typical ones beside the slow.
    fn all(&self, out: &mut impl Write) -> io::Result<()> {
        let (Some(all), Some(comparison)) = (&self.found.durations, &self.found.comparison) else { return Ok(()) };
        let heading = self.styles.heading;
        let (_, several) = self.options.subject();
        let asked = self.options.region.as_ref().or(self.options.task.as_ref());
        let kind = asked.map_or_else(String::new, |asked| format!(" {}", name(asked.as_bytes())));
        let [p50, p99, max] = [all.quantile(0.5), all.quantile(0.99), all.max()].map(duration);
        writeln!(
            out,
            "{heading}{} {several}{kind}{heading:#}: p50 {p50}, p99 {p99}, longest {max}",
            number(all.count())
        )?;
        let PathComparison { typical, slow, .. } = comparison;
        let mut rows = Vec::new();
        compare(&mut rows, self.options, (&typical.parts, &slow.parts), (typical, slow), 0);
        let header = ["typical", "slow", "more", "where the time of one went, on average"];
        table::print(out, self.styles, &header, rows)?;
        writeln!(
            out,
            "\n(typical: {}, from the 40th to the 60th percentile; slow: {}, from the 99th on)",
            number(typical.count),
            number(slow.count)
        )?;
        match &slow.causes {
            Some(causes) => self.what_if(out, causes, slow.count, "a slow one, on average"),
            None => Ok(()),
        }
    }

    /// Prints how long so many paths would take at least without each of their causes, on average.
    fn what_if(&self, out: &mut impl Write, causes: &[PathCause], count: u64, of: &str) -> io::Result<()> {
        let all = causes.iter().fold(0, |sum: i64, cause| sum.saturating_add(cause.nanos));
        let mean = |nanos: i64| duration(nanos / (count.max(1) as i64));
        let (first, rest) = causes.split_at(shown(self.options, causes.iter().map(|cause| cause.nanos), all));
        let mut rows: Vec<_> = first
            .iter()
            .map(|cause| {
                let PathCause { step, function, place, reason, .. } = cause;
                let words = Words { step: *step, function, place, reason, is_guess: false };
                vec![mean(cause.at_least), mean(cause.nanos), words.text()]
            })
            .collect();
        if !rest.is_empty() {
            let nanos = rest.iter().fold(0, |sum: i64, cause| sum.saturating_add(cause.nanos));
            rows.push(vec![mean(all - nanos), mean(nanos), format!("({} more; --top 0 shows all)", rest.len())]);
        }
        let took = format!("if this took no time ({of})");
        table::print(out, self.styles, &["at least", "wins at most", &took], rows)
    }

    /// Prints a path as a tree.
    fn path(&self, out: &mut impl Write, path: &PathReport) -> io::Result<()> {
        let heading = self.styles.heading;
        let function = path.function.as_deref().unwrap_or("(unknown)");
        let subject = match (self.options.subject().0, path.task) {
            ("task", Some(task)) => format!("task {task} on goroutine {}", path.goroutine),
            ("region", Some(task)) => format!("region of task {task} on goroutine {}", path.goroutine),
            ("region", None) => format!("region on goroutine {}", path.goroutine),
            _ => format!("goroutine {}", path.goroutine),
        };
        let cut = if path.is_complete == Some(false) { ", cut off by the trace's ends" } else { "" };
        let from = moment(path.start - self.start.0);
        writeln!(
            out,
            "{heading}{subject}{heading:#} ({}): {} from {from} on{cut}",
            name(function.as_bytes()),
            duration(path.nanos)
        )?;
        let mut rows = Vec::new();
        tree(&mut rows, self.options, &path.parts, path.nanos, 0);
        table::print(out, self.styles, &["share", "time", "times", "where it went"], rows)?;
        if let Some(causes) = &path.causes {
            self.what_if(out, causes, 1, "this one")?;
        }
        if let Some(segments) = &path.segments {
            let rows = segments.iter().map(|segment| self.segment(segment));
            table::print(out, self.styles, &["since", "took", "goroutine", "what it did"], rows)?;
        }
        Ok(())
    }

    fn segment(&self, segment: &PathSegment) -> Vec<String> {
        let PathSegment { step, function, place, reason, .. } = segment;
        let words = Words { step: *step, function, place, reason, is_guess: false };
        let mut text = format!("{}{}", "  ".repeat(segment.depth), words.text());
        if let Some(proc) = segment.proc {
            _ = write!(text, ", then ran on P{proc}");
        }
        if let Some(behind) = segment.behind {
            _ = write!(text, ", behind goroutine {behind}");
        }
        vec![moment(segment.start - self.start.0), duration(segment.nanos), format!("G{}", segment.goroutine), text]
    }

    /// Prints lines for a flame graph.
    pub(super) fn folded(&self, out: &mut impl Write) -> io::Result<()> {
        for path in &self.found.paths {
            let subject = match (self.options.subject().0, path.task) {
                ("task", Some(task)) => format!("task {task}"),
                (subject, _) => format!("{subject} {}", path.goroutine),
            };
            fold(out, &path.parts, subject.as_bytes())?;
        }
        Ok(())
    }
}

fn fold(out: &mut impl Write, parts: &[PathPart], above: &[u8]) -> io::Result<()> {
    for part in parts {
        let mut steps = above.to_vec();
        folded::step(&mut steps, Words::of(part).text().as_bytes());
        match part.parts.is_empty() {
            true => folded::line(out, &steps, part.nanos)?,
            false => fold(out, &part.parts, &steps)?,
        }
    }
    Ok(())
}

/// Returns how many of some parts are shown, the longest first: not those below half a
/// percent of all.
fn shown(options: &Options, parts: impl Iterator<Item = i64>, all: i64) -> usize {
    match options.top {
        0 => parts.count(),
        top => parts.take(top).take_while(|nanos| nanos.saturating_mul(200) >= all).count(),
    }
}

/// Returns whether parts of parts are shown at a depth.
fn goes_on(options: &Options, depth: usize) -> bool {
    options.depth == 0 || depth < options.depth
}

/// Adds the rows of a tree.
fn tree(rows: &mut Vec<Vec<String>>, options: &Options, parts: &[PathPart], all: i64, depth: usize) {
    let (first, rest) = parts.split_at(shown(options, parts.iter().map(|part| part.nanos), all));
    for part in first {
        let text = format!("{}{}", "  ".repeat(depth), Words::of(part).text());
        rows.push(vec![percent(part.nanos, all), duration(part.nanos), number(part.count), text]);
        if goes_on(options, depth) {
            tree(rows, options, &part.parts, all, depth + 1);
        }
    }
    if !rest.is_empty() {
        let nanos = rest.iter().fold(0, |sum: i64, part| sum.saturating_add(part.nanos));
        let text = format!("{}({} more; --top 0 shows all)", "  ".repeat(depth), rest.len());
        rows.push(vec![percent(nanos, all), duration(nanos), String::new(), text]);
    }
}

/// Adds the rows of two trees beside each other: the parts that differ most first.
fn compare(
    rows: &mut Vec<Vec<String>>,
    options: &Options,
    (typical, slow): (&[PathPart], &[PathPart]),
    (of, slow_of): (&PathTree, &PathTree),
    depth: usize,
) {
    let is_same = |a: &PathPart, b: &PathPart| Words::of(a).text() == Words::of(b).text();
    let mut pairs: Vec<(Option<&PathPart>, Option<&PathPart>)> =
        slow.iter().map(|part| (typical.iter().find(|other| is_same(part, other)), Some(part))).collect();
    let only = typical.iter().filter(|part| !slow.iter().any(|other| is_same(part, other)));
    pairs.extend(only.map(|part| (Some(part), None)));
    let mean = |part: Option<&PathPart>, of: &PathTree| part.map_or(0, |part| part.nanos / of.count.max(1) as i64);
    let means = |&(a, b): &(Option<&PathPart>, Option<&PathPart>)| (mean(a, of), mean(b, slow_of));
    pairs.sort_by_key(|pair| {
        let (typical, slow) = means(pair);
        std::cmp::Reverse(slow.max(typical))
    });
    let all = [(of.nanos, of.count), (slow_of.nanos, slow_of.count)].map(|(nanos, count)| nanos / count.max(1) as i64);
    let [_, all] = all.map(|mean| mean.max(1));
    let longest = |pair| {
        let (typical, slow): (i64, i64) = means(pair);
        typical.max(slow)
    };
    let (first, rest) = pairs.split_at(shown(options, pairs.iter().map(longest), all));
    let row = |(typical, slow): (i64, i64), text: String| {
        let more = slow - typical;
        let sign = if more < 0 { "-" } else { "+" };
        vec![duration(typical), duration(slow), format!("{sign}{}", duration(more.abs())), text]
    };
    for pair in first {
        let Some(part) = pair.1.or(pair.0) else { continue };
        rows.push(row(means(pair), format!("{}{}", "  ".repeat(depth), Words::of(part).text())));
        if goes_on(options, depth) {
            let below = |part: Option<&'_ PathPart>| part.map_or(Vec::new(), |part| part.parts.clone());
            compare(rows, options, (&below(pair.0), &below(pair.1)), (of, slow_of), depth + 1);
        }
    }
    if !rest.is_empty() {
        let sum = rest.iter().map(means).fold((0, 0), |(a, b), (typical, slow)| (a + typical, b + slow));
        rows.push(row(sum, format!("{}({} more; --top 0 shows all)", "  ".repeat(depth), rest.len())));
    }
}

/// Step of a part or a segment, to be put in words.
struct Words<'a> {
    step: PathStep,
    function: &'a Option<String>,
    place: &'a Option<String>,
    reason: &'a Option<String>,
    is_guess: bool,
}

impl<'a> Words<'a> {
    fn of(part: &'a PathPart) -> Words<'a> {
        let PathPart { step, function, place, reason, is_guess, .. } = part;
        Words { step: *step, function, place, reason, is_guess: *is_guess == Some(true) }
    }

    /// Returns the step in words.
    fn text(&self) -> String {
        let shown = |of: &Option<String>| of.as_deref().map(|of| name(of.as_bytes()).into_owned());
        let function = shown(self.function).unwrap_or_else(|| "(unknown function)".into());
        let (place, reason) = (shown(self.place), shown(self.reason));
        let within = place.as_ref().map_or(String::new(), |place| format!(" in {place}"));
        let reason = reason.map_or(String::new(), |reason| format!(" ({reason})"));
        match self.step {
            PathStep::Running => {
                let until = place.filter(|place| *place != function);
                format!("{function} running{}", until.map_or(String::new(), |until| format!(", until {until}")))
            }
            PathStep::MarkAssist => format!("{function} assisting the collector"),
            PathStep::Runnable => format!("{function} waiting for a P"),
            PathStep::StopTheWorld => format!("the world stopped{reason}"),
            PathStep::Syscall => format!("in a system call{within}"),
            PathStep::Waiting => format!("waiting{reason}{within}"),
            PathStep::Woken => {
                let mark = if self.is_guess { "?" } else { "" };
                format!("waiting{reason}{within}, woken by {function}{mark}")
            }
            PathStep::Created => format!("yet to be created by {function}"),
            _ => "nothing is known".into(),
        }
    }
}
