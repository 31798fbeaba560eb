//! Folders for files that nobody keeps.

use super::ending;
use std::io;
use std::path::Path;
use tempfile::TempDir;

/// A folder that is gone, with all that is in it, when it is dropped or a signal ends
/// gotrace.
pub(crate) struct ScratchFolder(TempDir);

impl ScratchFolder {
    /// Makes an empty folder where temporary files belong.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn new() -> io::Result<ScratchFolder> {
        let folder = tempfile::Builder::new().prefix("gotrace-").tempdir()?;
        ending::register_folder(folder.path());
        Ok(ScratchFolder(folder))
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for ScratchFolder {
    fn drop(&mut self) {
        ending::forget_folder(self.0.path());
    }
}
