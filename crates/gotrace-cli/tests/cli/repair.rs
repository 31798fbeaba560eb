//! `gotrace repair`: the traces that it writes, and its report.

use super::{Scratch, gotrace, trace, with_input};
use std::fs;

#[test]
fn a_good_trace_stays_what_it_is() {
    let scratch = Scratch::new("repair-good");
    let (path, out) = (trace("go1.27/hello"), scratch.path("out"));
    let ran = gotrace(&["repair", &path, "-o", &out]);
    assert_eq!((ran.code, ran.text()), (Some(0), ""));
    assert!(ran.stderr.starts_with("nothing to repair: kept "), "{}", ran.stderr);
    assert_eq!(gotrace(&["dump", "--strict", &out]).good(), gotrace(&["dump", &path]).good());
    // A pipe gets the same.
    assert_eq!(gotrace(&["repair", &path]).stdout, fs::read(&out).unwrap());
    assert_eq!(with_input(&["repair", "-"], &fs::read(&path).unwrap()).stdout, fs::read(&out).unwrap());
}

#[test]
fn a_crashed_trace_is_made_whole() {
    let scratch = Scratch::new("repair-crashed");
    let (path, out) = (trace("go1.25/nostop"), scratch.path("out"));
    let ran = gotrace(&["repair", "--json", &path, "-o", &out]);
    assert!(ran.bad(1).contains("made up\n"), "{}", ran.stderr);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let [kept, synthesised, warnings] = ["kept", "synthesised", "warnings"].map(|name| report[name].as_u64().unwrap());
    assert!(kept > 10_000 && synthesised > 0 && warnings > 0, "{report}");
    let count = gotrace(&["count", "--strict", "--json", &out]).json();
    assert!(count["events"].as_u64().unwrap() >= kept + synthesised, "{count}");
    assert_eq!(count["generations"], 1);
}

#[test]
fn what_cannot_be_repaired_leaves_no_file() {
    let scratch = Scratch::new("repair-nothing");
    let out = scratch.path("out");
    let bytes = fs::read(trace("go1.27/hello")).unwrap();
    for (name, bytes) in [("empty", &b""[..]), ("text", b"404 page not found\n"), ("header", &bytes[..20])] {
        let path = scratch.file(name, bytes);
        gotrace(&["repair", &path, "-o", &out]).bad(1);
        assert!(!fs::exists(&out).unwrap(), "{name}");
    }
    let good = trace("go1.27/hello");
    assert!(gotrace(&["repair", "--json", &good]).bad(2).contains("-o FILE"));
}

/// The report names what has no place in a trace with a single generation.
#[test]
fn what_is_left_out_is_told() {
    let scratch = Scratch::new("repair-left-out");
    let (path, out) = (trace("go1.27/gc-gens"), scratch.path("out"));
    let ran = gotrace(&["repair", "--json", &path, "-o", &out]);
    let report: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let [restated, generations] = ["restated", "generations"].map(|name| report[name].as_u64().unwrap());
    assert!(restated > 0 && generations > 2, "{report}");
    let syncs = generations - 1;
    let message = format!(
        "left out {restated} statuses that each generation states anew and {syncs} syncs between generations: the {generations} are one now"
    );
    assert!(ran.stderr.contains(&message), "{}, not {message}", ran.stderr);
    assert_eq!((ran.code, &report["go"]["accepts"]), (Some(0), &true.into()));
}

/// A trace of Go 1.21 becomes one of Go 1.26 with the same cycles of the collector.
#[test]
fn an_old_trace_keeps_its_cycles() {
    let scratch = Scratch::new("repair-old");
    for name in ["go1.21/gc", "go1.21/mixed"] {
        let (path, out) = (trace(name), scratch.path("out"));
        let ran = gotrace(&["repair", &path, "-o", &out]);
        assert!(ran.stderr.starts_with("nothing to repair, now a trace of Go 1.26: kept "), "{}", ran.stderr);
        let cycles = |path: &str| gotrace(&["gc", "--json", path]).json()["cycles"].clone();
        let (before, after) = (cycles(&path), cycles(&out));
        assert!(before.as_array().unwrap().len() > 3);
        for (before, after) in before.as_array().unwrap().iter().zip(after.as_array().unwrap()) {
            // The new trace has times in whole nanoseconds, no two of them the same.
            let near = |name: &str| before[name].as_i64().unwrap().abs_diff(after[name].as_i64().unwrap()) < 1000;
            assert!(["start", "end", "marking"].iter().all(|name| near(name)), "{name}: {before}, then {after}");
        }
        assert_eq!(before.as_array().unwrap().len(), after.as_array().unwrap().len());
    }
}
