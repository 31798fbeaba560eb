//! Tables as Parquet files.

use crate::table::{Kind, Table};
use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::schema::types::ColumnPath;
use std::io::Write;

/// Rows of a row group, whose columns are compressed as they come and kept until it is whole.
const GROUP_ROWS: usize = 1 << 17;

/// Rows of a batch that are well enough to write: row groups are made of several. Fewer than
/// elsewhere, as the batches of all tables fill up at the same time.
pub const BATCH_ROWS: usize = 1 << 13;

/// Writes a table to a Parquet file, compressed with zstd. Starts, ends and other times are
/// stored as differences from row to row.
pub struct TableWriter<W: Write + Send>(ArrowWriter<W>);

impl<W: Write + Send> TableWriter<W> {
    /// Begins the file of a table with that schema.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(table: Table, schema: SchemaRef, to: W) -> Result<TableWriter<W>, ArrowError> {
        Ok(TableWriter(ArrowWriter::try_new(to, schema, Some(properties(table)))?))
    }

    /// Writes a batch.
    ///
    /// # Errors
    /// If it cannot be written, or has another schema.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        Ok(self.0.write(batch)?)
    }

    /// Ends the file, which may have no rows, and returns what it was written to.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn finish(self) -> Result<W, ArrowError> {
        Ok(self.0.into_inner()?)
    }
}

fn properties(table: Table) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("gotrace ", env!("CARGO_PKG_VERSION")).to_owned());
    for &(name, kind) in table.layout() {
        // A dictionary of numbers that hardly ever come again costs time and memory for nothing.
        let Some(encoding) = (match kind {
            Kind::Int if CLOSE.contains(&name) => Some(Encoding::DELTA_BINARY_PACKED),
            Kind::Int if !FEW.contains(&name) => Some(Encoding::PLAIN),
            Kind::Text => Some(Encoding::PLAIN),
            _ => None,
        }) else {
            continue;
        };
        let column = ColumnPath::from(name);
        properties =
            properties.set_column_dictionary_enabled(column.clone(), false).set_column_encoding(column, encoding);
    }
    properties.build()
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
