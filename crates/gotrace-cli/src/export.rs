//! `gotrace export`: a trace as tables, for programs that analyze tables.

mod arrow;
pub(crate) mod parquet;

use crate::global::Global;
use crate::input::Input;
use crate::outcome::Status;
use crate::select::SelectTime;
use anyhow::Result;
use clap::{Args, Subcommand};
use gotrace::Trace;
use gotrace_arrow::{Error, NoSuchTable, Table, Tables};

/// Write traces as tables: states of goroutines, wakeups, stacks ...
#[derive(Args)]
#[command(after_help = "\
The tables are trace, states, goroutines, proc_states, thread_states, wakeups, stacks,
frames, ranges, tasks, regions, logs, metrics, samples and events; docs/tables.md
describes their columns.

Examples:
  gotrace export parquet trace.out -o tables
  gotrace export arrow trace.out --table states | python3 states.py")]
pub(crate) struct Options {
    #[command(subcommand)]
    form: Form,
}

#[derive(Subcommand)]
enum Form {
    Parquet(parquet::Options),
    Arrow(arrow::Options),
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    match &options.form {
        Form::Parquet(options) => parquet::run(options, global),
        Form::Arrow(options) => arrow::run(options, global),
    }
}

/// Parses the name of a table, or `all`.
fn table_set(name: &str) -> Result<Vec<Table>, NoSuchTable> {
    if name == "all" { Ok(Table::ALL.into()) } else { Ok(vec![name.parse()?]) }
}

/// Returns the tables with what is selected of a trace.
fn choose(tables: Tables, select: &SelectTime, input: &Input, trace: &Trace<'_>, global: &Global) -> Result<Tables> {
    let tables = tables.path(input.name());
    if !select.is_asked() {
        return Ok(tables);
    }
    let selected = select.of(input, trace, global)?;
    Ok(tables.selected(selected))
}

/// Returns the error of making tables with the name of the input.
fn explain(input: &Input, e: anyhow::Error) -> anyhow::Error {
    match e.downcast::<Error>() {
        Ok(Error::Trace(e)) => input.error(&e),
        Ok(e @ Error::Selection(_)) => anyhow::anyhow!("{}: {e}", input.name()),
        Ok(e) => e.into(),
        Err(e) => e,
    }
}
