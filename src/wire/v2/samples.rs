//! The CPU samples' batches.

use crate::bytes::uvarint;
use crate::error::{Error, ErrorKind, Result};
use crate::ids::{GoId, ProcId, StackId, ThreadId, optional};
use crate::time::Timestamp;
use crate::wire::v2::batch::Batch;
use crate::wire::v2::event::bad_varint;
use crate::wire::v2::spec::EventType;

/// A CPU profile sample as the wire has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawSample {
    /// Where it begins in the file, in bytes.
    pub offset: usize,
    /// When it was taken, in ticks.
    pub time: Timestamp,
    /// The M that it interrupted.
    pub thread: Option<ThreadId>,
    /// The P that the M had.
    pub proc: Option<ProcId>,
    /// The goroutine that was running.
    pub goroutine: Option<GoId>,
    /// What was being executed.
    pub stack: StackId,
}

/// Calls `entry` with each sample of a batch.
pub(crate) fn read(batch: &Batch<'_>, mut entry: impl FnMut(RawSample)) -> Result<()> {
    let (data, base) = (batch.data, batch.data_offset);
    let mut pos = 1; // The byte that says `CPUSamples`.
    while let Some(&found) = data.get(pos) {
        let offset = base + pos;
        if found != EventType::CPUSample as u8 {
            return Err(Error::at(offset, ErrorKind::ExpectedEntry { expected: "a CPU sample", found }));
        }
        pos += 1;
        let mut number = || uvarint(data, &mut pos).map_err(|e| bad_varint(base, pos, data.len(), e, "a CPU sample"));
        entry(RawSample {
            offset,
            time: Timestamp(number()?),
            thread: optional(number()?),
            proc: optional(number()?),
            // A sample outside any goroutine says goroutine 0.
            goroutine: optional(number()?).filter(|g: &GoId| g.0 != 0),
            stack: StackId(number()?),
        });
    }
    Ok(())
}
