//! The bytes of a trace file: mapped, or read.
//!
//! This is the only module with `unsafe` code: it maps a file, and tells
//! the system which of the pages are no longer needed.

#![allow(unsafe_code)]

use crate::base::limits::KEPT_FILE;
use memmap2::Mmap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

/// The bytes of a trace, owned.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // SAFETY: nothing writes to the file while it is mapped.
/// let file = unsafe { gotrace::TraceFile::map("trace.out")? };
/// let trace = gotrace::Trace::parse(file.bytes())?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TraceFile {
    bytes: Bytes,
}

#[derive(Debug)]
enum Bytes {
    Mapped(Mmap),
    Read(Vec<u8>),
}

impl TraceFile {
    /// Reads a whole file: a regular one, a pipe, a device.
    ///
    /// # Errors
    /// If the file cannot be opened or read; a directory cannot.
    pub fn open(path: impl AsRef<Path>) -> io::Result<TraceFile> {
        let file = open(path.as_ref())?;
        let size = file.metadata().map_or(0, |m| m.len());
        let mut bytes = Vec::new();
        // The stated length may be wrong, so a failure to reserve it is no error.
        let _ = bytes.try_reserve_exact(usize::try_from(size).unwrap_or(0));
        (&file).read_to_end(&mut bytes)?;
        Ok(TraceFile { bytes: Bytes::Read(bytes) })
    }

    /// Reads a stream, such as standard input, to its end.
    ///
    /// # Errors
    /// If reading fails.
    pub fn read(mut stream: impl Read) -> io::Result<TraceFile> {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        Ok(TraceFile { bytes: Bytes::Read(bytes) })
    }

    /// Maps a regular file, which takes no memory of the process's own; other
    /// files it reads as [`open`](Self::open) does.
    ///
    /// # Safety
    /// From now until the `TraceFile` is dropped, nobody may change the file, neither its
    /// bytes nor its length: not this process, nor another, nor another machine on a
    /// network's file system. Its bytes are handed out as slices, and slices must not
    /// change. The file may be renamed, or removed, or replaced by another of its name.
    ///
    /// This cannot be enforced. If it is broken, the following happens:
    ///
    /// - If the file becomes shorter, reading what is gone raises `SIGBUS` on Unix, which
    ///   ends the process unless a handler does something else; where the system refuses
    ///   to shorten a mapped file, as Windows does, it cannot happen. The same signal
    ///   comes if the disk, or the network, fails.
    /// - If its bytes change, the map shows old and new ones in any mixture, and need not
    ///   show the same at the second look. Reading checks each byte where it is used, and
    ///   does so within the bounds of the map, but the compiler may rely on that nothing
    ///   changes: what is read then may be anything, and that is why this is `unsafe`.
    /// - If it becomes longer, the map still ends where the file did when it was mapped.
    ///
    /// The command `gotrace` maps files that others may write to all the same. It ends with
    /// a message and status 1 on `SIGBUS`, and compares the file's length and time of
    /// modification before and after: if they differ, it says that what it printed may be
    /// of a mixture, and ends with status 1. Who cannot promise as much uses
    /// [`open`](Self::open).
    ///
    /// # Errors
    /// Those of `open`.
    pub unsafe fn map(path: impl AsRef<Path>) -> io::Result<TraceFile> {
        let file = open(path.as_ref())?;
        // SAFETY: the caller promises what is asked there.
        unsafe { TraceFile::map_file(&file) }
    }

    /// Maps a file that is open, as [`map`](Self::map) does; a file that cannot be mapped
    /// is read from its current position.
    ///
    /// # Safety
    /// That of `map`.
    ///
    /// # Errors
    /// If the file cannot be read; a directory cannot.
    pub unsafe fn map_file(file: &File) -> io::Result<TraceFile> {
        let metadata = file.metadata()?;
        // Neither an empty file nor a pipe can be mapped.
        if !metadata.is_file() || metadata.len() == 0 {
            return TraceFile::read(file);
        }
        // SAFETY: the caller promises that the file does not change.
        let map = unsafe { Mmap::map(file) }?;
        Ok(TraceFile { bytes: Bytes::Mapped(map) })
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(map) => map,
            Bytes::Read(bytes) => bytes,
        }
    }

    /// Returns whether the bytes are those of a mapped file, from its first on.
    pub fn is_mapped(&self) -> bool {
        matches!(self.bytes, Bytes::Mapped(_))
    }

    /// Tells the system that a part of a mapped file is about to be read, so
    /// that its pages come at once instead of one by one. It is a hint: nothing happens where the
    /// system does not support it, or for a file that was read into memory.
    pub fn prefetch(&self, range: Range<usize>) {
        let Bytes::Mapped(map) = &self.bytes else { return };
        let end = range.end.min(map.len());
        if range.start < end {
            advice::will_be_read(map, range.start..end);
        }
    }

    /// Tells the system that a part of a mapped file has been read and its
    /// pages may go. They come back from the file when touched again. Nothing happens for an
    /// empty or odd range, a file that was read into memory, or a file of
    /// [`KEPT_FILE`] bytes or less, which would cost more to map again; nor on
    /// Windows, where the system takes pages back when it needs them.
    pub fn release(&self, range: Range<usize>) {
        let Bytes::Mapped(map) = &self.bytes else { return };
        const PAGE: usize = 4096;
        let start = range.start.next_multiple_of(PAGE);
        let end = range.end.min(map.len()) / PAGE * PAGE;
        if start < end && map.len() > KEPT_FILE {
            advice::was_read(map, start..end);
        }
    }
}

/// Hints to systems about the pages of a mapping, which they may ignore.
mod advice {
    use memmap2::Mmap;
    use std::ops::Range;

    #[cfg(target_os = "linux")]
    pub(super) fn will_be_read(map: &Mmap, range: Range<usize>) {
        let _ = map.advise_range(memmap2::Advice::PopulateRead, range.start, range.len());
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn will_be_read(_: &Mmap, _: Range<usize>) {}

    #[cfg(unix)]
    pub(super) fn was_read(map: &Mmap, range: Range<usize>) {
        // SAFETY: the mapping is private, read-only and file-backed, so that dropped
        // pages are read from the file again, unchanged.
        let _ = unsafe { map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, range.start, range.len()) };
    }

    #[cfg(not(unix))]
    pub(super) fn was_read(_: &Mmap, _: Range<usize>) {}
}

impl From<Vec<u8>> for TraceFile {
    /// Takes bytes that are in memory already.
    fn from(bytes: Vec<u8>) -> TraceFile {
        TraceFile { bytes: Bytes::Read(bytes) }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "is a directory, expected a file"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn both_ways_give_the_same_bytes() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        // SAFETY: tests do not write to the manifest.
        let mapped = unsafe { TraceFile::map(path) }.unwrap();
        let read = TraceFile::open(path).unwrap();
        assert_eq!(mapped.bytes(), read.bytes());
        assert_eq!((mapped.is_mapped(), read.is_mapped()), (true, false));
    }

    #[test]
    fn released_pages_come_back() {
        let path = std::env::temp_dir().join(format!("gotrace-release-{}", std::process::id()));
        let file = File::create_new(&path).unwrap();
        (&file).write_all(&[7; 10_000]).unwrap();
        file.set_len(KEPT_FILE as u64 + 1).unwrap();
        // SAFETY: nobody else knows this file.
        let mapped = unsafe { TraceFile::map(&path) };
        std::fs::remove_file(&path).unwrap();
        let mapped = mapped.unwrap();
        let before = mapped.bytes()[..20_000].to_vec();
        let backwards = Range { start: 5000, end: 10 };
        for range in [backwards, 0..5000, 0..usize::MAX, 3..usize::MAX - 1] {
            mapped.release(range);
            assert_eq!(&mapped.bytes()[..20_000], before);
        }
    }

    #[test]
    fn a_directory_is_named_as_one() {
        let error = TraceFile::open(env!("CARGO_MANIFEST_DIR")).unwrap_err();
        assert!(error.to_string().contains("directory"), "{error}");
    }
}
