//! A check, on incoming data, that they still are a trace.

use crate::base::limits::Limits;
use crate::generation::salvage::{find_beginning, frames_within};
use crate::spec::version::Version;
use crate::wire::v1::resync::events_within;

/// The bytes that are examined together: sixteen batches of the largest size.
const PIECE: usize = 1 << 20;

/// A check on incoming data that they still are a trace: a pipe may go on for ever
/// with something else, and compressed data may become any size.
///
/// It is for programs that hold a trace in memory until its end has come. Once the check
/// fails, they stop and read leniently what they have.
///
/// ```
/// use gotrace::{Limits, TraceWatch};
///
/// let trace = include_bytes!("../../testdata/traces/go1.27/hello.trace");
/// let mut watch = TraceWatch::new(Limits::default());
/// assert!(watch.goes_on(trace));
/// let mut read = trace.len();
/// while watch.goes_on(&[0; 4096]) {
///     read += 4096;
/// }
/// assert!(read < 66 << 20);
/// ```
#[derive(Debug)]
pub struct TraceWatch {
    limit: usize,
    version: Option<Version>,
    /// The bytes that have come since the last examination, fewer than [`PIECE`].
    piece: Vec<u8>,
    /// The number of bytes examined since the last that looked like a trace.
    nothing: usize,
}

impl TraceWatch {
    /// Begins with the first byte of a trace. The check fails after [`Limits::searched`] bytes,
    /// or up to 2 MiB more, that do not look like a trace.
    pub fn new(limits: Limits) -> TraceWatch {
        TraceWatch { limit: limits.searched, version: None, piece: Vec::new(), nothing: 0 }
    }

    /// Examines the next bytes; returns false once the check fails.
    pub fn goes_on(&mut self, mut more: &[u8]) -> bool {
        while !more.is_empty() {
            let (now, later) = more.split_at(more.len().min(PIECE - self.piece.len()));
            self.piece.extend_from_slice(now);
            more = later;
            if self.piece.len() == PIECE {
                let good = self.is_of_a_trace();
                self.nothing = if good { 0 } else { self.nothing.saturating_add(PIECE) };
                self.piece.clear();
            }
        }
        self.nothing <= self.limit
    }

    /// Returns the number of bytes that have come since the last that looked like a trace, to the
    /// megabyte.
    pub fn nothing_for(&self) -> usize {
        self.nothing + self.piece.len()
    }

    fn is_of_a_trace(&mut self) -> bool {
        let piece = &self.piece;
        let version = *self.version.get_or_insert_with(|| {
            let beginning = Version::parse_header(piece).or_else(|e| find_beginning(piece, e).map(|found| found.0));
            // Data that do not begin like a trace may still be followed by the tail of one.
            beginning.unwrap_or(Version::Go122)
        });
        if version.is_v1() { events_within(piece, version) } else { frames_within(piece, version) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Repeats a small trace, to stand for a large one.
    fn long(trace: &[u8]) -> Vec<u8> {
        trace.iter().copied().cycle().take(5 * PIECE).collect()
    }

    /// Returns pseudo-random bytes, equal each time.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as u8
        };
        std::iter::repeat_with(&mut next).take(length).collect()
    }

    #[test]
    fn it_goes_on_for_as_long_as_something_of_a_trace_comes() {
        let limits = Limits { searched: 3 * PIECE, ..Limits::default() };
        let v2 = include_bytes!("../../testdata/traces/go1.27/hello.trace");
        let v1 = include_bytes!("../../testdata/traces/go1.21/hello.trace");
        for trace in [&v2[..], v1] {
            for other in [vec![0; 5 * PIECE], vec![1; 5 * PIECE], vec![0xff; 5 * PIECE], noise(5 * PIECE)] {
                let mut watch = TraceWatch::new(limits);
                assert!(watch.goes_on(&long(trace)));
                assert!(watch.goes_on(&other[..2 * PIECE]), "a damaged part");
                assert!(watch.goes_on(&long(trace)), "it goes on");
                assert_eq!(watch.nothing_for(), 0);
                assert!(!watch.goes_on(&other));
                assert_eq!(watch.nothing_for(), 5 * PIECE);
            }
            // The size of the pieces that come must not matter.
            let mut watch = TraceWatch::new(limits);
            assert!(long(trace).chunks(777).all(|more| watch.goes_on(more)));
        }
        let mut watch = TraceWatch::new(limits);
        assert!(!watch.goes_on(&[b'x'; 5 * PIECE]), "nothing at all");
    }
}
