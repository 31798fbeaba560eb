//! Finds the runtime's lines in a log.
//!
//! ```text
//! pieces of any size ──> whole lines, those without a mark passed over ──> Reader
//! ```

mod reader;

use super::found::Item;
use super::line::MARKS;
use super::unwrap::without_escapes;
use reader::{Each, Place, Reader};

/// A line longer than this is taken for several.
const MAX_LINE: usize = 1 << 20;
/// As much is searched for all marks before the next such piece, so that it
/// stays in the processor's cache.
const PIECE: usize = 64 << 10;

/// Finds the runtime's lines in a log that comes in pieces of any size.
///
/// It keeps no more of the log than a line, of at most 1 MiB, and of lines that
/// are cut in two their beginning.
#[derive(Debug, Default)]
pub struct Scanner {
    /// The line that has begun and not ended.
    line: Vec<u8>,
    lines: Lines,
}

impl Scanner {
    /// Reads on. `each` is told what is found; an error of it ends the reading,
    /// and is returned.
    pub fn feed<E>(&mut self, mut bytes: &[u8], each: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        while !self.line.is_empty() {
            let end = memchr::memchr(b'\n', bytes).map(|end| end + 1);
            let room = MAX_LINE.saturating_sub(self.line.len());
            let take = end.unwrap_or(bytes.len()).min(room);
            let (head, rest) = bytes.split_at(take);
            self.line.extend_from_slice(head);
            bytes = rest;
            if self.line.last() == Some(&b'\n') || self.line.len() >= MAX_LINE {
                let mut line = std::mem::take(&mut self.line);
                self.lines.piece(&line, each)?;
                line.clear();
                self.line = line;
                break;
            }
            if bytes.is_empty() {
                return Ok(());
            }
        }
        while !bytes.is_empty() {
            let most = bytes.get(..PIECE).unwrap_or(bytes);
            let end = match memchr::memrchr(b'\n', most) {
                Some(end) => end + 1,
                // A long line; if it does not end here, it waits for its end.
                None => match memchr::memchr(b'\n', bytes.get(..MAX_LINE).unwrap_or(bytes)) {
                    Some(end) => end + 1,
                    None if bytes.len() >= MAX_LINE => MAX_LINE,
                    None => break,
                },
            };
            let (piece, rest) = bytes.split_at(end);
            self.lines.piece(piece, each)?;
            bytes = rest;
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// Reads the last line, if it does not end, and tells of lines whose rest
    /// never came.
    pub fn finish<E>(mut self, each: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        self.lines.piece(&line, each)?;
        self.lines.reader.finish(each)
    }

    /// How many lines and bytes were read so far, the last line only if it ended.
    pub fn position(&self) -> (u64, u64) {
        (self.lines.number, self.lines.offset)
    }
}

/// Whole lines, one after the other.
#[derive(Debug, Default)]
struct Lines {
    /// Lines and bytes before the next.
    number: u64,
    offset: u64,
    reader: Reader,
    plain: Vec<u8>,
}

impl Lines {
    /// Reads whole lines.
    fn piece<E>(&mut self, piece: &[u8], each: &mut impl Each<E>) -> Result<(), E> {
        // Where each mark is found next.
        let mut next = [0; MARKS.len()];
        let mut found = [false; MARKS.len()];
        let mut at = 0;
        while at < piece.len() {
            let mut start = at;
            if self.reader.begin_line() {
                let mut first = piece.len();
                for ((next, found), finder) in next.iter_mut().zip(&mut found).zip(self.reader.marks.finders()) {
                    if !*found || *next < at {
                        let rest = piece.get(at..).unwrap_or_default();
                        *next = finder.find(rest).map_or(piece.len(), |more| at + more);
                        *found = true;
                    }
                    first = first.min(*next);
                }
                if first == piece.len() {
                    break;
                }
                let before = piece.get(at..first).unwrap_or_default();
                start = memchr::memrchr(b'\n', before).map_or(at, |end| at + end + 1);
            }
            self.pass(piece.get(at..start).unwrap_or_default());
            let rest = piece.get(start..).unwrap_or_default();
            let length = memchr::memchr(b'\n', rest);
            let line = rest.get(..length.unwrap_or(rest.len())).unwrap_or_default();
            at = start + length.map_or(rest.len(), |length| length + 1);
            self.line(line, each)?;
            self.pass(piece.get(start..at).unwrap_or_default());
        }
        self.pass(piece.get(at..).unwrap_or_default());
        Ok(())
    }

    /// Takes note of lines that are done with.
    fn pass(&mut self, lines: &[u8]) {
        self.number += memchr::memchr_iter(b'\n', lines).count() as u64;
        self.offset += lines.len() as u64;
    }

    fn line<E>(&mut self, line: &[u8], each: &mut impl Each<E>) -> Result<(), E> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let place = Place { line: self.number + 1, offset: self.offset };
        if memchr::memchr(0x1b, line).is_some() {
            without_escapes(line, &mut self.plain);
            self.reader.line(&self.plain, place, each)
        } else {
            self.reader.line(line, place, each)
        }
    }
}
