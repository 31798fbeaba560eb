//! Frames of the output: headers, the batches of each M, the sync batch.

use super::make::Planned;
use super::model::NONE;
use crate::base::bytes::put_uvarint;
use crate::base::limits::{MAX_BATCH_SIZE, MAX_VARINT_BYTES};
use crate::generation::ClockSnapshot;
use crate::spec::v2::EventType;
use crate::spec::version::Version;
use rustc_hash::FxHashMap;
use std::io::{self, Write};

/// Number of the generation, unless another one is set.
const GENERATION: u64 = 1;

/// Frequency of the output's clock: a tick a nanosecond.
const HZ: u64 = 1_000_000_000;

/// Most bytes of all Ms' unfinished batches, unless that leaves each less than [`LEAST`].
const MOST_IN_ALL: usize = 16 << 20;
const LEAST: usize = 1 << 10;

/// Most bytes that an event takes.
const EVENT: usize = 1 + crate::base::limits::MAX_TIMED_ARGS * MAX_VARINT_BYTES;

/// A batch that is not finished.
#[derive(Debug, Default)]
struct Open {
    data: Vec<u8>,
    /// Time that its header states, and time of its last event.
    base: u64,
    last: u64,
}

/// Unfinished batches, and the output that they go to.
#[derive(Debug)]
pub(crate) struct Batches<W> {
    out: W,
    open: FxHashMap<u64, Open>,
    /// Ms in the order of their first events.
    threads: Vec<u64>,
    /// Time in the headers of batches without times.
    start: u64,
    generation: u64,
}

/// The header of a batch, but for its size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) generation: u64,
    pub(crate) thread: u64,
    pub(crate) time: u64,
    /// Number of the experiment that the batch belongs to; 0 is none.
    pub(crate) experiment: u8,
}

impl Frame {
    /// Writes a batch with these data.
    pub(crate) fn write(&self, data: &[u8], out: &mut impl Write) -> io::Result<()> {
        let mut header = match self.experiment {
            0 => vec![EventType::EventBatch as u8],
            experiment => vec![EventType::ExperimentalBatch as u8, experiment],
        };
        for number in [self.generation, self.thread, self.time, data.len() as u64] {
            put_uvarint(&mut header, number);
        }
        out.write_all(&header)?;
        out.write_all(data)
    }
}

impl<W: Write> Batches<W> {
    pub(crate) fn new(out: W) -> Batches<W> {
        Batches { out, open: FxHashMap::default(), threads: Vec::new(), start: 1, generation: GENERATION }
    }

    /// Sets the number of the generation.
    pub(crate) fn set_generation(&mut self, number: u64) {
        self.generation = number;
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)
    }

    /// Writes the sync batch: the clock's frequency, and the time of day.
    pub(crate) fn sync(&mut self, version: Version, start: u64, snapshot: Option<ClockSnapshot>) -> io::Result<()> {
        self.start = start;
        let mut data = Vec::new();
        if version >= Version::Go125 {
            data.push(EventType::Sync as u8);
        }
        data.push(EventType::Frequency as u8);
        put_uvarint(&mut data, HZ);
        if version >= Version::Go125 {
            data.push(EventType::ClockSnapshot as u8);
            // Without a snapshot the clock is taken for the monotonic one, as in most
            // traces.
            let (time, mono, secs, nanos) = match snapshot {
                Some(at) => (at.time.0 as u64, at.mono, at.wall.secs as u64, u64::from(at.wall.nanos)),
                None => (start, start, 0, 0),
            };
            for number in [time.wrapping_sub(start), mono, secs, nanos] {
                put_uvarint(&mut data, number);
            }
        }
        self.write(NONE, start, &data)
    }

    /// Writes a batch of a table.
    pub(crate) fn table(&mut self, data: &[u8]) -> io::Result<()> {
        self.write(NONE, self.start, data)
    }

    /// Writes a batch of an experiment.
    pub(crate) fn experiment(&mut self, experiment: u8, data: &[u8]) -> io::Result<()> {
        let frame = Frame { generation: self.generation, thread: NONE, time: self.start, experiment };
        frame.write(data, &mut self.out)
    }

    /// Adds an event to its M's batch.
    pub(crate) fn event(&mut self, planned: &Planned, time: u64) -> io::Result<()> {
        // The more Ms there are, the smaller are their batches, so that memory stays
        // bounded.
        let most = (MOST_IN_ALL / (self.open.len() + 1)).clamp(LEAST, MAX_BATCH_SIZE as usize) - EVENT;
        let Planned { thread, event, args } = planned;
        let open = self.open.entry(*thread).or_insert_with(|| {
            self.threads.push(*thread);
            Open::default()
        });
        // A reader converts differences to floats: larger ones than this are not exact.
        if open.data.len() > most || time - open.last >= 1 << f64::MANTISSA_DIGITS {
            let full = std::mem::take(open);
            self.write(*thread, full.base, &full.data)?;
        }
        let Some(open) = self.open.get_mut(thread) else { return Ok(()) };
        if open.data.is_empty() {
            open.base = as_float(time);
            open.last = open.base;
        }
        open.data.push(*event as u8);
        put_uvarint(&mut open.data, time - open.last);
        open.last = time;
        let count = event.spec().args.len().saturating_sub(1);
        args.iter().take(count).for_each(|&arg| put_uvarint(&mut open.data, arg));
        Ok(())
    }

    /// Writes the rest, and the mark that ends a generation.
    pub(crate) fn finish(mut self, version: Version) -> io::Result<W> {
        for thread in std::mem::take(&mut self.threads) {
            if let Some(open) = self.open.remove(&thread) {
                self.write(thread, open.base, &open.data)?;
            }
        }
        // Older versions end a generation with the file.
        if version >= Version::Go126 {
            self.raw(&[EventType::EndOfGeneration as u8])?;
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn write(&mut self, thread: u64, time: u64, data: &[u8]) -> io::Result<()> {
        if data.is_empty() {
            return Ok(());
        }
        let frame = Frame { generation: self.generation, thread, time, experiment: 0 };
        frame.write(data, &mut self.out)
    }
}

/// Returns the latest time not after `time` that a float represents exactly, as readers
/// convert the time in a batch's header.
fn as_float(time: u64) -> u64 {
    let spare = (u64::BITS - time.leading_zeros()).saturating_sub(f64::MANTISSA_DIGITS);
    time >> spare << spare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_floats_hold() {
        for time in [1, 1 << 53, (1 << 53) + 1, u64::MAX, 0x7fff_ffff_ffff_fc01, 12_345_678_901_234_567] {
            let base = as_float(time);
            assert!(base <= time && time - base < 2048 && base as f64 as u64 == base, "{time}");
        }
    }

    #[test]
    fn batches_stay_below_the_limit() {
        let mut out = Vec::new();
        let mut batches = Batches::new(&mut out);
        let planned = Planned { thread: 7, event: EventType::UserLog, args: [u64::MAX; 4] };
        for n in 0..5000 {
            batches.event(&planned, 1 + n).unwrap();
        }
        batches.finish(Version::Go122).unwrap();
        let frames: Vec<_> = crate::wire::v2::batch::Frames::new(&out, 0).collect::<Result<_, _>>().unwrap();
        assert!(frames.len() > 2);
    }
}
