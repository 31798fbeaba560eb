//! Rows of a table, which become a batch once there are enough.

use crate::dictionary::Dictionary;
use crate::table::{Kind, Table};
use crate::values::{BatchRows, Flags, Values};
use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, RecordBatch, RecordBatchOptions, StringArray};
use arrow_schema::{ArrowError, SchemaRef};
use gotrace::timeline::names::{NameId, Names};
use std::sync::Arc;

/// Rows of a table that are not yet in a batch.
pub(crate) struct Rows {
    schema: SchemaRef,
    columns: Vec<Column>,
    /// The trace's ID, for as many rows as a batch has.
    trace_ids: ArrayRef,
    count: usize,
}

/// Values of a column that are not yet in a batch.
enum Column {
    /// A column that is not wanted.
    Unwanted,
    TraceId,
    Int(Values<Int64Type>),
    Ints(ListBuilder<Int64Builder>),
    Flag(Flags),
    Word(Values<Int32Type>, ArrayRef),
    Name(Values<Int32Type>, Dictionary),
    Text(StringBuilder),
}

impl Rows {
    /// Returns no rows yet, with the columns that the schema has of the table.
    pub(crate) fn new(table: Table, schema: SchemaRef, trace_ids: ArrayRef, rows: BatchRows) -> Rows {
        let column = |&(name, kind): &(&str, Kind)| match kind {
            _ if schema.index_of(name).is_err() => Column::Unwanted,
            Kind::TraceId => Column::TraceId,
            Kind::Int => Column::Int(Values::new(rows)),
            Kind::Ints => Column::Ints(ListBuilder::new(Int64Builder::new())),
            Kind::Flag => Column::Flag(Flags::default()),
            Kind::Word(words) => Column::Word(Values::new(rows), Arc::new(StringArray::from_iter_values(words))),
            Kind::Name => Column::Name(Values::new(rows), Dictionary::default()),
            Kind::Text => Column::Text(StringBuilder::new()),
        };
        let columns = table.layout().iter().map(column).collect();
        Rows { schema, columns, trace_ids, count: 0 }
    }

    /// Returns the number of rows.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Begins another row, whose values are to be given in the order of the columns, the
    /// trace's ID left out.
    #[inline]
    pub(crate) fn row(&mut self) -> Row<'_> {
        self.count += 1;
        let mut columns = self.columns.iter_mut();
        columns.next();
        Row { columns }
    }

    /// Returns the rows as a batch, and goes on with none.
    ///
    /// # Errors
    /// If the columns are not equally long, which they are.
    pub(crate) fn take_batch(&mut self) -> Result<RecordBatch, ArrowError> {
        let count = std::mem::take(&mut self.count);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            arrays.push(match column {
                Column::Unwanted => continue,
                Column::TraceId => self.trace_ids.slice(0, count),
                Column::Int(values) => Arc::new(values.take()),
                Column::Ints(values) => Arc::new(values.finish()),
                Column::Flag(values) => Arc::new(values.take()),
                Column::Word(keys, words) => {
                    Arc::new(DictionaryArray::<Int32Type>::try_new(keys.take(), Arc::clone(words))?)
                }
                Column::Name(keys, names) => {
                    Arc::new(DictionaryArray::<Int32Type>::try_new(keys.take(), names.values())?)
                }
                Column::Text(values) => Arc::new(values.finish()),
            });
        }
        let options = RecordBatchOptions::new().with_row_count(Some(count));
        RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
    }
}

/// A row that is being filled, value by value. Values of columns that are not wanted are
/// dropped; there have to be as many as columns, each of the column's type.
pub(crate) struct Row<'r> {
    columns: std::slice::IterMut<'r, Column>,
}

impl Row<'_> {
    /// Adds a number, or null.
    #[inline]
    pub(crate) fn int(mut self, value: impl Into<Option<i64>>) -> Self {
        match self.columns.next() {
            Some(Column::Int(values)) => values.push(value.into()),
            other => unwanted(other),
        }
        self
    }

    /// Adds a number without a sign, as of an ID, or null. Numbers that do not fit become
    /// the largest.
    #[inline]
    pub(crate) fn id(self, value: Option<u64>) -> Self {
        self.int(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX)))
    }

    /// Adds a list of numbers, or null.
    pub(crate) fn ints(mut self, list: Option<impl Iterator<Item = u32>>) -> Self {
        match self.columns.next() {
            Some(Column::Ints(values)) => values.append_option(list.map(|list| list.map(|value| Some(value.into())))),
            other => unwanted(other),
        }
        self
    }

    /// Adds a truth, or null.
    #[inline]
    pub(crate) fn flag(mut self, value: impl Into<Option<bool>>) -> Self {
        match self.columns.next() {
            Some(Column::Flag(values)) => values.push(value.into()),
            other => unwanted(other),
        }
        self
    }

    /// Adds the word at that place of the column's list, or null.
    #[inline]
    pub(crate) fn word(mut self, place: impl Into<Option<i32>>) -> Self {
        match self.columns.next() {
            Some(Column::Word(keys, _)) => keys.push(place.into()),
            other => unwanted(other),
        }
        self
    }

    /// Adds a name that the pass has kept; null for the empty one.
    #[inline]
    pub(crate) fn name(mut self, id: NameId, names: &Names) -> Self {
        match self.columns.next() {
            Some(Column::Name(keys, known)) => {
                let key = (id != NameId::EMPTY).then(|| known.key(id, || names.get(id)));
                keys.push(key);
            }
            other => unwanted(other),
        }
        self
    }

    /// Adds a text to a column of names or of texts, or null. What is no UTF-8 in it becomes
    /// U+FFFD.
    pub(crate) fn text(mut self, text: Option<&[u8]>) -> Self {
        match self.columns.next() {
            Some(Column::Name(keys, known)) => keys.push(text.map(|text| known.key_of(text))),
            Some(Column::Text(values)) => values.append_option(text.map(String::from_utf8_lossy)),
            other => unwanted(other),
        }
        self
    }

    /// Adds as many nulls, of numbers.
    pub(crate) fn nulls(mut self, count: usize) -> Self {
        for _ in 0..count {
            match self.columns.next() {
                Some(Column::Int(values)) => values.push(None),
                Some(Column::Ints(values)) => values.append_null(),
                Some(Column::Flag(values)) => values.push(None),
                Some(Column::Word(keys, _) | Column::Name(keys, _)) => keys.push(None),
                Some(Column::Text(values)) => values.append_null(),
                other => unwanted(other),
            }
        }
        self
    }

    /// Ends the row.
    #[inline]
    pub(crate) fn end(mut self) {
        debug_assert!(self.columns.next().is_none(), "a column has no value");
    }
}

/// Checks, where it is tested, that a value without a place is of a column that is not
/// wanted.
#[inline]
fn unwanted(column: Option<&mut Column>) {
    debug_assert!(matches!(column, Some(Column::Unwanted)), "the value is none of its column");
}
