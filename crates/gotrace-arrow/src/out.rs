//! The tables that are asked for, whose rows go out in batches.

use crate::rows::{Row, Rows};
use crate::table::Table;
use crate::values::BatchRows;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::ArrowError;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

/// The receiver of batches; returns false when it wants no more.
pub(crate) type Sink<'s> = &'s mut dyn FnMut(Table, Result<RecordBatch, ArrowError>) -> bool;

/// Each table that is asked for once, with its columns if not all are.
pub(crate) type Wanted = [(Table, Option<Vec<String>>)];

/// The tables that are asked for, whose rows go out in batches.
pub(crate) struct Out<'s> {
    tables: [Option<Rows>; Table::COUNT],
    counts: [u64; Table::COUNT],
    sink: Sink<'s>,
    /// Set when the receiver wants no more.
    stopped: &'s Cell<bool>,
}

impl<'s> Out<'s> {
    /// Returns the tables that are asked for with their columns, without a row; `rows` are those of
    /// a batch.
    pub(crate) fn new(
        (wanted, rows): (&Wanted, BatchRows),
        (trace_id, metadata): (&str, &HashMap<String, String>),
        sink: Sink<'s>,
        stopped: &'s Cell<bool>,
    ) -> Out<'s> {
        let mut tables = [const { None }; Table::COUNT];
        let ids = std::iter::repeat_n(trace_id, rows.0);
        let trace_ids: ArrayRef = Arc::new(StringArray::from_iter_values(ids));
        for (table, columns) in wanted {
            let is_wanted = |name: &str| columns.as_ref().is_none_or(|columns| columns.iter().any(|one| one == name));
            let schema = Arc::new(table.schema_of(is_wanted, metadata.clone()));
            tables[*table as usize] = Some(Rows::new(*table, schema, Arc::clone(&trace_ids), rows));
        }
        Out { tables, counts: [0; Table::COUNT], sink, stopped }
    }

    /// Returns whether a table is asked for.
    pub(crate) fn has(&self, table: Table) -> bool {
        self.tables[table as usize].is_some()
    }

    /// Begins another row of a table; returns none if the table is not asked for.
    #[inline(always)]
    pub(crate) fn row(&mut self, table: Table) -> Option<Row<'_>> {
        if self.tables[table as usize].as_ref()?.is_full() {
            self.make_room(table);
        }
        self.tables[table as usize].as_mut().map(Rows::row)
    }

    /// Makes room for another row of a table, and sends those that are a batch.
    #[inline(never)]
    fn make_room(&mut self, table: Table) {
        if self.tables[table as usize].as_mut().is_some_and(|rows| !rows.settle()) {
            self.flush(table);
        }
    }

    /// Sends the rows of a table that are not sent yet, if there are any.
    fn flush(&mut self, table: Table) {
        let Some(rows) = self.tables[table as usize].as_mut().filter(|rows| rows.count() > 0) else { return };
        self.counts[table as usize] += rows.count() as u64;
        let batch = rows.take_batch();
        if !self.stopped.get() && !(self.sink)(table, batch) {
            self.stopped.set(true);
        }
    }

    /// Sends all rows that are not sent yet.
    pub(crate) fn flush_all(&mut self) {
        Table::every().for_each(|table| self.flush(table));
    }

    /// Returns the number of rows of each table that were sent, by the table's number.
    pub(crate) fn counts(&self) -> [u64; Table::COUNT] {
        self.counts
    }
}
