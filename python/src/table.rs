//! A table, as Arrow's C interface has it.

use crate::failure::of_table;
use crate::interrupt::Watch;
use crate::rows::NativeRows;
use crate::stream::{Ending, Of, Reader, Source};
use arrow_array::ffi::FFI_ArrowSchema;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use gotrace_arrow::arrow_schema::{DataType, Schema};
use gotrace_arrow::{NoSuchTable, Table, Tables};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

/// A table of a trace or a log. Every stream and every iterator is a pass of its own over it.
#[pyclass(frozen, module = "gotrace._native")]
pub(crate) struct NativeTable {
    source: Source,
    /// The reason for which the last stream broke off.
    ending: Ending,
}

impl NativeTable {
    /// Returns a table, of the columns that `tables` says.
    pub(crate) fn new(of: Of, table: Table, tables: Tables) -> NativeTable {
        NativeTable { source: Source { of, table, tables }, ending: Ending::default() }
    }
}

/// Returns the choice of a table by its name, with all columns or some; `of` is the name of the
/// trace or log.
///
/// # Errors
/// If there is no such table or column.
pub(crate) fn chosen(py: Python<'_>, of: &str, table: &str, columns: Option<Vec<String>>) -> PyResult<(Table, Tables)> {
    let table: Table = table.parse().map_err(|e: NoSuchTable| of_table(py, of, e.into()))?;
    let mut tables = Tables::new([table]).path(of);
    if let Some(columns) = columns {
        tables = tables.columns(table, columns).map_err(|e| of_table(py, of, e.into()))?;
    }
    Ok((table, tables))
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
        self.ending.take(py, &self.source).map_or(Ok(()), Err)
    }

    /// Returns an iterator over batches, each a list of columns.
    fn rows(&self) -> NativeRows {
        NativeRows::new(self.source.clone())
    }
}

/// Returns the names of the tables of a trace.
#[pyfunction]
pub(crate) fn table_names() -> Vec<&'static str> {
    Table::ALL.into_iter().map(Table::name).collect()
}

/// Returns the names of the tables of a log.
#[pyfunction]
pub(crate) fn log_table_names() -> Vec<&'static str> {
    [Table::Trace].into_iter().chain(Table::OF_LOGS).map(Table::name).collect()
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
        DataType::List(_) => "list",
        _ => "str",
    };
    schema.fields().iter().map(|field| (field.name().clone(), kind(field.data_type()))).collect()
}
