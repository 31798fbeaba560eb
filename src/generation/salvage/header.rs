//! Headers of batches in data that may be damaged.

use crate::base::limits::MAX_BATCH_SIZE;
use crate::base::time::Timestamp;
use crate::spec::v2::EventType;
use crate::spec::version::{HEADER_LEN, Version};
use crate::wire::v2::batch::Batch;
use std::ops::Range;

/// Returns the version that a trace header there states, if there is one.
pub(super) fn header_at(file: &[u8], at: usize) -> Option<Version> {
    let header = file.get(at..at.checked_add(HEADER_LEN)?).filter(|header| header.starts_with(b"go 1."))?;
    Version::parse_header(header).ok()
}

/// Iterates over the offsets, in a range of the file, of bytes that may begin a batch or
/// the header of a trace.
pub(super) fn starts(file: &[u8], range: Range<usize>) -> impl Iterator<Item = usize> {
    let from = range.start;
    let (batch, experimental) = (EventType::EventBatch as u8, EventType::ExperimentalBatch as u8);
    memchr::memchr3_iter(batch, experimental, b'g', file.get(range).unwrap_or_default()).map(move |at| from + at)
}

/// A batch's header; the batch behind it may be damaged.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) offset: usize,
    pub(super) generation: u64,
    pub(super) time: u64,
    /// The offset of the batch's data.
    pub(super) data: usize,
    size: u64,
}

impl Header {
    pub(super) fn at(file: &[u8], offset: usize) -> Option<Header> {
        let mut pos = match EventType::from_wire(*file.get(offset)?)? {
            EventType::EventBatch => offset + 1,
            EventType::ExperimentalBatch => offset + 2,
            _ => return None,
        };
        let mut number = || crate::base::bytes::uvarint(file, &mut pos).ok();
        let (generation, _thread, time, size) = (number()?, number()?, number()?, number()?);
        Some(Header { offset, generation, time, data: pos, size }).filter(|header| header.size <= MAX_BATCH_SIZE)
    }

    /// Returns the batch, shortened if the file ends within it.
    pub(super) fn batch<'a>(&self, file: &'a [u8]) -> Batch<'a> {
        let experimental = file.get(self.offset) == Some(&(EventType::ExperimentalBatch as u8));
        let end = self.data.saturating_add(self.size as usize).min(file.len());
        Batch {
            offset: self.offset,
            data_offset: self.data,
            generation: self.generation,
            thread: None,
            time: Timestamp(self.time),
            experiment: u8::from(experimental),
            data: file.get(self.data..end).unwrap_or_default(),
        }
    }

    /// Returns the offset of the batch's end, if the file has all of it.
    pub(super) fn end(&self, file: &[u8]) -> Option<usize> {
        let end = self.data.checked_add(usize::try_from(self.size).ok()?)?;
        (end <= file.len()).then_some(end)
    }
}
