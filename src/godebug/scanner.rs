//! Finds the runtime's lines in a log.

use super::cursor::Malformed;
use super::join::{Joined, Pending};
use super::line::{Kind, MARKS, Marks, Record};
use super::unwrap::{Unwrapped, Wrapping, unwrap, unwrap_like, without_escapes};
use std::fmt;

/// A line longer than this is taken for several.
const MAX_LINE: usize = 1 << 20;
/// As much is searched for all marks before the next such piece, so that it
/// stays in the processor's cache.
const PIECE: usize = 64 << 10;
/// For so many lines after one of a block, each is looked at: of a line that is cut
/// after `  P`, no mark is left.
const BLOCK_LINES: u32 = 64;

/// Finds the runtime's lines in a log that comes in pieces of any size.
///
/// It keeps no more of the log than a line, of at most 1 MiB, and of lines that
/// are cut in two their beginning.
#[derive(Debug, Default)]
pub struct Scanner {
    marks: Marks,
    /// The line that has begun and not ended.
    line: Vec<u8>,
    lines: Lines,
}

/// What is found in a log.
#[derive(Debug)]
#[allow(clippy::large_enum_variant)] // It is handed on at once, never kept.
pub enum Item<'a> {
    /// A line of the runtime.
    Found(Found<'a>),
    /// A line that is none, or only a part of one.
    Warning(LogWarning),
}

/// A line of the runtime, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Found<'a> {
    /// Which line of the log, from 1: where it begins, if it was cut in two.
    pub line: u64,
    /// Where that line begins, in bytes from the beginning of the log.
    pub offset: u64,
    /// What stands in front of it: a time, or the name of a container.
    pub prefix: &'a [u8],
    /// The line.
    pub record: Record<'a>,
}

/// A line of the log that begins as one of the runtime's and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogWarning {
    /// Which line of the log, from 1.
    pub line: u64,
    /// Where that line begins, in bytes from the beginning of the log.
    pub offset: u64,
    /// What is wrong with it; none if its beginning is lost.
    pub malformed: Option<Malformed>,
}

impl fmt::Display for LogWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} (byte {}): ", self.line, self.offset)?;
        match self.malformed {
            Some(malformed) => write!(f, "cut or malformed: {malformed}"),
            None => f.write_str("the beginning of a SCHED or gc line is lost"),
        }
    }
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
                self.lines.piece(&self.marks, &line, each)?;
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
            self.lines.piece(&self.marks, piece, each)?;
            bytes = rest;
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    /// Reads the last line, if it does not end, and tells of lines whose rest
    /// never came.
    pub fn finish<E>(mut self, each: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        self.lines.piece(&self.marks, &line, each)?;
        self.lines.finish(&self.marks, each)
    }

    /// How many lines and bytes were read so far, the last line only if it ended.
    pub fn position(&self) -> (u64, u64) {
        (self.lines.number, self.lines.offset)
    }
}

/// What reading of lines needs to know of those before.
#[derive(Debug, Default)]
struct Lines {
    /// Lines and bytes before the next.
    number: u64,
    offset: u64,
    /// Whether lines of Ps, Ms and Gs are due.
    in_block: bool,
    /// How many lines more are looked at, whatever is in them.
    block_lines: u32,
    pending: Option<Pending>,
    /// A text that goes on in the next line, as its wrapping says, and where it began.
    continued: Option<(Vec<u8>, Wrapping, Place)>,
    plain: Vec<u8>,
    scratch: Vec<u8>,
}

/// A line's number and offset.
type Place = (u64, u64);

impl Lines {
    /// Reads whole lines.
    fn piece<E>(
        &mut self,
        marks: &Marks,
        piece: &[u8],
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        // Where each mark is found next.
        let mut next = [0; MARKS.len()];
        let mut found = [false; MARKS.len()];
        let mut at = 0;
        while at < piece.len() {
            let mut start = at;
            self.block_lines = self.block_lines.saturating_sub(1);
            if self.pending.is_none() && self.continued.is_none() && self.block_lines == 0 {
                let mut first = piece.len();
                for ((next, found), finder) in next.iter_mut().zip(&mut found).zip(marks.finders()) {
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
            let place = (self.number + 1, self.offset);
            at = start + length.map_or(rest.len(), |length| length + 1);
            self.line(marks, line, place, each)?;
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

    fn line<E>(
        &mut self,
        marks: &Marks,
        line: &[u8],
        place: Place,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        // The buffers are lent out while a line is read.
        let (mut plain, mut scratch) = (std::mem::take(&mut self.plain), std::mem::take(&mut self.scratch));
        let line = if memchr::memchr(0x1b, line).is_some() {
            without_escapes(line, &mut plain);
            plain.as_slice()
        } else {
            line
        };
        let read = self.read_line(marks, line, place, &mut scratch, each);
        (self.plain, self.scratch) = (plain, scratch);
        read
    }

    fn read_line<E>(
        &mut self,
        marks: &Marks,
        line: &[u8],
        place: Place,
        scratch: &mut Vec<u8>,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some((mut text, wrapping, began)) = self.continued.take() {
            match unwrap_like(line, &wrapping, scratch) {
                Some(more) => {
                    text.extend_from_slice(more.text);
                    if more.continued && text.len() < MAX_LINE {
                        self.continued = Some((text, wrapping, began));
                        return Ok(());
                    }
                    return self.texts(marks, &text, &wrapping, began, each);
                }
                None => self.continued = Some((text, wrapping, began)),
            }
        }
        if self.join(marks, line, scratch, each)? {
            return Ok(());
        }
        let bare = marks.find_at_start(line);
        let mark = if bare { None } else { marks.first(line) };
        match mark {
            None if bare => self.texts(marks, line, &Wrapping::Prefix(0), place, each),
            None => {
                if let Some(kind) = Marks::cut_of_block(line).filter(|_| self.block_lines > 0 && self.pending.is_none())
                {
                    self.doubtful(line, 2, kind, &Wrapping::Prefix(0), place, each)?;
                }
                Ok(())
            }
            Some(mark) => {
                let Unwrapped { text, wrapping, continued } = unwrap(line, mark, scratch);
                if continued && self.continued.is_none() {
                    self.continued = Some((text.to_vec(), wrapping, place));
                    return Ok(());
                }
                self.texts(marks, text, &wrapping, place, each)
            }
        }
    }

    /// Whether the line goes on with one that was cut.
    fn join<E>(
        &mut self,
        marks: &Marks,
        line: &[u8],
        scratch: &mut Vec<u8>,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<bool, E> {
        let Some(mut pending) = self.pending.take() else { return Ok(false) };
        let mut joined = match unwrap_like(line, &pending.wrapping.clone(), scratch) {
            Some(more) => pending.join(more.text.strip_suffix(b"\n").unwrap_or(more.text)),
            None => Joined::No,
        };
        // The runtime's own rest need not have the prefix that its beginning had.
        if let (Joined::No, Wrapping::Prefix(1..)) = (&joined, &pending.wrapping) {
            joined = pending.join(line);
        }
        match joined {
            Joined::Whole(text, kind) => self.whole(&pending, &text, kind, each).map(|()| true),
            Joined::More => {
                self.pending = Some(pending);
                Ok(true)
            }
            Joined::No if pending.is_over() => {
                self.give_up(&pending, each)?;
                Ok(false)
            }
            Joined::No => {
                self.pending = Some(pending);
                // If it is some other's line, nothing is lost.
                Ok(marks.first(line).is_none())
            }
        }
    }

    /// Reads a text of one line or, if it was escaped, several.
    fn texts<E>(
        &mut self,
        marks: &Marks,
        text: &[u8],
        wrapping: &Wrapping,
        place: Place,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for text in text.split(|c| *c == b'\n') {
            self.text(marks, text.strip_suffix(b"\r").unwrap_or(text), wrapping, place, each)?;
        }
        Ok(())
    }

    fn text<E>(
        &mut self,
        marks: &Marks,
        text: &[u8],
        wrapping: &Wrapping,
        (line, offset): Place,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut from = 0;
        while let Some((at, kind)) = marks.find(text, from) {
            match Record::read(text, at, kind) {
                Ok((record, end)) => {
                    self.take_note(&record);
                    let prefix = text.get(from..at).unwrap_or_default().trim_ascii_end();
                    each(Item::Found(Found { line, offset, prefix, record }))?;
                    from = end.max(at + 1);
                }
                Err(malformed) => {
                    let of_block = matches!(kind, Kind::Proc | Kind::Thread | Kind::Goroutine);
                    if !of_block || self.in_block {
                        self.keep(text, at, kind, malformed, wrapping, (line, offset), each)?;
                        return Ok(());
                    }
                    // A program may have lines of its own that begin so.
                    from = at + 1;
                }
            }
        }
        if from > 0 || self.pending.is_some() {
            return Ok(());
        }
        if marks.is_rest(text) {
            return each(Item::Warning(LogWarning { line, offset, malformed: None }));
        }
        match marks.find_cut(text) {
            Some((at, kind)) => self.doubtful(text, at, kind, wrapping, (line, offset), each),
            None => Ok(()),
        }
    }

    /// Keeps what may be the beginning of a line, and may be anything else.
    fn doubtful<E>(
        &mut self,
        text: &[u8],
        at: usize,
        kind: Kind,
        wrapping: &Wrapping,
        place: Place,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = Record::read(text, at, kind).err();
        let failed = failed.unwrap_or(Malformed { at, expected: "the rest of the line" });
        self.keep(text, at, kind, failed, wrapping, place, each)?;
        if let Some(pending) = &mut self.pending {
            pending.certain = false;
        }
        Ok(())
    }

    /// Keeps a line that is cut, for the rest may come.
    #[allow(clippy::too_many_arguments)]
    fn keep<E>(
        &mut self,
        text: &[u8],
        at: usize,
        kind: Kind,
        failed: Malformed,
        wrapping: &Wrapping,
        (line, offset): Place,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(other) = self.pending.take() {
            self.give_up(&other, each)?;
        }
        let wrapping = match wrapping {
            Wrapping::Prefix(_) => Wrapping::Prefix(at),
            other => other.clone(),
        };
        let text = text.get(at..).unwrap_or_default();
        let failed = Malformed { at: failed.at.saturating_sub(at), ..failed };
        self.pending = Some(Pending::new(text, kind, failed, wrapping, (line, offset, at)));
        Ok(())
    }

    fn take_note(&mut self, record: &Record<'_>) {
        match record {
            Record::Sched(sched) => self.in_block = sched.is_detailed(),
            Record::Proc(_) | Record::Thread(_) | Record::Goroutine(_) => {}
            _ => return,
        }
        self.block_lines = if self.in_block { BLOCK_LINES } else { 0 };
    }

    fn finish<E>(mut self, marks: &Marks, each: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        if let Some((text, wrapping, place)) = self.continued.take() {
            self.texts(marks, &text, &wrapping, place, each)?;
        }
        match self.pending.take() {
            Some(pending) => self.give_up(&pending, each),
            None => Ok(()),
        }
    }

    /// A line that was cut is whole.
    fn whole<E>(
        &mut self,
        pending: &Pending,
        text: &[u8],
        kind: Kind,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Ok((record, _)) = Record::read(text, 0, kind) else { return Ok(()) };
        self.take_note(&record);
        each(Item::Found(Found { line: pending.line, offset: pending.offset, prefix: b"", record }))
    }

    /// The rest of a line did not come.
    fn give_up<E>(&mut self, pending: &Pending, each: &mut impl FnMut(Item<'_>) -> Result<(), E>) -> Result<(), E> {
        match pending.end() {
            Joined::Whole(text, kind) => self.whole(pending, &text, kind, each),
            _ if !pending.certain => Ok(()),
            _ => {
                let malformed = Malformed { at: pending.failed.at + pending.column, ..pending.failed };
                let (line, offset) = (pending.line, pending.offset);
                each(Item::Warning(LogWarning { line, offset, malformed: Some(malformed) }))
            }
        }
    }
}
