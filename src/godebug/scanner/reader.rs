//! Reading of lines that may be the runtime's, or parts of one that was cut.

mod peel;

use crate::godebug::cursor::Malformed;
use crate::godebug::found::{Found, Item, LogWarning};
use crate::godebug::join::{Joined, Pending};
use crate::godebug::line::{Kind, Record};
use crate::godebug::marks::Marks;
use crate::godebug::origin::{Continued, Origin, Place};
use crate::godebug::unwrap::{Wrapping, unescape};

/// Number of lines after one of a block that are all looked at: of a line that is cut after
/// `  P`, no mark is left.
const BLOCK_LINES: u32 = 64;

/// Receiver of the items found; an error of it ends the reading.
pub(super) trait Each<E>: FnMut(Item<'_>) -> Result<(), E> {}

impl<E, F: FnMut(Item<'_>) -> Result<(), E>> Each<E> for F {}

/// State that reading a line needs from those before.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) marks: Marks,
    /// True if lines of Ps, Ms and Gs are due.
    in_block: bool,
    /// Number of further lines that are looked at, whatever is in them.
    block_lines: u32,
    pending: Option<Pending>,
    /// Texts that go on in another record, as their wrapping says.
    continued: Vec<Continued>,
}

impl Reader {
    /// Goes on to the next line; returns whether only a line with a mark is of interest.
    pub(super) fn begin_line(&mut self) -> bool {
        self.block_lines = self.block_lines.saturating_sub(1);
        self.pending.is_none() && self.continued.is_empty() && self.block_lines == 0
    }

    /// Reads a line, without its end and colours.
    pub(super) fn line<E>(&mut self, line: &[u8], place: Place, each: &mut impl Each<E>) -> Result<(), E> {
        let waited = self.pending.is_some();
        if waited && self.join_line(line, each)? {
            return Ok(());
        }
        if self.marks.find_at_start(line) {
            self.text(line, &Origin::plain(place), each)?;
        } else if self.has_texts(line) {
            self.peel(line, Origin::plain(place), 0, each)?;
        } else if self.block_lines > 0
            && self.pending.is_none()
            && let Some(kind) = Marks::cut_of_block(line)
        {
            // The beginning of a block's line has no mark, but is due here.
            self.doubtful(line, 2, kind, false, &Origin::plain(place), each)?;
        }
        // Only a line that was pending before this one has waited for it.
        if waited && let Some(mut pending) = self.pending.take_if(|pending| pending.origin.place.line < place.line) {
            if pending.is_over() {
                return self.give_up(&pending, each);
            }
            self.pending = Some(pending);
        }
        Ok(())
    }

    /// Joins a line to one that was cut, and was not wrapped; returns whether it belongs
    /// there.
    fn join_line<E>(&mut self, line: &[u8], each: &mut impl Each<E>) -> Result<bool, E> {
        let Some(pending) = &mut self.pending else { return Ok(false) };
        // A wrapped text is joined with the next text of its wrapping, in `piece`.
        let Wrapping::Prefix(length) = pending.origin.wrapping else { return Ok(false) };
        let mut joined = pending.unwrap(line);
        if let (Joined::No, Some((prefix, rest))) = (&joined, line.split_at_checked(length))
            && pending.origin.has_same_name(prefix)
        {
            joined = pending.join(rest);
        }
        // The rest of the runtime's line need not have the prefix that its beginning had.
        if matches!(joined, Joined::No) && length > 0 {
            joined = pending.join(line);
        }
        match joined {
            Joined::No => Ok(false),
            joined => self.joined(joined, each).map(|()| true),
        }
    }

    /// Reports a record if joining has completed it.
    fn joined<E>(&mut self, joined: Joined, each: &mut impl Each<E>) -> Result<(), E> {
        match (joined, &self.pending) {
            (Joined::Whole(text, kind), Some(_)) => {
                let pending = self.pending.take();
                pending.map_or(Ok(()), |pending| self.whole(&pending, &text, kind, each))
            }
            _ => Ok(()),
        }
    }

    /// Reads a text without its wrapping: of one line or, if it was escaped, of several.
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
        let mut first = None;
        while let Some((at, kind)) = self.marks.find(text, from) {
            match Record::read(text, at, kind) {
                Ok((record, end)) => {
                    self.take_note(&record);
                    // Text before the first of several records belongs to all of them.
                    let own = text.get(..*first.get_or_insert(at)).unwrap_or_default().trim_ascii_end();
                    let prefix = if origin.prefix.is_empty() { own } else { &origin.prefix };
                    let program = origin.program.as_deref();
                    each(Item::Found(Found { line, offset, prefix, program, record }))?;
                    from = end.max(at + 1);
                }
                Err(malformed) => {
                    let of_block = matches!(kind, Kind::Proc | Kind::Thread | Kind::Goroutine);
                    // Lines of Ps, Ms and Gs look like many others, so they count in a
                    // block only.
                    if !of_block || self.in_block {
                        if is_quoted(text.get(..at).unwrap_or_default()) {
                            return Ok(());
                        }
                        if let Some(plain) = unescaped(text.get(at..).unwrap_or_default()) {
                            let mut origin = origin.clone();
                            if origin.prefix.is_empty() {
                                let own = text.get(..*first.get_or_insert(at)).unwrap_or_default();
                                origin.prefix = own.trim_ascii_end().to_vec();
                            }
                            return self.text(&plain, &origin, each);
                        }
                        return self.keep(text, at, kind, malformed, origin, each);
                    }
                    // A program may have lines of its own that begin like a block's.
                    from = at + 1;
                }
            }
        }
        // With a record in the text, or a line that waits, nothing else begins here.
        if from > 0 || self.pending.is_some() {
            return Ok(());
        }
        if self.marks.is_rest(text) {
            return each(Item::Warning(LogWarning { line, offset, malformed: None }));
        }
        match self.marks.find_cut(text) {
            Some((at, kind, certain)) => self.doubtful(text, at, kind, certain, origin, each),
            None => Ok(()),
        }
    }

    /// Keeps a text that may be the beginning of a line, or anything else.
    fn doubtful<E>(
        &mut self,
        text: &[u8],
        at: usize,
        kind: Kind,
        certain: bool,
        origin: &Origin,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        let failed = Record::read(text, at, kind).err();
        let failed = failed.unwrap_or(Malformed { at, expected: "the rest of the line" });
        self.keep(text, at, kind, failed, origin, each)?;
        if let Some(pending) = &mut self.pending {
            pending.certain = certain;
        }
        Ok(())
    }

    /// Keeps a line that is cut, as the rest may come.
    fn keep<E>(
        &mut self,
        text: &[u8],
        at: usize,
        kind: Kind,
        failed: Malformed,
        origin: &Origin,
        each: &mut impl Each<E>,
    ) -> Result<(), E> {
        // Only one cut line is kept: the one before will not be completed any more.
        if let Some(other) = self.pending.take() {
            self.give_up(&other, each)?;
        }
        let mut origin = origin.clone();
        if let Wrapping::Prefix(_) = origin.wrapping {
            origin.wrapping = Wrapping::Prefix(at);
        }
        if origin.prefix.is_empty() {
            origin.prefix = text.get(..at).unwrap_or_default().trim_ascii_end().to_vec();
        }
        let text = text.get(at..).unwrap_or_default();
        let failed = Malformed { at: failed.at.saturating_sub(at), ..failed };
        self.pending = Some(Pending::new(text, kind, failed, origin, at));
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

    /// Reports lines whose rest never came.
    pub(super) fn finish<E>(mut self, each: &mut impl Each<E>) -> Result<(), E> {
        for Continued { text, origin } in std::mem::take(&mut self.continued) {
            self.peel(&text, origin, 1, each)?;
        }
        match self.pending.take() {
            Some(pending) => self.give_up(&pending, each),
            None => Ok(()),
        }
    }

    /// Reports a line that was cut and is whole now.
    fn whole<E>(&mut self, pending: &Pending, text: &[u8], kind: Kind, each: &mut impl Each<E>) -> Result<(), E> {
        let Ok((record, _)) = Record::read(text, 0, kind) else { return Ok(()) };
        self.take_note(&record);
        let Origin { place: Place { line, offset }, prefix, program, .. } = &pending.origin;
        let (line, offset, program) = (*line, *offset, program.as_deref());
        each(Item::Found(Found { line, offset, prefix, program, record }))
    }

    /// Reports a line whose rest did not come.
    fn give_up<E>(&mut self, pending: &Pending, each: &mut impl Each<E>) -> Result<(), E> {
        match pending.end() {
            Joined::Whole(text, kind) => self.whole(pending, &text, kind, each),
            _ if !pending.certain => Ok(()),
            _ => {
                let malformed = Malformed { at: pending.failed.at + pending.column, ..pending.failed };
                let Place { line, offset } = pending.origin.place;
                each(Item::Warning(LogWarning { line, offset, malformed: Some(malformed) }))
            }
        }
    }
}

/// Returns whether a line is quoted, not printed: PowerShell repeats parts of the first
/// one.
fn is_quoted(before: &[u8]) -> bool {
    memchr::memmem::find(before, b"+ CategoryInfo").is_some()
}

/// Returns a text without the escapes of JSON or HTML that a logger left in it; none if
/// there are none.
fn unescaped(text: &[u8]) -> Option<Vec<u8>> {
    if memchr::memmem::find(text, b"\\u003e").is_some() {
        let mut plain = Vec::new();
        unescape(text, &mut plain);
        return Some(plain);
    }
    const HTML: &[u8] = b"&gt;";
    memchr::memmem::find(text, HTML)?;
    let (mut plain, mut from) = (Vec::new(), 0);
    for found in memchr::memmem::find_iter(text, HTML) {
        plain.extend_from_slice(text.get(from..found).unwrap_or_default());
        plain.push(b'>');
        from = found + HTML.len();
    }
    plain.extend_from_slice(text.get(from..).unwrap_or_default());
    Some(plain)
}
