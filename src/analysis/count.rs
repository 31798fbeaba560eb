//! Counts of events, by type and kind.

use crate::analysis::{Analysis, Follower, SharedEvent, Transition};
use crate::error::Error;
use crate::event::Event;
use crate::generation::Generation;
use crate::generation::v1::index::Index;
use crate::spec::v2::EventType;
use crate::wire::v1::event::{Shapes, numbers};
use crate::wire::v2::batch::BatchKind;
use crate::wire::v2::event::RawEvents;

mod v1 {
    pub(super) use crate::spec::v1::EventType;
    pub(super) use crate::wire::v1::event::RawEvents;
}

/// Counts events; the answer is a [`Counts`].
#[derive(Clone, Debug)]
pub struct CollectCounts {
    counts: Counts,
}

impl Default for CollectCounts {
    fn default() -> CollectCounts {
        CollectCounts { counts: Counts { by_type: [0; 256], implied: 0, raw: Raw::No, v1_wire: None } }
    }
}

impl Analysis for CollectCounts {
    type Output = Counts;

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, _: &Follower) {
        // Transitions are of none of the types that need a closer look, and only the first
        // of a goroutine can be one that a window restates.
        if !(transition.new && transition.is_restated()) {
            self.add(transition.wire_type(), 1);
        }
    }

    #[inline]
    fn event(&mut self, event: &SharedEvent<'_, '_>, _: &mut Follower) {
        if !event.is_restated() {
            self.note(event);
        }
    }

    fn finish(self, _: &Follower) -> Counts {
        self.counts
    }
}

impl CollectCounts {
    /// Returns the counts so far.
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
            // The first sync of a v1 trace has its index, with the events that are in the
            // file.
            self.counts.v1_wire = self.counts.v1_wire.or_else(|| v1_wire_events(event));
        }
    }

    /// Counts the events of a generation as they are in the file, without ordering them.
    /// Skips the rest of a batch that has a defect, which is added to `defects`.
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

    /// Counts the timed events and CPU samples of a v1 trace, which is one generation.
    fn raw_v1(&mut self, file: &[u8], index: &Index, defects: &mut Vec<Error>) {
        let shapes = Shapes::of(index.version);
        for batch in &index.batches {
            let mut at = batch.range.start;
            while at < batch.range.end {
                let byte = file.get(at).copied().unwrap_or_default();
                // Most events need no decoding: their numbers are only skipped.
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

    /// Adds the counts of another, which counted other events.
    pub fn merge(&mut self, other: &CollectCounts) {
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

/// Returns whether an event is not in the file itself, but implied by another at the offset
/// that it states.
fn is_implied(event: &Event<'_>) -> bool {
    let on_the_wire = || event.generation()?.file.get(usize::try_from(event.offset()?).ok()?);
    on_the_wire() != Some(&(event.wire_type() as u8))
}

/// Counts of events.
#[derive(Clone, Debug)]
pub struct Counts {
    by_type: [u64; 256],
    /// Number of P steals that are not in the file, but implied by the end of a blocked
    /// system call.
    implied: u64,
    /// Origin of the counts: the ordered stream, or the file.
    raw: Raw,
    /// Number of events that a v1 trace has in the file.
    v1_wire: Option<u64>,
}

/// Source of counts: the ordered stream, or a file's events under the numbers of its format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Raw {
    No,
    V1,
    V2,
}

/// Returns the number of timed events and CPU samples that a v1 trace has in the file.
#[cold]
fn v1_wire_events(event: &Event<'_>) -> Option<u64> {
    let index = event.generation()?.v1.as_ref()?;
    Some((index.events + index.samples.len()) as u64)
}

impl Counts {
    /// Returns the number of all events of the ordered stream.
    pub fn events(&self) -> u64 {
        self.by_type.iter().sum()
    }

    /// Returns the number of events in the file that the stream was made of. A coroutine
    /// switch is one event there and three in the stream; syncs are not in the file.
    pub fn wire_events(&self) -> u64 {
        if self.raw != Raw::No {
            return self.events();
        }
        if let Some(events) = self.v1_wire {
            return events;
        }
        // A switch is one event in the file, and three in the stream.
        let switches = self.of_type(EventType::GoSwitch) + self.of_type(EventType::GoSwitchDestroy);
        self.events().saturating_sub(self.of_type(EventType::Sync) + 2 * switches + self.implied)
    }

    /// Returns the number of events of a type.
    pub fn of_type(&self, event: EventType) -> u64 {
        self.by_type.get(event as usize).copied().unwrap_or_default()
    }

    /// Returns the number of events of each type that occurs; nothing if the counts are of
    /// the events in a v1 file, which have types of their own.
    pub fn by_type(&self) -> impl Iterator<Item = (EventType, u64)> + '_ {
        let all = if self.raw == Raw::V1 { &[] } else { EventType::ALL };
        all.iter().map(|&event| (event, self.of_type(event))).filter(|(_, count)| *count != 0)
    }

    /// Returns the number of events of each type that occurs, under the type's name; for
    /// the events in a v1 file, that of the v1 type.
    pub fn by_type_name(&self) -> Vec<(&'static str, u64)> {
        if self.raw != Raw::V1 {
            return self.by_type().map(|(event, count)| (event.name(), count)).collect();
        }
        let of = |event: v1::EventType| self.by_type.get(event as usize).copied().unwrap_or_default();
        let all = v1::EventType::ALL.iter().map(|&event| (event.name(), of(event)));
        all.filter(|(_, count)| *count != 0).collect()
    }

    /// Returns the number of events of each kind that occurs, under Go's name for the kind,
    /// in Go's order.
    pub fn by_kind(&self) -> Vec<(&'static str, u64)> {
        KINDS
            .iter()
            .map(|&kind| (kind, self.by_type().filter(|(event, _)| kind_of(*event) == kind).map(|(_, n)| n).sum()))
            .filter(|(_, count)| *count != 0)
            .collect()
    }
}

/// Names of all kinds, in Go's order.
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

/// Returns the name of the kind that events of a type are, as
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
