//! A choice of tables, and the pass that makes them.

use crate::about::About;
use crate::collect::{Collect, Seen};
use crate::error::Error;
use crate::out::Out;
use crate::table::{NoSuchColumn, SCHEMA_VERSION, Table};
use crate::values::BatchRows;
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use gotrace::selection::Scope;
use gotrace::{Event, Repair, Selected, Time, Trace, Warning, Window};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

/// A choice of tables, with their columns and the part of the trace that they are about.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Each table once, with its columns if not all are wanted.
    pub(crate) wanted: Vec<(Table, Option<Vec<String>>)>,
    selected: Option<Arc<Selected>>,
    pub(crate) path: Option<String>,
    /// Rows of a batch.
    pub(crate) rows: BatchRows,
}

/// The end of making tables.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Written {
    /// Defects that were met, in lenient mode.
    pub warnings: Vec<Warning>,
    /// True if the file ends before the trace does.
    pub truncated: bool,
    /// Numbers of rows, by the table's number.
    pub(crate) rows: [u64; Table::COUNT],
}

impl Written {
    /// Returns the number of rows of a table.
    pub fn rows(&self, table: Table) -> u64 {
        self.rows.get(table as usize).copied().unwrap_or(0)
    }
}

impl Tables {
    /// Returns the choice of some tables, with all their columns. Stacks are those that rows
    /// of the other tables refer to; alone, those of all tables but the events.
    pub fn new(tables: impl IntoIterator<Item = Table>) -> Tables {
        let mut wanted: Vec<(Table, Option<Vec<String>>)> = tables.into_iter().map(|table| (table, None)).collect();
        wanted.sort();
        wanted.dedup();
        Tables { wanted, ..Tables::default() }
    }

    /// Returns the choice with some columns of a table alone, in the table's order.
    ///
    /// # Errors
    /// If the table has no such column.
    pub fn columns<C: Into<String>>(
        mut self,
        table: Table,
        columns: impl IntoIterator<Item = C>,
    ) -> Result<Tables, NoSuchColumn> {
        let columns: Vec<String> = columns.into_iter().map(Into::into).collect();
        table.check(&columns)?;
        if let Some((_, wanted)) = self.wanted.iter_mut().find(|(wanted, _)| *wanted == table) {
            *wanted = Some(columns);
        }
        Ok(self)
    }

    /// Returns the choice of one table, with its columns and the same part of the trace.
    pub(crate) fn only(mut self, table: Table) -> Tables {
        self.wanted.retain(|(wanted, _)| *wanted == table);
        if self.wanted.is_empty() {
            self.wanted.push((table, None));
        }
        self
    }

    /// Returns the choice of a part of the trace alone. What is selected of goroutines clips
    /// their states and selects the rows that are about a goroutine; rows about Ps, Ms and
    /// the whole program are those of the window.
    #[must_use]
    pub fn selected(self, selected: impl Into<Arc<Selected>>) -> Tables {
        Tables { selected: Some(selected.into()), ..self }
    }

    /// Returns the choice with the name of the trace's file, for the table `trace`.
    #[must_use]
    pub fn path(self, path: impl Into<String>) -> Tables {
        Tables { path: Some(path.into()), ..self }
    }

    /// Returns the choice with batches of so many rows, one at least, in place of
    /// [`BATCH_ROWS`](crate::BATCH_ROWS). Memory grows with it, for each column of each table.
    #[must_use]
    pub fn batch_rows(self, rows: usize) -> Tables {
        Tables { rows: BatchRows(rows.max(1)), ..self }
    }

    /// Returns the tables, in the order of the documentation.
    pub fn iter(&self) -> impl Iterator<Item = Table> {
        self.wanted.iter().map(|(table, _)| *table)
    }

    /// Returns the schema of a table's batches of a trace.
    pub fn schema(&self, table: Table, trace: &Trace<'_>) -> SchemaRef {
        self.schema_with(table, About::new(trace, self.path.as_deref()).metadata())
    }

    /// Returns the schema of a table's batches with that metadata.
    pub(crate) fn schema_with(&self, table: Table, metadata: HashMap<String, String>) -> SchemaRef {
        let columns = self.wanted.iter().find(|(wanted, _)| *wanted == table).and_then(|(_, columns)| columns.as_ref());
        Arc::new(table.schema_of(|name| columns.is_none_or(|some| some.iter().any(|one| one == name)), metadata))
    }

    /// Gives each batch of the tables to `take`, in one pass over the trace; those of one
    /// table come in order. Ends with the first error of `take`.
    ///
    /// # Errors
    /// As `take`; and if the trace has a defect, in strict mode, or no goroutine worked for
    /// the tasks and regions that are selected.
    pub fn write<E: From<Error>>(
        &self,
        trace: &Trace<'_>,
        take: impl FnMut(Table, RecordBatch) -> Result<(), E>,
    ) -> Result<Written, E> {
        self.write_watched(trace, take, |_| ())
    }

    /// Does as [`write`](Self::write), and calls `watch` with an event now and then, for a
    /// display of progress.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_watched<E: From<Error>>(
        &self,
        trace: &Trace<'_>,
        mut take: impl FnMut(Table, RecordBatch) -> Result<(), E>,
        mut watch: impl FnMut(&Event<'_>),
    ) -> Result<Written, E> {
        let about = About::new(trace, self.path.as_deref());
        let scope = Scope::new(self.selected.as_deref()).map_err(Error::from)?;
        let window = self.selected.as_deref().map_or_else(Window::default, Selected::window);
        let (mut failed, stopped) = (None, Cell::new(false));
        let mut sink = |table: Table, batch: Result<RecordBatch, ArrowError>| {
            let taken = batch.map_err(|e| E::from(e.into())).and_then(|batch| take(table, batch));
            failed = taken.err();
            failed.is_none()
        };
        let out = Out::new((&self.wanted, self.rows), (&about.trace_id, &about.metadata()), &mut sink, &stopped);
        let collect = Collect::new(out, &about, scope);
        let analyzed = window.analyze_while(trace, collect, |event| {
            watch(event);
            !stopped.get()
        });
        let mut written = Written::default();
        if let Some(analyzed) = analyzed.map_err(Error::Trace)? {
            let (mut out, seen) = analyzed.output;
            written.truncated = is_truncated(trace, &analyzed.warnings);
            written.warnings = analyzed.warnings;
            trace_row(&mut out, &about, &seen, &written);
            out.flush_all();
            written.rows = out.counts();
        }
        failed.map_or(Ok(written), Err)
    }
}

/// Returns whether a file ends before its trace does.
fn is_truncated(trace: &Trace<'_>, warnings: &[Warning]) -> bool {
    let cut = trace.generations().last().is_some_and(|generation| !generation.is_complete());
    cut || warnings.iter().any(|warning| matches!(warning.repair(), Repair::RestOfFile { .. }))
}

/// Makes the row of the trace.
fn trace_row(out: &mut Out<'_>, about: &About, seen: &Seen, Written { warnings, truncated, .. }: &Written) {
    let Some(row) = out.row(Table::Trace) else { return };
    let time = |time: Time| time.since(about.origin);
    row.text(about.path.as_ref().map(|path| path.as_bytes()))
        .text(Some(about.format.as_bytes()))
        .text(Some(about.go_version.as_bytes()))
        .text(Some(env!("CARGO_PKG_VERSION").as_bytes()))
        .int(SCHEMA_VERSION)
        .int(about.wall_start)
        .int(about.origin.0)
        .int(about.clock_hz)
        .int(time(seen.start))
        .int(time(seen.end))
        .int(seen.end.since(seen.start))
        .int(about.generations as i64)
        .id(Some(seen.events))
        .id(seen.gomaxprocs)
        .int(number_of(warnings))
        .id(Some(warnings.iter().map(Warning::lost).fold(0, u64::saturating_add)))
        .flag(*truncated)
        .end();
}

/// Returns the number of defects, those included that are only counted.
fn number_of(warnings: &[Warning]) -> i64 {
    let number = |warning: &Warning| match warning.repair() {
        Repair::AndMore(more) => i64::try_from(more).unwrap_or(i64::MAX),
        _ => 1,
    };
    warnings.iter().map(number).fold(0, i64::saturating_add)
}
