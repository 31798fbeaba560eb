//! The form that `go tool trace -d=wire` prints: each event as it stands in
//! the file, framing and tables included. Byte for byte that of Go 1.27.3, up
//! to the first byte that begins no event. One difference: in Go 1.26 traces
//! Go passes over bytes from 53 to 127 there, printing a blank line for each.

use crate::error::{Error, Result};
use crate::trace::Mode;
use crate::version::Version;
use crate::wire::text::{ConvertError, belongs, hand_on, unknown};
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
    let mut events = Readable::new(file, mode)?;
    let mut text = Vec::new();
    for event in events.by_ref() {
        event.write_text(&mut text);
        hand_on(&mut text, out)?;
    }
    out.write_all(&text)?;
    Ok(events.end()?)
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
