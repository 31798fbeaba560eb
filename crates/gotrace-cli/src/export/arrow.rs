//! `gotrace export arrow`: a table as an Arrow IPC stream.

use super::choice::{choose, explain, possible, whole};
use super::source::{OpenLog, Source};
use crate::complain::Complaints;
use crate::global::Global;
use crate::input::Input;
use crate::outcome::{Status, Usage};
use crate::output::{Content, Output};
use crate::select::SelectTime;
use crate::several::OneOfSeveral;
use anyhow::Result;
use clap::Args;
use gotrace_arrow::ipc::StreamWriter;
use gotrace_arrow::{Error, Table, Tables};
use std::path::PathBuf;

/// Write a table of a trace as an Arrow IPC stream
#[derive(Args)]
#[command(after_help = "\
Examples:
  gotrace export arrow trace.out --table states > states.arrows
  gotrace export arrow trace.out --table wakeups --columns waker,wakee,delay > wakeups.arrows
  gotrace export arrow stderr.log --table sched > sched.arrows
  gotrace export arrow trace.out | python3 -c 'import pyarrow as pa, sys
  print(pa.ipc.open_stream(sys.stdin.buffer).read_pandas())'")]
pub(super) struct Options {
    /// The trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    trace: PathBuf,

    /// The table
    #[arg(long, value_name = "TABLE", default_value = "states", value_parser = str::parse::<Table>)]
    table: Table,

    /// Only these columns
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<String>,

    #[command(flatten)]
    select: SelectTime,
}

pub(super) fn run(options: &Options, global: &Global) -> Result<Status> {
    let table = options.table;
    let mut tables = Tables::new([table]);
    if !options.columns.is_empty() {
        tables = tables.columns(table, &options.columns).map_err(|e| Usage(e.to_string()))?;
    }
    let complaints = match Source::open(OneOfSeveral::alone(&options.trace, global), table.is_of_logs(), global)? {
        Source::Trace(input) => trace(&input, tables, options, global)?,
        Source::Log(input) => log(*input, tables, options, global)?,
    };
    Ok(complaints.print())
}

/// Writes the table of a trace.
fn trace(input: &Input, tables: Tables, options: &Options, global: &Global) -> Result<Complaints> {
    possible(&[options.table], false, input.name())?;
    let trace = input.trace()?;
    let mut out = Output::open(global, Content::Binary)?;
    let tables = choose(tables, &options.select, input, &trace, global)?;
    let mut writer = StreamWriter::try_new(&mut out, &tables.schema(options.table, &trace))?;
    let progress = input.progress(&trace);
    let take = |_, batch| -> Result<()> { Ok(writer.write(&batch).map_err(Error::from)?) };
    let written = tables.write_watched(&trace, take, |event| progress.at(event));
    drop(progress);
    let written = written.map_err(|e| explain(input, e))?;
    writer.finish()?;
    drop(writer);
    out.finish()?;
    Ok(input.complaints(&written.warnings))
}

/// Writes the table of a log.
fn log(log: OpenLog, tables: Tables, options: &Options, global: &Global) -> Result<Complaints> {
    let (name, beginning) = (log.name().to_owned(), log.beginning().to_vec());
    possible(&[options.table], true, &name)?;
    whole(&options.select, &name)?;
    let mut out = Output::open(global, Content::Binary)?;
    let tables = tables.path(name);
    let mut writer = StreamWriter::try_new(&mut out, &tables.log_schema(options.table, &beginning))?;
    let take = |_, batch| -> Result<()> { Ok(writer.write(&batch).map_err(Error::from)?) };
    let ((log, ended), _) = tables.write_log(&beginning, |each| log.read(each), take)?;
    writer.finish()?;
    drop(writer);
    out.finish()?;
    Ok(log.complaints(&ended))
}
