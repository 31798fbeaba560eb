//! Headers that may be any bytes.

use crate::limits::MAX_BATCH_SIZE;
use crate::time::Timestamp;
use crate::version::{HEADER_LEN, Version};
use crate::wire::v2::batch::Batch;
use crate::wire::v2::spec::EventType;

/// The version that a header there states.
pub(super) fn header_at(file: &[u8], at: usize) -> Option<Version> {
    let header = file.get(at..at.checked_add(HEADER_LEN)?).filter(|header| header.starts_with(b"go 1."))?;
    Version::parse_header(header).ok()
}

/// A batch's header, whatever stands behind it.
#[derive(Clone, Copy)]
pub(super) struct Header {
    pub(super) offset: usize,
    pub(super) generation: u64,
    pub(super) time: u64,
    /// Where the batch's data begin.
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
        let mut number = || crate::bytes::uvarint(file, &mut pos).ok();
        let (generation, _thread, time, size) = (number()?, number()?, number()?, number()?);
        Some(Header { offset, generation, time, data: pos, size }).filter(|header| header.size <= MAX_BATCH_SIZE)
    }

    /// The batch, with what there is of it.
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

    /// Where the batch ends, if the file has all of it.
    pub(super) fn end(&self, file: &[u8]) -> Option<usize> {
        let end = self.data.checked_add(usize::try_from(self.size).ok()?)?;
        (end <= file.len()).then_some(end)
    }
}
