//! Input of the rules: samples of the scheduler's state, and further facts.

use crate::analysis::durations::Durations;
use crate::base::ids::{GoId, ProcId};
use crate::diagnose::finding::{Evidence, Pattern, Stretch};
use crate::error::warning::{Repair, Warning};

/// Source of an observation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// An execution trace: samples are averages over stretches of time.
    Trace,
    /// The lines of `GODEBUG=schedtrace`: samples are moments.
    Log {
        /// True if `scheddetail` lists every G, M and P.
        detailed: bool,
    },
}

/// State of the scheduler: in a trace, averages over a stretch; in a log, at one moment.
/// `None` stands for values that the source does not have.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
#[non_exhaustive]
pub struct Sample {
    /// Start, in nanoseconds since the observation began; a moment stands for the time
    /// since the one before.
    pub start: i64,
    /// End, in nanoseconds since the observation began.
    pub end: i64,
    /// Number of the line in the log, from 1; for several lines in one sample, of the
    /// first.
    pub line: Option<u64>,
    /// Number of the last of those lines.
    pub last_line: Option<u64>,
    /// `GOMAXPROCS`.
    pub procs: f64,
    /// Number of Ps without an M.
    pub idle_procs: f64,
    /// Number of Ms that exist; in a trace, that have appeared.
    pub threads: f64,
    /// Number of Ms blocked in system calls or C code, without a P.
    pub blocked_threads: f64,
    /// Number of goroutines that are runnable, but have no P.
    pub runnable: f64,
    /// Number of Ms that have a P and look for work.
    pub spinning: Option<f64>,
    /// Number of Ps in whose local queue a goroutine waits.
    pub queues: Option<f64>,
    /// Number of goroutines that are runnable, but on one thread only.
    pub locked_runnable: Option<f64>,
    /// Share of the time in which a log shows the sign of [`MStarvation`].
    ///
    /// [`MStarvation`]: Pattern::MStarvation
    pub starved: f64,
    /// Number of goroutines that exist.
    pub goroutines: Option<f64>,
    /// Number of goroutines that wait for the network.
    pub network_waiting: Option<f64>,
    /// Number of goroutines that wait for a lock.
    pub lock_waiting: Option<f64>,
    /// Share of the time in which the collector has stopped the world, or waits for it to
    /// stop.
    pub stopped: f64,
    /// Share of the time in which a P is idle while a goroutine is runnable.
    pub idle_beside_runnable: f64,
    /// Share of the goroutines' time runnable that began with the network.
    pub network_runnable: Option<f64>,
    /// The only goroutine that runs; none if no or several goroutines do.
    pub alone: Option<GoId>,
    /// Share of the time in which any goroutine runs.
    pub running: f64,
}

impl Sample {
    /// Returns the time that it stands for, in nanoseconds.
    pub fn length(&self) -> i64 {
        self.end.saturating_sub(self.start).max(0)
    }

    /// Merges the following sample into this one: means, weighted by the time they stand
    /// for.
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
            last_line: next.last_line.or(self.last_line),
            procs: mean(self.procs, next.procs),
            idle_procs: mean(self.idle_procs, next.idle_procs),
            threads: mean(self.threads, next.threads),
            blocked_threads: mean(self.blocked_threads, next.blocked_threads),
            runnable: mean(self.runnable, next.runnable),
            spinning: both(self.spinning, next.spinning),
            queues: both(self.queues, next.queues),
            locked_runnable: both(self.locked_runnable, next.locked_runnable),
            starved: mean(self.starved, next.starved),
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

/// A goroutine's run on a P without a break.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LongRun {
    /// Start and end of the run.
    pub when: Stretch,
    /// Goroutine that ran, where that is known.
    pub goroutine: Option<GoId>,
    /// P that it ran on.
    pub proc: Option<ProcId>,
    /// Stack at the run's end, or the function that it began with.
    pub stack: Vec<String>,
    /// Numbers of the first and the last line of the log that show it.
    pub lines: Option<(u64, u64)>,
}

/// A P that picked no goroutine for long, though it was not idle all that time.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct StuckProc {
    /// Start and end of that time.
    pub when: Stretch,
    /// Evidence for it.
    pub evidence: Evidence,
}

/// Consecutive lines of a log that all show a stop of the world under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Stop {
    /// Start and end of the stop.
    pub when: Stretch,
    /// Number of lines.
    pub lines: u64,
    /// Number of the first line in the log.
    pub line: u64,
    /// Most Ps that the stop waited for.
    pub stopwait: i64,
}

/// Goroutines that seem to be locked to a thread, since each always ran on the same one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Locked {
    /// Number of goroutines.
    pub count: u64,
    /// Time that they were runnable, summed up, in nanoseconds.
    pub wait: i64,
}

/// A stop of the world by the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Pause {
    /// Start and end of the stop.
    pub when: Stretch,
    /// Number of the line in the log.
    pub line: Option<u64>,
}

/// Waits for a lock, system calls or the like with one stack: the number and the time of
/// them.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Hot {
    /// Functions of the stack, innermost first.
    pub stack: Vec<String>,
    /// Number of waits or calls.
    pub count: u64,
    /// Time of them, summed up, in nanoseconds.
    pub total: i64,
}

impl Hot {
    pub(crate) fn evidence(&self, what: &str) -> Evidence {
        let text = format!("{} {what}, {} together", self.count, crate::diagnose::finding::nanos(self.total as f64));
        match &*self.stack {
            [alone] => Evidence::text(format!("{alone}: {text}")),
            stack => Evidence { text, stack: stack.to_vec(), ..Evidence::default() },
        }
    }
}

/// All that the rules look at.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Observation {
    /// Source of the observation.
    pub source: Source,
    /// Length in nanoseconds.
    pub span: i64,
    /// Number of `SCHED` lines of a log.
    pub lines: u64,
    /// Samples, in order of time.
    pub samples: Vec<Sample>,
    /// Longest runs, the longest first.
    pub long_runs: Vec<LongRun>,
    /// Ps that were stuck for longest, the longest first.
    pub stuck: Vec<StuckProc>,
    /// Stops that several lines of a log show, the longest first.
    pub stops: Vec<Stop>,
    /// Mean number of goroutines that a P picks in a second, in a log that counts them.
    pub picks: Option<f64>,
    /// Goroutines locked to threads, in a trace.
    pub locked: Locked,
    /// Longest pauses of the collector, the longest first.
    pub pauses: Vec<Pause>,
    /// Lengths of all its pauses, in nanoseconds.
    pub pause_times: Durations,
    /// Number of collections.
    pub gc_cycles: u64,
    /// Share of the processor time that the collector took.
    pub gc_cpu: Option<f64>,
    /// Times that goroutines waited for a P while the collector marked, and while it did
    /// not, in nanoseconds.
    pub latency: Option<(Durations, Durations)>,
    /// Waits for locks by stack, the longest first.
    pub locks: Vec<Hot>,
    /// System calls that lost their P by stack, the longest first.
    pub syscalls: Vec<Hot>,
    /// Waits for a P by the function that the goroutines began with.
    pub queued: Vec<Hot>,
    /// Goroutines that have not ended by the stack that created them: the number, without a
    /// time.
    pub created: Vec<Hot>,
    /// Wait reasons of goroutines at the end of a log, with their numbers.
    pub waits: Vec<Hot>,
    /// Patterns that the source cannot show.
    pub unseen: Vec<Pattern>,
    /// Number of the CPU profiler's samples in it.
    pub cpu_samples: u64,
    /// True if it breaks off.
    pub cut: bool,
    /// Generations of a trace: number, and start in nanoseconds.
    pub generations: Vec<(u64, i64)>,
}

impl Observation {
    /// Returns an empty observation.
    pub fn new(source: Source) -> Observation {
        Observation {
            source,
            span: 0,
            lines: 0,
            samples: Vec::new(),
            long_runs: Vec::new(),
            stuck: Vec::new(),
            stops: Vec::new(),
            picks: None,
            locked: Locked::default(),
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
            generations: Vec::new(),
        }
    }

    /// Takes the defects of a trace into account: removes what lies in a generation of
    /// which a part is missing. Findings cannot rest on it, since whatever is not seen
    /// there may only be missing.
    pub fn damaged(&mut self, warnings: &[Warning]) {
        self.cut |= !warnings.is_empty();
        let Some(&(last, _)) = self.generations.last() else { return };
        // Missing names, and an unknown clock, hide no event.
        let hides = |repair: Repair| {
            use Repair::*;
            !matches!(repair, Unnamed | NoWallClock | FrequencyOfAnother | FrequencyAssumed(_) | AnotherTrace)
        };
        let mut bad: Vec<Stretch> = Vec::new();
        for warning in warnings.iter().filter(|warning| hides(warning.repair())) {
            let number = warning.error().generation().unwrap_or(last);
            let Some(at) = self.generations.iter().position(|(known, _)| *known == number) else { continue };
            // Defects that are only counted could be anywhere in the rest of the trace.
            let rest = matches!(warning.repair(), Repair::AndMore(_));
            let end = self.generations.get(at + 1).filter(|_| !rest).map_or(i64::MAX, |(_, start)| *start);
            let start = self.generations.get(at).map_or(i64::MIN, |(_, start)| *start);
            bad.push(Stretch { start, end });
        }
        bad.dedup();
        let whole = |when: Stretch| bad.iter().all(|part| when.end <= part.start || when.start >= part.end);
        let before = self.samples.len();
        self.samples.retain(|sample| whole(Stretch { start: sample.start, end: sample.end }));
        // The defects touch no sample: all findings stand.
        if self.samples.len() == before {
            return;
        }
        self.long_runs.retain(|run| whole(run.when));
        self.stuck.retain(|stuck| whole(stuck.when));
        self.pauses.retain(|pause| whole(pause.when));
        self.pause_times = Durations::default();
        self.pauses.iter().for_each(|pause| self.pause_times.add(pause.when.length()));
        // Shares and sums of the generations were not kept apart.
        (self.gc_cpu, self.latency, self.locked) = (None, None, Locked::default());
    }

    /// Returns the length of the part that is judged, in nanoseconds.
    pub(crate) fn judged(&self) -> i64 {
        self.samples.iter().map(Sample::length).fold(0, i64::saturating_add)
    }

    /// Returns the time that the slowest hundredth of goroutines waits for a P, in
    /// nanoseconds: measured, or estimated from `each`, the runnable goroutines for each P,
    /// and the rate of picks; none without either.
    pub(crate) fn slow_wait(&self, each: f64) -> Option<f64> {
        const MANY: u64 = 100;
        if let Some((during, otherwise)) = &self.latency {
            let mut all = during.clone();
            all.merge(otherwise);
            return (all.count() >= MANY).then(|| all.quantile(0.99) as f64);
        }
        // Each goroutine waits until those before it have had their turns.
        self.picks.filter(|picks| *picks > 0.0).map(|picks| each / picks * 1e9)
    }

    /// Returns the mean of a value over all samples, weighted by the time they stand for.
    pub(crate) fn mean(&self, of: impl Fn(&Sample) -> f64) -> f64 {
        let total: f64 = self.samples.iter().map(|sample| sample.length() as f64).sum();
        if total <= 0.0 {
            return 0.0;
        }
        self.samples.iter().map(|sample| of(sample) * sample.length() as f64).sum::<f64>() / total
    }
}
