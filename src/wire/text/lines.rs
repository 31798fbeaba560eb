//! Lines and words of the text form, with their offsets for errors.

use super::DIRECTIVE;
use super::quote::unquote;
use crate::base::limits::MAX_VARINT_BYTES;
use crate::error::{Error, ErrorKind, Result};
use smallvec::SmallVec;
use std::borrow::Cow;

/// A reader of the lines of a text.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    pub(super) text: &'a [u8],
    pub(super) pos: usize,
    pub(super) passed: u64,
}

impl<'a> Lines<'a> {
    /// Returns the next line that is neither blank nor a comment for the reader of the text.
    pub(super) fn significant(&mut self) -> Result<Option<Line<'a>>> {
        while let Some(left) = self.text.get(self.pos..).filter(|left| !left.is_empty()) {
            let offset = self.pos;
            let len = left.iter().position(|&b| b == b'\n');
            let line = left.get(..len.unwrap_or(left.len())).unwrap_or_default();
            self.pos += line.len() + usize::from(len.is_some());
            self.passed += 1;
            let visible = line.trim_ascii_start();
            if visible.starts_with(b"#") && !visible.starts_with(DIRECTIVE.as_bytes()) {
                continue;
            }
            let text = std::str::from_utf8(line).map_err(|e| {
                let what = "expected UTF-8; in data other bytes are written as \\x..";
                Error::at(offset + e.valid_up_to(), ErrorKind::Text { line: self.passed, what: what.into() })
            })?;
            let line = Line { text, offset, number: self.passed };
            if line.is_directive() || !line.tokens().take().is_empty() {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    /// Creates an error at the end of the text read so far.
    #[cold]
    pub(super) fn error(&self, what: &str) -> Error {
        Error::at(self.pos, ErrorKind::Text { line: self.passed.max(1), what: what.into() })
    }
}

/// A line, with its offset in the text and its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) offset: usize,
    pub(super) number: u64,
}

impl<'a> Line<'a> {
    pub(super) fn tokens(self) -> Tokens<'a> {
        Tokens { line: self, rest: self.text }
    }

    pub(super) fn is_directive(self) -> bool {
        let behind = self.text.trim_start().strip_prefix(DIRECTIVE);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(char::is_whitespace))
    }

    /// Returns the offset in the text, in bytes, of a part of the line.
    pub(super) fn offset_of(self, part: &str) -> usize {
        let within = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.offset + within.min(self.text.len())
    }

    pub(super) fn unquote(self, literal: &'a str) -> Result<Cow<'a, [u8]>> {
        let literal = literal.trim();
        unquote(literal).map_err(|(at, what)| self.error(literal.get(at..).unwrap_or_default(), what))
    }

    #[cold]
    pub(super) fn expected(self, expected: &str, found: &str) -> Error {
        // A line may be of any length; its beginning is enough for a message.
        let beginning: String = found.chars().take(40).collect();
        let what = match found {
            "" => format!("expected {expected}, found the end of the line"),
            _ => format!("expected {expected}, found {beginning:?}"),
        };
        self.error(found, &what)
    }

    /// Creates an error at a part of the line.
    #[cold]
    pub(super) fn error(self, at: &str, what: &str) -> Error {
        Error::at(self.offset_of(at), ErrorKind::Text { line: self.number, what: what.into() })
    }
}

/// A reader of the words of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens<'a> {
    pub(super) line: Line<'a>,
    pub(super) rest: &'a str,
}

impl<'a> Tokens<'a> {
    /// Returns the next word; empty at the end of the line.
    pub(super) fn take(&mut self) -> &'a str {
        let from = self.rest.trim_start();
        let end = from.find(|c: char| c.is_whitespace() || c == '#').unwrap_or(from.len());
        let (token, rest) = from.split_at(end);
        self.rest = rest;
        token
    }

    /// Returns the name of the directive that the line is.
    pub(super) fn directive(&mut self) -> &'a str {
        let from = self.rest.trim_start();
        self.rest = from.strip_prefix(DIRECTIVE).unwrap_or(from);
        self.take()
    }

    /// Returns the value of the next argument, which must have that name; else errs.
    pub(super) fn argument(&mut self, name: &str) -> Result<u64> {
        let token = self.take();
        match token.split_once('=') {
            Some((found, value)) if found == name => {
                number(value).ok_or_else(|| self.line.expected("a number from 0 to 18446744073709551615", value))
            }
            _ => Err(self.line.expected(&format!("\"{name}=..\""), token)),
        }
    }

    pub(super) fn widths(&mut self, widths: &mut SmallVec<[u8; 8]>) -> Result<()> {
        loop {
            let token = self.take();
            if token.is_empty() {
                return self.end();
            }
            let width = number(token).filter(|width| (1..=MAX_VARINT_BYTES as u64).contains(width));
            widths.push(width.ok_or_else(|| self.line.expected("a width from 1 to 10", token))? as u8);
        }
    }

    /// Checks that nothing is left.
    pub(super) fn end(&self) -> Result<()> {
        let left = self.rest.trim();
        if left.is_empty() {
            return Ok(());
        }
        let expected = if left.starts_with('#') { "the comment on a line of its own" } else { "the end of the line" };
        Err(self.line.expected(expected, left))
    }
}

/// Parses a decimal number of 64 bits, without a sign.
pub(super) fn number(digits: &str) -> Option<u64> {
    // `parse` alone would take a plus sign.
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}
