//! The state at a moment as events, as a trace that begins there has them.

use super::state::State;
use crate::analysis::{Analysis, Pass};
use crate::base::ids::{GoId, ProcId, ThreadId, WIRE_NONE};
use crate::base::time::Time;
use crate::error::Result;
use crate::event::Event;
use crate::event::metric::MetricName;
use crate::export::repair::batches::Batches;
use crate::export::repair::make::Planned;
use crate::export::repair::tables::{TableBatches, Tables};
use crate::order::state::NONE;
use crate::order::state::context::Context;
use crate::order::state::record::{Record, note};
use crate::spec::state::{GoState, ProcState};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use crate::spec::version::Version;
use crate::trace::{Options, Trace};
use crate::wire::v2::batch::BatchKind;
use crate::wire::v2::event::RawEvents;
use std::io;

/// M, P and goroutine of an event of the prelude.
#[derive(Clone, Copy, Default)]
struct Place {
    thread: Option<ThreadId>,
    proc: Option<ProcId>,
    goroutine: Option<GoId>,
}

/// An event of the prelude: its type, its arguments behind the time difference, and its
/// place.
type PreludeEvent = (EventType, [u64; 4], Place);

impl<'t> State<'t> {
    /// Returns a trace of one generation that has this state as its events, all on one M.
    pub(super) fn encode(&self, trace: &'t Trace<'t>, time: Time) -> Vec<u8> {
        // Writing to memory does not fail.
        self.write(trace, time).unwrap_or_default()
    }

    fn write(&self, trace: &'t Trace<'t>, time: Time) -> io::Result<Vec<u8>> {
        let (mut tables, time) = (Tables::new(), time.0.max(1) as u64);
        let mut batches = Batches::new(Version::Go126.header().to_vec());
        let generation = |place: usize| trace.generations().get(place);
        let snapshot = trace.generations().iter().find_map(|generation| generation.clock_snapshot());
        batches.sync(Version::Go126, time, snapshot)?;
        for (event, args, _) in self
            .number_events(&mut |place, id| generation(place).map_or(0, |generation| tables.stack_of(generation, id)))
        {
            batches.event(&Planned { thread: 0, event, args }, time)?;
        }
        for (event, text, _) in self.string_events() {
            let args = [tables.string(text), 0, 0, 0];
            batches.event(&Planned { thread: 0, event, args }, time)?;
        }
        for data in [&mut tables.stack_batches, &mut tables.string_batches].into_iter().flat_map(TableBatches::take_all)
        {
            batches.table(&data)?;
        }
        batches.finish(Version::Go126)
    }

    /// Returns the events whose arguments are numbers or a stack.
    fn number_events(&self, stack: &mut dyn FnMut(usize, u64) -> u64) -> Vec<PreludeEvent> {
        let mut events = Vec::new();
        for &(name, value) in &self.metrics {
            let event = match name {
                MetricName::GoMaxProcs => EventType::ProcsChange,
                MetricName::HeapLive => EventType::HeapAlloc,
                MetricName::HeapGoal => EventType::HeapGoal,
            };
            events.push((event, [value, 0, 0, 0], Place::default()));
        }
        for (id, p) in &self.procs {
            let at = Place { thread: p.thread, ..Place::default() };
            let status = if p.state == ProcState::Running { ProcStatus::Running } else { ProcStatus::Idle };
            events.push((EventType::ProcStatus, [id.0, status as u64, 0, 0], at));
        }
        for (id, g) in &self.goroutines {
            let own = g.stack.map_or(0, |(place, number)| stack(place, number));
            let thread = g.thread.map_or(WIRE_NONE, |m| m.0);
            let status = match g.state {
                GoState::Runnable => GoStatus::Runnable,
                GoState::Running => GoStatus::Running,
                GoState::Syscall => GoStatus::Syscall,
                GoState::Waiting | GoState::Undetermined | GoState::NotExist => GoStatus::Waiting,
            };
            let at = Place { thread: g.thread, proc: self.proc_of(g), goroutine: None };
            events.push((EventType::GoStatusStack, [id.0, thread, status as u64, own], at));
        }
        if self.marks {
            events.push((EventType::GCActive, [1, 0, 0, 0], Place::default()));
        }
        for (id, _) in self.procs.iter().filter(|(_, p)| p.sweeps) {
            events.push((EventType::GCSweepActive, [id.0, 0, 0, 0], Place::default()));
        }
        for (id, _) in self.goroutines.iter().filter(|(_, g)| g.assists) {
            events.push((EventType::GCMarkAssistActive, [id.0, 0, 0, 0], Place::default()));
        }
        events
    }

    /// Returns the events whose argument is a string.
    fn string_events(&self) -> impl Iterator<Item = (EventType, &'t [u8], Place)> {
        self.goroutines.iter().flat_map(|(&id, g)| {
            let at = Place { thread: g.thread, proc: self.proc_of(g), goroutine: Some(id) };
            let stops = g.stops.map(|reason| (EventType::STWBegin, reason, at));
            let labelled = (!g.label.is_empty()).then_some((EventType::GoLabel, g.label, at));
            stops.into_iter().chain(labelled)
        })
    }
}

/// State at a moment, as a trace.
pub(super) struct Prelude<'b> {
    trace: Trace<'b>,
}

impl<'b> Prelude<'b> {
    /// Reads the bytes that [`State::encode`] has written, as the trace was read: what the
    /// limits of that allow, they allow here.
    pub(super) fn parse(bytes: &'b [u8], options: Options) -> Result<Prelude<'b>> {
        Ok(Prelude { trace: Trace::with_options(bytes, options)? })
    }

    /// Shows the state to an analysis, after a sync: all at the same moment, which the
    /// times of a stream could not express.
    pub(super) fn show<A: Analysis>(&self, time: Time, state: &State<'_>, pass: &mut Pass, analysis: &mut A) {
        let generation = self.trace.generations().first();
        let restated = |record: Record| Event::new(self.trace.framed(), generation, record.with_note(note::RESTATED));
        pass.show(&restated(Record::sync(time)), analysis);
        let events = state.number_events(&mut |_, _| 0).into_iter().map(|(_, _, at)| at);
        let places = events.chain(state.string_events().map(|(.., at)| at));
        let batches = generation.into_iter().flat_map(|generation| generation.batches_of(BatchKind::Events));
        let events = batches.flat_map(|batch| RawEvents::new(&batch).flatten().collect::<Vec<_>>());
        for (raw, at) in events.zip(places) {
            let context = Context {
                go: at.goroutine.map_or(WIRE_NONE, |g| g.0),
                p: at.proc.and_then(|p| p.0.try_into().ok()).unwrap_or(NONE),
                ..Context::EMPTY
            };
            let thread = at.thread.map_or(WIRE_NONE, |m| m.0);
            pass.show(&restated(Record::new(raw.event, thread, context, raw.offset, time.0)), analysis);
        }
        let follower = pass.follower_mut();
        follower.leave_generation();
        for (&id, goroutine) in &state.goroutines {
            follower.recall_reason(id, goroutine.reason);
        }
    }
}
