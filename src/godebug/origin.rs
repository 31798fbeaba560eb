//! Origins of texts.

use crate::godebug::prefix;
use crate::godebug::unwrap::Wrapping;
use std::sync::Arc;

/// Place of a line in the log.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    /// Number of the line, from 1.
    pub(super) line: u64,
    /// Offset of the line, in bytes.
    pub(super) offset: u64,
}

/// Origin of a text: its line, and the text around it there.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) wrapping: Wrapping,
    pub(super) place: Place,
    /// Text in front of the wrapping.
    pub(super) prefix: Vec<u8>,
    /// Name of the program, from the fields about the text.
    pub(super) program: Option<Arc<str>>,
}

/// A text that goes on in another record.
#[derive(Debug)]
pub(super) struct Continued {
    pub(super) text: Vec<u8>,
    pub(super) origin: Origin,
}

impl Origin {
    /// Returns the origin of a line as it is.
    pub(super) fn plain(place: Place) -> Origin {
        Origin { wrapping: Wrapping::Prefix(0), place, prefix: Vec::new(), program: None }
    }

    /// Returns whether the text in front of another line names the same program.
    pub(super) fn has_same_name(&self, prefix: &[u8]) -> bool {
        self.prefix == prefix.trim_ascii_end() || prefix::read(&self.prefix) == prefix::read(prefix)
    }

    /// Returns whether a text of the other origin may be continued by one of this.
    pub(super) fn goes_on_in(&self, other: &Origin) -> bool {
        self.wrapping == other.wrapping && self.program == other.program && other.has_same_name(&self.prefix)
    }
}
