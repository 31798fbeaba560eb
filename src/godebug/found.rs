//! Items that are found in a log.

use super::cursor::Malformed;
use super::line::Record;
use std::fmt;

/// An item that is found in a log.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // It is handed on at once, never kept.
pub enum Item<'a> {
    /// A line of the runtime.
    Found(Found<'a>),
    /// A line that is damaged, or only a part of one.
    Warning(LogWarning),
}

/// A line of the runtime, with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found<'a> {
    /// Number of the line in the log, from 1; of a line that was cut in two, where it
    /// begins.
    pub line: u64,
    /// Offset of that line, in bytes from the beginning of the log.
    pub offset: u64,
    /// Text in front of it: a time, or the name of a container.
    pub prefix: &'a [u8],
    /// Name of its program from the fields of the record that it was wrapped in: a pod, a
    /// container, a service, a process; none without such fields.
    pub program: Option<&'a str>,
    /// Record of the line.
    pub record: Record<'a>,
}

/// A line of the log that begins as one of the runtime's but cannot be read as one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogWarning {
    /// Number of the line in the log, from 1.
    pub line: u64,
    /// Offset of that line, in bytes from the beginning of the log.
    pub offset: u64,
    /// Defect of the line; none if its beginning is lost.
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
