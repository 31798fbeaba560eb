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
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};
use column::{Column, Form, Workshop};
use parquet::arrow::arrow_writer::{ArrowRowGroupWriterFactory, ArrowWriterOptions};
use parquet::arrow::{ArrowWriter, add_encoded_arrow_schema_to_metadata};
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
pub const BATCH_ROWS: usize = 1 << 14;

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
        let mut properties = properties(table);
        add_encoded_arrow_schema_to_metadata(&plain(&schema), &mut properties);
        let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
        let writer = ArrowWriter::try_new_with_options(to, SchemaRef::clone(&schema), options)?;
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

/// Returns a schema whose names are plain strings: those who read many files would have as many
/// dictionaries for a column, which pyarrow does not group by, and others do not know at all. How
/// names are stored is not affected.
fn plain(schema: &Schema) -> Schema {
    let fields = schema.fields().iter().map(|field| match field.data_type() {
        DataType::Dictionary(_, values) => field.as_ref().clone().with_data_type(values.as_ref().clone()),
        _ => field.as_ref().clone(),
    });
    Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone())
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

/// Numbers of which there are few, which come again and again. So do durations: most are short,
/// and clocks have ticks.
const FEW: [&str; 13] = [
    "creation_stack",
    "depth",
    "duration",
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

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Int32Type, Int64Type};
    use arrow_array::{Array, ArrayRef, BooleanArray, DictionaryArray, Int64Array};
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::file::statistics::Statistics;
    use std::collections::HashMap;
    use std::sync::Arc;

    /// A number in a row that is easy, and one that is not.
    type Make = fn(usize) -> Option<i64>;

    /// Returns rows of states whose numbers, names and truths are all made of the same numbers.
    fn states(schema: &SchemaRef, rows: std::ops::Range<usize>, make: Make) -> RecordBatch {
        let values = rows.map(make);
        let columns = schema.fields().iter().map(|field| -> ArrayRef {
            let values = values.clone();
            match form(field.name(), Table::States.layout().iter().find(|c| c.0 == field.name()).map(|c| c.1)) {
                Form::Names => {
                    let names: Vec<_> =
                        values.map(|value| value.map(|value| format!("name {}", value % 100))).collect();
                    Arc::new(names.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>())
                }
                Form::Flags => {
                    Arc::new(values.map(|value| value.map(|value| value % 3 == 0)).collect::<BooleanArray>())
                }
                _ => Arc::new(values.collect::<Int64Array>()),
            }
        });
        RecordBatch::try_new(SchemaRef::clone(schema), columns.collect()).expect("the columns are those of the schema")
    }

    /// Returns the values of a column as texts.
    fn texts(array: &ArrayRef) -> Vec<Option<String>> {
        let number = |array: &ArrayRef, row| array.as_primitive::<Int64Type>().value(row).to_string();
        let name = |array: &ArrayRef, row| {
            let array = array.as_dictionary::<Int32Type>();
            let key = array.keys().value(row) as usize;
            array.values().as_string::<i32>().value(key).to_owned()
        };
        let text = |row| match array.data_type() {
            DataType::Boolean => array.as_boolean().value(row).to_string(),
            DataType::Int64 => number(array, row),
            DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
            _ => name(array, row),
        };
        (0..array.len()).map(|row| array.is_valid(row).then(|| text(row))).collect()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let makes: [(&str, Make); 7] = [
            ("rising", |row| Some(row as i64)),
            ("all the same", |_| Some(7)),
            ("all null", |_| None),
            ("some null", |row| (row % 3 != 0).then_some((row % 40) as i64)),
            ("null for long", |row| (row % 1000 > 500).then_some((row as i64) << 20)),
            ("extreme", |row| Some(if row.is_multiple_of(2) { i64::MIN } else { i64::MAX })),
            ("far apart", |row| Some((row as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()))),
        ];
        let columns = |name: &str| name != "trace_id";
        let schema = Arc::new(Table::States.schema_of(columns, HashMap::new()));
        for (what, make) in makes {
            for rows in [0, 1, 7, 8, 129, BATCH_ROWS + 1, GROUP_ROWS + 333] {
                let mut writer = TableWriter::new(Table::States, SchemaRef::clone(&schema), Vec::new()).expect(what);
                let whole = states(&schema, 0..rows, make);
                // Batches that fit neither pages nor row groups.
                for begin in (0..rows).step_by(BATCH_ROWS + 77) {
                    writer.write(&whole.slice(begin, (rows - begin).min(BATCH_ROWS + 77))).expect(what);
                }
                let file = Bytes::from(writer.finish().expect(what));
                let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect(what);
                assert_eq!(reader.metadata().num_row_groups(), rows.div_ceil(GROUP_ROWS), "{what}");
                let read: Vec<_> =
                    reader.with_batch_size(1000).build().expect(what).map(|batch| batch.expect(what)).collect();
                for (at, field) in schema.fields().iter().enumerate() {
                    let read: Vec<_> = read.iter().flat_map(|batch| texts(batch.column(at))).collect();
                    assert_eq!(read, texts(whole.column(at)), "{what}, {rows} rows of {}", field.name());
                }
            }
        }
    }

    #[test]
    fn row_groups_tell_the_bounds_of_their_columns() {
        let schema = Arc::new(
            Table::States.schema_of(|name| ["start", "stack", "begun", "reason"].contains(&name), HashMap::new()),
        );
        let make = |row| (row != 0).then_some(row as i64);
        let mut writer = TableWriter::new(Table::States, SchemaRef::clone(&schema), Vec::new()).expect("a file");
        writer.write(&states(&schema, 0..90, make)).expect("rows");
        let file = Bytes::from(writer.finish().expect("a file"));
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("a file");
        for column in reader.metadata().row_group(0).columns() {
            let statistics = column.statistics().expect("each column has some");
            assert_eq!(statistics.null_count_opt(), Some(1));
            let bounds = match statistics {
                Statistics::Int64(of) => (of.min_opt() == Some(&1), of.max_opt() == Some(&89)),
                Statistics::Boolean(of) => (of.min_opt() == Some(&false), of.max_opt() == Some(&true)),
                of => (of.min_bytes_opt() == Some(b"name 1"), of.max_bytes_opt() == Some(b"name 9")),
            };
            assert_eq!(bounds, (true, true), "{}", column.column_path());
        }
    }
}
