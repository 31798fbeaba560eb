//! Logs that another command has read, in place of the files that a command opens.

use super::Log;
use crate::global::Global;
use crate::human;
use anyhow::{Context, Result};
use gotrace::TraceFile;
use std::fs::File;
#[cfg(feature = "view")]
use std::io;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A log that several commands read, one after the other, and that is the same for each: of a
/// file that grows, the part that was there when it was opened.
#[derive(Clone)]
pub(crate) struct KeptLog {
    name: String,
    bytes: Bytes,
}

/// The bytes of a kept log.
#[derive(Clone)]
enum Bytes {
    /// The first bytes of a file, so many.
    File(PathBuf, u64),
    /// The bytes of a stream, in memory or in a file without a name.
    Stream(Arc<TraceFile>),
}

impl KeptLog {
    /// Returns the log that another command has in place of the file.
    pub(crate) fn given(global: &Global) -> Option<KeptLog> {
        global.given.as_ref()?.input.downcast_ref().cloned()
    }

    /// Returns the log of so many bytes at the beginning of a file.
    pub(crate) fn of_file(path: &Path, length: u64) -> KeptLog {
        let name = human::name(path.to_string_lossy().as_bytes()).into_owned();
        KeptLog { name, bytes: Bytes::File(path.to_path_buf(), length) }
    }

    /// Returns the log of these bytes.
    pub(crate) fn of_bytes(name: &str, bytes: TraceFile) -> KeptLog {
        KeptLog { name: human::name(name.as_bytes()).into_owned(), bytes: Bytes::Stream(Arc::new(bytes)) }
    }

    /// Reads a log from a stream to its end, and keeps it.
    ///
    /// # Errors
    /// If it cannot be read, or there is no room for it.
    #[cfg(feature = "view")]
    pub(crate) fn of_stream(name: &str, mut from: impl Read) -> io::Result<KeptLog> {
        let mut file = crate::save::scratch()?;
        io::copy(&mut from, &mut file)?;
        Ok(KeptLog::of_bytes(name, crate::mapped::of_our_own(&file)?))
    }

    /// Returns the log, to be read.
    pub(crate) fn log(self, strict: bool) -> Log {
        let name = self.name.clone();
        Log { name, path: PathBuf::from("-"), strict, only: None, kept: Some(self), wanted: None }
    }

    /// Returns its name, as messages show it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns its bytes, from the first on.
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub(crate) fn open(&self) -> Result<Box<dyn Read + '_>> {
        Ok(match &self.bytes {
            Bytes::File(path, length) => {
                let file = File::open(path).with_context(|| self.name.clone())?;
                Box::new(file.take(*length))
            }
            Bytes::Stream(file) => Box::new(file.bytes()),
        })
    }

    /// Returns the number of its bytes.
    #[cfg(feature = "view")]
    pub(crate) fn len(&self) -> u64 {
        match &self.bytes {
            Bytes::File(_, length) => *length,
            Bytes::Stream(file) => file.bytes().len() as u64,
        }
    }

    /// Returns whether the file is shorter than it was.
    #[cfg(feature = "view")]
    pub(crate) fn is_cut(&self) -> bool {
        match &self.bytes {
            Bytes::File(path, length) => std::fs::metadata(path).is_ok_and(|now| now.len() < *length),
            Bytes::Stream(_) => false,
        }
    }
}
