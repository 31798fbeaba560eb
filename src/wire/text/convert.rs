//! Conversion of whole files from one form to the other, without loss.

use super::pieces::{Stop, in_pieces};
use super::{DIRECTIVE, TextEvents, belongs, number, quote};
use crate::base::limits::SEARCHED;
use crate::error::{Error, ErrorKind, Lookalike};
use crate::spec::version::Version;
use crate::wire::v2::event::{WireEvent, WireEvents};
use std::io::{self, Write};

/// The buffered bytes from which on output is written.
pub(crate) const CHUNK: usize = 64 << 10;

/// The bytes of a file that one `rest` line holds. Go's reader refuses lines over
/// 64 KB (`bufio.MaxScanTokenSize`), comments too, and an escaped byte takes up to four.
const REST_LINE: usize = 4 << 10;

/// The numbers that one `widths` line holds, for the reason of [`REST_LINE`].
const WIDTHS_LINE: usize = 4 << 10;

/// The reason why a trace could not be written in another form.
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
/// The first byte that cannot be read as an event ends the events; from there on the text
/// holds plain bytes, at most [`SEARCHED`] of them, and the defect is returned.
/// `out` needs no buffer of its own.
///
/// # Errors
/// If the header is bad, or `out` cannot be written to.
pub fn binary_to_text(file: &[u8], out: &mut impl Write) -> Result<Option<Error>, ConvertError> {
    binary_to_text_with(file, 1, out)
}

/// Writes a binary trace as text as [`binary_to_text`] does, with so many threads.
///
/// # Errors
/// Those of [`binary_to_text`].
pub fn binary_to_text_with(file: &[u8], threads: usize, out: &mut impl Write) -> Result<Option<Error>, ConvertError> {
    let version = Version::parse_header(file)?;
    if !file.starts_with(&version.header()) {
        return Err(Error::at(0, ErrorKind::NotATrace { found: Lookalike::Unknown }).into());
    }
    let from_start = WireEvents::new(file)?.with_experimental();
    writeln!(out, "Trace Go1.{}", version.minor())?;
    let stop = in_pieces(file, threads, out, |piece, text| {
        let mut events = from_start.clone().at(piece.start);
        let mut stop = Stop { offset: piece.start, ..Stop::default() };
        while stop.offset < piece.end
            && let Some(event) = events.next()
        {
            match event.and_then(|event| if belongs(event.event, version) { Ok(event) } else { Err(unknown(&event)) }) {
                Ok(event) => {
                    widths(text, &event);
                    event.write_lines(text, true);
                }
                Err(e) => {
                    stop.defect = Some(e);
                    break;
                }
            }
            stop.offset = events.offset();
        }
        stop
    })?;
    let (good, defect, mut text) = (stop.offset, stop.defect, Vec::new());
    let rest = file.get(good..).unwrap_or_default();
    for line in rest.get(..SEARCHED).unwrap_or(rest).chunks(REST_LINE) {
        text.extend_from_slice(DIRECTIVE.as_bytes());
        text.extend_from_slice(b" rest ");
        quote(&mut text, line);
        text.push(b'\n');
        flush_if_full(&mut text, out)?;
    }
    out.write_all(&text)?;
    Ok(defect)
}

/// Writes the text form of a trace as a binary one.
///
/// Only the syntax of the text is checked: it may well describe a trace that makes no
/// sense. `out` needs no buffer of its own.
///
/// # Errors
/// If the text has an error of syntax, once the events before it are written; or if
/// `out` cannot be written to.
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
        flush_if_full(&mut binary, out)?;
    }
    out.write_all(&binary)?;
    out.write_all(events.rest())?;
    Ok(())
}

/// Returns the error for an event that files of this version do not have.
#[cold]
pub(crate) fn unknown(event: &WireEvent<'_>) -> Error {
    Error::at(event.offset, ErrorKind::UnknownEventType { found: event.event as u8 })
}

/// Writes the comment with an event's widths, if it needs one.
pub(super) fn widths(text: &mut Vec<u8>, event: &WireEvent<'_>) {
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

/// Writes and clears the buffer, once it holds at least [`CHUNK`] bytes.
#[inline]
pub(crate) fn flush_if_full(chunk: &mut Vec<u8>, out: &mut impl Write) -> io::Result<()> {
    if chunk.len() >= CHUNK {
        out.write_all(chunk)?;
        chunk.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::version::HEADER_LEN;
    use proptest::prelude::*;
    use std::path::Path;

    fn to_text(file: &[u8]) -> (Vec<u8>, Option<Error>) {
        let mut text = Vec::new();
        let defect = binary_to_text(file, &mut text).unwrap();
        (text, defect)
    }

    fn to_binary(text: &[u8]) -> Vec<u8> {
        let mut binary = Vec::new();
        text_to_binary(text, &mut binary).unwrap();
        binary
    }

    /// Returns a small trace with a padded size, data, frames, and every layout.
    fn small() -> Vec<u8> {
        let text = b"Trace Go1.26\n#gotrace widths 1 3 6 10\nEventBatch gen=1 m=24919 time=3240943527 size=10\n\
            ProcStatus dt=1 p=0 pstatus=1\nGoStatus dt=300 g=1 m=24919 gstatus=2\nHeapObject dt=0 id=77 type=1\n\
            EventBatch gen=1 m=18446744073709551615 time=9 size=20\nStacks\nStack id=1 nframes=2\n\
            \tpc=4733601 func=5 file=6 line=291\n\tpc=4733602 func=5 file=6 line=292\n\
            Strings\nString id=5\n\tdata=\"runtime.main\"\nString id=6\n\tdata=\"\"\n\
            ExperimentalBatch exp=1 gen=1 m=2 time=3\n\tdata=\"\\x00\\xff\\n\"\n\
            Sync\nFrequency freq=15625000\nClockSnapshot dt=1 mono=2 sec=3 nsec=4\nEndOfGeneration\n";
        to_binary(text)
    }

    #[test]
    fn text_is_as_go_wants_it() {
        let (text, defect) = to_text(&small());
        assert!(defect.is_none());
        let text = String::from_utf8(text).unwrap();
        assert!(text.starts_with("Trace Go1.26\n#gotrace widths 1 3 6 10\nEventBatch gen=1 "), "{text}");
        assert!(text.contains("\nString id=6\n\tdata=\"\"\nExperimentalBatch"), "{text}");
    }

    #[test]
    fn a_cut_file_comes_back() {
        let file = small();
        for end in HEADER_LEN..file.len() {
            let (text, defect) = to_text(&file[..end]);
            assert_eq!(to_binary(&text), file[..end]);
            assert!(defect.is_none_or(|e| e.is_truncation()), "cut at {end}");
        }
        let long = [&file[..], &[0; 3 * REST_LINE / 2]].concat();
        let (text, defect) = to_text(&long);
        assert_eq!(to_binary(&text), long);
        assert!(matches!(defect.unwrap().kind(), ErrorKind::UnknownEventType { found: 0 }));
    }

    #[test]
    fn experimental_events_of_old_versions() {
        let file = to_binary(b"Trace Go1.23\nSpanFree dt=1 id=2\n");
        assert_eq!(to_text(&file).0, b"Trace Go1.23\nSpanFree dt=1 id=2\n");
        let mut older = file;
        older[..HEADER_LEN].copy_from_slice(&Version::Go122.header());
        let (text, defect) = to_text(&older);
        assert_eq!(text, b"Trace Go1.22\n#gotrace rest \"\\x82\\x01\\x02\"\n");
        assert_eq!(defect.unwrap().offset(), HEADER_LEN as u64);
    }

    #[test]
    fn every_trace_comes_back() {
        let mut dirs = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")];
        while let Some(dir) = dirs.pop() {
            for entry in std::fs::read_dir(dir).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    dirs.push(path);
                } else if path.extension().is_some_and(|e| e == "trace") {
                    let file = std::fs::read(&path).unwrap();
                    if Version::parse_header(&file).is_ok_and(|version| !version.is_v1()) {
                        assert!(to_binary(&to_text(&file).0) == file, "{}", path.display());
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn mutations_come_back(changes in proptest::collection::vec((16usize..400, any::<u8>(), 0..4u8), 0..6), minor in 0..4usize) {
            let mut file = small();
            file[..HEADER_LEN].copy_from_slice(&Version::V2[minor].header());
            for (at, byte, how) in changes {
                let at = at.min(file.len());
                match how {
                    0 => file.truncate(at),
                    1 => file.insert(at, byte),
                    2 if at < file.len() => drop(file.remove(at)),
                    _ => file.iter_mut().skip(at).take(1).for_each(|b| *b = byte),
                }
                file.resize(file.len().max(HEADER_LEN), 0);
            }
            prop_assert_eq!(to_binary(&to_text(&file).0), file);
        }
    }
}
