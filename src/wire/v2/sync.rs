//! The sync batch: how long a tick is and, from Go 1.25, what time it was.

use crate::bytes::uvarint;
use crate::error::{Error, ErrorKind, Result};
use crate::time::{Frequency, Timestamp};
use crate::version::Version;
use crate::wire::v2::batch::Batch;
use crate::wire::v2::event::bad_varint;
use crate::wire::v2::spec::EventType;

/// A near-simultaneous reading of three clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawClockSnapshot {
    /// The trace clock, in ticks.
    pub time: Timestamp,
    /// The monotonic clock, in nanoseconds.
    pub mono: u64,
    /// Wall-clock time: seconds since 1970.
    pub wall_secs: i64,
    /// Wall-clock time: nanoseconds on top.
    pub wall_nanos: i64,
}

/// What the sync batches of a generation say.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct RawSync {
    /// How long a tick is.
    pub frequency: Option<Frequency>,
    /// What time it was (Go 1.25+).
    pub snapshot: Option<RawClockSnapshot>,
}

/// Reads a sync batch into `sync`.
pub(crate) fn read(batch: &Batch<'_>, version: Version, sync: &mut RawSync) -> Result<()> {
    let (data, base) = (batch.data, batch.data_offset);
    // Before 1.25 the batch is the frequency event itself.
    let mut pos = usize::from(version >= Version::Go125);
    let mut time = batch.time.0;
    while let Some(&found) = data.get(pos) {
        let offset = base + pos;
        pos += 1;
        let mut number = || uvarint(data, &mut pos).map_err(|e| bad_varint(base, pos, data.len(), e, "a sync batch"));
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
