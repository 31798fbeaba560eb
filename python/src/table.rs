//! A table of a trace, as Arrow's C interface has it.

use crate::interrupt::Watch;
use crate::rows::NativeRows;
use crate::stream::{Ending, Reader, Source};
use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use gotrace_arrow::arrow_schema::{DataType, Schema};
use gotrace_arrow::{NoSuchTable, Table};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// A table of a trace. Every stream and every iterator is a pass of its own over the trace.
#[pyclass(frozen, module = "gotrace._native")]
pub(crate) struct NativeTable {
    pub(crate) source: Source,
    /// The reason for which the last stream broke off.
    pub(crate) ending: Ending,
}

#[pymethods]
impl NativeTable {
    /// Returns a stream of batches, which begins afresh. Consumers cast if they want another
    /// schema.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface allows to ignore it.
        drop(requested_schema);
        let reader = Reader::new(self.source.clone(), Watch::new(py)?, self.ending.clone());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), c"arrow_array_stream")
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(self.source.schema().as_ref());
        PyCapsule::new_with_value(py, schema.map_err(|e| PyValueError::new_err(e.to_string()))?, c"arrow_schema")
    }

    /// Returns the columns: names, and types as Python has them.
    fn columns(&self) -> Vec<(String, &'static str)> {
        columns(&self.source.schema())
    }

    /// Raises the exception for the reason for which a stream of the table broke off, if one did.
    fn raise_ending(&self, py: Python<'_>) -> PyResult<()> {
        self.ending.take(py, &self.source.trace).map_or(Ok(()), Err)
    }

    /// Returns an iterator over batches, each a list of columns.
    fn rows(&self) -> NativeRows {
        NativeRows::new(self.source.clone())
    }
}

/// Returns the names of the tables.
#[pyfunction]
pub(crate) fn table_names() -> Vec<&'static str> {
    Table::ALL.into_iter().map(Table::name).collect()
}

/// Returns all columns of a table: names, and types as Python has them.
#[pyfunction]
pub(crate) fn table_columns(table: &str) -> PyResult<Vec<(String, &'static str)>> {
    let table: Table = table.parse().map_err(|e: NoSuchTable| PyValueError::new_err(e.to_string()))?;
    Ok(columns(&table.schema()))
}

fn columns(schema: &Schema) -> Vec<(String, &'static str)> {
    let kind = |kind: &DataType| match kind {
        DataType::Int64 => "int",
        DataType::Boolean => "bool",
        _ => "str",
    };
    schema.fields().iter().map(|field| (field.name().clone(), kind(field.data_type()))).collect()
}
