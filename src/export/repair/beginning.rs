//! The state that a trace begins in, restated in front of the events that need it.
//!
//! A reader takes the first status of a goroutine, wherever it stands, for its state since
//! the beginning. So not all statuses need come first, which would move the first events by
//! as many nanoseconds. What is on Ms comes first; of the others each comes just before the
//! first event that needs it, or earlier where the times of events leave room.

use super::make::{Plan, Wanted};
use super::model::NONE;
use super::tables::Tables;
use super::{RepairWriter, Report};
use crate::export::EventWriter;
use crate::generation::ClockSnapshot;
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use crate::trace::Trace;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::io::{self, Write};

/// Nanoseconds in front of an event that are left to what it needs itself.
const SPARE: u64 = 8;

/// State of a P that is to be restated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BegunProc {
    pub(crate) status: ProcStatus,
    /// M that has it, or [`WIRE_NONE`](crate::base::ids::WIRE_NONE).
    pub(crate) thread: u64,
    pub(crate) sweeps: bool,
}

/// State of a goroutine that is to be restated, with the new IDs of its stack and strings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BegunGoroutine {
    pub(crate) status: GoStatus,
    /// M that has it, or [`WIRE_NONE`](crate::base::ids::WIRE_NONE).
    pub(crate) thread: u64,
    pub(crate) stack: u64,
    /// Label; 0 for none.
    pub(crate) label: u64,
    pub(crate) assists: bool,
    /// Reason for which it has stopped the world, if it has.
    pub(crate) stops: Option<u64>,
}

/// State that a trace begins in, as far as it has not been restated.
#[derive(Debug, Default)]
pub(crate) struct Beginning {
    /// Time at which the trace begins, in nanoseconds.
    pub(super) time: u64,
    /// Time of day of the beginning.
    pub(super) snapshot: Option<ClockSnapshot>,
    procs: FxHashMap<u64, BegunProc>,
    goroutines: FxHashMap<u64, BegunGoroutine>,
    /// Sequence number of the collector's last event, if the collector marks.
    marks: Option<u64>,
    /// Metrics with their last values.
    pub(super) metrics: Vec<(EventType, u64)>,
    /// Ps and goroutines that Ms have.
    held_procs: Vec<u64>,
    held_goroutines: Vec<u64>,
    /// Others, in the order in which they are restated where there is room.
    order: VecDeque<Item>,
}

#[derive(Clone, Copy, Debug)]
enum Item {
    Proc(u64),
    Goroutine(u64),
}

impl Beginning {
    /// Returns a beginning without Ps and goroutines.
    pub(crate) fn at(
        time: u64,
        snapshot: Option<ClockSnapshot>,
        marks: Option<u64>,
        metrics: Vec<(EventType, u64)>,
    ) -> Beginning {
        Beginning { time, snapshot, marks, metrics, ..Beginning::default() }
    }

    pub(crate) fn add_proc(&mut self, id: u64, proc: BegunProc) {
        match proc.thread {
            NONE => self.order.push_back(Item::Proc(id)),
            _ => self.held_procs.push(id),
        }
        self.procs.insert(id, proc);
    }

    pub(crate) fn add_goroutine(&mut self, id: u64, goroutine: BegunGoroutine) {
        match goroutine.thread {
            NONE => self.order.push_back(Item::Goroutine(id)),
            _ => self.held_goroutines.push(id),
        }
        self.goroutines.insert(id, goroutine);
    }

    /// Returns whether nothing is left to restate.
    fn is_restated(&self) -> bool {
        self.order.is_empty()
    }

    /// Plans what is on Ms and the state of the collector, which gives what follows its
    /// meaning; then the ranges and labels of what is on Ms.
    fn open(&mut self, plan: &mut Plan) {
        let mut held: Vec<(u64, BegunGoroutine)> = Vec::new();
        for id in std::mem::take(&mut self.held_goroutines) {
            held.extend(self.goroutines.remove(&id).map(|goroutine| (id, goroutine)));
        }
        // One that runs comes first, as it is needed to state metrics.
        held.sort_by_key(|(_, goroutine)| goroutine.status != GoStatus::Running);
        let procs = std::mem::take(&mut self.held_procs);
        let thread_of = |id: &u64| self.procs.get(id).map(|proc| (proc.thread, *id));
        let proc_of: FxHashMap<u64, u64> = procs.iter().filter_map(thread_of).collect();
        for (id, goroutine) in &held {
            if let Some(&proc) = proc_of.get(&goroutine.thread) {
                self.restate_proc(plan, proc);
            }
            goroutine.restate(plan, *id);
            self.restate_metrics(plan, goroutine.thread, None);
        }
        for id in procs {
            let thread = self.procs.get(&id).map_or(NONE, |proc| proc.thread);
            self.restate_proc(plan, id);
            self.restate_metrics(plan, thread, None);
        }
        if let Some(seq) = self.marks {
            plan.model.begin_gc(EventType::GCActive, seq);
            plan.emit(NONE, EventType::GCActive, &[]);
        }
        held.iter().for_each(|(id, goroutine)| goroutine.restate_more(plan, *id));
    }

    /// Plans what an event needs of what no M had: its P, and those that it changes.
    pub(super) fn restate_for(&mut self, plan: &mut Plan, event: EventType, args: &[u64; 4], wanted: Wanted) {
        use EventType as E;
        if self.is_restated() {
            return;
        }
        self.restate_proc(plan, wanted.p);
        self.restate_goroutine(plan, wanted.g);
        match event {
            // What looks idle may still be in the system call of an M that is gone.
            E::ProcSteal if self.procs.get(&args[0]).is_some_and(|p| p.status == ProcStatus::Idle) => {
                self.procs.remove(&args[0]);
            }
            E::ProcSteal => self.restate_proc(plan, args[0]),
            E::ProcStart | E::ProcStatus | E::GCSweepActive => self.restate_proc(plan, args[0]),
            E::GoStart
            | E::GoUnblock
            | E::GoSwitch
            | E::GoSwitchDestroy
            | E::GoStatus
            | E::GoStatusStack
            | E::GoCreateSyscall
            | E::GCMarkAssistActive => self.restate_goroutine(plan, args[0]),
            _ => {}
        }
    }

    /// Plans as much as fits between the last event and the next, or all of it.
    fn fill(&mut self, plan: &mut Plan, room: Option<u64>) {
        let most = room.map(|room| room.saturating_sub(SPARE));
        while most.is_none_or(|most| (plan.events.len() as u64) < most) {
            match self.order.pop_front() {
                Some(Item::Proc(id)) => self.restate_proc(plan, id),
                Some(Item::Goroutine(id)) => self.restate_goroutine(plan, id),
                None => break,
            }
        }
    }

    /// Plans the last values of metrics, before an event on an M that may state them.
    pub(super) fn restate_metrics(&mut self, plan: &mut Plan, thread: u64, event: Option<EventType>) {
        self.metrics.retain(|&(metric, value)| Some(metric) != event && !plan.emit(thread, metric, &[value]));
    }

    fn restate_proc(&mut self, plan: &mut Plan, id: u64) {
        let Some(proc) = self.procs.remove(&id) else { return };
        plan.emit(proc.thread, EventType::ProcStatus, &[id, proc.status as u64]);
        if proc.sweeps {
            plan.emit(proc.thread, EventType::GCSweepActive, &[id]);
        }
    }

    fn restate_goroutine(&mut self, plan: &mut Plan, id: u64) {
        let Some(goroutine) = self.goroutines.remove(&id) else { return };
        goroutine.restate(plan, id);
        goroutine.restate_more(plan, id);
    }
}

impl BegunGoroutine {
    fn restate(&self, plan: &mut Plan, id: u64) {
        let args = [id, self.thread, self.status as u64, self.stack];
        plan.emit(self.thread, EventType::GoStatusStack, &args);
    }

    /// Plans its ranges and its label.
    fn restate_more(&self, plan: &mut Plan, id: u64) {
        if self.assists {
            plan.emit(self.thread, EventType::GCMarkAssistActive, &[id]);
        }
        if let Some(reason) = self.stops {
            plan.emit(self.thread, EventType::STWBegin, &[reason]);
        }
        if self.label != 0 {
            plan.emit(self.thread, EventType::GoLabel, &[self.label]);
        }
    }
}

impl<'t, W: Write> RepairWriter<'t, W> {
    /// Begins to write events of `trace` as a trace of the newest version, which begins in the
    /// state that `begin` makes with the tables of that. Generations with higher numbers than
    /// `number` may follow in the same file.
    ///
    /// # Errors
    /// Returns the error if the header cannot be written.
    pub(crate) fn beginning_with(
        trace: &'t Trace<'t>,
        out: W,
        number: Option<u64>,
        begin: impl FnOnce(&mut Tables<'t>) -> Beginning,
    ) -> io::Result<RepairWriter<'t, W>> {
        let mut writer = RepairWriter::newest(trace, out)?;
        if let Some(number) = number {
            writer.batches.set_generation(number);
        }
        writer.beginning = begin(&mut writer.tables);
        let time = writer.beginning.time;
        writer.begin(time)?;
        // A trace states the layout of the memory in its first generation alone; the types are
        // those of the generation that the first event is in.
        let all = trace.generations();
        let at = all.partition_point(|generation| generation.start().0 <= time as i64).saturating_sub(1);
        for generation in all.first().into_iter().chain(all.get(at)) {
            writer.enter_generation(generation)?;
        }
        writer.beginning.open(&mut writer.plan);
        let planned = writer.plan.events.len() as u64;
        writer.write_planned(writer.last + planned, false)?;
        writer.write_full_tables()?;
        Ok(writer)
    }

    /// Writes the rest, so that a reader takes the trace to end at `to`, if there are no
    /// later events; returns the counts.
    ///
    /// # Errors
    /// Returns the error if the sink cannot be written to.
    pub(crate) fn finish_at(mut self, to: Option<u64>) -> io::Result<Report> {
        self.begin(1)?;
        self.fill(None)?;
        // Readers put the end of a trace a nanosecond behind its last event.
        if let Some(last) = to.and_then(|to| to.checked_sub(1)).filter(|last| *last > self.last)
            && let Some(planned) = self.plan.model.restated()
        {
            self.batches.event(&planned, last)?;
            self.report.synthesised += 1;
        }
        self.finish()
    }

    /// Restates as much of the state as fits in front of an event, or all of it.
    pub(super) fn fill(&mut self, before: Option<u64>) -> io::Result<()> {
        if self.beginning.is_restated() {
            return Ok(());
        }
        let room = before.map(|time| time.saturating_sub(self.last));
        self.beginning.fill(&mut self.plan, room);
        let planned = self.plan.events.len() as u64;
        self.write_planned(self.last + planned, false)
    }
}
