//! `SCHED` lines as samples.

use crate::diagnose::Sample;
use crate::godebug::{Detail, GoroutineState, Snapshot};

/// How many samples there may be; beyond that each two become one.
const MOST: usize = 2048;

/// The samples of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Moments {
    samples: Vec<Sample>,
    /// When the last line was.
    last: Option<i64>,
    /// How many lines make a sample, and how many the last one has.
    lines: u32,
    filled: u32,
}

impl Moments {
    pub(super) fn push(&mut self, time: i64, line: u64, snapshot: &Snapshot) {
        // A line stands for the time since the one before; the first for none.
        let Some(start) = self.last.replace(time) else { return };
        let sample = Sample { start, end: time, line: Some(line), ..sample(snapshot) };
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
        // The last may stand alone, and is filled up to twice as many lines.
        self.lines = self.lines.max(1) * 2;
        if self.samples.len().is_multiple_of(2) {
            self.filled = self.lines;
        }
        self.samples = halved;
    }
}

/// What one line says, or a block.
fn sample(snapshot: &Snapshot) -> Sample {
    let sched = &snapshot.sched;
    let (procs, idle) = (f64::from(sched.gomaxprocs), f64::from(sched.idleprocs));
    let runnable = snapshot.runnable() as f64;
    // All others have a P, but for sysmon.
    let others = f64::from(sched.threads) - f64::from(sched.idlethreads) - (procs - idle).max(0.0) - 1.0;
    let mut sample = Sample {
        procs,
        idle_procs: idle,
        threads: f64::from(sched.threads),
        blocked_threads: others.max(0.0),
        runnable,
        idle_beside_runnable: if idle > 0.0 && runnable > 0.0 { 1.0 } else { 0.0 },
        running: if procs > idle { 1.0 } else { 0.0 },
        ..Sample::default()
    };
    let Detail::Block { gcwaiting, .. } = sched.detail else { return sample };
    if !snapshot.is_complete() {
        return sample;
    }
    sample.stopped = if gcwaiting { 1.0 } else { 0.0 };
    let blocked = snapshot.threads.iter().filter(|m| m.proc.is_none() && m.curg.is_some()).count();
    sample.blocked_threads = blocked as f64;
    sample.goroutines = snapshot.alive().map(|count| count as f64);
    let waiting = |is: &dyn Fn(&str) -> bool| {
        let waiting = snapshot.goroutines.iter().filter(|g| g.status.state == GoroutineState::Waiting);
        Some(waiting.filter(|g| is(&g.wait_reason)).count() as f64)
    };
    sample.network_waiting = waiting(&|reason| reason == "IO wait");
    // Up to Go 1.19, a WaitGroup's waiting was called the same.
    let old = sched.needspinning.is_none();
    sample.lock_waiting = waiting(&|reason| is_lock(reason) || (old && reason.starts_with("semacquire")));
    let mut running = snapshot.goroutines.iter().filter(|g| g.status.state == GoroutineState::Running);
    let first = running.next();
    sample.running = if first.is_some() { 1.0 } else { 0.0 };
    sample.alone = first.filter(|g| running.next().is_none() && !is_worker(&g.wait_reason)).map(|g| g.id);
    sample
}

fn is_lock(reason: &str) -> bool {
    matches!(reason, "sync.Mutex.Lock" | "sync.RWMutex.Lock" | "sync.RWMutex.RLock")
}

/// Whether a goroutine that last waited for that is one of the collector's workers.
pub(super) fn is_worker(reason: &str) -> bool {
    reason.starts_with("GC worker")
}
