//! A row for each line, as it comes.

use super::page::{mean, nanos};
use crate::output::Styles;
use gotrace::godebug::{Entry, Gauge, Moment, Series};
use std::io::{self, Write};

/// After so many rows the heading comes again.
const PAGE: u32 = 40;

pub(super) struct Rows {
    styles: Styles,
    run: u32,
    rows: u32,
}

impl Rows {
    pub(super) fn new(styles: Styles) -> Rows {
        Rows { styles, run: 0, rows: 0 }
    }

    pub(super) fn entry(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        if entry.run != self.run {
            (self.run, self.rows) = (entry.run, 0);
            writeln!(out, "(the program began anew)")?;
        }
        match &entry.moment {
            Moment::Sched(_) => self.sched(entry, out),
            Moment::Gc(gc) => {
                let dim = self.styles.dim;
                let forced = if gc.forced { " (forced)" } else { "" };
                let paused = gc.clock.pauses().sum();
                writeln!(
                    out,
                    "{dim}{:>9}  gc {}{forced}: {}, stopped {}, heap {} -> {} -> {} MiB of {}{dim:#}",
                    nanos(entry.time),
                    gc.number,
                    nanos(gc.clock.total()),
                    nanos(paused),
                    gc.heap.start,
                    gc.heap.end,
                    gc.heap.live,
                    gc.goal
                )
            }
            _ => Ok(()),
        }
    }

    fn sched(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        let mut one = Series::default();
        one.push(entry);
        let Some(point) = one.total() else { return Ok(()) };
        if self.rows.is_multiple_of(PAGE) {
            let heading = self.styles.heading;
            let labels = ["time", "Ps", "idle", "threads", "spinning", "idle", "run queue"];
            let [time, ps, idle, threads, spinning, resting, queue] = labels;
            writeln!(
                out,
                "{heading}{time:>9}  {ps:>4} {idle:>4}  {threads:>7} {spinning:>8} {resting:>4}  {queue:>9}  Ps' queues{heading:#}"
            )?;
        }
        self.rows += 1;
        let goroutines = |all: Gauge| format!("  {} goroutines", mean(all));
        let lengths: Vec<String> = point.queues.iter().map(u32::to_string).collect();
        writeln!(
            out,
            "{:>9}  {:>4} {:>4}  {:>7} {:>8} {:>4}  {:>9}  [{}]{}",
            nanos(point.start),
            point.gomaxprocs,
            mean(point.idleprocs),
            mean(point.threads),
            mean(point.spinningthreads),
            mean(point.idlethreads),
            mean(point.runqueue),
            lengths.join(" "),
            point.goroutines.map(goroutines).unwrap_or_default()
        )
    }
}
