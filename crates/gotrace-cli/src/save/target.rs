//! Targets of output: the file, device or pipe that a name stands for.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The most symbolic links that are followed, as on Linux.
const LINKS: usize = 40;

/// The thing that a name stands for.
pub(super) enum Target {
    /// A file, which may not exist yet.
    File(PathBuf),
    /// A device or a pipe.
    Direct(File),
}

impl Target {
    /// Returns the target that a name stands for, with links followed.
    ///
    /// # Errors
    /// If it is a directory, or its directory does not exist, or links go in a circle.
    pub(super) fn of(path: &Path) -> io::Result<Target> {
        let path = followed(path)?;
        match path.metadata() {
            Ok(found) if found.is_dir() => {
                return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory, expected a file to write"));
            }
            // A device or a pipe cannot be replaced by a file. Appending does no harm to
            // a device, and keeps the data that a descriptor's file has already.
            Ok(found) if !found.is_file() || is_descriptor(&path) => {
                return Ok(Target::Direct(OpenOptions::new().append(true).open(path)?));
            }
            _ => {}
        }
        if path.file_name().is_none() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory, expected a file to write"));
        }
        if !directory(&path).is_dir() {
            let why = format!("no such directory: {}", directory(&path).display());
            return Err(io::Error::new(io::ErrorKind::NotFound, why));
        }
        Ok(Target::File(path))
    }
}

/// Returns the directory that a file is in.
pub(super) fn directory(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Returns whether a path names an open file, as `/dev/stdout` does on Linux.
fn is_descriptor(path: &Path) -> bool {
    path.starts_with("/dev/fd") || path.starts_with("/proc")
}

/// Returns the path behind all symbolic links, even if no file is there yet.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        // Linux shows an open file as a link, which is not followed.
        if is_descriptor(&path) {
            return Ok(path);
        }
        match path.read_link() {
            Ok(to) => path = directory(&path).join(to),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("symbolic links go in a circle"))
}
