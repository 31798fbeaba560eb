//! Cutting a damaged file into generations, as [`split`](super::split) does for a good one, but
//! past every defect.
//!
//! ```text
//! batch  batch  ba?????  ######  batch  batch  bat          what the file has
//! ─────  ─────  ──       ······  ─────  ─────  ──           kept, · passed over
//! ```
//!
//! Where a batch is due and none begins, the search for the next plausible header begins
//! within the batch before: the size that it states may be wrong.

mod beginning;
mod header;
mod v1;

pub(crate) use beginning::{find_beginning, frames_within};
pub(crate) use v1::salvage_v1;

use crate::base::limits::Limits;
use crate::base::time::Frequency;
use crate::error::warning::{Repair, Warning, Warnings};
use crate::error::{Error, ErrorKind};
use crate::generation::{Draft, Generation};
use crate::spec::v2::EventType;
use crate::spec::version::{HEADER_LEN, Version};
use crate::wire::v2::batch::{Batch, BatchKind, Frame, Frames, Jump, Jumps};
use crate::wire::v2::event::RawEvents;
use header::{Header, header_at, starts};
use std::sync::Arc;

/// The ticks a second of a clock that counts nanoseconds, as the runtime states
/// everywhere but on Windows (`traceClockUnitsPerSecond`, `trace.go`).
const USUAL_HZ: u64 = 15_625_000;

/// The largest difference between the times of a plausible batch and of the last one, in
/// ticks: a quarter of an hour of the usual clock.
const NEAR_TICKS: u64 = 1 << 34;

/// The most generations that may be missing between two.
const MOST_MISSING: u64 = 16;

/// The number of events of a plausible batch that must be readable.
const ENOUGH_EVENTS: usize = 4;

/// A file cut into generations, with the warnings of that.
pub(crate) struct Salvaged<'a> {
    pub(crate) generations: Vec<Generation<'a>>,
    pub(crate) warnings: Vec<Warning>,
}

/// Cuts `file` into generations from `start` on, where its first batch should be.
pub(crate) fn salvage(file: &[u8], version: Version, start: usize, limits: Limits) -> Salvaged<'_> {
    let mut salvage = Salvage {
        file,
        version,
        pos: start,
        tried: start,
        last: None,
        near: None,
        draft: None,
        begins_trace: false,
        cut: Vec::new(),
        jumps: Vec::new(),
        warnings: Warnings::new(limits),
        searched: limits.searched,
        end: file.len(),
    };
    while salvage.pos < file.len() {
        salvage.frame();
    }
    salvage.close(salvage.end, salvage.end, false);
    salvage.finish()
}

/// A finished generation with its end.
struct Cut {
    draft: Draft,
    /// The end of the last batch, as an offset in bytes.
    ends_at: usize,
    /// The end of the generation with its mark, as an offset in bytes.
    end: usize,
    complete: bool,
    begins_trace: bool,
}

/// Returns whether the first events of a batch can be read; true for a batch of another kind.
fn is_readable(batch: &Batch<'_>, version: Version) -> bool {
    batch.kind(version) != BatchKind::Events || RawEvents::new(batch).take(ENOUGH_EVENTS).all(|event| event.is_ok())
}

struct Salvage<'a> {
    file: &'a [u8],
    version: Version,
    pos: usize,
    /// The offset up to which headers have been looked for; no byte is tried twice.
    tried: usize,
    /// The last batch that became part of a generation.
    last: Option<Batch<'a>>,
    /// The generation and the time of the last plausible header.
    near: Option<(u64, u64)>,
    draft: Option<Draft>,
    begins_trace: bool,
    cut: Vec<Cut>,
    jumps: Vec<Jump>,
    warnings: Warnings,
    /// The most bytes to search for the next header.
    searched: usize,
    /// The end of the last generation: that of the file, or of the part that is not given up.
    end: usize,
}

impl<'a> Salvage<'a> {
    fn warn(&mut self, error: Error, repair: Repair) {
        self.warnings.push(Warning::new(error, repair, 0));
    }

    /// Reads the frame at `pos`, or passes over whatever is there instead.
    fn frame(&mut self) {
        let start = self.pos;
        match Frames::new(self.file, start).next() {
            Some(Ok(Frame::Batch(batch))) if self.is_near(batch.generation, batch.time.0) => {
                self.pos = batch.end();
                self.batch(batch);
            }
            // Bytes that look like a batch, but of a far generation or time, are taken for damage.
            Some(Ok(Frame::Batch(batch))) => {
                let expected = self.near.map_or(0, |(generation, _)| generation);
                let kind = ErrorKind::GenerationsMixed { expected, found: batch.generation };
                self.resync(Error::at(start, kind));
            }
            Some(Ok(Frame::EndOfGeneration(_))) if self.version >= Version::Go126 => {
                self.pos = start + 1;
                self.close(start, start + 1, true);
            }
            Some(Ok(Frame::EndOfGeneration(_))) => {
                let found = EventType::EndOfGeneration as u8;
                self.resync(Error::at(start, ErrorKind::ExpectedBatch { found }));
            }
            Some(Err(e)) => self.resync(e),
            None => self.pos = self.file.len(),
        }
    }

    /// Adds a batch to the generation that it states, or leaves it out with a warning.
    fn batch(&mut self, batch: Batch<'a>) {
        let (number, start) = (batch.generation, batch.offset);
        let leave_out = |salvage: &mut Self, error: Error| {
            salvage.warn(error, Repair::BatchLeftOut);
            salvage.jumps.push(Jump { at: start, resume: batch.end() });
        };
        if number == 0 {
            return leave_out(self, Error::at(start, ErrorKind::ZeroGeneration));
        }
        match &self.draft {
            Some(draft) if draft.number == number => {}
            Some(draft) => {
                let expected = draft.number;
                let mixed = Error::at(start, ErrorKind::GenerationsMixed { expected, found: number });
                match number.checked_sub(expected) {
                    // Before 1.26 the first batch of the next generation ends this one.
                    Some(1) if self.version < Version::Go126 => {}
                    // A jump in the numbers is believed only if the batch behind confirms it.
                    Some(1..MOST_MISSING) if self.goes_on(&batch) => self.warn(mixed, Repair::UsedAsFarAsItGoes),
                    _ => return leave_out(self, mixed),
                }
                self.close(start, start, true);
                self.draft = Some(Draft::new(number, start));
            }
            None => self.draft = Some(Draft::new(number, start)),
        }
        let Some(draft) = &mut self.draft else { return };
        match draft.add(&batch, self.version) {
            Ok(()) => (self.last, self.near) = (Some(batch), Some((number, batch.time.0))),
            Err(e) => leave_out(self, e.in_generation(number)),
        }
    }

    /// Returns whether the next batch confirms this one's generation; true if there is no next.
    fn goes_on(&self, batch: &Batch<'_>) -> bool {
        Header::at(self.file, batch.end()).is_none_or(|next| next.generation >= batch.generation)
    }

    /// Ends the current generation, with its last batch at `ends_at` and its mark at `end`.
    fn close(&mut self, ends_at: usize, end: usize, complete: bool) {
        let Some(draft) = self.draft.take() else { return };
        if !complete && !draft.has_events {
            return;
        }
        if !complete && self.version >= Version::Go126 {
            let e = Error::at(end, ErrorKind::MissingEndOfGeneration).in_generation(draft.number);
            self.warn(e, Repair::UsedAsFarAsItGoes);
        }
        let begins_trace = std::mem::take(&mut self.begins_trace);
        self.cut.push(Cut { draft, ends_at, end, complete, begins_trace });
    }

    /// Passes over the bytes at `pos`, which begin no frame, up to the next plausible header.
    fn resync(&mut self, e: Error) {
        let bad = self.pos;
        if let Some(version) = header_at(self.file, bad) {
            return self.another_trace(version, e);
        }
        // A header whose batch is too long for the file may be good all the same.
        let header = Header::at(self.file, bad).filter(|header| self.fits(header));
        if let Some(header) = &header {
            self.near = Some((header.generation, header.time));
        }
        // The batch before may have reached too far, if it cannot be read to its end.
        let before = self.last.filter(|last| last.end() == bad && self.whole_to(last, bad) < bad);
        let from = match (&header, &before) {
            (Some(header), _) => header.data,
            (None, Some(last)) => last.data_offset,
            (None, None) => bad + 1,
        };
        let from = from.max(self.tried);
        let to = from.saturating_add(self.searched).min(self.file.len());
        let next = starts(self.file, from..to).find(|&at| self.checks_out(at));
        let gives_up = next.is_none() && to < self.file.len();
        let resume = next.unwrap_or(self.file.len());
        self.tried = resume + 1;

        // The end of whole events in the batch that this cuts off.
        let at = match (&header, before) {
            (Some(header), _) => self.whole_to(&header.batch(self.file), resume),
            (None, Some(last)) if resume < bad => self.whole_to(&last, resume),
            _ => bad,
        };
        self.jumps.push(Jump { at, resume });
        let bytes = resume.saturating_sub(at) as u64;
        if gives_up {
            // The rest of the file may be of any length, so it is not read again.
            self.end = at;
            self.warn(e, Repair::RestOfFile { bytes, searched: (to - from) as u64 });
        } else {
            self.warn(e, Repair::Skipped(bytes));
        }
        self.pos = resume;
        if let Some(header) = header {
            let jumps: Jumps = Some(Arc::from(&self.jumps[self.jumps.len() - 1..]));
            if let Some(Ok(Frame::Batch(batch))) = Frames::new(self.file, header.offset).with_jumps(jumps).next() {
                self.batch(batch);
            }
        }
    }

    /// Goes on with a second trace in the same file, or leaves it out if its version differs.
    fn another_trace(&mut self, version: Version, e: Error) {
        let bad = self.pos;
        self.close(bad, bad, true);
        if version == self.version {
            self.jumps.push(Jump { at: bad, resume: bad + HEADER_LEN });
            self.warn(e, Repair::AnotherTrace);
            (self.pos, self.last, self.near, self.begins_trace) = (bad + HEADER_LEN, None, None, true);
        } else {
            self.warn(e, Repair::OtherVersion((self.file.len() - bad) as u64));
            self.jumps.push(Jump { at: bad, resume: self.file.len() });
            self.pos = self.file.len();
        }
    }

    /// Returns whether a whole batch begins there that fits this trace, or another trace's header.
    fn checks_out(&self, at: usize) -> bool {
        if header_at(self.file, at).is_some() {
            return true;
        }
        let Some(header) = Header::at(self.file, at).filter(|header| self.fits(header)) else { return false };
        let Some(end) = header.end(self.file) else { return false };
        let batch = header.batch(self.file);
        if batch.data.is_empty() || !is_readable(&batch, self.version) {
            return false;
        }
        // Behind the batch there must be the end of the file, or something that begins like a frame.
        match self.file.get(end).copied().map(EventType::from_wire) {
            None => true,
            Some(Some(EventType::EndOfGeneration)) => self.version >= Version::Go126,
            Some(Some(EventType::EventBatch | EventType::ExperimentalBatch)) => true,
            Some(_) => header_at(self.file, end).is_some(),
        }
    }

    /// Returns the end of the whole events of a batch whose data are cut at `to`, as an offset;
    /// for batches of other kinds, `to`.
    fn whole_to(&self, batch: &Batch<'a>, to: usize) -> usize {
        let data = self.file.get(batch.data_offset..to).unwrap_or_default();
        let batch = Batch { data, ..*batch };
        if batch.kind(self.version) != BatchKind::Events {
            return to;
        }
        let mut events = RawEvents::new(&batch);
        let mut end = batch.data_offset;
        while let Some(Ok(_)) = events.next() {
            end = events.offset();
        }
        end
    }

    /// Returns whether a generation and time are plausible for a whole batch, earlier ones
    /// included: a late batch is left out alone, whereas one from far away is damage.
    fn is_near(&self, number: u64, at: u64) -> bool {
        let Some((generation, time)) = self.near else { return true };
        generation.abs_diff(number) < MOST_MISSING && time.abs_diff(at) < NEAR_TICKS
    }

    /// Returns whether a header's generation and time may follow the last ones.
    fn fits(&self, header: &Header) -> bool {
        let Some((generation, time)) = self.near else { return header.generation != 0 };
        let follows = (generation..generation.saturating_add(MOST_MISSING)).contains(&header.generation);
        follows && time.abs_diff(header.time) < NEAR_TICKS
    }

    fn finish(mut self) -> Salvaged<'a> {
        self.clocks();
        let jumps: Jumps = (!self.jumps.is_empty()).then(|| {
            self.jumps.sort_unstable_by_key(|jump| jump.at);
            Arc::from(self.jumps)
        });
        let (file, version) = (self.file, self.version);
        let cut = self.cut.into_iter().enumerate().map(|(index, cut)| Generation {
            begins_trace: cut.begins_trace,
            jumps: jumps.clone(),
            ..cut.draft.finish(file, version, index, cut.end, cut.complete)
        });
        Salvaged { generations: cut.collect(), warnings: self.warnings.take() }
    }

    /// Gives every generation without a clock one: that of the nearest generation before, else of
    /// one after, else the usual one.
    fn clocks(&mut self) {
        let some_clock = self.cut.iter().find_map(|cut| cut.draft.sync.frequency);
        let mut known = some_clock;
        for cut in &mut self.cut {
            if cut.draft.sync.frequency.is_none() {
                let e = Error::at(cut.ends_at, ErrorKind::MissingFrequency).in_generation(cut.draft.number);
                let repair = known.map_or(Repair::FrequencyAssumed(USUAL_HZ), |_| Repair::FrequencyOfAnother);
                self.warnings.push(Warning::new(e, repair, 0));
                cut.draft.sync.frequency = known.or(Some(Frequency::from_hz(USUAL_HZ)));
            }
            known = cut.draft.sync.frequency;
            if self.version >= Version::Go125 && cut.draft.sync.snapshot.is_none() {
                let e = Error::at(cut.ends_at, ErrorKind::MissingClockSnapshot).in_generation(cut.draft.number);
                self.warnings.push(Warning::new(e, Repair::NoWallClock, 0));
            }
        }
    }
}
