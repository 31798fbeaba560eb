//! A row for each `SCHED` line.

use gotrace::godebug::{Detail, Entry, Gc, Moment, Snapshot};
use std::fmt::Display;
use std::io::{self, Write};
use std::time::Duration;

const COLUMNS: &str = "run,line,time_ns,gomaxprocs,idleprocs,threads,spinningthreads,needspinning,idlethreads,\
                       runqueue,local_runnable,queues,schedticks,gcwaiting,nmidlelocked,stopwait,sysmonwait,\
                       goroutines,gc_cycles,gc_paused_ns,gc_live_bytes";

/// Writes rows; a row waits for the next, for the GC cycles that come before that.
#[derive(Default)]
pub(super) struct Rows {
    row: Option<String>,
    cycles: u64,
    paused: Duration,
    live: Option<u64>,
}

impl Rows {
    pub(super) fn header(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{COLUMNS}")
    }

    pub(super) fn entry(&mut self, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
        match &entry.moment {
            Moment::Sched(snapshot) => {
                self.flush(out)?;
                self.row = Some(row(entry, snapshot));
            }
            Moment::Gc(gc) => self.gc(gc),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn finish(mut self, out: &mut impl Write) -> io::Result<()> {
        self.flush(out)
    }

    fn gc(&mut self, gc: &Gc<'_>) {
        self.cycles += 1;
        self.paused = gc.clock.pauses().fold(self.paused, Duration::saturating_add);
        self.live = Some(gc.heap.live.saturating_mul(1 << 20));
    }

    fn flush(&mut self, out: &mut impl Write) -> io::Result<()> {
        let Some(row) = self.row.take() else { return Ok(()) };
        writeln!(out, "{row},{},{},{}", self.cycles, self.paused.as_nanos(), optional(self.live))?;
        (self.cycles, self.paused, self.live) = (0, Duration::ZERO, None);
        Ok(())
    }
}

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

/// Empty for what a line does not say.
fn optional(value: Option<impl Display>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
