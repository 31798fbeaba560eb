//! Conversion of `SCHED` lines to samples.

use crate::diagnose::observation::Sample;
use crate::godebug::{Detail, GoroutineState, Snapshot};

/// Most samples that are kept; beyond that each two become one.
const MOST: usize = 2048;

/// Samples of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    samples: Vec<Sample>,
    /// Time of the last line.
    last: Option<i64>,
    /// Number of lines that make a sample, and of those in the last one.
    lines: u32,
    filled: u32,
}

impl Samples {
    pub(super) fn push(&mut self, time: i64, line: u64, snapshot: &Snapshot) {
        // A line stands for the time since the one before; the first for none.
        let Some(start) = self.last.replace(time) else { return };
        let sample = Sample { start, end: time, line: Some(line), last_line: Some(line), ..sample(snapshot) };
        match self.samples.last_mut() {
            Some(last) if self.filled < self.lines => {
                last.merge(&sample);
                self.filled += 1;
            }
            _ => {
                self.samples.push(sample);
                self.filled = 1;
            }
        }
        if self.samples.len() > MOST {
            self.halve();
        }
    }

    pub(super) fn finish(self) -> Vec<Sample> {
        self.samples
    }

    fn halve(&mut self) {
        let mut halved: Vec<Sample> = Vec::with_capacity(MOST / 2 + 1);
        for pair in self.samples.chunks(2) {
            let [first, rest @ ..] = pair else { continue };
            let mut sample = *first;
            rest.iter().for_each(|next| sample.merge(next));
            halved.push(sample);
        }
        // The last may stand alone, and is then filled up to the double number of lines.
        self.lines = self.lines.max(1) * 2;
        if self.samples.len().is_multiple_of(2) {
            self.filled = self.lines;
        }
        self.samples = halved;
    }
}

/// Returns the sample of one line, or of a block.
fn sample(snapshot: &Snapshot) -> Sample {
    let sched = &snapshot.sched;
    let (procs, idle) = (f64::from(sched.gomaxprocs), f64::from(sched.idleprocs));
    let runnable = snapshot.runnable() as f64;
    // All threads that are not idle have a P, except sysmon and those that block.
    let others = f64::from(sched.threads) - f64::from(sched.idlethreads) - (procs - idle).max(0.0) - 1.0;
    let filled = snapshot.queues().filter(|length| *length > 0).count();
    let mut sample = Sample {
        procs,
        idle_procs: idle,
        threads: f64::from(sched.threads),
        blocked_threads: others.max(0.0),
        runnable,
        spinning: Some(f64::from(sched.spinningthreads)),
        queues: Some(filled as f64),
        idle_beside_runnable: if idle > 0.0 && runnable > 0.0 { 1.0 } else { 0.0 },
        running: if procs > idle { 1.0 } else { 0.0 },
        ..Sample::default()
    };
    // Without details, only the shape of the queues shows starvation.
    let Detail::Block { gcwaiting, .. } = sched.detail else {
        sample.starved = if is_starved(snapshot, &sample) || waits_for_threads(snapshot, &sample) { 1.0 } else { 0.0 };
        return sample;
    };
    if gcwaiting {
        // A stop of the world makes Ps idle, with goroutines runnable beside them.
        (sample.stopped, sample.idle_beside_runnable) = (1.0, 0.0);
    }
    if !snapshot.is_complete() {
        return sample;
    }
    let ready = |state| state == GoroutineState::Runnable;
    let locked = snapshot.goroutines.iter().filter(|g| g.lockedm.is_some() && ready(g.status.state)).count();
    sample.locked_runnable = Some(locked as f64);
    // A runnable goroutine that is locked waits for its own thread.
    let starved = !gcwaiting && (is_starved(snapshot, &sample) || (locked > 0 && !is_crowded(&sample)));
    sample.starved = if starved { 1.0 } else { 0.0 };
    let blocked = snapshot.threads.iter().filter(|m| m.proc.is_none() && m.curg.is_some()).count();
    sample.blocked_threads = blocked as f64;
    sample.goroutines = snapshot.alive().map(|count| count as f64);
    let waiting = |is: &dyn Fn(&str) -> bool| {
        let waiting = snapshot.goroutines.iter().filter(|g| g.status.state == GoroutineState::Waiting);
        Some(waiting.filter(|g| is(&g.wait_reason)).count() as f64)
    };
    sample.network_waiting = waiting(&|reason| reason == "IO wait");
    // Up to Go 1.19, the wait for a WaitGroup had the same name.
    let old = sched.needspinning.is_none();
    sample.lock_waiting = waiting(&|reason| is_lock(reason) || (old && reason.starts_with("semacquire")));
    let mut running = snapshot.goroutines.iter().filter(|g| g.status.state == GoroutineState::Running);
    let first = running.next();
    sample.running = if first.is_some() { 1.0 } else { 0.0 };
    sample.alone = first.filter(|g| running.next().is_none() && !is_worker(&g.wait_reason)).map(|g| g.id);
    sample
}

/// Returns whether Ms burn processor time in search of work while it waits in the queues of
/// a few Ps: at least two goroutines in one, since a single one is about to be taken.
fn is_starved(snapshot: &Snapshot, sample: &Sample) -> bool {
    let uneven = snapshot.queues().any(|length| length >= 2) && snapshot.queues().any(|length| length == 0);
    snapshot.sched.spinningthreads > 0 && uneven && !is_crowded(sample)
}

/// Returns whether Ms search, or should begin to, while many threads are neither idle nor
/// have a P: they are locked to goroutines that do not run yet, or in system calls.
fn waits_for_threads(snapshot: &Snapshot, sample: &Sample) -> bool {
    let sched = &snapshot.sched;
    let searches = sched.spinningthreads > 0 || sched.needspinning.is_some_and(|needs| needs > 0);
    searches && sample.blocked_threads >= (sample.procs + 2.0).max(5.0) && !is_crowded(sample)
}

/// Returns whether there is simply more work than Ps.
fn is_crowded(sample: &Sample) -> bool {
    sample.idle_procs < 1.0 && sample.spinning == Some(0.0) && sample.runnable >= 2.0 * sample.procs
}

fn is_lock(reason: &str) -> bool {
    matches!(reason, "sync.Mutex.Lock" | "sync.RWMutex.Lock" | "sync.RWMutex.RLock")
}

/// Returns whether a goroutine with this wait reason is one of the collector's workers.
pub(super) fn is_worker(reason: &str) -> bool {
    reason.starts_with("GC worker")
}
