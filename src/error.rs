//! Defects of a trace, each with its place in the file, and their repairs.
//!
//! [`Error`] is one word wide, so that a `Result` on the hot path costs
//! nothing; it is made in cold code only.

mod kind;
mod lookalike;
mod region;
mod stuck;
mod v1;
pub(crate) mod warning;

pub use kind::{ErrorKind, Resource};
pub use lookalike::Lookalike;
pub use region::NamedRegion;
pub use stuck::{Stuck, StuckThread};
pub use v1::{GoPhase, V1Error};

use crate::base::ids::ThreadId;
use std::fmt;

/// A result whose error is a defect of the trace.
pub type Result<T> = std::result::Result<T, Error>;

/// A defect of a trace: what is wrong, and where.
///
/// ```
/// let error = gotrace::Trace::parse(b"<html>404</html>").unwrap_err();
/// assert_eq!(error.offset(), 0);
/// assert!(matches!(error.kind(), gotrace::ErrorKind::NotATrace { .. }));
/// ```
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    offset: u64,
    generation: Option<u64>,
    thread: Option<ThreadId>,
}

impl Error {
    /// Creates an error at an offset in bytes. Every error is made here.
    #[cold]
    #[inline(never)]
    pub(crate) fn at(offset: usize, kind: ErrorKind) -> Error {
        Error(Box::new(Inner { kind, offset: offset as u64, generation: None, thread: None }))
    }

    /// Adds the generation that was being read, unless one is there already.
    pub(crate) fn in_generation(mut self, generation: u64) -> Error {
        self.0.generation.get_or_insert(generation);
        self
    }

    /// Adds the M whose events were being read, unless one is there already.
    pub(crate) fn on_thread(mut self, thread: Option<ThreadId>) -> Error {
        self.0.thread = self.0.thread.or(thread);
        self
    }

    /// Returns the kind of defect, with what was found.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns the place of the defect, in bytes from the beginning of the file (or, for the
    /// text form, of the text).
    pub fn offset(&self) -> u64 {
        self.0.offset
    }

    /// Returns the generation that was being read, if one was.
    pub fn generation(&self) -> Option<u64> {
        self.0.generation
    }

    /// Returns the M whose events were being read, if that is known.
    pub fn thread(&self) -> Option<ThreadId> {
        self.0.thread
    }

    /// Returns whether the trace ends too early, as one that a crash cut short does.
    pub fn is_truncation(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Empty
                | ErrorKind::Truncated { .. }
                | ErrorKind::BatchTruncated { .. }
                | ErrorKind::MissingEndOfGeneration
        )
    }
}

impl Clone for Error {
    fn clone(&self) -> Error {
        Error(self.0.clone())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}", self.0.offset)?;
        if let Some(generation) = self.0.generation {
            write!(f, ", generation {generation}")?;
        }
        if let Some(thread) = self.0.thread {
            write!(f, ", M {thread}")?;
        }
        write!(f, ": {}", self.0.kind)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}
