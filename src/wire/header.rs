//! The header of a file, which names the version of its format.

use crate::error::{Error, ErrorKind, Lookalike, Result};
use crate::spec::version::{HEADER_LEN, Version};

impl Version {
    /// Reads the header at the beginning of `data`.
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
                Error::at(0, ErrorKind::NotATrace { found: Lookalike::of(data) })
            });
        };
        Version::from_minor(minor).ok_or_else(|| Error::at(5, ErrorKind::UnsupportedVersion { minor }))
    }
}

/// Returns the minor version of a well-formed header: `go 1.N trace`, zero-padded.
fn header_minor(data: &[u8]) -> Option<u32> {
    let header = std::str::from_utf8(data.get(..HEADER_LEN)?).ok()?;
    let digits = header.strip_prefix("go 1.")?.trim_end_matches('\0').strip_suffix(" trace")?;
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok()
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
