//! Text to events.

use super::quote::unquote;
use super::{DIRECTIVE, belongs};
use crate::bytes::uvarint_len;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::MAX_VARINT_BYTES;
use crate::version::Version;
use crate::wire::v2::event::WireEvent;
use crate::wire::v2::spec::{EventType, Layout};
use smallvec::SmallVec;
use std::borrow::Cow;

/// The arguments of a frame, in order.
const FRAME: [&str; 4] = ["pc", "func", "file", "line"];

/// Iterates over the events of a text.
///
/// It reads all that Go's `TextReader` reads, except that the text must be
/// UTF-8, and that comments which begin `#gotrace` have their [meaning](super).
/// A data line may be missing where the data are empty.
///
/// An iterator that has returned an error is finished.
#[derive(Clone, Debug)]
pub struct TextEvents<'a> {
    lines: Lines<'a>,
    version: Version,
    rest: Vec<u8>,
}

impl<'a> TextEvents<'a> {
    /// Reads the header, `Trace Go1.NN`.
    ///
    /// # Errors
    /// `Text`, or `UnsupportedVersion`.
    pub fn new(text: &'a [u8]) -> Result<TextEvents<'a>> {
        let mut lines = Lines { text, pos: 0, passed: 0 };
        let Some(header) = lines.significant()? else {
            return Err(lines.error("expected \"Trace Go1.NN\", found the end of the text"));
        };
        let mut tokens = header.tokens();
        let expected = "the header, \"Trace Go1.NN\"";
        let token = tokens.take();
        if token != "Trace" {
            return Err(header.expected(expected, token));
        }
        let token = tokens.take();
        let minor = token.strip_prefix("Go1.").and_then(number).ok_or_else(|| header.expected(expected, token))?;
        tokens.end()?;
        let minor = u32::try_from(minor).unwrap_or(u32::MAX);
        let version = Version::from_minor(minor)
            .ok_or_else(|| Error::at(header.offset_of(token), ErrorKind::UnsupportedVersion { minor }))?;
        Ok(TextEvents { lines, version, rest: Vec::new() })
    }

    /// The version of the format that the header names.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The bytes that follow the last event in the file and are no events;
    /// known when the iterator has ended.
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    fn read(&mut self) -> Result<Option<WireEvent<'a>>> {
        let mut widths = SmallVec::new();
        loop {
            let Some(line) = self.lines.significant()? else {
                return if widths.is_empty() { Ok(None) } else { Err(self.lines.error("expected the event that has these widths")) };
            };
            let mut tokens = line.tokens();
            if !line.is_directive() {
                if !self.rest.is_empty() {
                    return Err(line.error(line.text, "an event behind the rest of the file"));
                }
                return self.event(line, tokens, widths).map(Some);
            }
            match tokens.directive() {
                "widths" => tokens.widths(&mut widths)?,
                "rest" => self.rest.extend_from_slice(&line.unquote(tokens.rest)?),
                other => return Err(line.expected("widths or rest", other)),
            }
        }
    }

    fn event(
        &mut self,
        line: Line<'a>,
        mut tokens: Tokens<'a>,
        widths: SmallVec<[u8; 8]>,
    ) -> Result<WireEvent<'a>> {
        let name = tokens.take();
        let Some(event) = EventType::from_name(name) else { return Err(line.expected("an event", name)) };
        if !belongs(event, self.version) {
            return Err(line.error(name, &format!("{event} does not exist in {} traces", self.version)));
        }
        let spec = event.spec();
        let mut args = SmallVec::new();
        for arg in spec.args {
            args.push(tokens.argument(arg.name)?);
        }
        tokens.end()?;
        let mut data = Cow::default();
        let mut numbers = args.len();
        match spec.layout {
            Layout::Timed | Layout::Structural => {}
            Layout::Frames => {
                let frames: u64 = args.last().copied().unwrap_or_default();
                // No cap: each frame takes a line of the text, so that memory stays in proportion.
                for i in 0..frames {
                    self.frame(i, frames, &mut args)?;
                }
                numbers = args.len();
            }
            Layout::Data => {
                data = self.data()?;
                numbers += 1;
            }
        }
        let mut event = WireEvent { event, offset: 0, args, data, widths };
        if !event.widths.is_empty() {
            if event.widths.len() != numbers {
                let what = format!("the event has {numbers} numbers, but its widths are {}", event.widths.len());
                return Err(line.error(line.text, &what));
            }
            settle_widths(&mut event);
        }
        Ok(event)
    }

    fn frame(&mut self, i: u64, frames: u64, args: &mut SmallVec<[u64; 8]>) -> Result<()> {
        let Some(line) = self.lines.significant()? else {
            return Err(self.lines.error(&format!("expected frame {} of {frames}, found the end of the text", i + 1)));
        };
        let mut tokens = line.tokens();
        if line.is_directive() || !tokens.rest.trim_start().starts_with("pc=") {
            return Err(line.expected(&format!("frame {} of {frames}, \"pc=..\"", i + 1), line.text.trim()));
        }
        for name in FRAME {
            args.push(tokens.argument(name)?);
        }
        tokens.end()
    }

    fn data(&mut self) -> Result<Cow<'a, [u8]>> {
        let before = self.lines.clone();
        if let Some(line) = self.lines.significant()?
            && let Some((name, literal)) = line.text.split_once('=')
            && name.trim() == "data"
        {
            return line.unquote(literal);
        }
        self.lines = before;
        Ok(Cow::default())
    }
}

impl<'a> Iterator for TextEvents<'a> {
    type Item = Result<WireEvent<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let event = self.read();
        if event.is_err() {
            self.lines.pos = self.lines.text.len();
        }
        event.transpose()
    }
}

/// Makes widths at least what the numbers need, which someone may have edited,
/// and drops them if none says more.
fn settle_widths(event: &mut WireEvent<'_>) {
    let data = event.data.len() as u64;
    let mut padded = false;
    for (width, &number) in event.widths.iter_mut().zip(event.args.iter().chain([&data])) {
        let least = uvarint_len(number) as u8;
        padded |= *width > least;
        *width = least.max(*width);
    }
    if !padded {
        event.widths.clear();
    }
}

/// A decimal number of 64 bits, without a sign.
fn number(digits: &str) -> Option<u64> {
    // `parse` alone would take a plus sign.
    if digits.starts_with('+') { None } else { digits.parse().ok() }
}

/// The lines of a text, one after another.
#[derive(Clone, Debug)]
struct Lines<'a> {
    text: &'a [u8],
    pos: usize,
    passed: u64,
}

impl<'a> Lines<'a> {
    /// The next line that is neither blank nor a comment without a meaning.
    fn significant(&mut self) -> Result<Option<Line<'a>>> {
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

    /// Makes an error at the end of what has been read.
    #[cold]
    fn error(&self, what: &str) -> Error {
        Error::at(self.pos, ErrorKind::Text { line: self.passed.max(1), what: what.into() })
    }
}

/// A line, and where it is.
#[derive(Clone, Copy, Debug)]
struct Line<'a> {
    text: &'a str,
    offset: usize,
    number: u64,
}

impl<'a> Line<'a> {
    fn tokens(self) -> Tokens<'a> {
        Tokens { line: self, rest: self.text }
    }

    fn is_directive(self) -> bool {
        let behind = self.text.trim_start().strip_prefix(DIRECTIVE);
        behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(char::is_whitespace))
    }

    /// Where a part of the line begins in the text, in bytes.
    fn offset_of(self, part: &str) -> usize {
        let within = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.offset + within.min(self.text.len())
    }

    fn unquote(self, literal: &'a str) -> Result<Cow<'a, [u8]>> {
        let literal = literal.trim();
        unquote(literal).map_err(|(at, what)| self.error(literal.get(at..).unwrap_or_default(), what))
    }

    #[cold]
    fn expected(self, expected: &str, found: &str) -> Error {
        // A line may be of any length; its beginning tells enough.
        let beginning: String = found.chars().take(40).collect();
        let what = match found {
            "" => format!("expected {expected}, found the end of the line"),
            _ => format!("expected {expected}, found {beginning:?}"),
        };
        self.error(found, &what)
    }

    /// Makes an error at a part of the line.
    #[cold]
    fn error(self, at: &str, what: &str) -> Error {
        Error::at(self.offset_of(at), ErrorKind::Text { line: self.number, what: what.into() })
    }
}

/// The words of a line, one after another.
#[derive(Clone, Copy, Debug)]
struct Tokens<'a> {
    line: Line<'a>,
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    /// The next word; empty at the end of the line.
    fn take(&mut self) -> &'a str {
        let from = self.rest.trim_start();
        let end = from.find(|c: char| c.is_whitespace() || c == '#').unwrap_or(from.len());
        let (token, rest) = from.split_at(end);
        self.rest = rest;
        token
    }

    /// The name of a directive, which the line must be.
    fn directive(&mut self) -> &'a str {
        let from = self.rest.trim_start();
        self.rest = from.strip_prefix(DIRECTIVE).unwrap_or(from);
        self.take()
    }

    /// The value of the next argument, which must have that name.
    fn argument(&mut self, name: &str) -> Result<u64> {
        let token = self.take();
        match token.split_once('=') {
            Some((found, value)) if found == name => {
                number(value).ok_or_else(|| self.line.expected("a number from 0 to 18446744073709551615", value))
            }
            _ => Err(self.line.expected(&format!("\"{name}=..\""), token)),
        }
    }

    fn widths(&mut self, widths: &mut SmallVec<[u8; 8]>) -> Result<()> {
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
    fn end(&self) -> Result<()> {
        let left = self.rest.trim();
        if left.is_empty() {
            return Ok(());
        }
        let expected = if left.starts_with('#') { "the comment on a line of its own" } else { "the end of the line" };
        Err(self.line.expected(expected, left))
    }
}
