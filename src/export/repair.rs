//! Writes a trace again, whole and valid, from the parts that could be read.
//!
//! A reader of a trace believes its events, and refuses the first one that contradicts
//! them. So repair tracks what a reader believes so far, and before an event that
//! contradicts it writes *synthetic* events, which lead from there to the state that the
//! event needs: a goroutine that starts without having been mentioned gets a status first;
//! one that starts twice blocks and is unblocked in between; a P that another M has is
//! given up there.
//!
//! ```text
//! Event ──> prepare ──> make ──> rules ──> batches ──> file
//!           what it     events   may it    one open
//!           needs       between  happen?   for each M
//! ```
//!
//! The output is one generation with one table of strings and one of stacks. Its clock
//! ticks in nanoseconds. As the times of a stream increase strictly, no two events have the
//! same: a reader sees them in the order in which they were written.

pub(crate) mod batches;
pub(crate) mod beginning;
mod experiment;
mod known;
pub(crate) mod make;
mod model;
mod prepare;
mod rules;
pub(crate) mod tables;
#[cfg(test)]
mod tests;

use crate::event::Event;
use crate::event::kind::EventKind;
use crate::export::EventWriter;
use crate::generation::Generation;
use crate::order::note;
use crate::spec::v2::{ArgRole, EventType};
use crate::spec::version::Version;
use crate::trace::Trace;
use crate::wire::v2::experiment::ALLOC_FREE;
use batches::Batches;
use beginning::Beginning;
use experiment::Experiments;
use make::{Plan, Planned, Wanted};
use model::NONE;
use std::io::{self, Write};
use tables::{TableBatches, Tables};

/// Counts of what a [`RepairWriter`] did with its events.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// Number of events that were written.
    pub kept: u64,
    /// Number of synthetic events that were written to make those legal.
    pub synthesised: u64,
    /// Number of events that were not written, because nothing could make them legal.
    pub dropped: u64,
    /// Number of events that restated a known state, as every generation does at its
    /// beginning; a trace of one generation has no place for them.
    pub restated: u64,
    /// Number of generations that became one. The syncs between them, one less than that,
    /// have no place either.
    pub generations: u64,
    /// Number of events of experiments that were left out, because their numbers count from
    /// another address, as in another trace in the same file.
    pub experimental: u64,
}

/// Writes the ordered events of a trace as a valid trace of the same version, or
/// of Go 1.26 if it is of Go 1.21 or older.
///
/// Memory does not grow with the number of events, but with those of distinct strings and
/// stacks, and of goroutines alive.
///
/// ```
/// use gotrace::export::EventWriter;
/// use gotrace::export::repair::RepairWriter;
/// use gotrace::{Mode, Options, Trace};
/// # let bytes = include_bytes!("../../testdata/traces/go1.27/hello.trace");
/// let cut = &bytes[..bytes.len() - 1000];
/// let trace = Trace::with_options(cut, Options::default().mode(Mode::Lenient))?;
/// let mut repaired = Vec::new();
/// let mut writer = RepairWriter::new(&trace, &mut repaired)?;
/// for event in trace.events() {
///     writer.event(&event?)?;
/// }
/// assert!(writer.finish()?.kept > 0);
/// assert!(Trace::parse(&repaired)?.events().all(|event| event.is_ok()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RepairWriter<'t, W> {
    trace: &'t Trace<'t>,
    version: Version,
    batches: Batches<W>,
    tables: Tables<'t>,
    samples: TableBatches,
    experiments: Experiments<'t>,
    plan: Plan,
    report: Report,
    /// True if the part before the events has been written.
    begun: bool,
    /// Time of the last event.
    last: u64,
    /// Offset in the input of the coroutine switch that was written last.
    switched: Option<usize>,
    /// Offset in the input of the end of a C thread's goroutine that is to take its P
    /// along.
    loses_proc: Option<usize>,
    /// Number of an event's records before the one that it is known by.
    before: u64,
    /// State that is still to be restated, if the output begins within the trace.
    beginning: Beginning,
}

impl<'t, W: Write> RepairWriter<'t, W> {
    /// Begins to write the events of `trace` that can be read.
    ///
    /// # Errors
    /// Returns the error if the header cannot be written.
    pub fn new(trace: &'t Trace<'t>, out: W) -> io::Result<RepairWriter<'t, W>> {
        // Traces of Go 1.21 and older become ones that today's tools read.
        let version = if trace.version().is_v1() { NEWEST } else { trace.version() };
        RepairWriter::of_version(trace, version, out)
    }

    /// Begins to write the events of `trace` as a trace of the newest version.
    pub(crate) fn newest(trace: &'t Trace<'t>, out: W) -> io::Result<RepairWriter<'t, W>> {
        RepairWriter::of_version(trace, NEWEST, out)
    }

    /// Begins to write events of `trace` in that version of the format, 1.22 or newer.
    fn of_version(trace: &'t Trace<'t>, version: Version, out: W) -> io::Result<RepairWriter<'t, W>> {
        let mut batches = Batches::new(out);
        batches.raw(&version.header())?;
        Ok(RepairWriter {
            trace,
            version,
            batches,
            tables: Tables::new(),
            samples: TableBatches::new(EventType::CPUSamples),
            experiments: Experiments::default(),
            plan: Plan::default(),
            report: Report::default(),
            begun: false,
            last: 0,
            switched: None,
            loses_proc: None,
            before: 0,
            beginning: Beginning::default(),
        })
    }
}

impl<'t, W: Write> EventWriter<'t> for RepairWriter<'t, W> {
    type Output = Report;

    /// Writes an event, and the synthetic events that it needs before it. All events must
    /// come, in the order of the trace's stream.
    fn event(&mut self, event: &Event<'t>) -> io::Result<()> {
        let time = event.time().0.max(1) as u64;
        self.begin(time)?;
        if event.wire_type() == EventType::Sync {
            return self.enter(event);
        }
        // Real times are far lower; only a file made for it has such ones.
        if self.last >= MOST_TIME || time >= MOST_TIME {
            self.report.dropped += 1;
            return Ok(());
        }
        self.fill(Some(time))?;
        self.before = 0;
        let kept = self.place(event);
        self.write_planned(time - self.before, kept)?;
        self.write_full_tables()
    }

    /// Writes the rest, and returns the counts.
    fn finish(mut self) -> io::Result<Report> {
        self.begin(1)?;
        let tables = [&mut self.samples, &mut self.tables.stack_batches, &mut self.tables.string_batches];
        for data in tables.into_iter().flat_map(TableBatches::take_all) {
            self.batches.table(&data)?;
        }
        for data in self.experiments.take_all() {
            self.batches.experiment(ALLOC_FREE, &data)?;
        }
        self.batches.finish(self.version)?;
        Ok(self.report)
    }
}

impl<'t, W: Write> RepairWriter<'t, W> {
    /// Writes the part before the events, once.
    fn begin(&mut self, start: u64) -> io::Result<()> {
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let generations = self.trace.generations();
        let snapshot = self.beginning.snapshot;
        let snapshot = snapshot.or_else(|| generations.iter().find_map(|generation| generation.clock_snapshot()));
        self.last = self.beginning.time;
        self.batches.sync(self.version, start, snapshot)
    }

    /// Follows the stream into the next generation.
    fn enter(&mut self, sync: &Event<'t>) -> io::Result<()> {
        let Some(generation) = sync.generation() else { return Ok(()) };
        self.report.generations += 1;
        self.enter_generation(generation)
    }

    /// Takes over the batches of experiments of a generation that is read.
    fn enter_generation(&mut self, generation: &'t Generation<'t>) -> io::Result<()> {
        self.experiments.enter(generation);
        for data in self.experiments.take_full() {
            self.batches.experiment(ALLOC_FREE, &data)?;
        }
        Ok(())
    }

    /// Plans an event and the synthetic events that it needs; returns whether the event
    /// itself is the last of those planned.
    fn place(&mut self, event: &Event<'t>) -> bool {
        let (record, args) = event.wire();
        let mut wire = record.event;
        let thread = match record.thread {
            // Traces up to Go 1.21 do not say on which M a system call ends, or a cycle of
            // the collector begins: the M that has the goroutine.
            NONE if matches!(wire, EventType::GoSyscallEndBlocked | EventType::GCBegin) => {
                self.plan.model.go_holder(record.go)
            }
            thread => thread,
        };
        if wire == EventType::CPUSample {
            return self.sample(event, args);
        }
        // Some events on the wire are several in the stream; only one is written.
        let synthetic = record.note & note::SYNTHETIC != 0;
        if synthetic || wire == EventType::GoStart {
            let switched = self.switched == Some(record.offset);
            // The steal is remembered, and written with the end of the goroutine.
            if wire == EventType::ProcSteal {
                self.loses_proc = Some(record.offset);
                return false;
            }
            if synthetic || switched {
                self.count(switched);
                return false;
            }
        }

        let mut own = self.arguments(event, args);
        // Where the M had to be found, the record's P is not known either.
        let p = if thread == record.thread { record.proc() } else { None };
        let wanted = Wanted { g: record.go, p: p.map_or(NONE, |p| p.0) };
        self.beginning.restate_for(&mut self.plan, wire, &own, wanted);
        let within = self.beginning.time > 0;
        if self.is_known(event, &own, wanted) {
            // In a slice they stay: the times of later generations follow them.
            if within && self.plan.model.restate(thread, wire, &own) {
                self.plan.events.push(Planned { thread, event: wire, args: own });
                self.count(true);
                return true;
            }
            self.report.restated += 1;
            return false;
        }
        if within {
            self.plan.model.begin_gc(wire, own[0]);
        }
        if wire.spec().experimental && !self.experiments.renumber(wire, &mut own) {
            self.report.experimental += 1;
            return false;
        }
        let switches = matches!(wire, EventType::GoSwitch | EventType::GoSwitchDestroy);
        if switches && wanted.g == NONE && self.plan.model.m(thread).g == NONE {
            // The switching goroutine is lost; that the other one starts is an event of its
            // own.
            (wire, own) = (EventType::GoUnblock, [own[0], 0, 0, 0]);
        }
        self.plan.prepare(thread, wire, &mut own, wanted);
        if !self.beginning.metrics.is_empty() {
            self.beginning.restate_metrics(&mut self.plan, thread, Some(wire));
        }
        if wire == EventType::GoDestroySyscall {
            // In a trace of Go 1.21 or older, or behind a defect, the P is not taken along.
            let announced = self.loses_proc.take() == Some(record.offset);
            if !announced {
                self.plan.drop_proc(thread);
            } else {
                self.before = u64::from(self.plan.model.m(thread).p != NONE);
                self.count(self.before > 0);
            }
        }
        let kept = self.plan.emit(thread, wire, &own);
        if kept && wire == record.event && switches {
            self.switched = Some(record.offset);
        }
        self.count(kept);
        kept
    }

    /// Keeps a CPU sample, which changes nothing.
    fn sample(&mut self, event: &Event<'t>, args: [u64; 5]) -> bool {
        let stack = event.generation().map_or(0, |generation| self.tables.stack_of(generation, args[4]));
        let args = [args[1], args[2], args[3], stack];
        self.plan.events.push(Planned { thread: NONE, event: EventType::CPUSample, args });
        self.count(true);
        true
    }

    /// Returns the arguments of an event behind the time difference, with the new IDs of
    /// strings and stacks.
    fn arguments(&mut self, event: &Event<'t>, args: [u64; 5]) -> [u64; 4] {
        let [_, mut own @ ..] = args;
        let Some(generation) = event.generation() else { return own };
        for (arg, spec) in own.iter_mut().zip(event.wire_type().spec().args.iter().skip(1)) {
            match spec.role {
                ArgRole::Number => {}
                ArgRole::String => *arg = self.tables.string_of(generation, *arg),
                ArgRole::Stack | ArgRole::OtherStack => *arg = self.tables.stack_of(generation, *arg),
            }
        }
        if let (EventType::UserLog, true) = (event.wire_type(), self.trace.version().is_v1())
            && let EventKind::Log(log) = event.kind()
        {
            // The message is in the event itself there, and in no table.
            own[2] = self.tables.string(log.message);
        }
        own
    }

    /// Writes the batches of tables that are full.
    fn write_full_tables(&mut self) -> io::Result<()> {
        let tables = [&mut self.tables.string_batches, &mut self.tables.stack_batches, &mut self.samples];
        for data in tables.into_iter().flat_map(TableBatches::take_full) {
            self.batches.table(&data)?;
        }
        Ok(())
    }

    fn count(&mut self, kept: bool) {
        *(if kept { &mut self.report.kept } else { &mut self.report.dropped }) += 1;
    }

    /// Writes the planned events: the last at `time`, if it is the event itself, the others
    /// before it, or as soon after that as times can increase.
    fn write_planned(&mut self, time: u64, kept: bool) -> io::Result<()> {
        let events = std::mem::take(&mut self.plan.events);
        self.report.synthesised += events.len() as u64 - u64::from(kept);
        for (n, planned) in events.iter().enumerate() {
            let behind = (events.len() - 1 - n) as u64;
            let time = time.saturating_sub(behind).max(self.last + 1);
            if planned.event == EventType::CPUSample {
                let [m, p, g, stack] = planned.args;
                self.samples.entry(EventType::CPUSample, &[time, m, p, g, stack]);
            } else {
                self.batches.event(planned, time)?;
            }
            // Readers make several events of these, a nanosecond apart.
            self.last = match planned.event {
                EventType::GoSwitch | EventType::GoSwitchDestroy => time + 2,
                EventType::GoDestroySyscall => time + self.before,
                _ => time,
            };
        }
        Ok(())
    }
}

/// Version that slices, and repaired traces of Go 1.21 and older, are of.
pub(crate) const NEWEST: Version = Version::Go126;

/// Greatest time that leaves room for synthetic events.
const MOST_TIME: u64 = i64::MAX as u64 - (1 << 20);
