//! Text of the events of a file, made of many batches side by side.

use crate::base::in_order::{Parts, in_order};
use crate::error::Error;
use crate::spec::version::HEADER_LEN;
use crate::wire::text::convert::flush_if_full;
use crate::wire::v2::batch::{Frame, Frames};
use std::io::{self, Write};
use std::marker::PhantomData;
use std::ops::{ControlFlow, Range};

/// The bytes of a piece, which become some ten times as much text.
const PIECE: usize = 32 << 10;

/// Place at which the reading of events stopped.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    /// The offset in the file behind the last good event, in bytes.
    pub(crate) offset: usize,
    /// The first event that was passed over although other readers stop at it.
    pub(crate) refused: Option<Error>,
    /// The defect that stopped it.
    pub(crate) defect: Option<Error>,
}

/// Writes the text of all events of a file, up to the first defect, with so many threads.
/// `write` appends the text of the events from one offset up to another, or to a defect.
pub(crate) fn in_pieces(
    file: &[u8],
    threads: usize,
    out: &mut impl Write,
    write: impl Fn(Range<usize>, &mut Vec<u8>) -> Stop + Sync,
) -> io::Result<Stop> {
    let mut all = Stop { offset: HEADER_LEN, ..Stop::default() };
    let source = Source { frames: Frames::new(file, HEADER_LEN), next: HEADER_LEN, end: file.len() };
    let broke = in_order(
        &Pieces { write: &write, file: PhantomData },
        source,
        threads,
        |(start, text, stop): (usize, Vec<u8>, Stop)| {
            // The bytes of a batch may be other than it says: then what was read behind it was not
            // where events begin.
            if start != all.offset {
                return ControlFlow::Break(Ok(true));
            }
            if let Err(e) = out.write_all(&text) {
                return ControlFlow::Break(Err(e));
            }
            all.offset = stop.offset;
            all.refused = all.refused.take().or(stop.refused);
            all.defect = stop.defect;
            if all.defect.is_some() { ControlFlow::Break(Ok(false)) } else { ControlFlow::Continue(()) }
        },
    );
    let mut goes_on = broke.transpose()?.unwrap_or(false);
    let mut text = Vec::new();
    while goes_on && all.offset < file.len() {
        let stop = write(all.offset..all.offset.saturating_add(PIECE), &mut text);
        flush_if_full(&mut text, out)?;
        goes_on = stop.defect.is_none() && stop.offset > all.offset;
        all = Stop { refused: all.refused.take().or(stop.refused), ..stop };
    }
    out.write_all(&text)?;
    Ok(all)
}

/// The batches that are left.
struct Source<'a> {
    frames: Frames<'a>,
    next: usize,
    end: usize,
}

impl Source<'_> {
    /// Returns the next piece: whole batches, as far as there are any, and then the rest.
    fn piece(&mut self) -> Option<Range<usize>> {
        let start = self.next;
        if start >= self.end {
            return None;
        }
        let behind = self.frames.by_ref().map_while(Result::ok).map(|frame| match frame {
            Frame::Batch(batch) => batch.end(),
            Frame::EndOfGeneration(offset) => offset + 1,
        });
        self.next = behind.into_iter().find(|end| *end >= start + PIECE).unwrap_or(self.end);
        Some(start..self.next)
    }
}

/// The making of text.
struct Pieces<'a, W> {
    write: W,
    file: PhantomData<&'a [u8]>,
}

impl<'a, W: Fn(Range<usize>, &mut Vec<u8>) -> Stop + Sync> Parts for Pieces<'a, W> {
    type Source = Source<'a>;
    type Desk = Range<usize>;
    type Piece = (usize, Vec<u8>, Stop);

    fn desk(&self) -> Range<usize> {
        0..0
    }

    fn fetch(&self, source: &mut Source<'a>, desk: &mut Range<usize>) -> bool {
        source.piece().map(|piece| *desk = piece).is_some()
    }

    fn make(&self, desk: &mut Range<usize>) -> (usize, Vec<u8>, Stop) {
        let mut text = Vec::with_capacity(PIECE * 10);
        let stop = (self.write)(desk.clone(), &mut text);
        (desk.start, text, stop)
    }
}

#[cfg(test)]
mod tests {
    use crate::wire::text::binary_to_text_with;
    use proptest::prelude::*;

    fn text(file: &[u8], threads: usize) -> (Vec<u8>, Option<String>) {
        let mut text = Vec::new();
        let defect = binary_to_text_with(file, threads, &mut text).unwrap();
        (text, defect.map(|defect| defect.to_string()))
    }

    proptest! {
        /// Whatever the damage, the text is that of one event after the other.
        #[test]
        fn pieces_are_joined_where_events_begin(changes in prop::collection::vec((16usize..90_000, any::<u8>()), 0..4), threads in 1usize..4) {
            let mut file = include_bytes!("../../../testdata/traces/go1.27/mixed.trace").to_vec();
            for (at, byte) in changes {
                file[at] = byte;
            }
            let got = text(&file, threads);
            let mut events = crate::wire::v2::event::WireEvents::new(&file).unwrap().with_experimental();
            let mut want = b"Trace Go1.26\n".to_vec();
            let mut defect = None;
            for event in events.by_ref() {
                match event {
                    Ok(event) => {
                        super::super::convert::widths(&mut want, &event);
                        event.write_lines(&mut want, true);
                    }
                    Err(e) => defect = Some(e.to_string()),
                }
            }
            prop_assert_eq!(&got.1, &defect);
            prop_assert!(got.0.starts_with(&want), "{} bytes for {}", got.0.len(), want.len());
        }
    }
}
