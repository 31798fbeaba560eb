//! What is found in a log.

use super::cursor::Malformed;
use super::line::Record;
use std::fmt;

/// What is found in a log.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // It is handed on at once, never kept.
pub enum Item<'a> {
    /// A line of the runtime.
    Found(Found<'a>),
    /// A line that is none, or only a part of one.
    Warning(LogWarning),
}

/// A line of the runtime, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found<'a> {
    /// Which line of the log, from 1: where it begins, if it was cut in two.
    pub line: u64,
    /// Where that line begins, in bytes from the beginning of the log.
    pub offset: u64,
    /// What stands in front of it: a time, or the name of a container.
    pub prefix: &'a [u8],
    /// The line.
    pub record: Record<'a>,
}

/// A line of the log that begins as one of the runtime's and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogWarning {
    /// Which line of the log, from 1.
    pub line: u64,
    /// Where that line begins, in bytes from the beginning of the log.
    pub offset: u64,
    /// What is wrong with it; none if its beginning is lost.
    pub malformed: Option<Malformed>,
}

impl fmt::Display for LogWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} (byte {}): ", self.line, self.offset)?;
        match self.malformed {
            Some(malformed) => write!(f, "cut or malformed: {malformed}"),
            None => f.write_str("the beginning of a SCHED or gc line is lost"),
        }
    }
}
