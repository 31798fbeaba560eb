//! Generations of a trace copied into a slice: their batches as they are, up to a moment.

use crate::base::bytes::put_uvarint;
use crate::base::ids::{StackId, StringId, WIRE_NONE};
use crate::base::time::Time;
use crate::error::Result;
use crate::event::Event;
use crate::export::repair::batches::Frame;
use crate::export::repair::tables::TableBatches;
use crate::generation::Generation;
use crate::spec::v2::{ArgRole, EventType};
use crate::spec::version::Version;
use crate::trace::stream::Blocks;
use crate::trace::{Mode, Trace};
use crate::wire::text::ConvertError;
use crate::wire::v2::batch::{Batch, BatchKind};
use crate::wire::v2::event::RawEvents;
use crate::wire::v2::{samples, stacks, strings};
use rustc_hash::{FxHashMap, FxHashSet};
use std::io::{self, Write};

/// The events of a generation from before a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cut {
    to: Time,
    /// Offset of the last such event of each M.
    last: FxHashMap<u64, usize>,
    /// Number of the events.
    pub(super) events: u64,
}

impl Cut {
    /// Finds the events of the generation at an index from before `to`; none if all are. Reads
    /// the generations from `first` on.
    ///
    /// # Errors
    /// Returns the first defect before that moment, in lenient mode too: what is copied must
    /// have none.
    pub(super) fn of(
        trace: &Trace<'_>,
        first: usize,
        place: usize,
        to: Time,
        watch: &mut dyn FnMut(&Event<'_>),
    ) -> Result<Option<Cut>> {
        let strict = Trace::with_options(trace.bytes(), trace.options().mode(Mode::Strict))?;
        match Cut::read(Blocks::beginning_with(&strict, first), place, to, watch) {
            // A generation that cannot be read by itself is read behind all others.
            Err(_) if first > 0 => Cut::read(Blocks::new(&strict), place, to, watch),
            cut => cut,
        }
    }

    fn read(mut blocks: Blocks<'_>, place: usize, to: Time, watch: &mut dyn FnMut(&Event<'_>)) -> Result<Option<Cut>> {
        let Some(generation) = blocks.trace.generations().get(place) else { return Ok(None) };
        let batches: Vec<_> = generation.batches_of(BatchKind::Events).collect();
        let mut cut = Cut { to, last: FxHashMap::default(), events: 0 };
        while blocks.next_block()? {
            if let Some(&record) = blocks.records.records().first() {
                watch(&Event::new(blocks.trace.framed(), blocks.generation, record));
            }
            match blocks.generation.map(Generation::index) {
                Some(index) if index < place => continue,
                Some(index) if index == place => {}
                _ => return Ok(None),
            }
            for record in blocks.records.records() {
                if record.time >= to.0 {
                    return Ok(Some(cut));
                }
                if matches!(record.event, EventType::Sync | EventType::CPUSample) {
                    continue;
                }
                let batch = batches.partition_point(|batch| batch.offset <= record.offset).checked_sub(1);
                if let Some(batch) = batch.and_then(|at| batches.get(at)) {
                    let last = cut.last.entry(thread_of(batch)).or_default();
                    cut.events += u64::from(*last != record.offset);
                    *last = record.offset.max(*last);
                }
            }
        }
        Ok(None)
    }

    /// Returns the length of the part of a batch whose events are kept.
    fn kept(&self, batch: &Batch<'_>) -> usize {
        let Some(&last) = self.last.get(&thread_of(batch)) else { return 0 };
        if last >= batch.end() {
            return batch.data.len();
        }
        let mut events = RawEvents::new(batch);
        while events.offset() <= last && events.next().is_some_and(|event| event.is_ok()) {}
        events.offset().saturating_sub(batch.data_offset).min(batch.data.len())
    }
}

fn thread_of(batch: &Batch<'_>) -> u64 {
    batch.thread.map_or(WIRE_NONE, |m| m.0)
}

/// Writes a generation in the form of Go 1.26, or its part before a cut.
pub(super) fn copy(
    generation: &Generation<'_>,
    cut: Option<&Cut>,
    mut out: impl Write,
) -> std::result::Result<(), ConvertError> {
    if generation.version == Version::Go126 && cut.is_none() {
        out.write_all(generation.file.get(generation.byte_range()).unwrap_or_default())?;
        return Ok(());
    }
    let mut used = Used::default();
    for batch in generation.batches() {
        let kind = batch.kind(generation.version);
        match (kind, cut) {
            (BatchKind::Sync, _) if generation.version < Version::Go125 => {
                frame(&batch, &modern_sync(&batch), &mut out)?;
            }
            (BatchKind::Events, Some(cut)) => {
                let data = batch.data.get(..cut.kept(&batch)).unwrap_or_default();
                used.add(&Batch { data, ..batch })?;
                if !data.is_empty() {
                    frame(&batch, data, &mut out)?;
                }
            }
            (BatchKind::Samples | BatchKind::Stacks | BatchKind::Strings, Some(_)) => {}
            _ => frame(&batch, batch.data, &mut out)?,
        }
    }
    if let Some(cut) = cut {
        used.write_tables(generation, cut.to, &mut out)?;
        generation.forget_tables();
    }
    out.write_all(&[EventType::EndOfGeneration as u8])?;
    Ok(())
}

/// Returns a sync batch of Go 1.25 and newer from one of an older version, which had no time
/// of day.
fn modern_sync(batch: &Batch<'_>) -> Vec<u8> {
    let mut data = vec![EventType::Sync as u8];
    data.extend_from_slice(batch.data);
    data.push(EventType::ClockSnapshot as u8);
    [0, batch.time.0, 0, 0].iter().for_each(|&number| put_uvarint(&mut data, number));
    data
}

/// Writes a batch with other data.
fn frame(batch: &Batch<'_>, data: &[u8], out: &mut impl Write) -> io::Result<()> {
    let frame = Frame {
        generation: batch.generation,
        thread: thread_of(batch),
        time: batch.time.0,
        experiment: batch.experiment,
    };
    frame.write(data, out)
}

/// Stacks and strings that events name.
#[derive(Debug, Default)]
struct Used {
    stacks: FxHashSet<u64>,
    strings: FxHashSet<u64>,
}

impl Used {
    /// Adds those of a batch of events.
    fn add(&mut self, batch: &Batch<'_>) -> Result<()> {
        for event in RawEvents::new(batch) {
            let event = event?;
            for (&arg, spec) in event.args().iter().zip(event.event.spec().args.iter().skip(1)) {
                match spec.role {
                    ArgRole::Number => {}
                    ArgRole::String => _ = self.strings.insert(arg),
                    ArgRole::Stack | ArgRole::OtherStack => _ = self.stacks.insert(arg),
                }
            }
        }
        Ok(())
    }

    /// Writes the CPU samples from before a moment, and the stacks and strings that are used.
    fn write_tables(
        mut self,
        generation: &Generation<'_>,
        to: Time,
        out: &mut impl Write,
    ) -> std::result::Result<(), ConvertError> {
        let tables = generation.tables();
        let mut all = [EventType::CPUSamples, EventType::Stacks, EventType::Strings].map(TableBatches::new);
        let [of_samples, of_stacks, of_strings] = &mut all;
        for batch in generation.batches_of(BatchKind::Samples) {
            samples::read(&batch, |sample| {
                if generation.frequency().time(sample.time) < to {
                    self.stacks.insert(sample.stack.0);
                    let [m, p] = [sample.thread.map(|m| m.0), sample.proc.map(|p| p.0)];
                    let g = sample.goroutine.map_or(0, |g| g.0);
                    let numbers = [sample.time.0, m.unwrap_or(WIRE_NONE), p.unwrap_or(WIRE_NONE), g, sample.stack.0];
                    of_samples.entry(EventType::CPUSample, &numbers);
                }
            })?;
        }
        for batch in generation.batches_of(BatchKind::Stacks) {
            stacks::read(&batch, |StackId(id), _, frames| {
                if self.stacks.contains(&id) {
                    // A reader takes the first frame of a PC for all; that may be left out.
                    let frames: Vec<_> = frames.map(|frame| generation.canonical(&tables, frame)).collect();
                    let data = of_stacks.entry(EventType::Stack, &[id, frames.len() as u64]);
                    for frame in frames {
                        self.strings.extend([frame.func.0, frame.file.0]);
                        [frame.pc, frame.func.0, frame.file.0, frame.line]
                            .iter()
                            .for_each(|&number| put_uvarint(data, number));
                    }
                }
            })?;
        }
        for batch in generation.batches_of(BatchKind::Strings) {
            strings::read(&batch, |StringId(id), _, text| {
                if self.strings.contains(&id) {
                    let data = of_strings.entry(EventType::String, &[id, text.len() as u64]);
                    data.extend_from_slice(text);
                }
            })?;
        }
        let start = generation.batches().next().map_or(0, |batch| batch.time.0);
        let frame = Frame { generation: generation.number(), thread: WIRE_NONE, time: start, experiment: 0 };
        for data in all.iter_mut().flat_map(TableBatches::take_all) {
            frame.write(&data, out)?;
        }
        Ok(())
    }
}
