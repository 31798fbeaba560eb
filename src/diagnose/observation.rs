//! What the rules see: samples of the scheduler's state, and facts besides.

use crate::analysis::durations::Durations;
use crate::diagnose::{Evidence, Pattern, Stretch};
use crate::ids::{GoId, ProcId};

/// Where an observation comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// An execution trace: samples are averages over stretches of time.
    Trace,
    /// The lines of `GODEBUG=schedtrace`: samples are moments.
    Log {
        /// Whether `scheddetail` tells of every G, M and P.
        detailed: bool,
    },
}

/// What the scheduler looked like. Of a trace, averages over a stretch; of a log,
/// one moment. `None` is what the source cannot tell.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Sample {
    /// From when on, in nanoseconds since the observation began; a moment stands
    /// for the time since the one before.
    pub start: i64,
    /// Until when.
    pub end: i64,
    /// The line of the log, from 1.
    pub line: Option<u64>,
    /// `GOMAXPROCS`.
    pub procs: f64,
    /// Ps without an M.
    pub idle_procs: f64,
    /// Ms that exist; of a trace, that have appeared.
    pub threads: f64,
    /// Ms blocked in system calls or C code, without a P.
    pub blocked_threads: f64,
    /// Goroutines that are ready, but have no P.
    pub runnable: f64,
    /// Goroutines that exist.
    pub goroutines: Option<f64>,
    /// Goroutines that wait for the network.
    pub network_waiting: Option<f64>,
    /// Goroutines that wait for a lock.
    pub lock_waiting: Option<f64>,
    /// The share of the time in which the collector has stopped the world, or
    /// waits for it to stop.
    pub stopped: f64,
    /// The share of the time in which a P is idle while a goroutine waits to run.
    pub idle_beside_runnable: f64,
    /// The share of the goroutines' waiting to run that began with the network.
    pub network_runnable: Option<f64>,
    /// The one goroutine that runs, if no other does.
    pub alone: Option<GoId>,
    /// Whether some goroutine runs.
    pub running: f64,
}

impl Sample {
    /// How long it stands for, in nanoseconds.
    pub fn length(&self) -> i64 {
        self.end.saturating_sub(self.start).max(0)
    }

    /// Makes one of it and of the one behind it: means, by the time they stand for.
    pub(crate) fn merge(&mut self, next: &Sample) {
        let (a, b) = (self.length() as f64, next.length() as f64);
        let share = if a + b > 0.0 { b / (a + b) } else { 0.5 };
        let mean = |a: f64, b: f64| a + (b - a) * share;
        let both = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(mean(a, b)),
            _ => a.or(b),
        };
        *self = Sample {
            start: self.start,
            end: next.end,
            line: self.line.or(next.line),
            procs: mean(self.procs, next.procs),
            idle_procs: mean(self.idle_procs, next.idle_procs),
            threads: mean(self.threads, next.threads),
            blocked_threads: mean(self.blocked_threads, next.blocked_threads),
            runnable: mean(self.runnable, next.runnable),
            goroutines: both(self.goroutines, next.goroutines),
            network_waiting: both(self.network_waiting, next.network_waiting),
            lock_waiting: both(self.lock_waiting, next.lock_waiting),
            stopped: mean(self.stopped, next.stopped),
            idle_beside_runnable: mean(self.idle_beside_runnable, next.idle_beside_runnable),
            network_runnable: both(self.network_runnable, next.network_runnable),
            alone: self.alone.filter(|id| next.alone == Some(*id)),
            running: mean(self.running, next.running),
        };
    }
}

/// A goroutine that had a P without a break.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LongRun {
    /// From when to when.
    pub when: Stretch,
    /// Which goroutine, where that is known.
    pub goroutine: Option<GoId>,
    /// On which P.
    pub proc: Option<ProcId>,
    /// The function it began with, or the stack at the run's end.
    pub stack: Vec<String>,
    /// The line of the log that shows it last.
    pub line: Option<u64>,
}

/// A stop of the world by the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pause {
    /// From when to when.
    pub when: Stretch,
    /// The line of the log.
    pub line: Option<u64>,
}

/// Who waits for a lock, or blocks in the kernel, most: a stack, how often, and
/// how long in nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hot {
    /// The functions of the stack, innermost first.
    pub stack: Vec<String>,
    /// How often.
    pub count: u64,
    /// How long, together.
    pub total: i64,
}

impl Hot {
    pub(crate) fn evidence(&self, what: &str) -> Evidence {
        let text = format!("{} {what}, {} together", self.count, crate::diagnose::rules::nanos(self.total as f64));
        match &*self.stack {
            [alone] => Evidence::text(format!("{alone}: {text}")),
            stack => Evidence { text, stack: stack.to_vec(), ..Evidence::default() },
        }
    }
}

/// All that the rules see.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Observation {
    /// Where it comes from.
    pub source: Source,
    /// How long it is, in nanoseconds.
    pub span: i64,
    /// `SCHED` lines of a log.
    pub lines: u64,
    /// The samples, in order.
    pub samples: Vec<Sample>,
    /// The longest runs, the longest first.
    pub long_runs: Vec<LongRun>,
    /// The collector's longest pauses, the longest first.
    pub pauses: Vec<Pause>,
    /// All of its pauses, in nanoseconds.
    pub pause_times: Durations,
    /// Collections.
    pub gc_cycles: u64,
    /// The share of the processors' time that the collector took.
    pub gc_cpu: Option<f64>,
    /// How long goroutines waited for a P while the collector marked, and while
    /// it did not.
    pub latency: Option<(Durations, Durations)>,
    /// Where goroutines wait for locks, the longest first.
    pub locks: Vec<Hot>,
    /// Where they block in system calls, the longest first.
    pub syscalls: Vec<Hot>,
    /// Where they wait to run: by the function they began with.
    pub queued: Vec<Hot>,
    /// Where those were created that have not ended: count, and no time.
    pub created: Vec<Hot>,
    /// What goroutines waited for at the end, of a log: the reason, and how many.
    pub waits: Vec<Hot>,
    /// What the source cannot show.
    pub unseen: Vec<Pattern>,
    /// What the CPU profiler recorded in it: samples.
    pub cpu_samples: u64,
    /// Whether it breaks off.
    pub cut: bool,
}

impl Observation {
    /// An observation without anything seen yet.
    pub fn new(source: Source) -> Observation {
        Observation {
            source,
            span: 0,
            lines: 0,
            samples: Vec::new(),
            long_runs: Vec::new(),
            pauses: Vec::new(),
            pause_times: Durations::default(),
            gc_cycles: 0,
            gc_cpu: None,
            latency: None,
            locks: Vec::new(),
            syscalls: Vec::new(),
            queued: Vec::new(),
            created: Vec::new(),
            waits: Vec::new(),
            unseen: Vec::new(),
            cpu_samples: 0,
            cut: false,
        }
    }

    /// The mean of something over all samples, by the time they stand for.
    pub(crate) fn mean(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        let total: f64 = self.samples.iter().map(|sample| sample.length() as f64).sum();
        if total <= 0.0 {
            return 0.0;
        }
        self.samples.iter().map(|sample| of(sample) * sample.length() as f64).sum::<f64>() / total
    }
}
