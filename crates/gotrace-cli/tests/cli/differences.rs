//! Figures are right by default where Go's tools are known to be wrong, and with
//! `--compat go1.27` they are Go's, as `tests/figures` demands. The cases are the rows of
//! `docs/differences.md`, in its order.

use super::builder::TraceBuilder;
use super::builder_v1::File;
use super::{Scratch, gotrace, trace};
use gotrace::Version;
use serde_json::Value;

/// Returns the right figure, and Go's.
fn figure(args: &[&str], of: impl Fn(&Value) -> i64) -> (i64, i64) {
    let right = gotrace(&[args, &["--json"]].concat()).json();
    let go = gotrace(&[args, &["--json", "--compat", "go1.27"]].concat()).json();
    (of(&right), of(&go))
}

fn list<'v>(report: &'v Value, name: &str) -> &'v [Value] {
    report[name].as_array().unwrap()
}

fn count_of(report: &Value) -> i64 {
    report["count"].as_i64().unwrap()
}

#[test]
fn profiles() {
    // Go loses the wait from creation to the first run.
    let (right, go) = figure(&["pprof", "sched", &trace("go1.27/manygo")], |report| report["nanos"].as_i64().unwrap());
    assert!(right > 10 * go, "{right} for {go}");
    // Go loses a system call that a goroutine was in when the trace began.
    assert_eq!(figure(&["pprof", "syscall", &trace("go1.27/syscalls")], count_of), (149, 148));
    // Go counts only the last of several goroutines with the same number.
    assert_eq!(figure(&["pprof", "sync", &trace("go1.22/cgo-gens")], count_of), (56, 24));
}

#[test]
fn system_calls_at_the_beginning() {
    // In a trace of Go 1.21, a goroutine that was in a system call when the trace began seems
    // to Go to have a P still.
    let before = |report: &Value| {
        let goroutine = list(report, "goroutines").iter().find(|goroutine| goroutine["id"] == 18).unwrap();
        assert_eq!(goroutine["creation_seen"], false);
        goroutine["stats"]["syscall_without_p"].as_i64().unwrap()
    };
    let syscalls = trace("go1.21/syscalls");
    assert_eq!(figure(&["goroutines", "--by", "goroutine", "--top", "0", &syscalls], before), (141_134, 0));
}

#[test]
fn goroutines() {
    // Go counts the time without a P twice for a system call that the trace ends in.
    let in_call = |report: &Value| {
        let goroutine = list(report, "goroutines").iter().find(|goroutine| goroutine["id"] == 34).unwrap();
        let of = |name: &str| goroutine["stats"][name].as_i64().unwrap();
        of("syscall_without_p") - of("runnable")
    };
    let (right, go) = figure(&["goroutines", "--by", "goroutine", "--top", "0", &trace("go1.27/syscalls")], in_call);
    assert!(right > 5_000_000 && go < -5_000_000, "{right}, {go}");
    // Go has no function for a goroutine from before the trace that shows no stack since.
    let named = |report: &Value| {
        list(report, "groups").iter().filter(|group| group["name"] == "runtime.forcegchelper").count() as i64
    };
    let old = trace("go1.21/hello");
    assert_eq!(figure(&["goroutines", "--top", "0", "--function", "forcegchelper", &old], named), (1, 0));
}

#[test]
fn regions() {
    let annotations = trace("go1.27/annotations");
    // Go takes the function that the goroutine began with for a region's place.
    let place = |report: &Value| i64::from(report["types"][0]["func"] == "main.regions");
    assert_eq!(figure(&["regions", "--type", "^outer$", &annotations], place), (1, 0));
    // Go's latencies of regions include regions that are not whole.
    let complete = |report: &Value| report["types"][0]["complete"].as_i64().unwrap();
    assert_eq!(figure(&["regions", "--type", "^open at the end$", &annotations], complete), (0, 1));
    // Go lists regions that goroutines inherit, without a name; one region really has none.
    let nameless = |report: &Value| list(report, "regions").iter().filter(|region| region["name"] == "").count() as i64;
    assert_eq!(figure(&["regions", "--each", "--top", "0", &annotations], nameless), (1, 4));
    // In old traces, Go does not count a region from before the trace.
    use gotrace::spec::v1::EventType::{GoSched, GoStartLocal, UserRegion};
    let early = File::begun(Version::Go121)
        .event(GoSched, &[10, 0])
        .event(GoStartLocal, &[500, 1])
        .event(UserRegion, &[10, 0, 1, 3, 0])
        .string(3, "early");
    let early = Scratch::new("differences-regions").file("early.trace", &early.done());
    assert_eq!(figure(&["pprof", "sched", "--region", "early", &early], count_of), (1, 0));
}

/// Returns a trace with a region and a task that a goroutine without a stack ends twice, and
/// a region that it leaves open.
fn ended_twice() -> Vec<u8> {
    use gotrace::spec::v2::EventType::*;
    let mut trace = TraceBuilder::new(Version::Go126);
    let generation = trace.generation(1);
    let [task, twice, open] = ["task", "twice", "open"].map(|name| generation.string(name));
    let batch = generation.batch(0, 100);
    batch.event(1, ProcStatus, &[0, 1]).event(1, GoStatus, &[1, 0, 2]);
    batch.event(10, UserTaskBegin, &[1, 0, task, 0]);
    batch.event(10, UserRegionBegin, &[0, twice, 0]).event(10, UserRegionEnd, &[0, twice, 0]);
    batch.event(10, UserRegionEnd, &[0, twice, 0]).event(10, UserTaskEnd, &[1, 0]).event(10, UserTaskEnd, &[1, 0]);
    batch.event(10, UserRegionBegin, &[0, open, 0]).event(10, HeapAlloc, &[1]);
    trace.build()
}

#[test]
fn ends_and_what_has_none() {
    let path = Scratch::new("differences-twice").file("twice.trace", &ended_twice());
    let of_type = |kind: &'static str| {
        let args = ["regions", "--each", "--type", kind, path.as_str()];
        figure(&args, |report| list(report, "regions").len() as i64)
    };
    assert_eq!(of_type("^twice$"), (1, 2));
    assert_eq!(of_type("^open$"), (1, 0));
    let task = |report: &Value| {
        let task = &list(report, "tasks").iter().find(|task| task["id"] == 1).unwrap();
        task["duration"].as_i64().unwrap() * if task["name"] == "task" { 1 } else { -1 }
    };
    assert_eq!(figure(&["tasks", "--each", &path], task), (40, -50));
}

#[test]
fn mutator_utilization() {
    let mixed = trace("go1.27/mixed");
    // Go counts a background worker twice, and for ever, once it has started again.
    let least = |report: &Value| (report["windows"][0]["mmu"].as_f64().unwrap() * 1000.0) as i64;
    let (right, go) = figure(&["mmu", "--of", "background", "--window", "5ms", &mixed], least);
    assert!(right > go + 300, "{right} for {go}");
    // Go has a worker work until it blocks, even behind the mark phase.
    let (right, go) = figure(&["mmu", "--window", "1ms", &trace("go1.27/stw")], least);
    assert!(right > go + 50, "{right} for {go}");
    // Go gives the minimum for all quantiles of the distribution.
    let spread = |report: &Value| {
        let quantiles = list(&report["windows"][0], "quantiles");
        i64::from(quantiles.first() != quantiles.last())
    };
    assert_eq!(figure(&["mmu", "--window", "5ms", &mixed], spread), (1, 0));
    // Go ends with an index out of range when a P goes away while it sweeps.
    use gotrace::spec::v2::EventType::*;
    let mut shrinks = TraceBuilder::new(Version::Go126);
    let generation = shrinks.generation(1);
    let start = |batch: &mut super::builder::Batch, p: u64| {
        batch.event(1, ProcStatus, &[p, 1]).event(1, GoStatus, &[p + 1, p, 2]).event(1, ProcsChange, &[2, 0]);
    };
    let batch = generation.batch(0, 100);
    start(batch, 0);
    batch.event(1000, ProcsChange, &[1, 0]).event(10_000, HeapAlloc, &[1]);
    let batch = generation.batch(1, 101);
    start(batch, 1);
    batch.event(100, GCSweepBegin, &[0]).event(2000, GCSweepEnd, &[1, 1]);
    let shrinks = Scratch::new("differences-mmu").file("shrinks.trace", &shrinks.build());
    let part = |report: &Value| (report["windows"][0]["mmu"].as_f64().unwrap() * 100.0) as i64;
    assert_eq!(figure(&["mmu", "--of", "sweep", "--window", "100ns", "--strict", &shrinks], part), (50, 50));
}

#[test]
fn tasks() {
    // In old traces, Go makes the background task a parent when a task ends.
    let parents = |report: &Value| list(report, "tasks").iter().filter(|task| !task["parent"].is_null()).count() as i64;
    assert_eq!(figure(&["tasks", "--each", "--top", "0", &trace("go1.21/annotations")], parents), (4, 22));
}
