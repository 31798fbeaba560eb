//! Framing: the batches that a file consists of.

use crate::base::bytes::{VarintError, uvarint};
use crate::base::ids::{ThreadId, optional};
use crate::base::limits::MAX_BATCH_SIZE;
use crate::base::time::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::spec::v2::EventType;
use crate::spec::version::Version;
use std::sync::Arc;

/// The name of the part cut off in a file that ends behind the first byte of an experimental batch.
pub(crate) const EXPERIMENT_NUMBER: &str = "a batch's experiment number";

/// One batch: its header, and its bytes as a slice of the file.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// The offset of the batch's header in the file, in bytes.
    pub offset: usize,
    /// The offset of the batch's data in the file, in bytes.
    pub data_offset: usize,
    /// The generation that the batch belongs to.
    pub generation: u64,
    /// The M that wrote the batch; none for tables.
    pub thread: Option<ThreadId>,
    /// The time that the first event's difference adds to, in ticks.
    pub time: Timestamp,
    /// The number of the experiment that the batch belongs to; 0 is none.
    pub experiment: u8,
    /// The bytes behind the header.
    pub data: &'a [u8],
}

/// The kind of a batch's contents, as its first byte says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BatchKind {
    /// The events of one M.
    Events,
    /// Entries of the string table.
    Strings,
    /// Entries of the stack table.
    Stacks,
    /// CPU profile samples.
    Samples,
    /// Frequency and clock snapshot.
    Sync,
    /// The data of an experiment.
    Experimental,
}

impl<'a> Batch<'a> {
    /// Returns the kind of the contents, in a file of that version.
    pub fn kind(&self, version: Version) -> BatchKind {
        if self.experiment != 0 {
            return BatchKind::Experimental;
        }
        let sync = if version < Version::Go125 { EventType::Frequency } else { EventType::Sync };
        match self.data.first().copied().and_then(EventType::from_wire) {
            Some(EventType::Strings) => BatchKind::Strings,
            Some(EventType::Stacks) => BatchKind::Stacks,
            Some(EventType::CPUSamples) => BatchKind::Samples,
            Some(event) if event == sync => BatchKind::Sync,
            _ => BatchKind::Events,
        }
    }

    /// Returns the offset of the end of the data in the file, in bytes.
    pub fn end(&self) -> usize {
        self.data_offset + self.data.len()
    }
}

/// One piece of the file's framing.
#[derive(Clone, Copy, Debug)]
pub enum Frame<'a> {
    /// A batch.
    Batch(Batch<'a>),
    /// The mark that ends a generation (Go 1.26+), at that offset in bytes.
    EndOfGeneration(usize),
}

/// An iterator over the frames of `file` from a byte offset on.
///
/// After an error the iterator is finished.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    file: &'a [u8],
    pos: usize,
    jumps: Jumps,
}

/// A damaged stretch to pass over: the bytes from `at` to `resume`. A batch that reaches over
/// `at` is cut there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Jump {
    pub(crate) at: usize,
    pub(crate) resume: usize,
}

/// Jumps in the order of the file; `None` in a good trace.
pub(crate) type Jumps = Option<Arc<[Jump]>>;

impl<'a> Frames<'a> {
    /// Creates an iterator over the frames from `pos` on, the first byte after the header.
    pub fn new(file: &'a [u8], pos: usize) -> Frames<'a> {
        Frames { file, pos, jumps: None }
    }

    /// Has the iterator pass over damaged stretches.
    pub(crate) fn with_jumps(mut self, jumps: Jumps) -> Frames<'a> {
        self.jumps = jumps;
        self
    }

    /// Returns the next jump at or behind `pos`.
    fn jump(&self, pos: usize) -> Option<Jump> {
        let jumps = self.jumps.as_deref()?;
        jumps.get(jumps.partition_point(|jump| jump.at < pos)).copied()
    }

    /// Returns the offset of the next frame in the file, in bytes.
    pub fn offset(&self) -> usize {
        self.pos
    }

    fn number(&self, pos: &mut usize, inside: &'static str) -> Result<u64> {
        uvarint(self.file, pos).map_err(|e| match e {
            VarintError::Truncated => Error::at(self.file.len(), ErrorKind::Truncated { inside }),
            VarintError::Overflow => Error::at(*pos, ErrorKind::VarintOverflow { inside }),
        })
    }

    fn read(&mut self) -> Result<Frame<'a>> {
        let offset = self.pos;
        let mut pos = offset + 1;
        let found = self.file.get(offset).copied().unwrap_or_default();
        let experimental = match EventType::from_wire(found) {
            Some(EventType::EndOfGeneration) => {
                self.pos = pos;
                return Ok(Frame::EndOfGeneration(offset));
            }
            Some(EventType::EventBatch) => false,
            Some(EventType::ExperimentalBatch) => true,
            _ => return Err(Error::at(offset, ErrorKind::ExpectedBatch { found })),
        };
        let mut experiment = 0;
        if experimental {
            let Some(&byte) = self.file.get(pos) else {
                return Err(Error::at(pos, ErrorKind::Truncated { inside: EXPERIMENT_NUMBER }));
            };
            experiment = byte;
            pos += 1;
        }
        let generation = self.number(&mut pos, "a batch's generation")?;
        let thread = self.number(&mut pos, "a batch's thread")?;
        let time = self.number(&mut pos, "a batch's time")?;
        let size_at = pos;
        let size = self.number(&mut pos, "a batch's size")?;
        let cut = self.jump(offset + 1);
        // A batch that a jump cuts ends there, whatever length it states.
        if size > MAX_BATCH_SIZE && cut.is_none() {
            return Err(Error::at(size_at, ErrorKind::BatchTooLarge { size }).in_generation(generation));
        }
        let whole = pos..pos.saturating_add(usize::try_from(size).unwrap_or(usize::MAX));
        let cut = cut.filter(|jump| jump.at < whole.end);
        let range = cut.map_or(whole, |jump| pos..jump.at);
        let Some(data) = self.file.get(range) else {
            let left = (self.file.len() - pos) as u64;
            return Err(Error::at(pos, ErrorKind::BatchTruncated { size, left }).in_generation(generation));
        };
        self.pos = pos + data.len();
        Ok(Frame::Batch(Batch {
            offset,
            data_offset: pos,
            generation,
            thread: optional(thread),
            time: Timestamp(time),
            experiment,
            data,
        }))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(jump) = self.jump(self.pos).filter(|jump| jump.at == self.pos && jump.resume > self.pos) {
            self.pos = jump.resume;
        }
        if self.pos >= self.file.len() {
            return None;
        }
        let frame = self.read();
        if frame.is_err() {
            self.pos = self.file.len();
        }
        Some(frame)
    }
}
