//! An execution trace as an [`Observation`].

mod people;
mod sums;
mod windows;

use crate::analysis::{Analysis, ByProc, Known, Longest, Seen, Step};
use crate::diagnose::observation::{Observation, Pause, Source};
use crate::diagnose::{Observation as Output, Stretch};
use crate::event::range::{RangeName, RangeScope};
use crate::event::transition::{ProcState, StateTransition};
use crate::event::{EventKind, MetricName};
use crate::ids::ProcId;
use crate::time::Time;
use people::People;
use windows::{Count, Windows};

/// How many of the longest pauses are told.
const PAUSES: usize = 5;

/// Makes an [`Observation`] of a trace. Memory grows with the goroutines that
/// exist at a time and with the different stacks, not with the trace.
#[derive(Clone, Debug, Default)]
pub struct Observe {
    windows: Windows,
    people: People,
    /// Whether a P has an M.
    procs: ByProc<bool>,
    /// How many have one.
    held: i64,
    gomaxprocs: Option<i64>,
    /// Since when the collector has stopped the world.
    stopped: Option<Time>,
    pauses: Longest<Stretch>,
    marking: bool,
    output: Option<Observation>,
}

impl Analysis for Observe {
    type Output = Output;

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        self.windows.reach(step.time());
        if step.is_first_of_thread() {
            self.windows.add(Count::Threads, 1);
        }
        self.people.step(step, known, self.marking, &mut self.windows);
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        let (time, known) = (event.time(), &*known);
        self.windows.reach(time);
        if event.is_first_of_thread() {
            self.windows.add(Count::Threads, 1);
        }
        match *event.kind() {
            EventKind::StateTransition(StateTransition::Proc { id, to, .. }) => self.proc(known, id, to),
            EventKind::Metric(metric) if metric.name == MetricName::GoMaxProcs => {
                self.gomaxprocs = i64::try_from(metric.value).ok();
                self.count_idle();
            }
            EventKind::RangeBegin(range) | EventKind::RangeActive(range) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => {
                    let output = self.output.get_or_insert_with(|| Observation::new(Source::Trace));
                    output.gc_cycles += u64::from(!std::mem::replace(&mut self.marking, true));
                }
                (RangeName::StopTheWorld(reason), _) if is_gc(reason) => {
                    self.windows.set(Count::Stopped, 1);
                    self.stopped = Some(time);
                }
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => {
                    self.people.assist(known, id, time, true);
                }
                _ => {}
            },
            EventKind::RangeEnd(range, _) => match (range.name, range.scope) {
                (RangeName::GcMark, _) => self.marking = false,
                (RangeName::StopTheWorld(_), _) => self.started(time),
                (RangeName::GcMarkAssist, RangeScope::Goroutine(Some(id))) => {
                    self.people.assist(known, id, time, false);
                }
                _ => {}
            },
            EventKind::Label(label) => {
                if let Some(id) = label.goroutine.filter(|_| is_worker(label.label)) {
                    self.people.worker(known, id, time);
                }
            }
            EventKind::StackSample => {
                self.output.get_or_insert_with(|| Observation::new(Source::Trace)).cpu_samples += 1;
            }
            _ => {}
        }
    }

    fn finish(mut self, known: &Known) -> Output {
        let start = self.windows.start();
        let mut output = self.output.take().unwrap_or_else(|| Observation::new(Source::Trace));
        output.span = self.windows.span();
        output.samples = self.windows.samples();
        let capacity: f64 = output.samples.iter().map(|sample| sample.procs * sample.length() as f64).sum();
        let stopped: f64 =
            output.samples.iter().map(|sample| sample.stopped * sample.procs * sample.length() as f64).sum();
        let since = |time: i64| time.saturating_sub(start.0);
        let pause =
            |when: Stretch| Pause { when: Stretch { start: since(when.start), end: since(when.end) }, line: None };
        output.pauses = std::mem::take(&mut self.pauses).into_list().into_iter().take(PAUSES).map(pause).collect();
        let collecting = self.people.finish(known, &mut self.windows, &mut output);
        output.gc_cpu = (capacity > 0.0).then(|| (collecting as f64 + stopped) / capacity);
        output
    }
}

impl Observe {
    fn proc(&mut self, known: &Known, id: ProcId, to: ProcState) {
        let runs = to == ProcState::Running;
        let before = self.procs.insert(id, runs);
        if before != Some(runs) {
            self.held += i64::from(runs) - i64::from(before == Some(true));
            self.count_idle();
        }
        if !runs {
            self.people.lost_proc(known, id, &mut self.windows);
        }
    }

    fn count_idle(&mut self) {
        // Traces up to Go 1.21 need not tell; then it is at least the Ps that appear.
        let procs = self.gomaxprocs.unwrap_or(self.procs.len() as i64);
        self.windows.set(Count::Procs, procs);
        self.windows.set_idle(procs.saturating_sub(self.held).max(0));
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

/// Whether the world is stopped for the collector.
fn is_gc(reason: &[u8]) -> bool {
    reason.windows(2).any(|pair| pair == b"GC")
}

/// Whether a label is that of a worker that takes time from the program: one that
/// runs where nothing else wants to takes none.
fn is_worker(label: &[u8]) -> bool {
    label.starts_with(b"GC (") && label != b"GC (idle)"
}
