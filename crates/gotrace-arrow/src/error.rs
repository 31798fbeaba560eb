//! Errors of making tables.

use crate::table::{NoSuchColumn, NoSuchTable};
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
    #[error(transparent)]
    Table(#[from] NoSuchTable),
    /// The table has no column of that name.
    #[error(transparent)]
    Column(#[from] NoSuchColumn),
    /// A batch could not be made or written.
    #[error(transparent)]
    Arrow(#[from] ArrowError),
}
