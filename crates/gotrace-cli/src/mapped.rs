//! Mapped files, which may change or shrink while they are read.
//!
//! For example, `go test -trace trace.out`, run once more, empties a file that is being
//! read. The system then answers a read of the part that is gone with SIGBUS, which would
//! end the process without a message.

#![allow(unsafe_code)]

use anyhow::{Context, Result};
use gotrace::TraceFile;
use std::fs::{File, Metadata};
use std::path::Path;

/// An open file, with its metadata when it was opened.
pub(crate) struct Opened {
    file: File,
    then: Metadata,
}

impl Opened {
    /// Opens a file.
    ///
    /// # Errors
    /// If it cannot be opened; a directory cannot.
    pub(crate) fn open(path: &Path) -> Result<Opened> {
        let named = || path.display().to_string();
        let file = File::open(path).with_context(named)?;
        let then = file.metadata().with_context(named)?;
        if then.is_dir() {
            return Err(std::io::Error::new(std::io::ErrorKind::IsADirectory, "is a directory, expected a file"))
                .with_context(named);
        }
        Ok(Opened { file, then })
    }

    /// Returns the file, for reading.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the file, for reading, and no longer watches it for changes.
    pub(crate) fn into_file(self) -> File {
        self.file
    }

    /// Returns whether it is a regular file, which others may write to.
    pub(crate) fn is_on_a_disk(&self) -> bool {
        self.then.is_file()
    }

    /// Returns whether it is a regular file that is not empty.
    pub(crate) fn can_be_mapped(&self) -> bool {
        self.is_on_a_disk() && self.then.len() > 0
    }

    /// Maps the file, if it can be mapped, or else reads it. The message that is printed if
    /// the file shrinks names it by `path`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn map(&self, path: &Path) -> std::io::Result<TraceFile> {
        handler::install(path);
        // SAFETY: if the file shrinks, the handler ends the process; if it is written to,
        // `changed` finds out, and the user is warned that old and new bytes may be mixed.
        // More cannot be had of a file that others may write to.
        unsafe { TraceFile::map_file(&self.file) }
    }

    /// Returns whether the file was written to since it was opened.
    pub(crate) fn changed(&self) -> bool {
        let Ok(now) = self.file.metadata() else { return false };
        self.then.is_file() && (now.len() != self.then.len() || now.modified().ok() != self.then.modified().ok())
    }
}

/// Maps a file without a name, which nobody else can reach.
///
/// # Errors
/// If it cannot be read.
#[cfg(any(feature = "http", feature = "view"))]
pub(crate) fn of_our_own(file: &File) -> std::io::Result<TraceFile> {
    // SAFETY: it has no name, and nothing writes to it any more.
    unsafe { TraceFile::map_file(file) }
}

#[cfg(unix)]
mod handler {
    use signal_hook::consts::SIGBUS;
    use std::path::Path;
    use std::sync::OnceLock;

    /// The message for a file that shrinks; set before anything is mapped.
    static MESSAGE: OnceLock<String> = OnceLock::new();

    /// Installs the handler of SIGBUS, which ends the process with a message and status 1.
    pub(super) fn install(path: &Path) {
        let name = path.display().to_string();
        let text = format!(
            "error: {}: the file shrank while it was read; run this again when nothing writes to it, or with --no-mmap\n",
            crate::human::name(name.as_bytes())
        );
        if MESSAGE.set(text).is_ok() {
            // Rust's own handler, which looks for overflows of the stack, would run first and
            // make the signal deadly for a second thread that reads what is gone.
            // SAFETY: nothing is mapped yet that could raise the signal.
            unsafe { libc::signal(SIGBUS, libc::SIG_DFL) };
            // SAFETY: the handler makes two system calls, takes no lock and allocates
            // nothing; `get` reads what was set before the handler was installed.
            let _ = unsafe { signal_hook::low_level::register(SIGBUS, end) };
        }
    }

    fn end() {
        if let Some(text) = MESSAGE.get() {
            // SAFETY: standard error stays open as long as the process runs; if it was
            // closed before, the write fails without effect.
            let _ = rustix::io::write(rustix::stdio::stderr(), text.as_bytes());
        }
        signal_hook::low_level::exit(1);
    }
}

/// An empty stand-in for other systems, where a mapped file cannot be made shorter, or the
/// system reports it in its own way.
#[cfg(not(unix))]
mod handler {
    pub(super) fn install(_: &std::path::Path) {}
}
