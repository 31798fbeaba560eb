//! Observation of an execution trace: makes an [`Observation`] in one pass.

mod goroutines;
mod sums;
mod windows;

use crate::analysis::{Analysis, Follower, Longest, SharedEvent, Transition};
use crate::base::ids::ProcId;
use crate::base::time::Time;
use crate::diagnose::finding::Stretch;
use crate::diagnose::observation::{Observation, Observation as Output, Pause, Source};
use crate::event::EventKind;
use crate::event::range::RangeName;
use crate::event::transition::StateTransition;
use crate::spec::state::ProcState;
use crate::timeline::collector::{Collected, Marking};
use crate::timeline::{Procs, is_gc_stop};
use goroutines::Goroutines;
use windows::{Count, Windows};

/// Number of the longest pauses that are reported.
const PAUSES: usize = 5;

/// Makes an [`Observation`] of a trace. Memory grows with the goroutines that exist at a
/// time and with the different stacks, not with the trace.
#[derive(Clone, Debug, Default)]
pub struct CollectObservation {
    windows: Windows,
    goroutines: Goroutines,
    procs: Procs<()>,
    gomaxprocs: Option<i64>,
    /// Time since which the collector has stopped the world; none if it has not.
    stopped: Option<Time>,
    pauses: Longest<Stretch>,
    /// Numbers of the generations, with their starts.
    generations: Vec<(u64, Time)>,
    marking: Marking,
    /// Processor time that the collector took, in nanoseconds.
    collected: i64,
    output: Option<Observation>,
}

impl Analysis for CollectObservation {
    type Output = Output;

    const FOLLOWS_COLLECTOR: bool = true;

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.windows.reach(transition.time());
        if transition.is_first_of_thread() {
            self.windows.add(Count::Threads, 1);
        }
        self.goroutines.transition(transition, follower, self.marking.is_on(), &mut self.windows);
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let time = event.time();
        self.windows.reach(time);
        if event.is_first_of_thread() {
            self.windows.add(Count::Threads, 1);
        }
        if let Some(value) = event.gomaxprocs() {
            self.gomaxprocs = i64::try_from(value).ok();
            self.count_idle();
        }
        match *event.kind() {
            EventKind::Sync(_) => {
                let number = event.generation().map(|generation| generation.number());
                self.generations.extend(number.map(|number| (number, time)));
            }
            EventKind::StateTransition(StateTransition::Proc { id, from, to }) => {
                self.proc(event, (id, from, to), follower)
            }
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match range.name {
                // A phase that is active in a later generation is counted already.
                RangeName::GcMark => {
                    let output = self.output.get_or_insert_with(|| Observation::new(Source::Trace));
                    output.gc_cycles += u64::from(self.marking.begin(time));
                }
                RangeName::StopTheWorld(reason) if is_gc_stop(reason) => {
                    self.windows.set(Count::Stopped, 1);
                    self.stopped = Some(time);
                }
                _ => {}
            },
            EventKind::RangeEnd(range, _) => match range.name {
                RangeName::StopTheWorld(_) => self.started(time),
                RangeName::GcMark => _ = self.marking.end(),
                _ => {}
            },
            EventKind::StackSample => {
                self.output.get_or_insert_with(|| Observation::new(Source::Trace)).cpu_samples += 1;
            }
            _ => {}
        }
    }

    fn collected(&mut self, collected: &Collected) {
        self.collected = self.collected.saturating_add(collected.program_lost());
    }

    fn finish(mut self, follower: &Follower) -> Output {
        let start = self.windows.start();
        let mut output = self.output.take().unwrap_or_else(|| Observation::new(Source::Trace));
        output.span = self.windows.span();
        output.samples = self.windows.samples();
        let capacity: f64 = output.samples.iter().map(|sample| sample.procs * sample.length() as f64).sum();
        output.generations = self.generations.iter().map(|(number, time)| (*number, time.since(start))).collect();
        let since = |time: i64| time.saturating_sub(start.0);
        let pause =
            |when: Stretch| Pause { when: Stretch { start: since(when.start), end: since(when.end) }, line: None };
        output.pauses = std::mem::take(&mut self.pauses).into_list().into_iter().take(PAUSES).map(pause).collect();
        self.goroutines.finish(follower, &mut self.windows, &mut output);
        output.gc_cpu = (capacity > 0.0).then(|| self.collected as f64 / capacity);
        output
    }
}

impl CollectObservation {
    fn proc(
        &mut self,
        event: &SharedEvent<'_, '_>,
        (id, from, to): (ProcId, ProcState, ProcState),
        follower: &Follower,
    ) {
        if self.procs.proc(event, (id, from, to), follower.start()).is_some() {
            self.count_idle();
        }
        // A P without an M may have been taken from a system call.
        if to != ProcState::Running {
            self.goroutines.lost_proc(follower, id, &mut self.windows);
        }
    }

    fn count_idle(&mut self) {
        // Traces up to Go 1.21 need not state it; then at least the Ps that appear exist.
        let procs = self.gomaxprocs.unwrap_or(self.procs.mentioned() as i64);
        self.windows.set(Count::Procs, procs);
        self.windows.set_idle(procs.saturating_sub(self.procs.held()).max(0));
    }

    fn started(&mut self, time: Time) {
        let Some(since) = self.stopped.take() else { return };
        self.windows.set(Count::Stopped, 0);
        let output = self.output.get_or_insert_with(|| Observation::new(Source::Trace));
        let nanos = time.since(since);
        output.pause_times.add(nanos);
        self.pauses.keep(nanos, since, Stretch { start: since.0, end: time.0 });
    }
}
