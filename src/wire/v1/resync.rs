//! Resynchronization: the search for a point from which a damaged v1 file can be read again.
//!
//! A batch does not state its length, so it is recognised by reading on: its numbers have to
//! make sense, and so do the events behind it; likewise for a run of table entries. Events
//! alone are no place to begin, for their times build on those before them.

use crate::base::limits::{MAX_FRAMES_PER_STACK, MAX_PROC_ID};
use crate::spec::v1::{EventType, Layout};
use crate::spec::version::{HEADER_LEN, Version};
use crate::wire::v1::event::{RawEvents, numbers_per_frame};

/// The largest difference between the times of a batch and of the last one, in ticks: at
/// least a quarter of an hour of any clock known.
const NEAR_TICKS: u64 = 1 << 36;

/// The number of events that must be readable behind the header of a batch, and of
/// table entries in a row, unless the file ends.
const ENOUGH: usize = 4;

/// The first byte of a batch in every version: the type, and one argument behind
/// the first.
const BATCH: u8 = EventType::Batch as u8 | 1 << 6;
/// The first byte of a stack in a table: the type, and a stated length.
const STACK: u8 = EventType::Stack as u8 | 3 << 6;
const STRING: u8 = EventType::String as u8;

/// The point from which reading can go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resync {
    /// A batch or table entry at that offset in bytes.
    At(usize),
    /// The header of another trace at that offset in bytes.
    AnotherTrace(usize),
    /// None was found.
    Nowhere,
}

/// Searches for a point to read on from, behind the event at `bad` and before `end`. `near`
/// is the time of the last batch in ticks.
pub(crate) fn resync(file: &[u8], bad: usize, end: usize, version: Version, near: Option<u64>) -> Resync {
    for at in bad..end.min(file.len()) {
        let fits = match file.get(at) {
            Some(b'g') if begins_trace(file, at) => return Resync::AnotherTrace(at),
            Some(&BATCH) if at > bad => is_batch(file, at, version, near),
            Some(&STACK | &STRING) if at > bad => is_table(file, at, version),
            _ => false,
        };
        if fits {
            return Resync::At(at);
        }
    }
    Resync::Nowhere
}

/// Returns whether a piece of a file holds many events in a row: so many that no
/// other bytes are likely to look like them.
pub(crate) fn events_within(piece: &[u8], version: Version) -> bool {
    const MANY: usize = 64;
    let mut bad = 0;
    while let Resync::At(at) | Resync::AnotherTrace(at) = resync(piece, bad, piece.len(), version, None) {
        let mut events = RawEvents::from(piece, at, version);
        let mut read = 0;
        while read < MANY && events.offset() < piece.len() && events.read().is_ok() {
            read += 1;
        }
        if read == MANY {
            return true;
        }
        bad = events.offset().max(at + 1);
    }
    false
}

fn begins_trace(file: &[u8], at: usize) -> bool {
    let header = file.get(at..at + HEADER_LEN).filter(|header| header.starts_with(b"go 1."));
    header.is_some_and(|header| Version::parse_header(header).is_ok())
}

fn is_batch(file: &[u8], at: usize, version: Version, near: Option<u64>) -> bool {
    let mut events = RawEvents::from(file, at, version);
    let Some(Ok(batch)) = events.next() else { return false };
    let (Some(&proc), Some(&ticks)) = (batch.numbers.first(), batch.numbers.last()) else { return false };
    (proc <= MAX_PROC_ID || proc == u64::MAX)
        && ticks != 0
        && near.is_none_or(|near| ticks.abs_diff(near) < NEAR_TICKS)
        && events.take(ENOUGH).all(|event| event.is_ok())
}

fn is_table(file: &[u8], at: usize, version: Version) -> bool {
    let mut events = RawEvents::from(file, at, version);
    for _ in 0..ENOUGH {
        // A stack's length and its count are compared first: reading its numbers would take long.
        if file.get(events.offset()) == Some(&STACK) && !is_stack(file, events.offset(), version) {
            return false;
        }
        match events.next() {
            Some(Ok(entry)) if matches!(entry.event.spec().layout, Layout::Data | Layout::Frames) => {}
            // Events other than entries that may follow a table.
            Some(Ok(entry)) => {
                return matches!(entry.event, EventType::Batch | EventType::Frequency | EventType::TimerGoroutine);
            }
            Some(Err(_)) => return false,
            None => break,
        }
    }
    true
}

/// Returns whether the length that a stack states and its number of frames agree.
fn is_stack(file: &[u8], at: usize, version: Version) -> bool {
    let mut pos = at + 1;
    let mut number = || crate::base::bytes::uvarint(file, &mut pos).ok();
    let (Some(size), Some(_id), Some(frames)) = (number(), number(), number()) else { return false };
    let numbers = frames.saturating_mul(numbers_per_frame(version));
    frames <= MAX_FRAMES_PER_STACK && numbers + 2 <= size && size <= 10 * (numbers + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &[u8] = include_bytes!("../../../testdata/traces/go1.21/hello.trace");

    /// Returns the offset of each batch, and of each table entry that begins a row of them.
    fn places() -> Vec<usize> {
        let events: Vec<_> = RawEvents::new(HELLO, Version::Go121).map(Result::unwrap).collect();
        let rows = events.windows(ENOUGH).filter(|row| {
            let in_table = |event: EventType| matches!(event.spec().layout, Layout::Data | Layout::Frames);
            row[0].event == EventType::Batch || row.iter().all(|event| in_table(event.event))
        });
        rows.map(|row| row[0].offset).collect()
    }

    #[test]
    fn the_next_batch_or_row_of_entries_is_found() {
        let places = places();
        assert!(places.len() > 20, "{places:?}");
        let mut expected = places.iter().copied().peekable();
        for bad in HEADER_LEN..*places.last().unwrap() {
            while expected.next_if(|&place| place <= bad).is_some() {}
            let want = *expected.peek().unwrap();
            let Resync::At(found) = resync(HELLO, bad, HELLO.len(), Version::Go121, None) else {
                panic!("nothing behind {bad}")
            };
            // Single strings in front of a batch or of the end of a batch may do too.
            assert!(found <= want && (bad + 1..=want).contains(&found), "{found} behind {bad}, not {want}");
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        for byte in [0, BATCH, STACK, 0xff] {
            assert_eq!(resync(&[byte; 1000], 0, 1000, Version::Go121, Some(1 << 50)), Resync::Nowhere, "{byte:#x}");
        }
        let far = resync(HELLO, HEADER_LEN, HELLO.len(), Version::Go121, Some(1));
        assert!(matches!(far, Resync::At(at) if HELLO[at] != BATCH), "times are too far apart: {far:?}");
        let twice = [HELLO, HELLO].concat();
        assert_eq!(
            resync(&twice, HELLO.len() - 1, twice.len(), Version::Go121, None),
            Resync::AnotherTrace(HELLO.len())
        );
    }
}
