//! The processor time that the collector takes is close to what the runtime counted of the
//! same time, with several versions of Go.
//!
//! It installs toolchains, so it needs the feature `live`:
//! `cargo test -p gotrace-cli --features live --test live_collector -- --nocapture`.

#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");
const VERSIONS: [&str; 4] = ["1.21.13", "1.22.10", "1.24.11", "1.27.3"];

/// The metrics that are compared, each with the least and the most share of the runtime's
/// figure that gotrace's may be.
///
/// An idle worker counts until an event shows that nothing was left to mark, or until the
/// world stops. If the system wakes threads late, that may be twice as long; if the events
/// were not looked at, all figures would be wrong by a factor of 2 to 15 after forced cycles.
/// A fractional worker counts for no more than its share of the time, where nothing shows how
/// long it marked; with Go 1.27.3 the runtime was seen to count twice as much on idle Ps, and
/// the worker that follows gets the rest. So both together have closer bounds than each.
const CLOSE: [(&str, f64, f64); 4] = [
    (DEDICATED, 0.45, 1.6),
    ("/cpu/classes/gc/mark/assist:cpu-seconds", 0.9, 1.6),
    ("/cpu/classes/gc/pause:cpu-seconds", 0.95, 1.1),
    (IDLE, 0.9, 2.5),
];
const DEDICATED: &str = "/cpu/classes/gc/mark/dedicated:cpu-seconds";
const IDLE: &str = "/cpu/classes/gc/mark/idle:cpu-seconds";
const TOTAL: &str = "/cpu/classes/gc/total:cpu-seconds";
/// The most runs of a program until its figures are close.
const TRIES: usize = 5;
/// The least and the most share of all workers' time.
const WORKERS: (f64, f64) = (0.9, 2.0);
/// A difference that means nothing, in nanoseconds.
const LITTLE: f64 = 10e6;

fn build(version: &str, dir: &Path) -> PathBuf {
    let go = Command::new(format!("{ROOT}/toolchains.sh")).arg(version).output().unwrap();
    let go = String::from_utf8(go.stdout).unwrap();
    let program = dir.join(format!("collector-{version}"));
    let built = Command::new(go.trim())
        .args(["build", "-trimpath", "-o"])
        .args([&program, Path::new("./collector")])
        .current_dir(format!("{ROOT}/programs"))
        .env("GOTOOLCHAIN", "local")
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    program
}

fn json(args: &[&str], trace: &Path) -> Value {
    let shown = Command::new(env!("CARGO_BIN_EXE_gotrace")).args(args).arg("--json").arg(trace).output().unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    serde_json::from_slice(&shown.stdout).unwrap()
}

/// Runs the program, which writes a trace; returns what the runtime counted meanwhile.
fn record(program: &Path, trace: &Path, mode: &str) -> BTreeMap<String, f64> {
    let counted = Command::new(program).arg(trace).arg(mode).env("GOMAXPROCS", "2").output().unwrap();
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
    let counted = String::from_utf8(counted.stdout).unwrap();
    let of = |line: &str| line.split_once(' ').map(|(name, value)| (name.to_string(), value.parse().unwrap())).unwrap();
    counted.lines().map(of).collect()
}

/// Returns the figures that are not close to those that the runtime counted.
fn far(metrics: &Value, runtime: &BTreeMap<String, f64>, version: &str) -> Vec<String> {
    let mut far = Vec::new();
    let ours = |name: &str| metrics["metrics"][name]["value"].as_f64().unwrap() * 1e9;
    let parts: f64 = CLOSE.iter().map(|(name, ..)| ours(name)).sum();
    assert!((ours(TOTAL) - parts).abs() < 10.0, "{} is not the sum, {parts}", ours(TOTAL));
    for (name, least, most) in CLOSE {
        let (ours, theirs) = (ours(name), runtime[name]);
        let text = format!("Go {version}, {name}: {:.3} ms for {:.3}", ours / 1e6, theirs / 1e6);
        println!("{text}");
        // Before Go 1.23 the runtime counts Ps that still run, and processors instead of Ps.
        let counts_else = name.ends_with("pause:cpu-seconds") && version < "1.23";
        let close = (ours - theirs).abs() < LITTLE || (least..most).contains(&(ours / theirs));
        if !counts_else && !close {
            far.push(text);
        }
    }
    let (ours, theirs) = (ours(DEDICATED) + ours(IDLE), runtime[DEDICATED] + runtime[IDLE]);
    if (ours - theirs).abs() >= LITTLE && !(WORKERS.0..WORKERS.1).contains(&(ours / theirs)) {
        far.push(format!("Go {version}, all workers: {:.3} ms for {:.3}", ours / 1e6, theirs / 1e6));
    }
    far
}

#[test]
fn the_runtime_counted_the_same() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("collector-live");
    std::fs::create_dir_all(&dir).unwrap();
    for version in VERSIONS {
        let program = build(version, &dir);
        for mode in ["forced", "load"] {
            let trace = dir.join(format!("{version}-{mode}.trace"));
            let mut all = Vec::new();
            // On a busy system events come late, so one close run is enough.
            let close = (0..TRIES).any(|_| {
                let runtime = record(&program, &trace, mode);
                let (metrics, gc) = (json(&["metrics"], &trace), json(&["gc", "--top", "0"], &trace));
                // Each pause may differ by the time between the clock's reading and the event.
                let pauses = &metrics["metrics"]["/sched/pauses/total/gc:seconds"]["value"];
                let (ours, theirs) = (pauses["sum"].as_f64().unwrap() * 1e9, runtime["PauseTotalNs"]);
                println!("Go {version}, {mode}, pauses: {:.3} ms for {:.3}", ours / 1e6, theirs / 1e6);
                assert!((ours - theirs).abs() < 1e6_f64.max(theirs * 0.05), "Go {version}: {ours} for {theirs}");
                assert_eq!(pauses["count"].as_f64().unwrap(), 2.0 * runtime["NumGC"]);
                assert_eq!(gc["count"].as_f64().unwrap(), runtime["NumGC"]);
                // Workers cannot take more time than the Ps have.
                let cycles = gc["cycles"].as_array().unwrap();
                let of = |field: &str| cycles.iter().map(|cycle| cycle[field].as_i64().unwrap()).sum::<i64>();
                let workers = of("dedicated") + of("fractional") + of("idle");
                assert!(workers <= 2 * of("marking"), "{workers}");
                all = far(&metrics, &runtime, version);
                all.is_empty()
            });
            assert!(close, "{all:?}");
        }
    }
}
