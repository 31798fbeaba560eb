//! The figures of one trace.

use super::metric::{Key, Metric, Subject};
use crate::analysis::durations::Durations;
use crate::analysis::gc::{CollectGc, Cycle, Gc};
use crate::analysis::goroutines::{CollectGoroutines, Summaries, is_of_tooling};
use crate::analysis::latency::{CollectLatency, Latency};
use crate::analysis::names::NameId;
use crate::analysis::procs::{CollectProcs, Procs};
use crate::analysis::summary::{CollectSummary, Summary};
use crate::base::ids::TaskId;
use crate::base::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Analyses behind the figures of a trace, to be done in one pass.
pub type Questions = (CollectSummary, CollectProcs, CollectLatency, CollectGc, CollectGoroutines);

/// Answers of those analyses.
pub type Answers = (Summary, Procs, Latency, Gc, Summaries);

/// Returns the analyses behind the figures of a trace. [`Figures::new`] makes them of their
/// output. Memory grows with the goroutines of the trace.
pub fn questions() -> Questions {
    let summary = CollectSummary::default();
    (summary, CollectProcs::default(), CollectLatency::new(0), CollectGc::default(), CollectGoroutines::default())
}

/// The figures of one trace.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Figures {
    /// Time at which the trace begins.
    pub start: Time,
    /// Time at which it ends.
    pub end: Time,
    /// Number of its events.
    pub events: u64,
    /// GOMAXPROCS at its end; none if the trace does not say.
    pub gomaxprocs: Option<u64>,
    values: BTreeMap<Key, f64>,
    /// Weight of each reason, function and type beside others of its kind: the share of
    /// time that goes to it, of the trace's or of the Ps'.
    weights: BTreeMap<(Subject, Arc<[u8]>), f64>,
}

impl Figures {
    /// Makes the figures of the answers to [`questions`].
    pub fn new(answers: Answers) -> Figures {
        let (summary, procs, latency, gc, goroutines) = &answers;
        let mut figures = Figures {
            start: summary.start,
            end: summary.end,
            events: summary.events,
            gomaxprocs: procs.gomaxprocs,
            ..Figures::default()
        };
        let wholes = Wholes { time: summary.span() as f64, procs: procs.capacity as f64 };
        figures.add_procs(summary, procs, &wholes);
        figures.add_latency(latency);
        figures.add_gc(gc, summary, &wholes);
        figures.add_stops(gc, &wholes);
        figures.add_goroutines(goroutines, &wholes);
        figures.add_functions(latency);
        figures.add_annotations(goroutines, &wholes);
        figures
    }

    /// Returns figures with these values; reasons, functions and types weigh as much as the
    /// first value of each.
    #[cfg(test)]
    pub(super) fn with(values: &[(&str, f64)]) -> Figures {
        let mut figures = Figures::default();
        for (key, value) in values {
            let key = format!("{key}>+0%").parse::<super::Condition>().map(|condition| condition.key);
            let Ok(key) = key else { panic!("no figure {key:?}") };
            if let Some(name) = &key.of {
                figures.weights.entry((key.metric.subject(), Arc::clone(name))).or_insert(*value);
            }
            figures.values.insert(key, *value);
        }
        figures
    }

    /// Returns the length of the trace, in nanoseconds.
    pub fn span(&self) -> i64 {
        self.end.since(self.start)
    }

    /// Returns a figure; none if the trace does not have it. Of what does not occur in the trace
    /// that is 0, but no duration.
    pub fn get(&self, key: &Key) -> Option<f64> {
        self.values.get(key).copied().or_else(|| key.of.as_ref().and_then(|_| key.metric.unit().of_nothing()))
    }

    /// Returns whether two are those of the same stretch of the same trace.
    pub fn are_of_the_same_trace_as(&self, other: &Figures) -> bool {
        (self.start, self.end, self.events) == (other.start, other.end, other.events) && self.values == other.values
    }

    /// Returns the reasons, functions or types in the trace, with their weights.
    pub(super) fn names(&self, subject: Subject) -> impl Iterator<Item = (&Arc<[u8]>, f64)> {
        let of_it = self.weights.iter().filter(move |((one, _), _)| *one == subject);
        of_it.map(|((_, name), weight)| (name, *weight))
    }

    /// Adds a figure of the program, if the trace has it.
    fn put(&mut self, metric: Metric, value: Option<f64>) {
        self.values.extend(value.map(|value| (Key::program(metric), value)));
    }

    /// Adds a figure of a reason, function or type, if the trace has it.
    fn put_of(&mut self, metric: Metric, name: &Arc<[u8]>, value: Option<f64>) {
        self.values.extend(value.map(|value| (Key::of(metric, name), value)));
    }

    fn add_procs(&mut self, summary: &Summary, procs: &Procs, wholes: &Wholes) {
        let syscalls = &procs.syscalls;
        self.put(Metric::Running, wholes.of_procs(procs.running()));
        self.put(Metric::Idle, wholes.of_procs(procs.idle.idle));
        self.put(Metric::IdleBeside, wholes.of_procs(procs.idle.lost));
        self.put(Metric::LatencyWaiting, wholes.of_procs(summary.times().runnable));
        self.put(Metric::Syscalls, wholes.per_second_and_proc(syscalls.count));
        self.put(Metric::SyscallsLost, wholes.per_second_and_proc(syscalls.lost));
        self.put(Metric::Created, wholes.per_second_and_proc(summary.goroutines.created));
        self.put(Metric::AliveMax, Some(summary.goroutines.most as f64));
    }

    fn add_latency(&mut self, latency: &Latency) {
        self.put(Metric::LatencyP50, quantile(&latency.waits, 0.5));
        self.put(Metric::LatencyP99, quantile(&latency.waits, 0.99));
        self.put(Metric::LatencyMax, quantile(&latency.waits, 1.0));
    }

    fn add_gc(&mut self, gc: &Gc, summary: &Summary, wholes: &Wholes) {
        let assisting = |sum: i64, cycle: &Cycle| sum.saturating_add(cycle.assisting);
        self.put(Metric::GcShare, wholes.of_procs(gc.taken()));
        self.put(Metric::GcAssists, wholes.of_procs(gc.cycles.iter().fold(0, assisting)));
        self.put(Metric::GcMarking, wholes.of_time(gc.marking()));
        self.put(Metric::GcCycles, wholes.per_second(gc.cycles.len() as u64));
        self.put(Metric::HeapMax, summary.heap_live.map(|live| live.max as f64));
    }

    fn add_stops(&mut self, gc: &Gc, wholes: &Wholes) {
        let mut all = Durations::default();
        // A trace begins with a stop of the tracer, so the shorter it is, the more of them it has.
        let is_tracers = |reason: NameId| matches!(gc.stacks.names.get(reason), b"start trace" | b"stop trace");
        gc.kinds.iter().filter(|kind| !is_tracers(kind.reason)).for_each(|kind| all.merge(&kind.times));
        self.put(Metric::Stops, wholes.per_second(all.count()));
        self.put(Metric::StopsShare, wholes.of_time(all.sum()));
        self.put(Metric::StopsMax, quantile(&all, 1.0));
    }

    fn add_goroutines(&mut self, all: &Summaries, wholes: &Wholes) {
        let (mut alive, mut reasons, mut functions) = (0i64, BTreeMap::new(), BTreeMap::<_, Function>::new());
        for goroutine in all.goroutines.iter() {
            let stats = &goroutine.stats;
            alive = alive.saturating_add(stats.total);
            let name = all.name(&goroutine);
            if is_of_tooling(name) {
                continue;
            }
            for (reason, nanos) in stats.block.iter() {
                let sum: &mut i64 = reasons.entry(reason).or_default();
                *sum = sum.saturating_add(nanos);
            }
            if !name.is_empty() {
                let function = functions.entry(goroutine.name).or_default();
                function.running = function.running.saturating_add(stats.exec);
                function.runnable = function.runnable.saturating_add(stats.sched_wait);
                function.blocked = function.blocked.saturating_add(stats.block.total());
                function.created += u64::from(goroutine.creation_seen);
            }
        }
        self.put(Metric::Alive, wholes.of_time(alive));
        for (reason, nanos) in reasons {
            let name = all.names().shared(reason);
            self.put_of(Metric::Blocked, &name, wholes.of_time(nanos));
            self.weigh(Subject::Reason, &name, wholes.of_time(nanos));
        }
        for (function, times) in functions {
            let name = all.names().shared(function);
            self.put_of(Metric::FunctionRunning, &name, wholes.of_procs(times.running));
            self.put_of(Metric::FunctionBlocked, &name, wholes.of_time(times.blocked));
            self.put_of(Metric::FunctionCreated, &name, wholes.per_second_and_proc(times.created));
            let wanted_a_proc = times.running.saturating_add(times.runnable);
            self.weigh(Subject::Function, &name, wholes.of_procs(wanted_a_proc));
        }
    }

    /// Adds the waits of the functions that are known already.
    fn add_functions(&mut self, latency: &Latency) {
        for by in &latency.functions {
            if let Some(name) = &by.function
                && self.weights.contains_key(&(Subject::Function, Arc::clone(name)))
            {
                self.put_of(Metric::FunctionLatency, name, quantile(&by.waits, 0.99));
            }
        }
    }

    fn add_annotations(&mut self, all: &Summaries, wholes: &Wholes) {
        let (mut tasks, mut regions) = (BTreeMap::<_, Durations>::new(), BTreeMap::<_, Durations>::new());
        for (id, task) in &all.tasks {
            if let (true, Some(nanos)) = (*id != TaskId::BACKGROUND, task.duration()) {
                tasks.entry(task.name).or_default().add(nanos);
            }
        }
        for region in all.regions.iter().filter(|region| !region.inherited) {
            if let (Some(start), Some(end)) = (region.start, region.end) {
                regions.entry(region.name).or_default().add(end.since(start));
            }
        }
        for (subject, [p50, p99, rate], types) in [
            (Subject::TaskType, [Metric::TaskP50, Metric::TaskP99, Metric::TaskRate], tasks),
            (Subject::RegionType, [Metric::RegionP50, Metric::RegionP99, Metric::RegionRate], regions),
        ] {
            for (name, lengths) in types {
                let name = all.names().shared(name);
                self.put_of(p50, &name, quantile(&lengths, 0.5));
                self.put_of(p99, &name, quantile(&lengths, 0.99));
                self.put_of(rate, &name, wholes.per_second(lengths.count()));
                self.weigh(subject, &name, wholes.of_time(lengths.sum()));
            }
        }
    }

    fn weigh(&mut self, subject: Subject, name: &Arc<[u8]>, weight: Option<f64>) {
        self.weights.insert((subject, Arc::clone(name)), weight.unwrap_or(0.0));
    }
}

/// Times of the goroutines that began with one function, in nanoseconds, and their number.
#[derive(Default)]
struct Function {
    running: i64,
    runnable: i64,
    blocked: i64,
    created: u64,
}

/// The time that a trace has, in nanoseconds: what figures are parts of.
struct Wholes {
    time: f64,
    /// Time of all Ps together.
    procs: f64,
}

impl Wholes {
    /// Returns the share of the time that some nanoseconds are; none of no time.
    fn of_time(&self, nanos: i64) -> Option<f64> {
        (self.time > 0.0).then(|| nanos as f64 / self.time)
    }

    fn of_procs(&self, nanos: i64) -> Option<f64> {
        (self.procs > 0.0).then(|| nanos as f64 / self.procs)
    }

    fn per_second(&self, count: u64) -> Option<f64> {
        (self.time > 0.0).then(|| count as f64 * 1e9 / self.time)
    }

    fn per_second_and_proc(&self, count: u64) -> Option<f64> {
        (self.procs > 0.0).then(|| count as f64 * 1e9 / self.procs)
    }
}

/// Returns a quantile in nanoseconds; none if there are no durations.
fn quantile(all: &Durations, q: f64) -> Option<f64> {
    (!all.is_empty()).then(|| all.quantile(q) as f64)
}
