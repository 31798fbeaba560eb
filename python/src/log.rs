//! A GODEBUG log: reports on it, and its tables.

use crate::failure::raised;
use crate::interrupt::interruptible;
use crate::stream::Of;
use crate::table::{NativeTable, chosen};
use gotrace_cli::{Failure, OpenLog, report_on_log};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::path::PathBuf;

/// A log that is open.
#[pyclass(frozen, module = "gotrace._native")]
pub(crate) struct NativeLog {
    log: OpenLog,
}

#[pymethods]
impl NativeLog {
    /// Opens the log in a file.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<NativeLog> {
        let log = interruptible(py, move |_| OpenLog::open(&path))?;
        log.map(|log| NativeLog { log }).map_err(|e| raised(py, e))
    }

    /// Takes the bytes of a log.
    #[staticmethod]
    fn of_bytes(name: &str, bytes: &[u8]) -> NativeLog {
        NativeLog { log: OpenLog::of_bytes(name, bytes.to_vec()) }
    }

    /// Returns the name of the log.
    fn name(&self) -> &str {
        self.log.name()
    }

    /// Returns a table of the log.
    #[pyo3(signature = (table, columns))]
    fn table(&self, py: Python<'_>, table: &str, columns: Option<Vec<String>>) -> PyResult<NativeTable> {
        let (table, tables) = chosen(py, self.log.name(), table, columns)?;
        let log = self.log.clone();
        let beginning = interruptible(py, move |_| log.beginning())?.map_err(|e| raised(py, e))?;
        Ok(NativeTable::new(Of::Log(self.log.clone(), beginning.into()), table, tables))
    }

    /// Returns what is wrong with the log, in words.
    fn warnings(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let log = self.log.clone();
        let read = interruptible(py, move |wanted| {
            log.read(&mut |_| if wanted() { Ok(()) } else { Err(Failure::Other { message: "given up".into() }) })
        })?;
        read.map_err(|e| raised(py, e))
    }

    /// Returns what a command prints of the log.
    fn report<'py>(&self, py: Python<'py>, command: Vec<String>) -> PyResult<Bound<'py, PyBytes>> {
        let log = self.log.clone();
        let printed = interruptible(py, move |wanted| report_on_log(&log, &command, wanted))?;
        printed.map(|printed| PyBytes::new(py, &printed)).map_err(|e| raised(py, e))
    }
}
