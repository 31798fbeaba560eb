//! Metrics that a trace does not have, each with the reason.

use super::RuntimeMetric;
use super::go_collector::Family;

/// A metric that a trace does not have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Untold {
    /// Name in `runtime/metrics` or in Prometheus's default Go collector; a `*` in it
    /// stands for any text.
    pub name: &'static str,
    /// Reason why the trace does not have it.
    pub reason: &'static str,
}

const ALLOCATIONS: &str =
    "a trace has single allocations only with GODEBUG=traceallocfree=1, and not what was allocated before it";
const MEMORY: &str = "no event tells how memory is divided up; of the heap, only its live size is told";
const SETTING: &str = "no event tells the setting";
const SCANNED: &str = "no event tells how much the collector has to scan";
const LIMITER: &str = "no event tells when the collector reaches the limit of its processor time";
const FINALIZERS: &str = "no event tells of single finalizers and cleanups";
const STOPPING: &str =
    "events tell when the world begins to stop and when it goes on, but not when all Ps have stopped";
const SCAVENGED: &str = "goroutines that return memory to the system while they allocate leave no event of it";
const CGO: &str =
    "calls into C are among the system calls; `gotrace pprof syscall` has those with runtime.cgocall on the stack";
const GODEBUG: &str = "no event tells of it";

/// Metrics of Go 1.27's `runtime/metrics` that no trace has, and those that some lack.
const OF_RUNTIME: &[(&str, &[&str])] = &[
    (SCAVENGED, &["/cpu/classes/scavenge/assist:cpu-seconds"]),
    (CGO, &["/cgo/go-to-c-calls:calls"]),
    (
        FINALIZERS,
        &[
            "/gc/cleanups/executed:cleanups",
            "/gc/cleanups/queued:cleanups",
            "/gc/finalizers/executed:finalizers",
            "/gc/finalizers/queued:finalizers",
        ],
    ),
    (SETTING, &["/gc/gogc:percent", "/gc/gomemlimit:bytes", "/gc/stack/starting-size:bytes"]),
    (
        ALLOCATIONS,
        &[
            "/gc/heap/allocs-by-size:bytes",
            "/gc/heap/allocs:bytes",
            "/gc/heap/allocs:objects",
            "/gc/heap/frees-by-size:bytes",
            "/gc/heap/frees:bytes",
            "/gc/heap/frees:objects",
            "/gc/heap/objects:objects",
            "/gc/heap/tiny/allocs:objects",
        ],
    ),
    (LIMITER, &["/gc/limiter/last-enabled:gc-cycle"]),
    (SCANNED, &["/gc/scan/globals:bytes", "/gc/scan/heap:bytes", "/gc/scan/stack:bytes", "/gc/scan/total:bytes"]),
    (GODEBUG, &["/godebug/non-default-behavior/*:events"]),
    (
        MEMORY,
        &[
            "/memory/classes/heap/free:bytes",
            "/memory/classes/heap/released:bytes",
            "/memory/classes/heap/stacks:bytes",
            "/memory/classes/heap/unused:bytes",
            "/memory/classes/metadata/mcache/free:bytes",
            "/memory/classes/metadata/mcache/inuse:bytes",
            "/memory/classes/metadata/mspan/free:bytes",
            "/memory/classes/metadata/mspan/inuse:bytes",
            "/memory/classes/metadata/other:bytes",
            "/memory/classes/os-stacks:bytes",
            "/memory/classes/other:bytes",
            "/memory/classes/profiling/buckets:bytes",
            "/memory/classes/total:bytes",
        ],
    ),
    (STOPPING, &["/sched/pauses/stopping/gc:seconds", "/sched/pauses/stopping/other:seconds"]),
    (NO_GOAL, &["/gc/heap/goal:bytes"]),
    (NO_CYCLE, &["/gc/heap/live:bytes"]),
    (NO_HEAP, &["/memory/classes/heap/objects:bytes"]),
    (NO_GOMAXPROCS, &["/sched/gomaxprocs:threads"]),
];

const NO_GOAL: &str = "this trace has no heap goal in the end, as with GOGC=off; since Go 1.25 traces do not tell that of GOMEMLIMIT alone";
const NO_CYCLE: &str = "in this trace no cycle ended with a size of the heap behind it";
const NO_HEAP: &str = "this trace has no size of the heap";
const NO_GOMAXPROCS: &str = "this trace does not tell it";
const NO_CLOCK: &str = "in this trace no cycle ended, or it has no clock of the wall, as those before Go 1.25";
const SINCE_START: &str = "it is a share of the time since the program began";

/// Metrics of the default Go collector of Prometheus's client_golang that no trace has, and
/// those that some lack.
const OF_COLLECTOR: &[(&str, &[&str])] = &[
    (SETTING, &["go_gc_gogc_percent", "go_gc_gomemlimit_bytes"]),
    (SINCE_START, &["go_memstats_gc_cpu_fraction"]),
    (
        ALLOCATIONS,
        &[
            "go_memstats_alloc_bytes_total",
            "go_memstats_frees_total",
            "go_memstats_heap_objects",
            "go_memstats_mallocs_total",
        ],
    ),
    (
        MEMORY,
        &[
            "go_memstats_buck_hash_sys_bytes",
            "go_memstats_gc_sys_bytes",
            "go_memstats_heap_idle_bytes",
            "go_memstats_heap_inuse_bytes",
            "go_memstats_heap_released_bytes",
            "go_memstats_heap_sys_bytes",
            "go_memstats_mcache_inuse_bytes",
            "go_memstats_mcache_sys_bytes",
            "go_memstats_mspan_inuse_bytes",
            "go_memstats_mspan_sys_bytes",
            "go_memstats_other_sys_bytes",
            "go_memstats_stack_inuse_bytes",
            "go_memstats_stack_sys_bytes",
            "go_memstats_sys_bytes",
        ],
    ),
    (NO_GOAL, &["go_memstats_next_gc_bytes"]),
    (NO_HEAP, &["go_memstats_alloc_bytes", "go_memstats_heap_alloc_bytes"]),
    (NO_CLOCK, &["go_memstats_last_gc_time_seconds"]),
    (NO_GOMAXPROCS, &["go_sched_gomaxprocs_threads"]),
];

/// Returns the metrics of `runtime/metrics` that are not among those of a trace, by reason.
pub(super) fn of_runtime(given: &[RuntimeMetric]) -> Vec<Untold> {
    except(OF_RUNTIME, |name| given.iter().any(|metric| metric.name == name))
}

/// Returns the metrics of the default Go collector that are not among those of a trace.
pub(super) fn of_collector(given: &[Family]) -> Vec<Untold> {
    except(OF_COLLECTOR, |name| given.iter().any(|family| family.name == name))
}

fn except(all: &[(&'static str, &[&'static str])], is_given: impl Fn(&str) -> bool) -> Vec<Untold> {
    let all = all.iter().flat_map(|&(reason, names)| names.iter().map(move |&name| Untold { name, reason }));
    all.filter(|untold| !is_given(untold.name)).collect()
}
