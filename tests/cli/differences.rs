//! Where Go's tools are known to be wrong: by default the figures are right, and with
//! `--compat go1.27` they are Go's, as `tests/figures` demands. The rows are those of
//! `docs/differences.md`, in its order.

use super::builder::TraceBuilder;
use super::builder_v1::File;
use super::{Scratch, gotrace, trace};
use gotrace::Version;
use serde_json::Value;

/// A figure as it is right, and as Go has it.
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
    // The wait from creation to the first run is lost.
    let (right, go) = figure(&["pprof", "sched", &trace("go1.27/manygo")], |report| report["nanos"].as_i64().unwrap());
    assert!(right > 10 * go, "{right} for {go}");
    // So is a system call that a goroutine was in when the trace began.
    assert_eq!(figure(&["pprof", "syscall", &trace("go1.27/syscalls")], count_of), (149, 148));
    // Of goroutines that come back under the same number, only the last life counts.
    assert_eq!(figure(&["pprof", "sync", &trace("go1.22/cgo-gens")], count_of), (56, 24));
}

#[test]
fn goroutines() {
    // What was without a P of a system call that the trace ends in is told twice.
    let in_call = |report: &Value| {
        let goroutine = list(report, "goroutines").iter().find(|goroutine| goroutine["id"] == 34).unwrap();
        let of = |name: &str| goroutine["stats"][name].as_i64().unwrap();
        of("syscall_block") - of("sched_wait")
    };
    let (right, go) = figure(&["goroutines", "--by", "goroutine", "--top", "0", &trace("go1.27/syscalls")], in_call);
    assert!(right > 5_000_000 && go < -5_000_000, "{right}, {go}");
}

#[test]
fn regions() {
    let annotations = trace("go1.27/annotations");
    // A region's place is the function that its goroutine began with.
    let place = |report: &Value| i64::from(report["types"][0]["func"] == "main.regions");
    assert_eq!(figure(&["regions", "--type", "^outer$", &annotations], place), (1, 0));
    // Latencies of regions are also those of regions that are not whole.
    let complete = |report: &Value| report["types"][0]["complete"].as_i64().unwrap();
    assert_eq!(figure(&["regions", "--type", "^open at the end$", &annotations], complete), (0, 1));
    // Regions that goroutines inherit are listed, without a name.
    let nameless = |report: &Value| list(report, "regions").iter().filter(|region| region["name"] == "").count() as i64;
    assert_eq!(figure(&["regions", "--each", "--top", "0", &annotations], nameless), (0, 4));
    // In old traces, one that was there before the trace does not count.
    use gotrace::wire::v1::spec::EventType::{GoSched, GoStartLocal, UserRegion};
    let early = File::begun(Version::Go121)
        .event(GoSched, &[10, 0])
        .event(GoStartLocal, &[500, 1])
        .event(UserRegion, &[10, 0, 1, 3, 0])
        .string(3, "early");
    let early = Scratch::new("differences-regions").file("early.trace", &early.done());
    assert_eq!(figure(&["pprof", "sched", "--region", "early", &early], count_of), (1, 0));
}

#[test]
fn mutator_utilization() {
    let mixed = trace("go1.27/mixed");
    // A background worker counts twice once it has started again, and for ever.
    let least = |report: &Value| (report["windows"][0]["mmu"].as_f64().unwrap() * 1000.0) as i64;
    let (right, go) = figure(&["mmu", "--of", "background", "--window", "5ms", &mixed], least);
    assert!(right > go + 300, "{right} for {go}");
    // All quantiles of the distribution are its minimum.
    let spread = |report: &Value| {
        let quantiles = list(&report["windows"][0], "quantiles");
        i64::from(quantiles.first() != quantiles.last())
    };
    assert_eq!(figure(&["mmu", "--window", "5ms", &mixed], spread), (1, 0));
    // A P that goes away while it sweeps: Go ends with an index out of range.
    use gotrace::wire::v2::spec::EventType::*;
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
    // In old traces the background task becomes a parent when a task ends.
    let parents = |report: &Value| list(report, "tasks").iter().filter(|task| !task["parent"].is_null()).count() as i64;
    assert_eq!(figure(&["tasks", "--each", "--top", "0", &trace("go1.21/annotations")], parents), (4, 22));
}
