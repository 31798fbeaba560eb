//! Runs: consecutive lines of a log that show the same.

use crate::diagnose::finding::Stretch;

/// Consecutive lines that show the same, which may go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    pub(super) when: Stretch,
    pub(super) lines: u32,
    /// Numbers of the first and the last line that show it.
    pub(super) first: u64,
    pub(super) line: u64,
}

impl Run {
    /// Returns the run of one line.
    pub(super) fn begin(time: i64, line: u64) -> Run {
        Run { when: Stretch { start: time, end: time }, lines: 1, first: line, line }
    }

    /// Adds the next line.
    #[must_use]
    pub(super) fn with(self, time: i64, line: u64) -> Run {
        Run { when: Stretch { end: time, ..self.when }, lines: self.lines + 1, line, ..self }
    }
}
