//! Tables as Parquet files.
//!
//! The crate `parquet` writes the frame of a file; the pages of numbers, names and truths, which
//! are nearly all of it, are made here: names have keys already, which that crate would find
//! again by hashing the name of each row, and each of its columns has a compressor of its own.

mod column;
mod packed;
mod pages;

use crate::table::{Kind, Table};
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use column::{Column, Form, Workshop};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::Result;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use std::io::Write;

/// Rows of a row group, whose columns are compressed as they come and kept until it is whole.
const GROUP_ROWS: usize = 1 << 17;

/// Rows of a batch that are well enough to write, and the most of a page: row groups are made of
/// several. Fewer than elsewhere, as the batches of all tables fill up at the same time.
pub const BATCH_ROWS: usize = 1 << 13;

/// Writes a table to a Parquet file, compressed with zstd. Starts, ends and other times are
/// stored as differences from row to row. Each batch makes pages of its own, so a file of small
/// ones is larger.
pub struct TableWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    schema: SchemaRef,
    forms: Vec<Form>,
    factory: ArrowRowGroupWriterFactory,
    workshop: Workshop,
    /// Columns of the row group that is being filled, and its number of rows.
    columns: Vec<Column>,
    rows: usize,
}

impl<W: Write + Send> TableWriter<W> {
    /// Begins the file of a table with that schema.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(table: Table, schema: SchemaRef, to: W) -> std::result::Result<TableWriter<W>, ArrowError> {
        let writer = ArrowWriter::try_new(to, SchemaRef::clone(&schema), Some(properties(table)))?;
        let (file, factory) = writer.into_serialized_writer()?;
        let kind_of = |name: &str| table.layout().iter().find(|(column, _)| *column == name).map(|(_, kind)| *kind);
        let forms = schema.fields().iter().map(|field| form(field.name(), kind_of(field.name()))).collect();
        let workshop = Workshop::new()?;
        Ok(TableWriter { file, schema, forms, factory, workshop, columns: Vec::new(), rows: 0 })
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// If it cannot be written, or has another schema.
    pub fn write(&mut self, batch: &RecordBatch) -> std::result::Result<(), ArrowError> {
        if batch.schema_ref().fields() != self.schema.fields() {
            return Err(ArrowError::SchemaError("the batch is none of the file's table".into()));
        }
        let mut begin = 0;
        while begin < batch.num_rows() {
            let rows = BATCH_ROWS.min(batch.num_rows() - begin).min(GROUP_ROWS - self.rows);
            self.add(&batch.slice(begin, rows))?;
            begin += rows;
        }
        Ok(())
    }

    /// Adds rows to the row group, as a page of each column.
    fn add(&mut self, batch: &RecordBatch) -> Result<()> {
        if self.columns.is_empty() {
            let others = self.factory.create_column_writers(self.file.flushed_row_groups().len())?;
            self.columns = self.forms.iter().zip(others).map(|(form, other)| Column::new(*form, other)).collect();
        }
        for ((column, field), array) in self.columns.iter_mut().zip(self.schema.fields()).zip(batch.columns()) {
            column.add(field, array, &mut self.workshop)?;
        }
        self.rows += batch.num_rows();
        if self.rows == GROUP_ROWS { self.end_group() } else { Ok(()) }
    }

    fn end_group(&mut self) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        self.rows = 0;
        let columns = self.file.schema_descr().columns().to_vec();
        let mut group = self.file.next_row_group()?;
        for (column, descriptor) in self.columns.drain(..).zip(columns) {
            column.finish(descriptor, &mut group, &mut self.workshop.compressor)?;
        }
        group.close()?;
        Ok(())
    }

    /// Ends the file, which may have no rows, and returns what it was written to.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(mut self) -> std::result::Result<W, ArrowError> {
        self.end_group()?;
        Ok(self.file.into_inner()?)
    }
}

/// Returns the properties of a table's file, and of the columns that the crate `parquet` makes.
fn properties(table: Table) -> WriterProperties {
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("gotrace ", env!("CARGO_PKG_VERSION")).to_owned());
    let texts = table.layout().iter().filter(|(_, kind)| matches!(kind, Kind::Text));
    let plain = texts.fold(properties, |properties, (name, _)| {
        let column = ColumnPath::from(*name);
        properties.set_column_dictionary_enabled(column.clone(), false).set_column_encoding(column, Encoding::PLAIN)
    });
    plain.build()
}

/// Returns the form in which a column is stored.
fn form(name: &str, kind: Option<Kind>) -> Form {
    match kind {
        Some(Kind::Int) if CLOSE.contains(&name) => Form::Differences,
        Some(Kind::Int) if FEW.contains(&name) => Form::Few,
        // A dictionary of numbers that hardly ever come again costs time and memory for nothing.
        Some(Kind::Int) => Form::Plain,
        Some(Kind::Word(_) | Kind::Name) => Form::Names,
        Some(Kind::Flag) => Form::Flags,
        Some(Kind::TraceId | Kind::Ints | Kind::Text) | None => Form::Other,
    }
}

/// Times, which rise from row to row or nearly so, and IDs, which are not far from each other.
/// (Splitting by bytes would halve the starts once more, but DuckDB 1.5 does not read numbers
/// that are.)
const CLOSE: [&str; 14] = [
    "created",
    "creator",
    "end",
    "ended",
    "goroutine",
    "parent",
    "scope_id",
    "start",
    "started",
    "state_since",
    "task",
    "time",
    "wakee",
    "waker",
];

/// Numbers of which there are few, which come again and again.
const FEW: [&str; 12] = [
    "creation_stack",
    "depth",
    "generation",
    "line",
    "proc",
    "proc_lost",
    "run",
    "stack",
    "thread",
    "transition_stack",
    "value",
    "waker_stack",
];
