//! The bytes of a trace file: mapped, or read.
//!
//! This is the crate's only island of `unsafe`: mapping a file, and telling
//! the system which of its pages are no longer needed.

#![allow(unsafe_code)]

use crate::limits::KEPT_FILE;
use memmap2::{Mmap, UncheckedAdvice};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

/// Owns the bytes of a trace.
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
    /// If it cannot be opened or read; a directory cannot.
    pub fn open(path: impl AsRef<Path>) -> io::Result<TraceFile> {
        let file = open(path.as_ref())?;
        let size = file.metadata().map_or(0, |m| m.len());
        let mut bytes = Vec::new();
        // A length that lies must not cost memory: reserve what can be had.
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
    /// No process may change or truncate the file while it is mapped: its
    /// bytes are handed out as slices, which must not change, and reading
    /// past a new end raises `SIGBUS`.
    ///
    /// # Errors
    /// As `open`.
    pub unsafe fn map(path: impl AsRef<Path>) -> io::Result<TraceFile> {
        let file = open(path.as_ref())?;
        let metadata = file.metadata()?;
        // An empty file cannot be mapped, a pipe neither.
        if !metadata.is_file() || metadata.len() == 0 {
            return TraceFile::read(file);
        }
        // SAFETY: the caller promises that the file does not change.
        let map = unsafe { Mmap::map(&file) }?;
        Ok(TraceFile { bytes: Bytes::Mapped(map) })
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        match &self.bytes {
            Bytes::Mapped(map) => map,
            Bytes::Read(bytes) => bytes,
        }
    }

    /// Tells the system that a part of a mapped file is about to be read, so
    /// that its pages come at once instead of one by one. A hint: where it is
    /// not supported, and for a file that was read, nothing happens.
    pub fn prefetch(&self, range: Range<usize>) {
        let Bytes::Mapped(map) = &self.bytes else { return };
        let end = range.end.min(map.len());
        #[cfg(target_os = "linux")]
        if range.start < end {
            let _ = map.advise_range(memmap2::Advice::PopulateRead, range.start, end - range.start);
        }
    }

    /// Tells the system that a part of a mapped file has been read and its
    /// pages may go. They come back from the file when touched again; an
    /// empty or odd range, or a file that was read, is no error. A file of
    /// [`KEPT_FILE`] bytes or less stays: mapping it again would cost more.
    pub fn release(&self, range: Range<usize>) {
        let Bytes::Mapped(map) = &self.bytes else { return };
        const PAGE: usize = 4096;
        let start = range.start.next_multiple_of(PAGE);
        let end = range.end.min(map.len()) / PAGE * PAGE;
        if start < end && map.len() > KEPT_FILE {
            // SAFETY: the mapping is private, read-only and file-backed, so
            // that dropped pages are read from the file again, unchanged.
            let _ = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, start, end - start) };
        }
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
