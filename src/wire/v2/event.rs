//! Raw events of v2: a type, arguments, perhaps a trailer.
//!
//! [`RawEvents`] reads the timed events of one batch; [`WireEvents`] reads all events of a
//! file, batch headers and table entries included, as `go tool trace -d=wire` does.

use crate::base::bytes::{VarintError, uvarint};
use crate::base::time::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::spec::v2::{EventType, Layout};
use crate::spec::version::{HEADER_LEN, Version};
use crate::wire::v2::batch::Batch;
use smallvec::SmallVec;

/// A timed event of a batch, as on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawEvent {
    /// The type of the event.
    pub event: EventType,
    /// The offset of the event in the file, in bytes.
    pub offset: usize,
    /// The time of the event in ticks.
    pub time: Timestamp,
    args: [u64; 4],
}

impl RawEvent {
    /// Returns the arguments behind the time difference.
    pub fn args(&self) -> &[u64] {
        let count = self.event.spec().args.len().saturating_sub(1);
        self.args.get(..count).unwrap_or_default()
    }
}

/// The number of arguments behind the time difference by event type, or
/// [`UNTIMED`].
const ARG_COUNT: [u8; 256] = {
    let mut counts = [UNTIMED; 256];
    let mut i = 0;
    while i < EventType::ALL.len() {
        let spec = EventType::ALL[i].spec();
        if matches!(spec.layout, Layout::Timed) {
            counts[EventType::ALL[i] as usize] = spec.args.len() as u8 - 1;
        }
        i += 1;
    }
    counts
};
const UNTIMED: u8 = u8::MAX;

/// An iterator over the timed events of one batch, in the order of its M.
///
/// After an error the iterator is finished.
#[derive(Clone, Debug)]
pub struct RawEvents<'a> {
    data: &'a [u8],
    pos: usize,
    base: usize,
    time: u64,
}

impl<'a> RawEvents<'a> {
    /// Creates an iterator over the events of `batch`, which must be of the kind `Events`.
    pub fn new(batch: &Batch<'a>) -> RawEvents<'a> {
        RawEvents { data: batch.data, pos: 0, base: batch.data_offset, time: batch.time.0 }
    }

    /// Returns the offset of the next event in the file, in bytes.
    pub fn offset(&self) -> usize {
        self.base + self.pos
    }

    #[cold]
    #[inline(never)]
    fn fail(&mut self, pos: usize, e: Option<VarintError>) -> Error {
        let found = self.data.get(self.pos).copied().unwrap_or_default();
        let error = match (e, EventType::from_wire(found)) {
            (Some(e), _) => bad_varint(self.base, pos, self.data.len(), e, "an event's arguments"),
            (None, None) => Error::at(self.base + self.pos, ErrorKind::UnknownEventType { found }),
            (None, Some(event)) => Error::at(self.base + self.pos, ErrorKind::UnexpectedEvent { event }),
        };
        self.pos = self.data.len();
        error
    }
}

impl Iterator for RawEvents<'_> {
    type Item = Result<RawEvent>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        let start = self.pos;
        let &number = self.data.get(start)?;
        let mut pos = start + 1;
        let count = ARG_COUNT[usize::from(number)];
        let (Some(event), true) = (EventType::from_wire(number), count != UNTIMED) else {
            return Some(Err(self.fail(pos, None)));
        };
        match uvarint(self.data, &mut pos) {
            Ok(ticks) => self.time = self.time.wrapping_add(ticks),
            Err(e) => return Some(Err(self.fail(pos, Some(e)))),
        }
        let mut args = [0; 4];
        for arg in args.iter_mut().take(usize::from(count)) {
            match uvarint(self.data, &mut pos) {
                Ok(value) => *arg = value,
                Err(e) => return Some(Err(self.fail(pos, Some(e)))),
            }
        }
        self.pos = pos;
        Some(Ok(RawEvent { event, offset: self.base + start, time: Timestamp(self.time), args }))
    }
}

/// Creates the error for a bad varint at `pos` of data that begin at `base` in the
/// file and are `len` long.
#[cold]
#[inline(never)]
pub(crate) fn bad_varint(base: usize, pos: usize, len: usize, e: VarintError, inside: &'static str) -> Error {
    match e {
        VarintError::Truncated => Error::at(base + len, ErrorKind::Truncated { inside }),
        VarintError::Overflow => Error::at(base + pos, ErrorKind::VarintOverflow { inside }),
    }
}

/// An event of any type, with its trailer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WireEvent<'a> {
    /// The type of the event.
    pub event: EventType,
    /// The offset of the event in the file, in bytes; 0 for one read from text.
    pub offset: usize,
    /// All arguments, the time difference included; behind them, for a
    /// `Stack`, four numbers for each frame: PC, function, file, line.
    pub args: SmallVec<[u64; 8]>,
    /// The bytes of the trailer; empty for events without one.
    pub data: std::borrow::Cow<'a, [u8]>,
    /// The length of each varint in bytes (of the trailer's length last), if one is longer than
    /// need be; else empty.
    pub widths: SmallVec<[u8; 8]>,
}

/// An iterator over every event of a file, in the order of the file.
///
/// After an error the iterator is finished.
#[derive(Clone, Debug)]
pub struct WireEvents<'a> {
    file: &'a [u8],
    pos: usize,
    known: usize,
}

impl<'a> WireEvents<'a> {
    /// Reads the header and creates an iterator over the events of a whole file.
    ///
    /// # Errors
    /// Those of [`Version::parse_header`], and `NoTextForm` for a v1 trace.
    pub fn new(file: &'a [u8]) -> Result<WireEvents<'a>> {
        let version = Version::parse_header(file)?;
        if version.is_v1() {
            return Err(Error::at(5, ErrorKind::NoTextForm { minor: version.minor() }));
        }
        Ok(WireEvents { file, pos: HEADER_LEN, known: EventType::named_in(version).count() })
    }

    /// Has the iterator read the experimental events of Go 1.23 to 1.25 files too, which
    /// Go's raw reader refuses.
    #[must_use]
    pub fn with_experimental(mut self) -> WireEvents<'a> {
        self.known = 256;
        self
    }

    /// Returns the events from an offset on, at which one begins.
    pub(crate) fn at(self, offset: usize) -> WireEvents<'a> {
        WireEvents { pos: offset, ..self }
    }

    /// Returns the offset of the next event in the file, in bytes.
    pub fn offset(&self) -> usize {
        self.pos
    }

    fn read(&mut self) -> Result<WireEvent<'a>> {
        let offset = self.pos;
        let number = self.file.get(offset).copied().unwrap_or_default();
        let Some(event) = EventType::from_wire(number).filter(|_| usize::from(number) < self.known) else {
            return Err(Error::at(offset, ErrorKind::UnknownEventType { found: number }));
        };
        let spec = event.spec();
        let mut pos = offset + 1;
        let mut widths = SmallVec::new();
        let mut padded = false;
        let mut number = |pos: &mut usize| {
            let start = *pos;
            let value = uvarint(self.file, pos)
                .map_err(|e| bad_varint(0, start, self.file.len(), e, "an event's arguments"))?;
            let width = *pos - start;
            padded |= width != crate::base::bytes::uvarint_len(value);
            widths.push(width as u8);
            Ok(value)
        };
        let mut args: SmallVec<[u64; 8]> = SmallVec::new();
        for _ in spec.args {
            args.push(number(&mut pos)?);
        }
        if spec.layout == Layout::Frames {
            let frames = args.last().copied().unwrap_or_default();
            // No cap: each frame takes bytes of the file, so that memory stays in proportion.
            for _ in 0..frames.saturating_mul(4) {
                args.push(number(&mut pos)?);
            }
        }
        let mut data = &[][..];
        if spec.layout == Layout::Data {
            let size = number(&mut pos)?;
            let end = usize::try_from(size).ok().and_then(|size| pos.checked_add(size));
            data = end
                .and_then(|end| self.file.get(pos..end))
                .ok_or_else(|| Error::at(self.file.len(), ErrorKind::Truncated { inside: "an event's data" }))?;
            pos += data.len();
        }
        if !padded {
            widths.clear();
        }
        self.pos = pos;
        Ok(WireEvent { event, offset, args, data: data.into(), widths })
    }
}

impl<'a> Iterator for WireEvents<'a> {
    type Item = Result<WireEvent<'a>>;

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
