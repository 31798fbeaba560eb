//! Every report has an answer for every trace, and the JSON fields that scripts rely on.
//! `docs/json.md` says what the fields mean.

use super::{ROOT, gotrace, trace, traces};
use serde_json::Value;

/// Returns the names of an object's fields, each with its type.
fn shape(value: &Value) -> Vec<String> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    value.as_object().unwrap().iter().map(|(name, value)| format!("{name}: {}", kind(value))).collect()
}

const STATS: [&str; 8] = [
    "ranges: object",
    "runnable: int",
    "running: int",
    "syscall: int",
    "syscall_without_p: int",
    "total: int",
    "unknown: int",
    "waiting: object",
];

#[test]
fn goroutines_json() {
    let mixed = trace("go1.27/mixed");
    let report = gotrace(&["goroutines", "--json", &mixed]).json();
    assert_eq!(shape(&report), ["by: string", "count: int", "groups: list"]);
    assert_eq!(shape(&report["groups"][0]), ["count: int", "name: string", "stats: object"]);
    assert_eq!(shape(&report["groups"][0]["stats"]), STATS);

    let report = gotrace(&["goroutines", "--json", "--by", "goroutine", "--function", "^main\\.main$", &mixed]).json();
    assert_eq!(shape(&report), ["count: int", "goroutines: list"]);
    let main = &report["goroutines"][0];
    assert_eq!(
        shape(main),
        [
            "created: int",
            "creation_seen: bool",
            "creator: null",
            "ended: null",
            "id: int",
            "name: string",
            "reason: null",
            "started: int",
            "state: string",
            "stats: object",
        ]
    );
    assert!(main["id"] == 1 && main["name"] == "main.main" && report["count"] == 1);

    let leak = format!("{ROOT}/testdata/patterns/go1.24/leak.trace");
    let report = gotrace(&["goroutines", "--json", "--leaks", &leak]).json();
    let suspects = &report["suspects"][0];
    assert_eq!(
        shape(suspects),
        ["count: int", "created_by: list", "example: int", "longest_wait: int", "reason: string", "waits_at: list"]
    );
    assert!(suspects["count"].as_u64() > Some(1000) && suspects["reason"] == "chan receive", "{suspects}");
    assert_eq!(suspects["created_by"][0]["func"], "main.leak");
    assert_eq!(shape(&suspects["waits_at"][0]), ["file: string", "func: string", "line: int", "pc: int"]);

    let report = gotrace(&["goroutines", "--json", "--over-time", &leak]).json();
    let counts = report["counts"].as_array().unwrap();
    assert!(counts.len() > 50 && counts.len() <= 257, "{}", counts.len());
    assert!(counts.last().unwrap()["count"].as_u64() > Some(1800));
}

#[test]
fn regions_and_tasks_json() {
    let path = trace("go1.27/annotations");
    let durations = ["max: int", "mean: int", "min: int", "p50: int", "p90: int", "p99: int", "p999: int", "sum: int"];
    let report = gotrace(&["regions", "--json", "--type", "^worker$", &path]).json();
    let worker = &report["types"][0];
    assert_eq!(
        shape(worker),
        [
            "began_before: bool",
            "complete: int",
            "count: int",
            "durations: object",
            "file: string",
            "func: string",
            "histogram: list",
            "line: int",
            "pc: int",
            "stats: object",
            "type: string",
        ]
    );
    assert!(worker["count"] == 3 && worker["complete"] == 3 && report["types"].as_array().unwrap().len() == 1);
    assert_eq!(
        (shape(&worker["durations"]), shape(&worker["stats"])),
        (durations.map(String::from).to_vec(), STATS.map(String::from).to_vec())
    );

    let report = gotrace(&["tasks", "--json", &path]).json();
    let regions = report["types"].as_array().unwrap().iter().find(|of| of["type"] == "regions").unwrap();
    assert_eq!(
        shape(regions),
        ["complete: int", "count: int", "durations: object", "histogram: list", "not_whole: null", "type: string",]
    );
    let report = gotrace(&["tasks", "--json", "--each", "--type", "^regions$", &path]).json();
    let task = &report["tasks"][0];
    assert_eq!(
        shape(task),
        [
            "children: list",
            "complete: bool",
            "duration: int",
            "end: int",
            "goroutines: list",
            "id: int",
            "logs: list",
            "marking: int",
            "name: string",
            "parent: null",
            "regions: int",
            "start: int",
        ]
    );
}

#[test]
fn gc_and_stw_json() {
    let path = trace("go1.27/mixed");
    let durations = [
        "count: int",
        "max: int",
        "mean: int",
        "min: int",
        "p50: int",
        "p90: int",
        "p99: int",
        "p999: int",
        "sum: int",
    ];
    let report = gotrace(&["gc", "--json", &path]).json();
    assert_eq!(
        shape(&report),
        [
            "capacity: int",
            "count: int",
            "cycles: list",
            "end: int",
            "marking: int",
            "pauses: object",
            "pausing: int",
            "payers: list",
            "start: int",
            "taken: int",
        ]
    );
    assert_eq!(shape(&report["pauses"]), durations);
    assert_eq!(shape(&report["payers"][0]), ["assists: int", "function: string", "nanos: int"]);
    let cycle = report["cycles"].as_array().unwrap().iter().find(|c| c["heap_after"].is_u64()).unwrap();
    assert!(cycle["cut"].is_null());
    let fields = [
        "assisting",
        "assists",
        "cut",
        "dedicated",
        "end",
        "fractional",
        "goal",
        "heap_after",
        "heap_before",
        "heap_peak",
        "idle",
        "mark_termination",
        "marking",
        "reclaimed",
        "start",
        "sweep_termination",
        "sweeping",
        "swept",
    ];
    assert_eq!(shape(cycle), fields.map(|field| format!("{field}: {}", if field == "cut" { "null" } else { "int" })));
    assert!(cycle["heap_peak"].as_u64() >= cycle["heap_before"].as_u64(), "{cycle}");
    assert_eq!(cycle["marking"].as_i64().unwrap(), cycle["end"].as_i64().unwrap() - cycle["start"].as_i64().unwrap());

    let report = gotrace(&["stw", "--json", &path]).json();
    assert_eq!(shape(&report), ["gc: object", "kinds: list", "longest: list", "other: object"]);
    assert_eq!(shape(&report["kinds"][0]), ["delayed: int", "durations: object", "is_gc: bool", "reason: string"]);
    assert_eq!(shape(&report["kinds"][0]["durations"]), durations);
    let stop = &report["longest"][0];
    assert_eq!(
        shape(stop),
        ["delayed: int", "goroutine: int", "nanos: int", "reason: string", "stack: list", "start: int"]
    );
    assert_eq!(stop["nanos"], report["gc"]["max"]);
}

/// Two passes that know nothing of each other count the same.
#[test]
fn gc_and_stw_agree_with_the_summary() {
    let (mut cycles, mut stops) = (0, 0);
    for path in traces().into_iter().filter(|path| !path.contains("nostop")) {
        let json = |args: &[&str]| gotrace(&[args, &["--json", &path]].concat()).json();
        let (summary, gc, stw) = (json(&["summary"]), json(&["gc", "--top", "0"]), json(&["stw"]));
        let counted = gc["cycles"].as_array().unwrap().len();
        assert_eq!(summary["gc"]["cycles"], counted, "{path}");
        let total = |of: &Value, field: &str| of[field].as_i64().unwrap();
        let by_summary: i64 = summary["stw"].as_array().unwrap().iter().map(|of| total(of, "total")).sum();
        assert_eq!(total(&stw["gc"], "sum") + total(&stw["other"], "sum"), by_summary, "{path}");
        assert_eq!(stw["gc"], gc["pauses"], "{path}");
        cycles += counted;
        stops += total(&stw["gc"], "count");
    }
    assert!(cycles > 200 && stops > 400, "{cycles} cycles, {stops} stops");
}

#[test]
fn mmu_json() {
    let report = gotrace(&["mmu", "--json", "--window", "1ms", "--worst", "2", &trace("go1.27/mixed")]).json();
    assert_eq!(shape(&report), ["changes: int", "end: int", "quantiles: list", "start: int", "windows: list"]);
    let window = &report["windows"][0];
    assert_eq!(shape(window), ["mmu: float", "quantiles: list", "window: int", "worst: list"]);
    assert_eq!(shape(&window["worst"][0]), ["time: int", "utilization: float"]);
    assert!(window["window"] == 1_000_000 && window["worst"].as_array().unwrap().len() == 2);
    // The worst window is the minimum, and no quantile is below it.
    assert_eq!(window["worst"][0]["utilization"], window["mmu"]);
    let least = window["mmu"].as_f64().unwrap();
    assert!(window["quantiles"].as_array().unwrap().iter().all(|of| of.as_f64().unwrap() >= least - 1e-9), "{window}");
    // Go's plot has a hundred windows.
    let plot = gotrace(&["mmu", "--json", &trace("go1.27/mixed")]).json();
    assert_eq!(plot["windows"].as_array().unwrap().len(), 100);
}

/// Every question can be asked of every trace.
#[test]
fn no_trace_is_without_an_answer() {
    for path in traces() {
        for args in [
            &["goroutines"][..],
            &["goroutines", "--by", "state"],
            &["goroutines", "--by", "creator"],
            &["goroutines", "--leaks"],
            &["goroutines", "--over-time"],
            &["tasks", "--each", "--top", "2"],
            &["regions", "--each", "--top", "2"],
            &["regions", "--histogram"],
            &["gc"],
            &["stw"],
            &["mmu", "--worst", "1"],
            &["latency"],
            &["procs"],
            &["path"],
            &["metrics"],
            &["pprof", "wall", "--text"],
            &["diagnose"],
        ] {
            let ran = gotrace(&[args, &[path.as_str()]].concat());
            assert!(matches!(ran.code, Some(0 | 1)) && !ran.text().is_empty(), "{args:?} {path}: {ran:?}");
            assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        }
    }
}

/// Goroutines from before the trace have names in traces of Go 1.21, which begin with the
/// functions of all goroutines. Only those that the runtime keeps for threads of C have
/// none; a trace that was cut has lost the names.
#[test]
fn goroutines_of_before_the_trace_have_names() {
    let mut old = 0;
    let whole = |path: &&String| !path.ends_with("/cgo.trace") && !path.ends_with("/nostop.trace");
    for path in traces().iter().filter(|path| path.contains("/go1.21/")).filter(whole) {
        let report = gotrace(&["goroutines", "--json", "--top", "0", path]).json();
        let groups = report["groups"].as_array().unwrap();
        let unknown = groups.iter().filter(|group| group["name"].as_str().unwrap().starts_with("(unknown"));
        assert_eq!(unknown.count(), 0, "{path}");
        old += groups.iter().filter(|group| group["name"] == "runtime.forcegchelper").count();
    }
    assert!(old >= 15, "{old}");
    // The two are the program's main goroutine and the tracer's.
    let report = gotrace(&["metrics", "--json", &trace("go1.21/hello")]).json();
    assert_eq!(report["metrics"]["/sched/goroutines:goroutines"]["value"], 2);
}
