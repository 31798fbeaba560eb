//! Cursor in a line, with the readers of its parts.

use smallvec::SmallVec;
use std::borrow::Cow;
use thiserror::Error;

/// Error of a line that begins as one of the runtime's and does not go on as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("expected {expected} at column {}", self.at + 1)]
#[non_exhaustive]
pub struct Malformed {
    /// Position in the text, in bytes.
    pub at: usize,
    /// Description of what was expected there.
    pub expected: &'static str,
}

pub(super) type Result<T> = std::result::Result<T, Malformed>;

/// A `key=value` that no Go up to 1.27 prints, kept as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown<'a> {
    /// Text before the `=`.
    pub key: Cow<'a, str>,
    /// Text after it, up to the next space; a list with its brackets.
    pub value: Cow<'a, str>,
}

impl Unknown<'_> {
    /// Returns a copy that borrows nothing.
    pub fn into_owned(self) -> Unknown<'static> {
        Unknown { key: Cow::Owned(self.key.into_owned()), value: Cow::Owned(self.value.into_owned()) }
    }
}

pub(super) fn own(unknown: Vec<Unknown<'_>>) -> Vec<Unknown<'static>> {
    unknown.into_iter().map(Unknown::into_owned).collect()
}

/// Writes unknown fields as the runtime would print them, each after a space.
pub(super) fn show(unknown: &[Unknown<'_>], f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
    unknown.iter().try_for_each(|field| write!(f, " {}={}", field.key, field.value))
}

/// Text of a line, and the position up to which it is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    /// Number of unknown fields.
    strange: u32,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { text, at, strange: 0 }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn strange(&self) -> u32 {
        self.strange
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    pub(super) fn expected<T>(&self, expected: &'static str) -> Result<T> {
        Err(Malformed { at: self.at, expected })
    }

    /// Moves past `text` if it is next; returns whether it was.
    #[inline]
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text.as_bytes());
        if found {
            self.at += text.len();
        }
        found
    }

    #[inline]
    pub(super) fn literal(&mut self, text: &'static str) -> Result<()> {
        if self.eat(text) { Ok(()) } else { self.expected(text) }
    }

    /// Reads a decimal number. Errs if there is none, or it does not fit.
    #[inline]
    pub(super) fn uint<T: TryFrom<u64>>(&mut self) -> Result<T> {
        let start = self.at;
        let mut value = 0u64;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            let next = value.checked_mul(10).and_then(|v| v.checked_add(u64::from(digit - b'0')));
            let Some(next) = next else {
                return Err(Malformed { at: start, expected: "a number of at most 64 bits" });
            };
            value = next;
            self.at += 1;
        }
        if self.at == start {
            return self.expected("a number");
        }
        T::try_from(value).map_err(|_| Malformed { at: start, expected: "a smaller number" })
    }

    pub(super) fn int<T: TryFrom<i64>>(&mut self) -> Result<T> {
        let start = self.at;
        let negative = self.eat("-");
        let value = match self.uint::<u64>() {
            Ok(value) => i64::try_from(value).ok().map(|v| if negative { -v } else { v }),
            Err(e) => return Err(e),
        };
        let value = value.and_then(|v| T::try_from(v).ok());
        value.ok_or(Malformed { at: start, expected: "a smaller number" })
    }

    /// Reads `true` or `false`. Up to Go 1.19 some flags are `1` or `0`, and more than 1 is
    /// true too.
    pub(super) fn boolean(&mut self) -> Result<bool> {
        if self.eat("true") {
            return Ok(true);
        }
        if self.eat("false") {
            return Ok(false);
        }
        match self.peek() {
            Some(b'0'..=b'9') => self.uint::<u32>().map(|value| value != 0),
            _ => self.expected("true, false, 1 or 0"),
        }
    }

    /// Reads an ID; returns none for `nil`, or for `-1` up to Go 1.19.
    pub(super) fn id(&mut self) -> Result<Option<u64>> {
        if self.eat("nil") || self.eat("-1") {
            return Ok(None);
        }
        match self.peek() {
            Some(b'0'..=b'9') => self.uint().map(Some),
            _ => self.expected("an ID or nil"),
        }
    }

    /// Reads numbers in brackets: `[0 1]`, or `[ 0 1 ]` since Go 1.25. Also returns whether
    /// it is the latter form.
    pub(super) fn list<const N: usize>(&mut self) -> Result<(SmallVec<[u32; N]>, bool)> {
        let mut values = SmallVec::new();
        self.literal("[")?;
        let padded = self.peek() == Some(b' ');
        loop {
            while self.peek() == Some(b' ') {
                self.at += 1;
            }
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok((values, padded));
            }
            // The runtime computes a queue's length as the difference of two numbers that
            // it reads one after the other: it wraps around where it would be negative.
            values.push(self.uint()?);
            if !matches!(self.peek(), Some(b' ' | b']')) {
                return self.expected("a space or ]");
            }
        }
    }

    /// Reads text up to `end`, and moves past that.
    pub(super) fn until(&mut self, end: &'static str) -> Result<Cow<'a, str>> {
        match memchr::memmem::find(self.rest(), end.as_bytes()) {
            Some(length) => {
                let text = self.rest().get(..length).unwrap_or_default();
                self.at += length + end.len();
                Ok(String::from_utf8_lossy(text))
            }
            None => self.expected(end),
        }
    }

    /// Reads ` key=value` fields while there are some. `known` reads the value of a key
    /// that it knows; other fields are kept in `unknown`. Text that does not look like a
    /// field ends them.
    pub(super) fn fields(
        &mut self,
        unknown: &mut Vec<Unknown<'a>>,
        mut known: impl FnMut(&[u8], &mut Cursor<'a>) -> Result<bool>,
    ) -> Result<()> {
        loop {
            let before = self.at;
            let Some(key) = self.key() else { return Ok(()) };
            if !known(key, self)? {
                match self.value() {
                    Some(value) => {
                        self.strange += 1;
                        let key = String::from_utf8_lossy(key);
                        unknown.push(Unknown { key, value: String::from_utf8_lossy(value) });
                    }
                    None => {
                        // Without a value the text is no field, and so is left to the
                        // caller.
                        self.at = before;
                        return Ok(());
                    }
                }
            } else if self.at.checked_sub(1).and_then(|last| self.text.get(last)) != Some(&b']')
                && self.peek().is_some_and(|next| next.is_ascii_alphanumeric() || b".-=/:".contains(&next))
            {
                // Text directly behind a value means that the value was not read to its end.
                return self.expected("a space");
            }
        }
    }

    /// Reads ` key=`.
    fn key(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest().strip_prefix(b" ")?;
        let length = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == b'_').count();
        let (key, rest) = rest.split_at_checked(length)?;
        if key.is_empty() || rest.first() != Some(&b'=') {
            return None;
        }
        self.at += length + 2;
        Some(key)
    }

    fn value(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest();
        let length = match rest.first() {
            // A list may have spaces inside.
            Some(b'[') => memchr::memchr(b']', rest)? + 1,
            _ => memchr::memchr3(b' ', b'"', b'\\', rest).unwrap_or(rest.len()),
        };
        self.at += length;
        rest.get(..length)
    }
}
