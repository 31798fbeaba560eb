//! The figures of `metrics` are equal to those of `runtime/metrics` for the same time if a
//! trace has all that they take, and close if it approximates them, with several versions
//! of Go.
//!
//! It installs toolchains, and the Python client of Prometheus for its parser of
//! OpenMetrics, so it needs the feature `live`:
//! `cargo test --release -p gotrace-cli --features live --test live_metrics -- --nocapture`.

#![cfg(feature = "live")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata");
const VERSIONS: [&str; 3] = ["1.22.10", "1.24.11", "1.27.3"];

/// The metrics that have to be equal.
const EQUAL: [&str; 8] = [
    "/gc/cycles/automatic:gc-cycles",
    "/gc/cycles/forced:gc-cycles",
    "/gc/cycles/total:gc-cycles",
    "/gc/heap/goal:bytes",
    "/sched/gomaxprocs:threads",
    "/sched/goroutines-created:goroutines",
    "/sched/pauses/total/gc:seconds",
    "/sched/pauses/total/other:seconds",
];

/// The metrics that have to be close, each with the least and the most times the runtime's
/// figure that gotrace's may be. If the system runs other programs meanwhile, a trace
/// counts that as the goroutine's time, so that the collector's figures may be well above.
/// Idle workers, which are in the total, come out lower if a trace shows a sign that one
/// has nothing left to mark before it is so; `live_collector` checks the parts more closely.
const CLOSE: [(&str, f64, f64); 11] = [
    ("/cpu/classes/total:cpu-seconds", 0.97, 1.03),
    ("/cpu/classes/user:cpu-seconds", 0.5, 1.1),
    ("/cpu/classes/gc/total:cpu-seconds", 0.7, 5.0),
    ("/cpu/classes/gc/mark/assist:cpu-seconds", 0.6, 6.0),
    ("/cpu/classes/gc/mark/dedicated:cpu-seconds", 0.9, 5.0),
    ("/cpu/classes/gc/pause:cpu-seconds", 0.9, 20.0),
    ("/cpu/classes/idle:cpu-seconds", 0.9, 3.0),
    ("/gc/heap/live:bytes", 0.9, 1.2),
    ("/sched/threads/total:threads", 0.5, 1.01),
    // The runtime measures one goroutine in eight, and multiplies by eight.
    ("/sync/mutex/wait/total:seconds", 0.6, 1.7),
    ("/sched/latencies:seconds", 5.0, 12.0),
];

/// The most runs until all figures are close.
const TRIES: usize = 4;

fn run(version: &str) -> (BTreeMap<String, f64>, Value) {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("metrics");
    std::fs::create_dir_all(&dir).unwrap();
    let go = Command::new(format!("{ROOT}/toolchains.sh")).arg(version).output().unwrap();
    let go = String::from_utf8(go.stdout).unwrap();
    let (program, trace) = (dir.join(format!("metrics-{version}")), dir.join(format!("{version}.trace")));
    let built = Command::new(go.trim())
        .args(["build", "-trimpath", "-o"])
        .args([&program, Path::new("./metrics")])
        .current_dir(format!("{ROOT}/programs"))
        .env("GOTOOLCHAIN", "local")
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let counted = Command::new(&program).arg(&trace).env("GOMAXPROCS", "2").output().unwrap();
    assert!(counted.status.success(), "{}", String::from_utf8_lossy(&counted.stderr));
    let counted = String::from_utf8(counted.stdout).unwrap();
    let counted = counted.lines().map(|line| {
        let (name, value) = line.split_once(' ').unwrap();
        (name.to_string(), value.parse().unwrap())
    });
    let shown = Command::new(env!("CARGO_BIN_EXE_gotrace")).args(["metrics", "--json"]).arg(&trace).output().unwrap();
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    (counted.collect(), serde_json::from_slice(&shown.stdout).unwrap())
}

/// Returns the figures that are not close to those of the runtime.
fn far(version: &str) -> Vec<String> {
    let (runtime, ours) = run(version);
    let ours = |name: &str| {
        let value = &ours["metrics"][name]["value"];
        value.as_f64().or(value["count"].as_f64()).unwrap_or_else(|| panic!("no {name}: {value}"))
    };
    let mut compared = 0;
    for name in EQUAL {
        // Not every version has every metric.
        let Some(&value) = runtime.get(name) else { continue };
        assert_eq!(ours(name), value, "Go {version}, {name}");
        compared += 1;
    }
    assert!(compared >= 7, "Go {version}: only {compared} to compare");
    let mut far = Vec::new();
    for (name, least, most) in CLOSE {
        let Some(&value) = runtime.get(name) else { continue };
        let ratio = ours(name) / value;
        let text = format!("Go {version}, {name}: {} beside {value}, {ratio:.3} times", ours(name));
        println!("{text}");
        // The ratio of very small times means nothing.
        let little = name.starts_with("/cpu") && value < 0.001;
        // Up to Go 1.22 the runtime counts both Ps for a whole stop, though one of them may
        // have run for most of it.
        let least = match name {
            "/cpu/classes/gc/pause:cpu-seconds" if version.starts_with("1.22.") => 0.0,
            "/cpu/classes/gc/total:cpu-seconds" if version.starts_with("1.22.") => least / 2.0,
            _ => least,
        };
        if !little && !(least..most).contains(&ratio) {
            far.push(text);
        }
    }
    far
}

#[test]
fn the_runtime_counted_the_same() {
    for version in VERSIONS {
        // On a busy system a trace counts as work what is none, so one close run is enough.
        let mut last = Vec::new();
        let close = (0..TRIES).any(|_| {
            last = far(version);
            last.is_empty()
        });
        assert!(close, "{last:?}");
    }
}

/// The parser of OpenMetrics in Prometheus's Python client accepts what is printed for traces
/// of all versions, and finds as many families as there are.
#[test]
fn a_parser_of_openmetrics_takes_it() {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openmetrics");
    let venv = dir.join("venv");
    let run = |command: &mut Command| {
        let output = command.output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    if !venv.join("bin/python").exists() {
        std::fs::create_dir_all(&dir).unwrap();
        run(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    }
    let pip = ["install", "--quiet", "--disable-pip-version-check", "prometheus_client"];
    run(Command::new(venv.join("bin/python")).args(["-m", "pip"]).args(pip));
    let count = "import sys\n\
                 from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
                 print(sum(1 for family in parse(open(sys.argv[1]).read())))";
    let mut parsed = 0;
    for version in std::fs::read_dir(format!("{ROOT}/traces")).unwrap() {
        for name in ["hello", "mixed", "gc", "cgo"] {
            let trace = version.as_ref().unwrap().path().join(format!("{name}.trace"));
            if !trace.exists() {
                continue;
            }
            for option in ["--openmetrics", "--go-collector"] {
                let text = dir.join("metrics.txt");
                run(Command::new(env!("CARGO_BIN_EXE_gotrace")).args(["metrics", option, "-o"]).args([&text, &trace]));
                let families = run(Command::new(venv.join("bin/python")).args(["-c", count]).arg(&text));
                let printed = std::fs::read_to_string(&text).unwrap();
                let types = printed.lines().filter(|line| line.starts_with("# TYPE ")).count();
                assert_eq!(families.trim(), types.to_string(), "{} {option}", trace.display());
                parsed += 1;
            }
        }
    }
    assert!(parsed >= 40, "only {parsed}");
}
