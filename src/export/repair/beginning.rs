//! The state that a trace begins in, restated in front of the events that need it.
//!
//! A reader takes the first status of a goroutine, wherever it stands, for its state since
//! the beginning. So statuses need not come all at once, which would move the first events
//! by as many nanoseconds: each comes just before the first event that needs it, and the
//! rest where the times of events leave room.

use super::make::{Plan, Wanted};
use super::model::NONE;
use super::tables::Tables;
use super::{NEWEST, RepairWriter, Report};
use crate::generation::{ClockSnapshot, Generation};
use crate::export::EventWriter;
use crate::trace::Trace;
use std::io::{self, Write};
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

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
    /// Its label; 0 for none.
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
    /// P and goroutine of each M.
    threads: FxHashMap<u64, Wanted>,
    /// True if the collector marks.
    marks: bool,
    /// Metrics with their last values.
    pub(super) metrics: Vec<(EventType, u64)>,
    /// All Ps and goroutines, in the order in which they are restated where there is room.
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
        marks: bool,
        metrics: Vec<(EventType, u64)>,
    ) -> Beginning {
        Beginning { time, snapshot, marks, metrics, ..Beginning::default() }
    }

    pub(crate) fn add_proc(&mut self, id: u64, proc: BegunProc) {
        if proc.thread != NONE {
            self.threads.entry(proc.thread).or_insert(Wanted::NOTHING).p = id;
            self.order.push_front(Item::Proc(id));
        } else {
            self.order.push_back(Item::Proc(id));
        }
        self.procs.insert(id, proc);
    }

    pub(crate) fn add_goroutine(&mut self, id: u64, goroutine: BegunGoroutine) {
        if goroutine.thread != NONE {
            self.threads.entry(goroutine.thread).or_insert(Wanted::NOTHING).g = id;
            self.order.push_front(Item::Goroutine(id));
        } else {
            self.order.push_back(Item::Goroutine(id));
        }
        self.goroutines.insert(id, goroutine);
    }

    /// Returns whether nothing is left to restate.
    fn is_restated(&self) -> bool {
        self.order.is_empty() && !self.marks
    }

    /// Plans what an event needs: what is known of its M, of its goroutine and P, and of
    /// those that it changes.
    pub(super) fn restate_for(
        &mut self,
        plan: &mut Plan,
        thread: u64,
        event: EventType,
        args: &[u64; 4],
        wanted: Wanted,
    ) {
        use EventType as E;
        if self.procs.is_empty() && self.goroutines.is_empty() {
            return;
        }
        self.restate_thread(plan, thread);
        self.restate_proc(plan, wanted.p);
        self.restate_goroutine(plan, wanted.g);
        match event {
            E::ProcSteal => {
                let abandoned = self.procs.get(&args[0]).is_some_and(|p| p.thread == NONE);
                if abandoned {
                    // What looks idle is still in the system call of an M that is gone.
                    self.procs.remove(&args[0]);
                }
                self.restate_proc(plan, args[0]);
                self.restate_thread(plan, args[2]);
            }
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
    pub(super) fn fill(&mut self, plan: &mut Plan, room: Option<u64>) {
        if std::mem::take(&mut self.marks) {
            plan.emit(NONE, EventType::GCActive, &[]);
        }
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
    pub(super) fn restate_metrics(&mut self, plan: &mut Plan, thread: u64, event: EventType) {
        self.metrics.retain(|&(metric, value)| metric != event && !plan.emit(thread, metric, &[value]));
    }

    fn restate_thread(&mut self, plan: &mut Plan, thread: u64) {
        if let Some(has) = self.threads.remove(&thread) {
            self.restate_proc(plan, has.p);
            self.restate_goroutine(plan, has.g);
        }
    }

    fn restate_proc(&mut self, plan: &mut Plan, id: u64) {
        let Some(proc) = self.procs.remove(&id) else { return };
        plan.emit(proc.thread, EventType::ProcStatus, &[id, proc.status as u64]);
        if proc.sweeps {
            plan.emit(proc.thread, EventType::GCSweepActive, &[id]);
        }
        self.restate_thread(plan, proc.thread);
    }

    fn restate_goroutine(&mut self, plan: &mut Plan, id: u64) {
        let Some(&goroutine) = self.goroutines.get(&id) else { return };
        // Its P comes first, and it again with that.
        if let Some(has) = self.threads.get(&goroutine.thread)
            && has.g == id
        {
            return self.restate_thread(plan, goroutine.thread);
        }
        self.goroutines.remove(&id);
        let BegunGoroutine { status, thread, stack, label, assists, stops } = goroutine;
        plan.emit(thread, EventType::GoStatusStack, &[id, thread, status as u64, stack]);
        if assists {
            plan.emit(thread, EventType::GCMarkAssistActive, &[id]);
        }
        if let Some(reason) = stops {
            plan.emit(thread, EventType::STWBegin, &[reason]);
        }
        if label != 0 {
            plan.emit(thread, EventType::GoLabel, &[label]);
        }
    }
}

impl<'t, W: Write> RepairWriter<'t, W> {
    /// Begins to write events of `trace` as a trace of the newest version, which begins in the
    /// state that `begin` makes with the tables of that. `generation` is the one of the first
    /// event.
    ///
    /// # Errors
    /// Returns the error if the header cannot be written.
    pub(crate) fn beginning_with(
        trace: &'t Trace<'t>,
        out: W,
        generation: Option<&'t Generation<'t>>,
        begin: impl FnOnce(&mut Tables<'t>) -> Beginning,
    ) -> io::Result<RepairWriter<'t, W>> {
        let mut writer = RepairWriter::of_version(trace, NEWEST, out)?;
        writer.beginning = begin(&mut writer.tables);
        writer.begin(writer.beginning.time)?;
        // A trace states the layout of the heap in its first generation alone.
        for generation in trace.generations().first().into_iter().chain(generation) {
            writer.enter_generation(generation)?;
        }
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
