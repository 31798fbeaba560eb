//! Unfinished files: data on disk without a name, or with a hidden one.

use super::ending::{self, Registered};
use super::system::{inherit, link, unnamed};
use super::target::directory;
use std::fs::File;
use std::io::{self, Seek};
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempPath};

/// The most parts of one file that may stand beside it.
const PARTS: usize = 1000;

/// Data on disk that is to become a file.
pub(super) struct Unfinished {
    data: Data,
    registered: Registered,
}

/// The data of an unfinished file.
pub(super) enum Data {
    /// A file without a name, of which nothing is left however gotrace ends.
    Unnamed(File),
    /// A file with a hidden, random name, on file systems without files that have no name.
    Named(NamedTempFile),
}

impl Unfinished {
    /// Makes an empty file in the directory of `path`.
    pub(super) fn beside(path: &Path, keeps_partial: bool) -> io::Result<Unfinished> {
        let data = match unnamed(directory(path)) {
            Some(file) => Data::Unnamed(file),
            None => Data::Named(hidden().tempfile_in(directory(path))?),
        };
        let registered = ending::register(&data, keeps_partial.then_some(path))?;
        Ok(Unfinished { data, registered })
    }

    /// Returns the file with the data, for writing more.
    pub(super) fn file(&mut self) -> &mut File {
        match &mut self.data {
            Data::Unnamed(file) => file,
            Data::Named(file) => file.as_file_mut(),
        }
    }

    /// Gives the data the name `path`, and the mode and owner of the file that they replace.
    pub(super) fn finish(self, path: &Path) -> io::Result<()> {
        if let Ok(old) = path.metadata() {
            inherit(self.data.file(), &old)?;
        }
        let held = self.registered.release();
        let finished = self.data.finish(path);
        drop(held);
        finished
    }

    /// Gives the data a name that marks them as a part; returns it.
    pub(super) fn keep_partial(self, path: &Path) -> io::Result<PathBuf> {
        let held = self.registered.release();
        let kept = self.data.keep_partial(path);
        drop(held);
        kept
    }
}

impl Data {
    /// Returns the file with the data.
    pub(super) fn file(&self) -> &File {
        match self {
            Data::Unnamed(file) => file,
            Data::Named(file) => file.as_file(),
        }
    }

    /// Returns the hidden name, if there is one.
    pub(super) fn hidden(&self) -> Option<&Path> {
        match self {
            Data::Unnamed(_) => None,
            Data::Named(file) => Some(file.path()),
        }
    }

    /// Puts data together of their file and their hidden name.
    pub(super) fn of_parts(file: File, hidden: Option<PathBuf>) -> Option<Data> {
        Some(match hidden {
            None => Data::Unnamed(file),
            Some(path) => Data::Named(NamedTempFile::from_parts(file, TempPath::try_from_path(path).ok()?)),
        })
    }

    /// Gives the data the name `path`. If an old file has that name, the data get a hidden
    /// name first, as a file without a name cannot replace another one.
    fn finish(self, path: &Path) -> io::Result<()> {
        match &self {
            Data::Unnamed(file) if link(file, path).is_ok() => Ok(()),
            _ => self.named(path)?.persist(path).map(drop).map_err(|e| e.error),
        }
    }

    /// Returns the data under a hidden name beside `path`.
    fn named(self, path: &Path) -> io::Result<NamedTempFile> {
        match self {
            Data::Named(file) => Ok(file),
            Data::Unnamed(file) => {
                let linked = hidden().make_in(directory(path), |name| link(&file, name));
                match linked {
                    Ok(named) => {
                        let ((), name) = named.into_parts();
                        Ok(NamedTempFile::from_parts(file, name))
                    }
                    // Without /proc, a file without a name cannot be given one.
                    Err(_) => copied(file, path),
                }
            }
        }
    }

    /// Gives the data the first free name of a part of `path`; returns it.
    pub(super) fn keep_partial(self, path: &Path) -> io::Result<PathBuf> {
        let mut data = self.named(path)?;
        for number in 1..PARTS {
            let part = part(path, number);
            match data.persist_noclobber(&part) {
                Ok(_) => return Ok(part),
                Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => data = e.file,
                Err(e) => return Err(e.error),
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many parts of this file are there"))
    }
}

/// Returns the name of a part of a file; `number` counts from 1.
fn part(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".partial");
    if number > 1 {
        name.push(number.to_string());
    }
    PathBuf::from(name)
}

/// Returns the pattern for hidden names. They are random, since process IDs are alike in
/// different containers.
fn hidden() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".gotrace-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// Copies the data to a new file with a hidden name.
fn copied(mut file: File, path: &Path) -> io::Result<NamedTempFile> {
    let mut named = hidden().tempfile_in(directory(path))?;
    file.rewind()?;
    io::copy(&mut file, named.as_file_mut())?;
    named.as_file().set_permissions(file.metadata()?.permissions())?;
    Ok(named)
}
