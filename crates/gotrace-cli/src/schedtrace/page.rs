//! The page of a log: a table over time, sparklines and states.

use super::states::States;
use crate::human::{count, duration};
use crate::output::Styles;
use crate::spark::sparkline;
use crate::table;
use gotrace::godebug::{Cycles, Gauge, Point, Series};
use std::io::{self, Write};
use std::time::Duration;

/// The most bars of a sparkline.
const WIDTH: usize = 60;

/// The most Ps that have a line of their own.
const MOST_PS: usize = 32;

/// The page about one program.
pub(crate) struct Page<'a> {
    pub(crate) styles: Styles,
    pub(crate) series: &'a Series,
    pub(crate) total: &'a Point,
    /// The time by which the clock of the `gc` lines is ahead of that of the `SCHED` lines.
    pub(crate) clock_offset: Duration,
}

impl Page<'_> {
    /// Prints the page, with at most `rows` rows in the table.
    pub(crate) fn print(&self, out: &mut impl Write, name: &str, rows: usize) -> io::Result<()> {
        let Styles { heading, dim, .. } = self.styles;
        let runs = u64::from(self.series.points().last().map_or(0, |point| point.run)) + 1;
        let mut about = format!(
            "{} in {}, GOMAXPROCS {}",
            count(self.total.snapshots, "SCHED line"),
            nanos(self.series.span()),
            self.total.gomaxprocs
        );
        if self.total.gc.count > 0 {
            about += &format!(", {}", count(self.total.gc.count, "GC cycle"));
        }
        if runs > 1 {
            about += &format!(", {runs} runs of a program");
        }
        writeln!(out, "{heading}{name}{heading:#}  {dim}{about}{dim:#}")?;
        let states = States { styles: self.styles, series: self.series, total: self.total };
        states.print(out)?;
        self.table(out, rows, runs > 1)?;
        self.sparklines(out)?;
        states.print_counters(out)
    }

    /// Prints the table, with a column for the run if there are several.
    fn table(&self, out: &mut impl Write, rows: usize, several: bool) -> io::Result<()> {
        let points = self.series.condensed(rows);
        let goroutines = self.total.goroutines.is_some();
        let gc = self.total.gc.count > 0;
        let mut header = vec!["time"];
        header.extend(several.then_some("run"));
        // GOMAXPROCS stands above, if it did not change.
        let ps = self.series.points().windows(2).any(|pair| matches!(pair, [a, b] if a.gomaxprocs != b.gomaxprocs));
        header.extend(ps.then_some("Ps"));
        header.extend(["idle Ps", "threads", "spinning", "idle Ms", "run queue", "Ps' queues", "longest"]);
        let flags = flags(self.total);
        header.extend(flags.iter().map(|(name, _)| *name));
        header.extend(goroutines.then_some("goroutines"));
        header.push(if gc { "GC" } else { "" });
        let rows = points.iter().map(|point| {
            let longest = point.queues.iter().max().copied().unwrap_or(0);
            let mut row = vec![nanos(point.start)];
            row.extend(several.then(|| point.run.to_string()));
            row.extend(ps.then(|| point.gomaxprocs.to_string()));
            row.extend([
                mean(point.idleprocs),
                mean(point.threads),
                mean(point.spinningthreads),
                mean(point.idlethreads),
                mean(point.runqueue),
                mean(point.local),
                longest.to_string(),
            ]);
            row.extend(flags.iter().map(|(_, of)| of(point).map_or("-".into(), mean)));
            if goroutines {
                row.push(point.goroutines.map_or("-".into(), mean));
            }
            row.push(cycles(&point.gc));
            row
        });
        table::print(out, self.styles, &header, rows)
    }

    /// Prints threads, idle Ps and queues as sparklines.
    fn sparklines(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out)?;
        let points = self.series.condensed(WIDTH);
        let mut lines: Vec<(String, Vec<f64>, Gauge)> = Vec::new();
        let mut line = |name: &str, of: fn(&Point) -> Gauge| {
            lines.push((name.to_string(), points.iter().map(|point| of(point).max as f64).collect(), of(self.total)));
        };
        line("threads", |point| point.threads);
        line("idle Ps", |point| point.idleprocs);
        line("run queue", |point| point.runqueue);
        let ps = self.total.queues.len();
        for p in 0..ps.min(MOST_PS) {
            let length = |point: &Point| point.queues.get(p).copied().unwrap_or(0);
            let lengths = points.iter().map(|point| f64::from(length(point)));
            // Of each P's queue, only the most is kept, not the mean.
            let mut most = Gauge::default();
            most.max = length(self.total).into();
            lines.push((format!("P{p} queue"), lengths.collect(), most));
        }
        let width = lines.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        let dim = self.styles.dim;
        for (name, values, gauge) in &lines {
            let bars = sparkline(values.iter().copied(), gauge.max as f64);
            let mean = if gauge.count > 0 { format!(", mean {}", mean(*gauge)) } else { String::new() };
            writeln!(out, "{name:<width$}  {bars}  {dim}most {}{mean}{dim:#}", gauge.max)?;
        }
        if ps > MOST_PS {
            writeln!(out, "{dim}({} more Ps; --csv has all){dim:#}", ps - MOST_PS)?;
        }
        if self.total.gc.count > 0 && self.clock_offset > Duration::from_millis(1) {
            let offset = nanos(self.clock_offset);
            writeln!(
                out,
                "{dim}GC times are {offset} less than in the gc lines, which count from an earlier start{dim:#}"
            )?;
        }
        Ok(())
    }
}

/// The name of a field, and the function that returns it.
type Flag = (&'static str, fn(&Point) -> Option<Gauge>);

/// Returns those fields that are 0 as long as all is well, and are not 0 here.
pub(super) fn flags(point: &Point) -> Vec<Flag> {
    let all: [Flag; 3] = [
        ("needspinning", |point| point.needspinning),
        ("gcwaiting", |point| point.gcwaiting),
        ("stopwait", |point| point.stopwait),
    ];
    all.into_iter().filter(|(_, field)| field(point).is_some_and(|gauge| gauge.max > 0)).collect()
}

/// Returns the mean, with a digit behind the point if it is small and not whole.
pub(super) fn mean(gauge: Gauge) -> String {
    let mean = gauge.mean();
    if mean.fract() == 0.0 || mean >= 99.95 { format!("{mean:.0}") } else { format!("{mean:.1}") }
}

/// Returns GC cycles in a few words.
pub(super) fn cycles(gc: &Cycles) -> String {
    let Some((first, last)) = gc.numbers else { return String::new() };
    let which = if gc.count == 1 { format!("gc {first}") } else { format!("gc {first}-{last}") };
    let forced = match gc.forced {
        0 => String::new(),
        _ if gc.count == 1 => " (forced)".into(),
        forced => format!(" ({forced} forced)"),
    };
    let (lasted, paused) = (nanos(gc.lasted), nanos(gc.paused));
    format!("{which}{forced}: {lasted}, stopped {paused}, heap {} -> {} MiB", gc.peak, gc.live)
}

/// Returns a duration in a fitting unit.
pub(super) fn nanos(time: Duration) -> String {
    duration(i64::try_from(time.as_nanos()).unwrap_or(i64::MAX))
}
