//! The tables of a GODEBUG log: rows of its `SCHED` and `gc` lines.

use crate::about::{FORMAT_OF_LOGS as FORMAT, log_id, metadata_of_log};
use crate::error::Error;
use crate::out::Out;
use crate::table::{SCHEMA_VERSION, Table};
use crate::tables::{Tables, Written};
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use gotrace::godebug::{Detail, Entry, Gc, Moment, Snapshot};
use std::cell::Cell;
use std::time::Duration;

impl Tables {
    /// Returns the schema of a table's batches of a log with that beginning, of 64 KiB or
    /// more if the log is that long.
    pub fn log_schema(&self, table: Table, beginning: &[u8]) -> SchemaRef {
        self.schema_with(table, metadata_of_log(&log_id(beginning), self.path.as_deref()))
    }

    /// Gives each batch of the tables `sched` and `gc` of a log to `take`, and its row of the
    /// table `trace`; other tables have no rows. `read` gives the entries of the log, one after
    /// the other, to the function that it is called with; of the log's beginning, 64 KiB or
    /// more are needed, if it is that long.
    ///
    /// ```
    /// use gotrace::godebug::{History, Item, Scanner};
    /// use gotrace_arrow::{Error, Table, Tables};
    ///
    /// let log = b"SCHED 0ms: gomaxprocs=2 idleprocs=1 threads=5 spinningthreads=0 needspinning=0 \
    ///             idlethreads=2 runqueue=3 [1 0]\n";
    /// let mut history = History::default();
    /// Scanner::default().feed(log, &mut |item| {
    ///     if let Item::Found(found) = item {
    ///         history.push(found);
    ///     }
    ///     Ok::<(), Error>(())
    /// })?;
    /// history.finish();
    /// let tables = Tables::new(Table::OF_LOGS);
    /// let read = |each: &mut dyn FnMut(&_) -> Result<(), Error>| {
    ///     std::iter::from_fn(|| history.pop()).try_for_each(|entry| each(&entry))
    /// };
    /// let ((), written) = tables.write_log(log, read, |table, batch| {
    ///     assert_eq!((table, batch.num_rows()), (Table::Sched, 1));
    ///     Ok(())
    /// })?;
    /// assert_eq!((written.rows(Table::Sched), written.rows(Table::Gc)), (1, 0));
    /// # Ok::<(), Error>(())
    /// ```
    ///
    /// # Errors
    /// As `read` and `take`; the first error of `take` is returned by the function that
    /// `read` is called with.
    pub fn write_log<T, E: From<Error>>(
        &self,
        beginning: &[u8],
        read: impl FnOnce(&mut dyn FnMut(&Entry) -> Result<(), E>) -> Result<T, E>,
        mut take: impl FnMut(Table, RecordBatch) -> Result<(), E>,
    ) -> Result<(T, Written), E> {
        let id = log_id(beginning);
        let (failed, stopped) = (Cell::new(None), Cell::new(false));
        let mut sink = |table: Table, batch: Result<RecordBatch, ArrowError>| {
            let taken = batch.map_err(|e| E::from(e.into())).and_then(|batch| take(table, batch));
            let goes_on = taken.is_ok();
            failed.set(taken.err());
            goes_on
        };
        let metadata = metadata_of_log(&id, self.path.as_deref());
        let mut out = Out::new((&self.wanted, self.rows), (&id, &metadata), &mut sink, &stopped);
        let mut seen = Seen::default();
        let result = read(&mut |entry| {
            seen.entry(entry);
            match &entry.moment {
                Moment::Sched(snapshot) => sched(&mut out, entry, snapshot),
                Moment::Gc(line) => gc(&mut out, entry, line),
                _ => {}
            }
            failed.take().map_or(Ok(()), Err)
        })?;
        trace_row(&mut out, self.path.as_deref(), &seen);
        out.flush_all();
        let written = Written { rows: out.counts(), ..Written::default() };
        failed.take().map_or(Ok((result, written)), Err)
    }
}

/// Facts about the entries that were seen, for the table `trace`.
#[derive(Default)]
struct Seen {
    entries: u64,
    /// Times of the first and of the last entry.
    times: Option<(Duration, Duration)>,
    gomaxprocs: Option<u32>,
}

impl Seen {
    fn entry(&mut self, entry: &Entry) {
        self.entries += 1;
        let (first, last) = self.times.unwrap_or((entry.time, entry.time));
        self.times = Some((first.min(entry.time), last.max(entry.time)));
        if let (None, Moment::Sched(snapshot)) = (self.gomaxprocs, &entry.moment) {
            self.gomaxprocs = Some(snapshot.sched.gomaxprocs);
        }
    }
}

/// Makes the row of the log in the table `trace`.
fn trace_row(out: &mut Out<'_>, path: Option<&str>, seen: &Seen) {
    let Some(row) = out.row(Table::Trace) else { return };
    let (start, end) = seen.times.unzip();
    row.text(path.map(str::as_bytes))
        .text(Some(FORMAT.as_bytes()))
        .nulls(1)
        .text(Some(env!("CARGO_PKG_VERSION").as_bytes()))
        .int(SCHEMA_VERSION)
        .nulls(3)
        .int(start.map(nanos))
        .int(end.map(nanos))
        .int(seen.times.map(|(first, last)| nanos(last.saturating_sub(first))))
        .nulls(1)
        .id(Some(seen.entries))
        .id(seen.gomaxprocs.map(u64::from))
        .nulls(3)
        .end();
}

/// Returns a duration in nanoseconds.
fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

/// Returns a size in bytes of one in MiB.
fn bytes(mib: u64) -> u64 {
    mib.saturating_mul(1 << 20)
}

/// Makes the row of a `SCHED` line.
fn sched(out: &mut Out<'_>, entry: &Entry, snapshot: &Snapshot) {
    let Some(row) = out.row(Table::Sched) else { return };
    let line = &snapshot.sched;
    let (gcwaiting, nmidlelocked, stopwait, sysmonwait) = match line.detail {
        Detail::Block { gcwaiting, nmidlelocked, stopwait, sysmonwait } => {
            (Some(gcwaiting), Some(nmidlelocked), Some(stopwait), Some(sysmonwait))
        }
        Detail::Summary(_) => (None, None, None, None),
    };
    let has_ticks = snapshot.schedticks().next().is_some();
    row.text(entry.program.as_deref().map(str::as_bytes))
        .int(i64::from(entry.run))
        .id(Some(entry.line))
        .int(nanos(entry.time))
        .int(i64::from(line.gomaxprocs))
        .int(i64::from(line.idleprocs))
        .int(i64::from(line.threads))
        .int(i64::from(line.spinningthreads))
        .int(line.needspinning.map(i64::from))
        .int(i64::from(line.idlethreads))
        .int(i64::from(line.runqueue))
        .ints(Some(snapshot.queues()))
        .ints(has_ticks.then(|| snapshot.schedticks()))
        .flag(gcwaiting)
        .int(nmidlelocked)
        .int(stopwait)
        .flag(sysmonwait)
        .id(snapshot.alive())
        .end();
}

/// Makes the row of a `gc` line.
fn gc(out: &mut Out<'_>, entry: &Entry, line: &Gc<'_>) {
    let Some(row) = out.row(Table::Gc) else { return };
    let (clock, cpu, heap) = (&line.clock, &line.cpu, &line.heap);
    let mut pauses = clock.pauses();
    let (first, last) = (pauses.next().unwrap_or_default(), pauses.last().unwrap_or_default());
    row.text(entry.program.as_deref().map(str::as_bytes))
        .int(i64::from(entry.run))
        .id(Some(entry.line))
        .int(nanos(entry.time))
        .id(Some(line.number))
        .int(nanos(line.start))
        .id(Some(line.cpu_percent))
        .int(nanos(first))
        .int(nanos(clock.concurrent()))
        .int(nanos(last))
        .int(nanos(clock.pauses().fold(Duration::ZERO, Duration::saturating_add)))
        .int(nanos(cpu.assist))
        .int(nanos(cpu.background))
        .int(nanos(cpu.idle))
        .int(nanos(cpu.total()))
        .id(Some(bytes(heap.start)))
        .id(Some(bytes(heap.end)))
        .id(Some(bytes(heap.live)))
        .id(line.goal.mib().map(bytes))
        .id(line.stacks.map(bytes))
        .id(line.globals.map(bytes))
        .int(i64::from(line.procs))
        .flag(line.forced)
        .flag(line.leak_check)
        .end();
}
