//! How many events there are, and of which kinds.

use crate::analysis::{Analysis, Known, Seen, Step};
use crate::error::Error;
use crate::event::Event;
use crate::generation::Generation;
use crate::wire::v1::event::{Shapes, numbers};
use crate::wire::v1::tables::Index;
use crate::wire::v2::batch::BatchKind;
use crate::wire::v2::event::RawEvents;
use crate::wire::v2::spec::EventType;

mod v1 {
    pub(super) use crate::wire::v1::event::RawEvents;
    pub(super) use crate::wire::v1::spec::EventType;
}

/// Counts events; the answer is a [`Counts`].
#[derive(Clone, Debug)]
pub struct Count {
    counts: Counts,
}

impl Default for Count {
    fn default() -> Count {
        Count { counts: Counts { by_type: [0; 256], implied: 0, raw: Raw::No, v1_wire: None } }
    }
}

impl Analysis for Count {
    type Output = Counts;

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, _: &Known) {
        // It is none of those that are looked at.
        self.add(step.wire_type(), 1);
    }

    #[inline]
    fn event(&mut self, event: &Seen<'_, '_>, _: &mut Known) {
        self.note(event);
    }

    fn finish(self, _: &Known) -> Counts {
        self.counts
    }
}

impl Count {
    /// What it has counted.
    pub fn counts(self) -> Counts {
        self.counts
    }

    /// Takes note of the next event, whose kind need not be decoded for it.
    #[inline(always)]
    pub fn note(&mut self, event: &Event<'_>) {
        let wire_type = event.wire_type();
        self.add(wire_type, 1);
        if wire_type == EventType::ProcSteal {
            self.counts.implied += u64::from(is_implied(event));
        }
        if wire_type == EventType::Sync {
            self.counts.v1_wire = self.counts.v1_wire.or_else(|| v1_wire_events(event));
        }
    }

    /// Counts what a generation has on the wire, undecided whether it can be
    /// ordered. Passes over the rest of a batch that has a defect.
    pub fn raw_generation(&mut self, generation: &Generation<'_>, defects: &mut Vec<Error>) {
        if let Some(index) = &generation.v1 {
            self.counts.raw = Raw::V1;
            return self.raw_v1(generation.file, index, defects);
        }
        self.counts.raw = Raw::V2;
        for batch in generation.batches_of(BatchKind::Events) {
            for event in RawEvents::new(&batch) {
                match event {
                    Ok(event) => self.add(event.event, 1),
                    Err(e) => defects.push(e.in_generation(generation.number()).on_thread(batch.thread)),
                }
            }
        }
        match generation.raw_samples() {
            Ok(samples) => self.add(EventType::CPUSample, samples.len() as u64),
            Err(e) => defects.push(e),
        }
    }

    /// The same for the one generation that a v1 trace is: its timed events, and
    /// CPU samples.
    fn raw_v1(&mut self, file: &[u8], index: &Index, defects: &mut Vec<Error>) {
        let shapes = Shapes::of(index.version);
        for batch in &index.batches {
            let mut at = batch.range.start;
            while at < batch.range.end {
                let byte = file.get(at).copied().unwrap_or_default();
                let read = if shapes.count(byte) != 0 && byte & 0x3f != v1::EventType::UserLog as u8 {
                    numbers(file, at, &shapes).map(|(_, end)| end)
                } else {
                    v1::RawEvents::from(file, at, index.version).read().map(|raw| at + raw.size)
                };
                match read {
                    Ok(end) => at = end,
                    Err(e) => {
                        defects.push(e);
                        break;
                    }
                }
                let number = byte & 0x3f;
                if v1::EventType::from_wire(number).is_some_and(|event| event.spec().is_timed())
                    && let Some(count) = self.counts.by_type.get_mut(usize::from(number))
                {
                    *count += 1;
                }
            }
        }
    }

    #[inline(always)]
    fn add(&mut self, event: EventType, more: u64) {
        if let Some(count) = self.counts.by_type.get_mut(event as usize) {
            *count += more;
        }
    }

    /// Adds what another has counted, of other events.
    pub fn merge(&mut self, other: &Count) {
        for (count, more) in self.counts.by_type.iter_mut().zip(&other.counts.by_type) {
            *count += more;
        }
        self.counts.implied += other.counts.implied;
        if other.counts.raw != Raw::No {
            self.counts.raw = other.counts.raw;
        }
        self.counts.v1_wire = self.counts.v1_wire.or(other.counts.v1_wire);
    }
}

/// Whether an event follows from another, at whose place in the file it says
/// to be.
fn is_implied(event: &Event<'_>) -> bool {
    let on_the_wire = || event.generation()?.file.get(usize::try_from(event.offset()?).ok()?);
    on_the_wire() != Some(&(event.wire_type() as u8))
}

/// How many events there are.
#[derive(Clone, Debug)]
pub struct Counts {
    by_type: [u64; 256],
    /// How many P steals stand not on the wire, but follow from the end of a
    /// blocked system call.
    implied: u64,
    /// Whether these are the wire's events as they stand there.
    raw: Raw,
    /// How many events a v1 trace has on the wire.
    v1_wire: Option<u64>,
}

/// Whether the counts are of the wire's events, and in which numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Raw {
    No,
    V1,
    V2,
}

/// How many timed events and CPU samples a v1 trace has.
#[cold]
fn v1_wire_events(event: &Event<'_>) -> Option<u64> {
    let index = event.generation()?.v1.as_ref()?;
    Some((index.events + index.samples.len()) as u64)
}

impl Counts {
    /// All events of the ordered stream.
    pub fn events(&self) -> u64 {
        self.by_type.iter().sum()
    }

    /// The events on the wire that they were made of. A coroutine switch is
    /// one there and three in the stream; syncs are not there at all.
    pub fn wire_events(&self) -> u64 {
        if self.raw != Raw::No {
            return self.events();
        }
        if let Some(events) = self.v1_wire {
            return events;
        }
        let switches = self.of_type(EventType::GoSwitch) + self.of_type(EventType::GoSwitchDestroy);
        self.events().saturating_sub(self.of_type(EventType::Sync) + 2 * switches + self.implied)
    }

    /// The events of one type.
    pub fn of_type(&self, event: EventType) -> u64 {
        self.by_type.get(event as usize).copied().unwrap_or_default()
    }

    /// The events of each type that occurs; none for the wire's events of a v1
    /// trace, which have types of their own.
    pub fn by_type(&self) -> impl Iterator<Item = (EventType, u64)> + '_ {
        let all = if self.raw == Raw::V1 { &[] } else { EventType::ALL };
        all.iter().map(|&event| (event, self.of_type(event))).filter(|(_, count)| *count != 0)
    }

    /// The events of each type that occurs, under its name: for the wire's events
    /// of a v1 trace, that of v1.
    pub fn by_type_name(&self) -> Vec<(&'static str, u64)> {
        if self.raw != Raw::V1 {
            return self.by_type().map(|(event, count)| (event.name(), count)).collect();
        }
        let of = |event: v1::EventType| self.by_type.get(event as usize).copied().unwrap_or_default();
        let all = v1::EventType::ALL.iter().map(|&event| (event.name(), of(event)));
        all.filter(|(_, count)| *count != 0).collect()
    }

    /// The events of each kind that occurs, under the name that Go gives it,
    /// in Go's order.
    pub fn by_kind(&self) -> Vec<(&'static str, u64)> {
        KINDS
            .iter()
            .map(|&kind| (kind, self.by_type().filter(|(event, _)| kind_of(*event) == kind).map(|(_, n)| n).sum()))
            .filter(|(_, count)| *count != 0)
            .collect()
    }
}

/// The names of all kinds, in Go's order.
pub const KINDS: [&str; 14] = [
    "Sync",
    "Metric",
    "Label",
    "StackSample",
    "RangeBegin",
    "RangeActive",
    "RangeEnd",
    "TaskBegin",
    "TaskEnd",
    "RegionBegin",
    "RegionEnd",
    "Log",
    "StateTransition",
    "Experimental",
];

/// The name of the kind that events of a type are, as
/// [`EventKind::name`](crate::EventKind::name) gives it.
pub fn kind_of(event: EventType) -> &'static str {
    use EventType::*;
    match event {
        Sync => "Sync",
        CPUSample => "StackSample",
        ProcsChange | HeapAlloc | HeapGoal => "Metric",
        GoLabel => "Label",
        STWBegin | GCBegin | GCSweepBegin | GCMarkAssistBegin => "RangeBegin",
        GCActive | GCSweepActive | GCMarkAssistActive => "RangeActive",
        STWEnd | GCEnd | GCSweepEnd | GCMarkAssistEnd => "RangeEnd",
        UserTaskBegin => "TaskBegin",
        UserTaskEnd => "TaskEnd",
        UserRegionBegin => "RegionBegin",
        UserRegionEnd => "RegionEnd",
        UserLog => "Log",
        _ if event.spec().experimental => "Experimental",
        _ => "StateTransition",
    }
}
