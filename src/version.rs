//! The header: which version of the format a file has.

use crate::error::{Error, ErrorKind, Lookalike, Result};
use byteorder::{BigEndian, ByteOrder};
use std::fmt;

/// The bytes that a header takes, in every version.
pub const HEADER_LEN: usize = 16;

/// A version of the trace format, by the Go release that introduced it.
///
/// There are two formats: v1, up to Go 1.21, is one stream of batches for each
/// P (see [`wire::v1`](crate::wire::v1)), and v2 one for each M, in generations
/// (see [`wire::v2`](crate::wire::v2)). Go 1.6 writes 1.5, Go 1.12 to 1.18 write
/// 1.11, Go 1.20 writes 1.19, Go 1.24 writes 1.23 and Go 1.27 writes 1.26.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Version {
    /// The first: every event has a global sequence number; stacks are PCs only.
    Go105,
    /// Sequence numbers for each goroutine; strings, and stacks with names.
    Go107,
    /// Labels of goroutines that start; goroutines blocked by the collector.
    Go108,
    /// Mark assists; sweeps tell how much they swept.
    Go109,
    /// Stop-the-world is of the program, not of a P, and of two kinds.
    Go110,
    /// Tasks, regions and logs.
    Go111,
    /// CPU profile samples.
    Go119,
    /// Stop-the-world tells for what.
    Go121,
    /// Generations, per-M batches.
    Go122,
    /// Adds coroutine switches, stacks of goroutine statuses, experiments.
    Go123,
    /// The frequency moves into a sync batch, with clock snapshots.
    Go125,
    /// Each generation ends with a mark.
    Go126,
}

impl Version {
    /// Every version that this crate reads, oldest first.
    pub const ALL: [Version; 12] = [
        Version::Go105,
        Version::Go107,
        Version::Go108,
        Version::Go109,
        Version::Go110,
        Version::Go111,
        Version::Go119,
        Version::Go121,
        Version::Go122,
        Version::Go123,
        Version::Go125,
        Version::Go126,
    ];

    /// Those of the v2 format, oldest first.
    pub const V2: [Version; 4] = [Version::Go122, Version::Go123, Version::Go125, Version::Go126];

    /// Whether it is one of the v1 format.
    #[inline]
    pub fn is_v1(self) -> bool {
        self < Version::Go122
    }

    /// The NN of `go 1.NN trace`.
    pub fn minor(self) -> u32 {
        match self {
            Version::Go105 => 5,
            Version::Go107 => 7,
            Version::Go108 => 8,
            Version::Go109 => 9,
            Version::Go110 => 10,
            Version::Go111 => 11,
            Version::Go119 => 19,
            Version::Go121 => 21,
            Version::Go122 => 22,
            Version::Go123 => 23,
            Version::Go125 => 25,
            Version::Go126 => 26,
        }
    }

    /// The version with that minor number, if this crate reads it.
    pub fn from_minor(minor: u32) -> Option<Version> {
        Version::ALL.into_iter().find(|v| v.minor() == minor)
    }

    /// Reads the header that `data` begins with.
    ///
    /// # Errors
    /// `Empty`, `Truncated`, `NotATrace` or `UnsupportedVersion`.
    pub fn parse_header(data: &[u8]) -> Result<Version> {
        if data.is_empty() {
            return Err(Error::at(0, ErrorKind::Empty));
        }
        let Some(minor) = header_minor(data) else {
            let known = b"go 1.";
            let common = data.len().min(known.len());
            return Err(if data.len() < HEADER_LEN && data[..common] == known[..common] {
                Error::at(data.len(), ErrorKind::Truncated { inside: "the header" })
            } else {
                Error::at(0, ErrorKind::NotATrace { found: recognise(data) })
            });
        };
        Version::from_minor(minor).ok_or_else(|| Error::at(5, ErrorKind::UnsupportedVersion { minor }))
    }

    /// The header of a file of this version.
    pub fn header(self) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        let text = format!("go 1.{} trace", self.minor());
        for (to, from) in header.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        header
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "go 1.{}", self.minor())
    }
}

/// The minor version of a well-formed header: `go 1.N trace`, zero-padded.
fn header_minor(data: &[u8]) -> Option<u32> {
    let header = std::str::from_utf8(data.get(..HEADER_LEN)?).ok()?;
    let digits = header.strip_prefix("go 1.")?.trim_end_matches('\0').strip_suffix(" trace")?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
}

/// Guesses what a file that is no trace is, to say so.
fn recognise(data: &[u8]) -> Lookalike {
    if data.len() >= 4 {
        match BigEndian::read_u32(data) {
            0x28b5_2ffd => return Lookalike::Zstd,
            0x504b_0304 => return Lookalike::Zip,
            0x7f45_4c46 | 0xfeed_face | 0xfeed_facf | 0xcafe_babe | 0xcffa_edfe => return Lookalike::Executable,
            magic if magic >> 16 == 0x1f8b => return Lookalike::Gzip,
            magic if magic >> 16 == 0x4d5a => return Lookalike::Executable,
            _ => {}
        }
    }
    let start = &data[..data.len().min(512)];
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // A character that the cut halved is no reason to call it binary.
        Err(e) if e.valid_up_to() + 4 > start.len() => {
            std::str::from_utf8(&start[..e.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return Lookalike::Unknown,
    };
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return Lookalike::Unknown;
    }
    let text = text.trim_start();
    if text.starts_with("Trace Go1.") {
        Lookalike::TraceText
    } else if text.starts_with('<') {
        Lookalike::Html
    } else if text.starts_with(['{', '[']) {
        Lookalike::Json
    } else {
        Lookalike::Text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_round_trip() {
        for version in Version::ALL {
            assert_eq!(Version::parse_header(&version.header()).unwrap(), version);
        }
    }

    #[test]
    fn what_is_no_trace_is_named() {
        for (data, want) in [
            (&b"\x1f\x8b\x08\x00"[..], Lookalike::Gzip),
            (b"<!DOCTYPE html><html>", Lookalike::Html),
            (b"404 page not found\n", Lookalike::Text),
            (b"Trace Go1.22\n", Lookalike::TraceText),
            (b"{\"error\": 1}", Lookalike::Json),
            (b"\x7fELF\x02\x01", Lookalike::Executable),
            (b"\x00\x01\x02", Lookalike::Unknown),
            (b"go 1.xx trace\0\0\0", Lookalike::Unknown),
        ] {
            let error = Version::parse_header(data).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::NotATrace { found } if *found == want), "{error}");
        }
    }

    #[test]
    fn a_cut_header_and_a_future_version() {
        let cut = Version::parse_header(b"go 1.22 tr").unwrap_err();
        assert!(cut.is_truncation() && cut.offset() == 10, "{cut}");
        let future = Version::parse_header(b"go 1.31 trace\0\0\0").unwrap_err();
        assert!(matches!(future.kind(), ErrorKind::UnsupportedVersion { minor: 31 }), "{future}");
    }
}
