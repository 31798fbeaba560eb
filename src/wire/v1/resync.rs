//! Where a damaged v1 file can be read again.
//!
//! A batch does not say how long it is. What begins one, or a run of entries of
//! the tables, is told by reading on: its numbers have to make sense, and so do
//! the events behind it. Events alone are no place to begin, for their times
//! build on those before them.

use crate::limits::{MAX_FRAMES_PER_STACK, MAX_PROC_ID};
use crate::version::{HEADER_LEN, Version};
use crate::wire::v1::event::{RawEvents, numbers_per_frame};
use crate::wire::v1::spec::{EventType, Layout};

/// How far the time of a batch may be from that of the last one, in ticks: a
/// quarter of an hour and more of any clock seen.
const NEAR_TICKS: u64 = 1 << 36;

/// How many events must be readable behind the header of a batch, and how many
/// entries of the tables in a row, unless the file ends.
const ENOUGH: usize = 4;

/// The first byte of a batch in every version: the type, and one argument behind
/// the first.
const BATCH: u8 = EventType::Batch as u8 | 1 << 6;
/// That of the stacks that there are in a table: they state their length.
const STACK: u8 = EventType::Stack as u8 | 3 << 6;
const STRING: u8 = EventType::String as u8;

/// Where reading can go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resync {
    /// At that byte.
    At(usize),
    /// Another trace begins there.
    AnotherTrace(usize),
    /// Nowhere.
    Nowhere,
}

/// Looks for a place behind the event at `bad` to read on at. `near` is the time
/// of the last batch.
pub(crate) fn resync(file: &[u8], bad: usize, version: Version, near: Option<u64>) -> Resync {
    for at in bad..file.len() {
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

fn begins_trace(file: &[u8], at: usize) -> bool {
    file.get(at..at + HEADER_LEN).is_some_and(|header| Version::parse_header(header).is_ok())
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
        // Before its numbers are read: does a stack have as many as it says?
        if file.get(events.offset()) == Some(&STACK) && !is_stack(file, events.offset(), version) {
            return false;
        }
        match events.next() {
            Some(Ok(entry)) if matches!(entry.event.spec().layout, Layout::Data | Layout::Frames) => {}
            // What else may follow on tables.
            Some(Ok(entry)) => {
                return matches!(entry.event, EventType::Batch | EventType::Frequency | EventType::TimerGoroutine);
            }
            Some(Err(_)) => return false,
            None => break,
        }
    }
    true
}

/// Whether the length that a stack states and its number of frames agree.
fn is_stack(file: &[u8], at: usize, version: Version) -> bool {
    let mut pos = at + 1;
    let mut number = || crate::bytes::uvarint(file, &mut pos).ok();
    let (Some(size), Some(_id), Some(frames)) = (number(), number(), number()) else { return false };
    let numbers = frames.saturating_mul(numbers_per_frame(version));
    frames <= MAX_FRAMES_PER_STACK && numbers + 2 <= size && size <= 10 * (numbers + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &[u8] = include_bytes!("../../../testdata/traces/go1.21/hello.trace");

    /// Where each batch and each entry of the tables begins that begins a row.
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
            let Resync::At(found) = resync(HELLO, bad, Version::Go121, None) else { panic!("nothing behind {bad}") };
            // Single strings in front of a batch or of the end of a batch may do too.
            assert!(found <= want && (bad + 1..=want).contains(&found), "{found} behind {bad}, not {want}");
        }
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        for byte in [0, BATCH, STACK, 0xff] {
            assert_eq!(resync(&[byte; 1000], 0, Version::Go121, Some(1 << 50)), Resync::Nowhere, "{byte:#x}");
        }
        let far = resync(HELLO, HEADER_LEN, Version::Go121, Some(1));
        assert!(matches!(far, Resync::At(at) if HELLO[at] != BATCH), "times are too far apart: {far:?}");
        let twice = [HELLO, HELLO].concat();
        assert_eq!(resync(&twice, HELLO.len() - 1, Version::Go121, None), Resync::AnotherTrace(HELLO.len()));
    }
}
