//! Sync batches: the length of a tick and, from Go 1.25, a snapshot of the clocks.

use crate::base::bytes::uvarint;
use crate::base::time::{Frequency, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::spec::v2::EventType;
use crate::spec::version::Version;
use crate::wire::v2::batch::Batch;
use crate::wire::v2::event::bad_varint;

/// The name of the part cut off where such a batch ends early.
pub(crate) const ENTRY: &str = "a sync batch";

/// A near-simultaneous reading of three clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawClockSnapshot {
    /// The trace clock, in ticks.
    pub time: Timestamp,
    /// The monotonic clock, in nanoseconds.
    pub mono: u64,
    /// Wall-clock time: seconds since 1970.
    pub wall_secs: i64,
    /// Wall-clock time: nanoseconds on top of the seconds.
    pub wall_nanos: i64,
}

/// The contents of a generation's sync batches.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct RawSync {
    /// The length of a tick.
    pub frequency: Option<Frequency>,
    /// The snapshot of the clocks (Go 1.25+).
    pub snapshot: Option<RawClockSnapshot>,
}

/// Reads a sync batch into `sync`; errs where it holds anything else, or something twice.
pub(crate) fn read(batch: &Batch<'_>, version: Version, sync: &mut RawSync) -> Result<()> {
    let (data, base) = (batch.data, batch.data_offset);
    // Before 1.25 the batch is the frequency event itself.
    let mut pos = usize::from(version >= Version::Go125);
    let mut time = batch.time.0;
    while let Some(&found) = data.get(pos) {
        let offset = base + pos;
        pos += 1;
        let mut number = || uvarint(data, &mut pos).map_err(|e| bad_varint(base, pos, data.len(), e, ENTRY));
        match EventType::from_wire(found) {
            Some(EventType::Frequency) => {
                if sync.frequency.is_some() {
                    return Err(Error::at(offset, ErrorKind::DuplicateFrequency));
                }
                sync.frequency = Some(Frequency::from_hz(number()?));
            }
            Some(EventType::ClockSnapshot) if version >= Version::Go125 => {
                if sync.snapshot.is_some() {
                    return Err(Error::at(offset, ErrorKind::DuplicateClockSnapshot));
                }
                time = time.wrapping_add(number()?);
                sync.snapshot = Some(RawClockSnapshot {
                    time: Timestamp(time),
                    mono: number()?,
                    wall_secs: number()? as i64,
                    wall_nanos: number()? as i64,
                });
            }
            _ => {
                let expected = "a frequency or a clock snapshot";
                return Err(Error::at(offset, ErrorKind::ExpectedEntry { expected, found }));
            }
        }
    }
    Ok(())
}
