//! How many events there are, and of which kinds.

use crate::analysis::Analysis;
use crate::error::Error;
use crate::event::Event;
use crate::generation::Generation;
use crate::wire::v2::batch::BatchKind;
use crate::wire::v2::event::RawEvents;
use crate::wire::v2::spec::EventType;

/// Counts events; the answer is a [`Counts`].
#[derive(Clone, Debug)]
pub struct Count {
    counts: Counts,
}

impl Default for Count {
    fn default() -> Count {
        Count { counts: Counts { by_type: [0; 256], implied: 0, raw: false } }
    }
}

impl Analysis for Count {
    type Output = Counts;

    #[inline(always)]
    fn event(&mut self, event: &Event<'_>) {
        let wire_type = event.wire_type();
        self.add(wire_type, 1);
        if wire_type == EventType::ProcSteal {
            self.counts.implied += u64::from(is_implied(event));
        }
    }

    fn finish(self) -> Counts {
        self.counts
    }
}

impl Count {
    /// Counts what a generation has on the wire, undecided whether it can be
    /// ordered. Passes over the rest of a batch that has a defect.
    pub fn raw_generation(&mut self, generation: &Generation<'_>, defects: &mut Vec<Error>) {
        self.counts.raw = true;
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
        self.counts.raw |= other.counts.raw;
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
    raw: bool,
}

impl Counts {
    /// All events of the ordered stream.
    pub fn events(&self) -> u64 {
        self.by_type.iter().sum()
    }

    /// The events on the wire that they were made of. A coroutine switch is
    /// one there and three in the stream; syncs are not there at all.
    pub fn wire_events(&self) -> u64 {
        if self.raw {
            return self.events();
        }
        let switches = self.of_type(EventType::GoSwitch) + self.of_type(EventType::GoSwitchDestroy);
        self.events().saturating_sub(self.of_type(EventType::Sync) + 2 * switches + self.implied)
    }

    /// The events of one type.
    pub fn of_type(&self, event: EventType) -> u64 {
        self.by_type.get(event as usize).copied().unwrap_or_default()
    }

    /// The events of each type that occurs.
    pub fn by_type(&self) -> impl Iterator<Item = (EventType, u64)> + '_ {
        EventType::ALL.iter().map(|&event| (event, self.of_type(event))).filter(|(_, count)| *count != 0)
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
