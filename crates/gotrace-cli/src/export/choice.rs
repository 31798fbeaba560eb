//! The tables that are asked for, and the part of a trace that they are about.

use crate::global::Global;
use crate::input::Input;
use crate::select::SelectTime;
use anyhow::{Result, anyhow};
use gotrace::Trace;
use gotrace_arrow::{Error, NoSuchTable, Table, Tables};

/// Parses the name of a table, or `all`.
pub(super) fn table_set(name: &str) -> Result<Vec<Table>, NoSuchTable> {
    if name == "all" { Ok([&Table::ALL[..], &Table::OF_LOGS].concat()) } else { Ok(vec![name.parse()?]) }
}

/// Returns those of the tables that an input can have: a log (`of_logs`), or a trace.
///
/// # Errors
/// If there are none.
pub(super) fn possible(tables: &[Table], of_logs: bool, name: &str) -> Result<Vec<Table>> {
    let is_possible = |table: &Table| table.is_of_logs() == of_logs || *table == Table::Trace;
    let possible: Vec<Table> = tables.iter().copied().filter(is_possible).collect();
    match (possible.is_empty(), of_logs) {
        (false, _) => Ok(possible),
        (true, true) => Err(anyhow!("{name}: is a log, which has the tables trace, sched and gc")),
        (true, false) => {
            Err(anyhow!("{name}: is a trace, which has no tables sched and gc; those are of GODEBUG's logs"))
        }
    }
}

/// Refuses the selection of a part of a log.
pub(super) fn whole(select: &SelectTime, name: &str) -> Result<()> {
    match select.is_asked() {
        true => Err(anyhow!("{name}: is a log; only of traces a part can be selected")),
        false => Ok(()),
    }
}

/// Returns the tables with what is selected of a trace.
pub(super) fn choose(
    tables: Tables,
    select: &SelectTime,
    input: &Input,
    trace: &Trace<'_>,
    global: &Global,
) -> Result<Tables> {
    let tables = tables.path(input.name());
    if !select.is_asked() {
        return Ok(tables);
    }
    let selected = select.of(input, trace, global.compat())?;
    Ok(tables.selected(selected))
}

/// Returns the error of making tables with the name of the input.
pub(super) fn explain(input: &Input, e: anyhow::Error) -> anyhow::Error {
    match e.downcast::<Error>() {
        Ok(Error::Trace(e)) => input.error(&e),
        Ok(e @ Error::Selection(_)) => anyhow!("{}: {e}", input.name()),
        Ok(e) => e.into(),
        Err(e) => e,
    }
}
