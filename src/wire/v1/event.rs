//! Events as the wire has them: a type, numbers, perhaps a trailer.
//!
//! [`RawEvents`] reads a whole file flat. `decode` is the same for ordering,
//! which knows that it stands at a timed event.

use crate::bytes::uvarint;
use crate::error::{Error, ErrorKind, Result, V1Error};
use crate::limits::{MAX_V1_EVENT_SIZE, MAX_V1_FRAMES, MAX_V1_STRING_SIZE};
use crate::version::{HEADER_LEN, Version};
use crate::wire::v1::spec::{EventType, Layout, lead};
use crate::wire::v2::event::bad_varint;
use smallvec::SmallVec;

const ARGUMENTS: &str = "an event's arguments";

/// The most numbers that a timed event has: sequence number, time, three
/// arguments and a stack, never all at once.
pub(crate) const MOST_NUMBERS: usize = 5;

/// Any event of a v1 file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawEvent<'a> {
    /// Its type.
    pub event: EventType,
    /// Where it begins in the file, in bytes.
    pub offset: usize,
    /// How many bytes it takes.
    pub size: usize,
    /// All its numbers: the time difference (in Go 1.5, the sequence number's
    /// before it), the arguments, the stack; of a `Stack` the ID, the number
    /// of frames and four numbers for each, in Go 1.5 one.
    pub numbers: SmallVec<[u64; 8]>,
    /// The bytes that end it; empty for events without.
    pub data: &'a [u8],
}

/// Iterates over every event of a v1 file, tables included, as it stands there.
///
/// An iterator that has returned an error is finished.
#[derive(Clone, Debug)]
pub struct RawEvents<'a> {
    file: &'a [u8],
    pos: usize,
    version: Version,
}

impl<'a> RawEvents<'a> {
    /// The events of a file of that version, which must be one of v1.
    pub fn new(file: &'a [u8], version: Version) -> RawEvents<'a> {
        RawEvents { file, pos: HEADER_LEN, version }
    }

    /// Those from a byte of the file on.
    pub(crate) fn from(file: &'a [u8], pos: usize, version: Version) -> RawEvents<'a> {
        RawEvents { file, pos, version }
    }

    /// Where the next event begins.
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

    /// Reads the length of an event that states it; returns where it ends.
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

/// The numbers that a frame of a stack is made of.
pub(crate) fn numbers_per_frame(version: Version) -> u64 {
    if version < Version::Go107 { 1 } else { 4 }
}

#[cold]
pub(crate) fn wrong(at: usize, what: V1Error) -> Error {
    Error::at(at, ErrorKind::V1(what))
}

/// How the timed events of a version are made, by number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shapes {
    /// How many numbers each has; 0 for what is no timed event, and for CPU
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

/// The numbers of the timed event at `at`, and where it ends; for `UserLog`,
/// where its message begins. `count` is not 0.
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

/// What is wrong with the event at `at`, which could not be read.
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

/// The message that ends a `UserLog`, whose numbers end at `pos`.
pub(crate) fn message(file: &[u8], mut pos: usize) -> &[u8] {
    let size = uvarint(file, &mut pos).unwrap_or_default();
    usize::try_from(size).ok().and_then(|size| file.get(pos..pos.checked_add(size)?)).unwrap_or_default()
}
