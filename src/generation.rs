//! Generations: stretches of a trace, usually of a second, each with tables of its
//! own. `split` cuts a file into generations; `tables` indexes their strings and stacks.

pub(crate) mod framed;
mod recent;
pub(crate) mod salvage;
pub(crate) mod split;
pub(crate) mod stack;
pub(crate) mod tables;
pub(crate) mod v1;

use crate::base::ids::StringId;
use crate::base::time::{Frequency, Time, Timestamp};
use crate::error::{Error, ErrorKind, Result};
use crate::generation::stack::Stack;
use crate::generation::v1::index::Index;
use crate::spec::version::Version;
use crate::symbols::Symbols;
use crate::wire::v2::batch::{Batch, BatchKind, Frame, Frames, Jumps};
use crate::wire::v2::event::RawEvents;
use crate::wire::v2::experiment::ExperimentalBatch;
use crate::wire::v2::samples::{self, RawSample};
use crate::wire::v2::stacks::RawFrame;
use crate::wire::v2::sync::RawSync;
use recent::Recent;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use tables::Tables;

/// The name shown in place of one that a damaged trace has lost.
pub const LOST_NAME: &[u8] = b"(lost)";

/// One generation of a trace: its bytes in the file, its clock, and the
/// strings and stacks that its events name.
///
/// It borrows the file; names and frames are slices of it. The index of its
/// tables is built when first needed and dropped when an event stream has passed the
/// generation, so that memory does not grow with the trace.
pub struct Generation<'a> {
    pub(crate) file: &'a [u8],
    pub(crate) version: Version,
    pub(crate) index: usize,
    number: u64,
    range: Range<usize>,
    sync: RawSync,
    min_time: Timestamp,
    /// True if it is whole; false if the file ends within it.
    complete: bool,
    /// True if it is the first of a trace that follows another in the file.
    begins_trace: bool,
    /// Damaged stretches of the file, to pass over.
    jumps: Jumps,
    tables: Mutex<Option<Arc<Tables>>>,
    recent: Recent,
    /// The index of a v1 trace, which is one generation.
    pub(crate) v1: Option<Arc<Index>>,
    /// The names of program counters, for a trace whose stacks have nothing else.
    pub(crate) symbols: Option<&'a Symbols>,
}

impl<'a> Generation<'a> {
    /// Creates the one generation of a v1 trace, whose header ends at `start`.
    pub(crate) fn of_v1(file: &'a [u8], start: usize, index: Index, complete: bool) -> Generation<'a> {
        let frequency = index.hz.map(Frequency::from_hz);
        Generation {
            file,
            version: index.version,
            index: 0,
            number: 1,
            range: start..index.end,
            sync: RawSync { frequency, ..RawSync::default() },
            min_time: Timestamp(index.batches.iter().map(|batch| batch.ticks).min().unwrap_or_default()),
            complete,
            begins_trace: false,
            jumps: Jumps::default(),
            tables: Mutex::new(None),
            recent: Recent::default(),
            v1: Some(Arc::new(index)),
            symbols: None,
        }
    }

    /// Returns the generation's number, which counts from 1 when the program first traces.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the generation's index among those of the trace, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the byte range of the generation in the file, end mark included.
    pub fn byte_range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Returns the frequency of the generation's clock.
    pub fn frequency(&self) -> Frequency {
        // `split` and `salvage` hand out no generation without a frequency.
        self.sync.frequency.unwrap_or(Frequency::from_hz(1_000_000_000))
    }

    /// Returns the earliest time that a batch states.
    pub fn start(&self) -> Time {
        self.frequency().time(self.min_time)
    }

    /// Returns the snapshot of the clocks (Go 1.25+), if there is one.
    pub fn clock_snapshot(&self) -> Option<ClockSnapshot> {
        let raw = self.sync.snapshot?;
        Some(ClockSnapshot {
            time: self.frequency().time(raw.time),
            mono: raw.mono,
            wall: WallTime::new(raw.wall_secs, raw.wall_nanos),
        })
    }

    /// Returns whether the generation is whole. One that a crash cut short is not: strings and
    /// stacks may be missing.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Returns whether the generation is the first of a trace that follows another in the file.
    pub(crate) fn begins_trace(&self) -> bool {
        self.begins_trace
    }

    /// Iterates over the batches, in the order of the file. A v1 trace has none; its events
    /// are read by [`v1::event::RawEvents`](crate::wire::v1::event::RawEvents).
    pub fn batches(&self) -> impl Iterator<Item = Batch<'a>> + use<'a> {
        let end = if self.v1.is_some() { self.range.start } else { self.range.end };
        let file = self.file.get(..end).unwrap_or_default();
        Frames::new(file, self.range.start).with_jumps(self.jumps.clone()).filter_map(|frame| match frame {
            Ok(Frame::Batch(batch)) => Some(batch),
            // No error is left: `split` has read the frames, `salvage` has noted the bad ones.
            Ok(Frame::EndOfGeneration(_)) | Err(_) => None,
        })
    }

    /// Iterates over the batches of that kind.
    pub fn batches_of(&self, kind: BatchKind) -> impl Iterator<Item = Batch<'a>> + use<'a> {
        let version = self.version;
        self.batches().filter(move |batch| batch.kind(version) == kind)
    }

    /// Iterates over the experimental batches.
    pub fn experimental_batches(&self) -> impl Iterator<Item = ExperimentalBatch<'a>> + use<'a> {
        self.batches_of(BatchKind::Experimental).map(|batch| ExperimentalBatch::new(&batch))
    }

    /// Returns whether at least one event or CPU sample can be read.
    pub(crate) fn has_events(&self) -> bool {
        if let Some(index) = &self.v1 {
            return index.events > 0 || !index.samples.is_empty();
        }
        let mut batches = self.batches_of(BatchKind::Events);
        batches.any(|batch| RawEvents::new(&batch).any(|event| event.is_ok())) || !self.good_samples().0.is_empty()
    }

    /// Returns the CPU samples, in the order of the file, which is not that of time.
    ///
    /// # Errors
    /// If a batch of samples is malformed.
    pub fn raw_samples(&self) -> Result<Vec<RawSample>> {
        let (samples, defect) = self.good_samples();
        defect.map_or(Ok(samples), Err)
    }

    /// Returns the CPU samples and the first defect of their batches. In a batch with a defect,
    /// the samples behind it are missing.
    pub(crate) fn good_samples(&self) -> (Vec<RawSample>, Option<Error>) {
        if let Some(index) = &self.v1 {
            return (index.samples.clone(), None);
        }
        let (mut samples, mut defect) = (Vec::new(), None);
        for batch in self.batches_of(BatchKind::Samples) {
            if let Err(e) = samples::read(&batch, |sample| samples.push(sample)) {
                defect.get_or_insert(e.in_generation(self.number));
            }
        }
        (samples, defect)
    }

    /// Returns the string with that ID, not necessarily UTF-8; `None` if there is none.
    pub fn string(&self, id: StringId) -> Option<&'a [u8]> {
        if let Some(known) = self.recent.get(self.file, id.0) {
            return Some(known);
        }
        let string = match &self.v1 {
            _ if id.0 == 0 => return Some(b""),
            Some(index) => index.tables.string(self.file, id)?,
            None => self.tables().string(self.file, id)?,
        };
        self.recent.put(self.file, id.0, string);
        Some(string)
    }

    /// Returns the string with that ID, or [`lost_name`](Self::lost_name).
    pub(crate) fn name(&self, id: StringId) -> &'a [u8] {
        self.string(id).unwrap_or(self.lost_name())
    }

    /// Returns the name shown in place of a lost one. In traces of Go 1.21 and older it is
    /// empty, as in Go's own tools.
    pub(crate) fn lost_name(&self) -> &'static [u8] {
        if self.v1.is_some() { b"" } else { LOST_NAME }
    }

    /// Returns every string of the table with its ID, in no particular order.
    pub fn strings(&self) -> Vec<(StringId, &'a [u8])> {
        let tables = self.tables();
        tables.string_ids().filter_map(|id| Some((id, tables.string(self.file, id)?))).collect()
    }

    /// Returns every stack of the table, in no particular order.
    pub fn stacks<'t>(&'t self) -> Vec<Stack<'t>> {
        self.tables().stack_ids().filter_map(|id| Stack::new(self, id.0)).collect()
    }

    /// Returns the index of the tables, built now unless it is there.
    pub(crate) fn tables(&self) -> Arc<Tables> {
        if let Some(index) = &self.v1 {
            return Arc::clone(&index.tables);
        }
        let mut slot = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slot.get_or_insert_with(|| Arc::new(Tables::index(|kind| self.batches_of(kind), self.number))))
    }

    /// Returns the frame that Go's reader shows in place of a frame of the table.
    pub(crate) fn canonical(&self, tables: &Tables, frame: RawFrame) -> RawFrame {
        tables.canonical(self.file, || self.batches_of(BatchKind::Stacks), frame)
    }

    /// Drops the index of the tables; it is built anew if needed again.
    pub(crate) fn forget_tables(&self) {
        *self.tables.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl fmt::Debug for Generation<'_> {
    /// Shows where it lies; the file itself would be all of the trace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("number", &self.number)
            .field("version", &self.version)
            .field("range", &self.range)
            .field("complete", &self.complete)
            .finish_non_exhaustive()
    }
}

/// A generation while `split` reads it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) number: u64,
    pub(crate) start: usize,
    pub(crate) sync: RawSync,
    pub(crate) min_time: Option<Timestamp>,
    /// True if there is a batch of events, even an empty one.
    pub(crate) has_events: bool,
}

impl Draft {
    pub(crate) fn new(number: u64, start: usize) -> Draft {
        Draft { number, start, sync: RawSync::default(), min_time: None, has_events: false }
    }

    /// Records the time and kind of one batch; errs if a sync batch is malformed or the
    /// experiment unknown.
    pub(crate) fn add(&mut self, batch: &Batch<'_>, version: Version) -> Result<()> {
        // A minimum of 0 is replaced, as in Go's reader.
        self.min_time = match self.min_time {
            Some(min) if min.0 != 0 && min <= batch.time => Some(min),
            _ => Some(batch.time),
        };
        match batch.kind(version) {
            BatchKind::Sync => crate::wire::v2::sync::read(batch, version, &mut self.sync)?,
            BatchKind::Experimental if batch.experiment != crate::wire::v2::experiment::ALLOC_FREE => {
                return Err(Error::at(batch.offset + 1, ErrorKind::UnknownExperiment { id: batch.experiment }));
            }
            BatchKind::Events => self.has_events = true,
            _ => {}
        }
        Ok(())
    }

    /// Checks that there is a clock and, from Go 1.25, a snapshot of the clocks.
    pub(crate) fn check(&self, version: Version, end: usize) -> Result<()> {
        if self.sync.frequency.is_none() {
            return Err(Error::at(end, ErrorKind::MissingFrequency).in_generation(self.number));
        }
        if version >= Version::Go125 && self.sync.snapshot.is_none() {
            return Err(Error::at(end, ErrorKind::MissingClockSnapshot).in_generation(self.number));
        }
        Ok(())
    }

    pub(crate) fn finish<'a>(
        self,
        file: &'a [u8],
        version: Version,
        index: usize,
        end: usize,
        complete: bool,
    ) -> Generation<'a> {
        Generation {
            file,
            version,
            index,
            number: self.number,
            range: self.start..end,
            sync: self.sync,
            min_time: self.min_time.unwrap_or_default(),
            complete,
            begins_trace: false,
            jumps: Jumps::default(),
            tables: Mutex::new(None),
            recent: Recent::default(),
            v1: None,
            symbols: None,
        }
    }
}

/// A near-simultaneous reading of three clocks (Go 1.25+), which relates the
/// trace's times to other records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct ClockSnapshot {
    /// The trace clock, in nanoseconds.
    pub time: Time,
    /// The system's monotonic clock in nanoseconds.
    pub mono: u64,
    /// Wall-clock time.
    pub wall: WallTime,
}

impl ClockSnapshot {
    /// Returns the wall-clock time of a moment of the same trace.
    pub fn wall_at(&self, time: Time) -> WallTime {
        WallTime::new(self.wall.secs, i64::from(self.wall.nanos).saturating_add(time.since(self.time)))
    }
}

/// Wall-clock time, in seconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct WallTime {
    /// Whole seconds; negative before 1970.
    pub secs: i64,
    /// Nanoseconds on top, below 10^9.
    pub nanos: u32,
}

impl WallTime {
    /// Creates a time; nanoseconds outside 0..10^9 are carried into the seconds.
    pub fn new(secs: i64, nanos: i64) -> WallTime {
        const SECOND: i64 = 1_000_000_000;
        WallTime { secs: secs.wrapping_add(nanos.div_euclid(SECOND)), nanos: nanos.rem_euclid(SECOND) as u32 }
    }
}
