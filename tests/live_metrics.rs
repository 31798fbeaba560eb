//! `metrics` beside what `runtime/metrics` counted of the same time, with several
//! versions of Go: equal where a trace has it all, and close where it approximates.
//!
//! It installs toolchains, so it needs the feature `live`:
//! `cargo test --release --features live --test live_metrics -- --nocapture`.

#![cfg(feature = "live")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata");
const VERSIONS: [&str; 3] = ["1.22.10", "1.24.11", "1.27.3"];

/// What has to be equal.
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

/// What has to be close: between so many times what the runtime says, and so many.
/// Where the system runs something else meanwhile, a trace takes that for the
/// goroutine's time, so that the collector's figures may be well above.
const CLOSE: [(&str, f64, f64); 11] = [
    ("/cpu/classes/total:cpu-seconds", 0.97, 1.03),
    ("/cpu/classes/user:cpu-seconds", 0.5, 1.1),
    ("/cpu/classes/gc/total:cpu-seconds", 0.9, 5.0),
    ("/cpu/classes/gc/mark/assist:cpu-seconds", 0.8, 6.0),
    ("/cpu/classes/gc/mark/dedicated:cpu-seconds", 0.9, 5.0),
    ("/cpu/classes/gc/pause:cpu-seconds", 0.9, 20.0),
    ("/cpu/classes/idle:cpu-seconds", 0.9, 2.0),
    ("/gc/heap/live:bytes", 0.9, 1.2),
    ("/sched/threads/total:threads", 0.5, 1.01),
    // The runtime counts one goroutine in eight, times eight.
    ("/sync/mutex/wait/total:seconds", 0.6, 1.7),
    ("/sched/latencies:seconds", 5.0, 12.0),
];

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

#[test]
fn the_runtime_counted_the_same() {
    for version in VERSIONS {
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
        for (name, least, most) in CLOSE {
            let Some(&value) = runtime.get(name) else { continue };
            let ratio = ours(name) / value;
            println!("Go {version}, {name}: {} beside {value}, {ratio:.3} times", ours(name));
            // What is hardly there has no ratio.
            let little = name.starts_with("/cpu") && value < 0.001;
            assert!(little || (least..most).contains(&ratio), "Go {version}, {name}: {ratio}");
        }
    }
}
