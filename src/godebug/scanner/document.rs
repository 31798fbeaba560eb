//! Logs that are JSON over many lines: a list, or objects laid out for people.

use super::Lines;
use super::reader::Each;
use crate::godebug::json::{Json, begins, is_balanced};
use crate::godebug::origin::Place;

/// Form of a log as a whole.
#[derive(Debug, Default)]
pub(super) enum Form {
    /// Unknown yet.
    #[default]
    New,
    /// Independent lines, of JSON or anything else.
    Lines { json: bool },
    /// JSON whose values may go on from line to line.
    Document(Box<Json>),
}

impl Form {
    pub(super) fn is_new(&self) -> bool {
        matches!(self, Form::New)
    }

    /// Returns the form by the first line that is not empty: JSON that does not end there
    /// is a document.
    pub(super) fn of(piece: &[u8]) -> Form {
        let piece = piece.trim_ascii_start();
        if piece.is_empty() {
            return Form::New;
        }
        let line = piece.get(..memchr::memchr(b'\n', piece).unwrap_or(piece.len())).unwrap_or_default();
        // Records may have a separator before them.
        let line = line.strip_prefix(b"\x1e").unwrap_or(line);
        match begins(line) {
            true if !is_balanced(line) => Form::Document(Box::default()),
            json => Form::Lines { json },
        }
    }
}

impl Lines {
    /// Reads JSON; returns the rest that is no part of it any more.
    pub(super) fn document<'a, E>(&mut self, piece: &'a [u8], each: &mut impl Each<E>) -> Result<&'a [u8], E> {
        let Form::Document(mut json) = std::mem::take(&mut self.form) else { return Ok(piece) };
        let mut at = 0;
        while at < piece.len() {
            let rest = piece.get(at..).unwrap_or_default();
            let end = memchr::memchr(b'\n', rest);
            let whole = rest.get(..end.map_or(rest.len(), |end| end + 1)).unwrap_or_default();
            let line = whole.trim_ascii_end();
            let place = Place { line: self.number + 1, offset: self.offset() };
            let first = line.trim_ascii_start().first();
            // Text after the end of the JSON, or bytes that are none, end the document.
            let over = json.is_between() && first.is_some_and(|first| !b"{[],\x1e".contains(first));
            let wanted = |key: &[u8], raw: &[u8]| self.reader.is_wanted(key, raw);
            // A string may have blanks where the piece ends.
            let text = if end.is_some() { line } else { whole };
            let failed = over || json.feed(text, place, &wanted).is_err();
            if failed {
                json.finish(&wanted, place);
            } else if end.is_some() {
                json.end_line(&wanted);
            }
            let found = json.take();
            self.reader.document(found, each)?;
            if failed {
                self.form = Form::Lines { json: false };
                return Ok(rest);
            }
            self.pass(whole);
            at += whole.len();
        }
        self.form = Form::Document(json);
        Ok(&[])
    }

    /// Reads the rest when the log has ended.
    pub(super) fn finish<E>(mut self, each: &mut impl Each<E>) -> Result<(), E> {
        if let Form::Document(mut json) = std::mem::take(&mut self.form) {
            let place = Place { line: self.number + 1, offset: self.offset() };
            let wanted = |key: &[u8], raw: &[u8]| self.reader.is_wanted(key, raw);
            json.finish(&wanted, place);
            let found = json.take();
            self.reader.document(found, each)?;
        }
        self.reader.finish(each)
    }
}
