//! A trace that owns its file, to be kept and handed around.

use super::{Options, Trace};
use crate::error::{Error, Result};
use crate::symbols::{Symbols, SymbolsError};
use crate::trace::file::TraceFile;
use std::fmt;
use std::sync::Arc;

/// The file and the symbols that a trace borrows.
struct Owned {
    file: Arc<TraceFile>,
    symbols: Option<Arc<Symbols>>,
}

self_cell::self_cell!(
    struct Cell {
        owner: Owned,

        #[covariant]
        dependent: Trace,
    }
);

/// A file and its trace in one, which borrows from nobody: for programs that keep traces
/// open, such as servers. Clones are cheap and share both.
///
/// ```
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces/go1.27/hello.trace");
/// use gotrace::{Options, SharedTrace, TraceFile};
///
/// let shared = SharedTrace::new(TraceFile::open(path)?, Options::default())?;
/// let counts: Vec<usize> = std::thread::scope(|scope| {
///     let work = |shared: SharedTrace| move || shared.trace().events().count();
///     let threads = [scope.spawn(work(shared.clone())), scope.spawn(work(shared.clone()))];
///     threads.into_iter().map(|thread| thread.join().unwrap()).collect()
/// });
/// assert_eq!(counts[0], counts[1]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SharedTrace {
    cell: Arc<Cell>,
}

impl SharedTrace {
    /// Frames the trace of a file, as [`Trace::of_file`] does.
    ///
    /// # Errors
    /// As [`Trace::of_file`].
    pub fn new(file: impl Into<Arc<TraceFile>>, options: Options) -> Result<SharedTrace> {
        let owned = Owned { file: file.into(), symbols: None };
        let cell = Cell::try_new(owned, |owned| Trace::of_file(&owned.file, options))?;
        Ok(SharedTrace { cell: Arc::new(cell) })
    }

    /// Frames the trace of a file, with names for its program counters, as
    /// [`Trace::with_symbols`] gives them.
    ///
    /// # Errors
    /// As [`Trace::of_file`] and [`Trace::with_symbols`].
    pub fn with_symbols(
        file: impl Into<Arc<TraceFile>>,
        symbols: impl Into<Arc<Symbols>>,
        options: Options,
    ) -> std::result::Result<SharedTrace, OpenError> {
        let owned = Owned { file: file.into(), symbols: Some(symbols.into()) };
        let cell = Cell::try_new(owned, |owned| {
            let trace = Trace::of_file(&owned.file, options)?;
            match owned.symbols.as_deref() {
                Some(symbols) => Ok::<_, OpenError>(trace.with_symbols(symbols)?),
                None => Ok(trace),
            }
        })?;
        Ok(SharedTrace { cell: Arc::new(cell) })
    }

    /// Returns the trace.
    pub fn trace(&self) -> &Trace<'_> {
        self.cell.borrow_dependent()
    }

    /// Returns the file.
    pub fn file(&self) -> &TraceFile {
        &self.cell.borrow_owner().file
    }
}

/// A file of which no [`SharedTrace`] can be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The trace is no good.
    #[error(transparent)]
    Trace(#[from] Error),
    /// The program is not the one that was traced.
    #[error(transparent)]
    Symbols(#[from] SymbolsError),
}

impl fmt::Debug for SharedTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SharedTrace").field(self.trace()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_sent_and_kept() {
        fn is<T: Send + Sync + Clone + 'static>() {}
        is::<SharedTrace>();
    }

    #[test]
    fn what_is_no_trace_is_an_error() {
        let file = TraceFile::from(b"no trace".to_vec());
        assert!(SharedTrace::new(file, Options::default()).is_err());
    }
}
