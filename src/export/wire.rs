//! The form that `go tool trace -d=wire` prints: each event as it stands in
//! the file, framing and tables included. Byte for byte that of Go 1.27.3, up
//! to the first byte that begins no event. One difference: in Go 1.26 traces
//! Go passes over bytes from 53 to 127 there, printing a blank line for each.

use crate::error::{Error, Result};
use crate::trace::Mode;
use crate::version::Version;
use crate::wire::text::{ConvertError, belongs, hand_on, number, quote, unknown};
use crate::wire::v2::event::{WireEvent, WireEvents};
use std::io::Write;

/// Writes every event of a file.
///
/// Go stops where it cannot read on, at the experimental events of Go 1.23 to
/// 1.25 files too; so does strict mode. Lenient mode knows those and goes on;
/// it returns the defect that it had to stop at, else the one that Go would
/// have stopped at.
///
/// The output lacks the header that the [text form](crate::wire::text) has, as
/// Go's does.
///
/// # Errors
/// If the header is bad, if the mode is strict and the file has a defect (what
/// stands before it is written then), or if `out` cannot be written to, which
/// needs no buffer of its own.
pub fn write(file: &[u8], mode: Mode, out: &mut impl Write) -> std::result::Result<Option<Error>, ConvertError> {
    if Version::parse_header(file)?.is_v1() {
        return write_v1(file, mode, out);
    }
    let mut events = Readable::new(file, mode)?;
    let mut text = Vec::new();
    for event in events.by_ref() {
        event.write_text(&mut text);
        hand_on(&mut text, out)?;
    }
    out.write_all(&text)?;
    Ok(events.end()?)
}

/// The same for a v1 trace, in the same style: Go refuses those. The time
/// difference is called `dt`, the sequence number's (Go 1.5) `dseq`, and the
/// event's own stack `stk`, as some have another one among their arguments.
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
        hand_on(&mut text, out)?;
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
    // Of a 1.5 batch the sequence number stands in the middle.
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
    // The labels are the shorter of the two for stacks only.
    for (label, value) in labels.zip(rest.by_ref()) {
        out.push(b' ');
        out.extend_from_slice(label.as_bytes());
        out.push(b'=');
        number(out, *value);
    }
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
    pub(super) use crate::wire::v1::event::{RawEvent, RawEvents};
    pub(super) use crate::wire::v1::spec::EventType;
}

/// The events of a file up to its first defect, or the first that is one in
/// lenient mode.
pub(super) struct Readable<'a> {
    events: WireEvents<'a>,
    version: Version,
    mode: Mode,
    /// What Go would have stopped at.
    refused: Option<Error>,
    /// What we stopped at.
    defect: Option<Error>,
}

impl<'a> Readable<'a> {
    pub(super) fn new(file: &'a [u8], mode: Mode) -> Result<Readable<'a>> {
        let version = Version::parse_header(file)?;
        let events = WireEvents::new(file)?;
        let events = if mode == Mode::Lenient { events.with_experimental() } else { events };
        Ok(Readable { events, version, mode, refused: None, defect: None })
    }

    /// The version of the file.
    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Tells, after the last event, what was wrong.
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
