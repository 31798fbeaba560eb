//! CSV with a row for each `SCHED` line.

use crate::programs::ByProgram;
use gotrace::godebug::{
    Activity, Census, Counted, Detail, Entry, Gc, GoroutineState, Moment, ProcStatus, Snapshot, Ticked, Ticks,
};
use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

const COLUMNS: &str = "run,line,time_ns,gomaxprocs,idleprocs,threads,spinningthreads,needspinning,idlethreads,\
                       runqueue,local_runnable,queues,schedticks,gcwaiting,nmidlelocked,stopwait,sysmonwait,\
                       goroutines,gc_cycles,gc_paused_ns,gc_live_bytes,\
                       schedticks_per_second,syscallticks_per_second,\
                       goroutines_runnable,goroutines_running,goroutines_syscall,goroutines_waiting,goroutines_other,\
                       wait_reasons,procs_idle,procs_running,procs_syscall,procs_gcstop,procs_other,\
                       threads_running,threads_syscall,threads_spinning,threads_scheduling,threads_locked,\
                       threads_idle,threads_other,locked_goroutines,program";
/// The number of columns that only `scheddetail` fills.
const DETAILS: usize = 19;

/// The writer of rows, which keeps the state of each program.
#[derive(Default)]
pub(super) struct Rows(ByProgram<Pending>);

/// The row that is held back until the next `SCHED` line, so that the GC cycles between the
/// two can be counted in it.
#[derive(Default)]
struct Pending {
    row: Option<String>,
    /// The cells behind those of the GC.
    rest: String,
    ticks: Ticks,
    cycles: u64,
    paused: Duration,
    live: Option<u64>,
}

impl Rows {
    /// Writes the names of the columns.
    pub(super) fn header(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{COLUMNS}")
    }

    /// Takes an entry, and writes the row that it completes.
    pub(super) fn entry(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        self.0.of_any(entry).entry(entry, out)
    }

    /// Writes the rows that are held back.
    pub(super) fn finish(self, out: &mut impl Write) -> io::Result<()> {
        self.0.into_iter().try_for_each(|mut program| program.value.flush(out))
    }
}

impl Pending {
    /// Takes an entry, and writes the row that it completes.
    fn entry(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        let ticked = self.ticks.push(entry);
        match &entry.moment {
            Moment::Sched(snapshot) => {
                self.flush(out)?;
                let program = quoted(entry.program.as_deref().unwrap_or_default());
                self.rest = format!("{},{program}", rest(snapshot, ticked));
                self.row = Some(row(entry, snapshot));
            }
            Moment::Gc(gc) => self.gc(gc),
            _ => {}
        }
        Ok(())
    }

    /// Counts a GC cycle in the row that is held back.
    fn gc(&mut self, gc: &Gc<'_>) {
        self.cycles += 1;
        self.paused = gc.clock.pauses().fold(self.paused, Duration::saturating_add);
        self.live = Some(gc.heap.live.saturating_mul(1 << 20));
    }

    /// Writes the row that is held back, if there is one.
    fn flush(&mut self, out: &mut impl Write) -> io::Result<()> {
        let Some(row) = self.row.take() else { return Ok(()) };
        let (paused, live, rest) = (self.paused.as_nanos(), optional(self.live), &self.rest);
        writeln!(out, "{row},{},{paused},{live},{rest}", self.cycles)?;
        (self.cycles, self.paused, self.live) = (0, Duration::ZERO, None);
        Ok(())
    }
}

/// Returns the cells in front of those of the GC.
fn row(entry: &Entry, snapshot: &Snapshot) -> String {
    let sched = &snapshot.sched;
    let list = |values: &mut dyn Iterator<Item = u32>| values.map(|v| v.to_string()).collect::<Vec<_>>().join(" ");
    let queues = list(&mut snapshot.queues());
    let ticks = list(&mut snapshot.schedticks());
    let local: u64 = snapshot.queues().map(u64::from).sum();
    let detail = match sched.detail {
        Detail::Block { gcwaiting, nmidlelocked, stopwait, sysmonwait } => {
            format!("{gcwaiting},{nmidlelocked},{stopwait},{sysmonwait}")
        }
        Detail::Summary(_) => ",,,".into(),
    };
    format!(
        "{},{},{},{},{},{},{},{},{},{},{local},{queues},{ticks},{detail},{}",
        entry.run,
        entry.line,
        entry.time.as_nanos(),
        sched.gomaxprocs,
        sched.idleprocs,
        sched.threads,
        sched.spinningthreads,
        optional(sched.needspinning),
        sched.idlethreads,
        sched.runqueue,
        optional(snapshot.alive()),
    )
}

/// Returns a text as a cell, in quotes if it needs them.
pub(crate) fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_string(),
    }
}

/// Returns the cells behind those of the GC: rates, and the counts of a `scheddetail` block.
fn rest(snapshot: &Snapshot, ticked: Option<Ticked>) -> String {
    let rate = |rate: Option<f64>| rate.map_or_else(String::new, |rate| format!("{rate:.1}"));
    let rates =
        [ticked.and_then(|ticked| ticked.schedtick_rate()), ticked.and_then(|ticked| ticked.syscalltick_rate())];
    let mut cells: Vec<String> = rates.into_iter().map(rate).collect();
    match snapshot.census() {
        Some(census) => cells.extend(details(&census)),
        None => cells.resize(cells.len() + DETAILS, String::new()),
    }
    cells.join(",")
}

/// Returns the counts of goroutines, Ps and Ms by state as cells.
fn details(census: &Census) -> Vec<String> {
    use {Activity as A, GoroutineState as G, ProcStatus as P};
    let goroutines = [G::Runnable, G::Running, G::Syscall, G::Waiting].map(Counted::Goroutines);
    let procs = [P::Idle, P::Running, P::Syscall, P::GcStop].map(Counted::Procs);
    let threads = [A::Running, A::Syscall, A::Spinning, A::Scheduling, A::Locked, A::Idle, A::Other];
    let number = |what: &Counted| census.count(what).to_string();
    let others = |known: &[Counted], is: fn(&Counted) -> bool| {
        let others = census.iter().filter(|(what, _)| is(what) && !known.contains(what));
        others.map(|(_, count)| count).sum::<u64>().to_string()
    };
    let mut cells: Vec<String> = goroutines.iter().map(number).collect();
    cells.push(others(&goroutines, |what| matches!(what, Counted::Goroutines(_))));
    cells.push(reasons(census));
    cells.extend(procs.iter().map(number));
    cells.push(others(&procs, |what| matches!(what, Counted::Procs(_))));
    cells.extend(threads.map(Counted::Threads).iter().map(number));
    cells.push(number(&Counted::LockedGoroutines));
    cells
}

/// Returns the wait reasons with their counts as a cell: `IO wait:3;select:1`.
fn reasons(census: &Census) -> String {
    let reasons = census.iter().filter_map(|(what, count)| match what {
        Counted::Waiting(reason) => Some(format!("{reason}:{count}")),
        _ => None,
    });
    quoted(&reasons.collect::<Vec<_>>().join(";"))
}

/// Returns a value as a cell, which is empty if the line does not have it.
fn optional(value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
