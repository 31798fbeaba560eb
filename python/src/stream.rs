//! The batches of a table, which are not made before somebody asks for them.

use crate::failure::of_table;
use crate::interrupt::Watch;
use arrow_array::{RecordBatch, RecordBatchReader};
use gotrace_arrow::arrow_schema::{ArrowError, SchemaRef};
use gotrace_arrow::{Table, TableReader, Tables};
use gotrace_cli::OpenTrace;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use std::sync::{Arc, Mutex, PoisonError};

/// A table of a trace, yet to be made.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) trace: OpenTrace,
    pub(crate) table: Table,
    /// The choice of that table alone, with its columns and the part of the trace.
    pub(crate) tables: Tables,
}

impl Source {
    /// Returns the schema of the batches.
    pub(crate) fn schema(&self) -> SchemaRef {
        self.tables.schema(self.table, self.trace.shared().trace())
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
    pub(crate) fn take(&self, py: Python<'_>, trace: &OpenTrace) -> Option<PyErr> {
        match self.0.lock().unwrap_or_else(PoisonError::into_inner).take()? {
            Broken::Interrupted => Some(PyKeyboardInterrupt::new_err(())),
            Broken::Failed(e) => Some(of_table(py, trace, e)),
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
        if let Some(Source { trace, table, tables }) = self.source.take() {
            self.begun = Some(TableReader::new(table, tables, trace.shared().clone()));
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
