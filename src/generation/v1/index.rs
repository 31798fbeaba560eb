//! The index of a v1 file: its batches, its tables and its clock. One pass, which steps over the
//! events, finds all of them.

use crate::base::bytes::uvarint;
use crate::base::ids::{GoId, ProcId, StackId, StringId};
use crate::base::limits::{Limits, MAX_PROC_ID, MAX_V1_EVENT_SIZE, MAX_V1_FILE};
use crate::base::time::Timestamp;
use crate::error::warning::{Repair, Warning, Warnings};
use crate::error::{Error, ErrorKind, Result, V1Error};
use crate::generation::tables::{BUILTIN, Tables, TablesBuilder};
use crate::spec::v1::{EventType, lead};
use crate::spec::version::{HEADER_LEN, Version};
use crate::wire::v1::event::{RawEvent, RawEvents, Shapes, wrong};
use crate::wire::v1::resync::{Resync, resync};
use crate::wire::v2::samples::RawSample;
use rustc_hash::FxHashMap;
use std::ops::Range;
use std::sync::Arc;

/// The P of a batch without one, which the file writes as -1.
pub(crate) const NO_PROC: u16 = u16::MAX;

/// One batch: the events of a P from its header to the next one.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    /// The P, or [`NO_PROC`].
    pub(crate) proc: u16,
    /// The sequence number that the first event's adds to (Go 1.5).
    pub(crate) seq: u64,
    /// The ticks that the first event's add to.
    pub(crate) ticks: u64,
    /// The batch's bytes behind its header.
    pub(crate) range: Range<usize>,
    /// The time, in ticks, at which the earliest system call ended of those whose end the P
    /// wrote here or later; [`NO_EXIT`] if there is none.
    pub(crate) exits: i64,
}

/// The end of a system call, which is written late.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Exit {
    /// The offset of its event.
    pub(crate) at: usize,
    /// The time, in ticks, at which the earliest system call ended of this one and those
    /// that the P wrote later.
    pub(crate) ticks: i64,
}

/// The time of a system call's end where there is none: later than any other.
pub(crate) const NO_EXIT: i64 = i64::MAX;

/// The offsets of all parts of a v1 file, found by [`scan`](Index::scan) or [`salvage`](Index::salvage).
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) version: Version,
    pub(crate) batches: Vec<Batch>,
    pub(crate) tables: Arc<Tables>,
    /// The ticks a second, if the file states them.
    pub(crate) hz: Option<u64>,
    /// The goroutines that run timers.
    pub(crate) timers: Vec<u64>,
    /// CPU samples in the order of the file, which is not that of time.
    pub(crate) samples: Vec<RawSample>,
    /// The number of timed events without CPU samples.
    pub(crate) events: usize,
    /// The ends of system calls that state a time of their own, in the
    /// order of the file (Go 1.7+).
    pub(crate) exits: Vec<Exit>,
    /// True if there are futile wakeups.
    pub(crate) futile: bool,
    /// The ID of the first of the strings that the reader adds to the file's.
    pub(crate) builtin: u64,
    /// The offset of the end: that of the file, or of the part that is not given up.
    pub(crate) end: usize,
    /// Defects of the tables that leave the events readable.
    pub(crate) blemishes: Warnings,
}

impl Index {
    /// Replaces the time of each end of a system call by the earliest of it and the later ones
    /// of the same P.
    fn bound_exits(&mut self) {
        let mut earliest: FxHashMap<u16, i64> = FxHashMap::default();
        let mut exits = self.exits.iter_mut().rev().peekable();
        for batch in self.batches.iter_mut().rev() {
            let earliest = earliest.entry(batch.proc).or_insert(NO_EXIT);
            while let Some(exit) = exits.next_if(|exit| exit.at >= batch.range.start) {
                *earliest = exit.ticks.min(*earliest);
                exit.ticks = *earliest;
            }
            batch.exits = *earliest;
        }
    }

    /// Indexes a file; also returns the defect that ended that early.
    pub(crate) fn scan(file: &[u8], version: Version) -> (Index, Option<Error>) {
        let mut scan = Scan::new(file, version, Limits::default());
        let defect = too_large(file).or_else(|| scan.run(HEADER_LEN).err().map(|(_, e)| e));
        (scan.finish(), defect)
    }

    /// Indexes all that can be read of a file whose header ends at `start`, with warnings.
    pub(crate) fn salvage(file: &[u8], start: usize, version: Version, limits: Limits) -> (Index, Warnings) {
        let mut scan = Scan::new(file, version, limits);
        let mut warnings = Warnings::new(limits);
        let too_large = too_large(file);
        let mut pos = if too_large.is_some() { file.len() } else { start };
        warnings.extend(too_large.map(|e| Warning::new(e, Repair::Skipped((file.len() - start) as u64), 0)));
        // The bytes passed over since the last batch count against the limit together.
        let (mut batches, mut passed) = (0, 0);
        while let Err((at, e)) = scan.run(pos) {
            let near = scan.index.batches.last().map(|batch| batch.ticks);
            if scan.index.batches.len() > batches {
                (batches, passed) = (scan.index.batches.len(), 0);
            }
            let to = at.saturating_add(limits.searched.saturating_sub(passed));
            let (next, repair) = match resync(file, at, to, version, near) {
                Resync::At(next) => (next, Repair::Skipped((next - at) as u64)),
                Resync::AnotherTrace(next) => (file.len(), Repair::TraceLeftOut((file.len() - next) as u64)),
                Resync::Nowhere if to < file.len() => {
                    // The rest of the file may be of any length, so it is not read again.
                    scan.index.end = at;
                    let (bytes, searched) = ((file.len() - at) as u64, (to - at) as u64);
                    (file.len(), Repair::RestOfFile { bytes, searched })
                }
                Resync::Nowhere if matches!(e.kind(), ErrorKind::Truncated { .. }) => {
                    (file.len(), Repair::UsedAsFarAsItGoes)
                }
                Resync::Nowhere => (file.len(), Repair::Skipped((file.len() - at) as u64)),
            };
            warnings.push(Warning::new(e, repair, 0));
            passed += next - at;
            pos = next;
        }
        (scan.finish(), warnings)
    }
}

impl<'a> Scan<'a> {
    fn new(file: &'a [u8], version: Version, limits: Limits) -> Scan<'a> {
        Scan {
            file,
            version,
            steps: steps(version),
            lead: lead(version),
            index: Index {
                version,
                batches: Vec::new(),
                tables: Arc::default(),
                hz: None,
                timers: Vec::new(),
                samples: Vec::new(),
                events: 0,
                exits: Vec::new(),
                futile: false,
                builtin: 0,
                end: file.len(),
                blemishes: Warnings::new(limits),
            },
            tables: TablesBuilder::default(),
            largest: 0,
            in_batch: false,
        }
    }

    fn finish(self) -> Index {
        let Scan { mut index, tables, largest, .. } = self;
        index.bound_exits();
        // No version writes IDs anywhere near the end of their range.
        index.builtin = largest.saturating_add(1).min(u64::MAX - BUILTIN.len() as u64);
        index.tables = Arc::new(tables.finish(index.builtin, index.version < Version::Go107));
        index
    }
}

struct Scan<'a> {
    file: &'a [u8],
    version: Version,
    steps: [u8; 256],
    lead: usize,
    index: Index,
    tables: TablesBuilder,
    /// The largest string ID so far.
    largest: u64,
    /// True while the last batch is open, so that the next event belongs to it.
    in_batch: bool,
}

fn too_large(file: &[u8]) -> Option<Error> {
    // On a machine with addresses of 32 bits, no file is too large.
    let most = usize::try_from(MAX_V1_FILE).ok()?;
    (file.len() > most).then(|| wrong(most, V1Error::FileTooLarge))
}

/// Returns, for each first byte, the number of varints to step over, or one of the constants below.
fn steps(version: Version) -> [u8; 256] {
    let (shapes, lead) = (Shapes::of(version), lead(version) as u8);
    let mut steps = [WHOLE; 256];
    for (step, byte) in steps.iter_mut().zip(0..=u8::MAX) {
        let count = shapes.count(byte);
        if count == 0 || byte & 0x3f == EventType::UserLog as u8 {
            continue;
        }
        if byte >= 0xc0 {
            *step = LONG;
        } else if (byte >> 6) + lead == count {
            *step = if byte & 0x3f == EventType::FutileWakeup as u8 { FUTILE } else { count };
        }
    }
    steps
}

/// A futile wakeup, which is recorded; it has the time alone.
const FUTILE: u8 = u8::MAX - 2;
/// A timed event that states its length.
const LONG: u8 = u8::MAX - 1;
/// An event that has to be read in full.
const WHOLE: u8 = u8::MAX;

/// Returns the offset behind `count` varints that begin at `pos`; beyond the file if they are
/// not all there.
#[inline(always)]
fn step_over(file: &[u8], mut pos: usize, count: usize) -> usize {
    for _ in 0..count {
        while file.get(pos).is_some_and(|&byte| byte >= 0x80) {
            pos += 1;
        }
        pos += 1;
    }
    pos
}

impl Scan<'_> {
    /// Indexes the file from `pos` on; errs with the first defect and the offset of the event that
    /// has it.
    fn run(&mut self, mut pos: usize) -> std::result::Result<(), (usize, Error)> {
        let file = self.file;
        let mut events = 0;
        let (start, ended) = loop {
            let start = pos;
            let Some(&byte) = file.get(pos) else { break (start, Ok(())) };
            match self.steps[usize::from(byte)] {
                WHOLE => {
                    pos = match self.read_whole(start) {
                        Ok(end) => end,
                        Err(e) => break (start, Err(e)),
                    };
                    events += usize::from(byte & 0x3f == EventType::UserLog as u8);
                    continue;
                }
                LONG => {
                    pos += 1;
                    match uvarint(file, &mut pos) {
                        Ok(size) if size <= MAX_V1_EVENT_SIZE && pos + size as usize <= file.len() => {
                            self.note_exit(byte, start, pos);
                            pos += size as usize;
                        }
                        _ => break (start, self.read_whole(start).map(drop)),
                    }
                }
                count => {
                    let mut count = usize::from(count);
                    if count == usize::from(FUTILE) {
                        self.index.futile = true;
                        count = self.lead;
                    }
                    pos = step_over(file, pos + 1, count);
                    if pos > file.len() {
                        break (start, self.read_whole(start).map(drop));
                    }
                }
            }
            if !self.in_batch {
                let event = EventType::from_wire(byte & 0x3f).unwrap_or(EventType::Batch);
                break (start, Err(wrong(start, V1Error::OutsideBatch { event })));
            }
            events += 1;
        };
        self.index.events += events;
        self.close(start);
        ended.map_err(|e| (start, e))
    }

    /// Ends the last batch at `at`, unless it has ended.
    fn close(&mut self, at: usize) {
        if std::mem::take(&mut self.in_batch)
            && let Some(last) = self.index.batches.last_mut()
        {
            last.range.end = at;
        }
    }

    /// Records the end of a system call, and futile wakeups. The event is at `at`, its numbers
    /// from `pos` on; if they cannot be read, ordering will report that.
    fn note_exit(&mut self, byte: u8, at: usize, mut pos: usize) {
        if byte & 0x3f == EventType::FutileWakeup as u8 {
            self.index.futile = true;
        }
        if byte & 0x3f != EventType::GoSysExit as u8 || self.version < Version::Go107 {
            return;
        }
        let mut number = || uvarint(self.file, &mut pos).unwrap_or_default();
        let [_time, _g, _seq, ticks] = std::array::from_fn(|_| number());
        if ticks != 0 {
            self.index.exits.push(Exit { at, ticks: ticks as i64 });
        }
    }

    /// Reads an event in full, and records what the index needs of it; returns the offset of its end.
    #[inline(never)]
    fn read_whole(&mut self, at: usize) -> Result<usize> {
        let raw = RawEvents::from(self.file, at, self.version).read()?;
        let end = at + raw.size;
        let number = |i: usize| raw.numbers.get(i).copied().unwrap_or_default();
        match raw.event {
            EventType::Batch => self.batch(&raw, end)?,
            EventType::String => self.string(&raw),
            EventType::Stack => self.stack(&raw),
            EventType::Frequency => match number(0) as i64 {
                hz if hz > 0 => self.index.hz = Some(hz as u64),
                hz => self.blemish(wrong(at, V1Error::BadFrequency { hz }), Repair::LeftOut),
            },
            EventType::TimerGoroutine => self.index.timers.push(number(0)),
            event if !self.in_batch => {
                return Err(wrong(at, V1Error::OutsideBatch { event }));
            }
            EventType::CPUSample => {
                let behind = |i| number(self.lead + i);
                self.index.samples.push(RawSample {
                    offset: at,
                    time: Timestamp(behind(0)),
                    thread: None,
                    proc: Some(behind(1)).filter(|&p| p <= MAX_PROC_ID).map(ProcId),
                    goroutine: Some(behind(2)).filter(|&g| g != 0).map(GoId),
                    stack: StackId(behind(3) & u64::from(u32::MAX)),
                });
            }
            _ => {}
        }
        Ok(end)
    }

    fn blemish(&mut self, e: Error, repair: Repair) {
        self.index.blemishes.push(Warning::new(e, repair, 0));
    }

    fn batch(&mut self, raw: &RawEvent<'_>, end: usize) -> Result<()> {
        self.close(raw.offset);
        let (p, seq, ticks) = match raw.numbers[..] {
            [p, seq, ticks] => (p, seq, ticks),
            [p, ticks] => (p, 0, ticks),
            // `read` has checked their number.
            _ => return Ok(()),
        };
        let proc = match p {
            u64::MAX => NO_PROC,
            p if p < u64::from(NO_PROC) => p as u16,
            p => return Err(Error::at(raw.offset, ErrorKind::AbsurdProc { proc: ProcId(p) })),
        };
        self.index.batches.push(Batch { proc, seq, ticks, range: end..end, exits: NO_EXIT });
        self.in_batch = true;
        Ok(())
    }

    fn string(&mut self, raw: &RawEvent<'_>) {
        let id = raw.numbers.first().copied().unwrap_or_default();
        // Step over the type's byte and the ID, to the length.
        let mut at = raw.offset + 1;
        let _ = uvarint(self.file, &mut at);
        if id == 0 {
            return self.blemish(wrong(raw.offset, V1Error::StringZero), Repair::LeftOut);
        }
        if raw.data.is_empty() {
            self.blemish(wrong(raw.offset, V1Error::EmptyString { id: StringId(id) }), Repair::LeftOut);
        }
        self.largest = self.largest.max(id);
        if !self.tables.string(id, at) {
            self.blemish(Error::at(raw.offset, ErrorKind::DuplicateString { id: StringId(id) }), Repair::LeftOut);
        }
    }

    fn stack(&mut self, raw: &RawEvent<'_>) {
        // Go's reader keeps 32 bits of an ID.
        let id = raw.numbers.first().map_or(0, |&id| id as u32);
        let frames = raw.numbers.get(1).copied().unwrap_or_default();
        if id == 0 || frames == 0 {
            return;
        }
        let mut at = raw.offset + 1;
        if self.file.get(raw.offset).is_some_and(|&byte| byte >= 0xc0) {
            let _ = uvarint(self.file, &mut at);
        }
        let _ = uvarint(self.file, &mut at);
        self.tables.stack(u64::from(id), at);
    }
}
