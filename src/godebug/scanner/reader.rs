//! Reads lines of a log that may be the runtime's, or parts of one that was cut.

use super::MAX_LINE;
use crate::godebug::cursor::Malformed;
use crate::godebug::found::{Found, Item, LogWarning};
use crate::godebug::join::{Joined, Pending};
use crate::godebug::line::{Kind, Marks, Record};
use crate::godebug::unwrap::{Unwrapped, Wrapping, unwrap, unwrap_like};

/// For so many lines after one of a block, each is looked at: of a line that is cut
/// after `  P`, no mark is left.
const BLOCK_LINES: u32 = 64;

/// Who is told what is found; an error of it ends the reading.
pub(super) trait Each<E>: FnMut(Item<'_>) -> Result<(), E> {}

impl<E, F: FnMut(Item<'_>) -> Result<(), E>> Each<E> for F {}

/// Where a line stands in the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Its number, from 1.
    pub(super) line: u64,
    /// Where it begins, in bytes.
    pub(super) offset: u64,
}

/// Where a text comes from: its line, and what was around it there.
#[derive(Clone, Debug)]
struct Origin {
    wrapping: Wrapping,
    place: Place,
}

/// What reading a line needs to know of those before.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) marks: Marks,
    /// Whether lines of Ps, Ms and Gs are due.
    in_block: bool,
    /// How many lines more are looked at, whatever is in them.
    block_lines: u32,
    pending: Option<Pending>,
    /// A text that goes on in the next line, as its wrapping says.
    continued: Option<(Vec<u8>, Origin)>,
    scratch: Vec<u8>,
}

impl Reader {
    /// Goes on to the next line; returns whether only one with a mark is of interest.
    pub(super) fn begin_line(&mut self) -> bool {
        self.block_lines = self.block_lines.saturating_sub(1);
        self.pending.is_none() && self.continued.is_none() && self.block_lines == 0
    }

    /// Reads a line, without its end and colours.
    pub(super) fn line<E>(&mut self, line: &[u8], place: Place, each: &mut impl Each<E>) -> Result<(), E> {
        // The buffer is lent out while a line is read.
        let mut scratch = std::mem::take(&mut self.scratch);
        let read = self.unwrapped(line, place, &mut scratch, each);
        self.scratch = scratch;
        read
    }

    fn unwrapped<E>(
        &mut self,
        line: &[u8],
        place: Place,
        scratch: &mut Vec<u8>,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        if let Some((mut text, origin)) = self.continued.take() {
            match unwrap_like(line, &origin.wrapping, scratch) {
                Some(more) => {
                    text.extend_from_slice(more.text);
                    if more.continued && text.len() < MAX_LINE {
                        self.continued = Some((text, origin));
                        return Ok(());
                    }
                    return self.texts(&text, &origin, each);
                }
                None => self.continued = Some((text, origin)),
            }
        }
        if self.join(line, scratch, each)? {
            return Ok(());
        }
        let bare = self.marks.find_at_start(line);
        let mark = if bare { None } else { self.marks.first(line) };
        let plain = Origin { wrapping: Wrapping::Prefix(0), place };
        match mark {
            None if bare => self.texts(line, &plain, each),
            None => match Marks::cut_of_block(line) {
                Some(kind) if self.block_lines > 0 && self.pending.is_none() => {
                    self.doubtful(line, 2, kind, &plain, each)
                }
                _ => Ok(()),
            },
            Some(mark) => {
                let Unwrapped { text, wrapping, continued } = unwrap(line, mark, scratch);
                let origin = Origin { wrapping, place };
                if continued && self.continued.is_none() {
                    self.continued = Some((text.to_vec(), origin));
                    return Ok(());
                }
                self.texts(text, &origin, each)
            }
        }
    }

    /// Whether the line goes on with one that was cut.
    fn join<E>(&mut self, line: &[u8], scratch: &mut Vec<u8>, each: &mut impl Each<E>) -> Result<bool, E> {
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
                Ok(self.marks.first(line).is_none())
            }
        }
    }

    /// Reads a text of one line or, if it was escaped, several.
    fn texts<E>(&mut self, text: &[u8], origin: &Origin, each: &mut impl Each<E>) -> Result<(), E> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        for text in text.split(|c| *c == b'\n') {
            self.text(text.strip_suffix(b"\r").unwrap_or(text), origin, each)?;
        }
        Ok(())
    }

    fn text<E>(&mut self, text: &[u8], origin: &Origin, each: &mut impl Each<E>) -> Result<(), E> {
        let Place { line, offset } = origin.place;
        let mut from = 0;
        while let Some((at, kind)) = self.marks.find(text, from) {
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
                        return self.keep(text, at, kind, malformed, origin, each);
                    }
                    // A program may have lines of its own that begin so.
                    from = at + 1;
                }
            }
        }
        if from > 0 || self.pending.is_some() {
            return Ok(());
        }
        if self.marks.is_rest(text) {
            return each(Item::Warning(LogWarning { line, offset, malformed: None }));
        }
        match self.marks.find_cut(text) {
            Some((at, kind)) => self.doubtful(text, at, kind, origin, each),
            None => Ok(()),
        }
    }

    /// Keeps what may be the beginning of a line, and may be anything else.
    fn doubtful<E>(
        &mut self,
        text: &[u8],
        at: usize,
        kind: Kind,
        origin: &Origin,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        let failed = Record::read(text, at, kind).err();
        let failed = failed.unwrap_or(Malformed { at, expected: "the rest of the line" });
        self.keep(text, at, kind, failed, origin, each)?;
        if let Some(pending) = &mut self.pending {
            pending.certain = false;
        }
        Ok(())
    }

    /// Keeps a line that is cut, for the rest may come.
    fn keep<E>(
        &mut self,
        text: &[u8],
        at: usize,
        kind: Kind,
        failed: Malformed,
        origin: &Origin,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        if let Some(other) = self.pending.take() {
            self.give_up(&other, each)?;
        }
        let wrapping = match &origin.wrapping {
            Wrapping::Prefix(_) => Wrapping::Prefix(at),
            other => other.clone(),
        };
        let text = text.get(at..).unwrap_or_default();
        let failed = Malformed { at: failed.at.saturating_sub(at), ..failed };
        let Place { line, offset } = origin.place;
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

    /// Tells of lines whose rest never came.
    pub(super) fn finish<E>(mut self, each: &mut impl Each<E>) -> Result<(), E> {
        if let Some((text, origin)) = self.continued.take() {
            self.texts(&text, &origin, each)?;
        }
        match self.pending.take() {
            Some(pending) => self.give_up(&pending, each),
            None => Ok(()),
        }
    }

    /// A line that was cut is whole.
    fn whole<E>(&mut self, pending: &Pending, text: &[u8], kind: Kind, each: &mut impl Each<E>) -> Result<(), E> {
        let Ok((record, _)) = Record::read(text, 0, kind) else { return Ok(()) };
        self.take_note(&record);
        each(Item::Found(Found { line: pending.line, offset: pending.offset, prefix: b"", record }))
    }

    /// The rest of a line did not come.
    fn give_up<E>(&mut self, pending: &Pending, each: &mut impl Each<E>) -> Result<(), E> {
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
