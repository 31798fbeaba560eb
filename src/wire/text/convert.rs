//! Whole files from one form to the other, without loss.

use super::{DIRECTIVE, TextEvents, belongs, number, quote};
use crate::error::{Error, ErrorKind, Lookalike};
use crate::version::{HEADER_LEN, Version};
use crate::wire::v2::event::{WireEvent, WireEvents};
use std::io::{self, Write};

/// Output is handed on when this much of it has come together.
pub(crate) const CHUNK: usize = 64 << 10;

/// How many bytes a line of the rest holds. Go's reader refuses lines over
/// 64 KB (`bufio.MaxScanTokenSize`), comments too; each byte takes up to four.
const REST_LINE: usize = 4 << 10;

/// How many numbers a line of widths holds, for the same reason.
const WIDTHS_LINE: usize = 4 << 10;

/// Why a trace could not be written in another form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The input is bad.
    #[error(transparent)]
    Trace(#[from] Error),
    /// The output cannot be written to.
    #[error("cannot write")]
    Output(#[from] io::Error),
}

/// Writes a binary trace as text, from which [`text_to_binary`] makes the same
/// bytes again.
///
/// From the first byte that cannot be read as an event on, the text holds the
/// plain bytes; the error that tells why is returned beside.
///
/// # Errors
/// If the header is bad, or `out` cannot be written to, which needs no buffer
/// of its own.
pub fn binary_to_text(file: &[u8], out: &mut impl Write) -> Result<Option<Error>, ConvertError> {
    let version = Version::parse_header(file)?;
    if !file.starts_with(&version.header()) {
        return Err(Error::at(0, ErrorKind::NotATrace { found: Lookalike::Unknown }).into());
    }
    let mut text = format!("Trace Go1.{}\n", version.minor()).into_bytes();
    let mut events = WireEvents::new(file)?.with_experimental();
    let mut good = HEADER_LEN;
    let mut defect = None;
    while let Some(event) = events.next() {
        match event.and_then(|event| if belongs(event.event, version) { Ok(event) } else { Err(unknown(&event)) }) {
            Ok(event) => {
                widths(&mut text, &event);
                event.write_lines(&mut text, true);
            }
            Err(e) => {
                defect = Some(e);
                break;
            }
        }
        good = events.offset();
        hand_on(&mut text, out)?;
    }
    for line in file.get(good..).unwrap_or_default().chunks(REST_LINE) {
        text.extend_from_slice(DIRECTIVE.as_bytes());
        text.extend_from_slice(b" rest ");
        quote(&mut text, line);
        text.push(b'\n');
        hand_on(&mut text, out)?;
    }
    out.write_all(&text)?;
    Ok(defect)
}

/// Writes the text form of a trace as a binary one.
///
/// Nothing is checked but the text: it may well describe a trace that makes no
/// sense.
///
/// # Errors
/// Where the text is not as it should be, after what stands before; or if
/// `out` cannot be written to, which needs no buffer of its own.
pub fn text_to_binary(text: &[u8], out: &mut impl Write) -> Result<(), ConvertError> {
    let mut events = TextEvents::new(text)?;
    let mut binary = events.version().header().to_vec();
    for event in events.by_ref() {
        match event {
            Ok(event) => event.write_binary(&mut binary),
            Err(e) => {
                out.write_all(&binary)?;
                return Err(e.into());
            }
        }
        hand_on(&mut binary, out)?;
    }
    out.write_all(&binary)?;
    out.write_all(events.rest())?;
    Ok(())
}

/// The error of an event that files of this version do not have.
#[cold]
pub(crate) fn unknown(event: &WireEvent<'_>) -> Error {
    Error::at(event.offset, ErrorKind::UnknownEventType { found: event.event as u8 })
}

/// Writes the comment with an event's widths, if it needs one.
fn widths(text: &mut Vec<u8>, event: &WireEvent<'_>) {
    for line in event.widths.chunks(WIDTHS_LINE) {
        text.extend_from_slice(DIRECTIVE.as_bytes());
        text.extend_from_slice(b" widths");
        for &width in line {
            text.push(b' ');
            number(text, u64::from(width));
        }
        text.push(b'\n');
    }
}

/// Writes what has come together, once it is enough.
#[inline]
pub(crate) fn hand_on(chunk: &mut Vec<u8>, out: &mut impl Write) -> io::Result<()> {
    if chunk.len() >= CHUNK {
        out.write_all(chunk)?;
        chunk.clear();
    }
    Ok(())
}
