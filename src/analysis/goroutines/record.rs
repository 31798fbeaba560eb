//! The record of a goroutine, as bytes.
//!
//! ```text
//! record: lengths (u64) | figures, each of 0 to 8 bytes | its lists, if it has any
//! list:   how many numbers (a number) | numbers
//! number: length (u8) | 0 to 8 bytes
//! ```
//!
//! The lengths are those of the figures, four bits each. Most figures are small, or
//! are told by how far they are from another, and take one byte to three. The last
//! ones are 0 for most goroutines.

use super::stats::ByName;
use crate::analysis::names::NameId;

/// How many figures a record has that most goroutines have, and how many others.
pub(super) const COMMON: usize = 10;
pub(super) const RARE: usize = 6;
pub(super) const FIGURES: usize = COMMON + RARE;
/// How many bytes its lengths take.
const HEAD: usize = 8;
/// The most bytes that a figure takes.
const WIDEST: usize = 8;

/// A record as it is written.
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

    /// All of it; figures that were not added are 0.
    pub(super) fn finish(&mut self) -> &[u8] {
        if let Some(head) = self.bytes.first_chunk_mut() {
            *head = u64::to_le_bytes(self.lengths);
        }
        self.bytes.get(..self.end).unwrap_or_default()
    }
}

/// What is left of a record.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Of the one that begins there.
    pub(super) fn at(bytes: &'a [u8], start: usize) -> Reader<'a> {
        Reader(bytes.get(start..).unwrap_or_default())
    }

    /// The first of its figures.
    #[inline(always)]
    pub(super) fn first_figure(&mut self) -> u64 {
        let lengths = self.take(HEAD);
        self.take((lengths & 0xf) as usize)
    }

    /// Its figures, with which it begins.
    pub(super) fn figures(&mut self) -> [u64; FIGURES] {
        let lengths = self.take(HEAD);
        let mut figures = [0; FIGURES];
        for (figure, shift) in figures.iter_mut().zip((0u32..).step_by(4)) {
            *figure = self.take((lengths >> shift & 0xf) as usize);
        }
        figures
    }

    /// The next so many bytes, at most eight, as a number.
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

/// How many bytes a number takes without those in front that are 0.
#[inline(always)]
pub(super) fn length(number: u64) -> usize {
    (u64::BITS + 7 - number.leading_zeros()) as usize >> 3
}

/// A number that is small if that one is near 0.
#[inline(always)]
pub(super) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63).cast_unsigned()
}

#[inline(always)]
pub(super) fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}
