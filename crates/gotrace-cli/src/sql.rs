//! `gotrace sql`: a question to the tables of traces, answered by DuckDB.

use crate::export::parquet::Export;
use crate::global::Global;
use crate::outcome::{Status, Usage};
use crate::save::ScratchFolder;
use crate::select::SelectTime;
use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};
use gotrace_arrow::Table;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Ask the tables of traces a question in SQL, which DuckDB answers
#[derive(Args)]
#[command(after_help = "\
gotrace writes the tables that the query names to a temporary folder, and has `duckdb` run
it; `pip install duckdb-cli` is one way to have that. docs/tables.md describes the tables,
with twenty questions and their queries. To ask more than once, `gotrace export parquet`
writes the tables to keep.

Examples:
  gotrace sql trace.out 'select state, sum(duration) / 1e9 as s from states group by state'
  gotrace sql *.trace 'select path, max(duration) as longest
    from ranges join trace using (trace_id) where kind = $$stw$$ group by path'
  gotrace sql trace.out --form csv 'from wakeups' > wakeups.csv
  gotrace sql stderr.log 'select max(runqueue) from sched'")]
pub(crate) struct Options {
    /// The traces, and behind them the query
    #[arg(value_name = "TRACE... QUERY", required = true)]
    arguments: Vec<String>,

    /// Form of the answer
    #[arg(long, value_enum, default_value = "table")]
    form: Form,

    #[command(flatten)]
    select: SelectTime,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// A table for people
    Table,
    Csv,
    /// A list of objects
    Json,
    Markdown,
}

impl Form {
    /// Returns the option of DuckDB.
    fn option(self) -> &'static str {
        match self {
            Form::Table => "-box",
            Form::Csv => "-csv",
            Form::Json => "-json",
            Form::Markdown => "-markdown",
        }
    }
}

pub(crate) fn run(options: &Options, global: &Global) -> Result<Status> {
    let Some((query, traces @ [_, ..])) = options.arguments.split_last() else {
        return Err(Usage("expected traces, and a query behind them".into()).into());
    };
    if Path::new(query).is_file() {
        return Err(Usage(format!("expected a query behind the traces, found the file {query}")).into());
    }
    let traces: Vec<PathBuf> = traces.iter().map(PathBuf::from).collect();
    let engine = find_engine(&traces, query)?;
    let folder = ScratchFolder::new().context("cannot make a temporary folder")?;
    let tables = named_in(query);
    let exported = Export::new(folder.path(), tables.clone(), &options.select, global)?.all(&traces)?;
    // Of traces alone there are no tables of logs, and the other way round.
    let made = tables.iter().filter(|table| folder.path().join(table.name()).is_dir());
    let views: String = made.map(|table| view(*table, folder.path())).collect();
    let mut command = Command::new(engine);
    command.args(["-no-init", options.form.option(), "-c", &format!("{views}\n{query}")]);
    let ended = command.status().context("duckdb")?;
    match ended.code() {
        Some(0) => Ok(exported),
        Some(code) => Ok(Status::Program(u8::try_from(code).unwrap_or(1))),
        None => Err(anyhow!("duckdb was ended by a signal")),
    }
}

/// Returns the tables that a query names; if it names none, all but the events.
fn named_in(query: &str) -> Vec<Table> {
    let words: Vec<String> =
        query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_ascii_lowercase).collect();
    let all = Table::ALL.into_iter().chain(Table::OF_LOGS);
    let named: Vec<Table> = all.filter(|table| words.iter().any(|word| word == table.name())).collect();
    if named.is_empty() { Table::default_set().chain(Table::OF_LOGS).collect() } else { named }
}

/// Returns the SQL that gives the files of a table the table's name.
fn view(table: Table, folder: &Path) -> String {
    let files = folder.join(table.name()).join("*").join("part.parquet").display().to_string().replace('\'', "''");
    format!("CREATE VIEW {table} AS FROM read_parquet('{files}', hive_partitioning = true);\n")
}

/// Returns the name of DuckDB's command.
///
/// # Errors
/// If there is none; the message says what to do.
fn find_engine(traces: &[PathBuf], query: &str) -> Result<&'static str> {
    const ENGINE: &str = "duckdb";
    match Command::new(ENGINE).arg("-version").output() {
        Err(e) if e.kind() == ErrorKind::NotFound => {
            let tables: Vec<&str> = named_in(query).iter().map(|table| table.name()).collect();
            let traces: Vec<String> = traces.iter().map(|trace| trace.display().to_string()).collect();
            Err(anyhow!(
                "there is no command `duckdb`, which answers queries: `pip install duckdb-cli` installs it\n  \
                 any other engine reads the tables too: gotrace export parquet {} -o tables --tables {}",
                traces.join(" "),
                tables.join(",")
            ))
        }
        Err(e) => Err(e).context(ENGINE),
        Ok(_) => Ok(ENGINE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_its_tables() {
        let names = |query: &str| named_in(query).iter().map(|table| table.name()).collect::<Vec<_>>().join(" ");
        for (query, tables) in [
            ("select * from states", "states"),
            ("FROM Proc_States p JOIN trace USING (trace_id)", "trace proc_states"),
            ("with s as (from states) from s, stacks", "states stacks"),
            ("from events", "events"),
            ("select max(runqueue) from sched", "sched"),
        ] {
            assert_eq!(names(query), tables, "{query}");
        }
        assert_eq!(named_in("show tables").len(), Table::ALL.len() + Table::OF_LOGS.len() - 1);
    }

    #[test]
    fn quotes_in_a_path_are_part_of_it() {
        assert!(view(Table::States, Path::new("/tmp/it's")).contains("'/tmp/it''s/states/*/part.parquet'"));
    }
}
