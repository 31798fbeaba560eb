//! The pass that makes metrics from the results of other analyses.

use super::census::{Census, CollectCensus, Distribution};
use super::{Metrics, RuntimeMetric, Value, go_collector, untold};
use crate::analysis::gc::{CollectGc, Gc};
use crate::analysis::latency::{CollectLatency, Latency};
use crate::analysis::procs::{CollectProcs, Procs};
use crate::analysis::{Analysis, Follower, SharedEvent, Transition};
use crate::spec::v2::EventType;
use crate::timeline::collector::Collected;

/// Makes [`Metrics`]. Memory is that of [`CollectGc`], [`CollectLatency`] and [`CollectProcs`].
/// A pass that has those anyway needs only [`CollectCensus`] beside them, and
/// [`Metrics::of`].
#[derive(Debug)]
pub struct CollectMetrics {
    parts: (CollectGc, CollectLatency, CollectProcs, CollectCensus),
}

impl Default for CollectMetrics {
    fn default() -> CollectMetrics {
        let parts = (CollectGc::default(), CollectLatency::new(0), CollectProcs::default(), CollectCensus::default());
        CollectMetrics { parts }
    }
}

impl Analysis for CollectMetrics {
    type Output = Metrics;

    const FOLLOWS_COLLECTOR: bool = true;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        event != EventType::CPUSample
    }

    #[inline(always)]
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.parts.goroutine(transition, follower);
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.parts.event(event, follower);
    }

    fn collected(&mut self, collected: &Collected) {
        self.parts.collected(collected);
    }

    fn finish(self, follower: &Follower) -> Metrics {
        let (gc, latency, procs, census) = self.parts.finish(follower);
        Metrics::of(&gc, &latency, &procs, &census)
    }
}

impl Metrics {
    /// Returns the metrics of a trace, from the results of other analyses.
    pub fn of(gc: &Gc, latency: &Latency, procs: &Procs, census: &Census) -> Metrics {
        let waits = Distribution { sum: latency.waits.sum(), buckets: latency.histogram.clone() };
        let mut all = cpu(gc, procs, census);
        all.extend(collector(gc, census));
        all.extend(scheduler(procs, census, waits));
        let pauses = all.iter().find(|metric| metric.name == "/sched/pauses/total/gc:seconds").cloned();
        all.extend(pauses.map(|pauses| RuntimeMetric {
            name: "/gc/pauses:seconds",
            help: "The old name of /sched/pauses/total/gc:seconds.",
            ..pauses
        }));
        all.sort_by_key(|metric| metric.name);
        let go_collector = go_collector::families(gc, procs, census);
        Metrics {
            span: procs.span(),
            untold: untold::of_runtime(&all),
            go_collector_untold: untold::of_collector(&go_collector),
            all,
            go_collector,
        }
    }
}

/// Returns the uses of processor time, as `runtime.cpuStats` adds them up.
fn cpu(gc: &Gc, procs: &Procs, census: &Census) -> Vec<RuntimeMetric> {
    const MARKED: Option<&str> =
        Some("until an event tells that nothing was left to mark, which comes a little late on busy processors");
    let sum = |of: fn(&crate::analysis::gc::Cycle) -> i64| gc.cycles.iter().map(of).fold(0, i64::saturating_add);
    let [assist, idle_mark] = [sum(|cycle| cycle.assisting), sum(|cycle| cycle.idle)];
    let dedicated = sum(|cycle| cycle.dedicated.saturating_add(cycle.fractional));
    let pause = gc.pausing;
    // As in the runtime, idle workers count as the collector's here, but not as taken.
    let collecting = [assist, dedicated, idle_mark, pause].into_iter().fold(0, i64::saturating_add);
    let (idle, scavenging, total) = (procs.idle.idle, census.scavenging, procs.capacity);
    // The parts are measured independently, so that their sum may exceed the whole.
    let user = [collecting, scavenging, idle].into_iter().fold(total, i64::saturating_sub).max(0);
    let time =
        |name, help, approximation, nanos| RuntimeMetric { name, help, approximation, value: Value::Time(nanos) };
    vec![
        time(
            "/cpu/classes/gc/mark/assist:cpu-seconds",
            "Processor time in which goroutines helped the collector.",
            MARKED,
            assist,
        ),
        time(
            "/cpu/classes/gc/mark/dedicated:cpu-seconds",
            "Processor time of the collector's workers, dedicated and fractional ones.",
            MARKED,
            dedicated,
        ),
        time(
            "/cpu/classes/gc/mark/idle:cpu-seconds",
            "Processor time in which the collector's workers ran where nothing else wanted to.",
            MARKED,
            idle_mark,
        ),
        time(
            "/cpu/classes/gc/pause:cpu-seconds",
            "Processor time in which the collector stopped the world: of each P, while it stood still.",
            Some("Go up to 1.22 counts as many Ps as there are processors, those too that still run"),
            pause,
        ),
        time(
            "/cpu/classes/gc/total:cpu-seconds",
            "Processor time that the collector took: the sum of /cpu/classes/gc.",
            MARKED,
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
        time(
            "/cpu/classes/scavenge/total:cpu-seconds",
            "Processor time in which memory was returned to the system.",
            Some("that of the background scavenger alone: /cpu/classes/scavenge/assist leaves no event"),
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

fn collector(gc: &Gc, census: &Census) -> Vec<RuntimeMetric> {
    const FORCED: Option<&str> = Some("a cycle that began before the trace counts as automatic");
    let [automatic, forced] = census.cycles;
    let count = |name, help, approximation, n| RuntimeMetric { name, help, approximation, value: Value::Counter(n) };
    let mut all = vec![
        count("/gc/cycles/automatic:gc-cycles", "Cycles that the runtime began, and that ended.", FORCED, automatic),
        count("/gc/cycles/forced:gc-cycles", "Cycles that the program asked for, and that ended.", FORCED, forced),
        count("/gc/cycles/total:gc-cycles", "Cycles that ended.", None, automatic + forced),
    ];
    let gauge =
        |name, help, approximation, bytes| RuntimeMetric { name, help, approximation, value: Value::Gauge(bytes) };
    let live = gc.cycles.iter().rev().find_map(|cycle| cycle.heap_after);
    all.extend(live.map(|bytes| {
        gauge(
            "/gc/heap/live:bytes",
            "Heap that the last cycle found in use.",
            Some("the first size of the heap that the trace tells after that cycle"),
            bytes,
        )
    }));
    all.extend(gc.heap.map(|bytes| {
        gauge(
            "/memory/classes/heap/objects:bytes",
            "Memory of objects in the heap.",
            Some("what the last cycle found in use and what was allocated since, without what was freed since"),
            bytes,
        )
    }));
    all.extend(
        gc.goal.map(|bytes| gauge("/gc/heap/goal:bytes", "Size of the heap that the cycle is to end at.", None, bytes)),
    );
    all
}

fn scheduler(procs: &Procs, census: &Census, waits: Distribution) -> Vec<RuntimeMetric> {
    const RUNTIME_BY_STACK: Option<&str> = Some(
        "goroutines of the runtime, which count since Go 1.26 only, are told by their stacks, where there are any",
    );
    let count = census.count;
    let gauge = |name, help, approximation, n| RuntimeMetric { name, help, approximation, value: Value::Gauge(n) };
    let histogram = |name, help, approximation, Distribution { buckets, sum }| RuntimeMetric {
        name,
        help,
        approximation,
        value: Value::Histogram { buckets, sum },
    };
    let mut all = vec![
        gauge("/sched/goroutines:goroutines", "Goroutines that exist.", RUNTIME_BY_STACK, count.all),
        gauge(
            "/sched/goroutines/runnable:goroutines",
            "Goroutines that wait for a P.",
            RUNTIME_BY_STACK,
            count.runnable,
        ),
        gauge("/sched/goroutines/running:goroutines", "Goroutines that run.", RUNTIME_BY_STACK, count.running),
        gauge(
            "/sched/goroutines/waiting:goroutines",
            "Goroutines that wait for something.",
            RUNTIME_BY_STACK,
            count.waiting,
        ),
        gauge(
            "/sched/goroutines/not-in-go:goroutines",
            "Goroutines in system calls or C code.",
            RUNTIME_BY_STACK,
            count.not_in_go,
        ),
        RuntimeMetric {
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
            Some("the stop that began the trace counts from the trace's beginning"),
            census.other_pauses.clone(),
        ),
        RuntimeMetric {
            name: "/sync/mutex/wait/total:seconds",
            help: "How long goroutines waited for a sync.Mutex or sync.RWMutex.",
            approximation: Some("without waits for the runtime's own locks"),
            value: Value::Time(census.mutex),
        },
    ];
    all.extend(procs.gomaxprocs.map(|n| gauge("/sched/gomaxprocs:threads", "The setting of GOMAXPROCS.", None, n)));
    all
}
