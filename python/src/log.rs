//! A GODEBUG log: reports on it.

use crate::failure::raised;
use crate::interrupt::interruptible;
use gotrace_cli::{OpenLog, report_on_log};
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

    /// Returns what a command prints of the log.
    fn report<'py>(&self, py: Python<'py>, command: Vec<String>) -> PyResult<Bound<'py, PyBytes>> {
        let log = self.log.clone();
        let printed = interruptible(py, move |wanted| report_on_log(&log, &command, wanted))?;
        printed.map(|printed| PyBytes::new(py, &printed)).map_err(|e| raised(py, e))
    }
}
