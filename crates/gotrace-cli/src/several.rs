//! Traces that are read side by side, several at a time.

use crate::global::Global;
use crate::human;
use crate::input::Input;
use crate::progress::{Part, Together};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

/// Traces that are read side by side, with one progress bar.
pub(crate) struct Several<'f> {
    files: &'f [PathBuf],
    /// The bar, if there is more than one trace.
    together: Option<Together>,
}

/// A trace of several, not open yet.
pub(crate) struct OneOfSeveral<'f> {
    file: &'f Path,
    /// The number of threads that it may be read with.
    threads: usize,
    part: Option<Part>,
}

impl<'f> Several<'f> {
    /// Plans to read traces.
    pub(crate) fn new(files: &'f [PathBuf]) -> Several<'f> {
        Several { files, together: (files.len() > 1).then(|| Together::new(files)) }
    }

    /// Reads each trace by `read`, side by side on so many threads; returns the results in the
    /// order of the traces. The progress bar is gone then.
    pub(crate) fn each<T: Send>(self, threads: usize, read: impl Fn(OneOfSeveral<'f>) -> T + Sync) -> Vec<T> {
        let workers = threads.min(self.files.len()).max(1);
        let (next, results) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        let work = || {
            while let Some((at, file)) = Some(next.fetch_add(1, Relaxed)).and_then(|at| Some((at, self.files.get(at)?)))
            {
                let part = self.together.as_ref().map(|together| together.part(file));
                let result = read(OneOfSeveral { file, threads: (threads / workers).max(1), part });
                results.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
            }
        };
        std::thread::scope(|scope| {
            // This thread is one of them.
            (1..workers).for_each(|_| _ = scope.spawn(work));
            work();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_by_key(|(at, _)| *at);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

impl<'f> OneOfSeveral<'f> {
    /// Returns a trace that is read alone, on all threads and with a progress bar of its own.
    #[cfg(feature = "columns")]
    pub(crate) fn alone(file: &'f Path, global: &Global) -> OneOfSeveral<'f> {
        OneOfSeveral { file, threads: global.threads(), part: None }
    }

    /// Opens the trace.
    pub(crate) fn open(self, global: &Global) -> Result<Input> {
        let input = Input::open(self.file, global)?;
        Ok(self.opened(input))
    }

    /// Returns the input for the trace, which the caller has opened.
    pub(crate) fn opened(self, input: Input) -> Input {
        let input = input.with_threads(self.threads);
        match self.part {
            Some(part) => input.beside(part),
            None => input,
        }
    }

    /// Returns the path of the file.
    #[cfg(feature = "columns")]
    pub(crate) fn path(&self) -> &'f Path {
        self.file
    }

    /// Returns the name of the file as messages show it.
    pub(crate) fn name(&self) -> String {
        human::name(self.file.display().to_string().as_bytes()).into_owned()
    }
}
