//! Decompression of gzip and zstd: reads compressed data as if they were not.
//!
//! ```
//! use gotrace::compressed::Decompressed;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Data that are not compressed pass through unchanged.
//! let (bytes, defect) = Decompressed::new(&b"go 1.26 trace"[..])?.read_whole()?;
//! assert_eq!((&bytes[..], defect), (&b"go 1.26 trace"[..], None));
//! # Ok(())
//! # }
//! ```

mod gzip;
mod source;
mod zstd;

use crate::base::limits::{DECOMPRESSED_AT_LEAST, DECOMPRESSED_RATIO};
use gzip::Gzip;
use source::Source;
use std::fmt;
use std::io::{self, Read};
use zstd::Zstd;

/// A format of compression that is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Compression {
    /// gzip, of one member or several.
    Gzip,
    /// zstd, of one frame or several.
    Zstd,
}

impl Compression {
    /// Number of bytes at a file's beginning that [`of`](Self::of) looks at.
    pub const MAGIC_LEN: usize = 4;

    /// Returns the compression of a file by its beginning; none if it is not compressed, or
    /// in another format.
    pub fn of(beginning: &[u8]) -> Option<Compression> {
        match beginning {
            [0x1f, 0x8b, 8, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstd),
            // A frame to be skipped, as parallel compressors begin with.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Compression::Zstd),
            _ => None,
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        })
    }
}

/// Error in compressed data, with its place.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("byte {offset} of the {compression} data: {kind}")]
#[non_exhaustive]
pub struct CompressionError {
    /// Format of the compression.
    pub compression: Compression,
    /// Offset in bytes from the beginning of the compressed data.
    pub offset: u64,
    /// Kind of the error.
    pub kind: CompressionErrorKind,
}

/// Kinds of errors in compressed data.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompressionErrorKind {
    /// Data end too early.
    #[error("they end there, expected more")]
    Cut,
    /// Data cannot be decompressed further.
    #[error("they are damaged there or before, expected {expected}")]
    Damaged {
        /// Description of what was expected.
        expected: &'static str,
    },
    /// Checksum does not match the decompressed data.
    #[error("the checksum there is not that of what was decompressed")]
    Checksum,
    /// Other data follow, which are not read.
    #[error("something else follows them there, which is not read")]
    Trailing,
    /// Data cannot be decompressed without something that they do not contain.
    #[error("they need {needs}; decompress them first")]
    Needs {
        /// Description of what is needed.
        needs: String,
    },
    /// Data become larger than the most that is kept in memory.
    #[error(
        "they become larger than {limit} bytes, the most that is kept of them ({} times their size, or {} MiB); \
         decompress them to a file first", DECOMPRESSED_RATIO, DECOMPRESSED_AT_LEAST >> 20
    )]
    TooLarge {
        /// Most bytes that are kept.
        limit: u64,
    },
}

/// Reads a file or stream, and decompresses it if gzip or zstd compressed it.
///
/// Damage ends it as if the file ended there: the data before have been passed on, and
/// [`defect`](Self::defect) returns the damage. It takes some 100 KB, for zstd at most
/// three times its window of up to 128 MiB, whatever the size of the data.
pub struct Decompressed<R> {
    stream: Stream<R>,
    defect: Option<CompressionError>,
    /// Data that were decompressed for [`peek`](Self::peek), and are still to be passed on.
    ahead: io::Cursor<Vec<u8>>,
    /// Number of bytes that have been decompressed.
    produced: u64,
}

enum Stream<R> {
    Plain(Source<R>),
    Gzip(Gzip<R>),
    Zstd(Zstd<R>),
}

impl<R: Read> Decompressed<R> {
    /// Looks at the beginning, and waits for it if it has not arrived yet.
    ///
    /// # Errors
    /// Returns the error if reading fails.
    pub fn new(from: R) -> io::Result<Decompressed<R>> {
        let source = Source::new(from)?;
        let stream = match Compression::of(source.beginning()) {
            None => Stream::Plain(source),
            Some(Compression::Gzip) => Stream::Gzip(Gzip::new(source)),
            Some(Compression::Zstd) => Stream::Zstd(Zstd::new(source)),
        };
        Ok(Decompressed { stream, defect: None, ahead: io::Cursor::default(), produced: 0 })
    }

    /// Returns the compression, if there is one.
    pub fn compression(&self) -> Option<Compression> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Gzip(_) => Some(Compression::Gzip),
            Stream::Zstd(_) => Some(Compression::Zstd),
        }
    }

    /// Returns the damage that ended the data, if there is any.
    pub fn defect(&self) -> Option<&CompressionError> {
        self.defect.as_ref()
    }

    /// Returns the first `most` bytes that are still to be passed on, or fewer at the end,
    /// without taking them.
    ///
    /// # Errors
    /// Returns the error if reading fails.
    pub fn peek(&mut self, most: usize) -> io::Result<&[u8]> {
        let mut ahead = Vec::new();
        // Data that were looked at before come first, and must not get lost.
        self.ahead.read_to_end(&mut ahead)?;
        let more = most.saturating_sub(ahead.len()) as u64;
        self.by_ref().take(more).read_to_end(&mut ahead)?;
        self.ahead = io::Cursor::new(ahead);
        let peeked = self.ahead.get_ref();
        Ok(peeked.get(..most).unwrap_or(peeked))
    }

    /// Reads all data into memory; also returns the damage that ended them. Compressed data
    /// that become larger than [`DECOMPRESSED_AT_LEAST`] and than [`DECOMPRESSED_RATIO`]
    /// times their size count as damaged, and end there.
    ///
    /// # Errors
    /// Returns an error if reading fails, or if damage leaves nothing of the data.
    pub fn read_whole(self) -> io::Result<(Vec<u8>, Option<CompressionError>)> {
        self.read_while(|_| true)
    }

    /// Reads as [`read_whole`](Self::read_whole) does, but stops once `goes_on` returns
    /// false for the latest data.
    ///
    /// # Errors
    /// Returns the same errors as `read_whole`.
    pub fn read_while(
        mut self,
        mut goes_on: impl FnMut(&[u8]) -> bool,
    ) -> io::Result<(Vec<u8>, Option<CompressionError>)> {
        const PIECE: u64 = 256 << 10;
        let mut bytes = Vec::new();
        loop {
            let before = bytes.len();
            let more = self.by_ref().take(PIECE).read_to_end(&mut bytes)?;
            if more == 0 || !goes_on(bytes.get(before..).unwrap_or_default()) {
                break;
            }
            let Some(compression) = self.compression() else { continue };
            let offset = self.source().position();
            let limit = DECOMPRESSED_AT_LEAST.max(offset.saturating_mul(DECOMPRESSED_RATIO));
            if self.produced > limit {
                let kind = CompressionErrorKind::TooLarge { limit };
                self.defect = Some(CompressionError { compression, offset, kind });
                break;
            }
        }
        match self.defect {
            Some(defect) if bytes.is_empty() => Err(io::Error::other(defect)),
            defect => Ok((bytes, defect)),
        }
    }

    fn source(&self) -> &Source<R> {
        match &self.stream {
            Stream::Plain(source) => source,
            Stream::Gzip(gzip) => gzip.source(),
            Stream::Zstd(zstd) => zstd.source(),
        }
    }
}

impl<R: Read> Read for Decompressed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.ahead.read(into)? {
            0 if self.defect.is_some() => return Ok(0),
            0 => {}
            length => return Ok(length),
        }
        let read = match &mut self.stream {
            Stream::Plain(source) => return source.read(into),
            Stream::Gzip(gzip) => gzip.read(into),
            Stream::Zstd(zstd) => zstd.read(into),
        };
        match read {
            Ok(length) => {
                self.produced += length as u64;
                Ok(length)
            }
            Err(Stopped::Broken(e)) => Err(e),
            Err(Stopped::Defect(kind)) => {
                if let Some(compression) = self.compression() {
                    self.defect = Some(CompressionError { compression, offset: self.source().position(), kind });
                }
                Ok(0)
            }
        }
    }
}

/// Reason why no more can be read.
enum Stopped {
    /// Data are damaged.
    Defect(CompressionErrorKind),
    /// Data cannot be read from the source.
    Broken(io::Error),
}

impl From<CompressionErrorKind> for Stopped {
    fn from(kind: CompressionErrorKind) -> Stopped {
        Stopped::Defect(kind)
    }
}

#[cfg(test)]
mod tests;
