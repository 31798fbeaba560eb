//! The table for `--follow`: a row for each line, as it comes.

use super::page::{flags, mean, nanos};
use crate::output::Styles;
use gotrace::godebug::{Counted, Entry, Moment, Point, Series};
use gotrace::report::log::why;
use std::io::{self, Write};
use std::sync::Arc;

/// The number of rows between two headings.
const PAGE: u32 = 40;

/// The writer of rows.
pub(super) struct Rows {
    styles: Styles,
    /// The run that each program is in.
    runs: Vec<(Option<Arc<str>>, u32)>,
    rows: u32,
}

impl Rows {
    pub(super) fn new(styles: Styles) -> Rows {
        Rows { styles, runs: Vec::new(), rows: 0 }
    }

    /// Writes a row for an entry, if it has one.
    pub(super) fn entry(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        let at = self.runs.iter().position(|(program, _)| *program == entry.program);
        let at = at.unwrap_or_else(|| {
            self.runs.push((entry.program.clone(), entry.run));
            self.runs.len() - 1
        });
        let several = self.runs.len() > 1;
        let program = entry.program.as_deref().filter(|_| several).map_or(String::new(), |name| format!("{name}  "));
        if let Some((_, run)) = self.runs.get_mut(at).filter(|(_, run)| *run != entry.run) {
            *run = entry.run;
            self.rows = 0;
            writeln!(out, "{program}(the program began anew)")?;
        }
        if !matches!(entry.moment, Moment::Sched(_) | Moment::Gc(_) | Moment::Mixed(_)) {
            return Ok(());
        }
        if self.rows.is_multiple_of(PAGE) && matches!(entry.moment, Moment::Sched(_)) {
            self.heading(out)?;
        }
        write!(out, "{program}")?;
        match &entry.moment {
            Moment::Sched(_) => self.sched(entry, out),
            Moment::Gc(gc) => {
                let dim = self.styles.dim;
                let forced = if gc.forced { " (forced)" } else { "" };
                let paused = gc.clock.pauses().sum();
                let goal = gc.goal.mib().map_or(", no goal".into(), |goal| format!(" of {goal}"));
                writeln!(
                    out,
                    "{dim}{:>9}  gc {}{forced}: {}, stopped {}, heap {} -> {} -> {} MiB{goal}{dim:#}",
                    nanos(entry.time),
                    gc.number,
                    nanos(gc.clock.total()),
                    nanos(paused),
                    gc.heap.start,
                    gc.heap.end,
                    gc.heap.live
                )
            }
            Moment::Mixed(mixed) => writeln!(out, "({})", why(*mixed)),
            _ => Ok(()),
        }
    }

    /// Writes the heading.
    fn heading(&self, out: &mut impl Write) -> io::Result<()> {
        let heading = self.styles.heading;
        let labels = ["time", "Ps", "idle Ps", "threads", "spinning", "idle Ms", "run queue"];
        let [time, ps, idle, threads, spinning, resting, queue] = labels;
        writeln!(
            out,
            "{heading}{time:>9}  {ps:>4}  {idle:>7}  {threads:>7}  {spinning:>8}  {resting:>7}  {queue:>9}  Ps' queues{heading:#}"
        )
    }

    /// Writes the row of a `SCHED` line.
    fn sched(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        let mut one = Series::default();
        one.push(entry);
        let Some(point) = one.total() else { return Ok(()) };
        self.rows += 1;
        let lengths: Vec<String> = point.queues.iter().map(u32::to_string).collect();
        writeln!(
            out,
            "{:>9}  {:>4}  {:>7}  {:>7}  {:>8}  {:>7}  {:>9}  [{}]{}",
            nanos(point.start),
            point.gomaxprocs,
            mean(point.idleprocs),
            mean(point.threads),
            mean(point.spinningthreads),
            mean(point.idlethreads),
            mean(point.runqueue),
            lengths.join(" "),
            rest(&point)
        )
    }
}

/// Returns the end of a row, which only some lines have: goroutines by status, locked
/// goroutines, and fields that are 0 as long as all is well.
fn rest(point: &Point) -> String {
    let mut rest = String::new();
    if let (Some(all), Some(tally)) = (point.goroutines, &point.tally) {
        let states = tally.iter().filter_map(|what| match what {
            Counted::Goroutines(state) => Some(format!("{} {}", tally.count(what).1, state.name())),
            Counted::LockedGoroutines => Some(format!("{} locked to an M", tally.count(what).1)),
            _ => None,
        });
        rest += &format!("  {} goroutines: {}", mean(all), states.collect::<Vec<_>>().join(", "));
    }
    for (name, of) in flags(point) {
        rest += &format!("  {name} {}", of(point).map_or(0, |gauge| gauge.max));
    }
    rest
}
