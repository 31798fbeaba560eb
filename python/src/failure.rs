//! Failures as Python's exceptions.

use gotrace_arrow::arrow_schema::ArrowError;
use gotrace_cli::Failure;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::io;

/// Returns the exception for a failure.
pub(crate) fn raised(py: Python<'_>, failure: Failure) -> PyErr {
    match failure {
        Failure::Usage { message } => PyValueError::new_err(message),
        Failure::File { kind, message } => io::Error::new(kind, message).into(),
        Failure::Trace { message, offset } => own(py, "TraceError", (message, offset)),
        Failure::Other { message } => own(py, "Error", (message,)),
        other => own(py, "Error", (format!("{other:?}"),)),
    }
}

/// Returns the exception for what ends the making of a table of what has that name.
pub(crate) fn of_table(py: Python<'_>, name: &str, error: gotrace_arrow::Error) -> PyErr {
    let error = match error {
        gotrace_arrow::Error::Arrow(ArrowError::ExternalError(e)) => match e.downcast::<Failure>() {
            Ok(failure) => return raised(py, *failure),
            Err(e) => ArrowError::ExternalError(e).into(),
        },
        error => error,
    };
    match error {
        gotrace_arrow::Error::Table(e) => PyValueError::new_err(e.to_string()),
        gotrace_arrow::Error::Column(e) => PyValueError::new_err(e.to_string()),
        other => own(py, "Error", (format!("{name}: {other}"),)),
    }
}

/// Makes an exception of the package's own, whose classes are written in Python.
fn own<'py>(py: Python<'py>, class: &str, args: impl pyo3::call::PyCallArgs<'py>) -> PyErr {
    let made = || py.import("gotrace._errors")?.getattr(class)?.call1(args);
    made().map_or_else(|e| e, PyErr::from_value)
}
