//! The processors and the runtime's metrics: `procs`, `metrics`.

use super::recorded::Recorded;
use super::reports::{Reports, list};
use super::table::{NONE, Table, Tolerance};

pub fn rows(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    procs(table, recorded, reports);
    metrics(table, recorded, reports);
}

fn procs(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let (report, procs) = ("procs", &reports.procs);
    let capacity = recorded.bounds("procs/capacity ns");
    table.timed(report, "capacity, ns", capacity, procs["capacity"].as_f64(), 10.0);
    table.timed("summary", "capacity, ns", capacity, reports.summary["procs"]["capacity"].as_f64(), 10.0);
    table.timed("gc", "capacity, ns", capacity, reports.gc["capacity"].as_f64(), 10.0);
    let all: f64 = list(&procs["procs"])
        .flat_map(|p| ["running", "syscall", "looking", "idle"].map(|state| p[state].as_f64().unwrap()))
        .sum();
    table.timed(report, "all Ps' times, by state, ns", capacity, Some(all), 10.0);
    // Threads in system calls and sysmon take processor time too, without a P.
    let processor = recorded.during("process_cpu_ns");
    let busy: f64 = list(&procs["procs"])
        .flat_map(|p| ["running", "syscall", "looking"].map(|state| p[state].as_f64().unwrap()))
        .sum();
    let why = "threads without a P take processor time, too";
    let tolerance = Tolerance { below: 0.15, more: 1e7, why, ..NONE };
    table.row(report, "Ps with a thread, ns", (processor, capacity.1), Some(busy), tolerance);
    let running: f64 = list(&procs["procs"]).map(|p| p["running"].as_f64().unwrap()).sum();
    let by_goroutines = reports.summary["goroutines"]["times"]["running"].as_f64().unwrap();
    table.timed(report, "running, ns, by goroutines", (by_goroutines, by_goroutines), Some(running), 100.0);
    let now = recorded.metric("/sched/gomaxprocs:threads").unwrap();
    table.counted(report, "GOMAXPROCS", (now, now), procs["gomaxprocs"].as_f64());
    let set = &reports.summary["gomaxprocs"];
    for (field, truth) in [("min", 1.0), ("max", now.max(3.0)), ("last", now)] {
        table.counted("summary", format!("GOMAXPROCS, {field}"), (truth, truth), set[field].as_f64());
    }
    let threads = recorded.bounds("threads/used threads");
    table.counted(report, "threads seen", threads, procs["threads"]["seen"].as_f64());
    table.counted("summary", "threads", threads, reports.summary["threads"].as_f64());
    // The runtime's own calls count too, such as those that write the trace.
    let calls = recorded.bounds("profile/main.naps system calls").0;
    table.counted(report, "system calls, at least", (calls, f64::MAX), procs["syscalls"]["count"].as_f64());
    let without = recorded.bounds("goroutines/main.readsPipe system calls without a P ns").0;
    let most = list(&reports.goroutines["goroutines"]).filter_map(|g| g["stats"]["syscall_without_p"].as_f64()).sum();
    table.timed(
        report,
        "system calls without a P, ns",
        (without, most),
        procs["syscalls"]["without"]["sum"].as_f64(),
        10.0,
    );
    let longest = recorded.bounds("procs/two spins ns").1.max(recorded.bounds("trace/span ns").1);
    table.timed(report, "longest run, ns", (1e6, longest), procs["runs"]["max"].as_f64(), 1.0);
    // The collector's workers are not counted while they work.
    let workers = reports.goroutines_of("runtime.gcBgMarkWorker");
    let workers: f64 = workers.iter().filter_map(|worker| worker["stats"]["running"].as_f64()).sum();
    table.timed(report, "all runs, ns", (running - workers, running), procs["runs"]["sum"].as_f64(), 100.0);
}

/// Metrics that have to be equal, of counters that grow.
const COUNTED: [&str; 4] = [
    "/gc/cycles/automatic:gc-cycles",
    "/gc/cycles/forced:gc-cycles",
    "/gc/cycles/total:gc-cycles",
    "/sched/goroutines-created:goroutines",
];

fn metrics(table: &mut Table, recorded: &Recorded, reports: &Reports) {
    let report = "metrics";
    let ours = |name: &str| reports.metrics["metrics"][name]["value"].as_f64();
    for name in COUNTED {
        if let Some(truth) = recorded.growth(name) {
            table.counted(report, name, (truth, truth), ours(name));
        }
    }
    let mut near = |name: &str, least: f64, most: f64, tolerance: Tolerance| {
        table.row(report, name, (least, most), ours(name), tolerance);
    };
    for name in ["/gc/heap/goal:bytes", "/sched/gomaxprocs:threads"] {
        let truth = recorded.metric(name).unwrap();
        near(name, truth, truth, NONE);
    }
    if let Some(live) = recorded.metric("/gc/heap/live:bytes") {
        let why = "the heap's size when the cycle has just ended";
        near("/gc/heap/live:bytes", live, live, Tolerance { below: 0.01, above: 0.05, more: 0.0, why });
    }
    // Since Go 1.26 the runtime counts its own goroutines too.
    let goroutines = recorded.metric("/sched/goroutines:goroutines").unwrap();
    let why = "goroutines of Go 1.22 that do nothing have no name";
    let nameless = Tolerance { more: if recorded.minor() == 22 { 8.0 } else { 0.0 }, why, ..NONE };
    near("/sched/goroutines:goroutines", goroutines, goroutines, nameless);
    let (least, most) = recorded.bounds("threads/used threads");
    near("/sched/threads/total:threads", least, most, NONE);
    if let Some(mutex) = recorded.growth("/sync/mutex/wait/total:seconds") {
        let why = "the runtime counts one goroutine in eight, eight times";
        near("/sync/mutex/wait/total:seconds", 0.0, mutex.max(0.2) * 8.0, Tolerance { why, ..NONE });
    }
    // The runtime adds up processor times when a cycle ends, not when the trace ends.
    let outside = recorded.number("cpu_classes_before_ns") + recorded.number("cpu_classes_after_ns");
    let most_procs = reports.summary["gomaxprocs"]["max"].as_f64().unwrap_or(1.0);
    let outside = outside * most_procs / 1e9;
    let why = "the runtime adds up when a cycle ends, the trace begins and ends a little later";
    for (name, below, above) in [
        ("/cpu/classes/total:cpu-seconds", 0.002, 0.002),
        ("/cpu/classes/idle:cpu-seconds", 0.1, 0.25),
        ("/cpu/classes/user:cpu-seconds", 0.25, 0.1),
    ] {
        if let Some(truth) = recorded.growth(name) {
            near(name, truth, truth, Tolerance { below, above, more: outside, why });
        }
    }
}
