//! Slices: windows written as traces of their own.

use super::state::State;
use super::{Start, Window, generation_of};
use crate::base::ids::{ThreadId, WIRE_NONE};
use crate::base::time::Time;
use crate::error::Result;
use crate::event::Event;
use crate::event::metric::MetricName;
use crate::export::EventWriter;
use crate::export::repair::beginning::{Beginning, BegunGoroutine, BegunProc};
use crate::export::repair::tables::Tables;
use crate::export::repair::{RepairWriter, Report};
use crate::generation::{ClockSnapshot, Generation};
use crate::order::state::guess::guess_last_time;
use crate::spec::state::{GoState, ProcState};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use crate::spec::version::HEADER_LEN;
use crate::trace::Trace;
use crate::wire::v2::batch::BatchKind;
use rustc_hash::FxHashSet;
use std::io::{self, Write};

/// A window of a trace, to be written as a trace of its own.
///
/// Where the window begins and ends with generations of a good trace of Go 1.22 or newer,
/// their [bytes](Slice::copy) are that trace. Any other window is written anew, as a trace of
/// the newest version with one generation: the state at its beginning is restated, and the
/// tables have what its events use.
///
/// ```
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::export::EventWriter;
/// use gotrace::{Slice, Time, Trace, Window};
///
/// let trace = Trace::parse(bytes)?;
/// let first = trace.events().next().expect("a trace has events")?;
/// let window = Window::new(Some(Time(first.time().0 + 20_000_000)), None);
/// let slice = Slice::of(&trace, window);
/// let mut bytes = Vec::new();
/// if slice.copy(&mut bytes)?.is_none() {
///     let mut writer = slice.writer(&mut bytes)?;
///     for event in window.events(&trace) {
///         writer.event(&event?)?;
///     }
///     writer.finish()?;
/// }
/// assert!(Trace::parse(&bytes)?.events().all(|event| event.is_ok()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Slice<'t> {
    trace: &'t Trace<'t>,
    window: Window,
    /// Indexes of the generations that the window is made of, if it is.
    generations: Option<std::ops::Range<usize>>,
}

impl<'t> Slice<'t> {
    /// Returns the slice of a window, and reads nothing yet.
    pub fn of(trace: &'t Trace<'t>, window: Window) -> Slice<'t> {
        Slice { trace, window, generations: whole_generations(trace, window) }
    }

    /// Returns the number of generations that the slice is made of, if [`copy`](Self::copy)
    /// copies it.
    pub fn generations(&self) -> Option<usize> {
        self.generations.as_ref().map(std::ops::Range::len)
    }

    /// Writes the slice if it consists of whole generations, and returns the number of
    /// bytes; writes nothing otherwise.
    ///
    /// # Errors
    /// Returns the error if the sink cannot be written to.
    pub fn copy(&self, mut out: impl Write) -> io::Result<Option<u64>> {
        let all = self.trace.generations();
        let Some(generations) = self.generations.clone().and_then(|range| all.get(range)) else { return Ok(None) };
        let (Some(first), Some(last)) = (generations.first(), generations.last()) else { return Ok(None) };
        let header = self.trace.bytes().get(..HEADER_LEN).unwrap_or_default();
        let body = self.trace.bytes().get(first.byte_range().start..last.byte_range().end).unwrap_or_default();
        out.write_all(header)?;
        out.write_all(body)?;
        out.flush()?;
        Ok(Some((header.len() + body.len()) as u64))
    }

    /// Begins to write the slice anew; the events of its window are to follow.
    ///
    /// # Errors
    /// Returns the error if the sink cannot be written to; or a defect in front of the window,
    /// in strict mode.
    pub fn writer<W: Write>(&self, out: W) -> io::Result<SliceWriter<'t, W>> {
        let Slice { trace, window, .. } = *self;
        let start = beginning_of(trace, window).map_err(io::Error::other)?;
        let writer = match &start {
            None => RepairWriter::newest(trace, out)?,
            Some(Start { from, state, .. }) => {
                let generation = trace.generations().get(generation_of(trace, *from));
                let begin = |tables: &mut Tables<'t>| state.begin(trace, *from, tables);
                RepairWriter::beginning_with(trace, out, generation, begin)?
            }
        };
        Ok(SliceWriter { writer, to: window.to() })
    }
}

/// Returns the state in which a window begins; none if it begins as an old trace does, which
/// states all that exists.
fn beginning_of<'t>(trace: &'t Trace<'t>, window: Window) -> Result<Option<Start<'t>>> {
    let first = trace.events().find_map(|event| event.ok()).map(|event| event.time());
    let begins = first.filter(|_| !trace.version().is_v1());
    window.from().filter(|from| Some(*from) > first).or(begins).map(|from| Start::of(trace, from)).transpose()
}

/// Returns the indexes of the generations that a window is made of, if a copy of their bytes
/// is a trace with the events of the window.
fn whole_generations(trace: &Trace<'_>, window: Window) -> Option<std::ops::Range<usize>> {
    let all = trace.generations();
    let is_good = !trace.version().is_v1() && trace.warnings().is_empty() && trace.defect().is_none();
    // A trace that follows another in the file has its own numbers.
    if !is_good || !all.iter().all(|generation| generation.is_complete() && !generation.begins_trace()) {
        return None;
    }
    let place = |time: Time| {
        let place = all.partition_point(|generation| begin_of(all, generation) < time);
        let after_all = |before: &Generation<'_>| guess_last_time(before) < time.0;
        place.checked_sub(1).and_then(|before| all.get(before)).is_none_or(after_all).then_some(place)
    };
    let (from, to) = (window.from().map_or(Some(0), place)?, window.to().map_or(Some(all.len()), place)?);
    // Experiments describe the heap in the first generation alone.
    let has_experiments = || all.first().is_some_and(|first| first.batches_of(BatchKind::Experimental).next().is_some());
    (from < to && (from == 0 || !has_experiments())).then_some(from..to)
}

/// Returns the time of the sync that a generation begins with, as far as it is known without
/// reading the one in front.
fn begin_of(all: &[Generation<'_>], generation: &Generation<'_>) -> Time {
    let before = generation.index().checked_sub(1).and_then(|before| all.get(before));
    generation.start().max(before.map_or(generation.start(), |before| Time(guess_last_time(before).saturating_add(1))))
}

/// Writes the events of a window as a trace of its own; made by [`Slice::writer`].
#[derive(Debug)]
pub struct SliceWriter<'t, W> {
    writer: RepairWriter<'t, W>,
    to: Option<Time>,
}

impl<'t, W: Write> EventWriter<'t> for SliceWriter<'t, W> {
    type Output = Report;

    /// Writes an event. All events of the window must come, in the order of its stream.
    fn event(&mut self, event: &Event<'t>) -> io::Result<()> {
        self.writer.event(event)
    }

    fn finish(self) -> io::Result<Report> {
        self.writer.finish_at(self.to.map(|to| to.0.max(1) as u64))
    }
}

impl<'t> State<'t> {
    /// Returns this state as the one that a trace begins in.
    fn begin(&self, trace: &'t Trace<'t>, time: Time, tables: &mut Tables<'t>) -> Beginning {
        let metrics = self.metrics.iter().map(|&(name, value)| (event_of(name), value)).collect();
        let mut begin = Beginning::at(time.0.max(1) as u64, snapshot_at(trace, time), self.marks, metrics);
        let number = |thread: Option<ThreadId>| thread.map_or(WIRE_NONE, |m| m.0);
        let in_syscalls = self.goroutines.values().filter(|g| g.state == GoState::Syscall);
        let in_syscalls: FxHashSet<ThreadId> = in_syscalls.filter_map(|g| g.thread).collect();
        for (&id, proc) in &self.procs {
            let thread = proc.thread.filter(|_| proc.state == ProcState::Running);
            let status = match thread {
                None => ProcStatus::Idle,
                Some(thread) if in_syscalls.contains(&thread) => ProcStatus::Syscall,
                Some(_) => ProcStatus::Running,
            };
            begin.add_proc(id.0, BegunProc { status, thread: number(thread), sweeps: proc.sweeps });
        }
        for (&id, g) in &self.goroutines {
            let thread = number(g.thread);
            let status = match g.state {
                GoState::Runnable => GoStatus::Runnable,
                GoState::Waiting => GoStatus::Waiting,
                GoState::Running if thread != WIRE_NONE => GoStatus::Running,
                GoState::Syscall if thread != WIRE_NONE => GoStatus::Syscall,
                // Without its M it cannot be stated; an event of it will tell.
                _ => continue,
            };
            let generation = |place: usize| trace.generations().get(place);
            let stack = g.stack.and_then(|(place, id)| Some(tables.stack_of(generation(place)?, id)));
            begin.add_goroutine(
                id.0,
                BegunGoroutine {
                    status,
                    thread,
                    stack: stack.unwrap_or(0),
                    label: tables.string(g.label),
                    assists: g.assists,
                    stops: g.stops.map(|reason| tables.string(reason)),
                },
            );
        }
        begin
    }
}

/// Returns the clocks at a moment, by the last snapshot before it, or else the first.
fn snapshot_at(trace: &Trace<'_>, time: Time) -> Option<ClockSnapshot> {
    let all = trace.generations();
    let (before, after) = all.split_at_checked(all.partition_point(|generation| generation.start() <= time))?;
    let at = before.iter().rev().chain(after).find_map(|generation| generation.clock_snapshot())?;
    let mono = at.mono.wrapping_add_signed(time.since(at.time));
    Some(ClockSnapshot { time, mono, wall: at.wall_at(time) })
}

fn event_of(metric: MetricName) -> EventType {
    match metric {
        MetricName::GoMaxProcs => EventType::ProcsChange,
        MetricName::HeapLive => EventType::HeapAlloc,
        MetricName::HeapGoal => EventType::HeapGoal,
    }
}
