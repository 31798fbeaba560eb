//! Search for the runtime's lines in a log.
//!
//! ```text
//! pieces of any size ──> UTF-8 ──┬─> whole lines, those without a mark passed over ──> Reader
//!                                └─> JSON over many lines: its strings with a mark ──────^
//! ```

mod document;
mod reader;

use super::encoding::{Decoded, Decoder};
use super::found::Item;
use super::marks::MARKS;
use super::origin::Place;
use super::unwrap::without_escapes;
use document::Form;
use reader::{Each, Reader};

/// Length beyond which a line is taken for several.
const MAX_LINE: usize = 1 << 20;
/// Number of bytes that are searched for all marks before the next such piece, so that they
/// stay in the processor's cache.
const PIECE: usize = 64 << 10;

/// Finds the runtime's lines in a log that comes in pieces of any size.
///
/// The scanner keeps no more of the log than a line, of at most 1 MiB, and the beginnings
/// of lines that are cut in two.
#[derive(Debug, Default)]
pub struct Scanner {
    /// Line that has begun and not ended.
    line: Vec<u8>,
    lines: Lines,
}

impl Scanner {
    /// Reads on. `each` is called with each item found; an error of it ends the reading,
    /// and is returned.
    pub fn feed<E>(&mut self, bytes: &[u8], each: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        // Most logs need no decoding, nor a look at their first bytes.
        if self.lines.decoder.is_plain() {
            return self.read(bytes, each);
        }
        match self.lines.decoder.decode(bytes) {
            Decoded::Same(bytes) => self.read(bytes, each),
            Decoded::Other(bytes) => self.read(&bytes, each),
        }
    }

    /// Reads on in UTF-8.
    fn read<E>(&mut self, mut bytes: &[u8], each: &mut impl Each<E>) -> Result<(), E> {
        // A line that began in the piece before is completed first.
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
                // A long line that does not end here waits for its end.
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

    /// Reads the last line, if it does not end, and reports lines whose rest never came.
    pub fn finish<E>(mut self, each: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        let rest = self.lines.decoder.finish();
        self.read(&rest, each)?;
        let line = std::mem::take(&mut self.line);
        self.lines.piece(&line, each)?;
        self.lines.finish(each)
    }

    /// Returns the numbers of lines and bytes read so far; the last line counts only if it
    /// ended.
    pub fn position(&self) -> (u64, u64) {
        (self.lines.number, self.lines.offset())
    }
}

/// Reader of whole lines.
#[derive(Debug, Default)]
struct Lines {
    /// Numbers of lines and bytes before the next.
    number: u64,
    offset: u64,
    decoder: Decoder,
    form: Form,
    reader: Reader,
    plain: Vec<u8>,
}

/// Beginnings of arrays, which a line of JSON may have instead of a mark: the array may
/// hold the bytes of a text.
const ARRAYS: [&[u8]; 2] = [b":[", b": ["];

impl Lines {
    /// Reads whole lines.
    fn piece<E>(&mut self, mut piece: &[u8], each: &mut impl Each<E>) -> Result<(), E> {
        if self.form.is_new() {
            self.form = Form::of(piece);
        }
        if let Form::Document(_) = self.form {
            piece = self.document(piece, each)?;
        }
        let arrays = match self.form {
            Form::Lines { json: true } => ARRAYS.as_slice(),
            _ => &[],
        };
        // Position of the next occurrence of each mark.
        let mut next = [0; MARKS.len()];
        let mut found = [false; MARKS.len()];
        let mut at = 0;
        while at < piece.len() {
            let mut start = at;
            // In a block, or after a cut, every line is looked at.
            if self.reader.begin_line() {
                let mut first = piece.len();
                for ((next, found), finder) in next.iter_mut().zip(&mut found).zip(self.reader.marks.finders()) {
                    // A mark that was found once is searched for again only behind that
                    // place.
                    if !*found || *next < at {
                        let rest = piece.get(at..).unwrap_or_default();
                        *next = finder.find(rest).map_or(piece.len(), |more| at + more);
                        *found = true;
                    }
                    first = first.min(*next);
                }
                // Arrays are looked for only up to the first mark.
                for array in arrays {
                    let before = piece.get(at..first).unwrap_or_default();
                    first = memchr::memmem::find(before, array).map_or(first, |more| at + more);
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

    /// Counts lines that are done with.
    fn pass(&mut self, lines: &[u8]) {
        self.number += memchr::memchr_iter(b'\n', lines).count() as u64;
        self.offset += self.decoder.length(lines);
    }

    /// Returns the number of bytes of the log before the next line.
    fn offset(&self) -> u64 {
        self.offset + self.decoder.mark() as u64
    }

    fn line<E>(&mut self, line: &[u8], each: &mut impl Each<E>) -> Result<(), E> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let place = Place { line: self.number + 1, offset: self.offset() };
        if memchr::memchr(0x1b, line).is_some() {
            without_escapes(line, &mut self.plain);
            self.reader.line(&self.plain, place, each)
        } else {
            self.reader.line(line, place, each)
        }
    }
}
