//! A generation: a stretch of the trace, usually a second, with tables of its
//! own. `split` cuts a file into generations; `tables` indexes what they name.

mod recent;
pub(crate) mod salvage;
pub(crate) mod split;
pub(crate) mod tables;

use crate::error::{Error, ErrorKind, Result};
use crate::event::stack::Stack;
use crate::ids::StringId;
use crate::symbols::Symbols;
use crate::time::{Frequency, Time, Timestamp};
use crate::version::Version;
use crate::wire::v1::tables::Index;
use crate::wire::v2::batch::{Batch, BatchKind, Frame, Frames, Jumps};
use crate::wire::v2::experiment::ExperimentalBatch;
use crate::wire::v2::samples::{self, RawSample};
use crate::wire::v2::sync::RawSync;
use recent::Recent;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use tables::Tables;

/// What stands for a name that a damaged trace has lost.
pub const LOST_NAME: &[u8] = b"(lost)";

/// One generation of a trace: where it lies in the file, its clock, and the
/// strings and stacks that its events name.
///
/// It borrows the file; names and frames are slices of it. The index of its
/// tables is made when first needed and dropped when an event stream leaves the
/// generation, so that memory does not grow with the trace.
#[derive(Debug)]
pub struct Generation<'a> {
    pub(crate) file: &'a [u8],
    pub(crate) version: Version,
    pub(crate) index: usize,
    number: u64,
    range: Range<usize>,
    sync: RawSync,
    min_time: Timestamp,
    /// Whether it is whole, or what there was of it when the file ended.
    complete: bool,
    /// Whether another trace begins with it than the one before belongs to.
    begins_trace: bool,
    /// Where its framing is not to be trusted.
    jumps: Jumps,
    tables: Mutex<Option<Arc<Tables>>>,
    recent: Recent,
    /// Where everything stands, in a v1 trace, which is one generation.
    pub(crate) v1: Option<Arc<Index>>,
    /// What its program counters stand for, in a trace that has nothing else.
    pub(crate) symbols: Option<&'a Symbols>,
}

impl<'a> Generation<'a> {
    /// The one generation of a v1 trace, whose header ends at `start`.
    pub(crate) fn of_v1(file: &'a [u8], start: usize, index: Index, complete: bool) -> Generation<'a> {
        let frequency = index.hz.map(Frequency::from_hz);
        Generation {
            file,
            version: index.version,
            index: 0,
            number: 1,
            range: start..file.len(),
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

    /// Its number, which counts from 1 when the program first traces.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Its place among the trace's generations, from 0.
    pub fn index(&self) -> usize {
        self.index
    }

    /// The bytes of the file that it takes, end mark included.
    pub fn byte_range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// How long a tick of its clock is.
    pub fn frequency(&self) -> Frequency {
        // `split` hands out generations with a frequency only.
        self.sync.frequency.unwrap_or(Frequency::from_hz(1_000_000_000))
    }

    /// The earliest time that a batch of it states.
    pub fn start(&self) -> Time {
        self.frequency().time(self.min_time)
    }

    /// What time it was, on three clocks (Go 1.25+).
    pub fn clock_snapshot(&self) -> Option<ClockSnapshot> {
        let raw = self.sync.snapshot?;
        Some(ClockSnapshot {
            time: self.frequency().time(raw.time),
            mono: raw.mono,
            wall: WallTime::new(raw.wall_secs, raw.wall_nanos),
        })
    }

    /// Whether it is whole. One that a crash cut short is not: strings and
    /// stacks may be missing.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Whether it is the first of a trace that follows another in the file.
    pub(crate) fn begins_trace(&self) -> bool {
        self.begins_trace
    }

    /// Its batches, in the order of the file; none in a v1 trace, whose events
    /// are to be had from [`v1::event::RawEvents`](crate::wire::v1::event::RawEvents).
    pub fn batches(&self) -> impl Iterator<Item = Batch<'a>> + use<'a> {
        let end = if self.v1.is_some() { self.range.start } else { self.range.end };
        let file = self.file.get(..end).unwrap_or_default();
        Frames::new(file, self.range.start).with_jumps(self.jumps.clone()).filter_map(|frame| match frame {
            Ok(Frame::Batch(batch)) => Some(batch),
            // `split` has read the frames before, and `salvage` says where to jump: an error cannot be.
            Ok(Frame::EndOfGeneration(_)) | Err(_) => None,
        })
    }

    /// Its batches of that kind.
    pub fn batches_of(&self, kind: BatchKind) -> impl Iterator<Item = Batch<'a>> + use<'a> {
        let version = self.version;
        self.batches().filter(move |batch| batch.kind(version) == kind)
    }

    /// Its experimental batches.
    pub fn experimental_batches(&self) -> impl Iterator<Item = ExperimentalBatch<'a>> + use<'a> {
        self.batches_of(BatchKind::Experimental).map(|batch| ExperimentalBatch::new(&batch))
    }

    /// Its CPU samples, in the order of the file, which is not that of time.
    ///
    /// # Errors
    /// If a batch of samples is malformed.
    pub fn raw_samples(&self) -> Result<Vec<RawSample>> {
        let (samples, defect) = self.good_samples();
        defect.map_or(Ok(samples), Err)
    }

    /// Its CPU samples but for those in a batch behind something malformed, and
    /// the first such defect.
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

    /// The string with that ID, not necessarily UTF-8; `None` if there is none.
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

    /// The string with that ID, or what stands for a lost one.
    pub(crate) fn name(&self, id: StringId) -> &'a [u8] {
        self.string(id).unwrap_or(self.lost_name())
    }

    /// What stands for a lost name. In traces of Go 1.21 and older, an unknown
    /// one is empty, as for Go.
    pub(crate) fn lost_name(&self) -> &'static [u8] {
        if self.v1.is_some() { b"" } else { LOST_NAME }
    }

    /// Every string of the table with its ID, in no particular order.
    pub fn strings(&self) -> Vec<(StringId, &'a [u8])> {
        let tables = self.tables();
        tables.string_ids().filter_map(|id| Some((id, tables.string(self.file, id)?))).collect()
    }

    /// Every stack of the table, in no particular order.
    pub fn stacks<'t>(&'t self) -> Vec<Stack<'t>> {
        self.tables().stack_ids().filter_map(|id| Stack::new(self, id.0)).collect()
    }

    /// The index of its tables, made now if need be.
    pub(crate) fn tables(&self) -> Arc<Tables> {
        if let Some(index) = &self.v1 {
            return Arc::clone(&index.tables);
        }
        let mut slot = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slot.get_or_insert_with(|| Arc::new(Tables::index(self))))
    }

    /// Drops the index of its tables; it is made anew if needed again.
    pub(crate) fn forget_tables(&self) {
        *self.tables.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A generation while `split` reads it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) number: u64,
    pub(crate) start: usize,
    pub(crate) sync: RawSync,
    pub(crate) min_time: Option<Timestamp>,
    /// Whether it has a batch of events, even an empty one.
    pub(crate) has_events: bool,
}

impl Draft {
    pub(crate) fn new(number: u64, start: usize) -> Draft {
        Draft { number, start, sync: RawSync::default(), min_time: None, has_events: false }
    }

    /// Takes note of one batch.
    pub(crate) fn add(&mut self, batch: &Batch<'_>, version: Version) -> Result<()> {
        // A time of 0 counts as none, as in Go's reader.
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

    /// Whether it states all that a generation has to state.
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
pub struct ClockSnapshot {
    /// The trace clock.
    pub time: Time,
    /// The system's monotonic clock in nanoseconds.
    pub mono: u64,
    /// Wall-clock time.
    pub wall: WallTime,
}

impl ClockSnapshot {
    /// The wall-clock time of a moment of the same trace.
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
    /// Normalises: carries nanoseconds outside 0..10^9 into the seconds.
    pub fn new(secs: i64, nanos: i64) -> WallTime {
        const SECOND: i64 = 1_000_000_000;
        WallTime { secs: secs.wrapping_add(nanos.div_euclid(SECOND)), nanos: nanos.rem_euclid(SECOND) as u32 }
    }
}
