//! Batches of CPU samples.

use crate::base::bytes::uvarint;
use crate::base::ids::{GoId, ProcId, StackId, ThreadId, optional};
use crate::base::time::Timestamp;
use crate::error::{Error, ErrorKind, Result};
use crate::spec::v2::EventType;
use crate::wire::v2::batch::Batch;
use crate::wire::v2::event::bad_varint;

/// The name of the part cut off where such a batch ends early.
pub(crate) const ENTRY: &str = "a CPU sample";

/// A CPU profile sample as the wire has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawSample {
    /// The offset of the sample in the file, in bytes.
    pub offset: usize,
    /// The time of the sample, in ticks.
    pub time: Timestamp,
    /// The M that it interrupted.
    pub thread: Option<ThreadId>,
    /// The P that the M had.
    pub proc: Option<ProcId>,
    /// The goroutine that was running.
    pub goroutine: Option<GoId>,
    /// The stack that was being executed.
    pub stack: StackId,
}

/// Calls `entry` with each sample of a batch; errs where the batch holds anything else.
pub(crate) fn read(batch: &Batch<'_>, mut entry: impl FnMut(RawSample)) -> Result<()> {
    let (data, base) = (batch.data, batch.data_offset);
    let mut pos = 1; // The byte that says `CPUSamples`.
    while let Some(&found) = data.get(pos) {
        let offset = base + pos;
        if found != EventType::CPUSample as u8 {
            return Err(Error::at(offset, ErrorKind::ExpectedEntry { expected: "a CPU sample", found }));
        }
        pos += 1;
        let mut number = || uvarint(data, &mut pos).map_err(|e| bad_varint(base, pos, data.len(), e, ENTRY));
        entry(RawSample {
            offset,
            time: Timestamp(number()?),
            thread: optional(number()?),
            proc: optional(number()?),
            // The runtime writes goroutine 0 for a sample outside any goroutine.
            goroutine: optional(number()?).filter(|g: &GoId| g.0 != 0),
            stack: StackId(number()?),
        });
    }
    Ok(())
}
