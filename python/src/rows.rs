//! The rows of a table as Python's own objects, batch by batch.

use crate::interrupt::Watch;
use crate::stream::{Ending, Reader, Source};
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, BooleanArray, DictionaryArray, Int64Array, ListArray, StringArray};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use std::sync::{Mutex, PoisonError};

/// An iterator over the batches of a table: each is a list of columns, which are lists of
/// `int`, `bool`, `str`, lists of `int`, and `None`.
#[pyclass(frozen, module = "gotrace._native")]
pub(crate) struct NativeRows {
    source: Source,
    reader: Mutex<Reader>,
    ending: Ending,
}

impl NativeRows {
    /// Returns the batches of a table, from the first on.
    pub(crate) fn new(source: Source) -> NativeRows {
        // Python asks for signals itself, between batches.
        let ending = Ending::default();
        let reader = Mutex::new(Reader::new(source.clone(), Watch::default(), ending.clone()));
        NativeRows { source, reader, ending }
    }
}

#[pymethods]
impl NativeRows {
    fn __iter__(this: PyRef<'_, Self>) -> PyRef<'_, Self> {
        this
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Vec<Bound<'py, PyList>>>> {
        py.check_signals()?;
        let batch = py.detach(|| self.reader.lock().unwrap_or_else(PoisonError::into_inner).next());
        match batch {
            None => Ok(None),
            Some(Ok(batch)) => {
                batch.columns().iter().map(|column| values(py, column.as_ref())).collect::<PyResult<_>>().map(Some)
            }
            Some(Err(e)) => Err(self.ending.take(py, &self.source).unwrap_or_else(|| self.source.raised(py, e.into()))),
        }
    }
}

/// Returns the values of a column.
fn values<'py>(py: Python<'py>, column: &dyn Array) -> PyResult<Bound<'py, PyList>> {
    let column = column.as_any();
    if let Some(numbers) = column.downcast_ref::<Int64Array>() {
        return PyList::new(py, numbers.iter());
    }
    if let Some(truths) = column.downcast_ref::<BooleanArray>() {
        return PyList::new(py, truths.iter());
    }
    if let Some(names) =
        column.downcast_ref::<DictionaryArray<Int32Type>>().and_then(|all| all.downcast_dict::<StringArray>())
    {
        let words: Vec<Bound<'py, PyString>> =
            names.values().iter().map(|word| PyString::new(py, word.unwrap_or_default())).collect();
        let word = |key: Option<i32>| words.get(usize::try_from(key?).ok()?);
        return PyList::new(py, names.keys().iter().map(word));
    }
    if let Some(lists) = column.downcast_ref::<ListArray>() {
        let list = |list: Option<ArrayRef>| list.map(|list| values(py, list.as_ref())).transpose();
        return PyList::new(py, lists.iter().map(list).collect::<PyResult<Vec<_>>>()?);
    }
    if let Some(texts) = column.downcast_ref::<StringArray>() {
        // All rows of a trace have the same `trace_id`.
        let mut last: Option<(&str, Bound<'py, PyString>)> = None;
        let mut made = |text| {
            if let Some((known, made)) = &last
                && *known == text
            {
                return made.clone();
            }
            let made = PyString::new(py, text);
            last = Some((text, made.clone()));
            made
        };
        return PyList::new(py, texts.iter().map(|text| text.map(&mut made)));
    }
    Err(PyTypeError::new_err("a column of a type that is not known"))
}
