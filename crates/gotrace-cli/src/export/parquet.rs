//! `gotrace export parquet`: tables of many traces as Parquet files.
//!
//! ```text
//! DIR/states/trace_id=t710e5d3b7f0a2c41/part.parquet
//! DIR/states/trace_id=t16121b0c8f4d9e61/part.parquet
//! DIR/wakeups/...
//! ```

use super::choice::{choose, explain, possible, table_set, whole};
use super::source::{OpenLog, Source};
use crate::complain::{Complaints, complain};
use crate::global::Global;
use crate::human;
use crate::input::Input;
use crate::outcome::{Status, Usage};
use crate::save::NewFile;
use crate::select::SelectTime;
use crate::several::{OneOfSeveral, Several};
use anyhow::{Context, Result, anyhow};
use clap::Args;
use gotrace_arrow::arrow_schema::SchemaRef;
use gotrace_arrow::parquet::{BATCH_ROWS, TableWriter};
use gotrace_arrow::{Error, Table, Tables, Written, log_id, trace_id};
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Write tables of traces as Parquet files, which DuckDB, pandas, polars and Spark read
#[derive(Args)]
#[command(after_help = "\
Each table of each trace is a file TABLE/trace_id=ID/part.parquet in the folder of -o,
which is made if it is not there. A file is there as a whole or not at all. Traces that
are exported again replace their files; other files in the folder stay as they are.

A trace that cannot be read does not stop the others; it is told at the end. Logs that
GODEBUG made a program print can stand among the traces.

Examples:
  gotrace export parquet trace.out -o tables
  gotrace export parquet *.trace -o tables --tables states,stacks --from 1s --to 2s
  duckdb -c \"select state, sum(duration) from 'tables/states/*/*.parquet' group by state\"")]
pub(crate) struct Options {
    /// The traces; `-` is standard input
    #[arg(value_name = "TRACE", required = true)]
    traces: Vec<PathBuf>,

    /// Only these tables, or `all` [default: all but events]
    #[arg(long, value_name = "TABLES", value_delimiter = ',', value_parser = table_set)]
    tables: Vec<Vec<Table>>,

    #[command(flatten)]
    select: SelectTime,
}

pub(super) fn run(options: &Options, global: &Global) -> Result<Status> {
    let Some(folder) = global.output.as_deref() else {
        return Err(Usage("expected a folder for the tables: -o DIR".into()).into());
    };
    let mut tables: Vec<Table> = options.tables.iter().flatten().copied().collect();
    if tables.is_empty() {
        tables = Table::default_set().chain(Table::OF_LOGS).collect();
    }
    let export = Export::new(folder, tables, &options.select, global)?;
    let status = export.all(&options.traces)?;
    let done = export.done();
    writeln!(
        io::stdout(),
        "{}: {} of {}, {} and {}",
        human::name(folder.display().to_string().as_bytes()),
        human::count(done.files, "table"),
        human::count(done.traces, "trace"),
        human::count(done.rows, "row"),
        human::bytes(done.bytes),
    )?;
    Ok(status)
}

/// An export of some tables of some traces.
pub(crate) struct Export<'a> {
    folder: &'a Path,
    tables: Vec<Table>,
    select: &'a SelectTime,
    global: &'a Global,
    done: Mutex<Done>,
}

/// The traces that were exported so far, or are being exported.
#[derive(Default)]
struct Done {
    /// The names of traces by their IDs.
    names: HashMap<String, String>,
    totals: Totals,
}

/// The numbers of what was written.
#[derive(Clone, Copy, Default)]
pub(crate) struct Totals {
    traces: u64,
    files: u64,
    rows: u64,
    bytes: u64,
}

impl<'a> Export<'a> {
    /// Plans an export, and makes the folder for it.
    ///
    /// # Errors
    /// If there can be no such folder.
    pub(crate) fn new(
        folder: &'a Path,
        tables: Vec<Table>,
        select: &'a SelectTime,
        global: &'a Global,
    ) -> Result<Export<'a>> {
        fs::create_dir_all(folder).with_context(|| format!("{}: cannot be a folder", folder.display()))?;
        Ok(Export { folder, tables, select, global, done: Mutex::default() })
    }

    /// Returns the numbers of what was written.
    pub(crate) fn done(&self) -> Totals {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).totals
    }

    /// Exports traces, several side by side.
    ///
    /// # Errors
    /// If it is one trace, and that cannot be exported. Of several, those that cannot are
    /// told at the end.
    pub(crate) fn all(&self, traces: &[PathBuf]) -> Result<Status> {
        let each = Several::new(traces).each(self.global.threads(), |read| self.one(read));
        for table in &self.tables {
            // One with a file in it stays.
            let _ = fs::remove_dir(self.folder.join(table.name()));
        }
        let mut status = Status::Done;
        for result in each {
            match result {
                Ok(complaints) => {
                    if let Status::Flawed = complaints.print() {
                        status = Status::Flawed;
                    }
                }
                // A command line that is wrong for one is wrong for all.
                Err(e) if traces.len() == 1 || e.is::<Usage>() => return Err(e),
                Err(e) => {
                    complain("error", &format!("{e:#}"));
                    status = Status::Flawed;
                }
            }
        }
        Ok(status)
    }

    /// Exports a trace or a log; returns what is to be said of it when all are done.
    fn one(&self, read: OneOfSeveral<'_>) -> Result<Complaints> {
        match Source::open(read, self.tables.iter().all(|table| table.is_of_logs()), self.global)? {
            Source::Trace(input) => self.trace(&input),
            Source::Log(log) => self.log(*log),
        }
    }

    /// Exports a trace.
    fn trace(&self, input: &Input) -> Result<Complaints> {
        let trace = input.trace()?;
        let id = trace_id(&trace);
        let tables = self.tables(false, &id, input.name())?;
        let tables = choose(tables, self.select, input, &trace, self.global)?;
        let mut files = Files::new(self.folder, &id, &tables, |table| tables.schema(table, &trace))?;
        let progress = input.progress(&trace);
        let written =
            tables.write_watched(&trace, |table, batch| files.write(table, &batch), |event| progress.at(event));
        drop(progress);
        let written = written.map_err(|e| explain(input, e))?;
        let bytes = files.finish()?;
        self.end(&tables, &written, bytes);
        Ok(input.complaints(&written.warnings))
    }

    /// Exports a log.
    fn log(&self, log: OpenLog) -> Result<Complaints> {
        let (name, beginning) = (log.name().to_owned(), log.beginning().to_vec());
        whole(self.select, &name)?;
        let id = log_id(&beginning);
        let tables = self.tables(true, &id, &name)?.path(name);
        let mut files = Files::new(self.folder, &id, &tables, |table| tables.log_schema(table, &beginning))?;
        let ((log, ended), written) =
            tables.write_log(&beginning, |each| log.read(each), |table, batch| files.write(table, &batch))?;
        let bytes = files.finish()?;
        self.end(&tables, &written, bytes);
        Ok(log.complaints(&ended))
    }

    /// Returns the tables of an input, a log (`of_logs`) or a trace.
    ///
    /// # Errors
    /// If it can have none of them, or is being exported under another name.
    fn tables(&self, of_logs: bool, id: &str, name: &str) -> Result<Tables> {
        let possible = possible(&self.tables, of_logs, name)?;
        if let Some(other) = self.begin(id, name) {
            let kind = if of_logs { "log" } else { "trace" };
            return Err(anyhow!("{name}: is the same {kind} as {other}, and is left out"));
        }
        // The name of the folder has the ID. An engine that finds it in the file too may refuse
        // both: pyarrow does where their types differ, and gives that of the folder several.
        let mut tables = Tables::new(possible.iter().copied()).batch_rows(BATCH_ROWS);
        for table in possible {
            tables = tables.columns(table, table.columns().skip(1)).map_err(Error::from)?;
        }
        Ok(tables)
    }

    /// Takes note that a trace is being exported; returns the name of another one with that
    /// ID, if there is one.
    fn begin(&self, id: &str, name: &str) -> Option<String> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        match done.names.get(id) {
            Some(other) => Some(other.clone()),
            None => done.names.insert(id.to_owned(), name.to_owned()),
        }
    }

    fn end(&self, tables: &Tables, written: &Written, bytes: u64) {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        let totals = &mut done.totals;
        totals.traces += 1;
        totals.files += tables.iter().count() as u64;
        totals.rows += tables.iter().map(|table| written.rows(table)).sum::<u64>();
        totals.bytes += bytes;
    }
}

/// The files of a trace's tables, none of which is there before all are complete.
struct Files {
    writers: BTreeMap<Table, TableWriter<BufWriter<Counted>>>,
    /// Folders that are removed if they stay empty.
    folders: Vec<PathBuf>,
}

impl Files {
    /// Plans the files of the tables, and makes the folders for them.
    fn new(folder: &Path, id: &str, tables: &Tables, schema: impl Fn(Table) -> SchemaRef) -> Result<Files> {
        let mut files = Files { writers: BTreeMap::new(), folders: Vec::new() };
        for table in tables.iter() {
            let folder = folder.join(table.name()).join(format!("trace_id={id}"));
            fs::create_dir_all(&folder).with_context(|| format!("{}: cannot be a folder", folder.display()))?;
            let file = NewFile::at(&folder.join("part.parquet"));
            files.folders.push(folder);
            let file = BufWriter::new(Counted { file: file?, bytes: 0 });
            let writer = TableWriter::new(table, schema(table), file).map_err(Error::from)?;
            files.writers.insert(table, writer);
        }
        Ok(files)
    }

    fn write(&mut self, table: Table, batch: &gotrace_arrow::arrow_array::RecordBatch) -> Result<()> {
        match self.writers.get_mut(&table) {
            Some(file) => Ok(file.write(batch).map_err(Error::from)?),
            None => Ok(()),
        }
    }

    /// Completes all files, that of the table `trace` last; returns their size in bytes.
    fn finish(mut self) -> Result<u64> {
        let complete = |(_, file): (Table, TableWriter<BufWriter<Counted>>)| -> Result<Counted> {
            let file = file.finish().map_err(Error::from)?;
            Ok(file.into_inner().map_err(io::IntoInnerError::into_error)?)
        };
        // Nothing gets its name as long as the disk may still prove full.
        let writers = std::mem::take(&mut self.writers);
        let whole = writers.into_iter().rev().map(complete).collect::<Result<Vec<_>>>()?;
        let mut bytes = 0;
        for file in whole {
            bytes += file.bytes;
            file.file.finish()?;
        }
        Ok(bytes)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.writers.clear();
        for folder in &self.folders {
            // One with a file in it stays.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A new file, with the number of bytes that were written to it.
struct Counted {
    file: NewFile,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.file.write(data)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
