//! States of Gs, Ps and Ms, from the blocks that `scheddetail` prints.

use super::page::nanos;
use crate::human::{count, name};
use crate::output::Styles;
use crate::spark::sparkline;
use crate::table;
use gotrace::godebug::{Activity, Counted, GoroutineState, Point, ProcStatus, ProcTotal, Series, Tally};
use std::io::{self, Write};
use std::time::Duration;

/// The most bars of a sparkline, so that a row fits 80 columns.
const WIDTH: usize = 24;

/// The most wait reasons that have a row of their own.
const MOST_REASONS: usize = 10;

/// The most Ps that have a row of their own.
const MOST_PS: usize = 32;

/// The most locked goroutines that have a row of their own.
const MOST_LOCKED: usize = 8;

/// The part of the page about states: over time, of each P, and the locked goroutines.
pub(super) struct States<'a> {
    pub(super) styles: Styles,
    pub(super) series: &'a Series,
    pub(super) total: &'a Point,
}

impl States<'_> {
    /// Prints the states, if the log has `scheddetail` blocks. They come first on the page,
    /// as a user who asks for such blocks wants to see them.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let Some(tally) = &self.total.tally else { return Ok(()) };
        self.over_time(tally, out)?;
        self.procs(out)?;
        self.locked(out)
    }

    /// Prints the Ps' counters that lines without detail have since Go 1.25.
    pub(super) fn print_counters(&self, out: &mut impl Write) -> io::Result<()> {
        if self.total.tally.is_some() { Ok(()) } else { self.procs(out) }
    }

    /// Prints how many Gs, Ps and Ms were in each state over time.
    fn over_time(&self, tally: &Tally, out: &mut impl Write) -> io::Result<()> {
        let points = self.series.condensed(WIDTH);
        let last = self.series.points().iter().rev().find_map(|point| point.tally.as_ref());
        let count_in = |tally: Option<&Tally>, what: &Counted| tally.map_or((0.0, 0), |tally| tally.count(what));
        let row = |what: &Counted, label: String| {
            let (mean, most) = tally.count(what);
            let values = points.iter().map(|point| count_in(point.tally.as_ref(), what).1 as f64);
            vec![figure(mean), most.to_string(), figure(count_in(last, what).0), sparkline(values, most as f64), label]
        };
        let mut rows = Vec::new();
        let mut reasons: Vec<&Counted> = tally.iter().filter(|what| matches!(what, Counted::Waiting(_))).collect();
        let more = reasons.split_off(reasons.len().min(MOST_REASONS)).len();
        for what in tally.iter() {
            match what {
                Counted::Goroutines(state) => {
                    rows.push(row(what, format!("Gs {}", named(state.name()))));
                    if *state == GoroutineState::Waiting {
                        rows.extend(reasons.iter().map(|what| row(what, reason(what))));
                        if more > 0 {
                            let rest = format!("  ({} more; --csv has all)", count(more as u64, "reason"));
                            rows.push(vec![String::new(), String::new(), String::new(), String::new(), rest]);
                        }
                    }
                }
                Counted::Procs(status) => rows.push(row(what, format!("Ps {}", named(status.name())))),
                Counted::Threads(activity) => rows.push(row(what, format!("Ms {}", doing(*activity)))),
                Counted::LockedGoroutines => rows.push(row(what, "Gs locked to an M".into())),
                _ => {}
            }
        }
        table::print(out, self.styles, &["mean", "most", "last", "over time", "what"], rows)?;
        let dim = self.styles.dim;
        for (rate, what) in [
            (self.total.ticked.and_then(|ticked| ticked.schedtick_rate()), "goroutines picked to run (schedtick)"),
            (self.total.ticked.and_then(|ticked| ticked.syscalltick_rate()), "system calls ended (syscalltick)"),
        ] {
            if let Some(rate) = rate {
                writeln!(out, "{dim}{} {what} a second, all Ps together{dim:#}", figure(rate))?;
            }
        }
        Ok(())
    }

    /// Prints a row for each P: a stuck P has the same schedtick in line after line.
    fn procs(&self, out: &mut impl Write) -> io::Result<()> {
        let procs = self.series.ticks().procs();
        if procs.iter().all(|p| p.time.is_zero()) {
            return Ok(());
        }
        let detailed = procs.iter().any(|p| !p.statuses.is_empty());
        let mut header = vec!["P"];
        let shown: &[ProcStatus] =
            &[ProcStatus::Running, ProcStatus::Syscall, ProcStatus::Idle, ProcStatus::GcStop, ProcStatus::Dead];
        let shown: Vec<ProcStatus> =
            shown.iter().copied().filter(|status| procs.iter().any(|p| p.share(*status) > 0.0)).collect();
        header.extend(shown.iter().map(|status| status.name()));
        header.push("schedtick/s");
        if detailed {
            header.extend(["syscalltick/s", "stood still"]);
        }
        header.extend(["most queued", ""]);
        let rate = |rate: Option<f64>| rate.map_or("-".into(), figure);
        let row = |(id, p): (usize, &ProcTotal)| {
            let mut row = vec![id.to_string()];
            row.extend(shown.iter().map(|status| format!("{:.0}%", p.share(*status) * 100.0)));
            row.push(rate(p.schedtick_rate()));
            if detailed {
                row.push(rate(p.syscalltick_rate()));
                row.push(if p.stood_still == Duration::ZERO { "-".into() } else { nanos(p.stood_still) });
            }
            row.extend([p.longest_queue.to_string(), String::new()]);
            row
        };
        table::print(out, self.styles, &header, procs.iter().enumerate().take(MOST_PS).map(row))?;
        let dim = self.styles.dim;
        if let Some(more @ 1..) = procs.len().checked_sub(MOST_PS) {
            writeln!(out, "{dim}({more} more Ps; --csv has all){dim:#}")?;
        }
        if detailed {
            writeln!(
                out,
                "{dim}stood still: the longest that one goroutine, or system call, had it from line to line{dim:#}"
            )?;
        }
        Ok(())
    }

    /// Prints the goroutines that are locked to a thread.
    fn locked(&self, out: &mut impl Write) -> io::Result<()> {
        let locked = self.series.locked();
        if locked.is_empty() {
            return Ok(());
        }
        let all = count(locked.len() as u64, "goroutine");
        writeln!(out, "\n{all} locked to a thread in the last block:")?;
        for g in locked.iter().take(MOST_LOCKED) {
            let m = g.lockedm.map_or(0, |m| m.0);
            let why = if g.status.state == GoroutineState::Waiting && !g.wait_reason.is_empty() {
                format!(" ({})", name(g.wait_reason.as_bytes()))
            } else {
                String::new()
            };
            writeln!(out, "  G{} to M{m}: {}{why}", g.id, g.status)?;
        }
        let dim = self.styles.dim;
        match locked.len().checked_sub(MOST_LOCKED) {
            Some(more @ 1..) => writeln!(out, "{dim}  ({more} more; --json has all){dim:#}"),
            _ => Ok(()),
        }
    }
}

/// Returns the label of a status.
fn named(status: &str) -> &str {
    if status.is_empty() { "of an unknown status" } else { status }
}

/// Returns the label of a wait reason.
fn reason(what: &Counted) -> String {
    match what {
        Counted::Waiting(reason) if !reason.is_empty() => format!("   {}", name(reason.as_bytes())),
        _ => "   for an unknown reason".into(),
    }
}

/// Returns the label of what an M does.
fn doing(activity: Activity) -> &'static str {
    match activity {
        Activity::Running => "running a G",
        Activity::Syscall => "in a system call",
        Activity::Spinning => "spinning",
        Activity::Scheduling => "scheduling",
        Activity::Locked => "locked, and their G waits",
        Activity::Idle => "idle",
        _ => "other (sysmon)",
    }
}

/// Returns a mean or a rate, with a digit behind the point if it is small and not whole.
fn figure(value: f64) -> String {
    if value.fract() == 0.0 || value >= 99.95 { format!("{value:.0}") } else { format!("{value:.1}") }
}
