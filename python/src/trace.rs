//! A trace: reports on it, and its tables.

use crate::failure::raised;
use crate::interrupt::interruptible;
use crate::stream::Of;
use crate::table::{NativeTable, chosen};
use gotrace::{SharedTrace, TraceFile};
use gotrace_arrow::{Table, Tables};
use gotrace_cli::{Failure, OpenTrace, Reading, StillWanted, report};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Events between two questions whether the answer is still wanted.
const STRIDE: usize = 1 << 14;

/// A defect: in words, its place in bytes if it is one of the trace, and the number of events
/// that it cost.
type Defect = (String, Option<u64>, u64);

/// A trace that is open.
#[pyclass(frozen, module = "gotrace._native")]
pub(crate) struct NativeTrace {
    trace: OpenTrace,
    warnings: OnceLock<Vec<Defect>>,
}

impl NativeTrace {
    /// Opens a trace without Python's lock.
    fn opened(
        py: Python<'_>,
        open: impl FnOnce() -> Result<OpenTrace, Failure> + Send + 'static,
    ) -> PyResult<NativeTrace> {
        let trace = interruptible(py, |_| open())?.map_err(|e| raised(py, e))?;
        Ok(NativeTrace { trace, warnings: OnceLock::new() })
    }
}

#[pymethods]
impl NativeTrace {
    /// Opens a file and reads it.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf, strict: bool, binary: Option<PathBuf>) -> PyResult<NativeTrace> {
        NativeTrace::opened(py, move || OpenTrace::open(&path, &Reading { strict, binary }))
    }

    /// Opens a file and maps it.
    #[staticmethod]
    #[allow(unsafe_code)]
    fn map(py: Python<'_>, path: PathBuf, strict: bool, binary: Option<PathBuf>) -> PyResult<NativeTrace> {
        // SAFETY: whoever asks for `mmap=True` promises that nothing writes to the file while
        // the trace is open, as its documentation demands.
        let file = unsafe { TraceFile::map(&path) };
        let name = path.display().to_string();
        let file = file.map_err(|e| io::Error::new(e.kind(), format!("{name}: {e}")))?;
        NativeTrace::opened(py, move || OpenTrace::of_bytes(&name, file, &Reading { strict, binary }))
    }

    /// Takes the bytes of a trace.
    #[staticmethod]
    fn of_bytes(
        py: Python<'_>,
        name: String,
        bytes: &[u8],
        strict: bool,
        binary: Option<PathBuf>,
    ) -> PyResult<NativeTrace> {
        let file = TraceFile::from(bytes.to_vec());
        NativeTrace::opened(py, move || OpenTrace::of_bytes(&name, file, &Reading { strict, binary }))
    }

    /// Returns the name of the trace.
    fn name(&self) -> &str {
        self.trace.name()
    }

    /// Returns facts about the trace: the metadata of its tables.
    fn facts(&self) -> HashMap<String, String> {
        let tables = Tables::new([Table::Trace]).path(self.trace.name());
        let schema = tables.schema(Table::Trace, self.trace.shared().trace());
        let facts = schema.metadata().iter();
        facts.filter_map(|(key, value)| Some((key.strip_prefix("gotrace.")?.to_owned(), value.clone()))).collect()
    }

    /// Returns when each generation begins, in nanoseconds on the trace's clock.
    fn generations(&self) -> Vec<i64> {
        self.trace.shared().trace().generations().iter().map(|generation| generation.start().0).collect()
    }

    /// Returns what a command prints of the trace.
    fn report<'py>(&self, py: Python<'py>, command: Vec<String>) -> PyResult<Bound<'py, PyBytes>> {
        let trace = self.trace.clone();
        let printed = interruptible(py, move |wanted| report(&trace, &command, wanted))?;
        printed.map(|printed| PyBytes::new(py, &printed)).map_err(|e| raised(py, e))
    }

    /// Returns a table of the part of the trace that options select.
    #[pyo3(signature = (table, columns, selection))]
    fn table(
        &self,
        py: Python<'_>,
        table: &str,
        columns: Option<Vec<String>>,
        selection: Vec<String>,
    ) -> PyResult<NativeTable> {
        let (table, mut tables) = chosen(py, self.trace.name(), table, columns)?;
        if !selection.is_empty() {
            let trace = self.trace.clone();
            let selected = interruptible(py, move |wanted| trace.select(&selection, &wanted))?;
            if let Some(selected) = selected.map_err(|e| raised(py, e))? {
                tables = tables.selected(selected);
            }
        }
        Ok(NativeTable::new(Of::Trace(self.trace.clone()), table, tables))
    }

    /// Returns the defects that are met in the whole trace.
    fn warnings(&self, py: Python<'_>) -> PyResult<Vec<Defect>> {
        if let Some(known) = self.warnings.get() {
            return Ok(known.clone());
        }
        let shared = self.trace.shared().clone();
        let met = interruptible(py, move |wanted| warnings(&shared, &wanted))?;
        let mut all = met.map_err(|defect| raised(py, self.trace.failure(&defect)))?;
        all.extend(self.trace.flaws().into_iter().map(|flaw| (flaw, None, 0)));
        Ok(self.warnings.get_or_init(|| all).clone())
    }
}

/// Reads the events of a trace for its defects.
fn warnings(trace: &SharedTrace, wanted: &StillWanted) -> gotrace::Result<Vec<Defect>> {
    let mut events = trace.trace().events();
    for (at, event) in events.by_ref().enumerate() {
        event?;
        if at % STRIDE == 0 && !wanted() {
            break;
        }
    }
    let defect = |w: &gotrace::Warning| (w.to_string(), Some(w.error().offset()), w.lost());
    Ok(events.warnings().iter().map(defect).collect())
}
