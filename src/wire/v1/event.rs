//! Raw events of v1: a type, numbers, perhaps a trailer.
//!
//! [`RawEvents`] reads all events of a file; `numbers` reads one timed event, for ordering,
//! which knows that there is one.

use crate::base::bytes::uvarint;
use crate::base::limits::{MAX_V1_EVENT_SIZE, MAX_V1_FRAMES, MAX_V1_STRING_SIZE};
use crate::error::{Error, ErrorKind, Result, V1Error};
use crate::spec::v1::{EventType, Layout, lead};
use crate::spec::version::{HEADER_LEN, Version};
use crate::wire::v2::event::bad_varint;
use smallvec::SmallVec;

const ARGUMENTS: &str = "an event's arguments";

/// The most numbers that a timed event has. Sequence number, time, three
/// arguments and a stack would be six, but no event has all of them.
pub(crate) const MOST_NUMBERS: usize = 5;

/// Any event of a v1 file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawEvent<'a> {
    /// The type of the event.
    pub event: EventType,
    /// The offset of the event in the file, in bytes.
    pub offset: usize,
    /// The length of the event in bytes.
    pub size: usize,
    /// The varints of the event: the time difference (in Go 1.5, the sequence number's
    /// before it), the arguments, the stack; for a `Stack` the ID, the number
    /// of frames and four numbers for each, in Go 1.5 one.
    pub numbers: SmallVec<[u64; 8]>,
    /// The bytes that end it; empty for events without a trailer.
    pub data: &'a [u8],
}

/// An iterator over every event of a v1 file, tables included, in the order of the file.
///
/// After an error the iterator is finished.
#[derive(Clone, Debug)]
pub struct RawEvents<'a> {
    file: &'a [u8],
    pos: usize,
    version: Version,
}

impl<'a> RawEvents<'a> {
    /// Creates an iterator over the events of a file of that version, which must be one of v1.
    pub fn new(file: &'a [u8], version: Version) -> RawEvents<'a> {
        RawEvents { file, pos: HEADER_LEN, version }
    }

    /// Creates an iterator over the events from an offset in bytes on.
    pub(crate) fn from(file: &'a [u8], pos: usize, version: Version) -> RawEvents<'a> {
        RawEvents { file, pos, version }
    }

    /// Returns the offset of the next event in the file, in bytes.
    pub fn offset(&self) -> usize {
        self.pos
    }

    fn number(&self, pos: &mut usize) -> Result<u64> {
        uvarint(self.file, pos).map_err(|e| bad_varint(0, *pos, self.file.len(), e, ARGUMENTS))
    }

    /// Reads a length and that many bytes.
    fn bytes(&self, pos: &mut usize) -> Result<&'a [u8]> {
        let at = *pos;
        let size = self.number(pos)?;
        if size > MAX_V1_STRING_SIZE {
            return Err(wrong(at, V1Error::StringTooLong { size }));
        }
        let Some(bytes) = self.file.get(*pos..*pos + size as usize) else {
            return Err(Error::at(self.file.len(), ErrorKind::Truncated { inside: "a string" }));
        };
        *pos += bytes.len();
        Ok(bytes)
    }

    pub(crate) fn read(&mut self) -> Result<RawEvent<'a>> {
        let offset = self.pos;
        let byte = self.file.get(offset).copied().unwrap_or_default();
        let known = EventType::from_wire(byte & 0x3f).filter(|event| event.spec().since <= self.version);
        let Some(event) = known else {
            return Err(wrong(offset, V1Error::UnknownEventType { found: byte & 0x3f }));
        };
        let spec = event.spec();
        let mut pos = offset + 1;
        let mut numbers = SmallVec::new();
        let mut data = &[][..];
        if spec.layout == Layout::Data {
            numbers.push(self.number(&mut pos)?);
        } else {
            let inline = usize::from(byte >> 6);
            if inline < 3 {
                for _ in 0..inline + lead(self.version) {
                    numbers.push(self.number(&mut pos)?);
                }
            } else {
                let end = self.end_of_long(event, offset, &mut pos)?;
                let stated = (end - pos) as u64;
                while pos < end {
                    numbers.push(self.number(&mut pos)?);
                }
                if pos != end {
                    return Err(wrong(offset, V1Error::ArgumentBytes { event, stated }));
                }
            }
            self.check_count(event, offset, &numbers)?;
        }
        if matches!(spec.layout, Layout::Data | Layout::TimedData) {
            data = self.bytes(&mut pos)?;
        }
        self.pos = pos;
        Ok(RawEvent { event, offset, size: pos - offset, numbers, data })
    }

    /// Reads the length of an event that states it; returns the offset of the event's end.
    fn end_of_long(&self, event: EventType, offset: usize, pos: &mut usize) -> Result<usize> {
        let size = self.number(pos)?;
        if size > MAX_V1_EVENT_SIZE {
            return Err(wrong(offset, V1Error::EventTooLong { event, size }));
        }
        let end = *pos + size as usize;
        if end > self.file.len() {
            return Err(Error::at(self.file.len(), ErrorKind::Truncated { inside: ARGUMENTS }));
        }
        Ok(end)
    }

    fn check_count(&self, event: EventType, offset: usize, numbers: &[u64]) -> Result<()> {
        let expected = match (event, numbers) {
            (EventType::Stack, &[_, frames, ..]) => {
                if frames > MAX_V1_FRAMES {
                    return Err(wrong(offset, V1Error::TooManyFrames { frames }));
                }
                2 + frames * numbers_per_frame(self.version)
            }
            (EventType::Stack, _) => 2,
            _ => event.spec().numbers_in(self.version) as u64,
        };
        let found = numbers.len() as u64;
        if found == expected {
            return Ok(());
        }
        Err(wrong(offset, V1Error::ArgumentCount { event, expected, found }))
    }
}

impl<'a> Iterator for RawEvents<'a> {
    type Item = Result<RawEvent<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.pos >= self.file.len() {
            return None;
        }
        let event = self.read();
        if event.is_err() {
            self.pos = self.file.len();
        }
        Some(event)
    }
}

/// Returns the number of varints in a frame of a stack.
pub(crate) fn numbers_per_frame(version: Version) -> u64 {
    if version < Version::Go107 { 1 } else { 4 }
}

#[cold]
pub(crate) fn wrong(at: usize, what: V1Error) -> Error {
    Error::at(at, ErrorKind::V1(what))
}

/// The layouts of a version's timed events, by event type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shapes {
    /// The number of varints of each type; 0 for events without a time and for CPU
    /// samples, whose order is not that of the file.
    counts: [u8; 64],
    pub(crate) lead: u8,
    pub(crate) version: Version,
}

impl Shapes {
    pub(crate) fn of(version: Version) -> Shapes {
        let mut counts = [0; 64];
        for &event in EventType::ALL {
            let spec = event.spec();
            if spec.is_timed() && spec.since <= version && event != EventType::CPUSample {
                counts[event as usize] = spec.numbers_in(version) as u8;
            }
        }
        Shapes { counts, lead: lead(version) as u8, version }
    }

    #[inline(always)]
    pub(crate) fn count(&self, byte: u8) -> u8 {
        self.counts[usize::from(byte & 0x3f)]
    }
}

/// Reads the timed event at `at`, whose `count` must not be 0; returns its numbers and the
/// offset of its end or, for `UserLog`, of its message.
#[inline(always)]
pub(crate) fn numbers(file: &[u8], at: usize, shapes: &Shapes) -> Result<([u64; MOST_NUMBERS], usize)> {
    let byte = file.get(at).copied().unwrap_or_default();
    let count = shapes.count(byte);
    let mut pos = at + 1;
    let mut end = usize::MAX;
    if byte >= 0xc0 {
        match uvarint(file, &mut pos) {
            Ok(size) if size <= MAX_V1_EVENT_SIZE => end = pos + size as usize,
            _ => return Err(explain(file, at, shapes.version)),
        }
    } else if (byte >> 6) + shapes.lead != count {
        return Err(explain(file, at, shapes.version));
    }
    let mut numbers = [0; MOST_NUMBERS];
    for number in numbers.iter_mut().take(usize::from(count)) {
        match uvarint(file, &mut pos) {
            Ok(value) => *number = value,
            Err(_) => return Err(explain(file, at, shapes.version)),
        }
    }
    if byte >= 0xc0 && pos != end {
        return Err(explain(file, at, shapes.version));
    }
    Ok((numbers, pos))
}

/// Returns the error for the event at `at`, which could not be read.
#[cold]
#[inline(never)]
fn explain(file: &[u8], at: usize, version: Version) -> Error {
    match RawEvents::from(file, at, version).read() {
        Err(e) => e,
        Ok(raw) => {
            let (expected, found) = (raw.event.spec().numbers_in(version) as u64, raw.numbers.len() as u64);
            wrong(at, V1Error::ArgumentCount { event: raw.event, expected, found })
        }
    }
}

/// Returns the message of a `UserLog` whose numbers end at `pos`.
pub(crate) fn message(file: &[u8], mut pos: usize) -> &[u8] {
    let size = uvarint(file, &mut pos).unwrap_or_default();
    usize::try_from(size).ok().and_then(|size| file.get(pos..pos.checked_add(size)?)).unwrap_or_default()
}
