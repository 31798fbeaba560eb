//! Files that gotrace writes: whole under their name, or not there at all.
//!
//! ```text
//! at(path) ──> nothing on disk ──first write──> a file without a name, or with a
//!                   │                           hidden one, beside the target
//!                   │                             │             │            │
//!                 drop                         finish()   keep_partial()   drop, error,
//!                   │                             │             │          SIGINT, ...
//!                nothing                     PATH, at once  PATH.partial    nothing
//! ```
//!
//! All writers go through [`NewFile`]: `-o`, `--save`, `--log` and `capture`.

pub(crate) mod ending;
#[cfg(feature = "columns")]
mod folder;
mod system;
mod target;
mod unfinished;

#[cfg(feature = "columns")]
pub(crate) use folder::ScratchFolder;
use std::fs::File;
use std::io::{self, Take, Write};
use std::path::{Path, PathBuf};
use target::Target;
use unfinished::Unfinished;

/// A file that is being written.
pub(crate) struct NewFile {
    /// The name that the user gave, for errors.
    name: String,
    /// The path of the file, with links followed.
    path: PathBuf,
    /// True if the written part is kept when a signal ends gotrace.
    keeps_partial: bool,
    state: State,
}

/// The state of a file that is being written.
enum State {
    /// Nothing was written, so nothing is on disk.
    Untouched,
    /// A device or a pipe, to which data are written as they come.
    Direct(File),
    /// Data that has no name yet.
    Begun(Unfinished),
}

impl NewFile {
    /// Plans a file of that name, without making it yet. A symbolic link is followed; a
    /// device or a pipe is opened, to be written to as it is.
    ///
    /// # Errors
    /// If the name is that of a directory, or its directory does not exist, so that commands
    /// fail before they do any work. Errors name the file, here and below.
    pub(crate) fn at(path: &Path) -> io::Result<NewFile> {
        let name = path.display().to_string();
        let (path, state) = match Target::of(path).map_err(|e| about(&name, &e))? {
            Target::Direct(file) => (path.to_path_buf(), State::Direct(file)),
            Target::File(path) => (path, State::Untouched),
        };
        Ok(NewFile { name, path, keeps_partial: false, state })
    }

    /// Returns the file, set so that the written part is kept if a signal ends gotrace, as
    /// by [`keep_partial`](NewFile::keep_partial).
    pub(crate) fn keeping_partial(self) -> NewFile {
        NewFile { keeps_partial: true, ..self }
    }

    /// Completes the file: gives it its name, and so replaces an old file at once.
    ///
    /// # Errors
    /// If it cannot have that name; nothing is left of it then.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        let finished = match std::mem::replace(&mut self.state, State::Untouched) {
            State::Untouched => self.begin().and_then(|empty| empty.finish(&self.path)),
            State::Direct(mut file) => file.flush(),
            State::Begun(unfinished) => unfinished.finish(&self.path),
        };
        finished.map_err(|e| about(&self.name, &e))
    }

    /// Keeps the written part as `NAME.partial` (or `.partial2` and so on, if that is
    /// taken), and leaves an old file alone. Returns the name, or none if nothing was
    /// written, or it went to a device or a pipe.
    ///
    /// # Errors
    /// If it cannot have such a name.
    pub(crate) fn keep_partial(self) -> io::Result<Option<PathBuf>> {
        match self.state {
            State::Untouched | State::Direct(_) => Ok(None),
            State::Begun(unfinished) => {
                unfinished.keep_partial(&self.path).map(Some).map_err(|e| about(&self.name, &e))
            }
        }
    }

    /// Writes a part of another file, which the system copies if it can; returns its length.
    ///
    /// # Errors
    /// If one cannot be read, or the other not be written to.
    pub(crate) fn copy(&mut self, mut part: Take<&File>) -> io::Result<u64> {
        self.write_to(|file| io::copy(&mut part, file))
    }

    /// Writes to the file, which is made first if it is not there yet.
    fn write_to<R: Default>(&mut self, write: impl FnOnce(&mut File) -> io::Result<R>) -> io::Result<R> {
        if matches!(self.state, State::Untouched) {
            self.state = State::Begun(self.begin().map_err(|e| about(&self.name, &e))?);
        }
        let written = match &mut self.state {
            State::Untouched => Ok(R::default()),
            State::Direct(file) => write(file),
            State::Begun(unfinished) => write(unfinished.file()),
        };
        written.map_err(|e| about(&self.name, &e))
    }

    /// Makes the file without a name, or with a hidden one.
    fn begin(&self) -> io::Result<Unfinished> {
        Unfinished::beside(&self.path, self.keeps_partial)
    }
}

impl Write for NewFile {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.is_empty() {
            return Ok(0);
        }
        self.write_to(|file| file.write(data))
    }

    fn flush(&mut self) -> io::Result<()> {
        // Files are not buffered here.
        Ok(())
    }
}

/// Returns an error that names the file.
fn about(name: &str, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{name}: {e}"))
}

/// Returns a new file that nobody else can see, and that is gone when it is closed.
#[cfg(any(feature = "http", feature = "view"))]
pub(crate) fn scratch() -> io::Result<File> {
    tempfile::tempfile()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_whole_or_not_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        drop(NewFile::at(&path).unwrap());
        let mut dropped = NewFile::at(&path).unwrap();
        dropped.write_all(b"lost").unwrap();
        drop(dropped);
        assert!(names(dir.path()).is_empty());

        for text in ["first", "second"] {
            let mut file = NewFile::at(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            let before = std::fs::read(&path).ok();
            assert_ne!(before.as_deref(), Some(text.as_bytes()), "not before it is finished");
            file.finish().unwrap();
            assert_eq!((std::fs::read_to_string(&path).unwrap().as_str(), names(dir.path()).len()), (text, 1));
        }
        NewFile::at(&path).unwrap().finish().unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"", "an empty file is a file");
    }

    #[test]
    fn a_part_is_kept_beside_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.trace");
        std::fs::write(&path, "old").unwrap();
        for kept in ["a.trace.partial", "a.trace.partial2"] {
            let mut file = NewFile::at(&path).unwrap();
            file.write_all(b"part").unwrap();
            assert_eq!(file.keep_partial().unwrap(), Some(path.with_file_name(kept)));
        }
        assert_eq!(NewFile::at(&path).unwrap().keep_partial().unwrap(), None, "nothing came");
        assert_eq!(names(dir.path()), ["a.trace", "a.trace.partial", "a.trace.partial2"]);
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn names_that_cannot_be_written_are_told_before_any_work() {
        let dir = tempfile::tempdir().unwrap();
        for (path, why) in [(dir.path().to_path_buf(), "directory"), (dir.path().join("no/out"), "no such directory")] {
            let error = NewFile::at(&path).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_modes_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let (target, link, dangling) =
            (dir.path().join("target"), dir.path().join("link"), dir.path().join("dangling"));
        std::fs::write(&target, "old").unwrap();
        std::fs::set_permissions(&target, PermissionsExt::from_mode(0o640)).unwrap();
        symlink("target", &link).unwrap();
        symlink("new", &dangling).unwrap();
        for (name, written) in [(&link, target.clone()), (&dangling, dir.path().join("new"))] {
            let mut file = NewFile::at(name).unwrap();
            file.write_all(b"new").unwrap();
            file.finish().unwrap();
            assert!(name.symlink_metadata().unwrap().is_symlink());
            assert_eq!(std::fs::read(written).unwrap(), b"new");
        }
        assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(dir.path()), ["dangling", "link", "new", "target"]);
        symlink("circle", dir.path().join("circle")).unwrap();
        assert!(NewFile::at(&dir.path().join("circle")).is_err());
    }
}
