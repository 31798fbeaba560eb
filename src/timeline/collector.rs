//! The processors' time that the garbage collector takes: one definition, and one follower,
//! which all analyses of a pass share.
//!
//! The definition is the runtime's own (`/cpu/classes/gc` of `runtime/metrics`). It counts
//! workers and assisting goroutines from when they begin to mark to when nothing is left
//! for them to mark, and each P that is stopped for the collector, until the collector's
//! work is done. A worker keeps its label after it has run out of work:
//!
//! ```text
//!        GoStart, GoLabel       others are preempted      STWBegin     GCEnd   STWEnd  GoBlock
//! worker    |====== marks =========| asks each P whether  | stops ...    |       | ...    |
//!           '--- its time ---------' it has more to mark  '-- a pause ---'
//! ```
//!
//! A trace does not say when a worker has nothing left; that is inferred.
//!
//! An analysis of your own, for the time that the program's goroutines assisted:
//!
//! ```
//! # let bytes = include_bytes!("../../testdata/traces/go1.27/mixed.trace");
//! use gotrace::analysis::collector::{Collected, Work};
//! use gotrace::analysis::{Analysis, Follower};
//!
//! #[derive(Default)]
//! struct Assists(i64);
//!
//! impl Analysis for Assists {
//!     type Output = i64;
//!
//!     const FOLLOWS_COLLECTOR: bool = true;
//!
//!     fn collected(&mut self, collected: &Collected) {
//!         if let Collected::Worked(worked) = collected
//!             && worked.work == Work::Assist
//!         {
//!             self.0 += worked.nanos();
//!         }
//!     }
//!
//!     fn finish(self, _: &Follower) -> i64 {
//!         self.0
//!     }
//! }
//!
//! let trace = gotrace::Trace::parse(bytes)?;
//! assert!(trace.analyze(Assists::default())?.output > 0);
//! # Ok::<(), gotrace::Error>(())
//! ```

mod collected;
mod fraction;
mod marking;
mod pause;
mod tail;

pub use collected::{Collected, Work, WorkStretch};
pub(crate) use marking::Marking;
pub use pause::Pause;

use super::names::NameId;
use super::{BySlot, Follower, GoroutineState, OutlinedTransition, SharedEvent, Transition, is_gc_stop};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::event::range::{RangeName, RangeScope};
use crate::event::transition::StateTransition;
use crate::event::{EventKind, MetricName};
use crate::spec::state::{GoState, ProcState};
use crate::spec::v2::EventType;
use fraction::Fraction;
use pause::Stopping;
use tail::{Run, Slices};

/// Follows the collector, for a pass. Its results are fetched with [`take`](Self::take) after
/// each event, and after each transition for which [`transition`](Self::transition) returns
/// true. Memory grows with the goroutines that exist at one time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Collector {
    marking: Marking,
    /// Goroutines that mark now.
    runs: Vec<Run>,
    /// True for goroutines that assist.
    assists: BySlot<bool>,
    fraction: Fraction,
    slices: Slices,
    stopping: Option<Stopping>,
    /// True if transitions of goroutines matter now.
    watches: bool,
    /// `GOMAXPROCS`, once that is known.
    procs: Option<u64>,
    /// Time at which the last generation began; none in the first.
    advanced: Option<Time>,
    /// Runtime's reason for stopping a goroutine whose time is over.
    preempted: NameId,
    /// Function that workers begin with.
    worker: NameId,
    collected: Vec<Collected>,
}

impl Collector {
    /// Returns whether the collector's follower has a use for events of a type.
    #[inline]
    pub(crate) fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        matches!(event, Sync | GoStart | GoLabel | ProcsChange | STWBegin | STWEnd | GCBegin | GCActive | GCEnd)
            || matches!(event, GCMarkAssistBegin | GCMarkAssistActive | GCMarkAssistEnd)
            || (matches!(event, ProcStop | ProcSteal) && self.stopping.is_some())
    }

    /// Returns whether the collector marks now.
    fn marks(&self) -> bool {
        self.marking.is_on()
    }

    /// Returns whether a goroutine assists, running or not.
    fn assists(&self, slot: u32) -> bool {
        self.assists.get(slot) == Some(&true)
    }

    /// Returns the next result; none if all have been taken.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> Option<Collected> {
        self.collected.pop()
    }

    /// Takes note of a transition of a goroutine. Returns whether there is a result to
    /// [take](Self::take).
    #[inline(always)]
    pub(crate) fn transition(&mut self, transition: &Transition<'_, '_>, follower: &Follower) -> bool {
        if !self.watches {
            return false;
        }
        if transition.left == GoState::Runnable && transition.to == GoState::Running {
            self.starts(transition.slot, transition.was, transition.now);
        }
        transition.left == GoState::Running
            && transition.to != GoState::Running
            && self.is_touched_by(transition)
            && self.leaves(transition.outlined(), follower)
    }

    /// Returns whether a goroutine that stops running may change anything here: most do not.
    #[inline(always)]
    fn is_touched_by(&self, transition: &Transition<'_, '_>) -> bool {
        transition.to == GoState::NotExist
            || (transition.to == GoState::Runnable && transition.now.reason == self.preempted)
            || self.runs.iter().any(|run| run.slot == transition.slot || run.is_bounded())
    }

    #[inline(never)]
    fn starts(&mut self, slot: u32, was: &GoroutineState, now: &GoroutineState) {
        self.slices.start(was, now);
        if self.marks() && self.assists(slot) {
            self.runs.push(Run::new(slot, Work::Assist, now.since, now));
        }
    }

    #[inline(never)]
    fn leaves(&mut self, transition: OutlinedTransition<'_, '_>, follower: &Follower) -> bool {
        let Transition { slot, to, was, now, .. } = transition.inlined();
        let time = now.since;
        let worked = self.ends(slot, time, follower.running());
        if !worked && was.root != self.worker {
            tail::note_program_run(&mut self.runs, was.since, time);
        }
        if to == GoState::Runnable && now.reason == self.preempted {
            self.preempts(was, time);
        }
        if to == GoState::NotExist && self.assists(slot) {
            *self.assists.at(slot) = false;
        }
        worked
    }

    /// Takes note of a preempted goroutine that did not work for the collector. A
    /// preemption before its time slice was over is a sign that a worker asks each P
    /// whether it has more to mark.
    fn preempts(&mut self, was: &GoroutineState, time: Time) {
        if let (None, Some(proc)) = (&self.stopping, was.proc())
            && self.slices.is_short(proc, time)
            && self.advanced.is_none_or(|advanced| time.since(advanced) > tail::ADVANCE)
        {
            tail::note_preemption(&mut self.runs, proc, time);
        }
    }

    /// Ends the marking of a goroutine, if it marked, while `others` more run. Returns
    /// whether it did.
    fn ends(&mut self, slot: u32, time: Time, others: u64) -> bool {
        let Some(at) = self.runs.iter().position(|run| run.slot == slot) else { return false };
        let run = self.runs.swap_remove(at);
        // A worker with a bounded share would have been stopped for goroutines that run
        // beside it; so the bound holds only if nothing but workers runs.
        let workers = self.runs.iter().filter(|run| run.is_worker()).count();
        let alone = others <= workers as u64;
        self.worked(if alone { run } else { run.at_most(None) }.until(time));
        true
    }

    fn worked(&mut self, worked: WorkStretch) {
        if let (Work::Fractional, Some(proc)) = (worked.work, worked.proc) {
            self.fraction.marked(proc, worked.nanos());
        }
        self.collected.push(Collected::Worked(worked));
    }

    /// Takes note of any other event that it [wants](Self::wants).
    pub(crate) fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let time = event.time();
        let kind = event.kind();
        match *kind {
            EventKind::Metric(metric) if metric.name == MetricName::GoMaxProcs => {
                // Written again whenever the world is about to restart.
                self.done(time);
            }
            EventKind::Sync(_) => {
                // The tracer preempts goroutines too when a new generation begins.
                self.advanced = (time != follower.start()).then_some(time);
            }
            EventKind::StateTransition(StateTransition::Proc { id, to: ProcState::Idle, .. }) => {
                if let Some(stopping) = &mut self.stopping {
                    stopping.stops(id, time);
                }
            }
            EventKind::Label(label) => {
                let found = label.goroutine.and_then(|id| follower.find(id));
                if let (Some((slot, goroutine)), Some(work)) = (found, Work::of(label.label)) {
                    self.labelled(slot, goroutine, work, follower);
                }
            }
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => {
                let active = matches!(kind, EventKind::RangeActive(_));
                match (range.name, range.scope) {
                    (RangeName::GcMark, _) => {
                        let names = &mut follower.stacks_mut().names;
                        self.preempted = names.intern(b"preempted");
                        self.worker = names.intern(b"runtime.gcBgMarkWorker");
                        if self.marking.begin(if active { follower.synced() } else { time }) {
                            let stopped = self.stopping.as_ref().map(Stopping::start);
                            self.fraction.begin(stopped.or((!active).then_some(time)));
                        }
                    }
                    (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => {
                        self.assist_begins(id, follower, time, active);
                    }
                    (RangeName::StopTheWorld(reason), _) if is_gc_stop(reason) => {
                        self.stops(event.goroutine(), reason, follower, time);
                    }
                    _ => {}
                }
            }
            EventKind::RangeEnd(range, _) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => self.marked(time),
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => {
                    if let Some(slot) = follower.slot(id) {
                        *self.assists.at(slot) = false;
                        self.ends(slot, time, follower.running().saturating_sub(1));
                    }
                }
                (RangeName::StopTheWorld(_), _) => self.restarts(time),
                _ => {}
            },
            _ => {}
        }
        self.procs = event.gomaxprocs().or(self.procs);
        self.watches = self.marks();
    }

    /// Takes note of a worker that has begun to run, with the kind of work on its label.
    fn labelled(&mut self, slot: u32, goroutine: &GoroutineState, work: Work, follower: &Follower) {
        let time = follower.last();
        // A worker that is labelled after the mark phase has nothing to mark.
        if !self.marks() || goroutine.state != GoState::Running {
            return;
        }
        if let (Work::Dedicated, Some(proc)) = (work, goroutine.proc()) {
            tail::another_dedicated(&mut self.runs, proc, self.procs);
        }
        self.ends(slot, time, follower.running().saturating_sub(1));
        let longest = match (work, goroutine.proc(), self.procs) {
            (Work::Fractional, Some(proc), Some(procs)) => self.fraction.longest(proc, time, procs),
            _ => None,
        };
        self.runs.push(Run::new(slot, work, time, goroutine).at_most(longest));
    }

    /// Takes note of a goroutine that begins to assist, or has assisted since before the
    /// trace.
    fn assist_begins(&mut self, id: GoId, follower: &Follower, time: Time, active: bool) {
        let Some((slot, goroutine)) = follower.find(id) else { return };
        // An assist that is active in a later generation is known already.
        if std::mem::replace(self.assists.at(slot), true) {
            return;
        }
        self.collected.push(Collected::AssistBegun(goroutine.root));
        if goroutine.state != GoState::Running || !self.marks() {
            return;
        }
        let start = if active { goroutine.since } else { time };
        self.runs.push(Run::new(slot, Work::Assist, start, goroutine));
    }

    /// Takes note of a stop of the world for the collector.
    fn stops(&mut self, by: Option<GoId>, reason: &[u8], follower: &Follower, time: Time) {
        if let Some(slot) = by.and_then(|id| follower.slot(id))
            && reason != b"GC sweep termination"
        {
            // The goroutine that stops the world after marking is the worker or assist that
            // found nothing left.
            self.ends(slot, time, follower.running().saturating_sub(1));
        }
        self.restarts(time);
        self.stopping = Some(Stopping::new(time));
    }

    /// Takes note of the end of the mark phase.
    fn marked(&mut self, time: Time) {
        while let Some(run) = self.runs.pop() {
            self.worked(run.until(time));
        }
        self.marking.end();
        self.done(time);
    }

    /// Takes note that the collector has done its work in a stop of the world, if there is
    /// one.
    fn done(&mut self, time: Time) {
        if let Some(stopping) = &mut self.stopping {
            stopping.done(time);
        }
    }

    /// Takes note that the world runs again.
    fn restarts(&mut self, time: Time) {
        if let Some(stopping) = self.stopping.take() {
            self.collected.push(Collected::Paused(stopping.until(time, self.procs.unwrap_or(1))));
        }
    }

    /// Ends the trace.
    pub(crate) fn finish(&mut self, follower: &Follower) {
        self.marked(follower.last());
        self.restarts(follower.last());
    }
}
