//! The form that `go tool trace -d=wire` prints: each event as it is in the file, framing
//! and tables included. Byte for byte that of Go 1.27.3, up to the first byte that begins
//! no event. One difference: in Go 1.26 traces Go skips bytes from 53 to 127 there,
//! printing a blank line for each.

use crate::error::{Error, Result};
use crate::spec::version::Version;
use crate::trace::Mode;
use crate::wire::text::{ConvertError, Stop, belongs, flush_if_full, in_pieces, number, quote, unknown};
use crate::wire::v2::event::{WireEvent, WireEvents};
use std::io::Write;

/// Writes every event of a file.
///
/// Go stops where it cannot read on, and also at the experimental events of Go 1.23 to 1.25
/// files; so does strict mode. Lenient mode knows those and goes on; it returns the defect
/// at which it stopped, or else the one at which Go would have.
///
/// The output lacks the header that the [text form](crate::wire::text) has, as Go's does.
/// `out` needs no buffer of its own.
///
/// # Errors
/// Returns an error if the header is bad, if the mode is strict and the file has a defect
/// (events before it are written then), or if `out` cannot be written to.
pub fn write(file: &[u8], mode: Mode, out: &mut impl Write) -> std::result::Result<Option<Error>, ConvertError> {
    write_with(file, mode, 1, out)
}

/// Writes as [`write()`] does, with so many threads.
///
/// # Errors
/// As of [`write()`].
pub fn write_with(
    file: &[u8],
    mode: Mode,
    threads: usize,
    out: &mut impl Write,
) -> std::result::Result<Option<Error>, ConvertError> {
    if Version::parse_header(file)?.is_v1() {
        return write_v1(file, mode, out);
    }
    let from_start = Readable::new(file, mode)?;
    let stop = in_pieces(file, threads, out, |piece, text| {
        let mut events = from_start.at(piece.start);
        let mut offset = piece.start;
        while offset < piece.end
            && let Some(event) = events.next()
        {
            event.write_text(text);
            offset = events.events.offset();
        }
        Stop { offset, refused: events.refused, defect: events.defect }
    })?;
    Ok(Readable { refused: stop.refused, defect: stop.defect, ..from_start }.end()?)
}

/// Writes every event of a v1 trace in the same style; Go refuses those. The time
/// difference is called `dt`, the sequence number's (Go 1.5) `dseq`, and the event's own
/// stack `stk`, as some have another one among their arguments.
fn write_v1(file: &[u8], mode: Mode, out: &mut impl Write) -> std::result::Result<Option<Error>, ConvertError> {
    let version = Version::parse_header(file)?;
    let mut text = Vec::new();
    for event in v1::RawEvents::new(file, version) {
        match event {
            Ok(event) => v1_lines(&mut text, &event, version),
            Err(e) => {
                out.write_all(&text)?;
                return if mode == Mode::Strict { Err(e.into()) } else { Ok(Some(e)) };
            }
        }
        flush_if_full(&mut text, out)?;
    }
    out.write_all(&text)?;
    Ok(None)
}

fn v1_lines(out: &mut Vec<u8>, event: &v1::RawEvent<'_>, version: Version) {
    let spec = event.event.spec();
    out.extend_from_slice(spec.name.as_bytes());
    let lead: &[&str] = match (spec.is_timed(), version < Version::Go107, spec.layout) {
        (true, true, _) => &["dseq", "dt"],
        (true, false, _) => &["dt"],
        _ => &[],
    };
    // The sequence number stands in the middle of a batch header of Go 1.5.
    let args: &[&str] = match (event.event, version < Version::Go107) {
        (v1::EventType::Batch, true) => &["p", "seq", "ticks"],
        (v1::EventType::Frequency, true) => &["freq", "unused"],
        (v1::EventType::TimerGoroutine, true) => &["g", "unused"],
        _ => &[],
    };
    let from_spec = spec.args_in(version).map(|arg| arg.name).filter(|_| args.is_empty());
    let stack = spec.stack.then_some("stk");
    let labels = lead.iter().chain(args).copied().chain(from_spec).chain(stack);
    let mut rest = event.numbers.iter();
    // Only stacks have more numbers than labels.
    for (label, value) in labels.zip(rest.by_ref()) {
        out.push(b' ');
        out.extend_from_slice(label.as_bytes());
        out.push(b'=');
        number(out, *value);
    }
    // Go 1.5 and 1.6 have nothing but program counters in stacks.
    let frame: &[&str] =
        if version < Version::Go107 { &["\n\tpc="] } else { &["\n\tpc=", " func=", " file=", " line="] };
    for (value, label) in rest.zip(frame.iter().cycle()) {
        out.extend_from_slice(label.as_bytes());
        number(out, *value);
    }
    if !event.data.is_empty() {
        out.extend_from_slice(b"\n\tdata=");
        quote(out, event.data);
    }
    out.push(b'\n');
}

mod v1 {
    pub(super) use crate::spec::v1::EventType;
    pub(super) use crate::wire::v1::event::{RawEvent, RawEvents};
}

/// Events of a file up to its first defect; in lenient mode, up to the first that lenient
/// reading does not get past.
#[derive(Clone)]
pub(super) struct Readable<'a> {
    events: WireEvents<'a>,
    version: Version,
    mode: Mode,
    /// Defect at which Go would have stopped.
    refused: Option<Error>,
    /// Defect at which this reader stopped.
    defect: Option<Error>,
}

impl<'a> Readable<'a> {
    pub(super) fn new(file: &'a [u8], mode: Mode) -> Result<Readable<'a>> {
        let version = Version::parse_header(file)?;
        let events = WireEvents::new(file)?;
        let events = if mode == Mode::Lenient { events.with_experimental() } else { events };
        Ok(Readable { events, version, mode, refused: None, defect: None })
    }

    /// Returns those from an offset on, at which an event begins.
    fn at(&self, offset: usize) -> Readable<'a> {
        Readable { events: self.events.clone().at(offset), ..self.clone() }
    }

    /// Returns the version of the file.
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Returns the defect, after the last event. Errs with it in strict mode.
    pub(super) fn end(self) -> Result<Option<Error>> {
        match (self.mode, self.defect) {
            (Mode::Strict, Some(defect)) => Err(defect),
            (_, defect) => Ok(defect.or(self.refused)),
        }
    }
}

impl<'a> Iterator for Readable<'a> {
    type Item = WireEvent<'a>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.defect.is_some() {
            return None;
        }
        match self.events.next()? {
            Ok(event) => {
                let spec = event.event.spec();
                // Events of a later version may be experimental ones, which lenient reading
                // knows.
                if spec.since > self.version {
                    if !belongs(event.event, self.version) {
                        self.defect = Some(unknown(&event));
                        return None;
                    }
                    self.refused.get_or_insert_with(|| unknown(&event));
                }
                Some(event)
            }
            Err(e) => {
                self.defect = Some(e);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::wire::text::text_to_binary;

    fn dump(text: &str, mode: Mode) -> (String, std::result::Result<Option<Error>, ConvertError>) {
        let mut file = Vec::new();
        text_to_binary(text.as_bytes(), &mut file).unwrap();
        let mut out = Vec::new();
        let result = write(&file, mode, &mut out);
        (String::from_utf8(out).unwrap(), result)
    }

    #[test]
    fn prints_as_go() {
        let text = "Stack id=1 nframes=1\n\tpc=1 func=2 file=3 line=4\nString id=2\nString id=3\n\tdata=\"a\\n\"\n";
        let (out, result) = dump(&format!("Trace Go1.22\n{text}"), Mode::Strict);
        assert_eq!(out, text, "no line for empty data");
        assert!(result.unwrap().is_none());
    }

    #[test]
    fn experiments_and_defects() {
        let text = "Trace Go1.23\nStrings\nSpanFree dt=1 id=2\nStacks\n";
        let (out, result) = dump(text, Mode::Strict);
        assert_eq!(out, "Strings\n", "Go stops");
        assert!(matches!(result, Err(ConvertError::Trace(e)) if e.offset() == 17));
        let (out, result) = dump(text, Mode::Lenient);
        assert_eq!(out, "Strings\nSpanFree dt=1 id=2\nStacks\n");
        assert!(matches!(result.unwrap().unwrap().kind(), ErrorKind::UnknownEventType { found: 130 }));
        let (out, result) = dump(&format!("{text}#gotrace rest \"\\x05\""), Mode::Lenient);
        assert_eq!(out, "Strings\nSpanFree dt=1 id=2\nStacks\n");
        assert!(result.unwrap().unwrap().is_truncation(), "the worse of the two");
    }
}
