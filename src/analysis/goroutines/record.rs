//! Encoding of a goroutine's record as bytes.
//!
//! ```text
//! record: lengths (u64) | figures, each of 0 to 8 bytes | its lists, if it has any
//! list:   count (a number) | numbers
//! number: length (u8) | 0 to 8 bytes
//! ```
//!
//! The lengths are those of the figures, four bits each. Most figures are small, or are
//! stored as the difference to another, and take one byte to three. The last ones are 0 for
//! most goroutines.

use super::stats::ByName;
use crate::analysis::names::NameId;
use crate::base::bytes::unzigzag;

/// Number of figures that are rarely 0, and of all others.
pub(super) const COMMON: usize = 10;
pub(super) const RARE: usize = 6;
pub(super) const FIGURES: usize = COMMON + RARE;
/// Number of bytes for the lengths.
const HEAD: usize = 8;
/// Most bytes of a figure.
const WIDEST: usize = 8;

/// A record that is being written.
pub(super) struct Record {
    bytes: [u8; HEAD + FIGURES * WIDEST],
    end: usize,
    lengths: u64,
    figures: u32,
}

impl Default for Record {
    fn default() -> Record {
        Record { bytes: [0; HEAD + FIGURES * WIDEST], end: HEAD, lengths: 0, figures: 0 }
    }
}

impl Record {
    /// Adds the next figure.
    #[inline(always)]
    pub(super) fn put(&mut self, figure: u64) {
        let length = length(figure);
        if let Some(place) = self.bytes.get_mut(self.end..).and_then(<[u8]>::first_chunk_mut) {
            *place = figure.to_le_bytes();
        }
        self.lengths |= (length as u64) << (4 * self.figures);
        self.end += length;
        self.figures += 1;
    }

    /// Returns the finished record; figures that were not added are 0.
    pub(super) fn finish(&mut self) -> &[u8] {
        if let Some(head) = self.bytes.first_chunk_mut() {
            *head = u64::to_le_bytes(self.lengths);
        }
        self.bytes.get(..self.end).unwrap_or_default()
    }
}

/// Rest of a record that is being read.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Returns a reader of the record that begins at `start`.
    pub(super) fn at(bytes: &'a [u8], start: usize) -> Reader<'a> {
        Reader(bytes.get(start..).unwrap_or_default())
    }

    /// Returns the first figure of a record.
    #[inline(always)]
    pub(super) fn first_figure(&mut self) -> u64 {
        let lengths = self.take(HEAD);
        self.take((lengths & 0xf) as usize)
    }

    /// Returns the figures, with which a record begins.
    pub(super) fn figures(&mut self) -> [u64; FIGURES] {
        let lengths = self.take(HEAD);
        let mut figures = [0; FIGURES];
        for (figure, shift) in figures.iter_mut().zip((0u32..).step_by(4)) {
            *figure = self.take((lengths >> shift & 0xf) as usize);
        }
        figures
    }

    /// Returns the next `length` bytes, at most eight, as a number.
    #[inline(always)]
    fn take(&mut self, length: usize) -> u64 {
        let length = length.min(WIDEST);
        let (bytes, rest) = self.0.split_at_checked(length).unwrap_or_default();
        let number = match self.0.first_chunk() {
            Some(&chunk) => {
                u64::from_le_bytes(chunk) & u64::MAX.checked_shr(u64::BITS - 8 * length as u32).unwrap_or(0)
            }
            None => bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)),
        };
        self.0 = rest;
        number
    }

    pub(super) fn number(&mut self) -> u64 {
        let length = self.take(1);
        self.take(length as usize)
    }

    pub(super) fn by_name(&mut self) -> ByName {
        let mut times = ByName::default();
        for _ in 0..self.number() / 2 {
            let (name, time) = (NameId::at(self.number()), unzigzag(self.number()));
            times.add(name, time);
        }
        times
    }
}

/// Returns the number of bytes that a number takes without leading zeros.
#[inline(always)]
pub(super) fn length(number: u64) -> usize {
    (u64::BITS + 7 - number.leading_zeros()) as usize >> 3
}
