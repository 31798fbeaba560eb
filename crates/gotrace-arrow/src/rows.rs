//! Rows of a table, which become a batch once there are enough.

use crate::dictionary::Dictionary;
use crate::table::{Kind, Table};
use crate::values::{BatchRows, Flags, STRIP_ROWS, Strip, Values};
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
    /// Rows of a batch.
    rows: BatchRows,
    /// Number of rows in the columns.
    count: usize,
    /// Number of rows in their strips, and of those that there is room for.
    filled: usize,
    room: usize,
}

/// A column: the values of the rows that are being filled, and of those before.
struct Column {
    strip: Strip,
    values: ColumnValues,
}

/// Values of a column that are not yet in a batch.
enum ColumnValues {
    /// Values of a column that is not wanted, which are dropped.
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
        use ColumnValues::*;
        let values = |&(name, kind): &(&str, Kind)| match kind {
            _ if schema.index_of(name).is_err() => Unwanted,
            Kind::TraceId => TraceId,
            Kind::Int => Int(Values::new(rows)),
            Kind::Ints => Ints(ListBuilder::new(Int64Builder::new())),
            Kind::Flag => Flag(Flags::default()),
            Kind::Word(words) => Word(Values::new(rows), Arc::new(StringArray::from_iter_values(words))),
            Kind::Name => Name(Values::new(rows), Dictionary::default()),
            Kind::Text => Text(StringBuilder::new()),
        };
        let column = |values| Column { strip: Strip::default(), values };
        let columns = table.layout().iter().map(values).map(column).collect();
        Rows { schema, columns, trace_ids, rows, count: 0, filled: 0, room: STRIP_ROWS.min(rows.0) }
    }

    /// Returns the number of rows.
    pub(crate) fn count(&self) -> usize {
        self.count + self.filled
    }

    /// Returns whether there is no room for another row, until there is by
    /// [`settle`](Self::settle).
    #[inline(always)]
    pub(crate) fn is_full(&self) -> bool {
        self.filled == self.room
    }

    /// Makes room for other rows; returns false if there is none, as they are a batch.
    pub(crate) fn settle(&mut self) -> bool {
        let rows = std::mem::take(&mut self.filled);
        self.count += rows;
        self.room = STRIP_ROWS.min(self.rows.0 - self.count);
        for Column { strip, values } in &mut self.columns {
            match values {
                ColumnValues::Int(values) => values.add(strip, rows, |value| value),
                // Keys are made of 32 bits.
                ColumnValues::Word(keys, _) | ColumnValues::Name(keys, _) => keys.add(strip, rows, |key| key as i32),
                ColumnValues::Flag(values) => values.add(strip, rows),
                ColumnValues::Unwanted | ColumnValues::TraceId | ColumnValues::Ints(_) | ColumnValues::Text(_) => {}
            }
        }
        self.room > 0
    }

    /// Begins another row, for which there is room, whose values are to be given in the order of
    /// the columns, the trace's ID left out.
    #[inline(always)]
    pub(crate) fn row(&mut self) -> Row<'_> {
        let at = self.filled;
        self.filled += 1;
        let mut columns = self.columns.iter_mut();
        columns.next();
        Row { columns, at }
    }

    /// Returns the rows as a batch, and goes on with none.
    ///
    /// # Errors
    /// If the columns are not equally long, which they are.
    pub(crate) fn take_batch(&mut self) -> Result<RecordBatch, ArrowError> {
        if self.filled > 0 {
            self.settle();
        }
        let count = std::mem::take(&mut self.count);
        self.room = STRIP_ROWS.min(self.rows.0);
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            arrays.push(match &mut column.values {
                ColumnValues::Unwanted => continue,
                ColumnValues::TraceId => self.trace_ids.slice(0, count),
                ColumnValues::Int(values) => Arc::new(values.take()),
                ColumnValues::Ints(values) => Arc::new(values.finish()),
                ColumnValues::Flag(values) => Arc::new(values.take()),
                ColumnValues::Word(keys, words) => {
                    Arc::new(DictionaryArray::<Int32Type>::try_new(keys.take(), Arc::clone(words))?)
                }
                ColumnValues::Name(keys, names) => {
                    Arc::new(DictionaryArray::<Int32Type>::try_new(keys.take(), names.values())?)
                }
                ColumnValues::Text(values) => Arc::new(values.finish()),
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
    /// Place of the row in the strips.
    at: usize,
}

impl Row<'_> {
    /// Adds a number, or null.
    #[inline(always)]
    pub(crate) fn int(mut self, value: impl Into<Option<i64>>) -> Self {
        if let Some(Column { strip, values }) = self.columns.next() {
            debug_assert!(matches!(values, ColumnValues::Int(_) | ColumnValues::Unwanted), "{WRONG}");
            strip.set_number(self.at, value.into());
        }
        self
    }

    /// Adds a number without a sign, as of an ID, or null. Numbers that do not fit become
    /// the largest.
    #[inline(always)]
    pub(crate) fn id(self, value: Option<u64>) -> Self {
        self.int(value.map(|value| i64::try_from(value).unwrap_or(i64::MAX)))
    }

    /// Adds a list of numbers, or null.
    pub(crate) fn ints(mut self, list: Option<impl Iterator<Item = u32>>) -> Self {
        match self.columns.next().map(|column| &mut column.values) {
            Some(ColumnValues::Ints(values)) => {
                values.append_option(list.map(|list| list.map(|value| Some(value.into()))));
            }
            other => unwanted(other),
        }
        self
    }

    /// Adds a truth, or null.
    #[inline(always)]
    pub(crate) fn flag(mut self, value: impl Into<Option<bool>>) -> Self {
        if let Some(Column { strip, values }) = self.columns.next() {
            debug_assert!(matches!(values, ColumnValues::Flag(_) | ColumnValues::Unwanted), "{WRONG}");
            strip.set_truth(self.at, value.into());
        }
        self
    }

    /// Adds the word at that place of the column's list, or null.
    #[inline(always)]
    pub(crate) fn word(mut self, place: impl Into<Option<i32>>) -> Self {
        if let Some(Column { strip, values }) = self.columns.next() {
            debug_assert!(matches!(values, ColumnValues::Word(..) | ColumnValues::Unwanted), "{WRONG}");
            strip.set_number(self.at, place.into().map(i64::from));
        }
        self
    }

    /// Adds a name that the pass has kept; null for the empty one.
    #[inline(always)]
    pub(crate) fn name(mut self, id: NameId, names: &Names) -> Self {
        if let Some(Column { strip, values }) = self.columns.next() {
            match values {
                _ if id == NameId::EMPTY => strip.set_number(self.at, None),
                ColumnValues::Name(_, known) => {
                    let key = known.key(id, || names.get(id));
                    strip.set_number(self.at, Some(key.into()));
                }
                other => unwanted(Some(other)),
            }
        }
        self
    }

    /// Adds a text to a column of names or of texts, or null. What is no UTF-8 in it becomes
    /// U+FFFD.
    pub(crate) fn text(mut self, text: Option<&[u8]>) -> Self {
        let Some(Column { strip, values }) = self.columns.next() else { return self };
        match values {
            ColumnValues::Name(_, known) => {
                strip.set_number(self.at, text.map(|text| known.key_of(text).into()));
            }
            ColumnValues::Text(values) => values.append_option(text.map(String::from_utf8_lossy)),
            other => unwanted(Some(other)),
        }
        self
    }

    /// Adds as many nulls, of any kind.
    pub(crate) fn nulls(mut self, count: usize) -> Self {
        for Column { strip, values } in self.columns.by_ref().take(count) {
            match values {
                ColumnValues::Ints(values) => values.append_null(),
                ColumnValues::Text(values) => values.append_null(),
                _ => strip.set_number(self.at, None),
            }
        }
        self
    }

    /// Ends the row.
    #[inline(always)]
    pub(crate) fn end(mut self) {
        debug_assert!(self.columns.next().is_none(), "a column has no value");
    }
}

/// The complaint, where it is tested, about a value of another kind than its column.
const WRONG: &str = "the value is none of its column";

/// Checks, where it is tested, that a value without a place is of a column that is not
/// wanted.
#[inline]
fn unwanted(values: Option<&mut ColumnValues>) {
    debug_assert!(matches!(values, Some(ColumnValues::Unwanted)), "{WRONG}");
}
