//! File operations that differ between systems: files without a name, owners.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// Makes a file without a name in a directory; none if the file system cannot.
#[cfg(target_os = "linux")]
pub(super) fn unnamed(directory: &Path) -> Option<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    rustix::fs::open(directory, flags, Mode::from_raw_mode(0o666)).ok().map(File::from)
}

/// Gives a name to a file without one.
#[cfg(target_os = "linux")]
pub(super) fn link(file: &File, name: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, CWD};
    use std::os::fd::AsRawFd;
    // Linking the descriptor itself needs a privilege; linking it through /proc does not.
    let open = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(rustix::fs::linkat(CWD, open, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}

/// Returns none, as other systems have no such files.
#[cfg(not(target_os = "linux"))]
pub(super) fn unnamed(_: &Path) -> Option<File> {
    None
}

/// Returns the error that this system cannot do it.
#[cfg(not(target_os = "linux"))]
pub(super) fn link(_: &File, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Gives a file the mode of the one that it replaces, and its owner if that is permitted.
pub(super) fn inherit(file: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let owner = file.metadata()?;
        if (owner.uid(), owner.gid()) != (old.uid(), old.gid()) {
            // Only root may change the owner; others may change to a group that they are in.
            let _ = std::os::unix::fs::fchown(file, Some(old.uid()), Some(old.gid()))
                .or_else(|_| std::os::unix::fs::fchown(file, None, Some(old.gid())));
        }
    }
    file.set_permissions(old.permissions())
}
