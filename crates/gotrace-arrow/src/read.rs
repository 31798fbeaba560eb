//! Batches for those who ask for them, one by one.

use crate::error::Error;
use crate::table::Table;
use crate::tables::{Tables, Written};
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};
use gotrace::SharedTrace;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Batches that may wait for the reader.
const AHEAD: usize = 2;

/// The batches of some tables, in one pass that is made on a thread of its own, as far ahead
/// as two batches. The pass stops when the iterator is dropped; an error is the last item.
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::{Options, SharedTrace, TraceFile};
/// use gotrace_arrow::{Batches, Table, Tables};
///
/// let trace = SharedTrace::new(TraceFile::open(path)?, Options::default())?;
/// let mut batches = Batches::new(Tables::new([Table::Wakeups, Table::Stacks]), trace);
/// let rows: usize = batches.by_ref().map(|item| item.map(|(_, batch)| batch.num_rows())).sum::<Result<_, _>>()?;
/// let written = batches.finish().expect("all was read");
/// assert_eq!(rows as u64, written.rows(Table::Wakeups) + written.rows(Table::Stacks));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Batches {
    /// None once the reader wants no more.
    receiver: Option<Receiver<Result<(Table, RecordBatch), Error>>>,
    thread: Option<JoinHandle<Option<Written>>>,
}

/// The reason for which no more batches are made.
#[derive(Debug)]
#[non_exhaustive]
pub enum Stop {
    /// Nobody reads them any more.
    Unwanted,
    /// Making them failed.
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Stop {
        Stop::Failed(e)
    }
}

/// A taker of batches.
pub type Take<'a> = dyn FnMut(Table, RecordBatch) -> Result<(), Stop> + 'a;

impl Batches {
    /// Begins to make tables of a trace.
    pub fn new(tables: Tables, trace: SharedTrace) -> Batches {
        Batches::made_by(move |take| tables.write(trace.trace(), take))
    }

    /// Begins to make batches by `make`, which gives them to what it is called with, one by one.
    pub fn made_by(make: impl FnOnce(&mut Take<'_>) -> Result<Written, Stop> + Send + 'static) -> Batches {
        let (sender, receiver) = sync_channel(AHEAD);
        let work = move || send(make, &sender);
        let thread = std::thread::Builder::new().name("gotrace-tables".into()).spawn(work);
        match thread {
            Ok(thread) => Batches { receiver: Some(receiver), thread: Some(thread) },
            Err(e) => {
                let (sender, receiver) = sync_channel(1);
                // There is room for it.
                let _ = sender.try_send(Err(Error::Arrow(ArrowError::IoError(e.to_string(), e))));
                Batches { receiver: Some(receiver), thread: None }
            }
        }
    }

    /// Returns what was written, once all batches have been read; none if they have not, or
    /// an error ended them.
    pub fn finish(mut self) -> Option<Written> {
        self.receiver = None;
        self.thread.take()?.join().ok()?
    }
}

/// Makes batches, and sends them.
fn send(
    make: impl FnOnce(&mut Take<'_>) -> Result<Written, Stop>,
    sender: &SyncSender<Result<(Table, RecordBatch), Error>>,
) -> Option<Written> {
    let mut take = |table, batch| sender.send(Ok((table, batch))).map_err(|_| Stop::Unwanted);
    match make(&mut take) {
        Ok(written) => Some(written),
        Err(Stop::Unwanted) => None,
        Err(Stop::Failed(e)) => {
            // Nobody is told if nobody listens.
            let _ = sender.send(Err(e));
            None
        }
    }
}

impl Iterator for Batches {
    type Item = Result<(Table, RecordBatch), Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.receiver.as_ref()?.recv().ok()
    }
}

impl Drop for Batches {
    /// Ends the pass.
    fn drop(&mut self) {
        self.receiver = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The batches of one table, as Arrow's own interface for readers has them: a C stream can
/// be made of it.
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::{Options, SharedTrace, TraceFile};
/// use gotrace_arrow::arrow_array::RecordBatchReader;
/// use gotrace_arrow::{Table, TableReader, Tables};
///
/// let trace = SharedTrace::new(TraceFile::open(path)?, Options::default())?;
/// let reader = TableReader::new(Table::States, Tables::default(), trace);
/// assert!(reader.schema().field_with_name("goroutine").is_ok());
/// let first = reader.into_iter().next().expect("there are rows")?;
/// assert!(first.num_rows() > 1000);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TableReader {
    schema: SchemaRef,
    batches: Batches,
}

impl TableReader {
    /// Begins to read a table, with the columns and the part of the trace that `tables` says;
    /// other tables are not made.
    pub fn new(table: Table, tables: Tables, trace: SharedTrace) -> TableReader {
        let tables = tables.only(table);
        TableReader::of(tables.schema(table, trace.trace()), Batches::new(tables, trace))
    }

    /// Returns a reader of batches which all have this schema.
    pub fn of(schema: SchemaRef, batches: Batches) -> TableReader {
        TableReader { schema, batches }
    }
}

impl Iterator for TableReader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (_, batch) = match self.batches.next()? {
            Ok(item) => item,
            Err(Error::Arrow(e)) => return Some(Err(e)),
            Err(e) => return Some(Err(ArrowError::ExternalError(Box::new(e)))),
        };
        Some(Ok(batch))
    }
}

impl RecordBatchReader for TableReader {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }
}
