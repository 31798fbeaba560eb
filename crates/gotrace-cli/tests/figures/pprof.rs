//! `gotrace pprof`: the samples that `go tool trace -pprof=TYPE` writes, by the
//! program counters of their stacks, with their counts and nanoseconds.

use super::{Figures, VERSION_V1, go, run, text_of, toolchain, traces};
use flate2::read::GzDecoder;
use prost::Message;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The parts of a profile's messages that are compared.
#[derive(Clone, PartialEq, Message)]
struct Profile {
    #[prost(message, repeated, tag = "1")]
    sample_type: Vec<ValueType>,
    #[prost(message, repeated, tag = "2")]
    sample: Vec<Sample>,
    #[prost(message, repeated, tag = "4")]
    location: Vec<Location>,
    #[prost(message, repeated, tag = "5")]
    function: Vec<Function>,
    #[prost(string, repeated, tag = "6")]
    string_table: Vec<String>,
    #[prost(message, optional, tag = "11")]
    period_type: Option<ValueType>,
    #[prost(int64, tag = "12")]
    period: i64,
}

#[derive(Clone, PartialEq, Message)]
struct ValueType {
    #[prost(int64, tag = "1")]
    kind: i64,
    #[prost(int64, tag = "2")]
    unit: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Sample {
    #[prost(uint64, repeated, tag = "1")]
    location_id: Vec<u64>,
    #[prost(int64, repeated, tag = "2")]
    value: Vec<i64>,
}

#[derive(Clone, PartialEq, Message)]
struct Location {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(uint64, tag = "3")]
    address: u64,
    #[prost(message, repeated, tag = "4")]
    line: Vec<Line>,
}

#[derive(Clone, PartialEq, Message)]
struct Line {
    #[prost(uint64, tag = "1")]
    function_id: u64,
    #[prost(int64, tag = "2")]
    line: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(int64, tag = "2")]
    name: i64,
    #[prost(int64, tag = "4")]
    filename: i64,
}

/// Returns the traces that do not break off; of others, Go's tool takes less than is there.
fn whole_traces() -> Vec<PathBuf> {
    traces().into_iter().filter(|file| !file.to_string_lossy().contains("nostop")).collect()
}

/// The count and the nanoseconds of each sample, by the program counters of its stack.
type Samples = BTreeMap<Vec<u64>, (i64, i64)>;
/// All functions, files and lines that a program counter stands for.
type Places = BTreeMap<u64, Vec<(String, String, i64)>>;

fn read(file: &[u8]) -> (Vec<String>, Samples, Places) {
    let mut raw = Vec::new();
    GzDecoder::new(file).read_to_end(&mut raw).unwrap();
    let profile = Profile::decode(&*raw).unwrap();
    let text = |id: i64| profile.string_table[id as usize].clone();
    let types = profile.sample_type.iter().chain(&profile.period_type);
    let mut header: Vec<String> = types.map(|of| format!("{}/{}", text(of.kind), text(of.unit))).collect();
    header.push(profile.period.to_string());
    // gotrace and Go 1.27 write one sample for each stack.
    header.push(format!("{} samples", profile.sample.len()));
    let location = |id: u64| profile.location.iter().find(|location| location.id == id).unwrap();
    let (mut samples, mut places) = (Samples::new(), Places::new());
    for sample in &profile.sample {
        let pcs = sample.location_id.iter().map(|&id| location(id).address).collect();
        let sum = samples.entry(pcs).or_default();
        *sum = (sum.0 + sample.value[0], sum.1 + sample.value[1]);
    }
    for location in &profile.location {
        for line in &location.line {
            let function = profile.function.iter().find(|function| function.id == line.function_id).unwrap();
            let place = (text(function.name), text(function.filename), line.line);
            let places = places.entry(location.address).or_default();
            if !places.contains(&place) {
                places.push(place);
            }
        }
    }
    (header, samples, places)
}

/// Returns the program that `go tool trace` runs: `go` takes ten times as long as that does.
fn tool(go: &str) -> String {
    text_of(Command::new(go).args(["tool", "-n", "trace"])).trim().to_string()
}

fn ours(kind: &str, file: &Path, compat: bool) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gotrace"));
    // Reading is lenient: Go's reader, and so --strict, refuses the formats before Go 1.11.
    // A defect would still show in the exit status.
    command.args(["pprof", kind]).arg(file);
    let output = run(if compat { command.args(["--compat", "go1.27"]) } else { &mut command });
    assert!(output.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn profiles_are_gos() {
    let (tool, mut compared, mut stacks) = (tool(go()), 0, 0);
    for file in whole_traces() {
        for kind in ["net", "sync", "syscall", "sched"] {
            let theirs = run(Command::new(&tool).arg(format!("-pprof={kind}")).arg(&file));
            if !theirs.status.success() || theirs.stdout.is_empty() {
                println!("{} {kind}: Go says: {}", file.display(), String::from_utf8_lossy(&theirs.stderr).trim());
                continue;
            }
            let (ours, theirs) = (read(&ours(kind, &file, true)), read(&theirs.stdout));
            assert_eq!(ours.0, theirs.0, "{} {kind}", file.display());
            assert_eq!(ours.1, theirs.1, "{} {kind}", file.display());
            // Where several functions share a program counter, Go shows one by chance.
            for (pc, place) in theirs.2 {
                assert!(
                    ours.2[&pc].contains(&place[0]),
                    "{} {kind}: {pc:#x} is {place:?}, {:?}",
                    file.display(),
                    ours.2[&pc]
                );
            }
            compared += 1;
            stacks += ours.1.len();
        }
    }
    println!("{compared} profiles with {stacks} stacks are equal to Go's");
    assert!(compared > 1100 && stacks > 6000);
}

/// Without `--compat`, profiles have all samples that Go's have, and the wait for the first
/// run.
#[test]
fn right_figures_lose_nothing() {
    let (mut go, mut right) = (0, 0);
    for file in whole_traces() {
        for kind in ["net", "sync", "syscall", "sched"] {
            let sum = |compat| {
                let file = ours(kind, &file, compat);
                read(&file).1.values().map(|(_, nanos)| nanos).sum::<i64>()
            };
            let (theirs, ours) = (sum(true), sum(false));
            assert!(ours >= theirs, "{} {kind}: {ours} for {theirs}", file.display());
            if kind == "sched" {
                (go, right) = (go + theirs, right + ours);
            }
        }
    }
    println!("waiting for a P, all traces: {go} ns as Go counts, {right} ns in truth");
    assert!(right > go * 5 / 4, "the first wait of each goroutine is not lost");
}

/// Go 1.21's tool finds in its own traces what gotrace finds by default, as it does not yet
/// have the defect that loses the first wait. It counts other spans: in sched only those
/// that begin with an unblock or a creation, in sync also those of mark assists, and no
/// system calls that did not block, which Go since 1.22 takes for 1 ns each. And it does not
/// move events that are of one time by 1 ns.
#[test]
fn old_traces_agree_with_go_1_21() {
    let tool = tool(&toolchain(VERSION_V1));
    let (mut stacks, mut waits) = (0, 0);
    for file in traces().into_iter().filter(|file| file.parent().is_some_and(|parent| parent.ends_with("go1.21"))) {
        for kind in ["net", "sync", "syscall", "sched"] {
            let theirs = run(Command::new(&tool).arg(format!("-pprof={kind}")).arg(&file));
            if !theirs.status.success() || theirs.stdout.is_empty() {
                println!("{} {kind}: Go says: {}", file.display(), String::from_utf8_lossy(&theirs.stderr).trim());
                continue;
            }
            let (_, ours, _) = read(&ours(kind, &file, false));
            let (_, theirs, places) = read(&theirs.stdout);
            let innermost = |pcs: &[u64]| pcs.first().map_or("", |pc| places[pc][0].0.as_str());
            let mut sum = (0, 0);
            for (pcs, (count, nanos)) in theirs {
                let Some(&(our_count, our_nanos)) = ours.get(&pcs) else {
                    // A goroutine that waited for a P when the trace began has no stack.
                    let known = ["runtime.gcParkAssist", "gotrace.test/programs/internal/record.Main"];
                    assert!(known.contains(&innermost(&pcs)), "{} {kind}: {pcs:x?}, {places:?}", file.display());
                    continue;
                };
                let name = format!(
                    "{} {kind} {}: {our_count} times {our_nanos} ns for {count} times {nanos} ns",
                    file.display(),
                    innermost(&pcs)
                );
                let near = |nanos: i64, other: i64| (nanos - other).abs() <= our_count;
                match kind {
                    "sched" => assert!(our_count > count || (our_count == count && near(our_nanos, nanos)), "{name}"),
                    "syscall" => assert!(our_count >= count && near(our_nanos - (our_count - count), nanos), "{name}"),
                    _ => assert!(our_count == count && near(our_nanos, nanos), "{name}"),
                }
                sum = (sum.0 + count, sum.1 + nanos);
                stacks += 1;
            }
            if kind == "sched" {
                let mut command = Command::new(env!("CARGO_BIN_EXE_gotrace"));
                let report = run(command.args(["latency", "--json"]).arg(&file));
                let report: Value = serde_json::from_slice(&report.stdout).unwrap();
                let of = |field: &str| {
                    let causes = report["causes"].as_array().unwrap().iter();
                    let began = causes.filter(|by| by["cause"] == "created" || by["cause"] == "unblocked");
                    began.map(|by| by[field].as_i64().unwrap()).sum::<i64>()
                };
                let without_stack = ours.get(&vec![]).map_or((0, 0), |found| *found);
                assert!(
                    of("count") >= sum.0 && of("count") - sum.0 <= without_stack.0,
                    "{}: {} for {}",
                    file.display(),
                    of("count"),
                    sum.0
                );
                assert!(
                    of("sum") - sum.1 >= -sum.0 && of("sum") - sum.1 <= sum.0 + without_stack.1,
                    "{}: {} ns for {}",
                    file.display(),
                    of("sum"),
                    sum.1
                );
                waits += sum.0;
            }
        }
    }
    println!("{stacks} stacks and {waits} waits of old traces are as Go 1.21 has them");
    assert!(stacks > 400 && waits > 10_000);
}

/// Profiles of regions are Go's, which it shows in its web server only.
#[test]
fn region_profiles_are_gos() {
    let figures = Figures::of("regionprofiles");
    let mut regions = 0;
    for file in traces() {
        let Some(go) = figures.go(&file) else { continue };
        for (kind, by_region) in go.as_object().unwrap() {
            for (region, samples) in by_region.as_object().unwrap() {
                // Names with such characters cannot be given on a command line.
                if region.contains([char::REPLACEMENT_CHARACTER, '\0']) {
                    continue;
                }
                let theirs: BTreeMap<Vec<u64>, (i64, i64)> = samples
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|sample| {
                        let pcs = sample["pcs"].as_array().unwrap().iter().map(|pc| pc.as_u64().unwrap()).collect();
                        (pcs, (sample["count"].as_i64().unwrap(), sample["nanos"].as_i64().unwrap()))
                    })
                    .collect();
                let report = figures.ours(&["pprof", kind, "--json", "--region", region], &file);
                let ours: BTreeMap<Vec<u64>, (i64, i64)> = report["samples"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|sample| {
                        let stack: &Value = &sample["stack"];
                        let pcs = stack.as_array().unwrap().iter().map(|frame| frame["pc"].as_u64().unwrap()).collect();
                        (pcs, (sample["count"].as_i64().unwrap(), sample["nanos"].as_i64().unwrap()))
                    })
                    .collect();
                assert_eq!(ours, theirs, "{} {kind} {region}", file.display());
                regions += 1;
            }
        }
    }
    println!("{regions} profiles of regions compared");
    assert!(regions > 1000);
}
