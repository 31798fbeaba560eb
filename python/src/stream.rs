//! The batches of a table, which are not made before somebody asks for them.

use crate::failure::{of_table, raised};
use crate::interrupt::Watch;
use arrow_array::{RecordBatch, RecordBatchReader};
use gotrace::godebug::Entry;
use gotrace_arrow::arrow_schema::{ArrowError, SchemaRef};
use gotrace_arrow::{Batches, Stop, Table, TableReader, Tables};
use gotrace_cli::{Failure, OpenLog, OpenTrace};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// A table, yet to be made.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) of: Of,
    pub(crate) table: Table,
    /// The choice of that table alone, with its columns and the part of the trace.
    pub(crate) tables: Tables,
}

/// The trace or the log that a table is made of.
#[derive(Clone)]
pub(crate) enum Of {
    Trace(OpenTrace),
    /// A log, with its beginning.
    Log(OpenLog, Arc<[u8]>),
}

impl Source {
    /// Returns the schema of the batches.
    pub(crate) fn schema(&self) -> SchemaRef {
        match &self.of {
            Of::Trace(trace) => self.tables.schema(self.table, trace.shared().trace()),
            Of::Log(_, beginning) => self.tables.log_schema(self.table, beginning),
        }
    }

    /// Begins to read the table.
    fn read(self) -> TableReader {
        let schema = self.schema();
        match self.of {
            Of::Trace(trace) => TableReader::new(self.table, self.tables, trace.shared().clone()),
            Of::Log(log, beginning) => {
                let read = move |each: &mut dyn FnMut(&Entry) -> Result<(), Ended>| log.read(each);
                let batches = Batches::made_by(move |take| {
                    let take = |table, batch| take(table, batch).map_err(Ended);
                    let written = self.tables.write_log(&beginning, read, take);
                    written.map(|(_, written)| written).map_err(|Ended(stop)| stop)
                });
                TableReader::of(schema, batches)
            }
        }
    }

    /// Returns the exception for what ends the making of the table.
    pub(crate) fn raised(&self, py: Python<'_>, error: gotrace_arrow::Error) -> PyErr {
        match (&self.of, error) {
            (Of::Trace(trace), gotrace_arrow::Error::Trace(defect)) => raised(py, trace.failure(&defect)),
            (Of::Trace(trace), error) => of_table(py, trace.name(), error),
            (Of::Log(log, _), error) => of_table(py, log.name(), error),
        }
    }
}

/// The end of reading a log: batches are not wanted, or cannot be made.
struct Ended(Stop);

impl From<gotrace_arrow::Error> for Ended {
    fn from(error: gotrace_arrow::Error) -> Ended {
        Ended(error.into())
    }
}

impl From<Failure> for Ended {
    fn from(failure: Failure) -> Ended {
        Ended(gotrace_arrow::Error::from(ArrowError::ExternalError(Box::new(failure))).into())
    }
}

/// The reason for which a stream broke off, for those who see only the exception that another
/// library made of it. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Ending(Arc<Mutex<Option<Broken>>>);

enum Broken {
    /// A signal came.
    Interrupted,
    Failed(gotrace_arrow::Error),
}

impl Ending {
    fn set(&self, broken: Broken) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(broken);
    }

    /// Returns the exception for the reason, once; none if no stream broke off.
    pub(crate) fn take(&self, py: Python<'_>, source: &Source) -> Option<PyErr> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take()? {
            Broken::Interrupted => Some(PyKeyboardInterrupt::new_err(())),
            Broken::Failed(e) => Some(source.raised(py, e)),
        }
    }
}

/// The batches of a table. The pass over the trace begins with the first: engines open
/// streams only to look at their schema.
pub(crate) struct Reader {
    schema: SchemaRef,
    source: Option<Source>,
    begun: Option<TableReader>,
    watch: Watch,
    ending: Ending,
}

impl Reader {
    /// Returns the batches of a table, from the first on; `ending` is told if they break off.
    pub(crate) fn new(source: Source, watch: Watch, ending: Ending) -> Reader {
        Reader { schema: source.schema(), source: Some(source), begun: None, watch, ending }
    }
}

impl Iterator for Reader {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.watch.is_interrupted() {
            (self.source, self.begun) = (None, None);
            self.ending.set(Broken::Interrupted);
            return Some(Err(ArrowError::ComputeError("interrupted".into())));
        }
        if let Some(source) = self.source.take() {
            self.begun = Some(source.read());
        }
        let broken: gotrace_arrow::Error = match self.begun.as_mut()?.next()? {
            Err(ArrowError::ExternalError(e)) => {
                e.downcast().map_or_else(|e| ArrowError::ExternalError(e).into(), |e| *e)
            }
            Err(e) => e.into(),
            batch => return Some(batch),
        };
        let text = broken.to_string();
        self.ending.set(Broken::Failed(broken));
        Some(Err(ArrowError::ComputeError(text)))
    }
}

impl RecordBatchReader for Reader {
    fn schema(&self) -> SchemaRef {
        SchemaRef::clone(&self.schema)
    }
}
