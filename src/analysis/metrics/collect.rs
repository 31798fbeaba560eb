//! The pass that makes metrics, of what other analyses say.

use super::census::{Census, CollectCensus, Distribution};
use super::{Metric, Metrics, Value};
use crate::analysis::gc::{CollectGc, Gc};
use crate::analysis::latency::{Latencies, Latency};
use crate::analysis::procs::{CollectProcs, Procs};
use crate::analysis::{Analysis, Known, Seen, Step};
use crate::wire::v2::spec::EventType;

/// Makes [`Metrics`]. Memory is that of [`CollectGc`], [`Latencies`] and
/// [`CollectProcs`]; where those are asked anyhow, [`CollectCensus`] tells what is
/// missing for [`Metrics::of`].
#[derive(Debug)]
pub struct CollectMetrics {
    parts: (CollectGc, Latencies, CollectProcs, CollectCensus),
}

impl Default for CollectMetrics {
    fn default() -> CollectMetrics {
        let parts = (CollectGc::default(), Latencies::new(0), CollectProcs::default(), CollectCensus::default());
        CollectMetrics { parts }
    }
}

impl Analysis for CollectMetrics {
    type Output = Metrics;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        event != EventType::CPUSample
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        self.parts.goroutine(step, known);
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        self.parts.event(event, known);
    }

    fn finish(self, known: &Known) -> Metrics {
        let (gc, latency, procs, census) = self.parts.finish(known);
        Metrics::of(&gc, &latency, &procs, &census)
    }
}

impl Metrics {
    /// Those of a trace of which other analyses tell these.
    pub fn of(gc: &Gc, latency: &Latency, procs: &Procs, census: &Census) -> Metrics {
        let waits = Distribution { sum: latency.waits.sum(), buckets: latency.histogram.clone() };
        let mut all = cpu(gc, procs, census);
        all.extend(collector(gc, census));
        all.extend(scheduler(procs, census, waits));
        all.sort_by_key(|metric| metric.name);
        Metrics { span: procs.span(), all }
    }
}

/// What the processors' time went to, as `runtime.cpuStats` adds it up.
fn cpu(gc: &Gc, procs: &Procs, census: &Census) -> Vec<Metric> {
    const BY_STATE: Option<&str> =
        Some("from event to event, which includes time in which the system did not run the thread");
    let sum = |of: fn(&crate::analysis::gc::Cycle) -> i64| gc.cycles.iter().map(of).fold(0, i64::saturating_add);
    let [assist, idle_mark] = [sum(|cycle| cycle.assisting), sum(|cycle| cycle.idle)];
    let dedicated = sum(|cycle| cycle.dedicated.saturating_add(cycle.fractional));
    let gomaxprocs = procs.gomaxprocs.unwrap_or(procs.procs.len() as u64);
    let pause = census.gc_pauses.sum.saturating_mul(i64::try_from(gomaxprocs).unwrap_or(i64::MAX));
    let collecting = [assist, dedicated, idle_mark, pause].into_iter().fold(0, i64::saturating_add);
    let (idle, scavenging, total) = (procs.idle.idle, census.scavenging, procs.capacity);
    let user = [collecting, scavenging, idle].into_iter().fold(total, i64::saturating_sub).max(0);
    let time = |name, help, approximation, nanos| Metric { name, help, approximation, value: Value::Time(nanos) };
    vec![
        time(
            "/cpu/classes/gc/mark/assist:cpu-seconds",
            "Processor time in which goroutines helped the collector.",
            BY_STATE,
            assist,
        ),
        time(
            "/cpu/classes/gc/mark/dedicated:cpu-seconds",
            "Processor time of the collector's workers, dedicated and fractional ones.",
            BY_STATE,
            dedicated,
        ),
        time(
            "/cpu/classes/gc/mark/idle:cpu-seconds",
            "Processor time in which the collector's workers ran where nothing else wanted to.",
            BY_STATE,
            idle_mark,
        ),
        time(
            "/cpu/classes/gc/pause:cpu-seconds",
            "Processor time in which the collector stopped the world: GOMAXPROCS times the pauses.",
            Some("until the event that tells of a pause's end, which comes a little late on busy processors"),
            pause,
        ),
        time(
            "/cpu/classes/gc/total:cpu-seconds",
            "Processor time that the collector took: the sum of /cpu/classes/gc.",
            BY_STATE,
            collecting,
        ),
        time(
            "/cpu/classes/idle:cpu-seconds",
            "Processor time of Ps that no thread had.",
            Some(
                "until a thread runs with the P, where the runtime counts until it wakes one; without stops of the world",
            ),
            idle,
        ),
        time(
            "/cpu/classes/scavenge/background:cpu-seconds",
            "Processor time of the goroutine that returns memory to the system.",
            Some("with all that the goroutine does, and only if the trace tells which one it is"),
            scavenging,
        ),
        time("/cpu/classes/total:cpu-seconds", "Processor time that there was: GOMAXPROCS over time.", None, total),
        time(
            "/cpu/classes/user:cpu-seconds",
            "Processor time left for the program: what is in no other of /cpu/classes.",
            Some("as the others are"),
            user,
        ),
    ]
}

fn collector(gc: &Gc, census: &Census) -> Vec<Metric> {
    const FORCED: Option<&str> = Some("a cycle that began before the trace counts as automatic");
    let [automatic, forced] = census.cycles;
    let count = |name, help, approximation, n| Metric { name, help, approximation, value: Value::Counter(n) };
    let mut all = vec![
        count("/gc/cycles/automatic:gc-cycles", "Cycles that the runtime began, and that ended.", FORCED, automatic),
        count("/gc/cycles/forced:gc-cycles", "Cycles that the program asked for, and that ended.", FORCED, forced),
        count("/gc/cycles/total:gc-cycles", "Cycles that ended.", None, automatic + forced),
    ];
    let gauge = |name, help, approximation, bytes| Metric { name, help, approximation, value: Value::Gauge(bytes) };
    let live = gc.cycles.iter().rev().find_map(|cycle| cycle.heap_after);
    all.extend(live.map(|bytes| {
        gauge(
            "/gc/heap/live:bytes",
            "Heap that the last cycle found in use.",
            Some("the first size of the heap that the trace tells after that cycle"),
            bytes,
        )
    }));
    all.extend(
        gc.goal.map(|bytes| gauge("/gc/heap/goal:bytes", "Size of the heap that the cycle is to end at.", None, bytes)),
    );
    all
}

fn scheduler(procs: &Procs, census: &Census, waits: Distribution) -> Vec<Metric> {
    const PEOPLE: Option<&str> = Some(
        "goroutines of the runtime, which count since Go 1.26 only, are told by their stacks, where there are any",
    );
    let count = census.count;
    let gauge = |name, help, approximation, n| Metric { name, help, approximation, value: Value::Gauge(n) };
    let histogram = |name, help, approximation, Distribution { buckets, sum }| Metric {
        name,
        help,
        approximation,
        value: Value::Histogram { buckets, sum },
    };
    let mut all = vec![
        gauge("/sched/goroutines:goroutines", "Goroutines that exist.", PEOPLE, count.all),
        gauge("/sched/goroutines/runnable:goroutines", "Goroutines that wait for a P.", PEOPLE, count.runnable),
        gauge("/sched/goroutines/running:goroutines", "Goroutines that run.", PEOPLE, count.running),
        gauge("/sched/goroutines/waiting:goroutines", "Goroutines that wait for something.", PEOPLE, count.waiting),
        gauge(
            "/sched/goroutines/not-in-go:goroutines",
            "Goroutines in system calls or C code.",
            PEOPLE,
            count.not_in_go,
        ),
        Metric {
            name: "/sched/goroutines-created:goroutines",
            help: "Goroutines that were created.",
            approximation: None,
            value: Value::Counter(census.created),
        },
        gauge(
            "/sched/threads/total:threads",
            "Threads of the runtime.",
            Some("those that did something in the trace"),
            procs.threads.seen,
        ),
        histogram(
            "/sched/latencies:seconds",
            "How long goroutines that could run waited for a P.",
            Some("all waits, of which the runtime measures one in eight"),
            waits,
        ),
        histogram(
            "/sched/pauses/total/gc:seconds",
            "How long the collector stopped the world, each time.",
            None,
            census.gc_pauses.clone(),
        ),
        histogram(
            "/sched/pauses/total/other:seconds",
            "How long the world was stopped for something else, each time.",
            None,
            census.other_pauses.clone(),
        ),
        Metric {
            name: "/sync/mutex/wait/total:seconds",
            help: "How long goroutines waited for a sync.Mutex or sync.RWMutex.",
            approximation: Some("without waits for the runtime's own locks"),
            value: Value::Time(census.mutex),
        },
    ];
    all.extend(procs.gomaxprocs.map(|n| gauge("/sched/gomaxprocs:threads", "The setting of GOMAXPROCS.", None, n)));
    all
}
