//! Figures over time.

use super::collect::Out;
use super::track::{Described, Group, Kind, Shape, Track};
use super::writer::TrackWriter;
use crate::analysis::{Follower, SharedEvent, Transition};
use crate::base::time::Time;
use crate::event::{EventKind, MetricName};
use crate::spec::state::GoState;

/// Nanoseconds between two values of a figure that changes with every transition.
const STEP: i64 = 100_000;

/// A figure.
#[derive(Clone, Copy)]
enum Counter {
    Running,
    Runnable,
    Syscall,
    Waiting,
    HeapLive,
    HeapGoal,
    Threads,
    GoMaxProcs,
}

/// The figures, with their names.
const COUNTERS: [(Counter, &str, Shape); 8] = [
    (Counter::Running, "goroutines running", Shape::Numbers),
    (Counter::Runnable, "goroutines runnable (run queues)", Shape::Numbers),
    (Counter::Syscall, "goroutines in system calls", Shape::Numbers),
    (Counter::Waiting, "goroutines waiting", Shape::Numbers),
    (Counter::HeapLive, "heap", Shape::Bytes),
    (Counter::HeapGoal, "heap goal", Shape::Bytes),
    (Counter::Threads, "threads seen", Shape::Numbers),
    (Counter::GoMaxProcs, "GOMAXPROCS", Shape::Numbers),
];

/// The figures as they were written last.
pub(super) struct Counters {
    last: [Option<u64>; COUNTERS.len()],
    /// Time from which on the figures that often change are written again.
    next: Time,
}

impl Counters {
    /// Returns figures without a value, whose tracks are described.
    pub(super) fn new<W: TrackWriter>(out: &mut Out<'_, W>) -> Counters {
        for (counter, name, shape) in COUNTERS {
            let (track, rank) = (counter.track(), counter as u64);
            out.describe(Described { track, parent: Some(Group::Counters.track()), name, shape, rank });
        }
        Counters { last: [None; COUNTERS.len()], next: Time(i64::MIN) }
    }

    /// Counts goroutines after a transition of one.
    #[inline(always)]
    pub(super) fn goroutine<W: TrackWriter>(
        &mut self,
        out: &mut Out<'_, W>,
        transition: &Transition<'_, '_>,
        follower: &Follower,
    ) {
        if self.next <= transition.time() && !transition.is_restated() {
            self.next = Time(transition.time().0.saturating_add(STEP));
            self.count(out, transition.time(), follower);
        }
    }

    #[inline(never)]
    fn count<W: TrackWriter>(&mut self, out: &mut Out<'_, W>, time: Time, follower: &Follower) {
        let states = [
            (Counter::Running, GoState::Running),
            (Counter::Runnable, GoState::Runnable),
            (Counter::Syscall, GoState::Syscall),
            (Counter::Waiting, GoState::Waiting),
        ];
        for (counter, state) in states {
            self.set(out, counter, time, follower.in_state(state));
        }
        self.set(out, Counter::Threads, time, follower.threads() as u64);
    }

    /// Writes the figure that an event states, if it does.
    pub(super) fn event<W: TrackWriter>(&mut self, out: &mut Out<'_, W>, event: &SharedEvent<'_, '_>) {
        if let Some(procs) = event.gomaxprocs() {
            self.set(out, Counter::GoMaxProcs, event.time(), procs);
        }
        let EventKind::Metric(metric) = event.kind() else { return };
        let counter = match metric.name {
            MetricName::HeapLive => Counter::HeapLive,
            MetricName::HeapGoal => Counter::HeapGoal,
            MetricName::GoMaxProcs => return,
        };
        if let Some(value) = metric.figure() {
            self.set(out, counter, event.time(), value);
        }
    }

    /// Counts goroutines at the end.
    pub(super) fn finish<W: TrackWriter>(&mut self, out: &mut Out<'_, W>, follower: &Follower) {
        self.count(out, follower.last(), follower);
    }

    fn set<W: TrackWriter>(&mut self, out: &mut Out<'_, W>, counter: Counter, time: Time, value: u64) {
        let Some(last) = self.last.get_mut(counter as usize) else { return };
        if last.replace(value) != Some(value) {
            let time = out.time(time);
            out.write(|writer| writer.counter(counter.track(), time, value));
        }
    }
}

impl Counter {
    fn track(self) -> Track {
        Track::new(Kind::Counter, self as u64)
    }
}
