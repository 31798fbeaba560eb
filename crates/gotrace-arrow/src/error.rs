//! Errors of making tables.

use crate::table::Table;
use arrow_schema::ArrowError;
use gotrace::analysis::annotations::NoSuch;

/// A reason for which tables are not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The trace has a defect, and is read strictly.
    #[error(transparent)]
    Trace(#[from] gotrace::Error),
    /// The trace has nothing of a kind that is selected.
    #[error(transparent)]
    Selection(#[from] NoSuch),
    /// There is no table of that name.
    #[error("there is no table {0}; there are {all}", all = list(Table::ALL.iter().map(|table| table.name())))]
    NoSuchTable(String),
    /// The table has no column of that name.
    #[error("table {table} has no column {column}; it has {all}", all = list(table.columns()))]
    NoSuchColumn {
        /// The table.
        table: Table,
        /// The name that is no column's.
        column: String,
    },
    /// A batch could not be made or written.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
